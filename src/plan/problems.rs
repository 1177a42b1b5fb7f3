//! What the scan alone can't call a problem: it depends on the configuration.

use camino::Utf8Path;

use super::{PlanError, plan};
use crate::config::Config;
use crate::error::{Diagnose, Kind};
use crate::model::project::{Problem, Severity, Written};
use crate::model::{DataPath, Project, Span};

/// The scan's problems and those of the plan, sorted by place.
///
/// # Errors
/// When the configuration is at fault: that is nobody's problem but the caller's.
pub fn problems(project: &Project, config: &Config) -> Result<Vec<Problem>, PlanError> {
    let mut problems = project.problems.clone();
    match plan(project, config) {
        Ok(plan) => problems.extend(written(project, &plan.data)),
        Err(PlanError::Problems(_)) => {}
        Err(error) if error.kind() == Kind::Project => problems.push(Problem {
            severity: Severity::Error,
            code: "no-plan",
            origin: error.place().cloned(),
            message: error.to_string(),
            hint: error.hint(),
        }),
        Err(error) => return Err(error),
    }
    problems.extend(translations(project, config));
    // The runtime hands them out.
    let serves_uploads = config
        .runtime
        .get("media")
        .is_some_and(|value| value == "true");
    problems.retain(|one| !(serves_uploads && one.code == "uploads-not-served"));
    problems.sort_by(|a, b| {
        (a.origin.is_none(), &a.origin, a.code).cmp(&(b.origin.is_none(), &b.origin, b.code))
    });
    Ok(problems)
}

/// What the project writes into itself and nobody keeps: each redeploy begins with the
/// WAR's own files (docs/guide/deploying.md).
fn written(project: &Project, data: &[DataPath]) -> Vec<Problem> {
    let is_kept = |path: &str| {
        let kept = data.iter().map(|data| data.path.as_str());
        kept.into_iter()
            .any(|kept| Utf8Path::new(path).starts_with(kept.trim_end_matches('/')))
    };
    let lost = project.written.iter().filter(|one| !is_kept(&one.path));
    lost.map(|one| {
        let Written {
            path,
            setting,
            origin,
        } = one;
        // Beside a log, the files that it was rotated to; of the rest, the place itself.
        let folder = match Utf8Path::new(path).parent() {
            Some(parent) if *setting == "LOGGING" && parent != "" => format!("{parent}/"),
            _ if *setting == "LOGGING" => path.clone(),
            _ => format!("{path}/"),
        };
        let mut kept: Vec<&str> = data.iter().map(|data| data.path.as_str()).collect();
        kept.push(&folder);
        let kept: Vec<String> = kept.iter().map(|path| format!("\"{path}\"")).collect();
        let keep = format!("`data = [{}]` in `djwar.toml` (or `[tool.djwar]`) keeps it", kept.join(", "));
        Problem {
            severity: Severity::Warning,
            code: "written-inside",
            origin: Some(origin.clone()),
            message: format!(
                "`{setting}` writes to `{path}` in the project, which is gone after the next redeploy"
            ),
            hint: Some(match *setting {
                "LOGGING" => format!(
                    "log to a `StreamHandler`, which the container's log has with the level kept; or {keep}"
                ),
                _ => format!("name a place outside by a variable; or {keep}"),
            }),
        }
    })
    .collect()
}

/// Translations that nobody compiled: Django reads `.mo` files only.
fn translations(project: &Project, config: &Config) -> Option<Problem> {
    let compiles = |command: &Vec<String>| {
        command
            .first()
            .is_some_and(|name| name.starts_with("compilemessages"))
    };
    if config.before.iter().any(compiles) {
        return None;
    }
    let has = |path: &str| project.files.find(path).is_some();
    let missing: Vec<String> = project
        .files
        .iter()
        .filter(|path| path.contains("/LC_MESSAGES/") || path.starts_with("LC_MESSAGES/"))
        .filter(|path| {
            path.strip_suffix(".po")
                .is_some_and(|stem| !has(&format!("{stem}.mo")))
        })
        .collect();
    let first = missing.first()?;
    let more = match missing.len() {
        1 => String::new(),
        many => format!(" and {} more", many - 1),
    };
    Some(Problem {
        severity: Severity::Warning,
        code: "missing-translations",
        origin: Some(Span::new(first.as_str(), 1)),
        message: format!("`{first}`{more} is not compiled: Django reads `.mo` files only"),
        hint: Some(
            "set `before = [[\"compilemessages\"]]` in `djwar.toml` (or `[tool.djwar]`), or run `manage.py \
             compilemessages` before `djwar build`"
                .to_owned(),
        ),
    })
}
