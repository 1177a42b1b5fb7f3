//! `pyproject.toml` and `setup.cfg`: names, dependencies, Python.

use camino::{Utf8Path, Utf8PathBuf};
use toml::{Table, Value};

use super::error::ScanError;
use super::extras::{self, Extras};
use super::requirement::requirement;
use super::source_text::{self, LARGEST_TEXT};
use super::value::normalised;
use crate::model::Span;
use crate::model::project::Dependency;

/// What a manifest says about the project.
#[derive(Clone, Debug, Default)]
pub(super) struct Manifest {
    pub(super) path: Utf8PathBuf,
    pub(super) name: Option<String>,
    pub(super) dependencies: Vec<Dependency>,
    pub(super) python: Option<(String, Span)>,
    /// Other files that the dependencies were read from.
    pub(super) files: Vec<Utf8PathBuf>,
    pub(super) extras: Extras,
    /// Which of them are wanted, with those that they name.
    pub(super) wanted: Vec<String>,
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
    let places = Places::new(&text);
    let span = |needle: &str| Span::new(path.clone(), places.line(needle));
    let mut manifest = Manifest {
        path: path.clone(),
        ..Manifest::default()
    };
    let tool = |name: &str| table.get("tool")?.get(name)?.as_table();
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
        for file in dynamic_files(project, tool("setuptools")) {
            let file = normalised(folder.join(file).as_str());
            if !file.starts_with("..") && root.join(&file).is_file() {
                let read = super::requirements::read(root, Utf8Path::new(&file))?;
                manifest.dependencies.extend(read.dependencies);
                manifest.files.extend(read.files);
            }
        }
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
    manifest.extras = extras::of_pyproject(&table, &span);
    if let Some(uv) = tool("uv") {
        let listed = manifest.extras.values_mut();
        for dependencies in listed.chain([&mut manifest.dependencies]) {
            super::uv_sources::apply(root, folder, uv, dependencies);
        }
    }
    if let Some(poetry) = tool("poetry") {
        super::poetry::add(poetry, folder, &span, &mut manifest);
    }
    Ok(Some(manifest))
}

/// Files that setuptools reads `dynamic = ["dependencies"]` from.
fn dynamic_files<'a>(project: &'a Table, setuptools: Option<&'a Table>) -> Vec<&'a str> {
    let dynamic = project.get("dynamic").and_then(Value::as_array);
    let is_dynamic = dynamic
        .into_iter()
        .flatten()
        .any(|name| name.as_str() == Some("dependencies"));
    let file = || setuptools?.get("dynamic")?.get("dependencies")?.get("file");
    match file().filter(|_| is_dynamic) {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The group (PEP 735) that an application without a `[project]` is deployed with.
fn group(groups: &Table) -> Vec<&str> {
    let name = ["production", "prod", "main", "default", "base"]
        .into_iter()
        .find(|name| groups.contains_key(*name));
    name.map_or_else(Vec::new, |name| extras::group(groups, name))
}

pub(super) fn asked_extras(value: &Value) -> Vec<String> {
    let listed = value.get("extras").and_then(Value::as_array);
    let texts = listed.into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
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
            ("options.extras_require", _) => {
                extras::of_setup_cfg(&entry, &path, &mut manifest.extras);
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

/// Where things are written in a file that was parsed without places. Patient, but
/// not without end: a hostile file holds a million names.
pub(super) struct Places<'a> {
    text: &'a str,
    /// Bytes that may still be looked through.
    budget: std::cell::Cell<usize>,
}

impl<'a> Places<'a> {
    const BUDGET: usize = 200 << 20;

    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            budget: Self::BUDGET.into(),
        }
    }

    /// The line of `needle`, as [`line_of`] finds it; 1 when patience is over.
    pub(super) fn line(&self, needle: &str) -> u32 {
        match self.budget.get().checked_sub(self.text.len()) {
            Some(left) => {
                self.budget.set(left);
                line_of(self.text, needle)
            }
            None => 1,
        }
    }
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
