//! Lock files: `pylock.toml`, `uv.lock`, `poetry.lock`, `Pipfile.lock`. Names and
//! versions of what is deployed; groups for development are left out.

use std::collections::{BTreeMap, VecDeque};

use camino::{Utf8Path, Utf8PathBuf};
use toml::{Table, Value};

use super::error::ScanError;
use super::lock_package::{Edges, Package};
use super::manifests::{Manifest, line_of, table};
use super::modules::join;
use super::pipenv;
use super::source_text::LARGEST_LOCK;
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
    for name in NAMES {
        let path = join(folder, Utf8Path::new(name));
        if let Some(lock) = of_file(root, &path, manifest)? {
            return Ok(Some(lock));
        }
    }
    Ok(None)
}

/// Lock files, the best first.
const NAMES: [&str; 4] = ["pylock.toml", "uv.lock", "poetry.lock", "Pipfile.lock"];

/// The lock file at `path`; `None` when it isn't there or has another name.
pub(super) fn of_file(
    root: &Utf8Path,
    path: &Utf8Path,
    manifest: Option<&Manifest>,
) -> Result<Option<Lock>, ScanError> {
    let name = path.file_name().unwrap_or_default();
    // PEP 751: `pylock.NAME.toml` for several.
    let is_named_pylock = name.starts_with("pylock.") && name.ends_with(".toml");
    match name {
        "Pipfile.lock" => pipenv::lock(root, path),
        _ if NAMES.contains(&name) || is_named_pylock => {
            let found = table(root, path, LARGEST_LOCK)?;
            Ok(found.map(|(table, text)| toml_lock(path.to_owned(), &table, &text, manifest)))
        }
        _ => Ok(None),
    }
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
    let extras = manifest.map_or(&[][..], |manifest| &manifest.wanted);
    let wanted = wanted(&packages, manifest, extras);
    let mut lock = Lock::default();
    let folder = path.parent().unwrap_or(Utf8Path::new("")).to_owned();
    for package in &packages {
        let Some(edges) = wanted.get(&package.name) else {
            continue;
        };
        if package.is_project() || package.is_for_development(extras) {
            continue;
        }
        let Some(marker) = package.marker(edges, table, extras) else {
            continue;
        };
        // A lock lists what extras bring as packages of their own.
        lock.dependencies.push(Dependency {
            marker: Some(marker).filter(|marker| !marker.is_empty()),
            hashes: package.hashes(table),
            files: package.file_names(),
            ..Dependency::new(
                package.name.clone(),
                package.specifier(&folder),
                Span::new(path.clone(), package.line),
            )
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

/// The packages that the project's own dependencies lead to; all of them when the
/// lock and the manifest don't tell where to begin.
fn wanted(
    packages: &[Package<'_>],
    manifest: Option<&Manifest>,
    extras: &[String],
) -> BTreeMap<String, Edges> {
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
        (Some(project), _) => project.dependencies(extras).into(),
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
            queue.extend(package.dependencies(extras));
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
