//! Problems as SARIF 2.1.0 (OASIS), for code-scanning tools.

use std::collections::BTreeSet;

use camino::Utf8Path;
use serde_json::{Value, json};

use crate::model::project::{Problem, Severity};

/// The log. `fallback` is the file to point at where a problem has no place:
/// scanning tools refuse results without one.
pub fn sarif(problems: &[Problem], fallback: &Utf8Path) -> Value {
    let rules: Vec<&str> = problems
        .iter()
        .map(|problem| problem.code)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "djwar",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": rules.iter().map(|rule| json!({"id": rule})).collect::<Vec<_>>(),
                }
            },
            "columnKind": "utf16CodeUnits",
            "results": problems
                .iter()
                .map(|problem| result(problem, &rules, fallback))
                .collect::<Vec<_>>(),
        }]
    })
}

fn result(problem: &Problem, rules: &[&str], fallback: &Utf8Path) -> Value {
    let (path, line) = match &problem.origin {
        Some(span) if !span.path.as_str().is_empty() => (span.path.as_path(), span.line.max(1)),
        _ => (fallback, 1),
    };
    let hint = problem.hint.as_ref().map(|hint| format!("\n{hint}"));
    json!({
        "ruleId": problem.code,
        "ruleIndex": rules.binary_search(&problem.code).unwrap_or_default(),
        "level": match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "message": {"text": format!("{}{}", problem.message, hint.unwrap_or_default())},
        "locations": [{
            "physicalLocation": {
                "artifactLocation": {"uri": relative_uri(path), "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": line},
            }
        }],
    })
}

/// RFC 3986: what a path segment may not hold is escaped, and a first segment with
/// `:` would be a scheme.
fn relative_uri(path: &Utf8Path) -> String {
    use std::fmt::Write as _;
    let mut uri = String::new();
    for byte in path.as_str().bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=@".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a String can't fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Span;

    #[test]
    fn every_result_has_a_rule_a_level_and_a_place() {
        let problem = |severity, code, origin| Problem {
            severity,
            code,
            origin,
            message: "it is so".to_owned(),
            hint: Some("change it".to_owned()),
        };
        let log = sarif(
            &[
                problem(Severity::Error, "b", None),
                problem(
                    Severity::Warning,
                    "a",
                    Some(Span::new("ein Blatt/größe:1.py", 7)),
                ),
            ],
            "manage.py".into(),
        );
        let results = &log["runs"][0]["results"];
        let place = |index: usize| &results[index]["locations"][0]["physicalLocation"];
        assert_eq!(results[0]["level"], "error");
        assert_eq!(results[0]["ruleIndex"], 1);
        assert_eq!(place(0)["artifactLocation"]["uri"], "manage.py");
        assert_eq!(
            place(1)["artifactLocation"]["uri"],
            "ein%20Blatt/gr%C3%B6%C3%9Fe%3A1.py"
        );
        assert_eq!(place(1)["region"]["startLine"], 7);
        assert_eq!(results[1]["message"]["text"], "it is so\nchange it");
    }
}
