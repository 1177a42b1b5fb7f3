//! The options that every command takes, and what they mean.

use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::config::{Config, Origin, Raw, RawValues, Sourced};
use crate::error::{Failure, Kind};
use crate::model::{Engine, Project};
use crate::report::{Color, Stderr, Verbosity};
use crate::scan::{CONFIGURATION_VARIABLE, ScanOptions, problems_on_jython, scan};

/// Options of every command.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Common {
    /// The engine that runs the project's Python: auto, cpython or jython
    #[arg(long, global = true, value_name = "ENGINE")]
    engine: Option<String>,

    /// The servlet namespace: both, jakarta or javax
    #[arg(long, global = true, value_name = "API")]
    servlet_api: Option<String>,

    /// The settings module
    #[arg(long, global = true, value_name = "MODULE")]
    settings: Option<String>,

    /// The interpreter: a release line such as 3.13, `file:PATH`, or host
    #[arg(long, global = true, value_name = "PYTHON")]
    python: Option<String>,

    /// Never use the network
    #[arg(long, global = true)]
    pub(crate) offline: bool,

    /// Print a machine-readable result on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Say warnings and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,

    /// Say more
    #[arg(short, long, global = true)]
    verbose: bool,

    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: When,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum When {
    Auto,
    Always,
    Never,
}

impl Common {
    pub(crate) fn reporter(&self) -> Stderr {
        let verbosity = match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        };
        let color = match self.color {
            When::Auto => Color::detect(),
            When::Always => Color::Always,
            When::Never => Color::Never,
        };
        Stderr::new(verbosity, color)
    }

    /// The flags as raw configuration values, which `extra` adds to.
    fn flags(&self, extra: RawValues) -> RawValues {
        let mut values = extra;
        let given = [
            ("engine", &self.engine),
            ("servlet-api", &self.servlet_api),
            ("settings", &self.settings),
            ("python", &self.python),
        ];
        for (key, value) in given {
            if let Some(value) = value {
                values.insert(key, flag(key, Raw::Text(value.clone())));
            }
        }
        values
    }

    /// The flags here that only a build looks at: a WAR that is there was built without them.
    pub(crate) fn build_options(&self) -> Vec<&'static str> {
        let given = [
            ("--engine", &self.engine),
            ("--servlet-api", &self.servlet_api),
            ("--settings", &self.settings),
            ("--python", &self.python),
        ];
        let given = given.into_iter().filter(|(_, value)| value.is_some());
        given.map(|(name, _)| name).collect()
    }

    /// Configuration and scan of the project at `path`.
    pub(crate) fn project(
        &self,
        path: &Utf8Path,
        extra: RawValues,
    ) -> Result<(Project, Config), Failure> {
        self.scanned(path, extra, false)
    }

    /// The same, with `djwar.lock` passed over when it is going to be written.
    pub(crate) fn scanned(
        &self,
        path: &Utf8Path,
        extra: RawValues,
        without_lock: bool,
    ) -> Result<(Project, Config), Failure> {
        let root = absolute(path)?;
        let environment = |name: &str| std::env::var(name).ok();
        let config = Config::load(&root, &environment, self.flags(extra))?;
        let text =
            |value: &Option<Sourced<String>>| value.as_ref().map(|sourced| sourced.value.clone());
        let options = ScanOptions {
            settings: text(&config.settings),
            wsgi: text(&config.wsgi),
            configuration: config
                .env
                .get(CONFIGURATION_VARIABLE)
                .or_else(|| config.build_env.get(CONFIGURATION_VARIABLE))
                .cloned(),
            requirements: config
                .requirements
                .as_ref()
                .map(|files| files.value.clone()),
            extras: config.extras.clone(),
            without_lock,
            include: config.include.clone(),
            exclude: config.exclude.clone(),
        };
        let mut project = scan(&root, &options)?;
        let engine = config.engine.as_ref().map(|engine| engine.value);
        if engine.unwrap_or(project.engine) == Engine::Jython {
            project.problems.extend(problems_on_jython(&project));
        }
        Ok((project, config))
    }
}

/// An error when options of a build are given with a WAR.
pub(crate) fn refuse_with_war(war: &Utf8Path, given: &[&str]) -> Result<(), Failure> {
    if given.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = given.iter().map(|name| format!("`{name}`")).collect();
    let (these, mean) = match given.len() {
        1 => ("it", "means"),
        _ => ("they", "mean"),
    };
    Err(Failure::new(
        Kind::Usage,
        format!(
            "{} can't be used with the WAR `{war}`: {these} {mean} something to a build only",
            names.join(", ")
        ),
    )
    .with_hint("leave that out, or name the project's folder instead of the WAR"))
}

/// A raw value that a flag gave.
pub(crate) fn flag(name: &'static str, raw: Raw) -> Sourced<Raw> {
    Sourced::new(raw, Origin::Flag(name.to_owned()))
}

/// The absolute form of a path that the user gave. Links stay as they are: the
/// user's spelling is the one to show.
pub(crate) fn absolute(path: &Utf8Path) -> Result<Utf8PathBuf, Failure> {
    camino::absolute_utf8(path).map_err(|error| {
        Failure::new(
            Kind::Usage,
            format!("`{path}` can't be made absolute: {error}"),
        )
    })
}

/// Splits `NAME=VALUE`, for clap. `NAME` alone takes the value of djwar's own
/// environment: a secret in an argument can be read by every user of the machine.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        None if !text.is_empty() => std::env::var(text)
            .map(|value| (text.to_owned(), value))
            .map_err(|_| format!("`{text}` isn't set in the environment; or write {text}=VALUE")),
        _ => Err("it has the form NAME=VALUE".to_owned()),
    }
}

/// Writes a line to standard output.
pub(crate) fn say(line: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
        // `djwar scan | head` isn't an error of ours.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::new(
            Kind::Environment,
            format!("can't write to standard output: {error}"),
        )),
        Ok(()) => Ok(()),
    }
}

/// Writes a value to standard output as JSON.
pub(crate) fn say_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| {
        Failure::new(
            Kind::Environment,
            format!("a bug of djwar: the result is no JSON: {error}"),
        )
    })?;
    say(&text)
}
