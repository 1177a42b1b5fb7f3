//! `djwar scan`: facts with the file and line they were read from.

use std::fmt::Write as _;

use camino::Utf8PathBuf;
use clap::Args;
use serde::Serialize;

use super::verdicts::Verdicts;
use super::{Common, Outcome, common};
use crate::config::RawValues;
use crate::model::project::{Dependency, EnvironmentVariable, Problem, Severity};
use crate::model::{Project, Setting};
use crate::plan::Judged;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The project's folder
    #[arg(default_value = ".")]
    project: Utf8PathBuf,
}

pub(super) fn run(options: &Common, arguments: &Arguments) -> Outcome {
    let (project, config) = options.project(&arguments.project, RawValues::new())?;
    let verdicts = Verdicts::of(&project, &config);
    if options.json {
        common::say_json(&Scanned {
            project: &project,
            verdicts: &verdicts.list,
        })?;
    } else {
        common::say(table(&project).trim_end())?;
    }
    Ok(0)
}

/// The JSON: the project's object, and what its dependencies mean for the engine.
#[derive(Serialize)]
struct Scanned<'a> {
    #[serde(flatten)]
    project: &'a Project,
    verdicts: &'a [Judged],
}

/// A name, a value and an origin a line.
#[derive(Default)]
struct Table(String);

impl Table {
    fn row(&mut self, name: &str, value: impl AsRef<str>, origin: impl AsRef<str>) {
        let (value, origin) = (value.as_ref(), origin.as_ref());
        let origin = match origin {
            "" => String::new(),
            origin => format!("  ({origin})"),
        };
        writeln!(self.0, "{name:<18} {value}{origin}").expect("a String grows");
    }

    fn setting(&mut self, name: &str, (value, origin): (String, String)) {
        self.row(name, value, origin);
    }
}

/// The keys of the JSON, in its order.
fn table(project: &Project) -> String {
    let mut table = Table::default();
    let plain = |value: &Setting<String>| setting(value, Clone::clone);
    let joined = |value: &Setting<Vec<String>>| setting(value, |list| list.join(", "));
    table.row("root", &project.root, "");
    table.row("name", &project.name, "");
    let manage_py = project.manage_py.as_ref();
    table.row("manage_py", manage_py.map_or("-", |path| path.as_str()), "");
    let (settings, place) = plain(&project.settings);
    let reason = match project.settings_reason.as_str() {
        "" => place,
        reason => format!("{place}: {reason}"),
    };
    table.row("settings", settings, reason);
    if project.configuration != Setting::Missing {
        table.setting("configuration", plain(&project.configuration));
    }
    table.setting("wsgi", plain(&project.wsgi));
    table.setting("asgi", plain(&project.asgi));
    table.setting("root_urlconf", plain(&project.root_urlconf));
    table.setting("installed_apps", joined(&project.installed_apps));
    table.row("project_apps", project.project_apps.join(", "), "");
    table.setting("middleware", joined(&project.middleware));
    if let Setting::Known(databases, _) = &project.databases {
        for (alias, database) in databases {
            let name = format!("databases.{alias}");
            table.setting(&format!("{name}.engine"), plain(&database.engine));
            table.setting(&format!("{name}.name"), plain(&database.name));
        }
    } else {
        table.setting("databases", setting(&project.databases, |_| String::new()));
    }
    for (name, value) in [
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
        table.setting(name, value);
    }
    for variable in &project.env {
        let value = format!("{}: {}", variable.name, need(variable));
        table.row("env", value, variable.origin.to_string());
    }
    for file in &project.requirements {
        table.row("requirements", file, "");
    }
    for dependency in &project.dependencies {
        let origin = dependency.origin.to_string();
        table.row("dependency", written(dependency), origin);
    }
    for server in &project.servers {
        let fate = match &server.kept {
            Some(reason) => format!("kept: {reason}"),
            None => "left out: the container serves the project".to_owned(),
        };
        let value = format!("{} {fate}", server.name);
        table.row("server", value, server.origin.to_string());
    }
    table.row("django", project.django.as_deref().unwrap_or("-"), "");
    match &project.python {
        Some(wish) => table.row("python", &wish.specifier, wish.origin.to_string()),
        None => table.row("python", "-", ""),
    }
    table.row("engine", project.engine.as_str(), &project.engine_reason);
    table.row("native", project.native.join(", "), "");
    for data in &project.data {
        table.row("data", &data.path, &data.reason);
    }
    table.row("files", project.files.len().to_string(), "");
    for exclusion in &project.exclude {
        table.row("left out", &exclusion.path, &exclusion.reason);
    }
    for problem in &project.problems {
        let origin = problem.origin.as_ref().map(ToString::to_string);
        table.row(
            severity(problem),
            &problem.message,
            origin.unwrap_or_default(),
        );
    }
    table.0
}

fn severity(problem: &Problem) -> &'static str {
    match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn need(variable: &EnvironmentVariable) -> String {
    match (&variable.default, variable.required) {
        (Some(default), _) => format!("default `{default}`"),
        (None, true) => "required".to_owned(),
        (None, false) => "optional".to_owned(),
    }
}

/// A requirement as PEP 508 writes it.
fn written(dependency: &Dependency) -> String {
    let extras = match dependency.extras.join(",") {
        none if none.is_empty() => none,
        extras => format!("[{extras}]"),
    };
    let marker = dependency.marker.as_ref();
    let marker = marker.map_or(String::new(), |marker| format!(" ; {marker}"));
    format!(
        "{}{extras}{}{marker}",
        dependency.name, dependency.specifier
    )
}

/// A setting's value and origin as texts.
fn setting<T>(value: &Setting<T>, show: impl Fn(&T) -> String) -> (String, String) {
    match value {
        Setting::Known(known, span) => (show(known), span.to_string()),
        Setting::Dynamic(span) => ("computed".to_owned(), span.to_string()),
        Setting::Missing => ("-".to_owned(), String::new()),
    }
}
