//! Why entries can't become one archive.

use camino::Utf8PathBuf;

use crate::error::{Diagnose, Kind};
use crate::model::{WarPath, WarPathError};

/// Why entries can't become one archive.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// Two entries with one path.
    #[error("two files go to `{path}` in the WAR: {first}; and {second}")]
    Duplicate {
        /// The path.
        path: WarPath,
        /// Why the first is there.
        first: String,
        /// Why the second is there.
        second: String,
    },
    /// Two paths which differ by case only.
    #[error("`{first}` and `{second}` differ by case only: {first_reason}; and {second_reason}")]
    Case {
        /// One.
        first: WarPath,
        /// Why it is there.
        first_reason: String,
        /// The other.
        second: WarPath,
        /// Why it is there.
        second_reason: String,
    },
    /// A file where a folder must be.
    #[error("`{file}` is a file and the folder of `{below}`: {file_reason}; and {below_reason}")]
    FileAndFolder {
        /// The file.
        file: WarPath,
        /// Why it is there.
        file_reason: String,
        /// An entry below it.
        below: WarPath,
        /// Why it is there.
        below_reason: String,
    },
    /// A name that no archive may hold.
    #[error("a file can't be packed: {origin}")]
    Path {
        /// Where it was found.
        origin: String,
        /// What is wrong.
        source: WarPathError,
    },
    /// An archive whose directory can't be read.
    #[error("can't read the archive `{path}`")]
    Archive {
        /// The archive.
        path: Utf8PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file that can't be read.
    #[error("can't read `{path}`")]
    Read {
        /// The file or folder.
        path: Utf8PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Diagnose for AssembleError {
    fn kind(&self) -> Kind {
        match self {
            Self::Archive { .. } | Self::Read { .. } => Kind::Environment,
            _ => Kind::Project,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Duplicate { .. } | Self::FileAndFolder { .. } => Some(
                "rename one, or leave it out with `exclude` in the configuration".to_owned(),
            ),
            Self::Case { .. } => Some(
                "a host with a case-insensitive file system would keep one of them; rename one, or \
                 leave it out with `exclude`"
                    .to_owned(),
            ),
            Self::Archive { .. } => {
                Some("it may be damaged: delete it and build again".to_owned())
            }
            _ => None,
        }
    }
}
