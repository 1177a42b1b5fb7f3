//! Compares what `djwar scan` says with what somebody wrote who read the project.

use std::process::Command;

use anyhow::{Context, Result, bail};
use camino::Utf8Path;
use serde_json::Value;

use super::djwar;
use super::specification::Project;

/// Lists of objects are compared by the field that names each.
const NAMES: &[&str] = &["name", "code", "path"];

pub(super) fn scan(project: &Project, folder: &Utf8Path) -> Result<()> {
    let output = Command::new(djwar())
        .args(["scan", "--json", folder.as_str()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if let Some(refused) = &project.refused {
        if output.status.code() == Some(1) && said.contains(refused) {
            return Ok(());
        }
        bail!(
            "it should be refused with {refused:?}, but: {}\n{said}",
            output.status
        );
    }
    if !output.status.success() {
        bail!("the scan failed: {said}");
    }
    let found: Value = serde_json::from_slice(&output.stdout).context("the scan's JSON")?;
    let mut wrong = Vec::new();
    for (path, expected) in &project.scan {
        let expected = serde_json::to_value(expected)?;
        let actual = simple(at(&found, path));
        if actual != expected {
            wrong.push(format!("`{path}` is {actual}, not {expected}"));
        }
    }
    for (path, expected) in &project.holds {
        let actual = simple(at(&found, path));
        let items: Vec<&str> = actual
            .as_array()
            .map(|items| items.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        for item in expected {
            if !items.contains(&item.as_str()) {
                wrong.push(format!("`{path}` lacks {item}: {actual}"));
            }
        }
    }
    if !wrong.is_empty() {
        bail!("the scan differs:\n  {}", wrong.join("\n  "));
    }
    Ok(())
}

/// `databases.default.engine`; nothing there is `null`.
fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.')
        .try_fold(value, |inner, part| inner.get(part))
        .unwrap_or(&Value::Null)
}

/// TOML has no `null`: what is not known is `"unknown"`. Names instead of objects in
/// a list, each once and sorted; a list of texts as it is.
fn simple(value: &Value) -> Value {
    match value {
        Value::Null => Value::String("unknown".to_owned()),
        Value::Array(items) => {
            let mut names: Vec<&str> = items
                .iter()
                .filter_map(|item| NAMES.iter().find_map(|name| item.get(name)?.as_str()))
                .collect();
            if names.is_empty() {
                return value.clone();
            }
            names.sort_unstable();
            names.dedup();
            Value::from(names)
        }
        // How a computed value differs from an unknown one is what matters, not its line.
        Value::Object(fields) if fields.len() == 1 && fields.contains_key("dynamic") => {
            Value::String("computed".to_owned())
        }
        _ => value.clone(),
    }
}
