//! `pyproject.toml`, `setup.cfg` and `Pipfile`: names, dependencies, Python.

use camino::{Utf8Path, Utf8PathBuf};
use toml::{Table, Value};

use super::error::ScanError;
use super::requirement::{normalised_name, requirement};
use super::source_text::{self, LARGEST_TEXT};
use crate::model::Span;
use crate::model::project::Dependency;

/// What a manifest says about the project.
#[derive(Clone, Debug, Default)]
pub(super) struct Manifest {
    pub(super) path: Utf8PathBuf,
    pub(super) name: Option<String>,
    pub(super) dependencies: Vec<Dependency>,
    pub(super) python: Option<(String, Span)>,
}

/// A TOML file of the project; `None` when there is none.
pub(super) fn table(
    root: &Utf8Path,
    path: &Utf8Path,
    limit: u64,
) -> Result<Option<(Table, String)>, ScanError> {
    if !root.join(path).is_file() {
        return Ok(None);
    }
    let text = source_text::utf8(root, path, limit)?;
    match text.parse::<Table>() {
        Ok(table) => Ok(Some((table, text))),
        Err(error) => Err(ScanError::Malformed {
            path: path.to_owned(),
            message: error.to_string().trim().to_owned(),
        }),
    }
}

/// Reads `pyproject.toml` in `folder`.
pub(super) fn pyproject(root: &Utf8Path, folder: &Utf8Path) -> Result<Option<Manifest>, ScanError> {
    let path = super::modules::join(folder, Utf8Path::new("pyproject.toml"));
    let Some((table, text)) = table(root, &path, LARGEST_TEXT)? else {
        return Ok(None);
    };
    let mut manifest = Manifest {
        path: path.clone(),
        ..Manifest::default()
    };
    let span = |needle: &str| Span::new(path.clone(), line_of(&text, needle));
    if let Some(project) = table.get("project").and_then(Value::as_table) {
        manifest.name = project
            .get("name")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let listed = project.get("dependencies").and_then(Value::as_array);
        for written in listed.into_iter().flatten().filter_map(Value::as_str) {
            manifest
                .dependencies
                .extend(requirement(written, span(written)));
        }
        manifest.python = project
            .get("requires-python")
            .and_then(Value::as_str)
            .map(|python| (python.to_owned(), span("requires-python")));
    }
    if manifest.dependencies.is_empty()
        && let Some(groups) = table.get("dependency-groups").and_then(Value::as_table)
    {
        for written in group(groups) {
            manifest
                .dependencies
                .extend(requirement(written, span(written)));
        }
    }
    let poetry = table
        .get("tool")
        .and_then(|tool| tool.get("poetry"))
        .and_then(Value::as_table);
    if let Some(poetry) = poetry {
        if manifest.name.is_none() {
            manifest.name = poetry
                .get("name")
                .and_then(Value::as_str)
                .map(str::to_owned);
        }
        let listed = poetry.get("dependencies").and_then(Value::as_table);
        for (name, value) in listed.into_iter().flatten() {
            let Some(version) = poetry_version(value) else {
                continue;
            };
            if name == "python" {
                if manifest.python.is_none() {
                    manifest.python = Some((version, span("python")));
                }
            } else if manifest
                .dependencies
                .iter()
                .all(|known| known.name != normalised_name(name))
            {
                manifest.dependencies.push(Dependency {
                    name: normalised_name(name),
                    extras: extras(value),
                    specifier: version,
                    origin: span(name),
                    marker: value
                        .get("markers")
                        .and_then(Value::as_str)
                        .map(str::to_owned),
                });
            }
        }
    }
    Ok(Some(manifest))
}

/// The group (PEP 735) that an application without a `[project]` is deployed with.
fn group(groups: &Table) -> Vec<&str> {
    let mut texts = Vec::new();
    let name = ["production", "prod", "main", "default", "base"]
        .into_iter()
        .find(|name| groups.contains_key(*name));
    let mut queue: Vec<&str> = name.into_iter().collect();
    let mut seen: Vec<&str> = Vec::new();
    while let Some(name) = queue.pop() {
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        for entry in groups
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            texts.extend(entry.as_str());
            queue.extend(entry.get("include-group").and_then(Value::as_str));
        }
    }
    texts
}

fn extras(value: &Value) -> Vec<String> {
    let listed = value.get("extras").and_then(Value::as_array);
    let texts = listed.into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// Poetry's constraint as a PEP 440 specifier; `None` for optional ones.
fn poetry_version(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text,
        Value::Table(table) => {
            if table.get("optional").and_then(Value::as_bool) == Some(true) {
                return None;
            }
            match table.get("version").and_then(Value::as_str) {
                Some(text) => text,
                None => return Some(String::new()),
            }
        }
        _ => return Some(String::new()),
    };
    let parts = text.split(',').map(|part| poetry_part(part.trim()));
    Some(
        parts
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(","),
    )
}

/// `^1.2` → `>=1.2,<2`; `~1.2` → `>=1.2,<1.3`; `1.2` → `==1.2`; `*` → nothing.
fn poetry_part(part: &str) -> String {
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

/// Reads `Pipfile` in `folder`.
pub(super) fn pipfile(root: &Utf8Path, folder: &Utf8Path) -> Result<Option<Manifest>, ScanError> {
    let path = super::modules::join(folder, Utf8Path::new("Pipfile"));
    let Some((table, text)) = table(root, &path, LARGEST_TEXT)? else {
        return Ok(None);
    };
    let span = |needle: &str| Span::new(path.clone(), line_of(&text, needle));
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
        Dependency {
            name: normalised_name(name),
            extras: extras(value),
            specifier: version.trim_start_matches('*').to_owned(),
            origin: span(name),
            marker: value
                .get("markers")
                .and_then(Value::as_str)
                .map(str::to_owned),
        }
    });
    Ok(Some(Manifest {
        dependencies: dependencies.collect(),
        path: path.clone(),
        name: None,
        python,
    }))
}

/// Reads `setup.cfg` in `folder`.
pub(super) fn setup_cfg(root: &Utf8Path, folder: &Utf8Path) -> Result<Option<Manifest>, ScanError> {
    let path = super::modules::join(folder, Utf8Path::new("setup.cfg"));
    if !root.join(&path).is_file() {
        return Ok(None);
    }
    let text = source_text::utf8(root, &path, LARGEST_TEXT)?;
    let mut manifest = Manifest {
        path: path.clone(),
        ..Manifest::default()
    };
    for entry in ini_entries(&text) {
        let span = |line| Span::new(path.clone(), line);
        match (entry.section, entry.key) {
            ("metadata", "name") => manifest.name = Some(entry.value()),
            ("options", "python_requires") => {
                manifest.python = Some((entry.value(), span(entry.line)));
            }
            ("options", "install_requires") => {
                for (line, text) in &entry.lines {
                    let parts = text.split('#').next().unwrap_or_default();
                    manifest
                        .dependencies
                        .extend(requirement(parts, span(*line)));
                }
            }
            _ => {}
        }
    }
    Ok(Some(manifest))
}

/// One key of an INI file.
pub(super) struct IniEntry<'a> {
    pub(super) section: &'a str,
    pub(super) key: &'a str,
    pub(super) line: u32,
    pub(super) lines: Vec<(u32, &'a str)>,
}

impl IniEntry<'_> {
    pub(super) fn value(&self) -> String {
        let texts: Vec<&str> = self.lines.iter().map(|(_, text)| *text).collect();
        texts.join(" ").trim().to_owned()
    }
}

/// The entries of an INI file as configparser reads them, near enough.
pub(super) fn ini_entries(text: &str) -> Vec<IniEntry<'_>> {
    let mut entries: Vec<IniEntry<'_>> = Vec::new();
    let mut section = "";
    let mut open = false;
    for (number, line) in (1_u32..).zip(text.lines()) {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with(char::is_whitespace) {
            if let Some(last) = entries.last_mut().filter(|_| open) {
                last.lines.push((number, trimmed));
            }
        } else if let Some(name) = trimmed
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            section = name;
            open = false;
        } else if let Some((key, value)) = trimmed.split_once(['=', ':']) {
            entries.push(IniEntry {
                section,
                key: key.trim(),
                line: number,
                lines: vec![(number, value.trim())],
            });
            open = true;
        }
    }
    entries
}

/// The first line that holds `needle`, or its first word at a line's start.
pub(super) fn line_of(text: &str, needle: &str) -> u32 {
    let starts = text.lines().position(|line| {
        line.trim_start()
            .trim_start_matches(['"', '\''])
            .starts_with(needle)
    });
    let index = starts.or_else(|| text.lines().position(|line| line.contains(needle)));
    index.map_or(1, |index| u32::try_from(index + 1).unwrap_or(u32::MAX))
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
            assert_eq!(
                poetry_version(&value).as_deref(),
                Some(expected),
                "{written}"
            );
        }
    }
}
