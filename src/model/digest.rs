//! What is known of the content of the project's files.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::PathList;

/// What tells a content from every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileDigest {
    /// SHA-256.
    pub sha256: [u8; 32],
    /// CRC-32, as zip archives have it.
    pub crc32: u32,
    /// Bytes.
    pub size: u64,
}

/// The digests of the files that a build packs, by their paths on disk.
#[derive(Clone, Debug, Default)]
pub struct FileDigests(Vec<Digested>);

/// One list of files, and what is known of them in its order.
#[derive(Clone, Debug)]
struct Digested {
    root: Utf8PathBuf,
    files: Arc<PathList>,
    digests: Vec<FileDigest>,
}

impl FileDigests {
    /// Of files that lie below `root`; `digests` are in their order.
    pub fn of(root: &Utf8Path, files: Arc<PathList>, digests: Vec<FileDigest>) -> Self {
        Self(vec![Digested {
            root: root.to_owned(),
            files,
            digests,
        }])
    }

    /// The digest of a file that was asked for.
    pub fn get(&self, file: &Utf8Path) -> Option<&FileDigest> {
        self.0.iter().find_map(|list| {
            let below = list.below(file.as_str())?;
            list.digests.get(list.files.find(below)?)
        })
    }

    /// Adds those of `more`.
    pub fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }
}

impl Digested {
    fn below<'p>(&self, file: &'p str) -> Option<&'p str> {
        let root = self.root.as_str();
        let below = file.strip_prefix(root)?;
        if root.is_empty() || root.ends_with('/') {
            return Some(below);
        }
        // As the disk's own paths are joined.
        below.strip_prefix(std::path::MAIN_SEPARATOR)
    }
}
