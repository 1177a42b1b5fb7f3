//! Which WAR was made of what: lets an unchanged project end without writing.

use camino::Utf8Path;
use serde::{Deserialize, Serialize};

use super::files::Stamp;
use super::{Cache, Key};
use crate::model::LeftOut;

/// Changes with what is remembered.
const RECIPE: &str = "builds 1";
/// The folder in the cache.
pub(super) const BUCKET: &str = "builds";

/// A WAR that was written.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Remembered {
    fingerprint: String,
    stamp: Stamp,
    /// How many entries it has.
    pub entries: usize,
    /// What stayed out of it.
    pub left_out: Vec<LeftOut>,
}

impl Remembered {
    /// Bytes of the WAR.
    pub fn size(&self) -> u64 {
        self.stamp.size
    }
}

impl Cache {
    /// The WAR at `target`, when it is the one that was made of what the
    /// fingerprint stands for, and nobody touched it since.
    pub fn remembered(&self, target: &Utf8Path, fingerprint: &Key) -> Option<Remembered> {
        let remembered: Remembered = self.note(BUCKET, &key(target))?;
        let metadata = fs_err::symlink_metadata(target).ok()?;
        (remembered.fingerprint == fingerprint.as_str()
            && metadata.is_file()
            && Stamp::of(&metadata) == remembered.stamp)
            .then_some(remembered)
    }

    /// Remembers the WAR at `target`. What can't be written is not remembered.
    pub fn remember(
        &self,
        target: &Utf8Path,
        fingerprint: &Key,
        entries: usize,
        left_out: &[LeftOut],
    ) {
        let Ok(metadata) = fs_err::symlink_metadata(target) else {
            return;
        };
        let remembered = Remembered {
            fingerprint: fingerprint.as_str().to_owned(),
            stamp: Stamp::of(&metadata),
            entries,
            left_out: left_out.to_vec(),
        };
        self.set_note(BUCKET, &key(target), &remembered);
    }
}

fn key(target: &Utf8Path) -> Key {
    Key::of([RECIPE, target.as_str()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_war_is_current_until_anything_changes() {
        let folder = tempfile::tempdir().expect("temp dir");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let cache = Cache::at(root.join("cache"));
        let war = root.join("x.war");
        fs_err::write(&war, "a WAR").expect("written");
        let (one, two) = (Key::of(["one"]), Key::of(["two"]));
        assert!(cache.remembered(&war, &one).is_none());
        cache.remember(&war, &one, 3, &[]);
        assert_eq!(
            cache.remembered(&war, &one).map(|found| found.entries),
            Some(3)
        );
        assert!(cache.remembered(&war, &two).is_none());
        fs_err::write(&war, "another").expect("written");
        assert!(cache.remembered(&war, &one).is_none());
        fs_err::remove_file(&war).expect("removed");
        assert!(cache.remembered(&war, &one).is_none());
    }
}
