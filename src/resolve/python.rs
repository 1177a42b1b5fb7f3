//! What the build asks of a Python that works for it, whichever it is: the bundled
//! one ([`super::interpreter`]) or Jython ([`super::jython`]).

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::bytecode::{Job, Outcome, converse};
use super::error::ResolveError;
use super::host::Host;
use super::interpreter::Interpreter;
use super::requirements::WheelRequest;
use super::resolver::Resolver;
use super::{archive, bytecode};
use crate::runtime;

/// A Python that works at build time as the WAR's will.
pub trait Python: Sync {
    /// Tells it from every other, for keys of the cache.
    fn digest(&self) -> &str;

    /// The place of a source file's byte code.
    fn compiled_name(&self, path: &str) -> String;

    /// Changes when it would compile the same source otherwise.
    fn recipe(&self) -> String;

    /// Whether byte code is worth keeping for each of the project's files alone.
    fn compiles_slowly(&self) -> bool;

    /// Compiles the jobs with one start; the names of those that aren't its Python.
    ///
    /// # Errors
    /// When it fails.
    fn compile(&self, resolver: &Resolver<'_>, jobs: &[Job]) -> Result<Vec<String>, ResolveError>;

    /// The files of the wheels that are asked for, somewhere below `scratch`.
    ///
    /// # Errors
    /// When a requirement can't be had.
    fn bring_wheels(
        &self,
        resolver: &Resolver<'_>,
        request: &WheelRequest,
        scratch: &Utf8Path,
    ) -> Result<Vec<Utf8PathBuf>, ResolveError>;

    /// The folders that are on `sys.path` for what the runtime brings: before the
    /// project, and after its packages.
    ///
    /// # Errors
    /// When the cache can't be written.
    fn runtime_folders(
        &self,
        resolver: &Resolver<'_>,
    ) -> Result<(Utf8PathBuf, Option<Utf8PathBuf>), ResolveError>;

    /// A command that starts it with these folders on `sys.path`, for `-m MODULE`
    /// of the runtime's Python half. Writes no byte code.
    fn command(&self, host: &Host, path: &[&Utf8Path], module: &str) -> Command;
}

impl Python for Interpreter {
    fn digest(&self) -> &str {
        &self.digest
    }

    fn compiled_name(&self, path: &str) -> String {
        archive::compiled_name(path, self.version)
    }

    fn recipe(&self) -> String {
        bytecode::recipe(runtime::HANDLER)
    }

    fn compiles_slowly(&self) -> bool {
        false
    }

    fn compile(&self, resolver: &Resolver<'_>, jobs: &[Job]) -> Result<Vec<String>, ResolveError> {
        bytecode::compile(&resolver.host, self, &resolver.handler()?, jobs)
    }

    fn bring_wheels(
        &self,
        resolver: &Resolver<'_>,
        request: &WheelRequest,
        scratch: &Utf8Path,
    ) -> Result<Vec<Utf8PathBuf>, ResolveError> {
        resolver.bring_wheels(request, self, scratch)
    }

    fn runtime_folders(
        &self,
        resolver: &Resolver<'_>,
    ) -> Result<(Utf8PathBuf, Option<Utf8PathBuf>), ResolveError> {
        Ok((resolver.handler()?, None))
    }

    fn command(&self, host: &Host, path: &[&Utf8Path], module: &str) -> Command {
        let mut command = Interpreter::command(self, host);
        if let Ok(path) = std::env::join_paths(path.iter().map(|folder| folder.as_std_path())) {
            command.env("PYTHONPATH", path);
        }
        command
            .env("PYTHONSAFEPATH", "1")
            .env("PYTHONUNBUFFERED", "1")
            .args(["-s", "-B", "-m", &format!("djwar_handler.{module}")]);
        command
    }
}

/// Compiles by a command that holds the compiler's conversation.
pub(crate) fn compile_by(
    command: Command,
    program: &str,
    jobs: &[Job],
) -> Result<Vec<String>, ResolveError> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let outcome: Outcome = converse(command, program, jobs)?;
    Ok(outcome.failed.iter().map(ToString::to_string).collect())
}
