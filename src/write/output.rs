//! The archive's file: appended to, with the records of large entries mended
//! afterwards, and the directory at its end.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

use camino::Utf8Path;

use super::flush::Flusher;
use crate::resolve::cache::Spool;
use crate::zipfile::{Entry, central_record, end_records, local_record};

const BUFFER: usize = 1 << 20;

/// An archive on its way to the disk.
pub(super) struct Output {
    file: File,
    buffer: Vec<u8>,
    flusher: Flusher,
    /// Bytes before the buffer.
    flushed: u64,
    /// Its records: there may be hundreds of thousands.
    directory: Spool,
    entries: u64,
    /// Records that were written before their entry's sizes were known.
    mended: Vec<(u64, Vec<u8>)>,
}

impl Output {
    pub(super) fn new(file: File, target: &Utf8Path) -> Self {
        Self {
            file,
            buffer: Vec::with_capacity(BUFFER),
            flusher: Flusher::default(),
            flushed: 0,
            directory: Spool::in_folder(target.parent().unwrap_or(target)),
            entries: 0,
            mended: Vec::new(),
        }
    }

    pub(super) fn position(&self) -> u64 {
        self.flushed + self.buffer.len() as u64
    }

    pub(super) fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        let is_long = bytes.len() >= BUFFER / 2;
        if is_long || self.buffer.len() + bytes.len() > BUFFER {
            self.flush()?;
        }
        if is_long {
            self.file.write_all(bytes)?;
            self.written(bytes.len())?;
        } else {
            self.buffer.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.buffer)?;
        self.written(self.buffer.len())?;
        self.buffer.clear();
        Ok(())
    }

    fn written(&mut self, length: usize) -> io::Result<()> {
        self.flushed += length as u64;
        self.flusher.wrote(&self.file, length as u64)
    }

    /// Writes an entry's local record; its bytes follow through [`Output::put`].
    pub(super) fn begin(&mut self, entry: &mut Entry) -> io::Result<()> {
        entry.header = self.position();
        let mut record = Vec::with_capacity(64 + entry.name.len());
        local_record(entry, &mut record);
        self.put(&record)
    }

    /// Ends the entry. `mend` says that the record which [`Output::begin`] wrote
    /// didn't know everything yet.
    pub(super) fn end(&mut self, entry: &Entry, mend: bool) -> io::Result<()> {
        if mend {
            let mut record = Vec::new();
            local_record(entry, &mut record);
            self.mended.push((entry.header, record));
        }
        self.entries += 1;
        let mut record = Vec::with_capacity(64 + entry.name.len());
        central_record(entry, &mut record);
        self.directory.put(&record)
    }

    /// Writes the directory and mends; the file is whole then, and not yet safe on
    /// the disk.
    pub(super) fn finish(mut self) -> io::Result<File> {
        let start = self.position();
        let nothing = Spool::in_folder("".into());
        let directory = std::mem::replace(&mut self.directory, nothing);
        directory.give(|records| self.put(records))?;
        let mut end = Vec::new();
        let size = self.position() - start;
        end_records(self.entries, start, size, &mut end);
        self.put(&end)?;
        self.flush()?;
        for (at, record) in &self.mended {
            self.file.seek(SeekFrom::Start(*at))?;
            self.file.write_all(record)?;
        }
        self.flusher.finish()?;
        Ok(self.file)
    }
}
