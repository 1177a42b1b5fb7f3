//! Lock files: `pylock.toml`, `uv.lock`, `poetry.lock`, `Pipfile.lock`. Names and
//! versions of what is deployed; groups for development are left out.

use std::collections::{BTreeMap, VecDeque};

use camino::{Utf8Path, Utf8PathBuf};
use toml::{Table, Value};

use super::error::ScanError;
use super::manifests::{Manifest, line_of, table};
use super::modules::join;
use super::requirement::normalised_name;
use super::source_text::{self, LARGEST_LOCK};
use crate::model::Span;
use crate::model::project::Dependency;

/// What a lock file says.
#[derive(Debug, Default)]
pub(super) struct Lock {
    pub(super) path: Utf8PathBuf,
    pub(super) dependencies: Vec<Dependency>,
    pub(super) python: Option<(String, Span)>,
    /// Packages of which the lock names wheels, none of them pure.
    pub(super) native: Vec<String>,
}

/// The best lock file of `folder`.
pub(super) fn best(
    root: &Utf8Path,
    folder: &Utf8Path,
    manifest: Option<&Manifest>,
) -> Result<Option<Lock>, ScanError> {
    for name in ["pylock.toml", "uv.lock", "poetry.lock"] {
        let path = join(folder, Utf8Path::new(name));
        if let Some((table, text)) = table(root, &path, LARGEST_LOCK)? {
            return Ok(Some(toml_lock(path, &table, &text, manifest)));
        }
    }
    pipfile_lock(root, &join(folder, Utf8Path::new("Pipfile.lock")))
}

fn toml_lock(path: Utf8PathBuf, table: &Table, text: &str, manifest: Option<&Manifest>) -> Lock {
    let lines = package_lines(text);
    let listed = table
        .get("package")
        .or_else(|| table.get("packages"))
        .and_then(Value::as_array);
    let packages: Vec<Package<'_>> = listed
        .into_iter()
        .flatten()
        .zip(lines.iter().copied().chain(std::iter::repeat(1)))
        .filter_map(|(value, line)| Package::new(value.as_table()?, line))
        .collect();
    let wanted = wanted(&packages, manifest);
    let mut lock = Lock::default();
    for package in &packages {
        let Some(edges) = wanted.get(&package.name) else {
            continue;
        };
        if package.is_project() || package.is_for_development() {
            continue;
        }
        lock.dependencies.push(Dependency {
            name: package.name.clone(),
            // A lock lists what extras bring as packages of their own.
            extras: Vec::new(),
            specifier: package
                .version
                .map(|version| format!("=={version}"))
                .unwrap_or_default(),
            origin: Span::new(path.clone(), package.line),
            marker: package.marker(edges),
        });
        if package.is_native() {
            lock.native.push(package.name.clone());
        }
    }
    let python = table
        .get("requires-python")
        .or_else(|| {
            table
                .get("metadata")
                .and_then(|meta| meta.get("python-versions"))
        })
        .and_then(Value::as_str);
    lock.python = python.map(|python| {
        let key = if table.contains_key("requires-python") {
            "requires-python"
        } else {
            "python-versions"
        };
        (
            python.to_owned(),
            Span::new(path.clone(), line_of(text, key)),
        )
    });
    lock.path = path;
    lock
}

/// When something leads to a package.
enum Edges {
    Always,
    When(Vec<String>),
}

fn any_of(markers: &[String]) -> Option<String> {
    match markers {
        [] => None,
        [one] => Some(one.clone()),
        several => Some(format!("({})", several.join(") or ("))),
    }
}

struct Package<'a> {
    name: String,
    version: Option<&'a str>,
    table: &'a Table,
    line: u32,
}

impl<'a> Package<'a> {
    fn new(table: &'a Table, line: u32) -> Option<Self> {
        Some(Self {
            name: normalised_name(table.get("name")?.as_str()?),
            version: table.get("version").and_then(Value::as_str),
            table,
            line,
        })
    }

    /// uv lists the project itself among the packages.
    fn is_project(&self) -> bool {
        self.table.get("source").is_some_and(|source| {
            source.get("virtual").is_some() || source.get("editable").is_some()
        }) || self.table.get("directory").is_some()
    }

    /// Poetry before 1.5 says `category = "dev"`, since 2.0 `groups = [...]`.
    fn is_for_development(&self) -> bool {
        let category = self.table.get("category").and_then(Value::as_str);
        let groups = self.table.get("groups").and_then(Value::as_array);
        category == Some("dev")
            || groups.is_some_and(|groups| {
                !groups
                    .iter()
                    .any(|group| matches!(group.as_str(), Some("main" | "default")))
            })
    }

    /// When the package is wanted: its own marker, the forks that uv made it for,
    /// and the markers of all that lead to it.
    fn marker(&self, edges: &Edges) -> Option<String> {
        let own = ["marker", "markers"]
            .iter()
            .find_map(|key| self.table.get(*key)?.as_str())
            .map(str::to_owned);
        let forks = self.table.get("resolution-markers");
        let forks: Option<Vec<String>> = forks.and_then(Value::as_array).map(|forks| {
            let texts = forks.iter().filter_map(Value::as_str);
            texts.map(str::to_owned).collect()
        });
        let edges = match edges {
            Edges::Always => None,
            Edges::When(markers) => any_of(markers),
        };
        let forks = forks.as_deref().and_then(any_of);
        let all: Vec<String> = [own, forks, edges].into_iter().flatten().collect();
        match all.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            several => Some(format!("({})", several.join(") and ("))),
        }
    }

    fn dependencies(&self) -> Vec<(String, Option<String>)> {
        let edge = |one: &Value| {
            let name = normalised_name(one.get("name")?.as_str()?);
            let marker = one.get("marker").and_then(Value::as_str);
            Some((name, marker.map(str::to_owned)))
        };
        let names: Vec<(String, Option<String>)> = match self.table.get("dependencies") {
            Some(Value::Array(list)) => list.iter().filter_map(edge).collect(),
            Some(Value::Table(table)) => table
                .iter()
                .map(|(name, value)| {
                    let marker = value.get("markers").and_then(Value::as_str);
                    (normalised_name(name), marker.map(str::to_owned))
                })
                .collect(),
            _ => Vec::new(),
        };
        let extras = self
            .table
            .get("optional-dependencies")
            .and_then(Value::as_table);
        let extras = extras
            .into_iter()
            .flat_map(|extras| extras.values())
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(edge);
        // The project's own extras are not wanted unless somebody asks for them.
        if self.is_project() {
            names
        } else {
            names.into_iter().chain(extras).collect()
        }
    }

    fn is_native(&self) -> bool {
        let files = self.table.get("wheels").or_else(|| self.table.get("files"));
        let wheels: Vec<&str> = files
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|file| {
                ["name", "file", "url", "path"]
                    .iter()
                    .find_map(|key| file.get(key)?.as_str())
            })
            .filter(|name| name.ends_with(".whl"))
            .collect();
        !wheels.is_empty() && !wheels.iter().any(|name| name.ends_with("-none-any.whl"))
    }
}

/// The packages that the project's own dependencies lead to; all of them when the
/// lock and the manifest don't tell where to begin.
fn wanted(packages: &[Package<'_>], manifest: Option<&Manifest>) -> BTreeMap<String, Edges> {
    let all = || {
        let names = packages.iter().map(|package| package.name.clone());
        names.map(|name| (name, Edges::Always)).collect()
    };
    let by_name: BTreeMap<&str, &Package<'_>> = packages
        .iter()
        .map(|package| (package.name.as_str(), package))
        .collect();
    let project = packages.iter().find(|package| package.is_project());
    let has_edges = packages
        .iter()
        .any(|package| package.table.contains_key("dependencies"));
    let mut queue: VecDeque<(String, Option<String>)> = match (project, manifest) {
        (Some(project), _) => project.dependencies().into(),
        (None, Some(manifest)) if has_edges => manifest
            .dependencies
            .iter()
            .map(|dependency| (dependency.name.clone(), dependency.marker.clone()))
            .collect(),
        _ => return all(),
    };
    if queue.is_empty() {
        return all();
    }
    let mut wanted: BTreeMap<String, Edges> = BTreeMap::new();
    while let Some((name, marker)) = queue.pop_front() {
        let Some(package) = by_name.get(name.as_str()) else {
            continue;
        };
        if !wanted.contains_key(&name) {
            queue.extend(package.dependencies());
        }
        let edges = wanted.entry(name).or_insert(Edges::When(Vec::new()));
        match (marker, &mut *edges) {
            (None, _) => *edges = Edges::Always,
            (Some(marker), Edges::When(markers)) if !markers.contains(&marker) => {
                markers.push(marker);
            }
            _ => {}
        }
    }
    wanted
}

fn package_lines(text: &str) -> Vec<u32> {
    (1_u32..)
        .zip(text.lines())
        .filter(|(_, line)| matches!(line.trim(), "[[package]]" | "[[packages]]"))
        .map(|(number, _)| number)
        .collect()
}

fn pipfile_lock(root: &Utf8Path, path: &Utf8Path) -> Result<Option<Lock>, ScanError> {
    if !root.join(path).is_file() {
        return Ok(None);
    }
    let text = source_text::utf8(root, path, LARGEST_LOCK)?;
    let json: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| ScanError::Malformed {
            path: path.to_owned(),
            message: error.to_string(),
        })?;
    let span = |needle: &str| Span::new(path, line_of(&text, needle));
    let mut lock = Lock {
        path: path.to_owned(),
        ..Lock::default()
    };
    let default = json.get("default").and_then(serde_json::Value::as_object);
    for (name, package) in default.into_iter().flatten() {
        let text_of = |key: &str| package.get(key).and_then(serde_json::Value::as_str);
        lock.dependencies.push(Dependency {
            name: normalised_name(name),
            extras: Vec::new(),
            specifier: text_of("version").unwrap_or_default().to_owned(),
            origin: span(name),
            marker: text_of("markers").map(str::to_owned),
        });
    }
    let requires = json.pointer("/_meta/requires");
    lock.python = ["python_full_version", "python_version"]
        .iter()
        .find_map(|key| Some((requires?.get(key)?.as_str()?.to_owned(), span(key))));
    Ok(Some(lock))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(name: &str, text: &str) -> Lock {
        let folder = tempfile::tempdir().expect("a folder");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        fs_err::write(root.join(name), text).expect("written");
        best(root, Utf8Path::new(""), None)
            .expect("reads")
            .expect("is there")
    }

    fn names(lock: &Lock) -> Vec<String> {
        let named = lock.dependencies.iter();
        named
            .map(|one| format!("{}{}", one.name, one.specifier))
            .collect()
    }

    #[test]
    fn uv_s_lock_gives_what_the_project_needs_and_no_development_group() {
        let lock = lock(
            "uv.lock",
            r#"
requires-python = ">=3.12"
[[package]]
name = "site"
version = "0"
source = { virtual = "." }
dependencies = [{ name = "django" }, { name = "pillow" }, { name = "pywin32", marker = "os_name == 'nt'" }]
[package.dev-dependencies]
dev = [{ name = "pytest" }]
[[package]]
name = "django"
version = "5.2"
dependencies = [{ name = "sqlparse" }]
wheels = [{ url = "https://example.org/django-5.2-py3-none-any.whl" }]
[[package]]
name = "pillow"
version = "11.0"
wheels = [{ url = "https://example.org/pillow-11.0-cp313-cp313-win32.whl" }]
[[package]]
name = "pywin32"
version = "3"
[[package]]
name = "sqlparse"
version = "0.5"
[[package]]
name = "pytest"
version = "8"
"#,
        );
        assert_eq!(
            names(&lock),
            ["django==5.2", "pillow==11.0", "pywin32==3", "sqlparse==0.5"]
        );
        let markers = lock.dependencies.iter().map(|one| one.marker.as_deref());
        let markers: Vec<Option<&str>> = markers.collect();
        assert_eq!(markers, [None, None, Some("os_name == 'nt'"), None]);
        assert_eq!(lock.native, ["pillow"]);
        let (python, span) = lock.python.expect("a wish");
        assert_eq!((python.as_str(), span.line), (">=3.12", 2));
    }

    #[test]
    fn poetry_s_and_pipenv_s_development_packages_are_left_out() {
        let poetry = lock(
            "poetry.lock",
            "[[package]]\nname = \"Django\"\nversion = \"5.2\"\ngroups = [\"main\"]\n\
             [[package]]\nname = \"black\"\nversion = \"1\"\ngroups = [\"dev\"]\n\
             [[package]]\nname = \"mock\"\nversion = \"1\"\ncategory = \"dev\"\n",
        );
        assert_eq!(names(&poetry), ["django==5.2"]);
        let pipenv = lock(
            "Pipfile.lock",
            r#"{"_meta": {"requires": {"python_version": "3.11"}},
                "default": {"django": {"version": "==5.2"}}, "develop": {"black": {}}}"#,
        );
        assert_eq!(names(&pipenv), ["django==5.2"]);
        assert_eq!(pipenv.python.expect("a wish").0, "3.11");
    }
}
