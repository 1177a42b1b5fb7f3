//! `[tool.uv.sources]` of `pyproject.toml`: where uv takes what `dependencies`
//! names, which a client that reads the names alone would look up in its index.

use camino::{Utf8Path, Utf8PathBuf};
use toml::{Table, Value};

use super::address::address;
use super::modules::join;
use super::requirement::normalised_name;
use crate::model::project::Dependency;

/// Replaces the specifiers of those that come from elsewhere.
pub(super) fn apply(
    root: &Utf8Path,
    folder: &Utf8Path,
    uv: &Table,
    dependencies: &mut [Dependency],
) {
    let sources = uv.get("sources").and_then(Value::as_table);
    for (name, value) in sources.into_iter().flatten() {
        let name = normalised_name(name);
        // Several sources differ by marker: the first one that has a place.
        let values = match value {
            Value::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        let place = values.iter().find_map(|value| {
            let is_member = value.get("workspace").and_then(Value::as_bool) == Some(true);
            if is_member {
                return Some(format!("./{}", member(root, folder, uv, &name)?));
            }
            address(value, folder)
        });
        if let Some(place) = place {
            for dependency in dependencies.iter_mut().filter(|one| one.name == name) {
                dependency.specifier = format!("@ {place}");
            }
        }
    }
}

/// The workspace's member of that name, relative to the root.
fn member(root: &Utf8Path, folder: &Utf8Path, uv: &Table, name: &str) -> Option<Utf8PathBuf> {
    let members = uv.get("workspace")?.get("members")?.as_array()?;
    for pattern in members.iter().filter_map(Value::as_str) {
        let (parent, last) = pattern.rsplit_once('/').unwrap_or(("", pattern));
        let parent = join(folder, Utf8Path::new(parent));
        let candidates: Vec<Utf8PathBuf> = if last.contains('*') {
            let entries = root.join(&parent).read_dir_utf8().ok()?;
            let folders = entries
                .flatten()
                .map(|entry| join(&parent, Utf8Path::new(entry.file_name())));
            folders.collect()
        } else {
            vec![join(&parent, Utf8Path::new(last))]
        };
        for candidate in candidates {
            let path = candidate.join("pyproject.toml");
            let table = super::manifests::table(root, &path, super::source_text::LARGEST_TEXT);
            let own = table.ok().flatten().and_then(|(table, _)| {
                let name = table.get("project")?.get("name")?.as_str()?;
                Some(normalised_name(name))
            });
            if own.as_deref() == Some(name) {
                return Some(candidate);
            }
        }
    }
    None
}
