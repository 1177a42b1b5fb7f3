//! Where a configured value came from, so that `plan` can say it.

use std::fmt;

use camino::Utf8PathBuf;
use serde::{Serialize, Serializer};

/// Where a value came from, strongest last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// Read from the project.
    Detected(String),
    /// A configuration file, relative to the project, and a line.
    File(Utf8PathBuf, u32),
    /// An environment variable.
    Environment(String),
    /// A command-line flag.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::Detected(how) => write!(formatter, "detected: {how}"),
            Self::File(path, line) => write!(formatter, "{path}:{line}"),
            Self::Environment(name) => write!(formatter, "${name}"),
            Self::Flag(name) => write!(formatter, "--{name}"),
        }
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

impl<T> Sourced<T> {
    /// A value from there.
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }
}
