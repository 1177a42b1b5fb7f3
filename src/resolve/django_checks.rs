//! Django's own `check --deploy`, with the WAR's Python. The project's folder is
//! only read.

use serde::Deserialize;

use super::environment::Environment;
use super::error::ResolveError;
use super::project_answer::Startable;
use super::resolver::Resolver;

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
        project: &Startable<'_>,
        environment: &Environment<'_>,
    ) -> Result<Checked, ResolveError> {
        let mut answered = self.ask_project(project, environment, "check", &[])?;
        Ok(answered.answer.take().unwrap_or_else(|| Checked::Failed {
            error: answered.last_words(),
        }))
    }
}
