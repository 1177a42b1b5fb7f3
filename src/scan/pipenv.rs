//! `Pipfile` and `Pipfile.lock`: the packages of the deployment, not of
//! development.

use camino::Utf8Path;
use toml::Value;

use super::address::address;
use super::error::ScanError;
use super::locks::Lock;
use super::manifests::{Manifest, Places, asked_extras, table};
use super::modules::join;
use super::requirement::normalised_name;
use super::source_text::{self, LARGEST_LOCK, LARGEST_TEXT};
use crate::model::Span;
use crate::model::project::Dependency;

/// Reads `Pipfile` in `folder`.
pub(super) fn manifest(root: &Utf8Path, folder: &Utf8Path) -> Result<Option<Manifest>, ScanError> {
    let path = join(folder, Utf8Path::new("Pipfile"));
    let Some((table, text)) = table(root, &path, LARGEST_TEXT)? else {
        return Ok(None);
    };
    let places = Places::new(&text);
    let span = |needle: &str| Span::new(path.clone(), places.line(needle));
    let requires = table.get("requires").and_then(Value::as_table);
    let python = requires.and_then(|requires| {
        let key = ["python_full_version", "python_version"]
            .into_iter()
            .find(|key| requires.contains_key(*key))?;
        Some((requires.get(key)?.as_str()?.to_owned(), span(key)))
    });
    let packages = table.get("packages").and_then(Value::as_table);
    let dependencies = packages.into_iter().flatten().map(|(name, value)| {
        let version = match value {
            Value::String(text) => text.as_str(),
            other => other.get("version").and_then(Value::as_str).unwrap_or(""),
        };
        let specifier = match address(value, folder) {
            Some(address) => format!("@ {address}"),
            None => version.trim_start_matches('*').to_owned(),
        };
        Dependency {
            extras: asked_extras(value),
            marker: value
                .get("markers")
                .and_then(Value::as_str)
                .map(str::to_owned),
            ..Dependency::new(normalised_name(name), specifier, span(name))
        }
    });
    Ok(Some(Manifest {
        dependencies: dependencies.collect(),
        path: path.clone(),
        python,
        ..Manifest::default()
    }))
}

/// Reads `Pipfile.lock` at `path`.
pub(super) fn lock(root: &Utf8Path, path: &Utf8Path) -> Result<Option<Lock>, ScanError> {
    if !root.join(path).is_file() {
        return Ok(None);
    }
    let text = source_text::utf8(root, path, LARGEST_LOCK)?;
    let json: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| ScanError::Malformed {
            path: path.to_owned(),
            message: error.to_string(),
        })?;
    // One pass: a hostile lock holds a million names.
    let mut lines = std::collections::HashMap::new();
    for (number, line) in (1_u32..).zip(text.lines()) {
        let key = line.trim_start().strip_prefix('"');
        if let Some((key, _)) = key.and_then(|key| key.split_once('"')) {
            lines.entry(key).or_insert(number);
        }
    }
    let span = |name: &str| Span::new(path, lines.get(name).copied().unwrap_or(1));
    let mut lock = Lock {
        path: path.to_owned(),
        ..Lock::default()
    };
    let folder = path.parent().unwrap_or(Utf8Path::new(""));
    let default = json.get("default").and_then(serde_json::Value::as_object);
    for (name, package) in default.into_iter().flatten() {
        let text_of = |key: &str| package.get(key).and_then(serde_json::Value::as_str);
        let texts = |key: &str| -> Vec<String> {
            let listed = package.get(key).and_then(serde_json::Value::as_array);
            let texts = listed.into_iter().flatten();
            texts
                .filter_map(|text| text.as_str())
                .map(str::to_owned)
                .collect()
        };
        let address = address(package, folder);
        // `pipenv install -e .`: the project itself.
        if address.as_deref() == Some(".") {
            continue;
        }
        let specifier = match address {
            Some(address) => format!("@ {address}"),
            None => text_of("version")
                .unwrap_or_default()
                .trim_start_matches('*')
                .to_owned(),
        };
        lock.dependencies.push(Dependency {
            extras: texts("extras"),
            marker: text_of("markers").map(str::to_owned),
            hashes: texts("hashes"),
            ..Dependency::new(normalised_name(name), specifier, span(name))
        });
    }
    let requires = json.pointer("/_meta/requires");
    lock.python = ["python_full_version", "python_version"]
        .iter()
        .find_map(|key| Some((requires?.get(key)?.as_str()?.to_owned(), span(key))));
    Ok(Some(lock))
}
