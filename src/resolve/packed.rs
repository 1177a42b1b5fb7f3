//! Archives of our own in the cache: the same entries in the same order give the
//! same bytes. Their compressed entries are copied into WARs as they are.

use std::io::{BufWriter, Seek, Write};

use camino::Utf8Path;
use fs_err::File;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::error::ResolveError;

/// Writes an archive without times.
pub(crate) struct Packer<W: Write + Seek> {
    writer: ZipWriter<W>,
}

impl Packer<BufWriter<File>> {
    pub(crate) fn create(file: &Utf8Path) -> Result<Self, ResolveError> {
        Ok(Self {
            writer: ZipWriter::new(BufWriter::new(File::create(file)?)),
        })
    }

    pub(crate) fn finish(self) -> Result<(), ResolveError> {
        self.writer.finish().map_err(broken)?.flush()?;
        Ok(())
    }
}

impl Packer<std::io::Cursor<Vec<u8>>> {
    pub(crate) fn in_memory() -> Self {
        Self {
            writer: ZipWriter::new(std::io::Cursor::new(Vec::new())),
        }
    }

    pub(crate) fn into_bytes(self) -> Result<Vec<u8>, ResolveError> {
        Ok(self.writer.finish().map_err(broken)?.into_inner())
    }
}

impl<W: Write + Seek> Packer<W> {
    pub(crate) fn deflated(&mut self, name: &str, bytes: &[u8]) -> Result<(), ResolveError> {
        self.add(name, bytes, CompressionMethod::Deflated)
    }

    pub(crate) fn stored(&mut self, name: &str, bytes: &[u8]) -> Result<(), ResolveError> {
        self.add(name, bytes, CompressionMethod::Stored)
    }

    /// Takes the entries whose name `wanted` accepts from another archive, as they
    /// are packed there.
    pub(crate) fn copied(
        &mut self,
        archive: &Utf8Path,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<(), ResolveError> {
        let mut from =
            zip::ZipArchive::new(std::io::BufReader::new(File::open(archive)?)).map_err(broken)?;
        for number in 0..from.len() {
            let entry = from.by_index_raw(number).map_err(broken)?;
            if entry.name().is_ok_and(|name| wanted(&name)) {
                self.writer.raw_copy_file(entry).map_err(broken)?;
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        name: &str,
        bytes: &[u8],
        method: CompressionMethod,
    ) -> Result<(), ResolveError> {
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        self.writer.start_file(name, options).map_err(broken)?;
        self.writer.write_all(bytes)?;
        Ok(())
    }
}

fn broken(error: zip::result::ZipError) -> ResolveError {
    ResolveError::from(std::io::Error::from(error))
}
