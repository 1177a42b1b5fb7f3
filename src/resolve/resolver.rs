//! What all of this room's work shares: cache, Maven, host, and whether the
//! network may be used.

use camino::Utf8PathBuf;

use super::cache::{Cache, Key};
use super::error::ResolveError;
use super::host::Host;
use super::maven::Maven;
use crate::report::Report;
use crate::runtime;

/// Brings things; the methods stand in the files named after what they bring.
pub struct Resolver<'a> {
    /// The environment.
    pub host: Host,
    /// The cache.
    pub cache: Cache,
    /// Artifacts.
    pub maven: Maven<'a>,
    /// Whether the network is out of bounds.
    pub offline: bool,
    /// Who hears what is done.
    pub report: &'a dyn Report,
}

impl<'a> Resolver<'a> {
    /// A resolver for the project in that folder.
    ///
    /// # Errors
    /// When there is no place for the cache.
    pub fn new(
        host: Host,
        project: impl Into<Utf8PathBuf>,
        offline: bool,
        report: &'a dyn Report,
    ) -> Result<Self, ResolveError> {
        let cache = Cache::of_user(&host)?;
        let maven = Maven::new(host.clone(), cache.clone(), offline, report).in_project(project);
        Ok(Self {
            host,
            cache,
            maven,
            offline,
            report,
        })
    }

    /// The Python half of the engine `cpython` as a folder for `PYTHONPATH`.
    ///
    /// # Errors
    /// When the cache can't be written.
    pub fn handler(&self) -> Result<Utf8PathBuf, ResolveError> {
        self.folder_of(runtime::HANDLER)
    }

    /// Files of the runtime as a folder.
    ///
    /// # Errors
    /// When the cache can't be written.
    pub fn folder_of(&self, files: runtime::Files) -> Result<Utf8PathBuf, ResolveError> {
        let mut parts = Vec::new();
        for (path, bytes) in files {
            parts.push((*path).to_owned());
            parts.push(Key::of_bytes(bytes).as_str().to_owned());
        }
        let key = Key::of(parts.iter().map(String::as_str));
        self.cache.entry_or_make("handlers", &key, |folder| {
            for (path, bytes) in files {
                let path = folder.join(path);
                if let Some(parent) = path.parent() {
                    fs_err::create_dir_all(parent)?;
                }
                fs_err::write(path, bytes)?;
            }
            Ok(())
        })
    }
}
