//! What Ctrl-C (SIGINT, SIGTERM) does. One handler for the whole process, since a
//! process can have only one: by default it removes what is half-written and ends;
//! a command that stops in its own way says so.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// 128 + SIGINT, as shells have it.
const STATUS: i32 = 130;

type Callback = Box<dyn Fn() + Send>;

static CALLBACK: Mutex<Option<Callback>> = Mutex::new(None);
static TEMPORARIES: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Installs the handler. Without one (another library's is there), Ctrl-C keeps
/// its ordinary meaning.
pub fn install() {
    let _ = ctrlc::set_handler(|| {
        if let Some(callback) = &*locked(&CALLBACK) {
            return callback();
        }
        remove_temporaries();
        #[expect(clippy::exit, reason = "the main thread may be waiting for a child")]
        std::process::exit(STATUS);
    });
}

/// From now on every Ctrl-C calls `callback` and does nothing else.
pub fn call(callback: impl Fn() + Send + 'static) {
    *locked(&CALLBACK) = Some(Box::new(callback));
}

/// While `work` runs, a child in the foreground decides: Ctrl-C reaches it, too.
pub fn leave_to_child<T>(work: impl FnOnce() -> T) -> T {
    let before = locked(&CALLBACK).replace(Box::new(|| ()));
    let result = work();
    *locked(&CALLBACK) = before;
    result
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A path that is removed when the process is interrupted while this value lives.
/// In every other case its owner removes or renames it.
#[derive(Debug)]
pub struct Temporary(PathBuf);

impl Temporary {
    /// Watches over `path`, a file or a folder.
    pub fn watch(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_owned();
        locked(&TEMPORARIES).insert(path.clone());
        Self(path)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        locked(&TEMPORARIES).remove(&self.0);
    }
}

fn remove_temporaries() {
    // The lock is kept: nobody makes another one until the process ends.
    let mut paths = locked(&TEMPORARIES);
    for path in std::mem::take(&mut *paths) {
        let _ = if path.is_dir() {
            fs_err::remove_dir_all(&path)
        } else {
            fs_err::remove_file(&path)
        };
    }
    std::mem::forget(paths);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_watched_is_known() {
        let path = PathBuf::from("/nowhere/half-written");
        let watch = Temporary::watch(&path);
        assert!(locked(&TEMPORARIES).contains(&path));
        drop(watch);
        assert!(!locked(&TEMPORARIES).contains(&path));
    }
}
