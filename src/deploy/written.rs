//! What a management command changes in the project's files: `makemigrations`,
//! `makemessages` and `startapp` write beside the code they belong to, which
//! under `djwar manage` is a copy in the cache. Nothing of that is lost, and the
//! copy stays what the WAR holds, or the next command would act from files that
//! no WAR has.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};

use super::DeployError;
use super::unpacked::UnpackedWar;

/// A file's size and time: enough to see that somebody wrote to it.
type State = (u64, Option<SystemTime>);

/// The project's files of an unpacked WAR as they were.
#[derive(Debug)]
pub struct Watched<'war> {
    war: &'war UnpackedWar,
    before: BTreeMap<Utf8PathBuf, State>,
}

/// Where a file that a command wrote is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// In the project, at this path relative to its root.
    Project(Utf8PathBuf),
    /// Moved to the second path, because there is no project, or it has another
    /// file there than the WAR.
    Aside(Utf8PathBuf, Utf8PathBuf),
    /// Removed by the command, and there again: nobody's file is deleted.
    Removed(Utf8PathBuf),
}

impl<'war> Watched<'war> {
    /// Looks at the project's files before a command. Links to data aren't
    /// followed: they outlive the WAR anyway.
    pub fn new(war: &'war UnpackedWar) -> Self {
        Self {
            before: files(&war.application()),
            war,
        }
    }

    /// Brings what was written since to `project`, where that is what the WAR
    /// was built from, else to `aside`; then the copy is as it was. `is_source`
    /// tells files that belong to the code from logs, databases and the like,
    /// which stay where they are.
    ///
    /// # Errors
    /// When the disk refuses; what was not brought out yet is in the copy still.
    pub fn bring_out(
        self,
        project: Option<&Utf8Path>,
        aside: &Utf8Path,
        is_source: &dyn Fn(&Utf8Path) -> bool,
    ) -> Result<Vec<Written>, DeployError> {
        let root = self.war.application();
        let after = files(&root);
        let mut written = Vec::new();
        for (path, state) in &after {
            if self.before.get(path) == Some(state) || !is_source(path) {
                continue;
            }
            let packed = self.war.packed_file(path)?;
            let bytes = fs_err::read(root.join(path)).map_err(|error| failed(path, error))?;
            if packed.as_ref() == Some(&bytes) {
                continue;
            }
            let current = project.and_then(|project| fs_err::read(project.join(path)).ok());
            match project {
                Some(_) if current.as_ref() == Some(&bytes) => {}
                Some(project) if current == packed => {
                    save(&project.join(path), &bytes).map_err(|error| failed(path, error))?;
                    written.push(Written::Project(path.clone()));
                }
                _ => {
                    let place = aside.join(path);
                    save(&place, &bytes).map_err(|error| failed(path, error))?;
                    written.push(Written::Aside(path.clone(), place));
                }
            }
            self.restore(path, packed.as_deref())?;
        }
        for path in self.before.keys().filter(|path| !after.contains_key(*path)) {
            let packed = self.war.packed_file(path)?;
            if packed.is_some() {
                self.restore(path, packed.as_deref())?;
                written.push(Written::Removed(path.clone()));
            }
        }
        Ok(written)
    }

    fn restore(&self, path: &Utf8Path, packed: Option<&[u8]>) -> Result<(), DeployError> {
        let place = self.war.application().join(path);
        match packed {
            Some(bytes) => save(&place, bytes),
            None => fs_err::remove_file(&place),
        }
        .map_err(|error| failed(path, error))
    }
}

fn failed(path: &Utf8Path, source: std::io::Error) -> DeployError {
    DeployError::Io {
        doing: format!("can't keep `{path}`, which the command wrote"),
        source,
    }
}

/// Every file but byte code.
fn files(root: &Utf8Path) -> BTreeMap<Utf8PathBuf, State> {
    walkdir::WalkDir::new(root)
        .into_iter()
        .flatten()
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| {
            let path = Utf8Path::from_path(entry.path())?.strip_prefix(root).ok()?;
            let is_code = matches!(path.extension(), Some("pyc" | "class"));
            let metadata = entry.metadata().ok()?;
            (!is_code).then(|| {
                let state = (metadata.len(), metadata.modified().ok());
                (path.to_owned(), state)
            })
        })
        .collect()
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
