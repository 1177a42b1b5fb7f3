//! `djwar check`: every problem, sorted, each with a hint.

use camino::Utf8PathBuf;
use clap::Args;

use super::verdicts::Verdicts;
use super::{Common, Outcome, common};
use crate::config::RawValues;
use crate::error::Failure;
use crate::model::project::{Problem, Severity};
use crate::plan::{PlanError, plan};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The project's folder
    #[arg(default_value = ".")]
    project: Utf8PathBuf,

    /// Warnings count as errors
    #[arg(long)]
    strict: bool,
}

pub(super) fn run(options: &Common, arguments: &Arguments) -> Outcome {
    let (mut project, config) = options.project(&arguments.project, RawValues::new())?;
    let verdicts = Verdicts::of(&project, &config);
    project.problems.extend(verdicts.problems());
    let place = |problem: &Problem| (problem.origin.is_none(), problem.origin.clone());
    project.problems.sort_by_key(place);
    // What only the plan sees; its list of the scan's own problems is shown below.
    match plan(&project, &config) {
        Ok(_) | Err(PlanError::Problems(_)) => {}
        Err(other) => return Err(Failure::from(other)),
    }
    if options.json {
        common::say_json(&project.problems)?;
    } else {
        for problem in &project.problems {
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
        if project.problems.is_empty() {
            common::say("no problems found")?;
        }
        common::say(verdicts.table().trim_end())?;
    }
    let worst = project
        .problems
        .iter()
        .map(|problem| problem.severity)
        .min();
    Ok(match worst {
        Some(Severity::Error) => 1,
        Some(Severity::Warning) if arguments.strict => 1,
        _ => 0,
    })
}
