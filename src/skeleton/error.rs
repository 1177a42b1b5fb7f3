//! Why no skeleton can be written.

use camino::Utf8PathBuf;

use crate::error::{Diagnose, Kind};

/// Why no skeleton can be written.
#[derive(Debug, thiserror::Error)]
pub enum SkeletonError {
    /// The folder has a project that djwar didn't make.
    #[error("`{0}` is there already, and djwar didn't make it")]
    Foreign(Utf8PathBuf),
    /// The skeleton would be packed with the project.
    #[error("`{0}` is inside the project, which would be packed with its own skeleton")]
    InsideProject(Utf8PathBuf),
    /// A part of the coordinates.
    #[error("`{value}` can't be {what} of a Maven project")]
    Coordinates {
        /// `the groupId`.
        what: &'static str,
        /// As given.
        value: String,
    },
    /// What djwar noted about its files is damaged.
    #[error("`{path}` can't be read: {reason}")]
    Notes {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        reason: String,
    },
    /// A path that can't be printed.
    #[error("`{0}` is not valid UTF-8")]
    NotUtf8(String),
    /// The disk said no.
    #[error("the skeleton can't be written")]
    Disk(#[source] std::io::Error),
}

impl Diagnose for SkeletonError {
    fn kind(&self) -> Kind {
        match self {
            Self::Disk(_) | Self::NotUtf8(_) => Kind::Environment,
            _ => Kind::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Foreign(_) | Self::InsideProject(_) => {
                "name a folder of its own with `-o`, beside the project"
            }
            Self::Coordinates { .. } => "letters, digits, `.`, `_` and `-` make one",
            Self::Notes { .. } => "write the skeleton into an empty folder, and compare",
            _ => return None,
        };
        Some(text.to_owned())
    }
}
