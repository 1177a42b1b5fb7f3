//! Django's own `check --deploy`, with the WAR's Python. The project's folder is
//! only read.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use super::environment::Environment;
use super::error::ResolveError;
use super::host::run;
use super::resolver::Resolver;

/// A project that is to be checked.
#[derive(Clone, Copy, Debug)]
pub struct CheckRequest<'a> {
    /// The project's folder, absolute: the working directory.
    pub project: &'a Utf8Path,
    /// The folder that goes on `sys.path`, absolute.
    pub python_path: &'a [Utf8PathBuf],
    /// The settings module.
    pub settings: &'a str,
    /// Variables for the settings, over the host's.
    pub build_env: &'a BTreeMap<String, String>,
}

/// One message of Django.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CheckMessage {
    /// `security.W004`.
    pub id: String,
    /// Whether management commands refuse to run for it.
    pub error: bool,
    /// What is wrong.
    pub text: String,
    /// What to do.
    pub hint: Option<String>,
    /// The file, relative to the project, if it lies there.
    pub path: Option<String>,
    /// The line.
    pub line: u32,
}

/// What the checks gave.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Checked {
    /// The project started.
    Messages {
        /// What Django found.
        messages: Vec<CheckMessage>,
    },
    /// It did not.
    Failed {
        /// The last line of the traceback.
        error: String,
    },
}

impl Resolver<'_> {
    /// Runs them.
    ///
    /// # Errors
    /// When Python can't be started. A project that fails is an answer.
    pub fn django_checks(
        &self,
        request: &CheckRequest<'_>,
        environment: &Environment<'_>,
    ) -> Result<Checked, ResolveError> {
        let mut command = environment.command(&self.host, request.python_path, "check");
        command
            .envs(request.build_env)
            .env("DJANGO_SETTINGS_MODULE", request.settings)
            .current_dir(request.project);
        let output = run(&mut command)?;
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        for line in stderr.lines() {
            self.report.detail(line);
        }
        let answer = String::from_utf8_lossy(&output.stdout)
            .lines()
            .rev()
            .find_map(|line| serde_json::from_str(line).ok());
        Ok(answer.unwrap_or_else(|| Checked::Failed {
            error: stderr
                .lines()
                .last()
                .unwrap_or("it said nothing")
                .to_owned(),
        }))
    }
}
