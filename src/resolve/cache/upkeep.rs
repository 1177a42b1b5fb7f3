//! How large the cache is, and what may go: `djwar cache`.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;

use super::{Cache, utf8};
use crate::resolve::error::ResolveError;

/// A kind of thing in the cache, and how much there is of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Bucket {
    /// Entries.
    pub entries: u64,
    /// Bytes of their files.
    pub bytes: u64,
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Pruned {
    /// Entries.
    pub entries: u64,
    /// Bytes of their files.
    pub bytes: u64,
}

/// Folders that are no buckets.
const OWN: &[&str] = &["locks", "unfinished", "scratch"];

/// The ending of a file beside an unpacked WAR in which a command is at work, or left
/// something that is nowhere else (`deploy::UnpackedWar`).
pub const IN_USE: &str = ".in-use";

impl Cache {
    /// What is there, by kind.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn buckets(&self) -> Result<BTreeMap<String, Bucket>, ResolveError> {
        let mut buckets = BTreeMap::new();
        for path in self.entries()? {
            let name = path
                .parent()
                .and_then(Utf8Path::file_name)
                .unwrap_or_default();
            let bucket: &mut Bucket = buckets.entry(name.to_owned()).or_default();
            bucket.entries += 1;
            bucket.bytes += size(&path);
        }
        Ok(buckets)
    }

    /// Removes what no build has used for that long.
    ///
    /// # Errors
    /// When the folder can't be read or changed.
    pub fn prune(&self, unused: Duration) -> Result<Pruned, ResolveError> {
        let limit = SystemTime::now()
            .checked_sub(unused)
            .unwrap_or(SystemTime::UNIX_EPOCH);
        self.remove_where(|path| used(path).is_none_or(|used| used < limit))
    }

    /// Removes everything that no living build holds.
    ///
    /// # Errors
    /// When the folder can't be read or changed.
    pub fn clear(&self) -> Result<Pruned, ResolveError> {
        self.remove_where(|_| true)
    }

    fn remove_where(&self, gone: impl Fn(&Utf8Path) -> bool) -> Result<Pruned, ResolveError> {
        let mut pruned = Pruned::default();
        for path in self.entries()? {
            if !gone(&path) {
                continue;
            }
            let bytes = size(&path);
            let bucket = path
                .parent()
                .and_then(Utf8Path::file_name)
                .unwrap_or_default();
            let name = path.file_name().unwrap_or_default();
            // Its maker has the lock: it stays.
            let lock = self.folder().join("locks").join(format!("{bucket}-{name}"));
            let held = File::open(&lock)
                .ok()
                .filter(|lock| lock.file().try_lock().is_err());
            if held.is_some() || is_in_use(&path) {
                continue;
            }
            if path.is_dir() {
                // Renamed first: a removal that is killed half-way must not look
                // like an entry.
                let scratch = self.scratch()?;
                fs_err::rename(&path, scratch.path().join("entry"))?;
            } else {
                fs_err::remove_file(&path)?;
            }
            pruned.entries += 1;
            pruned.bytes += bytes;
        }
        // What killed builds left goes with the next scratch folder.
        if self.folder().exists() {
            drop(self.scratch()?);
        }
        Ok(pruned)
    }

    /// The entries of all buckets: folders, notes and packs.
    fn entries(&self) -> Result<Vec<Utf8PathBuf>, ResolveError> {
        let mut entries = Vec::new();
        if !self.folder().exists() {
            return Ok(entries);
        }
        for bucket in fs_err::read_dir(self.folder())? {
            let bucket = bucket?;
            let is_own = OWN.iter().any(|own| bucket.file_name() == **own);
            if is_own || !bucket.file_type()?.is_dir() {
                continue;
            }
            for entry in fs_err::read_dir(bucket.path())? {
                entries.push(utf8(&entry?.path())?);
            }
        }
        entries.sort();
        Ok(entries)
    }

    /// Says that an entry was used now: its `entry.json`'s time of change.
    pub(super) fn mark_used(entry: &Utf8Path) {
        let manifest = entry.join("entry.json");
        // Once a day is enough to prune by, and spares the disk.
        let is_fresh = used(entry).is_some_and(|used| {
            used.elapsed()
                .is_ok_and(|elapsed| elapsed < Duration::from_hours(24))
        });
        if !is_fresh && let Ok(file) = File::options().append(true).open(manifest) {
            let _ = file.file().set_modified(SystemTime::now());
        }
    }
}

/// Whether a WAR unpacked in `path` is a command's.
fn is_in_use(path: &Utf8Path) -> bool {
    let children = path.read_dir_utf8().into_iter().flatten().flatten();
    children
        .into_iter()
        .any(|child| child.file_name().ends_with(IN_USE))
}

/// When an entry was last used.
fn used(path: &Utf8Path) -> Option<SystemTime> {
    let manifest = path.join("entry.json");
    let time = |file: &Utf8Path| fs_err::metadata(file).ok()?.modified().ok();
    if !path.is_dir() || manifest.is_file() {
        return time(if path.is_dir() { &manifest } else { path });
    }
    // A folder without a manifest holds unpacked WARs (`deploy::UnpackedWar`), which
    // `manage` touches when it runs in them.
    let children = path.read_dir_utf8().ok()?.flatten();
    children.filter_map(|child| time(child.path())).max()
}

fn size(path: &Utf8Path) -> u64 {
    walkdir::WalkDir::new(path)
        .into_iter()
        .filter_map(|entry| entry.ok()?.metadata().ok())
        .filter(std::fs::Metadata::is_file)
        .map(|metadata| metadata.len())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::Key;

    #[test]
    fn what_was_not_used_goes_and_what_was_stays() {
        let folder = tempfile::tempdir().expect("temp dir");
        let cache = Cache::at(utf8(folder.path()).expect("UTF-8"));
        let make = |name: &str| {
            let key = Key::of([name]);
            cache
                .file_or_make("b", &key, "x", |path| Ok(fs_err::write(path, "four")?))
                .expect("made");
            cache.folder().join("b").join(key.as_str())
        };
        let (old, new) = (make("old"), make("new"));
        let year = Duration::from_hours(24 * 365);
        let make_old = || {
            let entry = File::options().append(true).open(old.join("entry.json"));
            let at = SystemTime::now() - year;
            let entry = entry.expect("there").into_parts().0;
            entry.set_modified(at).expect("made old");
        };
        make_old();
        assert_eq!(cache.buckets().expect("read")["b"].entries, 2);
        let pruned = cache.prune(Duration::from_hours(24)).expect("pruned");
        assert_eq!(pruned.entries, 1);
        assert!(!old.exists() && new.exists());
        // To use an old one makes it new.
        make("old");
        make_old();
        assert!(cache.existing("b", &Key::of(["old"])).is_some());
        assert_eq!(
            cache
                .prune(Duration::from_hours(24))
                .expect("pruned")
                .entries,
            0
        );
        // An unpacked WAR has no manifest; a command may be running in it.
        fs_err::create_dir_all(cache.folder().join("unpacked/data/war/app")).expect("made");
        assert_eq!(cache.prune(year).expect("pruned").entries, 0);
        let mark = cache.folder().join("unpacked/data/war.in-use");
        fs_err::write(&mark, "").expect("marked");
        assert_eq!(cache.clear().expect("cleared").entries, 2);
        assert_eq!(cache.clear().expect("cleared").entries, 0);
        fs_err::remove_file(&mark).expect("removed");
        assert_eq!(cache.clear().expect("cleared").entries, 1);
        assert!(!new.exists());
    }
}
