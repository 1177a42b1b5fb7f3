//! One `[[package]]` of a lock file in TOML: where it comes from, when it is
//! wanted, which digests it must have.

use camino::Utf8Path;
use toml::{Table, Value};

use super::address::{address, git_address};
use super::requirement::normalised_name;

/// When something leads to a package.
pub(super) enum Edges {
    Always,
    When(Vec<String>),
}

/// A package as `pylock.toml`, `uv.lock` and `poetry.lock` list it.
pub(super) struct Package<'a> {
    pub(super) name: String,
    pub(super) version: Option<&'a str>,
    pub(super) table: &'a Table,
    pub(super) line: u32,
}

impl<'a> Package<'a> {
    pub(super) fn new(table: &'a Table, line: u32) -> Option<Self> {
        Some(Self {
            name: normalised_name(table.get("name")?.as_str()?),
            version: table.get("version").and_then(Value::as_str),
            table,
            line,
        })
    }

    /// uv and PEP 751 list the project itself among the packages; uv's virtual
    /// members of a workspace have dependencies and no package.
    pub(super) fn is_project(&self) -> bool {
        let source = self.table.get("source");
        let of_uv = |key: &str| source.and_then(|source| source.get(key)?.as_str());
        let directory = self.table.get("directory");
        let of_pylock = directory.and_then(|directory| directory.get("path")?.as_str());
        of_uv("virtual").is_some()
            || of_uv("editable") == Some(".")
            || matches!(of_pylock, Some("." | "./"))
    }

    /// Poetry before 1.5 says `category = "dev"`, since 2.0 `groups = [...]`. `wanted`
    /// are the extras and groups of the project that are packed as well.
    pub(super) fn is_for_development(&self, wanted: &[String]) -> bool {
        let category = self.table.get("category").and_then(Value::as_str);
        category == Some("dev") || self.groups(wanted).is_empty()
    }

    /// Those of its groups that are packed.
    fn groups(&self, wanted: &[String]) -> Vec<&str> {
        let is_wanted = |group: &&str| {
            matches!(*group, "main" | "default") || wanted.contains(&normalised_name(group))
        };
        match self.table.get("groups").and_then(Value::as_array) {
            Some(groups) => {
                let names = groups.iter().filter_map(Value::as_str);
                names.filter(is_wanted).collect()
            }
            None => vec!["main"],
        }
    }

    /// `==1.2`, or the address of what comes from no index.
    pub(super) fn specifier(&self, folder: &Utf8Path) -> String {
        match self.address(folder) {
            Some(address) => format!("@ {address}"),
            None => self
                .version
                .map(|version| format!("=={version}"))
                .unwrap_or_default(),
        }
    }

    fn address(&self, folder: &Utf8Path) -> Option<String> {
        if let Some(source) = self.table.get("source").and_then(Value::as_table) {
            let text = |key: &str| source.get(key).and_then(Value::as_str);
            // Poetry's `type`; uv's kinds are keys.
            return match text("type") {
                Some("git") => Some(git_address(
                    text("url")?,
                    text("resolved_reference").or_else(|| text("reference")),
                    text("subdirectory"),
                )),
                Some("directory" | "file" | "url") | None => address(source, folder),
                // An index of the user's own.
                Some(_) => None,
            };
        }
        // PEP 751.
        let vcs = self.table.get("vcs").and_then(Value::as_table);
        if let Some(vcs) = vcs {
            let text = |key: &str| vcs.get(key).and_then(Value::as_str);
            let place = text("url").or_else(|| text("path"))?;
            return Some(git_address(place, text("commit-id"), text("subdirectory")));
        }
        ["archive", "directory"]
            .iter()
            .find_map(|key| address(self.table.get(*key)?.as_table()?, folder))
    }

    /// When the package is wanted: its own marker, the forks that uv made it for,
    /// and the markers of all that lead to it. `None` for never.
    pub(super) fn marker(&self, edges: &Edges, lock: &Table, wanted: &[String]) -> Option<String> {
        let own = match self
            .table
            .get("marker")
            .or_else(|| self.table.get("markers"))
        {
            Some(Value::String(text)) => Some(without_groups(text, lock, wanted)),
            // Poetry 2: a marker a group.
            Some(Value::Table(markers)) => {
                let groups = self.groups(wanted);
                let marker = |group: &&str| markers.get(*group)?.as_str();
                let texts: Option<Vec<&str>> = groups.iter().map(marker).collect();
                // One of them has it without a condition.
                texts.and_then(|texts| {
                    let texts = texts.into_iter();
                    let answered = texts.map(|text| without_groups(text, lock, wanted));
                    let possible: Vec<String> = answered.filter(|text| text != NEVER).collect();
                    any_of(&possible).or_else(|| Some(NEVER.to_owned()))
                })
            }
            _ => None,
        };
        if own.as_deref() == Some(NEVER) {
            return None;
        }
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
        let all: Vec<String> = [own, forks, edges]
            .into_iter()
            .flatten()
            .filter(|marker| marker != ALWAYS)
            .collect();
        Some(match all.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            several => format!("({})", several.join(") and (")),
        })
    }

    /// What it leads to, and when. `wanted` as for [`Package::is_for_development`].
    pub(super) fn dependencies(&self, wanted: &[String]) -> Vec<(String, Option<String>)> {
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
        let tables = |key: &str| self.table.get(key).and_then(Value::as_table);
        let is_project = self.is_project();
        let groups = tables("dev-dependencies").filter(|_| is_project);
        // Of a package the lock has what somebody asks for; of the project, everything.
        let extras = tables("optional-dependencies").into_iter().chain(groups);
        let extras = extras
            .flatten()
            .filter(|(name, _)| !is_project || wanted.contains(&normalised_name(name)))
            .filter_map(|(_, listed)| listed.as_array())
            .flatten()
            .filter_map(edge);
        names.into_iter().chain(extras).collect()
    }

    /// The wheels, the source archive, and Poetry's `files`.
    fn distributions(&self) -> impl Iterator<Item = &Value> {
        let many = ["wheels", "files"]
            .into_iter()
            .filter_map(|key| self.table.get(key)?.as_array())
            .flatten();
        let one = ["sdist", "archive"]
            .into_iter()
            .filter_map(|key| self.table.get(key));
        many.chain(one)
    }

    pub(super) fn file_names(&self) -> Vec<String> {
        let place = |file: &Value| {
            let keys = ["name", "file", "filename", "url", "path"];
            let place = keys.iter().find_map(|key| file.get(*key)?.as_str())?;
            let place = place.split(['#', '?']).next()?;
            place.rsplit('/').next().map(str::to_owned)
        };
        self.distributions().filter_map(place).collect()
    }

    /// As pip writes them; Poetry before 1.3 kept them apart from the packages.
    pub(super) fn hashes(&self, lock: &Table) -> Vec<String> {
        let apart = || {
            let files = lock.get("metadata")?.get("files")?.as_table()?;
            let own = files
                .iter()
                .find(|(name, _)| normalised_name(name) == self.name)?;
            own.1.as_array()
        };
        let apart = apart().into_iter().flatten();
        let digest = |file: &Value| -> Option<String> {
            if let Some(hash) = file.get("hash").and_then(Value::as_str) {
                return Some(hash.to_owned());
            }
            let hashes = file.get("hashes")?.as_table()?;
            let strong = ["sha256", "sha384", "sha512"];
            let (name, value) = strong.iter().find_map(|name| hashes.get_key_value(*name))?;
            Some(format!("{name}:{}", value.as_str()?))
        };
        self.distributions()
            .chain(apart)
            .filter_map(digest)
            .collect()
    }

    pub(super) fn is_native(&self) -> bool {
        let files = self.file_names();
        let mut wheels = files
            .iter()
            .filter(|name| name.ends_with(".whl"))
            .peekable();
        wheels.peek().is_some() && !wheels.any(|name| name.ends_with("-none-any.whl"))
    }
}

/// What the clients read as true and as false for every target.
const ALWAYS: &str = "python_version >= '0'";
const NEVER: &str = "python_version < '0'";

/// How markers name an extra.
const EXTRA: &str = "extra == ";

/// PEP 751 has markers over the lock's own groups and extras, Poetry over extras, which
/// pip does not take from a requirement: they are answered here, by the default groups
/// and what is wanted.
fn without_groups(marker: &str, lock: &Table, wanted: &[String]) -> String {
    let is_wanted = |name: &str| wanted.contains(&normalised_name(name));
    let defaults = lock.get("default-groups").and_then(Value::as_array);
    let is_default = |name: &str| {
        let mut names = defaults.into_iter().flatten().filter_map(Value::as_str);
        names.any(|default| default == name)
    };
    let mut text = marker.to_owned();
    for (words, in_groups, is_in) in [
        (" not in dependency_groups", true, false),
        (" in dependency_groups", true, true),
        (" not in extras", false, false),
        (" in extras", false, true),
    ] {
        while let Some(at) = text.find(words) {
            let Some(start) = quoted_before(&text[..at]) else {
                return marker.to_owned();
            };
            let name = &text[start + 1..at - 1];
            let chosen = is_wanted(name) || (in_groups && is_default(name));
            let answer = if chosen == is_in { ALWAYS } else { NEVER };
            text.replace_range(start..at + words.len(), answer);
        }
    }
    while let Some(at) = text.find(EXTRA) {
        let rest = &text[at + EXTRA.len()..];
        let quoted = rest.chars().next().filter(|quote| "'\"".contains(*quote));
        let end = quoted.and_then(|quote| rest[1..].find(quote));
        let Some(end) = end else {
            return marker.to_owned();
        };
        let answer = if is_wanted(&rest[1..=end]) {
            ALWAYS
        } else {
            NEVER
        };
        text.replace_range(at..at + EXTRA.len() + end + 2, answer);
    }
    if text == marker {
        return text;
    }
    // The common forms, so that what is for development only is not listed.
    let is_never = |part: &str| part.split(" and ").any(|clause| clause.trim() == NEVER);
    let mut parts = text.split(" or ").map(str::trim);
    if parts.clone().all(is_never) {
        return NEVER.to_owned();
    }
    if parts.any(|part| part == ALWAYS) {
        return ALWAYS.to_owned();
    }
    text
}

/// Where the quoted text begins with which `text` ends.
fn quoted_before(text: &str) -> Option<usize> {
    let quote = text.chars().next_back();
    let quote = quote.filter(|quote| "'\"".contains(*quote))?;
    text[..text.len() - 1].rfind(quote)
}

fn any_of(markers: &[String]) -> Option<String> {
    match markers {
        [] => None,
        [one] => Some(one.clone()),
        several => Some(format!("({})", several.join(") or ("))),
    }
}
