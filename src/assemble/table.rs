//! The WAR as a sorted map of entries, before a byte of it is written.

use std::collections::{BTreeMap, HashMap};

use super::AssembleError;
use crate::model::{WarEntry, WarPath};
use crate::plan::layout;

/// The entries of a WAR: the manifest first, the others sorted by path.
#[derive(Clone, Debug, Default)]
pub struct EntryTable {
    /// In boxes: a tree's nodes are half empty.
    entries: BTreeMap<WarPath, Box<WarEntry>>,
    /// [`folded`] spelling → path, for hosts whose file systems fold case. Only where
    /// the two differ: most paths are their own.
    spellings: HashMap<String, WarPath>,
    /// Folders of the entries → one entry below each.
    folders: HashMap<String, WarPath>,
}

impl EntryTable {
    /// Adds an entry.
    ///
    /// # Errors
    /// When its path is taken, differs from another by case only, is a folder of
    /// another entry, or lies below one.
    pub fn add(&mut self, entry: WarEntry) -> Result<(), AssembleError> {
        if let Some(first) = self.entries.get(&entry.path) {
            return Err(AssembleError::Duplicate {
                path: entry.path.clone(),
                first: first.origin(),
                second: entry.origin(),
            });
        }
        let folded = folded(entry.path.as_str());
        let twin = match self.spellings.get(&folded) {
            Some(twin) => Some(twin),
            None if folded == entry.path.as_str() => None,
            None => self
                .entries
                .get_key_value(folded.as_str())
                .map(|(path, _)| path),
        };
        if let Some(first) = twin {
            return Err(AssembleError::Case {
                first: first.clone(),
                first_reason: self.origin(first),
                second_reason: entry.origin(),
                second: entry.path,
            });
        }
        if let Some(below) = self.folders.get(entry.path.as_str()) {
            return Err(AssembleError::FileAndFolder {
                below: below.clone(),
                below_reason: self.origin(below),
                file_reason: entry.origin(),
                file: entry.path,
            });
        }
        for folder in entry.path.ancestors() {
            if let Some(file) = self.entries.get(folder) {
                return Err(AssembleError::FileAndFolder {
                    file: file.path.clone(),
                    file_reason: file.origin(),
                    below: entry.path.clone(),
                    below_reason: entry.origin(),
                });
            }
        }
        // From the inside: where a folder is known, those above it are.
        for folder in entry.path.ancestors().collect::<Vec<_>>().into_iter().rev() {
            if self.folders.contains_key(folder) {
                break;
            }
            self.folders.insert(folder.to_owned(), entry.path.clone());
        }
        if folded != entry.path.as_str() {
            self.spellings.insert(folded, entry.path.clone());
        }
        self.entries.insert(entry.path.clone(), Box::new(entry));
        Ok(())
    }

    /// The entry of that path.
    pub fn get(&self, path: &WarPath) -> Option<&WarEntry> {
        self.entries.get(path).map(Box::as_ref)
    }

    /// The entries in the order of the archive.
    pub fn iter(&self) -> impl Iterator<Item = &WarEntry> {
        let manifest = |entry: &&WarEntry| entry.path.as_str() == layout::MANIFEST;
        self.entries
            .values()
            .map(Box::as_ref)
            .filter(manifest)
            .chain(
                self.entries
                    .values()
                    .map(Box::as_ref)
                    .filter(move |entry| !manifest(entry)),
            )
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn origin(&self, path: &WarPath) -> String {
        self.entries
            .get(path)
            .map(|entry| entry.origin())
            .unwrap_or_default()
    }
}

/// What tells paths apart where case doesn't: lower case, but for the folder that nearly
/// all of them lie in, whose name (Servlet §10.5) is in capitals.
fn folded(path: &str) -> String {
    const PRIVATE: &str = "WEB-INF/";
    let mut folded = path.to_lowercase();
    let is_private = folded
        .get(..PRIVATE.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(PRIVATE));
    if is_private {
        folded.replace_range(..PRIVATE.len(), PRIVATE);
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EntrySource, Method};

    fn entry(path: &str, reason: &str) -> WarEntry {
        WarEntry {
            path: WarPath::new(path).expect(path),
            source: EntrySource::Generated {
                by: "test",
                bytes: Vec::new(),
            },
            method: Method::Stored,
            reason: reason.into(),
        }
    }

    fn refusal(first: &str, second: &str) -> String {
        let mut table = EntryTable::default();
        table.add(entry(first, "from one")).expect("the first");
        table
            .add(entry(second, "from two"))
            .expect_err("a collision")
            .to_string()
    }

    #[test]
    fn the_manifest_comes_first_and_the_rest_is_sorted() {
        let mut table = EntryTable::default();
        for path in ["z", "A/b", layout::MANIFEST, "META-INF/A"] {
            table.add(entry(path, "")).expect(path);
        }
        let order: Vec<_> = table.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(order, [layout::MANIFEST, "A/b", "META-INF/A", "z"]);
    }

    #[test]
    fn a_collision_names_both_origins() {
        assert_eq!(
            refusal("a/b", "a/b"),
            "two files go to `a/b` in the WAR: from one (djwar's test); and from two (djwar's test)"
        );
        assert_eq!(
            refusal("a/b", "A/B"),
            "`a/b` and `A/B` differ by case only: from one (djwar's test); and from two (djwar's test)"
        );
        for (first, second) in [
            ("WEB-INF/a", "WEB-INF/A"),
            ("WEB-INF/A", "WEB-INF/a"),
            ("web-inf/a", "WEB-INF/a"),
            ("WEB-INF/a", "Web-Inf/a"),
            ("WEB-INF/A", "web-inf/a"),
        ] {
            let said = refusal(first, second);
            assert!(said.contains("differ by case only"), "{said}");
        }
        assert_eq!(
            refusal("a", "a/b"),
            "`a` is a file and the folder of `a/b`: from one (djwar's test); and from two (djwar's test)"
        );
        assert_eq!(
            refusal("a/b/c", "a/b"),
            "`a/b` is a file and the folder of `a/b/c`: from two (djwar's test); and from one (djwar's test)"
        );
    }
}
