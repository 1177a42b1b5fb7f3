//! `djwar scan`: facts with the file and line they were read from.

use std::fmt::Write as _;

use camino::Utf8PathBuf;
use clap::Args;

use super::{Common, Outcome, common};
use crate::config::RawValues;
use crate::model::{Project, Setting};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The project's folder
    #[arg(default_value = ".")]
    project: Utf8PathBuf,
}

pub(super) fn run(options: &Common, arguments: &Arguments) -> Outcome {
    let (project, _) = options.project(&arguments.project, RawValues::new())?;
    if options.json {
        common::say_json(&project)?;
    } else {
        common::say(table(&project).trim_end())?;
    }
    Ok(0)
}

fn table(project: &Project) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: String, origin: String| {
        let origin = if origin.is_empty() {
            origin
        } else {
            format!("  ({origin})")
        };
        writeln!(text, "{name:<18} {value}{origin}").expect("a String grows");
    };
    let plain = |value: &Setting<String>| setting(value, Clone::clone);
    let joined = |value: &Setting<Vec<String>>| setting(value, |list| list.join(", "));
    row("root", project.root.to_string(), String::new());
    row("name", project.name.clone(), String::new());
    for (name, (value, origin)) in [
        ("settings", plain(&project.settings)),
        ("wsgi", plain(&project.wsgi)),
        ("asgi", plain(&project.asgi)),
        ("root_urlconf", plain(&project.root_urlconf)),
        ("installed_apps", joined(&project.installed_apps)),
        ("middleware", joined(&project.middleware)),
        ("static.url", plain(&project.static_files.url)),
        ("static.root", plain(&project.static_files.root)),
        ("static.dirs", joined(&project.static_files.dirs)),
        ("static.storage", plain(&project.static_files.storage)),
        ("media.url", plain(&project.media.url)),
        ("media.root", plain(&project.media.root)),
        ("templates_dirs", joined(&project.templates_dirs)),
        ("locale_paths", joined(&project.locale_paths)),
        ("debug", setting(&project.debug, ToString::to_string)),
    ] {
        let origin = match name {
            "settings" if !project.settings_reason.is_empty() => {
                format!("{origin}: {}", project.settings_reason)
            }
            _ => origin,
        };
        row(name, value, origin);
    }
    for (alias, database) in &project.databases {
        let (engine, origin) = plain(&database.engine);
        row(&format!("database.{alias}"), engine, origin);
        let (name, origin) = plain(&database.name);
        row("", name, origin);
    }
    for variable in &project.env {
        let default = match (&variable.default, variable.required) {
            (Some(default), _) => format!("default `{default}`"),
            (None, true) => "required".to_owned(),
            (None, false) => "optional".to_owned(),
        };
        row(
            "env",
            format!("{}: {default}", variable.name),
            variable.origin.to_string(),
        );
    }
    for dependency in &project.dependencies {
        let marker = dependency
            .marker
            .as_ref()
            .map(|marker| format!(" ; {marker}"));
        row(
            "dependency",
            format!(
                "{}{}{}",
                dependency.name,
                dependency.specifier,
                marker.unwrap_or_default()
            ),
            dependency.origin.to_string(),
        );
    }
    if let Some(wish) = &project.python {
        row("python", wish.specifier.clone(), wish.origin.to_string());
    }
    row(
        "engine",
        project.engine.to_string(),
        project.engine_reason.clone(),
    );
    row("files", project.files.len().to_string(), String::new());
    for exclusion in &project.exclude {
        row("left out", exclusion.path.clone(), exclusion.reason.clone());
    }
    text
}

/// A setting's value and origin as texts.
fn setting<T>(value: &Setting<T>, show: impl Fn(&T) -> String) -> (String, String) {
    match value {
        Setting::Known(known, span) => (show(known), span.to_string()),
        Setting::Dynamic(span) => ("computed".to_owned(), span.to_string()),
        Setting::Missing => ("-".to_owned(), String::new()),
    }
}
