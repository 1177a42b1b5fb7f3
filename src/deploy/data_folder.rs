//! Links the paths of a project that outlive a redeploy to the data folder: the
//! same rules as the runtime's `DataFolder` in a container, for `djwar manage`.

use std::io;

use camino::Utf8Path;

use super::DeployError;
use super::unpacked::UnpackedWar;
use crate::model::WarPath;

/// Makes the links. What the WAR ships at such a path is moved to the data folder
/// the first time; later the data folder's own wins.
///
/// # Errors
/// When the WAR names a path outside the project, or the disk refuses.
pub(super) fn link_data(war: &UnpackedWar, data: &Utf8Path) -> Result<(), DeployError> {
    for path in war.data() {
        let relative = path.trim_end_matches('/');
        let (place, kept) = (war.application().join(relative), data.join(relative));
        let failed = |source| DeployError::Io {
            doing: format!("can't link `{place}` to `{kept}`"),
            source,
        };
        // Somebody else may have made this WAR.
        WarPath::new(relative).map_err(|error| failed(io::Error::other(error)))?;
        link(&place, &kept, path.ends_with('/')).map_err(failed)?;
    }
    Ok(())
}

#[cfg(unix)]
fn link(place: &Utf8Path, kept: &Utf8Path, is_folder: bool) -> io::Result<()> {
    if place.is_symlink() {
        if place.read_link_utf8()? == kept {
            // The data folder may have been removed since.
            let folder = if is_folder { Some(kept) } else { kept.parent() };
            return folder.map_or(Ok(()), fs_err::create_dir_all);
        }
        fs_err::remove_file(place)?;
    }
    for path in [kept, place] {
        if let Some(parent) = path.parent() {
            fs_err::create_dir_all(parent)?;
        }
    }
    if place.exists() {
        if !kept.exists() {
            // Whole or not at all, on whatever file system the data folder lies, and in a
            // folder that no other command of the same moment has.
            let part = tempfile::Builder::new()
                .prefix(".part-")
                .tempdir_in(kept.parent().unwrap_or(kept))?;
            let whole = part.path().join("data");
            copy(place, Utf8Path::from_path(&whole).unwrap_or(kept))?;
            // Renaming replaces no folder with files: who came first has brought the same.
            if !kept.exists()
                && let Err(error) = fs_err::rename(&whole, kept)
                && !kept.exists()
            {
                return Err(error);
            }
        }
        remove(place)?;
    } else if is_folder {
        fs_err::create_dir_all(kept)?;
    }
    fs_err::os::unix::fs::symlink(kept, place)
}

#[cfg(not(unix))]
fn link(_place: &Utf8Path, _kept: &Utf8Path, _is_folder: bool) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn copy(from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry?;
        let relative = entry.path().strip_prefix(from).unwrap_or(entry.path());
        let target = to.as_std_path().join(relative);
        if entry.file_type().is_dir() {
            fs_err::create_dir_all(target)?;
        } else if entry.depth() == 0 {
            fs_err::copy(entry.path(), to)?;
        } else {
            fs_err::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn remove(path: &Utf8Path) -> io::Result<()> {
    if path.is_dir() {
        fs_err::remove_dir_all(path)
    } else {
        fs_err::remove_file(path)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use camino::Utf8PathBuf;

    fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = Utf8Path::from_path(folder.path())
            .expect("UTF-8")
            .to_owned();
        (folder, path)
    }

    #[test]
    fn data_is_linked_and_what_was_written_is_kept() {
        let (_keep, root) = folder();
        let (place, kept) = (root.join("app/db.sqlite3"), root.join("data/db.sqlite3"));
        fs_err::create_dir_all(root.join("app")).expect("made");
        fs_err::write(&place, "shipped").expect("written");
        link(&place, &kept, false).expect("linked");
        assert_eq!(fs_err::read_to_string(&kept).expect("moved"), "shipped");
        fs_err::write(&place, "changed").expect("written through the link");
        link(&place, &kept, false).expect("linked again");
        assert_eq!(fs_err::read_to_string(&kept).expect("kept"), "changed");
        // A data folder that was removed is there again for who writes to it.
        fs_err::remove_dir_all(root.join("data")).expect("removed");
        link(&place, &kept, false).expect("linked once more");
        fs_err::write(&place, "changed").expect("written through the link");
        // The next WAR ships its own: the data folder's wins.
        fs_err::remove_file(&place).expect("the link");
        fs_err::write(&place, "shipped again").expect("written");
        link(&place, &kept, false).expect("linked a third time");
        assert_eq!(fs_err::read_to_string(&place).expect("read"), "changed");
    }

    #[test]
    fn a_folder_is_made_where_none_is_shipped() {
        let (_keep, root) = folder();
        link(&root.join("app/media"), &root.join("data/media"), true).expect("linked");
        fs_err::write(root.join("app/media/x"), "x").expect("written");
        assert!(root.join("data/media/x").is_file());
    }
}
