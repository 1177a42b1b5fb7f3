//! The file of a [`super::FileIndex`]: a row a file in the order of the paths, and a
//! digest of all rows. Read and written from start to end, never as a whole.

use std::cmp::Ordering;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;
use sha2::{Digest, Sha256};

use super::files::Stamp;
use crate::model::FileDigest;

/// The digest of the rows, at the end.
const DIGEST: usize = 32;
/// Length of the path, four numbers of a stamp, SHA-256, CRC-32.
const ROW: usize = 4 + 32 + 32 + 4;

const BUFFER: usize = 1 << 16;

/// A whole index, read in the order of its paths.
pub(super) struct Reader {
    file: BufReader<File>,
    /// Bytes before the row that is read next.
    at: u64,
    /// Bytes of all rows.
    end: u64,
    row: Option<Row>,
}

struct Row {
    path: String,
    stamp: Stamp,
    digest: FileDigest,
    length: u64,
}

/// What the index says of a path.
pub(super) enum Next {
    /// This.
    Known(Stamp, FileDigest),
    /// This, after rows of paths that nobody asked for.
    After(Stamp, FileDigest),
    /// Nothing.
    Missing,
}

impl Reader {
    /// Opens an index; none when it isn't there, or damaged.
    pub(super) fn open(path: &Utf8Path) -> Option<Self> {
        let mut file = File::open(path).ok()?;
        let end = file.metadata().ok()?.len().checked_sub(DIGEST as u64)?;
        let mut check = Sha256::new();
        copy(&mut (&mut file).take(end), |bytes| {
            check.update(bytes);
            Ok(())
        })
        .ok()?;
        let mut digest = [0; DIGEST];
        file.read_exact(&mut digest).ok()?;
        if check.finalize()[..] != digest {
            return None;
        }
        file.seek(SeekFrom::Start(0)).ok()?;
        let mut reader = Self {
            file: BufReader::with_capacity(BUFFER, file),
            at: 0,
            end,
            row: None,
        };
        reader.row = reader.read();
        Some(reader)
    }

    /// What is known of `path`, which comes after those that were asked for before.
    pub(super) fn next(&mut self, path: &str) -> Next {
        let mut is_after = false;
        while let Some(row) = &self.row {
            match row.path.as_str().cmp(path) {
                Ordering::Less => is_after = true,
                Ordering::Equal => {
                    let (stamp, digest) = (row.stamp, row.digest);
                    self.skip();
                    return if is_after {
                        Next::After(stamp, digest)
                    } else {
                        Next::Known(stamp, digest)
                    };
                }
                Ordering::Greater => break,
            }
            self.skip();
        }
        Next::Missing
    }

    /// Bytes of the rows that were taken.
    pub(super) fn position(&self) -> u64 {
        self.at
    }

    /// Whether all rows were taken.
    pub(super) fn is_at_end(&self) -> bool {
        self.row.is_none()
    }

    fn skip(&mut self) {
        if let Some(row) = self.row.take() {
            self.at += row.length;
            self.row = self.read();
        }
    }

    fn read(&mut self) -> Option<Row> {
        if self.at >= self.end {
            return None;
        }
        let mut fields = [0; ROW];
        self.file.read_exact(&mut fields).ok()?;
        let mut fields = fields.as_slice();
        let length = u64::from(u32::from_le_bytes(array(&mut fields)?));
        let mut number = || Some(u64::from_le_bytes(array(&mut fields)?));
        let stamp = Stamp {
            size: number()?,
            modified: number()?,
            changed: number()?,
            number: number()?,
        };
        let digest = FileDigest {
            sha256: array(&mut fields)?,
            crc32: u32::from_le_bytes(array(&mut fields)?),
            size: stamp.size,
        };
        let mut path = String::new();
        let rest = self.end.checked_sub(self.at + ROW as u64)?;
        (&mut self.file)
            .take(length.min(rest))
            .read_to_string(&mut path)
            .ok()?;
        (path.len() as u64 == length).then_some(Row {
            path,
            stamp,
            digest,
            length: ROW as u64 + length,
        })
    }
}

fn array<const N: usize>(fields: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = fields.split_first_chunk()?;
    *fields = rest;
    Some(*first)
}

/// An index on its way to the disk. A cache that can't be written costs time, and
/// nothing else: nothing here fails.
pub(super) struct Writer {
    path: Utf8PathBuf,
    inner: io::Result<Inner>,
}

struct Inner {
    out: BufWriter<tempfile::NamedTempFile>,
    check: Sha256,
}

impl Writer {
    /// Starts an index at `path` with the first `length` bytes of another one.
    pub(super) fn after(path: &Utf8Path, before: Option<(&mut Reader, u64)>) -> Self {
        let start = || -> io::Result<Inner> {
            let folder = path.parent().unwrap_or(path);
            fs_err::create_dir_all(folder)?;
            let file = tempfile::Builder::new()
                .prefix("new-")
                .tempfile_in(folder)?;
            let mut inner = Inner {
                out: BufWriter::with_capacity(BUFFER, file),
                check: Sha256::new(),
            };
            if let Some((reader, length)) = before {
                let place = reader.file.stream_position()?;
                reader.file.seek(SeekFrom::Start(0))?;
                let copied = copy(&mut (&mut reader.file).take(length), |bytes| {
                    inner.put(bytes)
                })?;
                reader.file.seek(SeekFrom::Start(place))?;
                if copied != length {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            Ok(inner)
        };
        Self {
            path: path.to_owned(),
            inner: start(),
        }
    }

    /// Adds a row; its path comes after those before it.
    pub(super) fn put(&mut self, path: &str, stamp: &Stamp, digest: &FileDigest) {
        let Ok(inner) = &mut self.inner else {
            return;
        };
        let mut row = Vec::with_capacity(ROW + path.len());
        let length = u32::try_from(path.len()).unwrap_or(u32::MAX);
        row.extend_from_slice(&length.to_le_bytes());
        for number in [stamp.size, stamp.modified, stamp.changed, stamp.number] {
            row.extend_from_slice(&number.to_le_bytes());
        }
        row.extend_from_slice(&digest.sha256);
        row.extend_from_slice(&digest.crc32.to_le_bytes());
        row.extend_from_slice(path.as_bytes());
        if let Err(error) = inner.put(&row) {
            self.inner = Err(error);
        }
    }

    /// Puts the index in its place.
    pub(super) fn finish(self) {
        let Self { path, inner } = self;
        let finish = |inner: io::Result<Inner>| -> io::Result<()> {
            let Inner { mut out, check } = inner?;
            out.write_all(&check.finalize())?;
            let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.persist(path).map_err(|error| error.error)?;
            Ok(())
        };
        let _ = finish(inner);
    }
}

impl Inner {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.check.update(bytes);
        self.out.write_all(bytes)
    }
}

/// Gives all that is read to `take`; how much it was.
fn copy(from: &mut impl Read, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<u64> {
    let mut buffer = vec![0; BUFFER];
    let mut copied = 0;
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(copied);
        }
        take(&buffer[..count])?;
        copied += count as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_index_counts_as_missing() {
        let folder = tempfile::tempdir().expect("temp dir");
        let path = Utf8Path::from_path(folder.path())
            .expect("UTF-8")
            .join("index");
        let stamp = Stamp {
            size: 1,
            modified: 2,
            changed: 3,
            number: 4,
        };
        let digest = FileDigest {
            sha256: [1; 32],
            crc32: 5,
            size: 1,
        };
        let names = ["b", "c", "è", "é/a"];
        let mut writer = Writer::after(&path, None);
        for name in names {
            writer.put(name, &stamp, &digest);
        }
        writer.finish();
        let bytes = fs_err::read(&path).expect("read");
        let mut reader = Reader::open(&path).expect("whole");
        for name in names {
            let Next::Known(found, known) = reader.next(name) else {
                panic!("{name} is missing");
            };
            assert_eq!((found, known), (stamp, digest), "{name}");
        }
        assert!(reader.is_at_end());
        let mut reader = Reader::open(&path).expect("whole");
        assert!(matches!(reader.next("bb"), Next::Missing));
        assert!(matches!(reader.next("è"), Next::After(..)));
        assert!(!reader.is_at_end());
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 1;
            fs_err::write(&path, other).expect("written");
            assert!(Reader::open(&path).is_none(), "{at}");
            fs_err::write(&path, &bytes[..at]).expect("written");
            assert!(Reader::open(&path).is_none(), "cut at {at}");
        }
    }
}
