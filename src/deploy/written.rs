//! What a management command changes in the project's files: `makemigrations`,
//! `makemessages` and `startapp` write beside the code they belong to, which
//! under `djwar manage` is a copy in the cache. Nothing of that is lost, and the
//! copy stays what the WAR holds, or the next command would act from files that
//! no WAR has.

use std::io::Write as _;

use camino::{Utf8Path, Utf8PathBuf};

use super::DeployError;
use super::contents::{APPLICATION, Contents, PACKAGES};
use super::copies::{Copy, Owner};
use crate::scan;

/// Where a file that a command wrote is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// In the project, at this path relative to its root.
    Project(Utf8PathBuf),
    /// Moved to the second path, because there is no project, or it has another
    /// file there than the WAR.
    Aside(Utf8PathBuf, Utf8PathBuf),
    /// Moved to the second path, because the project's folder can't be written: why.
    Refused(Utf8PathBuf, Utf8PathBuf, String),
    /// From among the installed packages, which are no project's, to the second path.
    Package(Utf8PathBuf, Utf8PathBuf),
    /// Removed by the command, and there again: nobody's file is deleted.
    Removed(Utf8PathBuf),
}

/// Brings out what commands left among the code that were cut off before it came to
/// its project: djwar was killed, or the disk refused. `all` is the folder of all
/// unpacked WARs.
///
/// # Errors
/// When the disk still refuses; then it is in its copy still.
pub fn bring_out_abandoned(
    all: &Utf8Path,
    owner: &Owner,
    told: &mut dyn FnMut(Written),
) -> Result<(), DeployError> {
    for copy in Copy::abandoned(all, owner) {
        bring_out(copy, &|_| None, told)?;
    }
    Ok(())
}

/// Brings what was written in `copy` to its owner's project, where that is what the
/// WAR was built from, else aside. Files that don't belong to the code, such as logs
/// and databases, stay where they are. Then the copy is as it was (`packed` gives the
/// WAR's files, as long as it can), or gone, and released.
pub(super) fn bring_out(
    copy: Copy,
    packed: &dyn Fn(&Utf8Path) -> Option<Vec<u8>>,
    told: &mut dyn FnMut(Written),
) -> Result<(), DeployError> {
    let Some(contents) = Contents::read(&copy.root) else {
        // Not unpacked yet, or somebody removed its list.
        return discard(copy);
    };
    let application = copy.root.join(APPLICATION);
    let difference = contents.difference(&copy.root);
    let is_source = |path: &&Utf8PathBuf| scan::never_packed(&application, path).is_none();
    let mut refused = None;
    let mut stale = Vec::new();
    for path in difference.added.iter().filter(is_source) {
        bring_file(path, &copy, &contents, &mut refused, told)?;
        remove(&application, path).map_err(|error| failed(path, error))?;
    }
    for path in difference.changed.iter().filter(is_source) {
        bring_file(path, &copy, &contents, &mut refused, told)?;
        stale.push(path);
    }
    for path in difference.removed.iter().filter(is_source) {
        told(Written::Removed(path.clone()));
        stale.push(path);
    }
    let packages = copy.root.join(PACKAGES);
    for path in contents.added_to_packages(&copy.root) {
        let place = copy.owner.aside.join(PACKAGES).join(&path);
        transfer(&packages.join(&path), &place).map_err(|error| failed(&path, error))?;
        remove(&packages, &path).map_err(|error| failed(&path, error))?;
        told(Written::Package(path, place));
    }
    let mut is_clean = true;
    for path in stale {
        is_clean &= packed(path)
            .filter(|bytes| contents.is_packed(path, Some(bytes)))
            .is_some_and(|bytes| save(&application.join(path), &bytes).is_ok());
    }
    if is_clean {
        copy.release()?;
    } else {
        // The WAR has been built anew meanwhile, so nobody wants this copy again.
        discard(copy)?;
    }
    refused.map_or(Ok(()), Err)
}

/// One file of the project. What the project's folder refuses goes aside, and is the
/// command's failure in the end.
fn bring_file(
    path: &Utf8Path,
    copy: &Copy,
    contents: &Contents,
    refused: &mut Option<DeployError>,
    told: &mut dyn FnMut(Written),
) -> Result<(), DeployError> {
    let Owner { project, aside } = &copy.owner;
    let bytes = fs_err::read(copy.root.join(APPLICATION).join(path))
        .map_err(|error| failed(path, error))?;
    let place = aside.join(path);
    let Some(project) = project else {
        save(&place, &bytes).map_err(|error| failed(path, error))?;
        told(Written::Aside(path.to_owned(), place));
        return Ok(());
    };
    let target = behind_links(project, path);
    let current = fs_err::read(&target).ok();
    if current.as_ref() == Some(&bytes) {
        return Ok(());
    }
    if !contents.is_packed(path, current.as_deref()) {
        save(&place, &bytes).map_err(|error| failed(path, error))?;
        told(Written::Aside(path.to_owned(), place));
        return Ok(());
    }
    match save(&target, &bytes) {
        Ok(()) => told(Written::Project(path.to_owned())),
        Err(error) => {
            save(&place, &bytes).map_err(|error| failed(path, error))?;
            let reason = error.to_string();
            told(Written::Refused(path.to_owned(), place.clone(), reason));
            refused.get_or_insert(DeployError::NotBroughtOut {
                project: project.clone(),
                place,
                source: error,
            });
        }
    }
    Ok(())
}

fn failed(path: &Utf8Path, source: std::io::Error) -> DeployError {
    DeployError::NotKept {
        path: path.to_owned(),
        source,
    }
}

/// Nobody will use it again.
fn discard(copy: Copy) -> Result<(), DeployError> {
    match fs_err::remove_dir_all(&copy.root) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => copy.release(),
    }
}

/// Removes a file that was added, and folders that it was alone in: a WAR has no
/// empty ones, and to Python they are packages.
fn remove(root: &Utf8Path, path: &Utf8Path) -> std::io::Result<()> {
    fs_err::remove_file(root.join(path))?;
    for folder in path.ancestors().skip(1) {
        if folder.as_str().is_empty() || fs_err::remove_dir(root.join(folder)).is_err() {
            break;
        }
    }
    Ok(())
}

/// Where the project has that file: the scan packs what a link within the project
/// leads to, and it is that file which has changed.
fn behind_links(project: &Utf8Path, path: &Utf8Path) -> Utf8PathBuf {
    let target = project.join(path);
    let inside = |real: &Utf8PathBuf| {
        project
            .canonicalize_utf8()
            .is_ok_and(|project| real.starts_with(project))
    };
    let real = target.canonicalize_utf8().ok().filter(inside);
    real.unwrap_or(target)
}

fn transfer(from: &Utf8Path, to: &Utf8Path) -> std::io::Result<()> {
    save(to, &fs_err::read(from)?)
}

/// Whole or not at all, under a name that nobody else has. The permissions are those
/// of the file it replaces, else a new file's.
fn save(place: &Utf8Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = place.parent().unwrap_or(Utf8Path::new("."));
    fs_err::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The umask takes its share.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut part = builder.tempfile_in(folder)?;
    part.write_all(bytes)?;
    if let Ok(metadata) = fs_err::metadata(place) {
        fs_err::set_permissions(part.path(), metadata.permissions())?;
    }
    part.persist(place)?;
    Ok(())
}
