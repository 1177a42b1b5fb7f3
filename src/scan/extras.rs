//! What a project's manifests say that only some deployments need: extras and groups,
//! by name. The configuration's `extras` picks among them.

use std::collections::{BTreeMap, VecDeque};

use camino::Utf8PathBuf;
use toml::{Table, Value};

use super::error::ScanError;
use super::manifests::{IniEntry, Manifest};
use super::requirement::{normalised_name, requirement};
use crate::model::Span;
use crate::model::project::Dependency;

/// Dependencies by the normalised name of their extra or group.
pub(super) type Extras = BTreeMap<String, Vec<Dependency>>;

/// `[project.optional-dependencies]` and `[dependency-groups]` (PEP 621, PEP 735).
pub(super) fn of_pyproject(table: &Table, span: &impl Fn(&str) -> Span) -> Extras {
    let project = table.get("project").and_then(Value::as_table);
    let optional = project.and_then(|project| project.get("optional-dependencies")?.as_table());
    let groups = table.get("dependency-groups").and_then(Value::as_table);
    let mut extras = Extras::new();
    for (name, listed) in optional.into_iter().flatten() {
        let texts = listed.as_array().into_iter().flatten();
        let texts = texts.filter_map(Value::as_str);
        let read = texts.filter_map(|text| requirement(text, span(text)));
        extras
            .entry(normalised_name(name))
            .or_default()
            .extend(read);
    }
    if let Some(groups) = groups {
        for name in groups.keys() {
            let texts = group(groups, name).into_iter();
            let read = texts.filter_map(|text| requirement(text, span(text)));
            extras
                .entry(normalised_name(name))
                .or_default()
                .extend(read);
        }
    }
    extras
}

/// The requirements of a group (PEP 735) and of the groups that it includes.
pub(super) fn group<'t>(groups: &'t Table, name: &'t str) -> Vec<&'t str> {
    let mut texts = Vec::new();
    let mut queue = vec![name];
    let mut seen: Vec<String> = Vec::new();
    while let Some(name) = queue.pop() {
        let name = normalised_name(name);
        if seen.contains(&name) {
            continue;
        }
        let mut named = groups
            .iter()
            .filter(|(key, _)| normalised_name(key) == name);
        let listed = named.find_map(|(_, listed)| listed.as_array());
        seen.push(name);
        for entry in listed.into_iter().flatten() {
            texts.extend(entry.as_str());
            queue.extend(entry.get("include-group").and_then(Value::as_str));
        }
    }
    texts
}

/// A key of `[options.extras_require]` in `setup.cfg`.
pub(super) fn of_setup_cfg(entry: &IniEntry<'_>, path: &Utf8PathBuf, extras: &mut Extras) {
    let lines = entry.lines.iter().filter_map(|(line, text)| {
        let text = text.split('#').next().unwrap_or_default();
        requirement(text, Span::new(path.clone(), *line))
    });
    extras
        .entry(normalised_name(entry.key))
        .or_default()
        .extend(lines);
}

/// The extra that a marker of core metadata names, and what else it says: `extra ==
/// "pg"` alone, or joined to it by `and` at one end, as build tools write it.
pub(super) fn of_marker(marker: &str) -> Option<(String, Option<String>)> {
    let name = |clause: &str| {
        let quoted = clause.trim().strip_prefix("extra")?.trim_start();
        let quoted = quoted.strip_prefix("==")?.trim();
        let name = quoted
            .strip_prefix(['"', '\''])?
            .strip_suffix(['"', '\''])?;
        let is_plain = !name.contains(['"', '\'']);
        is_plain.then(|| normalised_name(name))
    };
    if let Some(extra) = name(marker) {
        return Some((extra, None));
    }
    let ends = [
        marker.rsplit_once(" and ").map(|(rest, last)| (last, rest)),
        marker.split_once(" and "),
    ];
    ends.into_iter().flatten().find_map(|(clause, rest)| {
        let is_whole = rest.matches('(').count() == rest.matches(')').count();
        // An `or` beside it would have to be in parentheses.
        let is_one = !rest.contains(" or ") || (rest.starts_with('(') && rest.ends_with(')'));
        (is_whole && is_one).then_some(())?;
        Some((name(clause)?, Some(rest.trim().to_owned())))
    })
}

/// Adds what the wanted extras need to the dependencies of the manifests that have them;
/// gives what was added.
///
/// # Errors
/// When no manifest has one of that name.
pub(super) fn add(
    manifests: &mut [Manifest],
    wanted: &[String],
) -> Result<Vec<Dependency>, ScanError> {
    for name in wanted {
        let name = normalised_name(name);
        if !manifests.iter().any(|one| one.extras.contains_key(&name)) {
            let mut known: Vec<String> = manifests
                .iter()
                .flat_map(|manifest| manifest.extras.keys().cloned())
                .collect();
            known.sort();
            known.dedup();
            return Err(ScanError::ExtraNotFound { name, known });
        }
    }
    let mut added = Vec::new();
    for manifest in manifests {
        let own = manifest.name.as_deref().map(normalised_name);
        let mut queue: VecDeque<String> = wanted.iter().map(|name| normalised_name(name)).collect();
        let mut seen = Vec::new();
        while let Some(name) = queue.pop_front() {
            let Some(needed) = manifest.extras.get(&name).filter(|_| !seen.contains(&name)) else {
                continue;
            };
            for dependency in needed {
                if own.as_ref() == Some(&dependency.name) {
                    // `all = ["site[postgres,redis]"]`
                    queue.extend(dependency.extras.iter().map(|name| normalised_name(name)));
                } else {
                    manifest.dependencies.push(dependency.clone());
                    added.push(dependency.clone());
                }
            }
            seen.push(name);
        }
        manifest.wanted = seen;
    }
    Ok(added)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extra_of_a_marker_is_told_from_the_rest() {
        let of = |marker: &str| {
            let found = of_marker(marker);
            found.map(|(extra, rest)| (extra, rest.unwrap_or_default()))
        };
        let some = |extra: &str, rest: &str| Some((extra.to_owned(), rest.to_owned()));
        for (marker, expected) in [
            ("extra == \"Pg_1\"", some("pg-1", "")),
            (
                "(os_name == 'posix') and extra == 'pg'",
                some("pg", "(os_name == 'posix')"),
            ),
            (
                "extra == 'pg' and os_name == 'nt'",
                some("pg", "os_name == 'nt'"),
            ),
            (
                "(a == 'b' or a == 'c') and extra == 'pg'",
                some("pg", "(a == 'b' or a == 'c')"),
            ),
            ("os_name == 'nt' or a == 'b' and extra == 'pg'", None),
            ("extra == 'a' or extra == 'b'", None),
            ("os_name == 'extra'", None),
            ("", None),
        ] {
            assert_eq!(of(marker), expected, "{marker}");
        }
    }
}
