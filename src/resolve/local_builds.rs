//! What setuptools leaves in the folder of a package that it builds: `build/` and
//! `*.egg-info/`. The project is the user's: what was not there before goes.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

/// Folders of packages that a client is going to build. Cleans when dropped.
#[derive(Debug, Default)]
pub(super) struct LocalBuilds {
    folders: Vec<(Utf8PathBuf, BTreeSet<Utf8PathBuf>)>,
}

impl LocalBuilds {
    /// Remembers what is in `folders` now.
    pub(super) fn watch(folders: impl IntoIterator<Item = Utf8PathBuf>) -> Self {
        let folders = folders.into_iter().filter(|folder| folder.is_dir());
        Self {
            folders: folders
                .map(|folder| {
                    let before = leftovers(&folder);
                    (folder, before)
                })
                .collect(),
        }
    }
}

impl Drop for LocalBuilds {
    fn drop(&mut self) {
        for (folder, before) in &self.folders {
            for left in leftovers(folder).difference(before) {
                // What can't be removed is the user's to see: it is not ours.
                let _ = fs_err::remove_dir_all(left);
            }
        }
    }
}

/// Where setuptools puts its work: beside `setup.py`, metadata also in `src`.
fn leftovers(folder: &Utf8Path) -> BTreeSet<Utf8PathBuf> {
    let mut found = BTreeSet::new();
    for folder in [folder.to_owned(), folder.join("src")] {
        let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
        for entry in entries {
            let path = entry.into_path();
            let is_work = path.file_name() == Some("build") || path.extension() == Some("egg-info");
            if is_work && path.is_dir() && !path.is_symlink() {
                found.insert(path);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_stays_and_what_came_goes() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = Utf8Path::from_path(temporary.path()).expect("UTF-8");
        fs_err::create_dir_all(folder.join("own.egg-info")).expect("made");
        let watched = LocalBuilds::watch([folder.to_owned()]);
        for path in ["build/lib", "src/new.egg-info", "thing"] {
            fs_err::create_dir_all(folder.join(path)).expect("made");
        }
        drop(watched);
        let is_there = |path: &str| folder.join(path).exists();
        assert!(is_there("own.egg-info") && is_there("thing"));
        assert!(!is_there("build") && !is_there("src/new.egg-info"));
    }
}
