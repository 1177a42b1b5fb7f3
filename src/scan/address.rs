//! Dependencies that come from no index: git, addresses, folders and files of the
//! project. How manifests and locks write them → how pip does.

use camino::Utf8Path;

use super::value::normalised;

/// A text of a table, whatever its format.
pub(super) trait Texts {
    /// The text at `key`.
    fn text(&self, key: &str) -> Option<&str>;
}

impl Texts for toml::Value {
    fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }
}

impl Texts for toml::Table {
    fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }
}

impl Texts for serde_json::Value {
    fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }
}

/// The address that Poetry's, Pipenv's, uv's and PEP 751's tables name: `git` with
/// a revision, `url`, `file`, `path`. `folder` is where the file lies. Without it
/// a client would look for the name in its index, and may find a stranger's.
pub(super) fn address(table: &impl Texts, folder: &Utf8Path) -> Option<String> {
    let subdirectory = table.text("subdirectory");
    if let Some(git) = table.text("git") {
        let revision = ["rev", "tag", "ref", "branch"]
            .iter()
            .find_map(|key| table.text(key));
        return Some(git_address(git, revision, subdirectory));
    }
    let place = ["url", "file", "path", "directory", "editable"]
        .iter()
        .find_map(|key| table.text(key))?;
    Some(local(place, folder).unwrap_or_else(|| with_folder(place, subdirectory)))
}

/// `git+ADDRESS@REVISION#subdirectory=FOLDER`.
pub(super) fn git_address(
    address: &str,
    revision: Option<&str>,
    subdirectory: Option<&str>,
) -> String {
    // uv's locks: `https://…/x?rev=main#<commit>`.
    let (address, commit) = match address.split_once('#') {
        Some((address, commit)) => (address, Some(commit)),
        None => (address, None),
    };
    let (address, query) = address.split_once('?').unwrap_or((address, ""));
    let subdirectory = subdirectory.or_else(|| {
        query
            .split('&')
            .find_map(|part| part.strip_prefix("subdirectory="))
    });
    let address = address.strip_prefix("git+").unwrap_or(address);
    let address = match address.split_once(':') {
        // `git@host:team/thing.git`, as ssh writes it.
        Some((host, path)) if !path.starts_with("//") && host.contains('@') => {
            format!("ssh://{host}/{path}")
        }
        _ => address.to_owned(),
    };
    let revision = commit.or(revision).map(|revision| format!("@{revision}"));
    let whole = format!("git+{address}{}", revision.unwrap_or_default());
    with_folder(&whole, subdirectory)
}

fn with_folder(address: &str, subdirectory: Option<&str>) -> String {
    match subdirectory {
        Some(folder) => format!("{address}#subdirectory={folder}"),
        None => address.to_owned(),
    }
}

/// `./libs/thing`, relative to the root; `None` for what isn't on this disk.
pub(super) fn local(place: &str, folder: &Utf8Path) -> Option<String> {
    let path = place.strip_prefix("file://").unwrap_or(place);
    if path.contains("://") || path.starts_with("git+") {
        return None;
    }
    if path.starts_with('/') {
        return Some(path.to_owned());
    }
    Some(match normalised(folder.join(path).as_str()).as_str() {
        "." => ".".to_owned(),
        above if above.starts_with("..") => above.to_owned(),
        below => format!("./{below}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_all_tools_become_addresses_that_pip_reads() {
        for (toml, expected) in [
            (
                "git = 'https://example.org/a.git'\nrev = 'abc'",
                "git+https://example.org/a.git@abc",
            ),
            (
                "git = 'git@example.org:team/a.git'\nbranch = 'main'",
                "git+ssh://git@example.org/team/a.git@main",
            ),
            (
                "git = 'https://example.org/a?rev=main&subdirectory=x#0123'",
                "git+https://example.org/a@0123#subdirectory=x",
            ),
            (
                "url = 'https://example.org/a-1.zip'\nsubdirectory = 'x'",
                "https://example.org/a-1.zip#subdirectory=x",
            ),
            ("path = '../libs/a'\ndevelop = true", "./libs/a"),
            ("path = '..'", "."),
            (
                "file = 'wheels/a-1-py3-none-any.whl'",
                "./web/wheels/a-1-py3-none-any.whl",
            ),
            ("path = '../../a'", "../a"),
        ] {
            let table: toml::Table = toml.parse().expect("TOML");
            let found = address(&table, Utf8Path::new("web"));
            assert_eq!(found.as_deref(), Some(expected), "{toml}");
        }
        let table: toml::Table = "version = '1'".parse().expect("TOML");
        assert_eq!(address(&table, Utf8Path::new("")), None);
    }
}
