//! Many paths in little room: each folder's text is there once, and no path has an
//! allocation of its own. A project may have hundreds of thousands of files.

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hasher};

use hashbrown::HashTable;

/// Texts of paths with `/` between their parts.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    names: String,
    folders: String,
    /// Where each folder's text ends in `folders`.
    ends: Vec<u32>,
    /// Numbers of folders by their texts.
    known: HashTable<u32>,
}

/// One of the paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    folder: u32,
    start: u32,
    length: u16,
}

impl Paths {
    /// Adds a path.
    ///
    /// # Panics
    /// When there are more than 4 GB of names, or one has more than 65,535 bytes.
    pub fn add(&mut self, path: &str) -> Path {
        let (folder, name) = split(path);
        let folder = self.folder(folder);
        let start = narrow(self.names.len());
        self.names.push_str(name);
        narrow(self.names.len());
        Path {
            folder,
            start,
            length: u16::try_from(name.len()).expect("no file system has longer names"),
        }
    }

    /// The folder with the `/` at its end, empty for none, and the name in it.
    pub fn parts(&self, path: Path) -> (&str, &str) {
        let start = path.start as usize;
        let name = &self.names[start..start + usize::from(path.length)];
        (self.folder_text(path.folder), name)
    }

    /// The whole path.
    pub fn text(&self, path: Path) -> String {
        let (folder, name) = self.parts(path);
        let mut text = String::with_capacity(folder.len() + name.len());
        text.push_str(folder);
        text.push_str(name);
        text
    }

    /// The order of the whole paths as texts.
    pub fn order(&self, one: Path, other: Path) -> Ordering {
        if one.folder == other.folder {
            return self.parts(one).1.cmp(self.parts(other).1);
        }
        joined_order(self.parts(one), self.parts(other))
    }

    fn folder(&mut self, text: &str) -> u32 {
        let hash = hashed(text);
        let Self { folders, ends, .. } = self;
        if let Some(&number) = self
            .known
            .find(hash, |&number| folder_at(folders, ends, number) == text)
        {
            return number;
        }
        let number = narrow(ends.len());
        folders.push_str(text);
        ends.push(narrow(folders.len()));
        self.known.insert_unique(hash, number, |&number| {
            hashed(folder_at(folders, ends, number))
        });
        number
    }

    fn folder_text(&self, number: u32) -> &str {
        folder_at(&self.folders, &self.ends, number)
    }
}

fn folder_at<'t>(folders: &'t str, ends: &[u32], number: u32) -> &'t str {
    let number = number as usize;
    let start = number.checked_sub(1).map_or(0, |before| ends[before]);
    &folders[start as usize..ends[number] as usize]
}

fn split(path: &str) -> (&str, &str) {
    path.split_at(path.rfind('/').map_or(0, |slash| slash + 1))
}

fn hashed(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).expect("fewer than 4 GB of paths")
}

/// The order of two texts that are in two pieces each.
fn joined_order(one: (&str, &str), other: (&str, &str)) -> Ordering {
    let (folder, name) = (one.0.as_bytes(), one.1.as_bytes());
    let (other_folder, other_name) = (other.0.as_bytes(), other.1.as_bytes());
    let shared = folder.len().min(other_folder.len());
    folder[..shared].cmp(&other_folder[..shared]).then_with(|| {
        match folder.len().cmp(&other_folder.len()) {
            Ordering::Equal => name.cmp(other_name),
            Ordering::Greater => with_whole(&folder[shared..], name, other_name),
            Ordering::Less => with_whole(&other_folder[shared..], other_name, name).reverse(),
        }
    })
}

/// The order of `first` + `second` and `whole`.
fn with_whole(first: &[u8], second: &[u8], whole: &[u8]) -> Ordering {
    let shared = first.len().min(whole.len());
    first[..shared].cmp(&whole[..shared]).then_with(|| {
        if first.len() > shared {
            Ordering::Greater
        } else {
            second.cmp(&whole[shared..])
        }
    })
}

/// Paths in the order of their texts, each once.
#[derive(Clone, Debug, Default)]
pub struct PathList {
    paths: Paths,
    rows: Vec<Path>,
}

impl PathList {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The path at that place of the order.
    pub fn get(&self, at: usize) -> String {
        self.paths.text(self.rows[at])
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = String> {
        self.rows.iter().map(|row| self.paths.text(*row))
    }

    /// The place of a path.
    pub fn find(&self, path: &str) -> Option<usize> {
        let parts = split(path);
        self.rows
            .binary_search_by(|row| joined_order(self.paths.parts(*row), parts))
            .ok()
    }

    /// Takes a path away, if it is there.
    pub fn remove(&mut self, path: &str) {
        if let Some(at) = self.find(path) {
            self.rows.remove(at);
        }
    }
}

impl<T: AsRef<str>> FromIterator<T> for PathList {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        let mut list = Self::default();
        list.extend(texts);
        list
    }
}

impl<T: AsRef<str>> Extend<T> for PathList {
    fn extend<I: IntoIterator<Item = T>>(&mut self, texts: I) {
        let Self { paths, rows } = self;
        rows.extend(texts.into_iter().map(|text| paths.add(text.as_ref())));
        rows.sort_unstable_by(|one, other| paths.order(*one, *other));
        rows.dedup_by(|later, first| paths.order(*later, *first).is_eq());
        rows.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn path() -> impl Strategy<Value = String> {
        "[ab.é-]{1,3}(/[ab.é0-]{1,3}){0,3}"
    }

    proptest! {
        #[test]
        fn a_list_is_the_sorted_set_of_its_texts(
            texts in proptest::collection::vec(path(), 0..40),
            gone in path(),
            more in proptest::collection::vec(path(), 0..4),
        ) {
            let mut list: PathList = texts.iter().collect();
            let mut set: BTreeSet<&str> = texts.iter().map(String::as_str).collect();
            for path in texts.first().into_iter().chain([&gone]) {
                list.remove(path);
                set.remove(path.as_str());
            }
            list.extend(&more);
            set.extend(more.iter().map(String::as_str));
            prop_assert_eq!(list.iter().collect::<Vec<_>>(), set.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(list.len(), set.len());
            for (at, text) in set.iter().enumerate() {
                prop_assert_eq!(list.find(text), Some(at));
                prop_assert_eq!(&list.get(at), text);
            }
            prop_assert_eq!(list.find(&gone).is_some(), set.contains(gone.as_str()));
        }
    }
}
