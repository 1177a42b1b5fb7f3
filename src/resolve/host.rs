//! The part of the machine that this room may look at: environment variables,
//! the PATH, the home folder. Handed in, so that tests can make up their own.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::process::{Command, Output, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use super::error::ResolveError;

/// An environment to look things up in and to start programs with.
#[derive(Clone, Debug, Default)]
pub struct Host {
    variables: BTreeMap<OsString, OsString>,
}

impl Host {
    /// The environment of this process.
    pub fn of_this_process() -> Self {
        Self {
            variables: std::env::vars_os().collect(),
        }
    }

    /// A made-up environment.
    pub fn with_variables<K: Into<OsString>, V: Into<OsString>>(
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        Self {
            variables: variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        }
    }

    /// This environment with another variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// A variable that is set to something, as text.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables
            .get(OsStr::new(name))
            .and_then(|value| value.to_str())
            .filter(|value| !value.is_empty())
    }

    /// All variables whose name starts with `prefix`, sorted by name.
    pub fn variables_starting_with(&self, prefix: &str) -> Vec<(String, String)> {
        self.variables
            .iter()
            .filter_map(|(name, value)| {
                let name = name.to_str()?;
                name.starts_with(prefix)
                    .then(|| (name.to_owned(), value.to_string_lossy().into_owned()))
            })
            .collect()
    }

    /// The user's home folder.
    pub fn home(&self) -> Option<Utf8PathBuf> {
        self.variable("HOME")
            .or_else(|| self.variable("USERPROFILE"))
            .map(Utf8PathBuf::from)
    }

    /// A program on the PATH.
    pub fn find(&self, program: &str) -> Option<Utf8PathBuf> {
        let path = self.variables.get(OsStr::new("PATH"))?;
        let endings: &[&str] = if cfg!(windows) {
            &[".exe", ".cmd", ".bat"]
        } else {
            &[""]
        };
        std::env::split_paths(path)
            .filter_map(|folder| Utf8PathBuf::from_path_buf(folder).ok())
            .filter(|folder| folder.is_absolute())
            .flat_map(|folder| {
                endings
                    .iter()
                    .map(move |ending| folder.join(format!("{program}{ending}")))
            })
            .find(|candidate| is_executable(candidate))
    }

    /// A command with exactly this environment and no standard input.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::null());
        command
    }

    /// A command for Python: the host's own `PYTHON*` variables and an active
    /// virtual environment would lead a foreign interpreter astray.
    pub fn python_command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.command(program);
        for name in self.variables.keys() {
            let text = name.to_string_lossy();
            if text.starts_with("PYTHON") || text == "VIRTUAL_ENV" || text == "__PYVENV_LAUNCHER__"
            {
                command.env_remove(name);
            }
        }
        command
    }
}

/// Runs a command to its end and takes what it says.
///
/// # Errors
/// When it can't be started, or when Ctrl-C ended it. Any other status is the
/// caller's to judge.
pub(crate) fn run(command: &mut Command) -> Result<Output, ResolveError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|source| ResolveError::Start {
        program: program.clone(),
        source,
    })?;
    uninterrupted(program, output)
}

/// The output of a program, unless Ctrl-C ended it.
pub(crate) fn uninterrupted(program: String, output: Output) -> Result<Output, ResolveError> {
    if was_interrupted(&output) {
        return Err(ResolveError::Interrupted(program));
    }
    Ok(output)
}

#[cfg(unix)]
fn was_interrupted(output: &Output) -> bool {
    use std::os::unix::process::ExitStatusExt;
    const SIGINT: i32 = 2;
    // 128 + 2 is what a shell script such as `mvn` makes of it.
    output.status.signal() == Some(SIGINT) || output.status.code() == Some(128 + SIGINT)
}

#[cfg(not(unix))]
fn was_interrupted(_output: &Output) -> bool {
    false
}

#[cfg(unix)]
pub(crate) fn is_executable(path: &Utf8Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs_err::metadata(path)
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
pub(crate) fn is_executable(path: &Utf8Path) -> bool {
    path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_on_the_given_path_only() {
        let folder = tempfile::tempdir().expect("temp dir");
        let folder = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("UTF-8");
        let host = Host::with_variables([("PATH", folder.as_str())]);
        assert_eq!(host.find("mvn"), None);
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let host = Host::with_variables([("DJWAR_CACHE_DIR", "")]);
        assert_eq!(host.variable("DJWAR_CACHE_DIR"), None);
    }
}
