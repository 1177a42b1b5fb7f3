//! The archive's file: appended to, with the records of large entries mended
//! afterwards, and the directory at its end.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

use super::flush::Flusher;
use crate::zipfile::{Entry, central_record, end_records, local_record};

const BUFFER: usize = 1 << 20;

/// An entry that was written, as small as can be: an archive has a hundred thousand.
struct Row {
    compressed: u64,
    size: u64,
    header: u64,
    crc32: u32,
    time: u32,
    method: u16,
    is_large: bool,
}

/// An archive on its way to the disk.
pub(super) struct Output {
    file: File,
    buffer: Vec<u8>,
    flusher: Flusher,
    /// Bytes before the buffer.
    flushed: u64,
    /// What the directory will say: without the names, which the table has.
    rows: Vec<Row>,
    /// Records that were written before their entry's sizes were known.
    mended: Vec<(u64, Vec<u8>)>,
}

impl Output {
    pub(super) fn new(file: File, entries: usize) -> Self {
        Self {
            file,
            buffer: Vec::with_capacity(BUFFER),
            flusher: Flusher::default(),
            flushed: 0,
            rows: Vec::with_capacity(entries),
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
    pub(super) fn end(&mut self, entry: &Entry, mend: bool) {
        if mend {
            let mut record = Vec::new();
            local_record(entry, &mut record);
            self.mended.push((entry.header, record));
        }
        self.rows.push(Row {
            compressed: entry.compressed,
            size: entry.size,
            header: entry.header,
            crc32: entry.crc32,
            time: entry.time,
            method: entry.method,
            is_large: entry.is_large,
        });
    }

    /// Writes the directory and mends; the file is whole then, and not yet safe on
    /// the disk. `names` are those of the entries, in their order.
    pub(super) fn finish<'t>(mut self, names: impl Iterator<Item = &'t str>) -> io::Result<File> {
        let start = self.position();
        let rows = std::mem::take(&mut self.rows);
        let mut record = Vec::new();
        for (row, name) in rows.iter().zip(names) {
            record.clear();
            central_record(&row.entry(name), &mut record);
            self.put(&record)?;
        }
        let mut end = Vec::new();
        let size = self.position() - start;
        end_records(rows.len() as u64, start, size, &mut end);
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

impl Row {
    fn entry(&self, name: &str) -> Entry {
        Entry {
            name: name.to_owned(),
            method: self.method,
            time: self.time,
            crc32: self.crc32,
            compressed: self.compressed,
            size: self.size,
            is_large: self.is_large,
            header: self.header,
        }
    }
}
