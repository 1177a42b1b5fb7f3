//! The packages unpacked on this machine, as the WAR's Python will see them: for
//! management commands, static files and checks at build time.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;

use super::cache::Key;
use super::error::ResolveError;
use super::host::Host;
use super::python::Python;
use super::resolver::Resolver;
use super::wheels::Resolution;

/// Changes when the same wheels would be unpacked otherwise.
const RECIPE: &str = "environment 1";

/// A Python with packages.
#[derive(Clone)]
pub struct Environment<'a> {
    python: &'a dyn Python,
    handler: Utf8PathBuf,
    library: Utf8PathBuf,
    last: Option<Utf8PathBuf>,
}

impl Environment<'_> {
    /// A command that starts a module of the runtime's Python half, with handler,
    /// the project's folders and packages on `sys.path`, in the order that the WAR has them.
    pub fn command(&self, host: &Host, project: &[Utf8PathBuf], module: &str) -> Command {
        let mut path = vec![self.handler.as_path()];
        path.extend(project.iter().map(Utf8PathBuf::as_path));
        path.push(&self.library);
        path.extend(self.last.as_deref());
        self.python.command(host, &path, module)
    }
}

impl Resolver<'_> {
    /// The packages of a resolution, unpacked once.
    ///
    /// # Errors
    /// When a wheel is damaged or the cache can't be written.
    pub fn environment<'a>(
        &self,
        resolution: &Resolution,
        python: &'a dyn Python,
    ) -> Result<Environment<'a>, ResolveError> {
        let key = Key::of([RECIPE, &resolution.digest(), python.digest()]);
        let library = if let Some(library) = self.cache.existing("environments", &key) {
            library
        } else {
            let bytecode = self.bytecode(resolution, python)?;
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
        let (handler, last) = python.runtime_folders(self)?;
        Ok(Environment {
            python,
            handler,
            library,
            last,
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
