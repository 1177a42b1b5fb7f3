//! Digests of a project's files, remembered as long as size, times and number of
//! the file stay the same. Owns the index in the cache: one file a project.

use std::collections::HashMap;
use std::fs::Metadata;
use std::io::{self, Read, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Cache, Key};
use crate::model::{FileDigest, FileDigests};

/// Changes with the index's layout.
const RECIPE: &str = "files 1";
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
    known: HashMap<Utf8PathBuf, (Stamp, FileDigest)>,
}

impl FileIndex {
    /// The index of the project in `root`. A damaged one counts as empty.
    pub fn of(cache: &Cache, root: &Utf8Path) -> Self {
        let key = Key::of([RECIPE, root.as_str()]);
        let path = cache.folder().join(BUCKET).join(key.as_str());
        let known = fs_err::read(&path)
            .ok()
            .and_then(|bytes| parse(&bytes))
            .unwrap_or_default();
        Self { path, known }
    }

    /// The digests of `files`, read only where a stamp is new; on `threads`
    /// threads.
    ///
    /// # Errors
    /// When a file can't be read; names it.
    pub fn digests(mut self, files: &[&Utf8Path], threads: usize) -> io::Result<FileDigests> {
        let start = SystemTime::now();
        let next = AtomicUsize::new(0);
        let found = Mutex::new(Vec::with_capacity(files.len()));
        let failed = Mutex::new(None);
        let known = &self.known;
        std::thread::scope(|scope| {
            for _ in 0..threads.clamp(1, files.len().div_ceil(BATCH).max(1)) {
                scope.spawn(|| {
                    let mut own = Vec::new();
                    let mut buffer = vec![0; 1 << 17];
                    loop {
                        let from = next.fetch_add(BATCH, Ordering::Relaxed);
                        if from >= files.len() {
                            break;
                        }
                        for &file in &files[from..files.len().min(from + BATCH)] {
                            match look(file, known.get(file), start, &mut buffer) {
                                Ok(row) => own.push((file.to_owned(), row)),
                                Err(error) => {
                                    next.store(files.len(), Ordering::Relaxed);
                                    if let Ok(mut failed) = failed.lock() {
                                        failed.get_or_insert(error);
                                    }
                                    return;
                                }
                            }
                        }
                    }
                    if let Ok(mut found) = found.lock() {
                        found.extend(own);
                    }
                });
            }
        });
        if let Some(error) = failed.into_inner().unwrap_or_default() {
            return Err(error);
        }
        let found = found.into_inner().unwrap_or_default();
        if found.len() != self.known.len() || found.iter().any(|(_, row)| !row.is_known) {
            self.known = found
                .iter()
                .filter(|(_, row)| row.is_settled)
                .map(|(path, row)| (path.clone(), (row.stamp, row.digest)))
                .collect();
            // A cache that can't be written costs time, and nothing else.
            let _ = self.save();
        }
        drop(self);
        Ok(found
            .into_iter()
            .map(|(path, row)| (path, row.digest))
            .collect())
    }

    fn save(&self) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(&self.path);
        fs_err::create_dir_all(folder)?;
        let mut bytes = Vec::with_capacity(self.known.len() * 160);
        let mut rows: Vec<_> = self.known.iter().collect();
        rows.sort_by_key(|(path, _)| path.as_str());
        for (path, (stamp, digest)) in rows {
            bytes.extend_from_slice(
                &u32::try_from(path.as_str().len())
                    .unwrap_or(0)
                    .to_le_bytes(),
            );
            bytes.extend_from_slice(path.as_str().as_bytes());
            for number in [stamp.size, stamp.modified, stamp.changed, stamp.number] {
                bytes.extend_from_slice(&number.to_le_bytes());
            }
            bytes.extend_from_slice(&digest.sha256);
            bytes.extend_from_slice(&digest.crc32.to_le_bytes());
        }
        let check = Sha256::digest(&bytes);
        let mut file = tempfile::Builder::new()
            .prefix("new-")
            .tempfile_in(folder)?;
        file.write_all(&bytes)?;
        file.write_all(&check)?;
        file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

/// Files that a thread takes at once.
const BATCH: usize = 16;

struct Row {
    stamp: Stamp,
    digest: FileDigest,
    is_known: bool,
    is_settled: bool,
}

fn look(
    file: &Utf8Path,
    known: Option<&(Stamp, FileDigest)>,
    start: SystemTime,
    buffer: &mut [u8],
) -> io::Result<Row> {
    let stamp = Stamp::of(&fs_err::metadata(file)?);
    if let Some((before, digest)) = known
        && *before == stamp
    {
        return Ok(Row {
            stamp,
            digest: *digest,
            is_known: true,
            is_settled: true,
        });
    }
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

fn parse(bytes: &[u8]) -> Option<HashMap<Utf8PathBuf, (Stamp, FileDigest)>> {
    let (mut rest, check) = bytes.split_at_checked(bytes.len().checked_sub(32)?)?;
    if Sha256::digest(rest)[..] != *check {
        return None;
    }
    let mut known = HashMap::new();
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (path, after) =
            after.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        let (numbers, after) = after.split_first_chunk::<32>()?;
        let (sha256, after) = after.split_first_chunk::<32>()?;
        let (crc32, after) = after.split_first_chunk::<4>()?;
        rest = after;
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
            crc32: u32::from_le_bytes(*crc32),
            size: stamp.size,
        };
        let path = Utf8PathBuf::from(std::str::from_utf8(path).ok()?);
        known.insert(path, (stamp, digest));
    }
    Some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_has_another_digest_and_an_unchanged_one_isnt_read() {
        let folder = tempfile::tempdir().expect("temp dir");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let cache = Cache::at(root.join("cache"));
        let file = root.join("x");
        fs_err::write(&file, "one").expect("written");
        let digest = |index: FileIndex| {
            let digests = index.digests(&[&file], 2).expect("digests");
            *digests.get(&file).expect("of that file")
        };
        let first = digest(FileIndex::of(&cache, root));
        // Same size, in the same moment.
        fs_err::write(&file, "two").expect("written");
        let second = digest(FileIndex::of(&cache, root));
        assert_ne!(first, second);
        let old = SystemTime::now() - Duration::from_hours(1);
        let mut index = FileIndex::of(&cache, root);
        let stamp = Stamp::of(&fs_err::metadata(&file).expect("there"));
        assert!(!stamp.is_settled(old), "it was written after that");
        // What the index knows is believed: a digest that no content has comes back.
        let made_up = FileDigest {
            sha256: [7; 32],
            ..second
        };
        index.known.insert(file.clone(), (stamp, made_up));
        index.save().expect("saved");
        assert_eq!(digest(FileIndex::of(&cache, root)), made_up);
    }

    #[test]
    fn a_damaged_index_counts_as_empty() {
        let folder = tempfile::tempdir().expect("temp dir");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let cache = Cache::at(root.join("cache"));
        let mut index = FileIndex::of(&cache, root);
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
        index.known.insert("a".into(), (stamp, digest));
        index.save().expect("saved");
        let bytes = fs_err::read(&index.path).expect("read");
        assert_eq!(parse(&bytes).map(|known| known.len()), Some(1));
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            assert!(parse(&bytes).is_none(), "{at}");
        }
    }
}
