//! The archives that entries are copied from, opened once each.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use camino::Utf8Path;
use flate2::read::DeflateDecoder;

use super::WriteError;
use crate::model::Packed;
use crate::zipfile::{DEFLATED, Member, STORED};

/// Open archives by path.
#[derive(Default)]
pub(crate) struct Archives {
    /// By path as text: a path is hashed part by part, a tenth of a whole build.
    open: HashMap<Box<str>, File>,
    buffer: Vec<u8>,
}

/// Bytes are copied in pieces of this length.
const PIECE: u64 = 1 << 20;

impl Archives {
    /// Gives the packed bytes of the entry `name` to `take`, in pieces.
    pub(crate) fn copy(
        &mut self,
        archive: &Utf8Path,
        name: &str,
        packed: &Packed,
        mut take: impl FnMut(&[u8]) -> Result<(), WriteError>,
    ) -> Result<(), WriteError> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let failed = |source| failed(archive, name, source);
        let file = self.opened(archive).map_err(failed)?;
        let span = Member::span(name, packed).min(PIECE);
        read_at(file, packed.header, span, &mut buffer).map_err(failed)?;
        let offset = data_offset(&buffer, archive, name)?;
        let start = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let length = usize::try_from(packed.compressed).unwrap_or(usize::MAX);
        let end = buffer.len().min(start.saturating_add(length));
        take(&buffer[start..end])?;
        let mut done = (end - start) as u64;
        while done < packed.compressed {
            let next = (packed.compressed - done).min(PIECE);
            let at = packed.header + offset + done;
            read_at(file, at, next, &mut buffer).map_err(failed)?;
            if buffer.is_empty() {
                return Err(failed(io::ErrorKind::UnexpectedEof.into()));
            }
            take(&buffer)?;
            done += buffer.len() as u64;
        }
        self.buffer = buffer;
        Ok(())
    }

    /// The entry `name` of `archive`, its bytes as they were before packing.
    pub(crate) fn plain(
        &mut self,
        archive: &Utf8Path,
        name: &str,
        packed: &Packed,
    ) -> Result<Plain<'_>, WriteError> {
        let failed = |source| failed(archive, name, source);
        unpackable(packed).map_err(failed)?;
        let mut file = self.opened(archive).map_err(failed)?;
        let mut record = Vec::new();
        read_at(
            file,
            packed.header,
            Member::span(name, packed).min(PIECE),
            &mut record,
        )
        .map_err(failed)?;
        let start = packed.header + data_offset(&record, archive, name)?;
        file.seek(SeekFrom::Start(start)).map_err(failed)?;
        let bytes = BufReader::with_capacity(1 << 16, file.take(packed.compressed));
        let reader = if packed.method == STORED {
            PlainReader::Stored(bytes)
        } else {
            PlainReader::Deflated(DeflateDecoder::new(bytes))
        };
        Ok(Plain {
            reader,
            crc: crc32fast::Hasher::new(),
            expected: packed.checksum,
        })
    }

    fn opened(&mut self, path: &Utf8Path) -> io::Result<&File> {
        if !self.open.contains_key(path.as_str()) {
            let file = fs_err::File::open(path)?.into_parts().0;
            self.open.insert(path.as_str().into(), file);
        }
        self.open
            .get(path.as_str())
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// Whether everybody can unpack the entry.
pub(super) fn unpackable(packed: &Packed) -> io::Result<()> {
    if packed.is_encrypted || ![STORED, DEFLATED].contains(&packed.method) {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "it is encrypted, or packed by a method that Java can't unpack",
        ));
    }
    Ok(())
}

/// Where the bytes start; an error when another entry is there, or none.
fn data_offset(record: &[u8], archive: &Utf8Path, name: &str) -> Result<u64, WriteError> {
    let (found, offset) = Member::local(record).map_err(|source| failed(archive, name, source))?;
    if found != name.as_bytes() {
        return Err(WriteError::ArchiveChanged {
            archive: archive.to_owned(),
            name: name.to_owned(),
        });
    }
    Ok(offset)
}

/// Reads up to `length` bytes; fewer at the end of the file.
pub(super) fn read_at(file: &File, at: u64, length: u64, buffer: &mut Vec<u8>) -> io::Result<()> {
    buffer.clear();
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileExt;
        let length = usize::try_from(length).map_err(io::Error::other)?;
        buffer.resize(length, 0);
        let mut filled = 0;
        while filled < length {
            match file.read_at(&mut buffer[filled..], at + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        buffer.truncate(filled);
    }
    #[cfg(not(unix))]
    {
        let mut file = file;
        file.seek(SeekFrom::Start(at))?;
        file.take(length).read_to_end(buffer)?;
    }
    Ok(())
}

/// An unpacked entry; its end is reached without an error only when the bytes
/// have the checksum that the directory promises.
pub(crate) struct Plain<'a> {
    reader: PlainReader<'a>,
    crc: crc32fast::Hasher,
    expected: u32,
}

enum PlainReader<'a> {
    Stored(BufReader<io::Take<&'a File>>),
    Deflated(DeflateDecoder<BufReader<io::Take<&'a File>>>),
}

impl Read for Plain<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.reader {
            PlainReader::Stored(reader) => reader.read(buffer)?,
            PlainReader::Deflated(reader) => reader.read(buffer)?,
        };
        self.crc.update(&buffer[..count]);
        if count == 0 && !buffer.is_empty() && self.crc.clone().finalize() != self.expected {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "its bytes don't have the checksum that its directory promises",
            ));
        }
        Ok(count)
    }
}

fn failed(archive: &Utf8Path, name: &str, source: io::Error) -> WriteError {
    WriteError::Archive {
        archive: archive.to_owned(),
        name: name.to_owned(),
        source,
    }
}
