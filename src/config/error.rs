//! What can be wrong with the configuration.

use camino::Utf8PathBuf;

use super::Origin;
use crate::error::{Diagnose, Kind};

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("can't read the configuration `{path}`")]
    Unreadable {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("`{path}:{line}` is not TOML: {message}")]
    NoToml {
        /// The file.
        path: Utf8PathBuf,
        /// The line.
        line: u32,
        /// The parser's words.
        message: String,
    },
    /// Two places hold a configuration.
    #[error("both `djwar.toml` and `[tool.djwar]` of `pyproject.toml` hold a configuration")]
    TwoFiles,
    /// A key that isn't one.
    #[error("unknown key `{key}` ({origin})")]
    UnknownKey {
        /// As written.
        key: String,
        /// Where.
        origin: Origin,
        /// A known key that is spelled alike.
        nearest: Option<&'static str>,
    },
    /// A value of another TOML type.
    #[error("`{key}` has the wrong type ({origin})")]
    WrongShape {
        /// The key.
        key: &'static str,
        /// Where.
        origin: Origin,
        /// An example of the right one.
        expected: &'static str,
    },
    /// A value that means nothing.
    #[error("`{key}` can't be `{value}` ({origin}): {reason}")]
    BadValue {
        /// The key.
        key: &'static str,
        /// As given.
        value: String,
        /// Where.
        origin: Origin,
        /// What would be right.
        reason: String,
    },
}

impl Diagnose for ConfigError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unreadable { .. } => Kind::Environment,
            _ => Kind::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::TwoFiles => Some("keep one of them".to_owned()),
            Self::UnknownKey {
                nearest: Some(nearest),
                ..
            } => Some(format!("did you mean `{nearest}`?")),
            Self::UnknownKey { .. } => {
                Some("docs/reference/configuration.md lists the keys".to_owned())
            }
            Self::WrongShape { key, expected, .. } => {
                Some(format!("write it like `{key} = {expected}`"))
            }
            _ => None,
        }
    }
}
