//! `packages = "nested"`: packages and interpreter as one archive in the WAR, kept in the
//! cache by its content.

use crate::assemble::{EntryTable, content_digest};
use crate::error::{Failure, Kind};
use crate::model::{EntrySource, Method, WarEntry, WarPath};
use crate::plan::layout;
use crate::resolve::{Key, ResolveError};
use crate::write::{Packing, ZipWarWriter, write};

use super::gather::Basis;

/// The folder in the cache. Changes when the same content would be packed otherwise.
const BUCKET: &str = "packages-1";

/// Characters of the digest in the archive's name: the runtime unpacks once per name.
const LETTERS: usize = 32;

/// The table with one archive in the place of all packages.
pub(super) fn nested(basis: &Basis<'_>, table: &EntryTable) -> Result<EntryTable, Failure> {
    let mut rest = EntryTable::default();
    let mut originals = EntryTable::default();
    let mut packages = EntryTable::default();
    for entry in table.iter() {
        let Some(below) = layout::below_packages(&entry.path) else {
            rest.add(entry)?;
            continue;
        };
        packages.add(WarEntry {
            path: path(WarPath::new(below))?,
            ..entry.clone()
        })?;
        originals.add(entry)?;
    }
    if packages.is_empty() {
        return Ok(rest);
    }
    let digest = content_digest(&originals, &basis.digests)?;
    let key = Key::of([digest.as_str()]);
    let archive = basis
        .resolver
        .cache
        .file_or_make(BUCKET, &key, "packages.zip", |target| {
            let failed = |error: &dyn std::fmt::Display| ResolveError::Io {
                doing: "can't pack the packages".to_owned(),
                source: std::io::Error::other(error.to_string()),
            };
            // With no digests: nothing here is worth a place among the project's files.
            let writer =
                ZipWarWriter::create(target, Packing::default()).map_err(|error| failed(&error))?;
            write(&packages, Box::new(writer), || ()).map_err(|error| failed(&error))
        })?;
    rest.add(WarEntry {
        path: path(layout::packages(&digest[..LETTERS]))?,
        source: EntrySource::File(archive),
        method: Method::Stored,
        reason: "packages and interpreter, which the runtime unpacks".into(),
    })?;
    Ok(rest)
}

fn path(path: Result<WarPath, crate::model::WarPathError>) -> Result<WarPath, Failure> {
    path.map_err(|error| Failure::new(Kind::Project, error.to_string()))
}
