//! What has to be packed of a table: its entries but those that are only copied.

use std::sync::Arc;

use camino::Utf8PathBuf;

use crate::assemble::EntryTable;
use crate::model::{EntrySource, FileDigest, FileDigests, Method};

/// What to pack of one entry.
pub(super) struct Content {
    pub(super) source: ContentSource,
    /// Whether it is stored unseen.
    pub(super) is_stored: bool,
}

pub(super) enum ContentSource {
    /// Bytes that djwar made.
    Bytes(Arc<[u8]>),
    /// A file, and what is known of it.
    File(Utf8PathBuf, Option<FileDigest>),
}

/// All of that, in the order of the archive. Each is made when it is asked for: there
/// may be hundreds of thousands.
pub(super) struct Contents<'a> {
    table: &'a EntryTable,
    digests: Option<&'a FileDigests>,
    /// Their places in the table.
    places: Vec<u32>,
}

impl<'a> Contents<'a> {
    pub(super) fn of(table: &'a EntryTable, digests: Option<&'a FileDigests>) -> Self {
        Self {
            table,
            digests,
            places: table.not_copied().collect(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn get(&self, number: usize) -> Option<Content> {
        let entry = self.table.at(self.places[number]);
        let source = match entry.source {
            EntrySource::Generated { bytes, .. } => ContentSource::Bytes(bytes),
            EntrySource::File(path) => {
                let digest = self.digests.and_then(|digests| digests.get(&path)).copied();
                ContentSource::File(path, digest)
            }
            EntrySource::Archive { .. } => return None,
        };
        Some(Content {
            source,
            is_stored: entry.method == Method::Stored,
        })
    }
}
