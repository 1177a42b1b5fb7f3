//! The packages unpacked on this machine, as the WAR's Python will see them: for
//! management commands, static files and checks at build time.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;

use super::cache::Key;
use super::error::ResolveError;
use super::host::Host;
use super::interpreter::Interpreter;
use super::resolver::Resolver;
use super::wheels::Resolution;

/// Changes when the same wheels would be unpacked otherwise.
const RECIPE: &str = "environment 1";

/// An interpreter with packages.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The interpreter.
    pub interpreter: Interpreter,
    /// The folder with the packages.
    pub library: Utf8PathBuf,
    /// The folder with `djwar_handler`.
    pub handler: Utf8PathBuf,
}

impl Environment {
    /// A command that starts its Python with handler, project and packages on
    /// `sys.path`, in the order that the WAR has them. Writes no byte code.
    pub fn command(&self, host: &Host, source_root: &Utf8Path) -> Command {
        let mut command = self.interpreter.command(host);
        let path = [&self.handler, source_root, &self.library].map(Utf8Path::as_std_path);
        if let Ok(path) = std::env::join_paths(path) {
            command.env("PYTHONPATH", path);
        }
        command
            .env("PYTHONSAFEPATH", "1")
            .env("PYTHONUNBUFFERED", "1")
            .args(["-s", "-B"]);
        command
    }
}

impl Resolver<'_> {
    /// The packages of a resolution, unpacked once.
    ///
    /// # Errors
    /// When a wheel is damaged or the cache can't be written.
    pub fn environment(
        &self,
        resolution: &Resolution,
        interpreter: &Interpreter,
    ) -> Result<Environment, ResolveError> {
        let key = Key::of([RECIPE, &resolution.digest(), &interpreter.digest]);
        let library = if let Some(library) = self.cache.existing("environments", &key) {
            library
        } else {
            let bytecode = self.bytecode(resolution, interpreter)?;
            self.cache.entry_or_make("environments", &key, |folder| {
                for wheel in &resolution.wheels {
                    wheel.unpack(folder, |_| true)?;
                }
                for archive in &bytecode {
                    unpack(archive, folder)?;
                }
                Ok(())
            })?
        };
        Ok(Environment {
            interpreter: interpreter.clone(),
            library,
            handler: self.handler()?,
        })
    }
}

/// Unpacks an archive that djwar itself wrote.
fn unpack(archive: &Utf8Path, folder: &Utf8Path) -> Result<(), ResolveError> {
    zip::ZipArchive::new(File::open(archive)?)
        .and_then(|mut archive| archive.extract(folder))
        .map_err(|error| ResolveError::CorruptArtifact {
            path: archive.to_owned(),
            reason: error.to_string(),
        })
}
