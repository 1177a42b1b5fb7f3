//! Writes a WAR as a zip: to a temporary name beside the target, renamed when
//! whole.

use std::fs::File;
use std::io::{BufWriter, Read, Write};

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::NamedTempFile;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::archive::Archives;
use super::source;
use super::{WarWriter, WriteError};
use crate::interrupt::Temporary;
use crate::model::{EntrySource, Method, WarEntry};
use crate::plan::layout;

/// Files are `rw-r--r--`, whatever the umask was where they came from.
const MODE: u32 = 0o644;

/// A WAR on its way to the disk.
pub struct ZipWarWriter {
    target: Utf8PathBuf,
    temporary: tempfile::TempPath,
    watch: Temporary,
    zip: ZipWriter<BufWriter<File>>,
    archives: Archives,
}

impl ZipWarWriter {
    /// Starts a WAR that will be `target`. Makes the folder when it is missing.
    ///
    /// # Errors
    /// When the folder can't be made or written.
    pub fn create(target: &Utf8Path) -> Result<Self, WriteError> {
        let failed = |source| WriteError::Target {
            path: target.to_owned(),
            source,
        };
        let folder = match target.parent() {
            Some(folder) if !folder.as_str().is_empty() => folder,
            _ => Utf8Path::new("."),
        };
        // A rename replaces whatever is there, a device of the system as well.
        match fs_err::metadata(target) {
            Ok(there) if there.is_dir() => {
                return Err(failed(std::io::ErrorKind::IsADirectory.into()));
            }
            Ok(there) if !there.is_file() => {
                return Err(WriteError::NoFile {
                    path: target.to_owned(),
                });
            }
            _ => {}
        }
        fs_err::create_dir_all(folder).map_err(failed)?;
        // Beside the target: a rename is atomic within one file system only.
        let temporary = tempfile::Builder::new()
            .prefix(".djwar-")
            .suffix(".war.part")
            .tempfile_in(folder)
            .map_err(failed)?;
        let (file, temporary) = NamedTempFile::into_parts(temporary);
        Ok(Self {
            target: target.to_owned(),
            watch: Temporary::watch(&temporary),
            temporary,
            zip: ZipWriter::new(BufWriter::with_capacity(1 << 18, file)),
            archives: Archives::default(),
        })
    }

    fn add_bytes(&mut self, entry: &WarEntry, bytes: &[u8]) -> Result<(), WriteError> {
        let name = entry.path.as_str();
        let time = if layout::is_served(&entry.path) {
            source::time_of(bytes)
        } else {
            DateTime::default()
        };
        let method = if entry.method == Method::Stored || source::is_compressed(name) {
            CompressionMethod::Stored
        } else {
            CompressionMethod::Deflated
        };
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(time)
            .unix_permissions(MODE)
            .large_file(bytes.len() as u64 >= u64::from(u32::MAX));
        let refused = |source| WriteError::Entry {
            path: self.target.clone(),
            name: name.to_owned(),
            source,
        };
        self.zip.start_file(name, options).map_err(refused)?;
        self.zip
            .write_all(bytes)
            .map_err(|source| WriteError::Target {
                path: self.target.clone(),
                source,
            })
    }
}

impl WarWriter for ZipWarWriter {
    fn entry(&mut self, entry: &WarEntry) -> Result<(), WriteError> {
        match &entry.source {
            EntrySource::Generated { bytes, .. } => self.add_bytes(entry, bytes),
            EntrySource::File(path) => {
                let bytes = fs_err::read(path).map_err(|source| WriteError::Source {
                    path: path.clone(),
                    source,
                })?;
                self.add_bytes(entry, &bytes)
            }
            EntrySource::Archive { archive, name, .. } if layout::is_served(&entry.path) => {
                // Packed anew: the archive's own time need not follow the content,
                // and ETags are made of it.
                let mut bytes = Vec::new();
                self.archives
                    .plain(archive, name)?
                    .read_to_end(&mut bytes)
                    .map_err(|source| WriteError::Source {
                        path: archive.clone(),
                        source,
                    })?;
                self.add_bytes(entry, &bytes)
            }
            EntrySource::Archive { archive, name, .. } => {
                let raw = self.archives.raw(archive, name)?;
                self.zip
                    .raw_copy_file_rename(raw, entry.path.as_str())
                    .map_err(|source| WriteError::Entry {
                        path: self.target.clone(),
                        name: entry.path.to_string(),
                        source,
                    })
            }
        }
    }

    fn finish(self: Box<Self>) -> Result<(), WriteError> {
        let Self {
            target,
            temporary,
            watch,
            zip,
            ..
        } = *self;
        let failed = |source: std::io::Error| WriteError::Target {
            path: target.clone(),
            source,
        };
        let file = zip
            .finish()
            .map_err(|error| failed(error.into()))?
            .into_inner()
            .map_err(|error| failed(error.into_error()))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // tempfile makes 0600; whoever runs the container must read the WAR.
            file.set_permissions(std::fs::Permissions::from_mode(MODE))
                .map_err(failed)?;
        }
        file.sync_all().map_err(failed)?;
        drop(file);
        temporary
            .persist(&target)
            .map_err(|error| failed(error.error))?;
        drop(watch);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assemble::EntryTable;
    use crate::model::WarPath;
    use crate::write::write;

    fn generated(path: &str, text: &str) -> WarEntry {
        WarEntry {
            path: WarPath::new(path).expect(path),
            source: EntrySource::Generated {
                by: "test",
                bytes: text.as_bytes().to_vec(),
            },
            method: Method::Deflated,
            reason: String::new(),
        }
    }

    fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = Utf8Path::from_path(folder.path())
            .expect("UTF-8")
            .to_owned();
        (folder, path)
    }

    fn table(entries: Vec<WarEntry>) -> EntryTable {
        let mut table = EntryTable::default();
        for entry in entries {
            table.add(entry).expect("no collision");
        }
        table
    }

    #[test]
    fn the_same_table_gives_the_same_bytes() {
        let (_keep, folder) = folder();
        let entries = table(vec![
            generated(layout::MANIFEST, "Manifest-Version: 1.0\r\n\r\n"),
            generated("static/a.css", "a { color: red }"),
        ]);
        let bytes = |name: &str| {
            let target = folder.join(name);
            let writer = ZipWarWriter::create(&target).expect("created");
            write(&entries, Box::new(writer), || ()).expect("written");
            fs_err::read(target).expect("read")
        };
        assert_eq!(bytes("one.war"), bytes("deeper/two.war"));
    }

    #[test]
    fn a_failure_leaves_the_old_war_and_nothing_beside_it() {
        let (_keep, folder) = folder();
        let target = folder.join("x.war");
        fs_err::write(&target, "the old WAR").expect("written");
        let mut missing = generated("b", "");
        missing.source = EntrySource::File(folder.join("vanished"));
        let entries = table(vec![generated("a", "x"), missing]);
        let writer = ZipWarWriter::create(&target).expect("created");
        let error = write(&entries, Box::new(writer), || ()).expect_err("a missing source");
        assert!(error.to_string().contains("vanished"), "{error}");
        assert_eq!(
            fs_err::read_to_string(&target).expect("kept"),
            "the old WAR"
        );
        let names: Vec<_> = fs_err::read_dir(&folder)
            .expect("listed")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        assert_eq!(names, ["x.war"]);
    }
}
