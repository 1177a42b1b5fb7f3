//! What is known of the content of the project's files.

use std::cmp::Ordering;
use std::sync::Arc;

use camino::Utf8Path;

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

/// The digests of the files that a build packs, by their paths on disk. Sorted: a
/// map of a hundred thousand would be half empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileDigests(Vec<(Arc<Utf8Path>, FileDigest)>);

impl FileDigests {
    /// The digest of a file that was asked for.
    pub fn get(&self, file: &Utf8Path) -> Option<&FileDigest> {
        let at = self.0.binary_search_by(|(path, _)| path_order(path, file));
        Some(&self.0[at.ok()?].1)
    }

    /// Adds those of `more`.
    pub fn extend(&mut self, more: Self) {
        if self.0.is_empty() {
            *self = more;
        } else if !more.0.is_empty() {
            self.0.extend(more.0);
            self.sort();
        }
    }

    fn sort(&mut self) {
        self.0
            .sort_unstable_by(|(one, _), (other, _)| path_order(one, other));
        self.0.dedup_by(|later, first| later.0 == first.0);
    }
}

/// As text, which is several times faster than part by part.
fn path_order(one: &Utf8Path, other: &Utf8Path) -> Ordering {
    one.as_str().cmp(other.as_str())
}

impl From<Vec<(Arc<Utf8Path>, FileDigest)>> for FileDigests {
    fn from(files: Vec<(Arc<Utf8Path>, FileDigest)>) -> Self {
        let mut digests = Self(files);
        digests.sort();
        digests
    }
}
