//! A value that was read from source code, with the place it was read from.

use std::fmt;

use camino::Utf8PathBuf;
use serde::ser::{Serialize, SerializeMap, Serializer};

/// A place in the project: a path relative to the project's root and a line
/// counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Relative to the project's root, with `/`.
    pub path: Utf8PathBuf,
    /// Counted from 1.
    pub line: u32,
}

impl Span {
    /// A span at `line` of `path`.
    pub fn new(path: impl Into<Utf8PathBuf>, line: u32) -> Self {
        Self {
            path: path.into(),
            line,
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.path, self.line)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What reading a setting gave. A computed value is never guessed.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Setting<T> {
    /// A literal, or an expression that djwar knows how to read.
    Known(T, Span),
    /// It is set, but to something only running the project would tell.
    Dynamic(Span),
    /// It is not set.
    #[default]
    Missing,
}

impl<T> Setting<T> {
    /// The value, when it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value, _) => Some(value),
            Self::Dynamic(_) | Self::Missing => None,
        }
    }

    /// Where it is set, when it is set.
    pub fn span(&self) -> Option<&Span> {
        match self {
            Self::Known(_, span) | Self::Dynamic(span) => Some(span),
            Self::Missing => None,
        }
    }

    /// The same place with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Setting<U> {
        match self {
            Self::Known(value, span) => Setting::Known(change(value), span),
            Self::Dynamic(span) => Setting::Dynamic(span),
            Self::Missing => Setting::Missing,
        }
    }
}

/// `null` when missing, `{"dynamic": "settings.py:12"}` when computed, else the
/// value itself (the JSON of `djwar scan --json`).
impl<T: Serialize> Serialize for Setting<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value, _) => value.serialize(serializer),
            Self::Dynamic(span) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("dynamic", span)?;
                map.end()
            }
            Self::Missing => serializer.serialize_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_computed_setting_serializes_as_its_place() {
        let setting: Setting<String> = Setting::Dynamic(Span::new("settings/base.py", 12));
        assert_eq!(
            serde_json::to_string(&setting).expect("serializes"),
            r#"{"dynamic":"settings/base.py:12"}"#
        );
    }

    #[test]
    fn a_missing_setting_serializes_as_null() {
        let setting: Setting<String> = Setting::Missing;
        assert_eq!(serde_json::to_string(&setting).expect("serializes"), "null");
    }
}
