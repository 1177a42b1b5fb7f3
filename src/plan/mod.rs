//! Pure: Project + Config → [`BuildPlan`]. `layout` alone knows the paths inside
//! a WAR. Reads no disk, asks no network.

mod data;
mod error;
mod jars;
pub mod layout;
mod parameters;
mod problems;
mod python;
mod static_files;
mod verdict;

pub use error::PlanError;
pub use jars::jffi_native;
pub use problems::problems;
pub use static_files::{StaticPrefix, prefix_of};
pub use verdict::{Judged, Verdict, problems_of, verdicts};

use camino::Utf8PathBuf;

use crate::config::{Config, Origin};
use crate::model::project::Severity;
use crate::model::{
    BuildPlan, Engine, LeftOut, Platform, Project, ProjectFiles, PythonVersion, Setting,
};

/// What Django serves where the settings name no application, as a class that the
/// runtime makes an instance of.
const DEFAULT_WSGI: &str = "django.core.handlers.wsgi.WSGIHandler";

/// What a WAR is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The engine.
    pub engine: Engine,
    /// Its Python.
    pub python: PythonVersion,
    /// The first of the platforms.
    pub platform: Platform,
}

/// The target that a build would have, also where there can be none.
pub fn target(project: &Project, config: &Config) -> Target {
    let engine = config
        .engine
        .as_ref()
        .map_or(project.engine, |engine| engine.value);
    let chosen = python::choose(engine, project, config).map(|(_, version, _)| version);
    Target {
        engine,
        python: chosen.unwrap_or(match engine {
            Engine::Jython => python::JYTHON,
            _ => python::DEFAULT,
        }),
        platform: config
            .platforms
            .value
            .first()
            .copied()
            .unwrap_or(Platform::LinuxX86_64),
    }
}

/// Decides what a build will do.
///
/// # Errors
/// See [`PlanError`].
pub fn plan(project: &Project, config: &Config) -> Result<BuildPlan, PlanError> {
    let errors: Vec<_> = project
        .problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .cloned()
        .collect();
    if !errors.is_empty() {
        return Err(PlanError::Problems(errors));
    }
    let (engine, engine_reason) = match &config.engine {
        Some(engine) => (engine.value, engine.origin.to_string()),
        None => (project.engine, project.engine_reason.clone()),
    };
    if engine == Engine::Graalpy {
        return Err(PlanError::Engine {
            engine,
            reason: engine_reason,
        });
    }
    let (settings, place) = named(&project.settings)
        .ok_or_else(|| PlanError::NoSettings(project.settings.span().cloned()))?;
    let (wsgi, _) = config
        .wsgi
        .as_ref()
        .map(|wsgi| (wsgi.value.clone(), wsgi.origin.to_string()))
        .or_else(|| named(&project.wsgi))
        .or_else(|| {
            let is_missing = project.wsgi == Setting::Missing;
            is_missing.then(|| (DEFAULT_WSGI.to_owned(), "Django's default".to_owned()))
        })
        .ok_or_else(|| PlanError::NoWsgi(project.wsgi.span().cloned()))?;
    let (interpreter, python, python_reason) = python::choose(engine, project, config)?;
    let data = data::choose(project, config)?;
    let jars = jars::of(engine, project, config);
    let mut plan = BuildPlan {
        name: config
            .name
            .as_ref()
            .map_or_else(|| project.name.clone(), |name| name.value.clone()),
        engine,
        engine_reason,
        servlet_api: config.servlet_api.value,
        interpreter,
        python,
        python_reason,
        platforms: match engine {
            Engine::Cpython => config.platforms.value.clone(),
            // Jython's byte code and jars are the same everywhere.
            Engine::Jython | Engine::Graalpy => Vec::new(),
        },
        settings,
        settings_reason: match project.settings_reason.as_str() {
            "" => place,
            reason => reason.to_owned(),
        },
        configuration: project.configuration.known().cloned(),
        wsgi,
        source_root: project.source_root.clone(),
        python_path: python_path(project, config),
        static_mode: config.static_mode.value,
        static_prefix: static_files::prefix(project)?,
        data,
        is_ordered: engine == Engine::Jython && jars::are_without_servlets(&jars),
        jars,
        parameters: Vec::new(),
        files: files(project)?,
        entries: Vec::new(),
        left_out: project
            .exclude
            .iter()
            .map(|exclusion| LeftOut {
                path: exclusion.path.clone(),
                reason: exclusion.reason.clone(),
            })
            .collect(),
    };
    plan.parameters = parameters::of(&plan, config)?;
    Ok(plan)
}

/// The runtime's parameter, which the build's own steps follow too, else what was
/// detected.
fn python_path(project: &Project, config: &Config) -> Vec<Utf8PathBuf> {
    match config.runtime.get("python-path") {
        Some(named) => named
            .split(',')
            .map(str::trim)
            .filter(|folder| !folder.is_empty())
            .map(Utf8PathBuf::from)
            .collect(),
        None => project.python_path.clone(),
    }
}

fn named(setting: &Setting<String>) -> Option<(String, String)> {
    match setting {
        Setting::Known(value, span) => Some((
            value.clone(),
            Origin::Detected(span.to_string()).to_string(),
        )),
        Setting::Dynamic(_) | Setting::Missing => None,
    }
}

fn files(project: &Project) -> Result<ProjectFiles, PlanError> {
    for path in project.files.iter() {
        layout::application(&path)?;
    }
    Ok(ProjectFiles {
        root: project.root.clone(),
        list: project.files.clone(),
    })
}
