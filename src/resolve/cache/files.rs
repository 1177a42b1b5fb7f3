//! Digests of a project's files, remembered as long as size, times and number of
//! the file stay the same. Owns the index in the cache: one file a project.

use std::fs::Metadata;
use std::io::{self, BufWriter, Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Cache, Key};
use crate::model::{FileDigest, FileDigests};

/// Changes with the index's layout.
const RECIPE: &str = "files 2";
/// The folder in the cache.
pub(super) const BUCKET: &str = "files";

/// A file that changed less than this before it was read may change again without
/// a trace: file systems have times in steps of up to two seconds (FAT).
const RACY: Duration = Duration::from_secs(2);

/// What a file system says of a file without reading it. The time of change
/// (`ctime`) is there because no program can set it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    pub(super) size: u64,
    modified: u64,
    changed: u64,
    number: u64,
}

/// The index of one project.
#[derive(Debug)]
pub struct FileIndex {
    path: Utf8PathBuf,
    known: Known,
}

impl FileIndex {
    /// The index of the project in `root`. A damaged one counts as empty.
    pub fn of(cache: &Cache, root: &Utf8Path) -> Self {
        let key = Key::of([RECIPE, root.as_str()]);
        let path = cache.folder().join(BUCKET).join(key.as_str());
        let known = fs_err::read(&path).ok().and_then(Known::parse);
        Self {
            path,
            known: known.unwrap_or_default(),
        }
    }

    /// The digests of `files`, read only where a stamp is new; on `threads`
    /// threads.
    ///
    /// # Errors
    /// When a file can't be read; names it.
    pub fn digests(self, files: &[&Arc<Utf8Path>], threads: usize) -> io::Result<FileDigests> {
        let start = SystemTime::now();
        let next = AtomicUsize::new(0);
        let rows = Mutex::new(vec![None; files.len()]);
        let failed = Mutex::new(None);
        let known = &self.known;
        std::thread::scope(|scope| {
            for _ in 0..threads.clamp(1, files.len().div_ceil(BATCH).max(1)) {
                scope.spawn(|| {
                    let mut buffer = Vec::new();
                    loop {
                        let from = next.fetch_add(BATCH, Ordering::Relaxed);
                        if from >= files.len() {
                            break;
                        }
                        let batch = &files[from..files.len().min(from + BATCH)];
                        let done: io::Result<Vec<Row>> = batch
                            .iter()
                            .map(|file| look(file, known.get(file), start, &mut buffer))
                            .collect();
                        match done {
                            Ok(done) => {
                                let mut rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
                                for (place, row) in rows[from..].iter_mut().zip(done) {
                                    *place = Some(row);
                                }
                            }
                            Err(error) => {
                                next.store(files.len(), Ordering::Relaxed);
                                if let Ok(mut failed) = failed.lock() {
                                    failed.get_or_insert(error);
                                }
                                return;
                            }
                        }
                    }
                });
            }
        });
        if let Some(error) = failed.into_inner().unwrap_or_default() {
            return Err(error);
        }
        let rows = rows.into_inner().unwrap_or_default();
        let Self { path, known } = self;
        let is_new = known.len() != files.len();
        drop(known);
        if is_new || rows.iter().flatten().any(|row| !row.is_known) {
            let settled = |at: &usize| rows[*at].as_ref().is_some_and(|row| row.is_settled);
            let mut order: Vec<usize> = (0..files.len()).filter(settled).collect();
            order.sort_unstable_by_key(|at| files[*at].as_str());
            let sorted = order.iter().filter_map(|&at| {
                let row = rows[at].as_ref()?;
                Some((files[at].as_str(), row.stamp, row.digest))
            });
            // A cache that can't be written costs time, and nothing else.
            let _ = save(&path, sorted);
        }
        let mut digests = Vec::with_capacity(files.len());
        for (file, row) in files.iter().zip(rows) {
            digests.extend(row.map(|row| ((*file).clone(), row.digest)));
        }
        Ok(digests.into())
    }
}

/// Writes an index: the part that all paths start with, then a row a file, in the order
/// of the paths, as they come; at the end a digest of all that.
fn save<'r>(
    path: &Utf8Path,
    rows: impl Iterator<Item = (&'r str, Stamp, FileDigest)> + Clone,
) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs_err::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new()
        .prefix("new-")
        .tempfile_in(folder)?;
    let mut out = BufWriter::new(file.as_file_mut());
    let mut check = Sha256::new();
    let mut put = |bytes: &[u8]| {
        check.update(bytes);
        out.write_all(bytes)
    };
    let length = |text: &str| u32::try_from(text.len()).unwrap_or(0).to_le_bytes();
    let prefix = match (rows.clone().next(), rows.clone().last()) {
        (Some((first, ..)), Some((last, ..))) => common_start(first, last),
        _ => "",
    };
    put(&length(prefix))?;
    put(prefix.as_bytes())?;
    for (path, stamp, digest) in rows {
        let rest = &path[prefix.len()..];
        put(&length(rest))?;
        put(rest.as_bytes())?;
        for number in [stamp.size, stamp.modified, stamp.changed, stamp.number] {
            put(&number.to_le_bytes())?;
        }
        put(&digest.sha256)?;
        put(&digest.crc32.to_le_bytes())?;
    }
    let check = check.finalize();
    out.write_all(&check)?;
    out.flush()?;
    drop(out);
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn common_start<'t>(one: &'t str, other: &str) -> &'t str {
    let same = one.bytes().zip(other.bytes());
    let mut length = same.take_while(|(one, other)| one == other).count();
    while !one.is_char_boundary(length) {
        length -= 1;
    }
    &one[..length]
}

/// Files that a thread takes at once.
const BATCH: usize = 64;

#[derive(Clone)]
struct Row {
    stamp: Stamp,
    digest: FileDigest,
    is_known: bool,
    is_settled: bool,
}

fn look(
    file: &Utf8Path,
    known: Option<(Stamp, FileDigest)>,
    start: SystemTime,
    buffer: &mut Vec<u8>,
) -> io::Result<Row> {
    let stamp = Stamp::of(&fs_err::metadata(file)?);
    if let Some((before, digest)) = known
        && before == stamp
    {
        return Ok(Row {
            stamp,
            digest,
            is_known: true,
            is_settled: true,
        });
    }
    buffer.resize(1 << 17, 0);
    let mut opened = fs_err::File::open(file)?;
    let mut sha256 = Sha256::new();
    let mut crc32 = crc32fast::Hasher::new();
    let mut size = 0;
    loop {
        let count = opened.read(buffer)?;
        if count == 0 {
            break;
        }
        sha256.update(&buffer[..count]);
        crc32.update(&buffer[..count]);
        size += count as u64;
    }
    let digest = FileDigest {
        sha256: sha256.finalize().into(),
        crc32: crc32.finalize(),
        size,
    };
    Ok(Row {
        stamp,
        digest,
        is_known: false,
        is_settled: stamp.is_settled(start),
    })
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let nanoseconds = |seconds: i64, part: i64| {
                seconds
                    .wrapping_mul(1_000_000_000)
                    .wrapping_add(part)
                    .cast_unsigned()
            };
            Self {
                size: metadata.len(),
                modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
                changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
                number: metadata.ino(),
            }
        }
        #[cfg(not(unix))]
        {
            let nanoseconds = |time: io::Result<SystemTime>| {
                time.ok()
                    .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
                    .map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(0))
            };
            Self {
                size: metadata.len(),
                modified: nanoseconds(metadata.modified()),
                changed: nanoseconds(metadata.created()),
                number: 0,
            }
        }
    }

    /// Whether a change after `start` would show.
    fn is_settled(&self, start: SystemTime) -> bool {
        let limit = start
            .checked_sub(RACY)
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
            .and_then(|since| u64::try_from(since.as_nanos()).ok())
            .unwrap_or(0);
        self.modified.max(self.changed) < limit
    }
}

/// An index as it was read: parsed again for each look-up, since a map of all its
/// rows would take three times as much memory as the text.
#[derive(Debug, Default)]
struct Known {
    bytes: Vec<u8>,
    /// What all paths start with.
    prefix: String,
    /// Where each row starts; sorted by path, as the rows are.
    rows: Vec<u32>,
}

impl Known {
    fn parse(mut bytes: Vec<u8>) -> Option<Self> {
        let end = bytes.len().checked_sub(32)?;
        if Sha256::digest(&bytes[..end])[..] != bytes[end..] {
            return None;
        }
        bytes.truncate(end);
        let (prefix, mut at) = text_at(&bytes, 0)?;
        let prefix = prefix.to_owned();
        let mut rows = Vec::new();
        while at < bytes.len() {
            rows.push(u32::try_from(at).ok()?);
            at = text_at(&bytes, at)?.1 + ROW;
        }
        (at == bytes.len()).then_some(Self {
            bytes,
            prefix,
            rows,
        })
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn get(&self, file: &Utf8Path) -> Option<(Stamp, FileDigest)> {
        let name = file.as_str().strip_prefix(self.prefix.as_str())?;
        let at = self
            .rows
            .binary_search_by(|row| self.row(*row).map_or("", |(path, _)| path).cmp(name))
            .ok()?;
        let (_, fields) = self.row(self.rows[at])?;
        let (numbers, rest) = fields.split_first_chunk::<32>()?;
        let (sha256, rest) = rest.split_first_chunk::<32>()?;
        let mut number = numbers
            .chunks_exact(8)
            .map(|chunk| chunk.try_into().map_or(0, u64::from_le_bytes));
        let stamp = Stamp {
            size: number.next()?,
            modified: number.next()?,
            changed: number.next()?,
            number: number.next()?,
        };
        let digest = FileDigest {
            sha256: *sha256,
            crc32: u32::from_le_bytes(rest.try_into().ok()?),
            size: stamp.size,
        };
        Some((stamp, digest))
    }

    fn row(&self, at: u32) -> Option<(&str, &[u8])> {
        let (path, fields) = text_at(&self.bytes, usize::try_from(at).ok()?)?;
        Some((path, self.bytes.get(fields..fields + ROW)?))
    }
}

/// Four numbers of a stamp, SHA-256, CRC-32.
const ROW: usize = 32 + 32 + 4;

/// A text with its length before it, and where it ends.
fn text_at(bytes: &[u8], at: usize) -> Option<(&str, usize)> {
    let (length, rest) = bytes.get(at..)?.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let text = std::str::from_utf8(rest.get(..length)?).ok()?;
    Some((text, at + 4 + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_has_another_digest_and_an_unchanged_one_isnt_read() {
        let folder = tempfile::tempdir().expect("temp dir");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let cache = Cache::at(root.join("cache"));
        let file: Arc<Utf8Path> = root.join("x").into();
        fs_err::write(&*file, "one").expect("written");
        let digest = |index: FileIndex| {
            let digests = index.digests(&[&file], 2).expect("digests");
            *digests.get(&file).expect("of that file")
        };
        let first = digest(FileIndex::of(&cache, root));
        // Same size, in the same moment.
        fs_err::write(&*file, "two").expect("written");
        let second = digest(FileIndex::of(&cache, root));
        assert_ne!(first, second);
        let old = SystemTime::now() - Duration::from_hours(1);
        let index = FileIndex::of(&cache, root);
        let stamp = Stamp::of(&fs_err::metadata(&*file).expect("there"));
        assert!(!stamp.is_settled(old), "it was written after that");
        // What the index knows is believed: a digest that no content has comes back.
        let made_up = FileDigest {
            sha256: [7; 32],
            ..second
        };
        save(&index.path, [(file.as_str(), stamp, made_up)].into_iter()).expect("saved");
        assert_eq!(digest(FileIndex::of(&cache, root)), made_up);
    }

    #[test]
    fn a_damaged_index_counts_as_empty() {
        let folder = tempfile::tempdir().expect("temp dir");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let cache = Cache::at(root.join("cache"));
        let index = FileIndex::of(&cache, root);
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
        let names = ["/p/c", "/p/é/a", "/p/è", "/p/b"];
        let mut rows = names.map(|name| (name, stamp, digest));
        rows.sort_by_key(|(name, ..)| *name);
        save(&index.path, rows.into_iter()).expect("saved");
        let bytes = fs_err::read(&index.path).expect("read");
        let known = Known::parse(bytes.clone()).expect("whole");
        assert_eq!((known.len(), known.prefix.as_str()), (4, "/p/"));
        for name in names {
            assert_eq!(known.get(name.into()), Some((stamp, digest)), "{name}");
        }
        assert_eq!(known.get("/p/d".into()), None);
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            assert!(Known::parse(bytes).is_none(), "{at}");
        }
    }
}
