//! What is known of the content of the project's files.

use std::collections::HashMap;

use camino::{Utf8Path, Utf8PathBuf};

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileDigests(HashMap<Utf8PathBuf, FileDigest>);

impl FileDigests {
    /// The digest of a file that was asked for.
    pub fn get(&self, file: &Utf8Path) -> Option<&FileDigest> {
        self.0.get(file)
    }

    /// Adds those of `more`.
    pub fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }
}

impl FromIterator<(Utf8PathBuf, FileDigest)> for FileDigests {
    fn from_iter<I: IntoIterator<Item = (Utf8PathBuf, FileDigest)>>(files: I) -> Self {
        Self(files.into_iter().collect())
    }
}
