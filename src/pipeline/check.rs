//! Everything that would stop a build or a deployment, Django's own `check
//! --deploy` included.

use super::Clock;
use super::gather::Basis;
use super::working_copy::{build_env, copy_project};
use crate::config::Config;
use crate::error::{Failure, Kind};
use crate::model::project::{Problem, Severity};
use crate::model::{BuildPlan, Engine, Project, Span, StaticMode};
use crate::plan::{plan, problems};
use crate::report::Report;
use crate::resolve::Startable;
use crate::resolve::django_checks::{CheckMessage, Checked};
use crate::resolve::missing_driver;

const NOT_STARTED: &str = "not-started";

/// The problems. With `run`, the project is started where it can be.
///
/// # Errors
/// When the configuration is at fault.
pub fn check(
    project: &Project,
    config: &Config,
    run: bool,
    offline: bool,
    report: &dyn Report,
) -> Result<Vec<Problem>, Failure> {
    let mut found = problems(project, config)?;
    let stops = found.iter().any(|one| one.severity == Severity::Error);
    if run && !stops {
        let plan = plan(project, config)?;
        if plan.engine == Engine::Cpython {
            match django(project, config, &plan, offline, report) {
                Ok(more) => {
                    // Who has checked was Django: another package brings it along.
                    if more.iter().all(|one| one.code != NOT_STARTED) {
                        found.retain(|one| one.code != "no-django");
                    }
                    found.extend(more);
                }
                Err(failure) if failure.kind == Kind::Project => found.push(stopping(&failure)),
                Err(failure) => report.warning(&format!(
                    "Django's own checks were left out: {}",
                    failure.message
                )),
            }
        }
    }
    Ok(found)
}

/// A failure that a build would meet as well.
fn stopping(failure: &Failure) -> Problem {
    Problem {
        severity: Severity::Error,
        code: "no-build",
        origin: None,
        message: failure.message.clone(),
        hint: failure.hint.clone(),
    }
}

fn django(
    project: &Project,
    config: &Config,
    plan: &BuildPlan,
    offline: bool,
    report: &dyn Report,
) -> Result<Vec<Problem>, Failure> {
    let mut clock = Clock::start();
    let basis = Basis::of(
        project,
        config,
        plan,
        crate::resolve::Host::of_this_process(),
        offline,
        report,
        &mut clock,
    )?;
    let resolver = &basis.resolver;
    let environment = resolver.environment(&basis.resolution, basis.python.as_ref())?;
    let scratch = resolver.cache.scratch()?;
    let copy = scratch.path().join("project");
    copy_project(plan, &copy)
        .map_err(|error| Failure::new(Kind::Environment, error.to_string()))?;
    report.status("Running Django's own checks");
    let started = Startable {
        project: &copy,
        python_path: &plan.python_path_in(&copy),
        settings: &plan.settings,
        build_env: &build_env(config, plan),
    };
    Ok(match resolver.django_checks(&started, &environment)? {
        Checked::Messages { messages } => messages
            .into_iter()
            .filter(|message| !is_about_build_env(message, project, config))
            .map(of_django)
            .collect(),
        Checked::Failed { error } => vec![not_started(project, plan, &error)],
    })
}

/// A weak key that only the build has says nothing of the one in the container.
fn is_about_build_env(message: &CheckMessage, project: &Project, config: &Config) -> bool {
    let is_in_source = || {
        let mut problems = project.problems.iter();
        problems.any(|one| one.code == "secret-key-in-source")
    };
    message.id == "security.W009" && !config.build_env.is_empty() && !is_in_source()
}

fn of_django(message: CheckMessage) -> Problem {
    Problem {
        severity: if message.error {
            Severity::Error
        } else {
            Severity::Warning
        },
        code: "django-check",
        origin: message.path.map(|path| Span::new(path, message.line)),
        message: format!("{}: {}", message.id, message.text),
        hint: message.hint,
    }
}

/// A project that can't start here: collecting its static files would fail alike.
fn not_started(project: &Project, plan: &BuildPlan, error: &str) -> Problem {
    Problem {
        severity: if plan.static_mode == StaticMode::Collect {
            Severity::Error
        } else {
            Severity::Warning
        },
        code: NOT_STARTED,
        origin: project.settings.span().cloned(),
        message: format!("the project does not start on this machine: {error}"),
        hint: Some(missing_driver(error).unwrap_or_else(|| {
            "variables that the settings need belong in `[build-env]` of `djwar.toml` (`[tool.djwar.build-env]`); `djwar check \
             --no-run` reads only"
                .to_owned()
        })),
    }
}
