//! `djwar plan`: every entry of the WAR, its source, size and reason. Writes
//! nothing but the cache.

use std::sync::Arc;

use camino::Utf8PathBuf;
use clap::Args;
use serde::Serialize;

use super::build::{BuildOptions, bytes};
use super::{Common, Outcome, common};
use crate::model::{BuildPlan, EntrySource, WarEntry};
use crate::pipeline;
use crate::report::Stderr;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The project's folder
    #[arg(default_value = ".")]
    project: Utf8PathBuf,

    #[command(flatten)]
    what: BuildOptions,
}

#[derive(Serialize)]
struct Listing<'a> {
    plan: &'a BuildPlan,
    entries: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    path: String,
    size: u64,
    source: String,
    reason: Arc<str>,
}

pub(super) fn run(options: &Common, arguments: &Arguments, report: Stderr) -> Outcome {
    let (project, config) = options.project(&arguments.project, arguments.what.raw())?;
    let (plan, table) = pipeline::prepare(&project, &config, options.offline, &report)?;
    let rows: Vec<Row> = table.iter().map(row).collect();
    if options.json {
        common::say_json(&Listing {
            plan: &plan,
            entries: rows,
        })?;
        return Ok(0);
    }
    let mut lines = vec![
        format!("settings  {} ({})", plan.settings, plan.settings_reason),
        format!("wsgi      {}", plan.wsgi),
        format!("engine    {} ({})", plan.engine, plan.engine_reason),
        format!("python    {} ({})", plan.python, plan.python_reason),
        format!(
            "servlet   {} ({})",
            plan.servlet_api, config.servlet_api.origin
        ),
        String::new(),
    ];
    for (name, value) in &plan.parameters {
        lines.push(format!("parameter {name} = {value}"));
    }
    lines.push(String::new());
    for row in &rows {
        lines.push(format!("{:>10}  {}  [{}]", row.size, row.path, row.reason));
    }
    lines.push(String::new());
    let total: u64 = rows.iter().map(|row| row.size).sum();
    lines.push(format!(
        "{} entries, {} before packing",
        rows.len(),
        bytes(total)
    ));
    for left in &plan.left_out {
        lines.push(format!("left out  {}  [{}]", left.path, left.reason));
    }
    common::say(&lines.join("\n"))?;
    Ok(0)
}

fn row(entry: WarEntry) -> Row {
    let (size, source) = match &entry.source {
        EntrySource::File(path) => (
            fs_err::metadata(path).map_or(0, |metadata| metadata.len()),
            path.to_string(),
        ),
        EntrySource::Generated { by, bytes } => (bytes.len() as u64, format!("djwar {by}")),
        EntrySource::Archive {
            archive,
            name,
            packed,
        } => (packed.size, format!("{archive}!{name}")),
    };
    Row {
        path: entry.path.to_string(),
        size,
        source,
        reason: entry.reason,
    }
}
