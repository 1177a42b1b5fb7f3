//! Folders for work that is thrown away: on the cache's own disk, and swept
//! after a kill.

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;

use super::cache::{Cache, utf8};
use super::error::ResolveError;

/// The ending of scratch folders' lock files.
const LOCK: &str = ".lock";

/// A folder that goes when this does, or, after a kill, when the next build
/// makes one.
#[derive(Debug)]
pub struct Scratch {
    directory: Utf8PathBuf,
    _lock: tempfile::NamedTempFile,
}

impl Scratch {
    /// The folder.
    pub fn path(&self) -> &Utf8Path {
        &self.directory
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What can't be removed now is swept by the next build.
        let _ = fs_err::remove_dir_all(&self.directory);
    }
}

/// Removes the folders whose build is dead.
fn sweep_scratch(folder: &Utf8Path) -> Result<(), ResolveError> {
    for entry in fs_err::read_dir(folder)? {
        let path = utf8(&entry?.path())?;
        let Some(directory) = path.as_str().strip_suffix(LOCK) else {
            continue;
        };
        // Its owner may end and remove it in this moment.
        let Ok(file) = File::open(&path) else {
            continue;
        };
        if file.file().try_lock().is_ok() {
            let _ = fs_err::remove_dir_all(directory);
            let _ = fs_err::remove_file(&path);
        }
    }
    Ok(())
}

impl Cache {
    /// A folder for work that is thrown away, on the cache's own disk so that
    /// files move into entries without being copied.
    ///
    /// # Errors
    /// When the cache can't be written.
    pub fn scratch(&self) -> Result<Scratch, ResolveError> {
        let folder = self.folder().join("scratch");
        fs_err::create_dir_all(&folder)?;
        sweep_scratch(&folder)?;
        let doing = || ResolveError::io(format!("can't make a folder in `{folder}`"));
        // A living build holds its lock; the system drops it at a kill.
        let lock = tempfile::Builder::new()
            .suffix(LOCK)
            .tempfile_in(&folder)
            .map_err(doing())?;
        lock.as_file().lock().map_err(doing())?;
        let path = utf8(lock.path())?;
        let directory = Utf8PathBuf::from(path.as_str().trim_end_matches(LOCK));
        fs_err::create_dir(&directory)?;
        Ok(Scratch {
            directory,
            _lock: lock,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scratch_folders_of_the_living_stay_and_of_the_dead_go() {
        let folder = tempfile::tempdir().expect("temp dir");
        let cache = Cache::at(utf8(folder.path()).expect("UTF-8"));
        let dead = cache.folder().join("scratch/dead");
        fs_err::create_dir_all(&dead).expect("left behind");
        fs_err::write(cache.folder().join("scratch/dead.lock"), "").expect("left behind");
        let living = cache.scratch().expect("made");
        assert!(!dead.exists());
        let other = cache.scratch().expect("made");
        assert!(living.path().exists());
        let path = other.path().to_owned();
        drop(other);
        assert!(!path.exists());
    }
}
