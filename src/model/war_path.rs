//! A path inside a WAR: relative, `/`-separated, free of `..`, `\` and empty
//! parts. The zip crate accepts all of those (FACTS), so the type refuses them.

use std::borrow::Borrow;
use std::fmt;

use serde::Serialize;

/// A path inside a WAR, always with `/`, never leading or trailing with one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct WarPath(Box<str>);

/// Why a text is no path inside a WAR.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` can't be a path inside a WAR: {reason}")]
pub struct WarPathError {
    /// The text that was refused.
    pub path: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl WarPath {
    /// Takes a relative path with `/` between its parts.
    ///
    /// # Errors
    /// When the path is absolute, empty, holds `..`, `.`, `\`, an empty part, a
    /// drive letter, a control character, or is longer than a zip entry's name
    /// may be (APPNOTE 4.4.10: 65,535 bytes).
    pub fn new(path: impl Into<String>) -> Result<Self, WarPathError> {
        let path = path.into();
        match refusal(&path) {
            None => Ok(Self(path.into())),
            Some(reason) => Err(WarPathError { path, reason }),
        }
    }

    /// A path that was one before.
    pub(crate) fn known(path: String) -> Self {
        debug_assert_eq!(refusal(&path), None, "{path}");
        Self(path.into())
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This path with `part` (one or more parts) below it.
    ///
    /// # Errors
    /// As for [`WarPath::new`].
    pub fn join(&self, part: &str) -> Result<Self, WarPathError> {
        Self::new(format!("{}/{part}", self.0))
    }

    /// The folders above the entry, outermost first.
    pub fn ancestors(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.match_indices('/').map(|(at, _)| &self.0[..at])
    }
}

fn refusal(path: &str) -> Option<&'static str> {
    let mut first_two = path.chars();
    let (first, second) = (first_two.next(), first_two.next());
    if path.is_empty() {
        Some("it is empty")
    } else if first == Some('/') {
        Some("it is absolute")
    } else if path.contains('\\') {
        Some("it holds a backslash")
    } else if second == Some(':') && first.is_some_and(|letter| letter.is_ascii_alphabetic()) {
        Some("it starts with a drive letter")
    } else if path.chars().any(char::is_control) {
        Some("it holds a control character")
    } else if path.len() > usize::from(u16::MAX) {
        Some("it is longer than 65,535 bytes")
    } else {
        path.split('/').find_map(|part| match part {
            "" => Some("it has an empty part"),
            "." | ".." => Some("it holds `.` or `..`"),
            _ => None,
        })
    }
}

impl Borrow<str> for WarPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WarPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_ordinary_and_unicode_paths() {
        for path in ["a", "WEB-INF/web.xml", "static/été/x.css", "a b/c", "..x/y"] {
            assert_eq!(WarPath::new(path).expect(path).as_str(), path);
        }
    }

    #[test]
    fn refuses_paths_that_leave_or_confuse() {
        for path in [
            "", "/abs", "../x", "a/../b", "a//b", "a/", "./a", "a\\b", "C:/x", "c:x", "a\nb",
            "a\0b",
        ] {
            assert!(WarPath::new(path).is_err(), "{path:?} was accepted");
        }
    }

    #[test]
    fn names_its_ancestors() {
        let path = WarPath::new("a/b/c").expect("valid");
        assert_eq!(path.ancestors().collect::<Vec<_>>(), ["a", "a/b"]);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_accepted_stays_below_the_folder_it_is_unpacked_in(
            path in proptest::prop_oneof![
                "[a.:/\\\\ é\\x00]{0,12}",
                "((\\.{0,3}|[a-c]{1,2}|C:)/?){0,5}",
                ".{0,40}",
            ]
        ) {
            if let Ok(accepted) = WarPath::new(path.as_str()) {
                let mut depth = 0_i32;
                for part in std::path::Path::new(accepted.as_str()).components() {
                    match part {
                        std::path::Component::Normal(_) => depth += 1,
                        other => panic!("{path:?} holds {other:?}"),
                    }
                }
                proptest::prop_assert!(depth > 0);
                proptest::prop_assert_eq!(accepted.as_str(), path.as_str());
                let joined = accepted.join(accepted.as_str()).expect("both were accepted");
                proptest::prop_assert!(joined.as_str().starts_with(accepted.as_str()));
            }
        }

        #[test]
        fn ordinary_names_are_accepted(path in "[a-zé日][a-z0-9 _-]{0,8}(/[a-z0-9_-]{1,8}){0,6}") {
            proptest::prop_assert!(WarPath::new(path).is_ok());
        }
    }
}
