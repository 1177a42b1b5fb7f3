//! The archives that entries are copied from, opened once each.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use camino::Utf8Path;
use flate2::read::DeflateDecoder;

use super::WriteError;
use crate::zipfile::{ByName, DEFLATED, Directory, Member, STORED};

/// Open archives by path.
#[derive(Default)]
pub(crate) struct Archives {
    /// By path as text: a path is hashed part by part, a tenth of a whole build.
    open: HashMap<Box<str>, Archive>,
    buffer: Vec<u8>,
}

struct Archive {
    file: File,
    members: ByName,
}

/// Bytes are copied in pieces of this length.
const PIECE: u64 = 1 << 20;

impl Archives {
    /// What the directory of `archive` says of its entry `name`.
    pub(crate) fn member(&mut self, archive: &Utf8Path, name: &str) -> Result<Member, WriteError> {
        self.opened(archive)
            .and_then(|opened| {
                let member = opened.members.get(name).ok_or_else(missing)?;
                if member.is_encrypted || ![STORED, DEFLATED].contains(&member.method) {
                    return Err(io::Error::new(
                        io::ErrorKind::Unsupported,
                        "it is encrypted, or packed by a method that Java can't unpack",
                    ));
                }
                Ok(member.clone())
            })
            .map_err(|source| failed(archive, name, source))
    }

    /// Gives the packed bytes of a member to `take`, in pieces.
    pub(crate) fn copy(
        &mut self,
        archive: &Utf8Path,
        member: &Member,
        mut take: impl FnMut(&[u8]) -> Result<(), WriteError>,
    ) -> Result<(), WriteError> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let failed = |source| failed(archive, &member.name, source);
        let opened = self.opened(archive).map_err(failed)?;
        let first = member.span().min(PIECE);
        read_at(&opened.file, member.header(), first, &mut buffer).map_err(failed)?;
        let offset = Member::data_offset(&buffer).map_err(failed)?;
        let start = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let length = usize::try_from(member.compressed).unwrap_or(usize::MAX);
        let end = buffer.len().min(start.saturating_add(length));
        take(&buffer[start..end])?;
        let mut done = (end - start) as u64;
        while done < member.compressed {
            let next = (member.compressed - done).min(PIECE);
            let at = member.header() + offset + done;
            read_at(&opened.file, at, next, &mut buffer).map_err(failed)?;
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
    ) -> Result<Plain<'_>, WriteError> {
        let member = self.member(archive, name)?;
        let failed = |source| failed(archive, name, source);
        let opened = self.opened(archive).map_err(failed)?;
        let mut record = Vec::new();
        read_at(&opened.file, member.header(), 30, &mut record).map_err(failed)?;
        let start = member.header() + Member::data_offset(&record).map_err(failed)?;
        let mut file = &opened.file;
        file.seek(SeekFrom::Start(start)).map_err(failed)?;
        let packed = BufReader::with_capacity(1 << 16, file.take(member.compressed));
        let reader = if member.method == STORED {
            PlainReader::Stored(packed)
        } else {
            PlainReader::Deflated(DeflateDecoder::new(packed))
        };
        Ok(Plain {
            reader,
            crc: crc32fast::Hasher::new(),
            expected: member.crc32,
        })
    }

    fn opened(&mut self, path: &Utf8Path) -> io::Result<&mut Archive> {
        if !self.open.contains_key(path.as_str()) {
            let file = fs_err::File::open(path)?.into_parts().0;
            let members = Directory::read(&mut &file)?.by_name();
            self.open
                .insert(path.as_str().into(), Archive { file, members });
        }
        self.open.get_mut(path.as_str()).ok_or_else(missing)
    }
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

fn missing() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the archive has no such entry")
}

fn failed(archive: &Utf8Path, name: &str, source: io::Error) -> WriteError {
    WriteError::Archive {
        archive: archive.to_owned(),
        name: name.to_owned(),
        source,
    }
}
