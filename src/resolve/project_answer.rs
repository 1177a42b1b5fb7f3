//! A module of djwar's handler, started in a project with the WAR's Python, and the
//! one object that it answers with. The project's folder is only read.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde::de::DeserializeOwned;

use super::environment::Environment;
use super::error::ResolveError;
use super::host::run;
use super::resolver::Resolver;

/// A project that can be started.
#[derive(Clone, Copy, Debug)]
pub struct Startable<'a> {
    /// The project's folder, absolute: the working directory.
    pub project: &'a Utf8Path,
    /// The folders that go on `sys.path`, absolute.
    pub python_path: &'a [Utf8PathBuf],
    /// The settings module.
    pub settings: &'a str,
    /// Variables for the settings, over the host's.
    pub build_env: &'a BTreeMap<String, String>,
}

/// What a module answered: the last line of standard output that is such an object.
pub(super) struct Answered<T> {
    /// None when there was no such line.
    pub(super) answer: Option<T>,
    /// Standard error, whole.
    pub(super) stderr: String,
}

impl<T> Answered<T> {
    /// What a module that died said last: the end of its traceback.
    pub(super) fn last_words(&self) -> String {
        let last = self.stderr.lines().last();
        last.unwrap_or("it said nothing").to_owned()
    }
}

impl Resolver<'_> {
    /// Runs `djwar_handler.MODULE` in the project.
    ///
    /// # Errors
    /// When Python can't be started.
    pub(super) fn ask_project<T: DeserializeOwned>(
        &self,
        project: &Startable<'_>,
        environment: &Environment<'_>,
        module: &str,
        arguments: &[&str],
    ) -> Result<Answered<T>, ResolveError> {
        let mut command = environment.command(&self.host, project.python_path, module);
        command
            .envs(project.build_env)
            .env("DJANGO_SETTINGS_MODULE", project.settings)
            .current_dir(project.project)
            .args(arguments);
        let output = run(&mut command)?;
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        for line in stderr.lines() {
            self.report.detail(line);
        }
        let answer = String::from_utf8_lossy(&output.stdout)
            .lines()
            .rev()
            .find_map(|line| serde_json::from_str(line).ok());
        Ok(Answered { answer, stderr })
    }
}
