//! A fresh skeleton over an older one: what djwar wrote and nobody changed is
//! brought up to date, everything else stays.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::SkeletonError;
use crate::resolve::cache::sha256_of;

/// What djwar wrote: path and SHA-256 of each file.
const NOTES: &str = ".djwar-skeleton.json";

type Notes = BTreeMap<String, String>;

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many files were written.
    pub written: usize,
    /// How many were as they should be.
    pub unchanged: usize,
    /// How many were removed, since the project has them no more.
    pub removed: usize,
    /// What was edited or removed in the skeleton, and left as it is.
    pub left_alone: Vec<String>,
}

/// Refuses a folder with somebody else's project.
pub(super) fn check(folder: &Utf8Path) -> Result<(), SkeletonError> {
    let pom = folder.join("pom.xml");
    if pom.exists() && !folder.join(NOTES).exists() {
        return Err(SkeletonError::Foreign(pom));
    }
    Ok(())
}

pub(super) fn sync(fresh: &Utf8Path, folder: &Utf8Path) -> Result<Outcome, SkeletonError> {
    let before = notes(folder)?;
    let mut after = Notes::new();
    let mut outcome = Outcome::default();
    for (name, source) in files(fresh)? {
        let target = folder.join(&name);
        let wanted = digest(&source)?;
        let noted = before.get(&name);
        let there = target.is_file().then(|| digest(&target)).transpose()?;
        let is_untouched = there.as_ref() == noted;
        if there.as_ref() == Some(&wanted) {
            outcome.unchanged += 1;
        } else if is_untouched {
            if let Some(parent) = target.parent() {
                fs_err::create_dir_all(parent).map_err(SkeletonError::Disk)?;
            }
            fs_err::copy(&source, &target).map_err(SkeletonError::Disk)?;
            outcome.written += 1;
        } else {
            outcome.left_alone.push(name.clone());
            // Of what it was when djwar wrote it: it stays an edited file.
            after.insert(name, noted.cloned().unwrap_or_default());
            continue;
        }
        after.insert(name, wanted);
    }
    for (name, noted) in before {
        if after.contains_key(&name) {
            continue;
        }
        let target = folder.join(&name);
        if !target.is_file() {
            continue;
        }
        if digest(&target)? == noted {
            fs_err::remove_file(&target).map_err(SkeletonError::Disk)?;
            outcome.removed += 1;
        } else {
            outcome.left_alone.push(name.clone());
            after.insert(name, noted);
        }
    }
    outcome.left_alone.sort();
    let text = serde_json::to_string_pretty(&after)
        .map_err(|error| SkeletonError::Disk(std::io::Error::other(error)))?;
    fs_err::write(folder.join(NOTES), text + "\n").map_err(SkeletonError::Disk)?;
    Ok(outcome)
}

fn notes(folder: &Utf8Path) -> Result<Notes, SkeletonError> {
    let path = folder.join(NOTES);
    if !path.exists() {
        return Ok(Notes::new());
    }
    let damaged = |reason: String| SkeletonError::Notes {
        path: path.clone(),
        reason,
    };
    let text = fs_err::read_to_string(&path).map_err(|error| damaged(error.to_string()))?;
    let notes: Notes = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
    // Somebody may have edited the notes: no path leaves the folder.
    match notes
        .keys()
        .find(|name| crate::model::WarPath::new(name.as_str()).is_err())
    {
        Some(name) => Err(damaged(format!("it names `{name}`"))),
        None => Ok(notes),
    }
}

fn files(folder: &Utf8Path) -> Result<Vec<(String, Utf8PathBuf)>, SkeletonError> {
    let mut files = Vec::new();
    for found in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let found = found.map_err(|error| SkeletonError::Disk(error.into()))?;
        if found.file_type().is_file() {
            let path = Utf8PathBuf::from_path_buf(found.into_path())
                .map_err(|path| SkeletonError::NotUtf8(path.display().to_string()))?;
            let name = path.strip_prefix(folder).unwrap_or(&path);
            files.push((name.as_str().replace('\\', "/"), path));
        }
    }
    Ok(files)
}

fn digest(file: &Utf8Path) -> Result<String, SkeletonError> {
    sha256_of(file).map_err(|error| SkeletonError::Disk(std::io::Error::other(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folders {
        _keep: tempfile::TempDir,
        fresh: Utf8PathBuf,
        folder: Utf8PathBuf,
    }

    impl Folders {
        fn new() -> Self {
            let keep = tempfile::tempdir().expect("temp dir");
            let root = Utf8PathBuf::from_path_buf(keep.path().to_owned()).expect("UTF-8");
            let folders = Self {
                _keep: keep,
                fresh: root.join("fresh"),
                folder: root.join("skeleton"),
            };
            fs_err::create_dir_all(&folders.fresh).expect("folder");
            fs_err::create_dir_all(&folders.folder).expect("folder");
            folders
        }

        fn fresh(&self, name: &str, text: &str) {
            fs_err::write(self.fresh.join(name), text).expect("write");
        }

        fn edit(&self, name: &str, text: &str) {
            fs_err::write(self.folder.join(name), text).expect("write");
        }

        fn text(&self, name: &str) -> String {
            fs_err::read_to_string(self.folder.join(name)).expect("read")
        }

        fn sync(&self) -> Outcome {
            sync(&self.fresh, &self.folder).expect("synced")
        }
    }

    #[test]
    fn what_was_edited_stays_and_is_named_each_time() {
        let folders = Folders::new();
        folders.fresh("pom.xml", "one");
        folders.fresh("views.py", "one");
        assert_eq!(folders.sync().written, 2);
        folders.edit("views.py", "mine");
        folders.fresh("pom.xml", "two");
        folders.fresh("views.py", "two");
        for _ in 0..2 {
            let outcome = folders.sync();
            assert_eq!(outcome.left_alone, ["views.py"]);
            assert_eq!(folders.text("views.py"), "mine");
            assert_eq!(folders.text("pom.xml"), "two");
        }
    }

    #[test]
    fn what_the_user_removed_stays_away_and_what_the_project_lost_goes() {
        let folders = Folders::new();
        folders.fresh("pom.xml", "one");
        folders.fresh("old.py", "one");
        folders.sync();
        fs_err::remove_file(folders.folder.join("pom.xml")).expect("removed");
        fs_err::remove_file(folders.fresh.join("old.py")).expect("removed");
        let outcome = folders.sync();
        assert_eq!(outcome.left_alone, ["pom.xml"]);
        assert_eq!(outcome.removed, 1);
        assert!(!folders.folder.join("pom.xml").exists());
        assert!(!folders.folder.join("old.py").exists());
    }

    #[test]
    fn a_folder_with_another_project_is_refused() {
        let folders = Folders::new();
        folders.edit("pom.xml", "somebody's");
        let error = check(&folders.folder).expect_err("refused");
        assert!(error.to_string().contains("pom.xml"), "{error}");
        assert_eq!(folders.text("pom.xml"), "somebody's");
    }
}
