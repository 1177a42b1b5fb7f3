//! A file that becomes visible when it is whole: written without a name where the
//! system can do that (Linux), so that not even a kill leaves anything beside the
//! target.

use std::fs::File;
use std::io;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::{NamedTempFile, TempPath};

use crate::interrupt::Temporary;

/// Files are `rw-r--r--`, whatever the umask is: whoever runs the container must
/// read the WAR.
#[cfg(unix)]
const MODE: u32 = 0o644;

/// What unfinished files are called.
const PREFIX: &str = ".djwar-";
const SUFFIX: &str = ".war.part";

/// Nobody writes to an unfinished file for that long without a trace.
const ABANDONED: Duration = Duration::from_hours(1);

/// A file on its way to its name.
pub(super) struct Unfinished {
    target: Utf8PathBuf,
    folder: Utf8PathBuf,
    /// Where the system has no files without a name.
    named: Option<(TempPath, Temporary)>,
}

impl Unfinished {
    /// A file that will be `target`, whose folder exists, and where to write it.
    pub(super) fn beside(target: &Utf8Path, folder: &Utf8Path) -> io::Result<(Self, File)> {
        let unfinished = |named| Self {
            target: target.to_owned(),
            folder: folder.to_owned(),
            named,
        };
        sweep(folder);
        #[cfg(target_os = "linux")]
        if let Some(file) = nameless::create(folder) {
            return Ok((unfinished(None), file));
        }
        let (file, path) = named_in(folder)?;
        let watch = Temporary::watch(&path);
        Ok((unfinished(Some((path, watch))), file))
    }

    /// Makes sure that `file` is on the disk and gives it its name, in place of what
    /// had it.
    pub(super) fn finish(mut self, file: File) -> io::Result<()> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            file.set_permissions(std::fs::Permissions::from_mode(MODE))?;
        }
        file.sync_all()?;
        let (path, _watch) = match self.named.take() {
            Some(named) => named,
            #[cfg(target_os = "linux")]
            None => {
                // Nothing can be linked over a name that is taken: a second name
                // first, which is renamed at once.
                let path = nameless::link(&file, &self.folder)?;
                let watch = Temporary::watch(&path);
                (path, watch)
            }
            #[cfg(not(target_os = "linux"))]
            None => return Err(io::ErrorKind::NotFound.into()),
        };
        drop(file);
        path.persist(&self.target).map_err(|error| error.error)?;
        // The name, too: a crash of the machine must not bring the old one back
        // after djwar said that it is done. Not every file system can.
        if let Ok(folder) = fs_err::File::open(&self.folder) {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

/// Removes what a `kill -9` left: of a nameless file in the moment between its name and
/// the target's, of a named one at any time.
fn sweep(folder: &Utf8Path) {
    for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
        let is_ours = entry.file_name().starts_with(PREFIX) && entry.file_name().ends_with(SUFFIX);
        let is_abandoned = || {
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > ABANDONED))
        };
        if is_ours && is_abandoned() {
            let _ = fs_err::remove_file(entry.path());
        }
    }
}

fn named_in(folder: &Utf8Path) -> io::Result<(File, TempPath)> {
    // Beside the target: a rename is atomic within one file system only.
    let temporary = tempfile::Builder::new()
        .prefix(PREFIX)
        .suffix(SUFFIX)
        .tempfile_in(folder)?;
    Ok(NamedTempFile::into_parts(temporary))
}

#[cfg(target_os = "linux")]
mod nameless {
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd;

    use camino::Utf8Path;
    use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, openat};
    use tempfile::TempPath;

    use super::{PREFIX, SUFFIX};

    /// A file without a name (`O_TMPFILE`); none where the file system can't.
    pub(super) fn create(folder: &Utf8Path) -> Option<File> {
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        let file = openat(CWD, folder.as_str(), flags, Mode::from_raw_mode(0o600)).ok()?;
        // Without /proc it could never get its name.
        let own = format!("/proc/self/fd/{}", file.as_raw_fd());
        std::fs::exists(own).ok()?.then(|| file.into())
    }

    /// Gives the file a name that nobody has.
    pub(super) fn link(file: &File, folder: &Utf8Path) -> io::Result<TempPath> {
        let own = format!("/proc/self/fd/{}", file.as_raw_fd());
        let link = tempfile::Builder::new()
            .prefix(PREFIX)
            .suffix(SUFFIX)
            .make_in(folder, |path| {
                linkat(CWD, own.as_str(), CWD, path, AtFlags::SYMLINK_FOLLOW)?;
                Ok(())
            })?;
        Ok(link.into_temp_path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    #[test]
    fn what_a_killed_build_left_is_removed_and_what_a_living_one_writes_stays() {
        let folder = tempfile::tempdir().expect("temp dir");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let old = SystemTime::now() - 2 * ABANDONED;
        let made = [
            (".djwar-a.war.part", old),
            (".djwar-b.war.part", SystemTime::now()),
            ("c.war.part", old),
        ];
        for (name, time) in made {
            let file = fs_err::File::create(folder.join(name)).expect("made");
            file.into_parts().0.set_modified(time).expect("dated");
        }
        let (unfinished, file) = Unfinished::beside(&folder.join("x.war"), folder).expect("begun");
        unfinished.finish(file).expect("finished");
        let mut names: Vec<String> = folder
            .read_dir_utf8()
            .expect("listed")
            .map(|entry| entry.expect("listed").file_name().to_owned())
            .collect();
        names.sort();
        assert_eq!(names, [".djwar-b.war.part", "c.war.part", "x.war"]);
    }
}
