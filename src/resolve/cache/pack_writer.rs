//! Writes what is deflated now into a new pack, row by row as
//! [`Deflated`](super::deflated::Deflated) reads them.

use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};

use super::Spool;
use super::deflated::{ContentKey, ENDING, FOOTER, RECIPE, ROW};

/// A pack on its way to the disk. A cache that can't be written stops no build:
/// nothing here fails.
#[derive(Debug)]
pub struct PackWriter {
    folder: Utf8PathBuf,
    inner: Option<Inner>,
    is_broken: bool,
}

#[derive(Debug)]
struct Inner {
    file: tempfile::NamedTempFile,
    buffer: Vec<u8>,
    /// Of what was put, and its digest.
    table: Spool,
    check: Sha256,
    at: u64,
    start: u64,
    digest: Sha256,
}

impl PackWriter {
    pub(super) fn below(folder: &Utf8Path) -> Self {
        Self {
            folder: folder.to_owned(),
            inner: None,
            is_broken: false,
        }
    }

    /// Adds packed bytes to the content that comes next.
    pub fn put(&mut self, bytes: &[u8]) {
        self.attempt(|inner| {
            inner.digest.update(bytes);
            inner.at += bytes.len() as u64;
            inner.write(bytes)
        });
    }

    /// Ends a content.
    pub fn end(&mut self, key: &ContentKey, method: u16, crc32: u32, size: u64) {
        self.attempt(|inner| {
            let check = std::mem::take(&mut inner.digest).finalize();
            let length = inner.at - inner.start;
            let mut row = Vec::with_capacity(ROW);
            row.extend_from_slice(key);
            row.extend_from_slice(&check[..16]);
            row.extend_from_slice(&method.to_le_bytes());
            row.extend_from_slice(&crc32.to_le_bytes());
            for number in [size, inner.start, length] {
                row.extend_from_slice(&number.to_le_bytes());
            }
            inner.start = inner.at;
            inner.check.update(&row);
            inner.table.put(&row)
        });
    }

    /// Makes the pack visible, if there is anything in it; whether it is.
    pub fn finish(mut self) -> bool {
        let folder = self.folder.clone();
        if self.inner.is_none() {
            return false;
        }
        self.attempt(|inner| {
            let digest = std::mem::take(&mut inner.check).finalize();
            let table = std::mem::replace(&mut inner.table, Spool::in_folder(&folder));
            let (at, length) = (inner.at, table.length());
            table.give(|rows| inner.write(rows))?;
            let mut footer = Vec::with_capacity(FOOTER);
            footer.extend_from_slice(&at.to_le_bytes());
            footer.extend_from_slice(&length.to_le_bytes());
            footer.extend_from_slice(&digest);
            footer.extend_from_slice(RECIPE);
            inner.write(&footer)?;
            inner.flush()
        });
        let Some(inner) = self.inner.take().filter(|_| !self.is_broken) else {
            return false;
        };
        let name = inner
            .file
            .path()
            .file_name()
            .unwrap_or_default()
            .to_os_string();
        let name = Utf8PathBuf::from(name.to_string_lossy().into_owned());
        let target = folder.join(name.with_extension(ENDING));
        inner.file.persist(target).is_ok()
    }

    fn attempt(&mut self, work: impl FnOnce(&mut Inner) -> io::Result<()>) {
        if self.is_broken {
            return;
        }
        if self.inner.is_none() {
            match Inner::in_folder(&self.folder) {
                Ok(inner) => self.inner = Some(inner),
                Err(_) => self.is_broken = true,
            }
        }
        if let Some(inner) = &mut self.inner
            && work(inner).is_err()
        {
            self.is_broken = true;
        }
    }
}

impl Inner {
    fn in_folder(folder: &Utf8Path) -> io::Result<Self> {
        fs_err::create_dir_all(folder)?;
        let file = tempfile::Builder::new()
            .prefix("new-")
            .suffix(".part")
            .tempfile_in(folder)?;
        Ok(Self {
            file,
            buffer: Vec::with_capacity(1 << 18),
            table: Spool::in_folder(folder),
            check: Sha256::new(),
            at: 0,
            start: 0,
            digest: Sha256::new(),
        })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.buffer.len() + bytes.len() > self.buffer.capacity() {
            self.flush()?;
        }
        if bytes.len() > self.buffer.capacity() {
            return self.file.write_all(bytes);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}
