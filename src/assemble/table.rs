//! The WAR as a sorted set of entries, before a byte of it is written. In little room:
//! a WAR may have hundreds of thousands.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};
use std::sync::{Arc, OnceLock};

use camino::{Utf8Path, Utf8PathBuf};
use hashbrown::HashTable;

use super::AssembleError;
use crate::model::paths::{Path, Paths};
use crate::model::{EntrySource, Method, Packed, WarEntry, WarPath};
use crate::plan::layout;

/// The entries of a WAR: the manifest first, the others sorted by path.
#[derive(Clone, Debug, Default)]
pub struct EntryTable {
    paths: Paths,
    rows: Vec<Row>,
    /// Numbers of rows by their [`folded`] paths.
    index: HashTable<u32>,
    /// Folders of the entries: a row below each, and the length of the folder's path.
    folders: HashTable<(u32, u16)>,
    /// Numbers of rows in the order of the archive, once somebody asked.
    order: OnceLock<Vec<u32>>,
    /// Folders of files, and reasons.
    texts: Shared,
    archives: Vec<Arc<Utf8Path>>,
    packed: Vec<Packed>,
    generated: Vec<(&'static str, Arc<[u8]>)>,
    manifest: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    path: Path,
    reason: u32,
    method: Method,
    source: Source,
}

/// Where bytes come from. Names on disk and in archives are mostly those in the WAR:
/// `tail` says from which byte of the path on.
#[derive(Clone, Copy, Debug)]
enum Source {
    Generated(u32),
    File {
        folder: u32,
        tail: u16,
    },
    Archive {
        archive: u32,
        packed: u32,
        tail: u16,
    },
    /// An archive's member of quite another name.
    Renamed {
        archive: u32,
        packed: u32,
        name: u32,
    },
}

/// Texts that many entries have in common.
#[derive(Clone, Debug, Default)]
struct Shared {
    texts: Vec<Arc<str>>,
    known: HashMap<Arc<str>, u32>,
    /// Neighbours have the same.
    last: [u32; 2],
}

impl Shared {
    fn number(&mut self, text: &str) -> u32 {
        for last in self.last {
            if self
                .texts
                .get(last as usize)
                .is_some_and(|last| **last == *text)
            {
                return last;
            }
        }
        let number = self.known.get(text).copied().unwrap_or_else(|| {
            let number = narrow(self.texts.len());
            let text: Arc<str> = text.into();
            self.texts.push(text.clone());
            self.known.insert(text, number);
            number
        });
        self.last = [number, self.last[0]];
        number
    }

    fn text(&self, number: u32) -> &Arc<str> {
        &self.texts[number as usize]
    }
}

impl EntryTable {
    /// Adds an entry.
    ///
    /// # Errors
    /// When its path is taken, differs from another by case only, is a folder of
    /// another entry, or lies below one.
    pub fn add(&mut self, entry: WarEntry) -> Result<(), AssembleError> {
        let path = entry.path.as_str();
        let hash = hashed(path);
        if let Some(first) = self.twin(hash, path) {
            let first = self.entry(first);
            return Err(if first.path == entry.path {
                AssembleError::Duplicate {
                    first: first.origin(),
                    second: entry.origin(),
                    path: entry.path,
                }
            } else {
                AssembleError::Case {
                    first_reason: first.origin(),
                    first: first.path,
                    second_reason: entry.origin(),
                    second: entry.path,
                }
            });
        }
        if let Some(below) = self.below(path) {
            let below = self.entry(below);
            return Err(AssembleError::FileAndFolder {
                below_reason: below.origin(),
                below: below.path,
                file_reason: entry.origin(),
                file: entry.path,
            });
        }
        // From the inside: where a folder is known, those above it are, and no file
        // is one of them.
        let inside_out = entry.path.ancestors().rev();
        let new: Vec<&str> = inside_out
            .take_while(|folder| self.below(folder).is_none())
            .collect();
        for folder in &new {
            if let Some(file) = self.exact(folder) {
                let file = self.entry(file);
                return Err(AssembleError::FileAndFolder {
                    file_reason: file.origin(),
                    file: file.path,
                    below_reason: entry.origin(),
                    below: entry.path,
                });
            }
        }
        let number = narrow(self.rows.len());
        let place = self.paths.add(path);
        let row = Row {
            path: place,
            reason: self.texts.number(&entry.reason),
            method: entry.method,
            source: self.source(path, &entry.source),
        };
        self.rows.push(row);
        if path == layout::MANIFEST {
            self.manifest = Some(number);
        }
        let (rows, paths) = (&self.rows, &self.paths);
        let text = |row: u32| paths.text(rows[row as usize].path);
        self.index
            .insert_unique(hash, number, |row| hashed(&text(*row)));
        for folder in new {
            let length = u16::try_from(folder.len()).unwrap_or(u16::MAX);
            self.folders
                .insert_unique(exact_hash(folder), (number, length), |(row, length)| {
                    exact_hash(&text(*row)[..usize::from(*length)])
                });
        }
        // What is added when the order is known has its place at once.
        if let Some(mut order) = self.order.take() {
            let at = order.partition_point(|row| self.place(*row, number).is_lt());
            order.insert(at, number);
            self.order = order.into();
        }
        Ok(())
    }

    /// The entry of that path.
    pub fn get(&self, path: &WarPath) -> Option<WarEntry> {
        self.exact(path.as_str()).map(|row| self.entry(row))
    }

    /// Whether there is an entry of that path.
    pub fn has(&self, path: &WarPath) -> bool {
        self.exact(path.as_str()).is_some()
    }

    /// The entries that are files on disk, as these.
    pub fn files(&self) -> impl Iterator<Item = Utf8PathBuf> {
        let files = self.rows.iter().enumerate();
        let files = files.filter(|(_, row)| matches!(row.source, Source::File { .. }));
        files.filter_map(|(row, _)| match self.entry(narrow(row)).source {
            EntrySource::File(file) => Some(file),
            _ => None,
        })
    }

    /// The entries in the order of the archive.
    pub fn iter(&self) -> impl Iterator<Item = WarEntry> {
        self.order().iter().map(|row| self.entry(*row))
    }

    /// The places in that order of the entries whose bytes aren't packed already.
    pub fn not_copied(&self) -> impl Iterator<Item = u32> {
        let is_copied = |row: u32| {
            let source = self.rows[row as usize].source;
            matches!(source, Source::Archive { .. } | Source::Renamed { .. })
        };
        (0..)
            .zip(self.order())
            .filter_map(move |(place, row)| (!is_copied(*row)).then_some(place))
    }

    /// The entry at that place of the order.
    pub fn at(&self, place: u32) -> WarEntry {
        self.entry(self.order()[place as usize])
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn order(&self) -> &[u32] {
        self.order.get_or_init(|| {
            let mut order: Vec<u32> = (0..narrow(self.rows.len())).collect();
            // Much of it is sorted already, which this way of sorting makes use of.
            order.sort_by(|one, other| self.place(*one, *other));
            order
        })
    }

    /// Which of two rows comes first.
    fn place(&self, one: u32, other: u32) -> Ordering {
        let is_manifest = |row: u32| self.manifest == Some(row);
        let path = |row: u32| self.rows[row as usize].path;
        is_manifest(other)
            .cmp(&is_manifest(one))
            .then_with(|| self.paths.order(path(one), path(other)))
    }

    fn entry(&self, row: u32) -> WarEntry {
        let row = &self.rows[row as usize];
        let path = self.paths.text(row.path);
        let source = match row.source {
            Source::Generated(number) => {
                let (by, bytes) = &self.generated[number as usize];
                EntrySource::Generated {
                    by,
                    bytes: bytes.clone(),
                }
            }
            Source::File { folder, tail } => {
                let folder = self.texts.text(folder);
                let tail = &path[usize::from(tail)..];
                let mut file = String::with_capacity(folder.len() + tail.len());
                file.push_str(folder);
                file.push_str(tail);
                EntrySource::File(file.into())
            }
            Source::Archive {
                archive,
                packed,
                tail,
            } => EntrySource::Archive {
                archive: self.archives[archive as usize].clone(),
                name: path[usize::from(tail)..].into(),
                packed: self.packed[packed as usize],
            },
            Source::Renamed {
                archive,
                packed,
                name,
            } => EntrySource::Archive {
                archive: self.archives[archive as usize].clone(),
                name: (&**self.texts.text(name)).into(),
                packed: self.packed[packed as usize],
            },
        };
        WarEntry {
            path: WarPath::known(path),
            source,
            method: row.method,
            reason: self.texts.text(row.reason).clone(),
        }
    }

    fn source(&mut self, path: &str, source: &EntrySource) -> Source {
        match source {
            EntrySource::Generated { by, bytes } => {
                self.generated.push((by, bytes.clone()));
                Source::Generated(narrow(self.generated.len() - 1))
            }
            EntrySource::File(file) => {
                let tail = common_tail(path, file.as_str());
                let folder = &file.as_str()[..file.as_str().len() - (path.len() - tail)];
                Source::File {
                    folder: self.texts.number(folder),
                    tail: u16::try_from(tail).unwrap_or(u16::MAX),
                }
            }
            EntrySource::Archive {
                archive,
                name,
                packed,
            } => {
                let archive = self.archive(archive);
                self.packed.push(*packed);
                let packed = narrow(self.packed.len() - 1);
                let tail = path.len().saturating_sub(name.len());
                if path.ends_with(&**name) {
                    Source::Archive {
                        archive,
                        packed,
                        tail: u16::try_from(tail).unwrap_or(u16::MAX),
                    }
                } else {
                    Source::Renamed {
                        archive,
                        packed,
                        name: self.texts.number(name),
                    }
                }
            }
        }
    }

    /// Its number. Entries of one archive come one after the other.
    fn archive(&mut self, archive: &Arc<Utf8Path>) -> u32 {
        let is_it = |known: &Arc<Utf8Path>| known.as_str() == archive.as_str();
        let at = self.archives.iter().rposition(is_it).unwrap_or_else(|| {
            self.archives.push(archive.clone());
            self.archives.len() - 1
        });
        narrow(at)
    }

    /// The row whose path is the same where case doesn't count.
    fn twin(&self, hash: u64, path: &str) -> Option<u32> {
        let is_twin = |row: &u32| {
            let other = self.paths.parts(self.rows[*row as usize].path);
            is_same(other, path)
                || folded(&self.paths.text(self.rows[*row as usize].path)) == folded(path)
        };
        self.index.find(hash, is_twin).copied()
    }

    fn exact(&self, path: &str) -> Option<u32> {
        let is_it = |row: &u32| is_same(self.paths.parts(self.rows[*row as usize].path), path);
        self.index.find(hashed(path), is_it).copied()
    }

    /// A row below the folder.
    fn below(&self, folder: &str) -> Option<u32> {
        let is_below = |(row, length): &(u32, u16)| {
            let (above, name) = self.paths.parts(self.rows[*row as usize].path);
            debug_assert!(usize::from(*length) < above.len() + name.len());
            usize::from(*length) == folder.len() && above.starts_with(folder)
        };
        let found = self.folders.find(exact_hash(folder), is_below);
        found.map(|(row, _)| *row)
    }
}

fn is_same((folder, name): (&str, &str), path: &str) -> bool {
    path.len() == folder.len() + name.len() && path.ends_with(name) && path.starts_with(folder)
}

/// From which byte of `path` on it ends as `file` does, in whole parts.
fn common_tail(path: &str, file: &str) -> usize {
    let same = path.bytes().rev().zip(file.bytes().rev());
    let same = same.take_while(|(one, other)| one == other).count();
    let mut tail = path.len() - same;
    let is_start = |text: &str, at: usize| at == 0 || text.as_bytes()[at - 1] == b'/';
    while tail < path.len()
        && !(is_start(path, tail) && is_start(file, file.len() - (path.len() - tail)))
    {
        tail += 1;
    }
    tail
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).expect("fewer than 4 G entries")
}

fn exact_hash(path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(path.as_bytes());
    hasher.finish()
}

/// Of the [`folded`] path, which most paths needn't be made for.
fn hashed(path: &str) -> u64 {
    if !path.is_ascii() {
        // A letter that isn't ASCII may be folded to one that is.
        return lower_case_hash(&folded(path));
    }
    lower_case_hash(path)
}

fn lower_case_hash(path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut lower = [0; 64];
    for piece in path.as_bytes().chunks(lower.len()) {
        let lower = &mut lower[..piece.len()];
        lower.copy_from_slice(piece);
        lower.make_ascii_lowercase();
        hasher.write(lower);
    }
    hasher.finish()
}

/// What tells paths apart where case doesn't.
fn folded(path: &str) -> String {
    path.to_lowercase()
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
                bytes: Arc::default(),
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
        let order: Vec<_> = table.iter().map(|entry| entry.path.to_string()).collect();
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
