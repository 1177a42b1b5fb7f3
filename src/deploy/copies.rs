//! Unpacked WARs in the cache, one command in each at a time. A mark beside a copy
//! says for whom it is in use, from before the command until what it wrote is
//! brought out. A mark which nobody holds is one of a command that was cut off.

use std::fs::TryLockError;
use std::io::{Read as _, Write as _};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;
use serde::{Deserialize, Serialize};

use super::DeployError;
use crate::resolve::IN_USE;

/// Whose command it is: where the files belong that it writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The project's folder; nothing where the command was given a WAR.
    pub project: Option<Utf8PathBuf>,
    /// Where files go that have no place in the project.
    pub aside: Utf8PathBuf,
}

impl Owner {
    /// Whether files of `other` may be brought to where this one's go.
    fn is(&self, other: &Self) -> bool {
        self.project == other.project && (self.project.is_some() || self.aside == other.aside)
    }
}

/// A copy that is this process's alone, and its command's.
#[derive(Debug)]
pub(super) struct Copy {
    /// The unpacked WAR; it may not be there yet.
    pub(super) root: Utf8PathBuf,
    /// Who is, or was, at work in it.
    pub(super) owner: Owner,
    mark: Utf8PathBuf,
    // The system gives the lock up when the last process that has it open ends: the
    // command inherits it, and may outlive djwar.
    _lock: File,
}

impl Copy {
    /// The first free copy of the WAR `digest` in `folder`: `DIGEST`, or while others
    /// are at work, `DIGEST-2` and so on.
    pub(super) fn take(folder: &Utf8Path, digest: &str, owner: &Owner) -> std::io::Result<Self> {
        fs_err::create_dir_all(folder)?;
        let mut number = 1;
        loop {
            let name = match number {
                1 => digest.to_owned(),
                _ => format!("{digest}-{number}"),
            };
            match Self::try_take(folder.join(name), owner)? {
                Taken::Free(copy) => return Ok(copy),
                Taken::InUse => number += 1,
                Taken::Gone => {}
            }
        }
    }

    fn try_take(root: Utf8PathBuf, owner: &Owner) -> std::io::Result<Taken> {
        let mark = mark_of(&root);
        let mut options = File::options();
        let file = options.read(true).write(true).create(true).truncate(false);
        let mut file = file.open(&mark)?;
        match file.file().try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Taken::InUse),
            // A file system without locks would be asked for ever.
            Err(TryLockError::Error(error)) => return Err(error),
        }
        if !is_same(&file, &mark) {
            // Its owner removed it between the two lines above.
            return Ok(Taken::Gone);
        }
        if file.metadata()?.len() > 0 {
            // Somebody else's, who was cut off: see `abandoned`.
            return Ok(Taken::InUse);
        }
        file.write_all(serde_json::to_string(owner)?.as_bytes())?;
        leave_to_children(&file);
        Ok(Taken::Free(Self {
            root,
            owner: owner.clone(),
            mark,
            _lock: file,
        }))
    }

    /// What commands of `owner` left behind when they were cut off, in any folder of
    /// `all`.
    pub(super) fn abandoned(all: &Utf8Path, owner: &Owner) -> Vec<Self> {
        let folders = all.read_dir_utf8().into_iter().flatten().flatten();
        let marks = folders
            .filter_map(|folder| folder.path().read_dir_utf8().ok())
            .flatten()
            .flatten()
            .filter(|entry| entry.file_name().ends_with(IN_USE));
        marks
            .filter_map(|entry| Self::try_abandoned(entry.path(), owner))
            .collect()
    }

    fn try_abandoned(mark: &Utf8Path, owner: &Owner) -> Option<Self> {
        let mut file = File::options().read(true).write(true).open(mark).ok()?;
        file.file().try_lock().ok()?;
        let mut text = String::new();
        file.read_to_string(&mut text).ok()?;
        // An empty one was cut off before its command began.
        let left: Owner = serde_json::from_str(&text).ok()?;
        (is_same(&file, mark) && left.is(owner)).then(|| Self {
            root: mark.as_str().trim_end_matches(IN_USE).into(),
            owner: left,
            mark: mark.to_owned(),
            _lock: file,
        })
    }

    /// The command has ended, and nothing of it is left in the copy.
    pub(super) fn release(self) -> Result<(), DeployError> {
        Ok(fs_err::remove_file(&self.mark)?)
    }
}

/// The mark of a copy.
pub(super) fn mark_of(root: &Utf8Path) -> Utf8PathBuf {
    format!("{root}{IN_USE}").into()
}

/// Keeps everybody from a copy while it is removed; nothing where a command that
/// lives has it.
pub(super) fn hold(root: &Utf8Path) -> Option<Held> {
    let mark = mark_of(root);
    let mut options = File::options();
    let file = options.read(true).write(true).create(true).truncate(false);
    let file = file.open(&mark).ok()?;
    file.file().try_lock().ok()?;
    if !is_same(&file, &mark) {
        return None;
    }
    let is_abandoned = file.metadata().is_ok_and(|metadata| metadata.len() > 0);
    Some(Held {
        mark,
        is_abandoned,
        _lock: file,
    })
}

/// A mark that is held without a command.
pub(super) struct Held {
    mark: Utf8PathBuf,
    /// Whether a command was cut off in the copy.
    pub(super) is_abandoned: bool,
    _lock: File,
}

impl Held {
    /// Removes the mark with what it was for.
    pub(super) fn remove(self) {
        let _ = fs_err::remove_file(&self.mark);
    }

    /// Gives the copy free again, as it was.
    pub(super) fn release(self) {
        if !self.is_abandoned {
            self.remove();
        }
    }
}

enum Taken {
    Free(Copy),
    InUse,
    Gone,
}

/// Whether `file` is what lies at `path` now.
#[cfg(unix)]
fn is_same(file: &File, path: &Utf8Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let (Ok(held), Ok(there)) = (file.metadata(), fs_err::metadata(path)) else {
        return false;
    };
    (held.dev(), held.ino()) == (there.dev(), there.ino())
}

/// An open file can't be removed there.
#[cfg(not(unix))]
fn is_same(_file: &File, _path: &Utf8Path) -> bool {
    true
}

#[cfg(unix)]
fn leave_to_children(file: &File) {
    // Without it a command that outlives djwar is taken for ended: no worse than
    // before there were marks.
    let _ = rustix::io::fcntl_setfd(file.file(), rustix::io::FdFlags::empty());
}

#[cfg(not(unix))]
fn leave_to_children(_file: &File) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(project: Option<&str>, aside: &str) -> Owner {
        Owner {
            project: project.map(Into::into),
            aside: aside.into(),
        }
    }

    #[test]
    fn a_copy_is_one_commands_and_an_abandoned_one_is_its_owners_to_find() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let all = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let data = all.join("data");
        let (ann, bob) = (owner(Some("/ann"), "/a"), owner(Some("/bob"), "/a"));
        let first = Copy::take(&data, "d", &ann).expect("taken");
        let second = Copy::take(&data, "d", &ann).expect("taken");
        assert_eq!(first.root.file_name(), Some("d"));
        assert_eq!(second.root.file_name(), Some("d-2"));
        assert!(Copy::abandoned(all, &ann).is_empty(), "both are in use");
        second.release().expect("released");
        // Cut off: the lock goes, the mark stays.
        drop(first);
        assert_eq!(
            Copy::take(&data, "d", &bob).expect("taken").root,
            data.join("d-2")
        );
        let left = Copy::abandoned(all, &ann);
        assert_eq!(left.len(), 1, "not bob's");
        for copy in left {
            assert_eq!(copy.root, data.join("d"));
            copy.release().expect("released");
        }
        assert_eq!(
            Copy::take(&data, "d", &ann).expect("taken").root,
            data.join("d")
        );
    }

    #[test]
    fn wars_with_the_same_data_are_one_owner() {
        assert!(owner(None, "/a").is(&owner(None, "/a")));
        assert!(!owner(None, "/a").is(&owner(None, "/b")));
        assert!(!owner(None, "/a").is(&owner(Some("/p"), "/a")));
        assert!(owner(Some("/p"), "/b").is(&owner(Some("/p"), "/a")));
    }
}
