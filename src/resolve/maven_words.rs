//! What Maven's words mean. It has no machine-readable errors; words that aren't
//! known are shown as they are, without what Maven wraps around them.

use super::error::{ResolveError, Said};
use crate::model::Coordinates;

/// What Maven's failure means for the artifacts that were asked for.
pub(super) fn failure(missing: &[Coordinates], said: &str) -> ResolveError {
    let errors: Vec<&str> = said
        .lines()
        .filter_map(|line| line.strip_prefix("[ERROR] "))
        .filter(|line| !line.trim().is_empty())
        .collect();
    // What follows is Maven's advice to run Maven again.
    let words = errors
        .iter()
        .take_while(|line| !line.starts_with("-> [Help") && !line.starts_with("To see the full"))
        .map(|line| in_short(line))
        .collect::<Vec<_>>()
        .join("\n");
    let words = if words.is_empty() {
        said.trim().to_owned()
    } else {
        words
    };
    if words
        .to_ascii_lowercase()
        .contains("could not find artifact")
        && let Some(absent) = missing.iter().find(|one| mentions(&words, one))
    {
        return ResolveError::NoSuchArtifact {
            coordinates: absent.to_string(),
            said: Said(words),
        };
    }
    ResolveError::Maven {
        coordinates: missing.to_vec(),
        said: Said(words),
    }
}

/// What Maven wraps around the reason: the goal and the project, which are djwar's
/// own, and the number of a help page.
fn in_short(line: &str) -> &str {
    let line = line
        .rsplit_once(" -> [Help ")
        .map_or(line, |(reason, _)| reason);
    match line.split_once(" on project artifacts: ") {
        Some((goal, reason)) if goal.starts_with("Failed to execute goal ") => reason,
        _ => line,
    }
}

/// Without ECMA-48's control sequences (`ESC [ … letter`): Maven and the JVM's
/// launcher write some whatever they are told.
pub(super) fn without_escapes(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|letter: char| ('@'..='~').contains(&letter));
        plain.push_str(end.map_or("", |end| &part[end + 1..]));
    }
    plain
}

/// Maven writes `group:artifact:packaging[:classifier]:version`.
fn mentions(words: &str, one: &Coordinates) -> bool {
    let classifier = one
        .classifier
        .as_ref()
        .map(|classifier| format!(":{classifier}"))
        .unwrap_or_default();
    words.contains(&format!(
        "{}:{}:{}{classifier}:{}",
        one.group, one.artifact, one.packaging, one.version
    ))
}
