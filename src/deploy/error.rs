//! What can go wrong with a container, whose turn it is then, and what helps.

use camino::Utf8PathBuf;

use super::container::Container;
use super::context_path::ContextPathError;
use crate::error::{Diagnose, Kind};
use crate::resolve::ResolveError;

/// A failure of the deploy room.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeployError {
    /// The container's distribution can't be had.
    #[error(transparent)]
    Resolve(#[from] ResolveError),

    /// The disk said no.
    #[error("{doing}")]
    Io {
        /// What was tried, with its path.
        doing: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },

    /// The project's folder takes no files.
    #[error("what the command wrote could not be written to `{project}`")]
    NotBroughtOut {
        /// The project.
        project: Utf8PathBuf,
        /// Where the first file is now.
        place: Utf8PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },

    /// Neither the project nor the data folder takes a file.
    #[error("can't keep `{path}`, which a management command wrote")]
    NotKept {
        /// Its path in the project.
        path: Utf8PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },

    /// No Java at all.
    #[error("no Java found to run a servlet container: {looked}")]
    NoJava {
        /// Where it was looked for.
        looked: String,
    },

    /// A Java that is too old for the containers.
    #[error("`{path}` is Java {version}, and the servlet containers need 17 or later")]
    OldJava {
        /// Its executable.
        path: Utf8PathBuf,
        /// What it says it is.
        version: String,
    },

    /// A WAR for another platform.
    #[error("the WAR unpacked in `{folder}` brings no Python that runs on this machine")]
    NoPython {
        /// Its project.
        folder: Utf8PathBuf,
    },

    /// A file that no container would take.
    #[error("`{path}` is no WAR: {reason}")]
    NotAWar {
        /// The file.
        path: Utf8PathBuf,
        /// What is wrong with it.
        reason: String,
    },

    /// A WAR that holds no Django project of djwar's.
    #[error("`{path}` is no WAR of djwar: {reason}")]
    NotOurs {
        /// The file.
        path: Utf8PathBuf,
        /// What is missing in it.
        reason: String,
    },

    /// See [`ContextPathError`].
    #[error(transparent)]
    ContextPath(#[from] ContextPathError),

    /// A wish that the container can't fulfil.
    #[error("{container} can't {wish}")]
    Unsupported {
        /// The container.
        container: Container,
        /// `serve a WAR without unpacking it`.
        wish: &'static str,
    },

    /// Another program listens there.
    #[error("can't listen on {address}: {reason}")]
    Port {
        /// `127.0.0.1:8080`.
        address: String,
        /// `the port is in use`.
        reason: &'static str,
        /// Whether another port would do.
        #[source]
        source: std::io::Error,
    },

    /// The container's process ended by itself.
    #[error("{container} ended ({status}) {when}")]
    Ended {
        /// The container.
        container: Container,
        /// `exit status: 1`.
        status: String,
        /// `before it was ready`.
        when: &'static str,
        /// The last lines of its log.
        #[source]
        log: Said,
    },

    /// The container runs, and refused the application.
    #[error("{container} could not start the application")]
    NotDeployed {
        /// The container.
        container: Container,
        /// The lines of its log which say so.
        #[source]
        log: Said,
    },

    /// It took too long.
    #[error("{container} was not ready after {seconds} s: {waited_for} did not come")]
    TimedOut {
        /// The container.
        container: Container,
        /// The limit.
        seconds: u64,
        /// What was waited for.
        waited_for: String,
        /// The last lines of its log.
        #[source]
        log: Said,
    },

    /// A request got no answer.
    #[error("no answer to `{request}`: {reason}")]
    NoAnswer {
        /// `GET http://127.0.0.1:8080/`.
        request: String,
        /// The client's words.
        reason: String,
    },
}

/// Lines of a log, as a cause.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its log says:\n{0}")]
pub struct Said(pub String);

/// `fs_err` names operation and path itself.
impl From<std::io::Error> for DeployError {
    fn from(source: std::io::Error) -> Self {
        Self::Io {
            doing: source.to_string(),
            source,
        }
    }
}

impl Diagnose for DeployError {
    fn kind(&self) -> Kind {
        match self {
            Self::Resolve(error) => error.kind(),
            Self::NotAWar { .. }
            | Self::NotOurs { .. }
            | Self::ContextPath(_)
            | Self::Unsupported { .. } => Kind::Usage,
            Self::NotDeployed { .. } | Self::NoPython { .. } => Kind::Project,
            _ => Kind::Environment,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Resolve(error) => error.hint(),
            Self::NoJava { .. } | Self::OldJava { .. } => Some(
                "install a JDK or JRE of version 17 or later (Debian: `apt-get install openjdk-17-jre-headless`), or point `JAVA_HOME` at one"
                    .to_owned(),
            ),
            Self::Port { source, .. } if source.kind() == std::io::ErrorKind::AddrInUse => Some(
                "stop the program that listens there, or choose another with `--port`; `--port 0` takes a free one".to_owned(),
            ),
            Self::NotBroughtOut { project, place, .. } => Some(format!(
                "it is `{place}` now, and no WAR has it: let `{project}` be written, and copy it there"
            )),
            Self::NotKept { .. } => Some(
                "it is in the cache still, and the next `djwar manage` brings it out before it does anything else"
                    .to_owned(),
            ),
            Self::NoPython { .. } => Some(
                "run the command on the target host, or build the WAR for this platform".to_owned(),
            ),
            Self::NotAWar { .. } | Self::NotOurs { .. } => Some("`djwar build` writes one from a Django project".to_owned()),
            _ => None,
        }
    }
}
