//! What an expression of the settings is worth when nobody runs them.
//!
//! Every value is what it would be with an **empty environment**; `dynamic` says
//! that the environment, the disk or code we don't run may change it. So a
//! default can be told without being taken for the value.

use std::sync::Arc;

use super::syntax::Definition;

/// The project's root as settings see it. A literal path of the developer's
/// machine can't collide with it, and it has parents to climb to.
pub(super) const VIRTUAL_ROOT: &str = "/\u{1}/above/above/above/project";

/// A larger value is not worth keeping; hostile settings double one at a time.
const LARGEST: usize = 20_000;

/// A value and whether it is certain.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Value {
    /// What it is with an empty environment.
    pub(super) kind: Kind,
    /// Whether only running the project would tell.
    pub(super) dynamic: bool,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Text(String),
    /// Same as a text, but callable and divisible (pathlib, django-environ).
    Path(String),
    Integer(i64),
    Boolean(bool),
    None,
    Sequence(Vec<Value>),
    Dictionary(Vec<(Value, Value)>),
    /// Something imported from outside of the project, by its dotted name.
    Reference(String),
    /// A module of the project, by its file.
    Module(camino::Utf8PathBuf),
    /// `environ.Env(...)`: names and their defaults.
    Reader(Vec<(String, Value)>),
    /// An attribute of a value: a method about to be called.
    Method(Box<Value>, String),
    /// A function of the project, and the file that defines it.
    Function(Arc<Definition>, camino::Utf8PathBuf),
    /// A class of the project, by its attributes; read only where settings are one.
    Class(std::rc::Rc<super::evaluate::Scope>),
    /// We can't know.
    Opaque,
}

impl Value {
    pub(super) fn known(kind: Kind) -> Self {
        Self {
            kind,
            dynamic: false,
        }
    }

    pub(super) fn opaque() -> Self {
        Self {
            kind: Kind::Opaque,
            dynamic: true,
        }
    }

    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::known(Kind::Text(text.into()))
    }

    pub(super) fn reference(name: impl Into<String>) -> Self {
        Self::known(Kind::Reference(name.into()))
    }

    #[must_use]
    pub(super) fn or_dynamic(mut self, dynamic: bool) -> Self {
        self.dynamic |= dynamic;
        self
    }

    /// The text of a text or a path.
    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) | Kind::Path(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn items(&self) -> Option<&[Value]> {
        match &self.kind {
            Kind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// What a copy of it costs, in steps: settings that add to a list a line at a time
    /// copy it each time.
    pub(super) fn steps(&self) -> usize {
        let parts = match &self.kind {
            Kind::Sequence(items) => items.len(),
            Kind::Dictionary(entries) => entries.len(),
            Kind::Text(text) | Kind::Path(text) => text.len() / 16,
            _ => 0,
        };
        parts / 2
    }

    pub(super) fn entry(&self, key: &str) -> Option<&Value> {
        match &self.kind {
            // The last one wins, as in Python.
            Kind::Dictionary(entries) => entries
                .iter()
                .rev()
                .find(|(name, _)| name.as_text() == Some(key))
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// Python's truth, when there is one to tell.
    pub(super) fn truth(&self) -> Option<bool> {
        match &self.kind {
            Kind::Text(text) => Some(!text.is_empty()),
            Kind::Path(_) | Kind::Module(_) | Kind::Function(..) | Kind::Class(_) => Some(true),
            Kind::Integer(number) => Some(*number != 0),
            Kind::Boolean(boolean) => Some(*boolean),
            Kind::None => Some(false),
            Kind::Sequence(items) => Some(!items.is_empty()),
            Kind::Dictionary(entries) => Some(!entries.is_empty()),
            Kind::Reference(_) | Kind::Reader(_) | Kind::Method(..) | Kind::Opaque => None,
        }
    }

    /// Whether any part of it is dynamic.
    pub(super) fn is_dynamic(&self) -> bool {
        self.dynamic
            || match &self.kind {
                Kind::Sequence(items) => items.iter().any(Self::is_dynamic),
                Kind::Dictionary(entries) => entries
                    .iter()
                    .any(|(key, value)| key.is_dynamic() || value.is_dynamic()),
                _ => false,
            }
    }

    /// The value, or an opaque one when it grew beyond reason.
    #[must_use]
    pub(super) fn bounded(self) -> Self {
        let mut left = LARGEST;
        if weighs_more(&self, &mut left, 0) {
            Self::opaque()
        } else {
            self
        }
    }
}

fn weighs_more(value: &Value, left: &mut usize, depth: usize) -> bool {
    let own = match &value.kind {
        Kind::Text(text) | Kind::Path(text) | Kind::Reference(text) => 1 + text.len() / 16,
        _ => 1,
    };
    if own > *left || depth > 200 {
        return true;
    }
    *left -= own;
    match &value.kind {
        Kind::Sequence(items) => items.iter().any(|item| weighs_more(item, left, depth + 1)),
        Kind::Dictionary(entries) => entries.iter().any(|(key, value)| {
            weighs_more(key, left, depth + 1) || weighs_more(value, left, depth + 1)
        }),
        Kind::Reader(defaults) => defaults
            .iter()
            .any(|(_, value)| weighs_more(value, left, depth + 1)),
        Kind::Method(inner, _) => weighs_more(inner, left, depth + 1),
        _ => false,
    }
}

/// `path` without `.`, `..` and doubled separators, as `os.path.normpath`.
pub(super) fn normalised(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if path.starts_with('/') => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if path.starts_with('/') {
        format!("/{joined}")
    } else if joined.is_empty() {
        ".".to_owned()
    } else {
        joined
    }
}

/// `os.path.join`.
pub(super) fn joined(base: &str, part: &str) -> String {
    if part.starts_with('/') || base.is_empty() {
        part.to_owned()
    } else {
        format!("{}/{part}", base.trim_end_matches('/'))
    }
}

/// `os.path.dirname`.
pub(super) fn parent(path: &str) -> String {
    match path.rfind('/') {
        Some(0) => "/".to_owned(),
        Some(at) => path[..at].trim_end_matches('/').to_owned(),
        None => String::new(),
    }
}

/// A path as people see it: relative to the project when it lies inside (`.` for
/// the root) or starts with `..` when it lies above; others as they are.
pub(super) fn shown(path: &str) -> String {
    let Some(top) = path.find("/\u{1}/") else {
        return path.to_owned();
    };
    let (before, path) = path.split_at(top);
    let clean = normalised(path);
    let mut above = VIRTUAL_ROOT.to_owned();
    let mut climbed = String::new();
    let relative = loop {
        if clean == above {
            break climbed.trim_end_matches('/').to_owned();
        }
        if let Some(rest) = clean.strip_prefix(&format!("{above}/")) {
            break format!("{climbed}{rest}");
        }
        above = parent(&above);
        climbed.push_str("../");
        if above.len() <= 2 {
            break climbed.trim_end_matches('/').to_owned();
        }
    };
    if relative.is_empty() {
        format!("{before}.")
    } else {
        format!("{before}{relative}")
    }
}

/// The path inside the project, when it is one: no `..`, empty for the root.
pub(super) fn inside(path: &str) -> Option<String> {
    let clean = normalised(path);
    if clean == VIRTUAL_ROOT {
        return Some(String::new());
    }
    clean
        .strip_prefix(VIRTUAL_ROOT)?
        .strip_prefix('/')
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_relative_to_the_project() {
        for (path, expected) in [
            (VIRTUAL_ROOT.to_owned(), "."),
            (format!("{VIRTUAL_ROOT}/media"), "media"),
            (format!("{VIRTUAL_ROOT}/a/../media/"), "media"),
            (joined(&parent(VIRTUAL_ROOT), "media"), "../media"),
            (format!("sqlite://{VIRTUAL_ROOT}/db"), "sqlite://db"),
            ("/var/www/media".to_owned(), "/var/www/media"),
        ] {
            assert_eq!(shown(&path), expected);
        }
    }

    #[test]
    fn a_value_that_doubles_is_dropped() {
        let mut value = Value::text("x");
        for _ in 0..100 {
            value = Value::known(Kind::Sequence(vec![value.clone(), value])).bounded();
        }
        assert!(value.is_dynamic());
    }
}
