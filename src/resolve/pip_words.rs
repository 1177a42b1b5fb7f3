//! What pip's words mean. pip has no machine-readable errors; the texts below
//! stand in pip 22 to 25. Words that aren't known are shown as they are.

use super::error::{ResolveError, Said};
use super::requirements::WheelRequest;
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
            "build a portable wheel of `{name}` (auditwheel, cibuildwheel) and let pip find it with `PIP_FIND_LINKS`, or take a package that publishes wheels"
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
    let target = format!("Python {} on {}", request.python, request.platform);
    if words.contains("DO NOT MATCH THE HASHES") {
        return refused(
            "a downloaded package differs from the hash in the requirements".to_owned(),
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
            format!(
                "look for a version or another package with wheels for {target}, or build a portable wheel of `{name}` and let pip find it with `PIP_FIND_LINKS`"
            ),
        );
    }
    if words.contains("ResolutionImpossible") {
        return refused(
            "the requirements contradict each other".to_owned(),
            "loosen one of the versions that are named above".to_owned(),
        );
    }
    if let Some((requirement, versions)) = no_match(words) {
        let place = written(request, name_of(&requirement));
        return match versions.as_str() {
            "none" | "" if tried_building => refused(
                format!("`{requirement}`{place} does not exist on the package index"),
                "check its spelling; a private package needs its index in pip's configuration (`PIP_INDEX_URL`, `PIP_EXTRA_INDEX_URL`) or `PIP_FIND_LINKS`".to_owned(),
            ),
            "none" | "" => refused(
                format!("`{requirement}`{place} has no wheel for {target}, or does not exist"),
                format!("check its spelling; on {} itself djwar can also build pure-Python packages from source", request.platform),
            ),
            versions if tried_building => refused(
                format!("`{requirement}`{place}: there is no such version for Python {}", request.python),
                format!("there is {}", newest(versions)),
            ),
            versions => refused(
                format!("`{requirement}`{place} has no wheel for {target}"),
                format!("there are wheels of {}", newest(versions)),
            ),
        };
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

fn error_lines(words: &str) -> String {
    let lines: Vec<&str> = words
        .lines()
        .map(str::trim_end)
        .skip_while(|line| !line.to_ascii_lowercase().contains("error"))
        .filter(|line| !line.is_empty() && !line.contains("[notice]"))
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
            words.contains("metadata-generation-failed").then(|| {
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
