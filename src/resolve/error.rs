//! What can go wrong while things are brought, whose turn it is then, and what helps.

use camino::Utf8PathBuf;

use crate::error::{Diagnose, Kind};
use crate::model::{Coordinates, Platform, PythonVersion};

/// A failure of the resolve room.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// The disk said no.
    #[error("{doing}")]
    Io {
        /// What was tried, with its path.
        doing: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },

    /// A path that can't be printed or written into a file.
    #[error("`{0}` is not valid UTF-8, and djwar keeps such paths out of its files")]
    NotUtf8(String),

    /// Neither a home nor a cache folder is known.
    #[error("no folder for the cache: neither `DJWAR_CACHE_DIR` nor `HOME` is set")]
    NoCacheFolder,

    /// A program that isn't on the PATH.
    #[error("`{program}` is not on the PATH, and it is needed to {purpose}")]
    MissingProgram {
        /// For example `mvn`.
        program: &'static str,
        /// `bring org.example:x:1:jar`.
        purpose: String,
        /// How to get along.
        help: String,
    },

    /// A program that could not be started.
    #[error("`{program}` could not be started")]
    Start {
        /// The program.
        program: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },

    /// Ctrl-C reached a program that djwar had started.
    #[error("`{0}` was interrupted")]
    Interrupted(String),

    /// `--offline`, and something isn't here.
    #[error("`--offline` is set and this is not on the machine: {}", .missing.join(", "))]
    Offline {
        /// What is missing, one a thing.
        missing: Vec<String>,
    },

    /// Maven knows no such artifact.
    #[error("Maven found no artifact `{coordinates}`")]
    NoSuchArtifact {
        /// What was asked for.
        coordinates: String,
        /// Maven's own words.
        #[source]
        said: Said,
    },

    /// Maven failed otherwise.
    #[error("Maven could not bring {}", list(.coordinates))]
    Maven {
        /// What was asked for.
        coordinates: Vec<Coordinates>,
        /// Maven's own words.
        #[source]
        said: Said,
    },

    /// A file of the local Maven repository is damaged.
    #[error("`{path}` is damaged: {reason}")]
    CorruptArtifact {
        /// The file.
        path: Utf8PathBuf,
        /// How it is known.
        reason: String,
    },

    /// There is no bundled interpreter for this.
    #[error("there is no bundled Python {python} for {platform}")]
    NoInterpreter {
        /// The Python that was asked for.
        python: PythonVersion,
        /// The platform that was asked for.
        platform: Platform,
        /// What there is instead.
        known: String,
    },

    /// The interpreter's archive isn't what it should be.
    #[error("`{path}` is no Python interpreter that djwar can bundle: {reason}")]
    NoPythonArchive {
        /// The archive.
        path: Utf8PathBuf,
        /// What is wrong.
        reason: String,
    },

    /// The bundled interpreter doesn't run here.
    #[error("the bundled Python {python} does not run on this machine: {reason}")]
    InterpreterDoesNotRun {
        /// Its version.
        python: PythonVersion,
        /// For example a missing library.
        reason: String,
    },

    /// A requirement can't be had, by the project's own fault or wish.
    #[error("{message}")]
    Requirement {
        /// The requirement by name, and where it is written.
        message: String,
        /// pip's or uv's own words.
        #[source]
        said: Said,
        /// What would help.
        help: String,
    },

    /// The network, seen through pip or uv.
    #[error("{program} could not reach the package index")]
    PackageIndex {
        /// `pip` or `uv`.
        program: &'static str,
        /// Its own words.
        #[source]
        said: Said,
    },

    /// A program of ours or of the project's ended badly.
    #[error("{doing} failed")]
    Program {
        /// `compiling the byte code`.
        doing: String,
        /// Its own words.
        #[source]
        said: Said,
    },
    /// A command of `before` failed.
    #[error("{message}")]
    Step {
        /// Which, and how.
        message: String,
        /// The whole traceback.
        #[source]
        said: Said,
    },

    /// `collectstatic` failed inside the project's own code.
    #[error("the static files could not be collected: {last_line}")]
    StaticFiles {
        /// The last line of the traceback.
        last_line: String,
        /// The whole traceback.
        #[source]
        said: Said,
        /// What would help.
        help: String,
    },

    /// A file that the project names holds what djwar can't read.
    #[error("`{path}`: {reason}")]
    Unreadable {
        /// The file.
        path: Utf8PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// The last words of a program, as a cause.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Said(pub String);

fn list(coordinates: &[Coordinates]) -> String {
    coordinates
        .iter()
        .map(|one| format!("`{one}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

impl ResolveError {
    /// For `map_err` on file operations: names what was done.
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }
}

/// `fs_err` names operation and path itself.
impl From<std::io::Error> for ResolveError {
    fn from(source: std::io::Error) -> Self {
        Self::Io {
            doing: source.to_string(),
            source,
        }
    }
}

impl Diagnose for ResolveError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoSuchArtifact { .. }
            | Self::NoInterpreter { .. }
            | Self::NoPythonArchive { .. } => Kind::Usage,
            Self::Requirement { .. }
            | Self::StaticFiles { .. }
            | Self::Step { .. }
            | Self::Unreadable { .. } => Kind::Project,
            _ => Kind::Environment,
        }
    }

    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Io { .. } => "check that the disk isn't full and that the folder can be written; `DJWAR_CACHE_DIR` moves the cache".to_owned(),
            Self::NoCacheFolder => "set `DJWAR_CACHE_DIR` to a folder that can be written".to_owned(),
            Self::MissingProgram { help, .. }
            | Self::Requirement { help, .. }
            | Self::StaticFiles { help, .. } => help.clone(),
            Self::Step { .. } => "`before` of `djwar.toml` (`[tool.djwar]`) names it; variables that it needs belong in `[build-env]` of `djwar.toml` (`[tool.djwar.build-env]`)".to_owned(),
            Self::Offline { .. } => "run the same command once without `--offline`, with the network; the cache keeps what it brings".to_owned(),
            Self::NoSuchArtifact { .. } => "check the spelling and the version, and that the repository which has it stands in Maven's `settings.xml`".to_owned(),
            Self::Maven { .. } => "check the network and Maven's `settings.xml` (mirror, proxy); `mvn dependency:get -Dartifact=…` shows the same failure by itself".to_owned(),
            Self::CorruptArtifact { .. } => "delete it and build again".to_owned(),
            Self::NoInterpreter { known, .. } => format!(
                "there is one for {known}; or name an archive with `python = \"file:…\"`, or the target's own with `python = \"host\"`"
            ),
            Self::NoPythonArchive { .. } => "a python-build-standalone `install_only` archive (`.tar.gz`, `.tar.zst`) fits".to_owned(),
            Self::InterpreterDoesNotRun { .. } => "it needs glibc 2.35 or later and the system's libsqlite3, libz, libbz2, liblzma and libuuid; where they can't be had, name a python-build-standalone archive with `python = \"file:…\"`".to_owned(),
            Self::PackageIndex { .. } => "check the network, and pip's configuration (index, proxy, certificate); `--offline` uses what the cache has".to_owned(),
            Self::NotUtf8(_) => "rename it".to_owned(),
            Self::Start { .. } | Self::Interrupted(_) | Self::Program { .. } | Self::Unreadable { .. } => return None,
        };
        Some(text)
    }
}
