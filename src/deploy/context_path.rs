//! Where an application is mounted.

use std::fmt;
use std::str::FromStr;

/// A context path as Servlet §4.4 has it: empty for the root, else `/name`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextPath(String);

/// A text that is no context path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no context path: it must be `/`, or `/name` of letters, digits, `.`, `_`, `-`")]
pub struct ContextPathError(String);

impl ContextPath {
    /// `""` or `/name`: what `getContextPath()` answers.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name under which a container mounts a WAR there: `ROOT`, `name`, and
    /// `a#b` for `/a/b` (Tomcat only).
    pub fn war_name(&self) -> String {
        match self.0.strip_prefix('/') {
            None => "ROOT".to_owned(),
            Some(name) => name.replace('/', "#"),
        }
    }

    /// Whether it has more than one part.
    pub fn is_nested(&self) -> bool {
        self.0.matches('/').count() > 1
    }
}

impl FromStr for ContextPath {
    type Err = ContextPathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() || text == "/" {
            return Ok(Self::default());
        }
        // Anything else would need quoting in a file name, a URL or a cookie path.
        let well_formed = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter))
        };
        match text.strip_prefix('/') {
            Some(rest)
                if rest.split('/').all(well_formed)
                    && !["/ROOT", "/WEB-INF", "/META-INF"]
                        .iter()
                        .any(|name| text.eq_ignore_ascii_case(name)) =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(ContextPathError(text.to_owned())),
        }
    }
}

/// `/` for the root, as people write it.
impl fmt::Display for ContextPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_empty() { "/" } else { &self.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_and_names_are_context_paths() {
        for (text, path, war) in [
            ("/", "", "ROOT"),
            ("", "", "ROOT"),
            ("/ctx", "/ctx", "ctx"),
            ("/a/b", "/a/b", "a#b"),
        ] {
            let context: ContextPath = text.parse().expect(text);
            assert_eq!((context.as_str(), context.war_name().as_str()), (path, war));
        }
    }

    #[test]
    fn what_needs_quoting_somewhere_is_refused() {
        for text in [
            "ctx",
            "/ctx/",
            "//",
            "/a b",
            "/..",
            "/ROOT",
            "/é",
            "/a?b",
            "/a#b",
            "/WEB-INF",
            "/meta-inf",
        ] {
            assert!(text.parse::<ContextPath>().is_err(), "{text}");
        }
    }
}
