//! `djwar skeleton`: a Maven project; the last line of standard output is its path.

use camino::Utf8PathBuf;
use clap::Args;
use serde::Serialize;

use super::build::BuildOptions;
use super::{Common, Outcome, common};
use crate::error::Failure;
use crate::pipeline;
use crate::report::{Report, Stderr};
use crate::skeleton::{Identity, SkeletonError, is_coordinate, target, version_of};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The project's folder
    #[arg(default_value = ".")]
    project: Utf8PathBuf,

    #[command(flatten)]
    what: BuildOptions,

    /// The folder of the Maven project
    #[arg(short, long, value_name = "DIR")]
    output: Utf8PathBuf,

    /// The Maven project's groupId (default: the project's name)
    #[arg(long, value_name = "ID")]
    group_id: Option<String>,

    /// The Maven project's artifactId (default: the project's name)
    #[arg(long, value_name = "ID")]
    artifact_id: Option<String>,

    /// The Maven project's version (default: the one of pyproject.toml, else 1.0.0)
    #[arg(long, value_name = "VERSION")]
    project_version: Option<String>,
}

#[derive(Serialize)]
struct Summary {
    path: Utf8PathBuf,
    written: usize,
    unchanged: usize,
    removed: usize,
    left_alone: Vec<String>,
}

pub(super) fn run(options: &Common, arguments: &Arguments, report: Stderr) -> Outcome {
    let (project, config) = options.project(&arguments.project, arguments.what.raw())?;
    let folder = target(&project.root, common::absolute(&arguments.output)?)?;
    let name = config
        .name
        .as_ref()
        .map_or(&project.name, |name| &name.value)
        .replace('#', "-");
    let identity = Identity {
        group: checked("the groupId", arguments.group_id.as_ref().unwrap_or(&name))?,
        artifact: checked(
            "the artifactId",
            arguments.artifact_id.as_ref().unwrap_or(&name),
        )?,
        version: match &arguments.project_version {
            Some(version) => checked("the version", version)?,
            None => version_of(&project.root).unwrap_or_else(|| "1.0.0".to_owned()),
        },
    };
    let outcome = pipeline::skeleton(
        &project,
        &config,
        &identity,
        &folder,
        options.offline,
        &report,
    )?;
    for name in &outcome.left_alone {
        report.warning(&format!(
            "left `{name}` alone: it was edited in the skeleton"
        ));
    }
    report.status(&format!(
        "Wrote {} files, {} are as they were, {} are gone from the project",
        outcome.written, outcome.unchanged, outcome.removed
    ));
    if options.json {
        common::say_json(&Summary {
            path: folder,
            written: outcome.written,
            unchanged: outcome.unchanged,
            removed: outcome.removed,
            left_alone: outcome.left_alone,
        })?;
    } else {
        common::say(folder.as_str())?;
    }
    Ok(0)
}

fn checked(what: &'static str, value: &str) -> Result<String, Failure> {
    if is_coordinate(value) {
        return Ok(value.to_owned());
    }
    Err(SkeletonError::Coordinates {
        what,
        value: value.to_owned(),
    }
    .into())
}
