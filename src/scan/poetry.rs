//! `[tool.poetry]` of `pyproject.toml`: its own constraints, and its tables for
//! what comes from elsewhere.

use camino::Utf8Path;
use toml::{Table, Value};

use super::address::address;
use super::manifests::{Manifest, asked_extras};
use super::requirement::normalised_name;
use crate::model::Span;
use crate::model::project::Dependency;

/// Adds what `[tool.poetry]` says that `[project]` doesn't.
pub(super) fn add(
    poetry: &Table,
    folder: &Utf8Path,
    span: &impl Fn(&str) -> Span,
    manifest: &mut Manifest,
) {
    if manifest.name.is_none() {
        manifest.name = poetry
            .get("name")
            .and_then(Value::as_str)
            .map(str::to_owned);
    }
    let listed = poetry.get("dependencies").and_then(Value::as_table);
    for (name, value) in listed.into_iter().flatten() {
        if name == "python" {
            if manifest.python.is_none() {
                manifest.python = Some((version(value), span("python")));
            }
            continue;
        }
        let known = manifest
            .dependencies
            .iter_mut()
            .find(|known| known.name == normalised_name(name));
        // Poetry 2 writes the name in `[project]` and the place here.
        if let Some(known) = known {
            if let Some(address) = address(value, folder) {
                known.specifier = format!("@ {address}");
            }
            continue;
        }
        let needed = one_by_one(value).filter(|value| !is_optional(value));
        let read = needed.map(|value| dependency(name, value, folder, span(name)));
        manifest.dependencies.extend(read);
    }
    add_extras(poetry, folder, span, manifest);
}

/// `[tool.poetry.extras]`, which name optional dependencies, and `[tool.poetry.group]`.
fn add_extras(
    poetry: &Table,
    folder: &Utf8Path,
    span: &impl Fn(&str) -> Span,
    manifest: &mut Manifest,
) {
    let table = |key: &str| poetry.get(key).and_then(Value::as_table);
    let listed = table("dependencies");
    for (extra, names) in table("extras").into_iter().flatten() {
        let names = names.as_array().into_iter().flatten();
        let found = names.filter_map(|name| {
            let name = normalised_name(name.as_str()?);
            listed?.iter().find(|(key, _)| normalised_name(key) == name)
        });
        let read = found.flat_map(|(name, value)| {
            one_by_one(value).map(|value| dependency(name, value, folder, span(name)))
        });
        let extra = manifest.extras.entry(normalised_name(extra)).or_default();
        extra.extend(read);
    }
    for (group, value) in table("group").into_iter().flatten() {
        let listed = value.get("dependencies").and_then(Value::as_table);
        let read = listed.into_iter().flatten().flat_map(|(name, value)| {
            one_by_one(value).map(|value| dependency(name, value, folder, span(name)))
        });
        let group = manifest.extras.entry(normalised_name(group)).or_default();
        group.extend(read);
    }
}

/// Several tables: a version for each Python or platform.
fn one_by_one(value: &Value) -> std::slice::Iter<'_, Value> {
    match value {
        Value::Array(values) => values.iter(),
        one => std::slice::from_ref(one).iter(),
    }
}

fn is_optional(value: &Value) -> bool {
    value.get("optional").and_then(Value::as_bool) == Some(true)
}

fn dependency(name: &str, value: &Value, folder: &Utf8Path, origin: Span) -> Dependency {
    let specifier = match address(value, folder) {
        Some(address) => format!("@ {address}"),
        None => version(value),
    };
    let own = value.get("markers").and_then(Value::as_str);
    let python = value
        .get("python")
        .and_then(Value::as_str)
        .map(python_marker);
    let marker = match (own, python) {
        (Some(own), Some(python)) if !python.is_empty() => Some(format!("({own}) and {python}")),
        (None, Some(python)) => Some(python).filter(|python| !python.is_empty()),
        (own, _) => own.map(str::to_owned),
    };
    Dependency {
        extras: asked_extras(value),
        marker,
        ..Dependency::new(normalised_name(name), specifier, origin)
    }
}

/// `>=3.8,<3.12` → a marker that says the same.
fn python_marker(constraint: &str) -> String {
    let clauses = constraint.split(',').map(|one| part(one.trim()));
    let clauses = clauses.collect::<Vec<_>>().join(",");
    let markers = clauses.split(',').filter_map(|clause| {
        let at = clause.find(|letter: char| letter.is_ascii_digit())?;
        let (operator, number) = clause.split_at(at);
        let number = number.trim();
        let name = if number.split('.').count() > 2 && !number.ends_with('*') {
            "python_full_version"
        } else {
            "python_version"
        };
        Some(format!("{name} {} '{number}'", operator.trim()))
    });
    markers.collect::<Vec<_>>().join(" and ")
}

/// Poetry's constraint as a PEP 440 specifier.
fn version(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text,
        Value::Table(table) => table.get("version").and_then(Value::as_str).unwrap_or(""),
        _ => "",
    };
    let parts = text.split(',').map(|one| part(one.trim()));
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    parts.join(",")
}

/// `^1.2` → `>=1.2,<2`; `~1.2` → `>=1.2,<1.3`; `1.2` → `==1.2`; `*` → nothing.
fn part(part: &str) -> String {
    let numbers = |text: &str| -> Vec<u64> {
        text.split('.')
            .map_while(|number| number.trim().parse().ok())
            .collect()
    };
    let below = |mut version: Vec<u64>, at: usize| {
        version.truncate(at + 1);
        if let Some(last) = version.get_mut(at) {
            *last += 1;
        }
        let texts: Vec<String> = version.iter().map(ToString::to_string).collect();
        texts.join(".")
    };
    if let Some(rest) = part.strip_prefix('^') {
        let version = numbers(rest);
        let at = version
            .iter()
            .position(|&number| number != 0)
            .unwrap_or(version.len().saturating_sub(1));
        format!(">={rest},<{}", below(version, at))
    } else if let Some(rest) = part.strip_prefix('~').filter(|rest| !rest.starts_with('=')) {
        let version = numbers(rest);
        let at = usize::from(version.len() > 1);
        format!(">={rest},<{}", below(version, at))
    } else if part == "*" || part.is_empty() {
        String::new()
    } else if part.starts_with(|letter: char| letter.is_ascii_digit()) {
        format!("=={part}")
    } else {
        part.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poetry_s_constraints_become_specifiers() {
        for (written, expected) in [
            ("^5.2", ">=5.2,<6"),
            ("^0.3.1", ">=0.3.1,<0.4"),
            ("~4.2", ">=4.2,<4.3"),
            ("~4.2.1", ">=4.2.1,<4.3"),
            ("*", ""),
            ("1.2.3", "==1.2.3"),
            (">=3.8,<4", ">=3.8,<4"),
            ("~=1.4", "~=1.4"),
            ("5.2.*", "==5.2.*"),
        ] {
            let value = Value::String(written.to_owned());
            assert_eq!(version(&value), expected, "{written}");
        }
    }
}
