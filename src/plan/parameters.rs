//! The context-params of web.xml: what the plan says and what the user adds.

use std::collections::BTreeMap;

use super::PlanError;
use crate::config::{Config, key};
use crate::model::{BuildPlan, PythonChoice};
use crate::runtime;
use crate::scan::CONFIGURATION_VARIABLE;

/// The context-params, sorted by name.
pub(super) fn of(plan: &BuildPlan, config: &Config) -> Result<Vec<(String, String)>, PlanError> {
    let mut parameters = BTreeMap::new();
    let mut put = |name: &str, value: &str| {
        if !value.is_empty() {
            parameters.insert(format!("djwar.{name}"), value.to_owned());
        }
    };
    put("engine", plan.engine.as_str());
    put("settings", &plan.settings);
    put("wsgi", &plan.wsgi);
    put("source-root", plan.source_root.as_str());
    let more = plan.python_path.iter().map(|folder| match folder.as_str() {
        "" => ".",
        folder => folder,
    });
    put("python-path", &more.collect::<Vec<_>>().join(","));
    put("python-version", &plan.python.to_string());
    if plan.interpreter == PythonChoice::Host {
        put("python", "host");
    }
    let data: Vec<&str> = plan.data.iter().map(|path| path.path.as_str()).collect();
    put("data", &data.join(","));
    if let Some(class) = &plan.configuration {
        // `manage` needs it as well; an operator may name another.
        put(&format!("env.{CONFIGURATION_VARIABLE}"), class);
    }
    for (name, value) in &config.env {
        put(&format!("env.{name}"), value);
    }
    for (name, value) in &config.runtime {
        check(name, value)?;
        put(name, value);
    }
    Ok(parameters.into_iter().collect())
}

fn check(name: &str, value: &str) -> Result<(), PlanError> {
    if let Some(variable) = name.strip_prefix("env.") {
        return Err(PlanError::VariableAmongParameters(variable.to_owned()));
    }
    if runtime::is_of_a_family(name) {
        return Ok(());
    }
    let full = format!("djwar.{name}");
    let Some(parameter) = runtime::parameters().find(|parameter| parameter.name == full) else {
        let known = runtime::parameters().filter_map(|known| known.name.strip_prefix("djwar."));
        return Err(PlanError::UnknownParameter {
            name: name.to_owned(),
            nearest: key::nearest(name, known),
        });
    };
    match parameter.refusal(value) {
        None => Ok(()),
        Some(reason) => Err(PlanError::BadParameter {
            name: name.to_owned(),
            value: value.to_owned(),
            reason,
        }),
    }
}
