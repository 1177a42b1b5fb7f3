//! What was unpacked: size, checksum and time of each file of a copy, so that what
//! a command wrote since can be told, also by another process, and without the WAR.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};

/// The list's name at the root of a copy. Written last: with it the copy is whole.
const NAME: &str = ".contents";

/// The project's folder, below the root.
pub(super) const APPLICATION: &str = "app";

/// The dependencies' folder, below the root.
pub(super) const PACKAGES: &str = "lib";

/// A file as it was unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct File {
    size: u64,
    checksum: u32,
    /// Nanoseconds since 1970, to see cheaply that nobody wrote to it.
    modified: u128,
}

/// The files of a copy, by their path below its root.
#[derive(Debug, Default)]
pub(super) struct Contents(BTreeMap<Utf8PathBuf, File>);

/// How the project in a copy differs from the WAR's. Paths are the project's.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// There, and not in the WAR.
    pub(super) added: Vec<Utf8PathBuf>,
    /// Other than in the WAR.
    pub(super) changed: Vec<Utf8PathBuf>,
    /// In the WAR only.
    pub(super) removed: Vec<Utf8PathBuf>,
}

impl Contents {
    /// Notes a file that was unpacked to `root`.
    pub(super) fn add(
        &mut self,
        root: &Utf8Path,
        path: &str,
        checksum: u32,
    ) -> std::io::Result<()> {
        let metadata = fs_err::metadata(root.join(path))?;
        let file = File {
            size: metadata.len(),
            checksum,
            modified: nanoseconds(&metadata),
        };
        self.0.insert(path.into(), file);
        Ok(())
    }

    /// Writes the list into the copy.
    pub(super) fn write(&self, root: &Utf8Path) -> std::io::Result<()> {
        let mut text = String::new();
        for (path, file) in &self.0 {
            let File {
                size,
                checksum,
                modified,
            } = file;
            let _ = writeln!(text, "{checksum:x} {size} {modified} {path}");
        }
        fs_err::write(root.join(NAME), text)
    }

    /// Whether the copy is whole: interpreter, packages and jars have the size that was
    /// unpacked. Contents are not compared, which would cost each command a second.
    pub(super) fn are_whole(root: &Utf8Path) -> bool {
        let has_size = |(path, file): (&Utf8PathBuf, &File)| {
            path.starts_with(APPLICATION)
                || fs_err::metadata(root.join(path)).is_ok_and(|found| found.len() == file.size)
        };
        Self::read(root).is_some_and(|contents| contents.0.iter().all(has_size))
    }

    /// The list of a copy; nothing when it can't be read.
    pub(super) fn read(root: &Utf8Path) -> Option<Self> {
        let text = fs_err::read_to_string(root.join(NAME)).ok()?;
        let files: Option<_> = text.lines().map(parse).collect();
        files.map(Self)
    }

    /// Whether `bytes` are what the WAR has at `path` of the project; `None` on both
    /// sides is the same, too.
    pub(super) fn is_packed(&self, path: &Utf8Path, bytes: Option<&[u8]>) -> bool {
        let packed = self.0.get(&Utf8Path::new(APPLICATION).join(path));
        packed.map(|file| (file.size, file.checksum))
            == bytes.map(|bytes| (bytes.len() as u64, crc32fast::hash(bytes)))
    }

    /// What is otherwise in the project's folder than the WAR has it; links, which
    /// lead to data, and byte code are passed over.
    pub(super) fn difference(&self, root: &Utf8Path) -> Difference {
        let application = root.join(APPLICATION);
        let mut difference = Difference::default();
        let mut seen = std::collections::BTreeSet::new();
        for entry in walkdir::WalkDir::new(&application)
            .into_iter()
            .flatten()
            .filter(|entry| entry.file_type().is_file())
        {
            let Some(path) = relative(&entry, &application) else {
                continue;
            };
            let Some(file) = self.0.get(&Utf8Path::new(APPLICATION).join(&path)) else {
                difference.added.push(path);
                continue;
            };
            let is_untouched = entry.metadata().is_ok_and(|metadata| {
                metadata.len() == file.size && nanoseconds(&metadata) == file.modified
            });
            if !is_untouched {
                let bytes = fs_err::read(entry.path()).ok();
                if !self.is_packed(&path, bytes.as_deref()) {
                    difference.changed.push(path.clone());
                }
            }
            seen.insert(path);
        }
        difference.removed = self
            .0
            .keys()
            .filter_map(|path| path.strip_prefix(APPLICATION).ok())
            .filter(|path| !is_byte_code(path) && !seen.contains(*path))
            .filter(|path| !is_linked(&application, path))
            .map(Utf8Path::to_owned)
            .collect();
        difference
    }

    /// Modules that were written among the packages. Names alone are compared:
    /// packages are many, and nobody edits one in a cache.
    pub(super) fn added_to_packages(&self, root: &Utf8Path) -> Vec<Utf8PathBuf> {
        let packages = root.join(PACKAGES);
        walkdir::WalkDir::new(&packages)
            .into_iter()
            .flatten()
            .filter(|entry| entry.file_type().is_file())
            .filter_map(|entry| relative(&entry, &packages))
            .filter(|path| path.extension() == Some("py"))
            .filter(|path| !self.0.contains_key(&Utf8Path::new(PACKAGES).join(path)))
            .collect()
    }
}

fn parse(line: &str) -> Option<(Utf8PathBuf, File)> {
    let mut words = line.splitn(4, ' ');
    let file = File {
        checksum: u32::from_str_radix(words.next()?, 16).ok()?,
        size: words.next()?.parse().ok()?,
        modified: words.next()?.parse().ok()?,
    };
    Some((words.next()?.into(), file))
}

fn nanoseconds(metadata: &std::fs::Metadata) -> u128 {
    let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    modified
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_nanos()
}

fn relative(entry: &walkdir::DirEntry, root: &Utf8Path) -> Option<Utf8PathBuf> {
    let path = Utf8Path::from_path(entry.path())?.strip_prefix(root).ok()?;
    (!is_byte_code(path)).then(|| path.to_owned())
}

fn is_byte_code(path: &Utf8Path) -> bool {
    matches!(path.extension(), Some("pyc" | "class"))
}

/// Whether `path` is a link to data, or lies below one.
fn is_linked(root: &Utf8Path, path: &Utf8Path) -> bool {
    path.ancestors()
        .filter(|path| !path.as_str().is_empty())
        .any(|path| root.join(path).is_symlink())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_since_is_told_apart() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let mut contents = Contents::default();
        for path in ["app/a b.py", "app/touched.py", "app/gone.py", "lib/p/m.py"] {
            let place = root.join(path);
            fs_err::create_dir_all(place.parent().expect("a folder")).expect("made");
            fs_err::write(&place, path).expect("written");
            let checksum = crc32fast::hash(path.as_bytes());
            contents.add(root, path, checksum).expect("there");
        }
        assert!(!Contents::are_whole(root));
        contents.write(root).expect("written");
        assert!(Contents::are_whole(root));
        fs_err::write(root.join("lib/p/m.py"), "cut").expect("written");
        assert!(!Contents::are_whole(root));
        let contents = Contents::read(root).expect("read");
        let nothing = contents.difference(root);
        assert!(
            nothing.added.is_empty() && nothing.changed.is_empty() && nothing.removed.is_empty()
        );
        // Of the same size, and at a time that may be the same.
        fs_err::write(root.join("app/a b.py"), "app/A B.py").expect("written");
        let other = fs_err::File::open(root.join("app/a b.py")).expect("there");
        let other = other.into_parts().0;
        other.set_modified(SystemTime::now()).expect("touched");
        fs_err::write(root.join("app/touched.py"), "app/touched.py").expect("written");
        fs_err::remove_file(root.join("app/gone.py")).expect("removed");
        fs_err::write(root.join("app/new.py"), "").expect("written");
        fs_err::write(root.join("app/new.pyc"), "").expect("written");
        fs_err::write(root.join("lib/p/0002.py"), "").expect("written");
        fs_err::write(root.join("lib/p/cache.json"), "").expect("written");
        let difference = contents.difference(root);
        assert_eq!(difference.added, ["new.py"]);
        assert_eq!(difference.changed, ["a b.py"]);
        assert_eq!(difference.removed, ["gone.py"]);
        assert_eq!(contents.added_to_packages(root), ["p/0002.py"]);
    }
}
