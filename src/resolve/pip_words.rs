//! What pip's words mean. pip has no machine-readable errors; the texts below
//! stand in pip 22 to 25. Words that aren't known are shown as they are.

use super::error::{ResolveError, Said};
use super::requirements::{HOW_TO_WRITE, WheelRequest};
use super::wheels::normalized;

const NETWORK: &[&str] = &[
    "connection broken by",
    "Max retries exceeded",
    "NewConnectionError",
    "Temporary failure in name resolution",
    "Could not fetch URL",
    "CERTIFICATE_VERIFY_FAILED",
    "ReadTimeoutError",
    "ConnectTimeoutError",
    "ProxyError",
];

/// Packages that publish no wheels, and what projects take instead.
const SUBSTITUTES: &[(&str, &str)] = &[
    (
        "psycopg2",
        "`psycopg2-binary` is the same package with wheels",
    ),
    (
        "psycopg-c",
        "`psycopg[binary]` is the same package with wheels",
    ),
    ("mysqlclient", "`PyMySQL` speaks to MySQL without C code"),
    (
        "uwsgi",
        "a WAR needs no `uwsgi`: the container serves the project; leave it out of the requirements",
    ),
    (
        "mod-wsgi",
        "a WAR needs no `mod_wsgi`: the container serves the project; leave it out of the requirements",
    ),
];

/// What would help with a package that can't be built here.
fn instead_of(name: &str, target: &str) -> String {
    let known = normalized(name);
    SUBSTITUTES
        .iter()
        .find(|(package, _)| *package == known)
        .map_or_else(
            || {
                format!(
                    "look for a version or another package with wheels for {target}, or build a \
                     portable wheel of `{name}` and let pip find it with `PIP_FIND_LINKS`"
                )
            },
            |(_, help)| (*help).to_owned(),
        )
}

/// Whether a second try which may build from source has a chance.
pub(crate) fn building_may_help(words: &str) -> bool {
    !is_network(words)
        && (words.contains("No matching distribution found")
            || words.contains("ResolutionImpossible"))
}

fn is_network(words: &str) -> bool {
    NETWORK.iter().any(|word| words.contains(word))
}

/// The file names of wheels that pip built.
pub(crate) fn built(words: &str) -> Vec<String> {
    words
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Created wheel for "))
        .filter_map(|line| line.split_once("filename="))
        .filter_map(|(_, rest)| rest.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

pub(crate) fn built_natively(name: &str, version: &str) -> ResolveError {
    ResolveError::Requirement {
        message: format!(
            "`{name}` {version} is published without a wheel for the target, and building it here gave one for this machine only"
        ),
        said: Said(
            "it links to this machine's libraries, which the target may not have".to_owned(),
        ),
        help: format!(
            "a release of that age may have wheels for an older Python (`--python 3.12`); or build a portable wheel of `{name}` (auditwheel, cibuildwheel) and let pip find it with `PIP_FIND_LINKS`, or take a package that publishes wheels"
        ),
    }
}

/// The error for pip's words. `tried_building`: whether sources were allowed.
pub(crate) fn failure(request: &WheelRequest, words: &str, tried_building: bool) -> ResolveError {
    let errors = error_lines(words);
    if is_network(words) {
        return ResolveError::PackageIndex {
            program: "pip",
            said: Said(errors),
        };
    }
    let refused = |message: String, help: String| ResolveError::Requirement {
        message,
        said: Said(errors.clone()),
        help,
    };
    let target = request.target();
    if words.contains("DO NOT MATCH THE HASHES") {
        let package = words
            .lines()
            .skip_while(|line| !line.contains("DO NOT MATCH THE HASHES"))
            .find_map(|line| line.trim().split_once(" from "))
            .map_or("a downloaded package".to_owned(), |(name, _)| {
                format!("`{name}`{}", written(request, name_of(name)))
            });
        return refused(
            format!("{package} differs from the hash in the requirements"),
            "if the package was published anew, renew the hashes; else somebody changed it on the way".to_owned(),
        );
    }
    if words.contains("In --require-hashes mode") {
        return refused(
            "some requirements have hashes and others have none".to_owned(),
            "give all of them hashes (`pip-compile --generate-hashes`, `uv pip compile --generate-hashes`), or none".to_owned(),
        );
    }
    if let Some(name) = failed_build(words) {
        let place = written(request, &name);
        return refused(
            format!(
                "`{name}`{place} has no wheel for {target}, and building it from source failed"
            ),
            instead_of(&name, &target),
        );
    }
    if words.contains("ResolutionImpossible") {
        return ResolveError::Requirement {
            message: "the requirements contradict each other".to_owned(),
            said: Said(conflict(words).unwrap_or(errors)),
            help: "loosen one of the versions that are named above".to_owned(),
        };
    }
    if let Some(invalid) = words
        .lines()
        .find_map(|line| line.split_once("Invalid requirement: "))
    {
        let text = invalid
            .1
            .trim_start_matches('\'')
            .split('\'')
            .next()
            .unwrap_or_default();
        let place = written(request, name_of(text));
        return refused(
            format!("`{text}`{place} is no requirement"),
            HOW_TO_WRITE.to_owned(),
        );
    }
    if let Some((requirement, versions)) = no_match(words) {
        let (message, help) = unmatched(request, &requirement, &versions, tried_building);
        return refused(message, help);
    }
    if let Some(line) = words
        .lines()
        .find(|line| line.contains("requires a different Python"))
    {
        return refused(
            line.trim_start_matches("ERROR: ").to_owned(),
            "choose another Python with `python-version`, or another version of the package"
                .to_owned(),
        );
    }
    refused(
        format!("pip could not resolve {}", request.describe()),
        "pip's words above say what it stumbled over; `-v` shows all of them".to_owned(),
    )
}

/// Message and help for a requirement without a match; `versions` are those
/// that pip saw.
fn unmatched(
    request: &WheelRequest,
    requirement: &str,
    versions: &str,
    tried_building: bool,
) -> (String, String) {
    let target = request.target();
    let place = written(request, name_of(requirement));
    match versions {
        "none" | "" if tried_building => (
            format!("`{requirement}`{place} does not exist on the package index"),
            "check its spelling; a private package needs its index in pip's configuration \
             (`PIP_INDEX_URL`, `PIP_EXTRA_INDEX_URL`) or `PIP_FIND_LINKS`"
                .to_owned(),
        ),
        "none" | "" => (
            format!("`{requirement}`{place} has no wheel for {target}, or does not exist"),
            format!(
                "check its spelling; on {} itself djwar can also build pure-Python packages \
                 from source",
                request.platform
            ),
        ),
        versions if tried_building => (
            format!(
                "`{requirement}`{place}: there is no such version for Python {}",
                request.python
            ),
            format!("there is {}", newest(versions)),
        ),
        versions => (
            format!("`{requirement}`{place} has no wheel for {target}"),
            format!("there are wheels of {}", newest(versions)),
        ),
    }
}

/// The block that says who wants what.
fn conflict(words: &str) -> Option<String> {
    let lines: Vec<&str> = words
        .lines()
        .skip_while(|line| !line.contains("The conflict is caused by"))
        .skip(1)
        .take_while(|line| !line.trim().is_empty())
        .map(str::trim)
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Without pip's list of two hundred versions; the hint has the newest.
fn shortened(line: &str) -> String {
    match line.split_once("(from versions: ") {
        Some((before, versions)) if versions.len() > 100 => before.trim_end().to_owned(),
        _ => line.to_owned(),
    }
}

fn error_lines(words: &str) -> String {
    let lines: Vec<String> = words
        .lines()
        .map(str::trim_end)
        .skip_while(|line| !line.to_ascii_lowercase().contains("error"))
        .filter(|line| !line.is_empty() && !line.contains("[notice]"))
        .map(shortened)
        .collect();
    // The end of a build's output says more than its beginning.
    let from = lines.len().saturating_sub(25);
    lines[from..].join("\n")
}

/// ``(from versions: 1.0, 1.1)`` of the first requirement without a match.
fn no_match(words: &str) -> Option<(String, String)> {
    let marker = "Could not find a version that satisfies the requirement ";
    let line = words.lines().find_map(|line| line.split_once(marker))?.1;
    let (requirement, rest) = line.split_once(" (from ").unwrap_or((line, ""));
    let versions = rest
        .rsplit_once("versions: ")
        .map_or("", |(_, versions)| versions.trim_end_matches(')'));
    Some((requirement.to_owned(), versions.to_owned()))
}

fn failed_build(words: &str) -> Option<String> {
    let quoted = |line: &str| line.split(['\'', '"', '`']).nth(1).map(str::to_owned);
    words
        .lines()
        .find_map(|line| {
            if let Some((_, name)) = line.split_once("Failed building wheel for ") {
                return Some(name.trim().to_owned());
            }
            // pip 25: error: failed-wheel-build-for-install / Failed to build 'x'
            if line.contains("Failed to build '") {
                return quoted(line);
            }
            if let Some((_, names)) = line.split_once("Failed to build ") {
                return names.split_whitespace().next().map(str::to_owned);
            }
            None
        })
        .or_else(|| {
            // Metadata failed before any wheel: the last project collected is it.
            const BEFORE: &[&str] = &[
                "metadata-generation-failed",
                "Getting requirements to build wheel did not run successfully",
            ];
            let is_before = BEFORE.iter().any(|word| words.contains(word));
            is_before.then(|| {
                words
                    .lines()
                    .rev()
                    .find_map(|line| line.trim().strip_prefix("Collecting "))
                    .and_then(|line| line.split_whitespace().next())
                    .map(|requirement| name_of(requirement).to_owned())
            })?
        })
}

fn name_of(requirement: &str) -> &str {
    let end = requirement
        .find(|letter: char| !(letter.is_ascii_alphanumeric() || "._-".contains(letter)))
        .unwrap_or(requirement.len());
    &requirement[..end]
}

fn written(request: &WheelRequest, name: &str) -> String {
    request
        .place_of(&normalized(name))
        .map(|place| format!(" ({place})"))
        .unwrap_or_default()
}

fn newest(versions: &str) -> String {
    let all: Vec<&str> = versions.split(", ").collect();
    let from = all.len().saturating_sub(5);
    let more = if from > 0 { "…, " } else { "" };
    format!("{more}{}", all[from..].join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Diagnose, Kind};
    use crate::model::{Platform, PythonVersion};
    use crate::resolve::RequirementSource;

    fn request() -> WheelRequest {
        WheelRequest {
            project: "/project".into(),
            sources: vec![RequirementSource::Listed {
                origin: "/project/pyproject.toml".into(),
                requirements: vec![("Django>=5.2".to_owned(), 7), ("uWSGI".to_owned(), 8)],
            }],
            servers: ["uwsgi".to_owned()].into(),
            python: PythonVersion::new(3, 13),
            platform: Platform::LinuxX86_64,
        }
    }

    fn message(words: &str, tried_building: bool) -> (String, Kind, String) {
        let error = failure(&request(), words, tried_building);
        (
            error.to_string(),
            error.kind(),
            error.hint().unwrap_or_default(),
        )
    }

    #[test]
    fn an_unknown_name_is_told_with_its_place() {
        let words = "ERROR: Could not find a version that satisfies the requirement django>=5.2 (from versions: none)\nERROR: No matching distribution found for django>=5.2";
        assert!(building_may_help(words));
        let (message, kind, _) = message(words, true);
        assert_eq!(
            message,
            "`django>=5.2` (pyproject.toml:7) does not exist on the package index"
        );
        assert_eq!(kind, Kind::Project);
    }

    #[test]
    fn a_dead_network_is_no_fault_of_the_project() {
        let words = "WARNING: Retrying (Retry(total=1)) after connection broken by 'NewConnectionError(...)'\nERROR: Could not find a version that satisfies the requirement django>=5.2 (from versions: none)\nERROR: No matching distribution found for django>=5.2";
        assert!(!building_may_help(words));
        assert_eq!(message(words, false).1.exit_status(), 3);
    }

    #[test]
    fn a_wrong_version_names_the_newest() {
        let words = "ERROR: Could not find a version that satisfies the requirement Django==9.9 (from versions: 4.0, 4.1, 4.2, 5.0, 5.1, 5.2, 6.0)";
        let (message, _, hint) = message(words, true);
        assert!(message.contains("no such version"), "{message}");
        assert_eq!(hint, "there is …, 4.2, 5.0, 5.1, 5.2, 6.0");
    }

    #[test]
    fn a_build_that_fails_before_its_metadata_names_the_package_collected_last() {
        let words = "Collecting Django==5.2\nCollecting mysqlclient==2.2.7 (from -r r.txt (line 2))\n\
                     error: subprocess-exited-with-error\n\
                     x Getting requirements to build wheel did not run successfully.\n";
        assert_eq!(failed_build(words).as_deref(), Some("mysqlclient"));
    }

    #[test]
    fn a_failed_build_names_package_and_target() {
        let words =
            "  ERROR: Failed building wheel for uwsgi\nERROR: Failed to build one or more wheels";
        let (message, _, hint) = message(words, true);
        assert_eq!(
            message,
            "`uwsgi` (pyproject.toml:8) has no wheel for Python 3.13 on linux-x86_64, and building it from source failed"
        );
        assert!(hint.contains("leave it out of the requirements"), "{hint}");
    }

    #[test]
    fn a_conflict_says_who_wants_what() {
        let words = "The conflict is caused by:\n    The user requested asgiref<3\n    django 5.2.8 depends on asgiref<4 and >=3.8.1\n\nTo fix this\nERROR: ResolutionImpossible: for help visit";
        let error = failure(&request(), words, true);
        let cause = std::error::Error::source(&error)
            .expect("pip's words")
            .to_string();
        assert_eq!(
            cause,
            "The user requested asgiref<3\ndjango 5.2.8 depends on asgiref<4 and >=3.8.1"
        );
    }

    #[test]
    fn wheels_that_pip_built_are_known_by_name() {
        let words = "  Created wheel for docopt: filename=docopt-0.6.2-py2.py3-none-any.whl size=13706 sha256=ab";
        assert_eq!(built(words), ["docopt-0.6.2-py2.py3-none-any.whl"]);
    }
}
