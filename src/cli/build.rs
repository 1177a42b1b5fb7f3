//! `djwar build`: the last line of standard output is the WAR's path.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use serde::Serialize;

use super::{Common, Outcome, common};
use crate::config::{Raw, RawValues};
use crate::error::Failure;
use crate::pipeline::{self, Built, Target};
use crate::report::{Report, Stderr};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The project's folder
    #[arg(default_value = ".")]
    project: Utf8PathBuf,

    #[command(flatten)]
    what: BuildOptions,

    /// Write the WAR there instead of dist/NAME.war
    #[arg(short, long, value_name = "FILE", conflicts_with = "exploded")]
    output: Option<Utf8PathBuf>,

    /// Write the WAR as a folder
    #[arg(long, value_name = "DIR")]
    exploded: Option<Utf8PathBuf>,

    /// Write the versions that are taken to djwar.lock first, for the next builds
    #[arg(long)]
    lock: bool,

    /// Build twice from scratch first, and compare the bytes
    #[arg(long)]
    verify_reproducible: bool,
}

/// What build, plan, run and manage take alike.
#[derive(Debug, Args)]
pub(super) struct BuildOptions {
    /// The WAR's name
    #[arg(long)]
    name: Option<String>,

    /// An environment variable of the deployed project
    #[arg(long, value_name = "NAME[=VALUE]", value_parser = common::pair)]
    env: Vec<(String, String)>,

    /// An environment variable for the steps of the build that run the project
    #[arg(long, value_name = "NAME[=VALUE]", value_parser = common::pair)]
    build_env: Vec<(String, String)>,

    /// How static files get in: collect, copy or none
    #[arg(long, value_name = "MODE")]
    r#static: Option<String>,
}

impl BuildOptions {
    /// The variables of `--env`.
    pub(super) fn environment(&self) -> &[(String, String)] {
        &self.env
    }

    /// The flags here that only a build looks at.
    pub(super) fn given(&self) -> Vec<&'static str> {
        let given = [
            ("--name", self.name.is_some()),
            ("--build-env", !self.build_env.is_empty()),
            ("--static", self.r#static.is_some()),
        ];
        let given = given.into_iter().filter(|(_, is_given)| *is_given);
        given.map(|(name, _)| name).collect()
    }

    pub(super) fn raw(&self) -> RawValues {
        let mut values = RawValues::new();
        let mut put = |key, raw| values.insert(key, common::flag(key, raw));
        if let Some(name) = &self.name {
            put("name", Raw::Text(name.clone()));
        }
        if let Some(mode) = &self.r#static {
            put("static", Raw::Text(mode.clone()));
        }
        if !self.env.is_empty() {
            put("env", Raw::Table(self.env.iter().cloned().collect()));
        }
        if !self.build_env.is_empty() {
            put(
                "build-env",
                Raw::Table(self.build_env.iter().cloned().collect()),
            );
        }
        values
    }
}

pub(super) fn run(options: &Common, arguments: &Arguments, report: Stderr) -> Outcome {
    let target = match (&arguments.output, &arguments.exploded) {
        (Some(file), _) => Target::File(common::absolute(file)?),
        (_, Some(folder)) => Target::Directory(common::absolute(folder)?),
        _ => Target::Default,
    };
    if arguments.lock {
        let (project, config) = options.scanned(&arguments.project, arguments.what.raw(), true)?;
        pipeline::lock(&project, &config, options.offline, &report)?;
    }
    if arguments.verify_reproducible {
        let (project, config) = options.project(&arguments.project, arguments.what.raw())?;
        pipeline::verify_reproducible(&project, &config, options.offline, &report)?;
    }
    let built = build(
        options,
        &arguments.project,
        &arguments.what,
        &target,
        report,
    )?;
    summarize(&built, report);
    if options.json {
        common::say_json(&Summary::from(&built))?;
    } else {
        common::say(built.path.as_str())?;
    }
    Ok(0)
}

/// Builds the project at `path`.
pub(super) fn build(
    options: &Common,
    path: &Utf8Path,
    what: &BuildOptions,
    target: &Target,
    report: Stderr,
) -> Result<Built, Failure> {
    let (project, config) = options.project(path, what.raw())?;
    pipeline::build(&project, &config, target, options.offline, &report)
}

/// The JSON of `djwar build --json`.
#[derive(Serialize)]
struct Summary<'a> {
    war: &'a Utf8Path,
    size: u64,
    entries: usize,
    up_to_date: bool,
    engine: String,
    python: String,
    left_out: &'a [crate::model::LeftOut],
    seconds: Vec<(&'static str, f64)>,
}

impl<'a> From<&'a Built> for Summary<'a> {
    fn from(built: &'a Built) -> Self {
        Self {
            war: &built.path,
            size: built.size,
            entries: built.entries,
            up_to_date: built.is_up_to_date,
            engine: built.plan.engine.to_string(),
            python: built.plan.python.to_string(),
            left_out: &built.plan.left_out,
            seconds: built
                .steps
                .iter()
                .map(|(step, time)| (*step, time.as_secs_f64()))
                .collect(),
        }
    }
}

fn summarize(built: &Built, report: Stderr) {
    let plan = &built.plan;
    if built.is_up_to_date {
        report.status(&format!(
            "Up to date: {} entries, {}",
            built.entries,
            bytes(built.size)
        ));
        return finished(built, report);
    }
    report.status(&format!(
        "Packed {} entries, {}: engine {}, Python {} ({})",
        built.entries,
        bytes(built.size),
        plan.engine,
        plan.python,
        plan.python_reason,
    ));
    for path in &plan.data {
        report.status(&format!(
            "Keeping {} outside the WAR: {}",
            path.path, path.reason
        ));
    }
    if !plan.left_out.is_empty() {
        let shown: Vec<&str> = plan
            .left_out
            .iter()
            .take(6)
            .map(|left| left.path.as_str())
            .collect();
        let more = match plan.left_out.len().saturating_sub(shown.len()) {
            0 => String::new(),
            more => format!(" and {more} more (`djwar plan` lists them)"),
        };
        report.status(&format!("Leaving out {}{more}", shown.join("; ")));
    }
    finished(built, report);
}

fn finished(built: &Built, report: Stderr) {
    let total: f64 = built.steps.iter().map(|(_, time)| time.as_secs_f64()).sum();
    let steps: Vec<String> = built
        .steps
        .iter()
        .map(|(step, time)| format!("{step} {:.2}", time.as_secs_f64()))
        .collect();
    report.status(&format!("Finished in {total:.2} s ({})", steps.join(", ")));
}

/// A size for people.
#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
pub(super) fn bytes(size: u64) -> String {
    match size {
        0..1_000 => format!("{size} bytes"),
        1_000..1_000_000 => format!("{:.1} KB", size as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", size as f64 / 1e6),
        _ => format!("{:.2} GB", size as f64 / 1e9),
    }
}
