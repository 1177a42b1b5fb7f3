//! Digests of a project's files, remembered as long as size, times and number of
//! the file stay the same. Owns the index in the cache: one file a project.

use std::fs::Metadata;
use std::io::{self, Read};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::index::{Next, Reader, Writer};
use super::{Cache, Key};
use crate::model::{FileDigest, FileDigests, PathList};

/// Changes with the index's layout.
const RECIPE: &str = "files 3";
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
    pub(super) modified: u64,
    pub(super) changed: u64,
    pub(super) number: u64,
}

/// The index of one list of files.
#[derive(Debug)]
pub struct FileIndex {
    path: Utf8PathBuf,
    root: Utf8PathBuf,
}

/// Files that are looked at between two parts of the index: no more of it is in
/// memory at once.
const PART: usize = 4096;

/// Files that a thread takes at once.
const BATCH: usize = 64;

impl FileIndex {
    /// The index of that name for files below `root`. A damaged one counts as empty.
    pub fn of(cache: &Cache, name: &str, root: &Utf8Path) -> Self {
        let key = Key::of([RECIPE, name, root.as_str()]);
        Self {
            path: cache.folder().join(BUCKET).join(key.as_str()),
            root: root.to_owned(),
        }
    }

    /// The digests of `files`, read only where a stamp is new; on `threads`
    /// threads.
    ///
    /// # Errors
    /// When a file can't be read; names it.
    pub fn digests(&self, files: &Arc<PathList>, threads: usize) -> io::Result<FileDigests> {
        self.digests_at(files, threads, SystemTime::now())
    }

    fn digests_at(
        &self,
        files: &Arc<PathList>,
        threads: usize,
        start: SystemTime,
    ) -> io::Result<FileDigests> {
        let mut reader = Reader::open(&self.path);
        let mut writer = None;
        let mut digests = Vec::with_capacity(files.len());
        let mut from = 0;
        while from < files.len() {
            let paths: Vec<String> = (from..files.len().min(from + PART))
                .map(|at| files.get(at))
                .collect();
            from += paths.len();
            let before = reader.as_ref().map_or(0, Reader::position);
            let mut is_same = true;
            let mut known = Vec::with_capacity(paths.len());
            for path in &paths {
                known.push(match reader.as_mut().map(|reader| reader.next(path)) {
                    Some(Next::Known(stamp, digest)) => Some((stamp, digest)),
                    Some(Next::After(stamp, digest)) => {
                        is_same = false;
                        Some((stamp, digest))
                    }
                    Some(Next::Missing) | None => None,
                });
            }
            let rows = self.look_at(&paths, &known, start, threads)?;
            if writer.is_none() && !(is_same && rows.iter().all(|row| row.is_known)) {
                // What was the same up to here is copied.
                let before = reader.as_mut().map(|reader| (reader, before));
                writer = Some(Writer::after(&self.path, before));
            }
            for (path, row) in paths.iter().zip(rows) {
                if let Some(writer) = writer.as_mut().filter(|_| row.is_settled) {
                    writer.put(path, &row.stamp, &row.digest);
                }
                digests.push(row.digest);
            }
        }
        if let Some(reader) = reader.as_mut()
            && writer.is_none()
            && !reader.is_at_end()
        {
            let all = reader.position();
            writer = Some(Writer::after(&self.path, Some((reader, all))));
        }
        if let Some(writer) = writer {
            writer.finish();
        }
        Ok(FileDigests::of(&self.root, files.clone(), digests))
    }

    fn look_at(
        &self,
        paths: &[String],
        known: &[Option<(Stamp, FileDigest)>],
        start: SystemTime,
        threads: usize,
    ) -> io::Result<Vec<Row>> {
        let look = |at: usize, buffer: &mut Vec<u8>| {
            look(&self.root.join(&paths[at]), known[at], start, buffer)
        };
        let threads = threads.min(paths.len().div_ceil(BATCH));
        if threads <= 1 {
            let mut buffer = Vec::new();
            return (0..paths.len()).map(|at| look(at, &mut buffer)).collect();
        }
        let next = AtomicUsize::new(0);
        let done = Mutex::new(vec![None; paths.len()]);
        let work = || -> io::Result<()> {
            let mut buffer = Vec::new();
            loop {
                let from = next.fetch_add(BATCH, Ordering::Relaxed);
                if from >= paths.len() {
                    return Ok(());
                }
                let batch = from..paths.len().min(from + BATCH);
                let rows: io::Result<Vec<Row>> = batch.map(|at| look(at, &mut buffer)).collect();
                let rows = rows.inspect_err(|_| next.store(paths.len(), Ordering::Relaxed))?;
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                for (place, row) in done[from..].iter_mut().zip(rows) {
                    *place = Some(row);
                }
            }
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers.into_iter().try_for_each(|worker| {
                worker
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
        })?;
        let done = done.into_inner().unwrap_or_default();
        Ok(done.into_iter().flatten().collect())
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().expect("temp dir");
        let root = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("UTF-8");
        (folder, root)
    }

    #[test]
    fn a_changed_file_has_another_digest_and_an_unchanged_one_isnt_read() {
        let (_folder, root) = folder();
        let cache = Cache::at(root.join("cache"));
        let file = root.join("x");
        let files: Arc<PathList> = Arc::new(["x"].into_iter().collect());
        fs_err::write(&file, "one").expect("written");
        let index = FileIndex::of(&cache, "", &root);
        let digest = || {
            let digests = index.digests(&files, 2).expect("digests");
            *digests.get(&file).expect("of that file")
        };
        let first = digest();
        // Same size, in the same moment.
        fs_err::write(&file, "two").expect("written");
        let second = digest();
        assert_ne!(first, second);
        let old = SystemTime::now() - Duration::from_hours(1);
        let stamp = Stamp::of(&fs_err::metadata(&file).expect("there"));
        assert!(!stamp.is_settled(old), "it was written after that");
        // What the index knows is believed: a digest that no content has comes back.
        let made_up = FileDigest {
            sha256: [7; 32],
            ..second
        };
        let mut writer = Writer::after(&index.path, None);
        writer.put("x", &stamp, &made_up);
        writer.finish();
        assert_eq!(digest(), made_up);
    }

    /// The paths that the index holds.
    fn rows(index: &FileIndex) -> Vec<String> {
        let names = (0..10_000).map(name);
        let mut reader = Reader::open(&index.path).expect("whole");
        let mut found: Vec<String> = names.collect();
        found.sort();
        found.retain(|name| !matches!(reader.next(name), Next::Missing));
        assert!(reader.is_at_end());
        found
    }

    fn name(number: usize) -> String {
        format!("{}/f{number}", number % 7)
    }

    #[test]
    fn an_index_holds_what_is_there_after_any_edit() {
        let (_folder, root) = folder();
        let cache = Cache::at(root.join("cache"));
        let index = FileIndex::of(&cache, "", &root);
        let count = 2 * PART + 9;
        for number in 0..count {
            let path = root.join(name(number));
            fs_err::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs_err::write(&path, number.to_string()).expect("written");
        }
        let later = SystemTime::now() + Duration::from_hours(1);
        let digests = |names: &mut dyn Iterator<Item = usize>| {
            let files: Arc<PathList> = Arc::new(names.map(name).collect());
            let done = index.digests_at(&files, 2, later).expect("digests");
            for path in files.iter() {
                let path = root.join(path);
                let digest = done.get(&path).expect("of each");
                let content = fs_err::read(&path).expect("read");
                assert_eq!(digest.sha256[..], Sha256::digest(content)[..], "{path}");
            }
            let mut sorted: Vec<String> = files.iter().collect();
            sorted.sort();
            assert_eq!(rows(&index), sorted);
        };
        digests(&mut (0..count));
        let first = fs_err::metadata(&index.path).expect("there");
        digests(&mut (0..count));
        let second = fs_err::metadata(&index.path).expect("there");
        assert_eq!(Stamp::of(&first), Stamp::of(&second), "nothing was written");
        // One less at the end, at the start and in the middle; new ones; another content.
        digests(&mut (0..count - 1));
        digests(&mut (1..count - 1));
        digests(&mut (1..count).filter(|number| number % 1000 != 3));
        digests(&mut (0..count));
        fs_err::write(root.join(name(PART + 1)), "another").expect("written");
        digests(&mut (0..count));
        digests(&mut (5..6));
        digests(&mut (0..count));
    }
}
