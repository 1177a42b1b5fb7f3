//! One digest for everything below `WEB-INF/python`: the runtime unpacks a packed
//! WAR once per digest.

use sha2::{Digest, Sha256};

use super::{AssembleError, EntryTable};
use crate::model::{EntrySource, FileDigests};
use crate::plan::layout;
use crate::resolve::cache::hexadecimal;

/// SHA-256 in hex over path and content of every entry that the runtime unpacks.
/// Of entries that are copied from archives the directory's size and CRC-32 stand
/// for the content: they are the archive's own, and reading them costs no
/// inflating.
///
/// # Errors
/// When a file whose digest isn't given can't be read.
pub fn content_digest(table: &EntryTable, digests: &FileDigests) -> Result<String, AssembleError> {
    let mut whole = Sha256::new();
    // Length first: no two lists of parts run together into the same bytes.
    let mut part = |bytes: &[u8]| {
        whole.update((bytes.len() as u64).to_le_bytes());
        whole.update(bytes);
    };
    for entry in table.iter().filter(|entry| layout::is_python(&entry.path)) {
        part(entry.path.as_str().as_bytes());
        match &entry.source {
            EntrySource::File(path) => {
                if let Some(digest) = digests.get(path) {
                    part(&digest.sha256);
                    continue;
                }
                let bytes = fs_err::read(path).map_err(|source| AssembleError::Read {
                    path: path.clone(),
                    source,
                })?;
                part(&Sha256::digest(bytes));
            }
            EntrySource::Generated { bytes, .. } => part(&Sha256::digest(bytes)),
            EntrySource::Archive { packed, .. } => {
                part(&packed.size.to_le_bytes());
                part(&packed.checksum.to_le_bytes());
            }
        }
    }
    Ok(hexadecimal(&whole.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Method, Packed, WarEntry, WarPath};
    use camino::Utf8Path;

    fn digest(path: &str, checksum: u32) -> String {
        let mut table = EntryTable::default();
        table
            .add(WarEntry {
                path: WarPath::new(path).expect(path),
                source: EntrySource::Archive {
                    archive: Utf8Path::new("home.zip").into(),
                    name: "bin/python3.13".into(),
                    packed: Packed {
                        size: 9,
                        checksum,
                        method: 0,
                        is_encrypted: false,
                        compressed: 9,
                        header: 0,
                    },
                },
                method: Method::Copied,
                reason: "".into(),
            })
            .expect("added");
        content_digest(&table, &FileDigests::default()).expect("a digest")
    }

    #[test]
    fn a_patched_interpreter_changes_the_digest() {
        let path = "WEB-INF/python/home/linux-x86_64/bin/python3.13";
        assert_ne!(digest(path, 1), digest(path, 2));
        assert_eq!(digest(path, 1), digest(path, 1));
    }

    #[test]
    fn what_is_served_from_the_war_itself_does_not_count() {
        assert_eq!(digest("static/a.css", 1), digest("static/a.css", 2));
    }
}
