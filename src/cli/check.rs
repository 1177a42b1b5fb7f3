//! `djwar check`: every problem, sorted, each with a hint.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::verdicts::Verdicts;
use super::{Common, Outcome, common};
use crate::config::RawValues;
use crate::error::Failure;
use crate::model::Project;
use crate::model::project::{Problem, Severity};
use crate::pipeline;
use crate::render::sarif;
use crate::report::Stderr;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The project's folder
    #[arg(default_value = ".")]
    project: Utf8PathBuf,

    /// Warnings count as errors
    #[arg(long)]
    strict: bool,

    /// Only read the project: don't start it for Django's own `check --deploy`
    #[arg(long)]
    no_run: bool,

    /// Print SARIF 2.1.0 on standard output, for code-scanning tools
    #[arg(long, conflicts_with = "json")]
    sarif: bool,
}

pub(super) fn run(options: &Common, arguments: &Arguments, report: Stderr) -> Outcome {
    let (mut project, config) = options.project(&arguments.project, RawValues::new())?;
    let verdicts = Verdicts::of(&project, &config);
    project.problems.extend(verdicts.problems());
    let run = !arguments.no_run;
    let problems = pipeline::check(&project, &config, run, options.offline, &report)?;
    if options.json {
        common::say_json(&problems)?;
    } else if arguments.sarif {
        common::say_json(&sarif(&problems, place(&project)))?;
    } else {
        show(&problems)?;
        common::say(verdicts.table().trim_end())?;
    }
    let worst = problems.iter().map(|problem| problem.severity).min();
    Ok(match worst {
        Some(Severity::Error) => 1,
        Some(Severity::Warning) if arguments.strict => 1,
        _ => 0,
    })
}

fn show(problems: &[Problem]) -> Result<(), Failure> {
    for problem in problems {
        let label = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let place = problem
            .origin
            .as_ref()
            .map(|span| format!("{span}: "))
            .unwrap_or_default();
        common::say(&format!(
            "{place}{label}: {} [{}]",
            problem.message, problem.code
        ))?;
        if let Some(hint) = &problem.hint {
            common::say(&format!("    hint: {hint}"))?;
        }
    }
    if problems.is_empty() {
        common::say("no problems found")?;
    }
    Ok(())
}

/// The file that stands for the whole project.
fn place(project: &Project) -> &Utf8Path {
    project
        .manage_py
        .as_deref()
        .or_else(|| Some(project.settings.span()?.path.as_path()))
        .or_else(|| project.requirements.first().map(Utf8PathBuf::as_path))
        .unwrap_or(Utf8Path::new("manage.py"))
}
