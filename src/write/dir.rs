//! Writes a WAR as a folder (`--exploded`), which containers deploy as it is.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::archive::Archives;
use super::{WarWriter, WriteError};
use crate::assemble::EntryTable;
use crate::interrupt::Temporary;
use crate::model::{EntrySource, WarEntry};
use crate::plan::layout;

/// An exploded WAR on its way to the disk.
pub struct DirectoryWriter {
    target: Utf8PathBuf,
    /// A sibling of the target, removed when dropped before `finish`.
    temporary: tempfile::TempDir,
    _watch: Temporary,
    archives: Archives,
}

impl DirectoryWriter {
    /// Starts an exploded WAR that will be the folder `target`.
    ///
    /// # Errors
    /// When `target` holds something else than an exploded WAR of djwar, or its
    /// parent can't be written.
    pub fn create(target: &Utf8Path) -> Result<Self, WriteError> {
        let failed = |source| WriteError::Target {
            path: target.to_owned(),
            source,
        };
        let is_ours = target.join(layout::RECORD).is_file();
        let is_empty = || {
            target
                .read_dir_utf8()
                .is_ok_and(|mut entries| entries.next().is_none())
        };
        if target.exists() && !is_ours && !is_empty() {
            return Err(WriteError::Foreign {
                path: target.to_owned(),
            });
        }
        let parent = match target.parent() {
            Some(parent) if !parent.as_str().is_empty() => parent,
            _ => Utf8Path::new("."),
        };
        fs_err::create_dir_all(parent).map_err(failed)?;
        let temporary = tempfile::Builder::new()
            .prefix(".djwar-")
            .suffix(".part")
            .tempdir_in(parent)
            .map_err(failed)?;
        Ok(Self {
            target: target.to_owned(),
            _watch: Temporary::watch(temporary.path()),
            temporary,
            archives: Archives::default(),
        })
    }
}

impl WarWriter for DirectoryWriter {
    fn write(
        mut self: Box<Self>,
        table: &EntryTable,
        progress: &mut dyn FnMut(),
    ) -> Result<(), WriteError> {
        for entry in table.iter() {
            self.entry(&entry)?;
            progress();
        }
        self.finish()
    }
}

impl DirectoryWriter {
    fn entry(&mut self, entry: &WarEntry) -> Result<(), WriteError> {
        let failed = |source: io::Error| WriteError::Target {
            path: self.target.clone(),
            source,
        };
        let path = self.temporary.path().join(entry.path.as_str());
        if let Some(folder) = path.parent() {
            fs_err::create_dir_all(folder).map_err(failed)?;
        }
        match &entry.source {
            EntrySource::Generated { bytes, .. } => fs_err::write(&path, bytes).map_err(failed),
            EntrySource::File(source) => {
                let mut from = fs_err::File::open(source).map_err(|error| WriteError::Source {
                    path: source.clone(),
                    source: error,
                })?;
                let mut to = fs_err::File::create(&path).map_err(failed)?;
                io::copy(&mut from, &mut to).map(drop).map_err(failed)
            }
            EntrySource::Archive {
                archive,
                name,
                packed,
            } => {
                let mut from = self.archives.plain(archive, name, packed)?;
                let mut to = fs_err::File::create(&path).map_err(failed)?;
                io::copy(&mut from, &mut to).map(drop).map_err(failed)
            }
        }
    }

    fn finish(self) -> Result<(), WriteError> {
        let failed = |source: io::Error| WriteError::Target {
            path: self.target.clone(),
            source,
        };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // tempfile makes 0700; the container's user must read the folder.
            fs_err::set_permissions(
                self.temporary.path(),
                std::fs::Permissions::from_mode(0o755),
            )
            .map_err(failed)?;
        }
        // A folder can't replace another by one rename (rename(2): ENOTEMPTY): the
        // old one steps aside first and comes back when the new one can't come in.
        let aside = self.temporary.path().with_extension("old");
        let is_there = self.target.exists();
        if is_there {
            fs_err::rename(&self.target, &aside).map_err(failed)?;
        }
        if let Err(source) = fs_err::rename(self.temporary.path(), &self.target) {
            if is_there {
                let _ = fs_err::rename(&aside, &self.target);
            }
            return Err(failed(source));
        }
        // The folder has its new name: there is nothing left to remove.
        let _ = self.temporary.keep();
        if is_there {
            fs_err::remove_dir_all(&aside).map_err(failed)?;
        }
        Ok(())
    }
}
