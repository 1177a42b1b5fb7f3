//! Writes a WAR as a zip: in the table's order, by copies where bytes are packed
//! already, deflating the rest ahead on all processors.

use std::fs::File;

use camino::{Utf8Path, Utf8PathBuf};

use super::ahead::{Ahead, BUDGET, Part, Piece, changed};
use super::archive::{Archives, unpackable};
use super::contents::Contents;
use super::output::Output;
use super::temporary::Unfinished;
use super::{WarWriter, WriteError, time};
use crate::assemble::EntryTable;
use crate::model::{EntrySource, FileDigest, FileDigests, Method, Packed, WarEntry};
use crate::plan::layout;
use crate::resolve::cache::{Blob, Deflated, PackWriter};
use crate::zipfile::{DEFLATED, Entry};

/// What helps to pack; all of it is optional, and changes no byte but the times
/// that `epoch` sets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Packing<'a> {
    /// What is known of the project's files. A file that is different when it is
    /// read stops the build.
    pub digests: Option<&'a FileDigests>,
    /// Where deflated contents are kept.
    pub known: Option<&'a Deflated>,
    /// How many threads deflate; nothing: as many as there are processors.
    pub threads: Option<usize>,
    /// `SOURCE_DATE_EPOCH`: the time of the entries that aren't served.
    pub epoch: Option<u64>,
}

/// A WAR on its way to the disk.
pub struct ZipWarWriter<'a> {
    target: Utf8PathBuf,
    unfinished: Unfinished,
    file: File,
    packing: Packing<'a>,
}

/// More threads only wait for the disk, and each has half a megabyte.
const MOST_THREADS: usize = 16;

/// From here on sizes might not fit into 32 bits after deflating noise.
const LARGE: u64 = 0xf000_0000;

impl<'a> ZipWarWriter<'a> {
    /// Starts a WAR that will be `target`. Makes the folder when it is missing.
    ///
    /// # Errors
    /// When the folder can't be made or written.
    pub fn create(target: &Utf8Path, packing: Packing<'a>) -> Result<Self, WriteError> {
        let failed = |source| WriteError::Target {
            path: target.to_owned(),
            source,
        };
        let folder = match target.parent() {
            Some(folder) if !folder.as_str().is_empty() => folder,
            _ => Utf8Path::new("."),
        };
        // A rename replaces whatever is there, a device of the system as well.
        match fs_err::metadata(target) {
            Ok(there) if there.is_dir() => {
                return Err(failed(std::io::ErrorKind::IsADirectory.into()));
            }
            Ok(there) if !there.is_file() => {
                return Err(WriteError::NoFile {
                    path: target.to_owned(),
                });
            }
            _ => {}
        }
        fs_err::create_dir_all(folder).map_err(failed)?;
        let (unfinished, file) = Unfinished::beside(target, folder).map_err(failed)?;
        Ok(Self {
            target: target.to_owned(),
            unfinished,
            file,
            packing,
        })
    }
}

impl WarWriter for ZipWarWriter<'_> {
    fn write(
        self: Box<Self>,
        table: &EntryTable,
        progress: &mut dyn FnMut(),
    ) -> Result<(), WriteError> {
        let Self {
            target,
            unfinished,
            file,
            packing,
        } = *self;
        let contents = Contents::of(table, packing.digests);
        let ahead = Ahead::new(contents, packing.known, BUDGET);
        let threads = packing
            .threads
            .or_else(|| std::thread::available_parallelism().ok().map(usize::from))
            .unwrap_or(1)
            .clamp(1, MOST_THREADS)
            .min(ahead.len());
        let mut writing = Writing {
            target: &target,
            output: Output::new(file, &target),
            archives: Archives::default(),
            pack: packing.known.map(Deflated::writer),
            packing,
            ahead: &ahead,
            content: 0,
        };
        let written = std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| ahead.work());
            }
            let written = table.iter().try_for_each(|entry| {
                writing.entry(&entry)?;
                progress();
                Ok(())
            });
            ahead.stop();
            written
        });
        written?;
        let Writing { output, pack, .. } = writing;
        let failed = |source| WriteError::Target {
            path: target.clone(),
            source,
        };
        let file = output.finish().map_err(failed)?;
        unfinished.finish(file).map_err(failed)?;
        if let Some(pack) = pack {
            pack.finish();
        }
        if let Some(known) = packing.known {
            known.tidy();
        }
        Ok(())
    }
}

struct Writing<'a> {
    target: &'a Utf8Path,
    output: Output,
    archives: Archives,
    packing: Packing<'a>,
    pack: Option<PackWriter>,
    ahead: &'a Ahead<'a>,
    /// The number of the next content.
    content: usize,
}

impl Writing<'_> {
    fn entry(&mut self, entry: &WarEntry) -> Result<(), WriteError> {
        match &entry.source {
            EntrySource::Archive {
                archive,
                name,
                packed,
            } => self.copied(entry, archive, name, packed),
            EntrySource::File(path) => {
                let digest = self
                    .packing
                    .digests
                    .and_then(|digests| digests.get(path))
                    .copied();
                self.packed(entry, path, digest)
            }
            EntrySource::Generated { by, .. } => self.packed(entry, Utf8Path::new(by), None),
        }
    }

    /// The packed bytes of another archive, under a record of our own: its time
    /// and mode say where the archive came from.
    fn copied(
        &mut self,
        entry: &WarEntry,
        archive: &Utf8Path,
        name: &str,
        packed: &Packed,
    ) -> Result<(), WriteError> {
        unpackable(packed).map_err(|source| WriteError::Archive {
            archive: archive.to_owned(),
            name: name.to_owned(),
            source,
        })?;
        let mut record = self.record(entry, packed.method, packed.checksum, packed.size);
        record.compressed = packed.compressed;
        record.is_large = packed.size.max(packed.compressed) >= LARGE;
        let (output, target) = (&mut self.output, self.target);
        let failed = |source| unwritable(target, source);
        output.begin(&mut record).map_err(failed)?;
        self.archives.copy(archive, name, packed, |bytes| {
            output.put(bytes).map_err(failed)
        })?;
        output.end(&record, false).map_err(failed)
    }

    fn packed(
        &mut self,
        entry: &WarEntry,
        path: &Utf8Path,
        digest: Option<FileDigest>,
    ) -> Result<(), WriteError> {
        let number = self.content;
        self.content += 1;
        let first = match self.ahead.take()? {
            Part::Piece(piece) => piece,
            Part::Known(blob) => {
                if self.known(entry, &blob)? {
                    return Ok(());
                }
                let mut again = self.ahead.again(number)?;
                let first = again.next()?;
                return self.pieces(entry, path, digest, first, || again.next());
            }
        };
        let ahead = self.ahead;
        self.pieces(entry, path, digest, first, || match ahead.take()? {
            Part::Piece(piece) => Ok(piece),
            Part::Known(_) => Err(WriteError::Stopped),
        })
    }

    /// What the cache has; whether it was whole.
    fn known(&mut self, entry: &WarEntry, blob: &Blob) -> Result<bool, WriteError> {
        let mut record = self.record(entry, blob.method, blob.crc32, blob.size);
        record.compressed = blob.length;
        record.is_large = blob.size.max(blob.length) >= LARGE;
        let (output, target) = (&mut self.output, self.target);
        let failed = |source| unwritable(target, source);
        let Some(known) = self.packing.known else {
            return Ok(false);
        };
        let mut is_begun = false;
        let is_whole = known.copy(blob, |bytes| {
            if !std::mem::replace(&mut is_begun, true) {
                output.begin(&mut record).map_err(failed)?;
            }
            output.put(bytes).map_err(failed)
        })?;
        if is_whole {
            output.end(&record, false).map_err(failed)?;
        }
        Ok(is_whole)
    }

    fn pieces(
        &mut self,
        entry: &WarEntry,
        path: &Utf8Path,
        digest: Option<FileDigest>,
        first: Piece,
        mut next: impl FnMut() -> Result<Piece, WriteError>,
    ) -> Result<(), WriteError> {
        let target = self.target;
        let failed = |source| unwritable(target, source);
        let mut piece = first;
        let mut crc = piece.crc.clone();
        let is_one = piece.is_last;
        let guess = if is_one { crc.clone().finalize() } else { 0 };
        let mut record = self.record(entry, piece.method, guess, piece.whole);
        record.compressed = piece.bytes.len() as u64;
        record.is_large = piece.whole >= LARGE;
        self.output.begin(&mut record).map_err(failed)?;
        // What isn't worth deflating stays in the project: the pack only says so.
        let keeps = digest.is_some() && piece.method == DEFLATED;
        let mut plain = piece.plain;
        loop {
            self.output.put(&piece.bytes).map_err(failed)?;
            if let Some(pack) = self.pack.as_mut().filter(|_| keeps) {
                pack.put(&piece.bytes);
            }
            if piece.is_last {
                break;
            }
            piece = next()?;
            crc.combine(&piece.crc);
            plain += piece.plain;
            record.compressed += piece.bytes.len() as u64;
        }
        record.crc32 = crc.finalize();
        record.size = plain;
        record.time = self.time(entry, record.size, record.crc32);
        if digest.is_some_and(|digest| (digest.size, digest.crc32) != (record.size, record.crc32)) {
            return Err(changed(path));
        }
        // What was stored unseen tells nothing about its content.
        if let (Some(pack), Some(digest)) = (&mut self.pack, digest)
            && entry.method != Method::Stored
        {
            pack.end(&digest.sha256, record.method, record.crc32, record.size);
        }
        self.output.end(&record, !is_one).map_err(failed)
    }

    fn record(&self, entry: &WarEntry, method: u16, crc32: u32, size: u64) -> Entry {
        Entry {
            name: entry.path.to_string(),
            method,
            time: self.time(entry, size, crc32),
            crc32,
            compressed: 0,
            size,
            is_large: false,
            header: 0,
        }
    }

    fn time(&self, entry: &WarEntry, size: u64, crc32: u32) -> u32 {
        if layout::is_served(&entry.path) {
            time::of_content(size, crc32)
        } else {
            self.packing.epoch.map_or(time::FIRST, time::of_epoch)
        }
    }
}

fn unwritable(target: &Utf8Path, source: std::io::Error) -> WriteError {
    WriteError::Target {
        path: target.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests;
