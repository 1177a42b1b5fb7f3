//! The cache: what was brought or made once, by key. Owns its folder's layout;
//! knows nothing of Python or Maven.
//!
//! An entry is a folder `BUCKET/KEY/` with `content/` and `entry.json`, which
//! lists the files with size, time and digest. It is made under another name
//! beside and renamed when whole, so that a kill leaves no half entry; a lock
//! file per key lets several builds share the folder.

mod builds;
mod deflated;
mod files;
mod index;
mod notes;
mod pack_writer;
mod spool;
mod upkeep;

use std::time::UNIX_EPOCH;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::ResolveError;
use super::host::Host;
pub use builds::Remembered;
pub use deflated::{Blob, ContentKey, Deflated};
pub use files::FileIndex;
pub use pack_writer::PackWriter;
pub use spool::Spool;
pub use upkeep::{Bucket, IN_USE, Pruned};

/// Changes when the layout or the meaning of any bucket changes.
const LAYOUT: &str = "v1";

/// The cache folder.
#[derive(Clone, Debug)]
pub struct Cache {
    root: Utf8PathBuf,
}

/// A SHA-256 in hexadecimal over everything an entry depends on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// A key over `parts`. Each part's length goes in as well, so that
    /// `["ab", "c"]` and `["a", "bc"]` differ.
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part.as_bytes());
        }
        Self(hexadecimal(&digest.finalize()))
    }

    /// A key over bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(hexadecimal(&Sha256::digest(bytes)))
    }

    /// A key from its text.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .then(|| Self(text.to_owned()))
    }

    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Manifest {
    files: Vec<Member>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Member {
    path: String,
    size: u64,
    modified: u64,
    sha256: String,
}

impl Cache {
    /// The user's cache: `DJWAR_CACHE_DIR`, else the platform's own place.
    ///
    /// # Errors
    /// When no place is known.
    pub fn of_user(host: &Host) -> Result<Self, ResolveError> {
        if let Some(folder) = host.variable("DJWAR_CACHE_DIR") {
            let folder = camino::absolute_utf8(folder).map_err(ResolveError::io(format!(
                "can't find the cache folder `{folder}`"
            )))?;
            return Ok(Self::at(folder));
        }
        let place = if cfg!(windows) {
            host.variable("LOCALAPPDATA").map(Utf8PathBuf::from)
        } else if cfg!(target_os = "macos") {
            host.home().map(|home| home.join("Library/Caches"))
        } else {
            // XDG Base Directory: a relative path is invalid and ignored.
            host.variable("XDG_CACHE_HOME")
                .map(Utf8PathBuf::from)
                .filter(|path| path.is_absolute())
                .or_else(|| host.home().map(|home| home.join(".cache")))
        };
        place
            .map(|place| Self::at(place.join("djwar")))
            .ok_or(ResolveError::NoCacheFolder)
    }

    /// A cache in that folder, which need not exist yet.
    pub fn at(folder: impl Into<Utf8PathBuf>) -> Self {
        Self {
            root: folder.into().join(LAYOUT),
        }
    }

    /// The folder of this cache's layout.
    pub fn folder(&self) -> &Utf8Path {
        &self.root
    }

    /// The entry's `content` folder when it is there and whole.
    pub fn existing(&self, bucket: &str, key: &Key) -> Option<Utf8PathBuf> {
        let entry = self.entry(bucket, key);
        if !is_whole(&entry) {
            return None;
        }
        Self::mark_used(&entry);
        Some(entry.join("content"))
    }

    /// The entry's `content` folder, made by `make` when it isn't there or is damaged.
    /// `make` gets an empty folder to fill.
    ///
    /// # Errors
    /// Those of `make`, and when the cache can't be written.
    pub fn entry_or_make(
        &self,
        bucket: &str,
        key: &Key,
        make: impl FnOnce(&Utf8Path) -> Result<(), ResolveError>,
    ) -> Result<Utf8PathBuf, ResolveError> {
        if let Some(content) = self.existing(bucket, key) {
            return Ok(content);
        }
        let _lock = self.lock(bucket, key)?;
        // Another build may have made it while this one waited.
        if let Some(content) = self.existing(bucket, key) {
            return Ok(content);
        }
        let entry = self.entry(bucket, key);
        let unfinished = self.root.join("unfinished");
        let prefix = format!("{bucket}-{}-", key.as_str());
        fs_err::create_dir_all(&unfinished)?;
        sweep(&unfinished, &prefix)?;
        let folder = tempfile::Builder::new()
            .prefix(&prefix)
            .tempdir_in(&unfinished)
            .map_err(ResolveError::io(format!(
                "can't make a folder in `{unfinished}`"
            )))?;
        let new = utf8(folder.path())?;
        let content = new.join("content");
        fs_err::create_dir(&content)?;
        make(&content)?;
        let manifest = Manifest::of(&content)?;
        let text = serde_json::to_vec(&manifest).map_err(std::io::Error::other)?;
        fs_err::write(new.join("entry.json"), text)?;
        if entry.exists() {
            // It is damaged, or is_whole would have said so. Renamed first: a
            // removal that is killed half-way must not look like an entry.
            let damaged = unfinished.join(format!("{prefix}damaged"));
            fs_err::rename(&entry, &damaged)?;
            fs_err::remove_dir_all(&damaged)?;
        }
        fs_err::create_dir_all(self.root.join(bucket))?;
        fs_err::rename(&new, &entry)?;
        // Renamed away: there is nothing left for TempDir to remove.
        let _ = folder.keep();
        Ok(entry.join("content"))
    }

    /// As [`Cache::entry_or_make`], for an entry that is one file.
    ///
    /// # Errors
    /// As there.
    pub fn file_or_make(
        &self,
        bucket: &str,
        key: &Key,
        name: &str,
        make: impl FnOnce(&Utf8Path) -> Result<(), ResolveError>,
    ) -> Result<Utf8PathBuf, ResolveError> {
        self.entry_or_make(bucket, key, |folder| make(&folder.join(name)))
            .map(|folder| folder.join(name))
    }

    /// The SHA-256 of a file outside the cache, remembered as long as its size
    /// and time stay the same. `check` sees the file when it is read anew.
    ///
    /// # Errors
    /// When the file can't be read, and those of `check`.
    pub fn digest_of(
        &self,
        file: &Utf8Path,
        check: impl FnOnce(&Utf8Path) -> Result<(), ResolveError>,
    ) -> Result<String, ResolveError> {
        let (size, modified) = stamp(file)?;
        let key = Key::of([file.as_str(), &size.to_string(), &modified.to_string()]);
        let known = self.file_or_make("digests", &key, "sha256", |target| {
            check(file)?;
            fs_err::write(target, sha256_of(file)?)?;
            Ok(())
        })?;
        Ok(fs_err::read_to_string(known)?)
    }

    /// Forgets an entry.
    ///
    /// # Errors
    /// When it can't be removed.
    pub fn remove(&self, bucket: &str, key: &Key) -> Result<(), ResolveError> {
        let entry = self.entry(bucket, key);
        if !entry.exists() {
            return Ok(());
        }
        let _lock = self.lock(bucket, key)?;
        let removed = self.scratch()?;
        fs_err::rename(&entry, removed.path().join("entry"))?;
        Ok(())
    }

    fn entry(&self, bucket: &str, key: &Key) -> Utf8PathBuf {
        self.root.join(bucket).join(key.as_str())
    }

    /// Held until the returned file is dropped; the system drops it at a kill.
    fn lock(&self, bucket: &str, key: &Key) -> Result<File, ResolveError> {
        let folder = self.root.join("locks");
        fs_err::create_dir_all(&folder)?;
        let path = folder.join(format!("{bucket}-{}", key.as_str()));
        let file = File::create(&path)?;
        file.file()
            .lock()
            .map_err(ResolveError::io(format!("can't lock `{path}`")))?;
        Ok(file)
    }
}

impl Manifest {
    fn of(content: &Utf8Path) -> Result<Self, ResolveError> {
        let mut files = Vec::new();
        for found in walkdir::WalkDir::new(content).sort_by_file_name() {
            let found = found.map_err(std::io::Error::other)?;
            if !found.file_type().is_file() {
                continue;
            }
            let path = utf8(found.path())?;
            let (size, modified) = stamp(&path)?;
            files.push(Member {
                sha256: sha256_of(&path)?,
                path: path.strip_prefix(content).unwrap_or(&path).to_string(),
                size,
                modified,
            });
        }
        Ok(Self { files })
    }
}

/// Removes what a killed build left for this key. Its lock is held, so
/// nobody works there.
fn sweep(unfinished: &Utf8Path, prefix: &str) -> Result<(), ResolveError> {
    for entry in fs_err::read_dir(unfinished)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            fs_err::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// Size and time tell at the price of one `stat`; only a file whose time
/// changed is read again.
fn is_whole(entry: &Utf8Path) -> bool {
    let Ok(text) = fs_err::read(entry.join("entry.json")) else {
        return false;
    };
    let Ok(manifest) = serde_json::from_slice::<Manifest>(&text) else {
        return false;
    };
    let content = entry.join("content");
    manifest.files.iter().all(|member| {
        let path = content.join(&member.path);
        stamp(&path).is_ok_and(|(size, modified)| {
            size == member.size
                && (modified == member.modified
                    || sha256_of(&path).is_ok_and(|sha256| sha256 == member.sha256))
        })
    })
}

fn stamp(path: &Utf8Path) -> Result<(u64, u64), ResolveError> {
    let metadata = fs_err::metadata(path)?;
    let modified = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |since| {
            since.as_secs().wrapping_mul(1_000_000_000) + u64::from(since.subsec_nanos())
        });
    Ok((metadata.len(), modified))
}

/// The SHA-256 of a file's bytes.
pub(crate) fn sha256_of(path: &Utf8Path) -> Result<String, ResolveError> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    std::io::copy(&mut file, &mut DigestWriter(&mut digest))?;
    Ok(hexadecimal(&digest.finalize()))
}

/// `std::io::copy` into a digest.
pub(crate) struct DigestWriter<'a, D: sha2::digest::Update>(pub(crate) &'a mut D);

impl<D: sha2::digest::Update> std::io::Write for DigestWriter<'_, D> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

pub(crate) fn utf8(path: &std::path::Path) -> Result<Utf8PathBuf, ResolveError> {
    Utf8PathBuf::from_path_buf(path.to_owned())
        .map_err(|path| ResolveError::NotUtf8(path.display().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn temporary() -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().expect("temp dir");
        let cache = Cache::at(utf8(folder.path()).expect("UTF-8"));
        (folder, cache)
    }

    fn write(text: &'static str) -> impl FnOnce(&Utf8Path) -> Result<(), ResolveError> {
        move |path| Ok(fs_err::write(path, text)?)
    }

    #[test]
    fn a_second_asker_gets_the_first_ones_entry() {
        let (_folder, cache) = temporary();
        let key = Key::of(["a"]);
        let first = cache
            .file_or_make("b", &key, "x", write("one"))
            .expect("made");
        let second = cache
            .file_or_make("b", &key, "x", write("two"))
            .expect("found");
        assert_eq!(first, second);
        assert_eq!(fs_err::read_to_string(second).expect("read"), "one");
    }

    #[test]
    fn a_damaged_entry_is_made_again() {
        let (_folder, cache) = temporary();
        let key = Key::of(["a"]);
        let path = cache
            .file_or_make("b", &key, "x", write("one"))
            .expect("made");
        fs_err::write(&path, "on").expect("truncate");
        let path = cache
            .file_or_make("b", &key, "x", write("two"))
            .expect("made again");
        assert_eq!(fs_err::read_to_string(&path).expect("read"), "two");
        fs_err::write(&path, "owt").expect("same size, other bytes");
        let path = cache
            .file_or_make("b", &key, "x", write("three"))
            .expect("made again");
        assert_eq!(fs_err::read_to_string(path).expect("read"), "three");
    }

    #[test]
    fn a_failure_leaves_no_entry_and_no_rest() {
        let (_folder, cache) = temporary();
        let key = Key::of(["a"]);
        let failed = cache.entry_or_make("b", &key, |folder| {
            fs_err::write(folder.join("half"), "x")?;
            Err(ResolveError::NoCacheFolder)
        });
        assert!(failed.is_err());
        assert_eq!(cache.existing("b", &key), None);
        let unfinished = fs_err::read_dir(cache.folder().join("unfinished")).expect("folder");
        assert_eq!(unfinished.count(), 0);
    }

    #[test]
    fn what_a_killed_build_left_is_swept() {
        let (_folder, cache) = temporary();
        let key = Key::of(["a"]);
        let rest = cache
            .folder()
            .join(format!("unfinished/b-{}-dead", key.as_str()));
        fs_err::create_dir_all(rest.join("content")).expect("left behind");
        cache
            .file_or_make("b", &key, "x", write("one"))
            .expect("made");
        assert!(!rest.exists());
    }

    #[test]
    fn builds_at_the_same_time_make_an_entry_once() {
        let (_folder, cache) = temporary();
        let key = Key::of(["a"]);
        let made = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    cache
                        .file_or_make("b", &key, "x", |path| {
                            made.fetch_add(1, Ordering::SeqCst);
                            Ok(fs_err::write(path, "one")?)
                        })
                        .expect("made or found")
                });
            }
        });
        assert_eq!(made.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_changed_file_has_another_digest() {
        let (folder, cache) = temporary();
        let file = utf8(folder.path()).expect("UTF-8").join("x");
        fs_err::write(&file, "one").expect("write");
        let first = cache.digest_of(&file, |_| Ok(())).expect("digest");
        assert_eq!(
            first,
            cache
                .digest_of(&file, |_| panic!("read again"))
                .expect("digest")
        );
        fs_err::write(&file, "other").expect("write");
        assert_ne!(first, cache.digest_of(&file, |_| Ok(())).expect("digest"));
    }

    #[test]
    fn the_cache_is_where_the_variables_say() {
        let host = Host::with_variables([("DJWAR_CACHE_DIR", "/c"), ("HOME", "/h")]);
        assert!(
            Cache::of_user(&host)
                .expect("known")
                .folder()
                .starts_with("/c")
        );
        let nowhere = Host::default();
        assert!(matches!(
            Cache::of_user(&nowhere),
            Err(ResolveError::NoCacheFolder)
        ));
    }
}
