//! How a WAR gets into a folder of the cache, and what leaves it again.

use std::io::BufReader;
use std::time::{Duration, SystemTime};

use camino::Utf8Path;
use zip::ZipArchive;

use super::DeployError;
use super::contents::Contents;
use super::copies::hold;
use super::unpacked::{JARS, STATIC, War, not_a_war};
use crate::plan::layout;
use crate::resolve::make_executable;

/// 1980, like the WAR's own entries. Jython takes `x$py.class` only when it isn't
/// older than `x.py`, and the class is unpacked first.
const AGE: Duration = Duration::from_hours(87_648);

fn has_a_compiled_twin(name: &str) -> bool {
    name.ends_with("$py.class") || name.ends_with(".py")
}

/// Where an entry of the WAR is unpacked: the Python side as it is, jars and static
/// files beside.
fn kept(entry: &str, static_prefix: &str) -> Option<String> {
    if let Some(name) = entry.strip_prefix("WEB-INF/python/") {
        return Some(name.to_owned());
    }
    if let Some(name) = entry.strip_prefix("WEB-INF/lib/") {
        return Some(format!("{JARS}/{name}"));
    }
    if static_prefix.is_empty() {
        return None;
    }
    let name = entry.strip_prefix(static_prefix)?;
    Some(format!("{STATIC}/{name}"))
}

/// Tells what is kept from outside of `WEB-INF/python`, of which the WAR's own digest
/// says nothing: with another driver a copy is another one.
pub(super) fn beside(
    archive: &mut War,
    war: &Utf8Path,
    static_prefix: &str,
) -> Result<u32, DeployError> {
    let mut hasher = crc32fast::Hasher::new();
    for index in 0..archive.len() {
        let entry = archive
            .by_index_raw(index)
            .map_err(|error| not_a_war(war, &error.to_string()))?;
        let Ok(name) = entry.name() else {
            continue;
        };
        let is_python = name.starts_with("WEB-INF/python/");
        if !is_python && kept(&name, static_prefix).is_some() {
            hasher.update(name.as_bytes());
            hasher.update(&[0]);
            hasher.update(&entry.crc32().to_le_bytes());
        }
    }
    Ok(hasher.finalize())
}

/// Unpacks `WEB-INF/python`, `WEB-INF/lib` and the static files to a temporary sibling
/// and renames it when whole.
pub(super) fn unpack(
    archive: &mut War,
    war: &Utf8Path,
    folder: &Utf8Path,
    root: &Utf8Path,
    static_prefix: &str,
) -> Result<(), DeployError> {
    let failed = |source| DeployError::Io {
        doing: format!("can't unpack `{war}` to `{root}`"),
        source,
    };
    sweep(folder);
    let temporary = tempfile::tempdir_in(folder).map_err(failed)?;
    let place = Utf8Path::from_path(temporary.path()).unwrap_or(folder);
    let mut contents = Contents::default();
    unpack_kept(archive, war, place, &mut contents, |name| {
        kept(name, static_prefix)
    })?;
    unpack_packages(war, place, &mut contents)?;
    contents.write(place).map_err(failed)?;
    if root.exists() {
        // Another release's, or somebody removed files of it.
        fs_err::remove_dir_all(root).map_err(failed)?;
    }
    fs_err::rename(place, root).map_err(failed)?;
    let _ = temporary.keep();
    Ok(())
}

/// The packages of a WAR which holds them as one archive.
fn unpack_packages(
    war: &Utf8Path,
    folder: &Utf8Path,
    contents: &mut Contents,
) -> Result<(), DeployError> {
    let failed = |source| DeployError::Io {
        doing: format!("can't unpack the packages of `{war}`"),
        source,
    };
    for entry in fs_err::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if layout::is_packages(&entry.file_name().to_string_lossy()) {
            let file = BufReader::new(
                fs_err::File::open(entry.path())
                    .map_err(failed)?
                    .into_parts()
                    .0,
            );
            let mut archive =
                ZipArchive::new(file).map_err(|error| not_a_war(war, &error.to_string()))?;
            unpack_kept(&mut archive, war, folder, contents, |name| {
                Some(name.to_owned())
            })?;
            fs_err::remove_file(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

/// Unpacks into `folder` what has a place there.
fn unpack_kept(
    archive: &mut War,
    war: &Utf8Path,
    folder: &Utf8Path,
    contents: &mut Contents,
    place: impl Fn(&str) -> Option<String>,
) -> Result<(), DeployError> {
    let failed = |source| DeployError::Io {
        doing: format!("can't unpack `{war}` to `{folder}`"),
        source,
    };
    for index in 0..archive.len() {
        let mut entry = archive
            .by_index(index)
            .map_err(|error| not_a_war(war, &error.to_string()))?;
        let name = entry
            .name()
            .map_err(|error| not_a_war(war, &error.to_string()))?;
        let Some(name) = place(&name) else {
            continue;
        };
        if entry.is_dir() {
            continue;
        }
        // Somebody else may have made this archive: no path leaves the folder.
        if crate::model::WarPath::new(&name).is_err() {
            return Err(not_a_war(war, &format!("it holds the path `{name}`")));
        }
        let target = folder.join(&name);
        if let Some(parent) = target.parent() {
            fs_err::create_dir_all(parent).map_err(failed)?;
        }
        let mut file = fs_err::File::create(&target).map_err(failed)?;
        std::io::copy(&mut entry, &mut file).map_err(failed)?;
        if has_a_compiled_twin(&name) {
            let file = file.into_parts().0;
            file.set_modified(SystemTime::UNIX_EPOCH + AGE)
                .map_err(failed)?;
        }
        contents.add(folder, &name, entry.crc32()).map_err(failed)?;
        if name.starts_with("home/") && name.contains("/bin/") {
            make_executable(target.as_std_path()).map_err(failed)?;
        }
    }
    Ok(())
}

/// Says that a folder is in use; see [`sweep`].
pub(super) fn touch(folder: &Utf8Path) {
    // Without it the folder is only made again one day.
    let _ = fs_err::File::open(folder)
        .and_then(|file| file.into_parts().0.set_modified(SystemTime::now()));
}

/// Removes what other WARs left in this folder and its siblings (one a data
/// folder), but nothing that was used within the last day, nor what a command is at
/// work in. What a command left that was cut off waits for its project a month.
fn sweep(folder: &Utf8Path) {
    const DAY: Duration = Duration::from_hours(24);
    let siblings = folder
        .parent()
        .and_then(|parent| parent.read_dir_utf8().ok());
    let entries = siblings
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|sibling| sibling.path().read_dir_utf8().ok())
        .flatten()
        .flatten();
    for entry in entries.filter(|entry| entry.path().is_dir()) {
        let is_older_than = |limit: Duration| {
            let modified = fs_err::metadata(entry.path()).and_then(|metadata| metadata.modified());
            modified.is_ok_and(|time| time.elapsed().unwrap_or_default() > limit)
        };
        if !is_older_than(DAY) {
            continue;
        }
        // Held while it is removed, and looked at again: a command may just have taken it.
        let Some(held) = hold(entry.path()) else {
            continue;
        };
        let limit = if held.is_abandoned { DAY * 30 } else { DAY };
        // What can't be removed is in nobody's way: the next sweep tries again.
        if is_older_than(limit) && fs_err::remove_dir_all(entry.path()).is_ok() {
            held.remove();
        } else {
            held.release();
        }
    }
}
