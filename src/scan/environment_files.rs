//! Files beside the project that name its settings for a program: the
//! environment's own, those of containers and hosts, those of test runners. The
//! order is documented in docs/concepts/scan.md.

use camino::{Utf8Path, Utf8PathBuf};

use super::manage::Named;
use super::modules::join;
use super::source_text::{self, LARGEST_TEXT};
use crate::model::Span;

const NAMES: &[&str] = &[
    ".env",
    ".envs/.production/.django",
    ".env.production",
    ".env.prod",
    ".env.example",
    ".env.sample",
    ".env.template",
    ".env.dist",
    "env.example",
    ".envrc",
    "Dockerfile",
    "docker-compose.yml",
    "compose.yml",
    "Procfile",
    "pyproject.toml",
    "setup.cfg",
    "pytest.ini",
    "tox.ini",
];

/// The settings modules (`DJANGO_SETTINGS_MODULE`), or what else `variable` names, that
/// the files in `folder` name, the best file first.
pub(super) fn named(root: &Utf8Path, folder: &Utf8Path, variable: &str) -> Vec<Named> {
    let mut found = Vec::new();
    for name in NAMES {
        let path: Utf8PathBuf = join(folder, Utf8Path::new(name));
        if !root.join(&path).is_file() {
            continue;
        }
        let Ok(text) = source_text::utf8(root, &path, LARGEST_TEXT) else {
            continue;
        };
        for (number, line) in (1_u32..).zip(text.lines()) {
            if let Some(module) = value_in(line, variable) {
                found.push(Named {
                    module: module.to_owned(),
                    origin: Span::new(path.clone(), number),
                });
            }
        }
    }
    found
}

/// The value in `DJANGO_SETTINGS_MODULE=x`, `… = "x"`, `…: x`, `ENV … x`.
fn value_in<'l>(line: &'l str, variable: &str) -> Option<&'l str> {
    let line = line.trim();
    if line.starts_with(['#', ';']) {
        return None;
    }
    let at = line
        .find(variable)
        .or_else(|| line.find(&variable.to_lowercase()))?;
    let rest = &line[at + variable.len()..];
    let separators = [' ', '\t', '=', ':', '"', '\''];
    // `$DJANGO_SETTINGS_MODULE/x` and `DJANGO_SETTINGS_MODULE_X` set nothing.
    let value = rest.trim_start_matches(separators);
    if value.len() == rest.len() {
        return None;
    }
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.';
    let end = value.find(|letter| !is_part(letter)).unwrap_or(value.len());
    let module = &value[..end];
    (!module.is_empty()).then_some(module)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_set_a_variable_is_read() {
        for (line, module) in [
            ("DJANGO_SETTINGS_MODULE=a.b", Some("a.b")),
            ("export DJANGO_SETTINGS_MODULE='a.b' # x", Some("a.b")),
            ("  DJANGO_SETTINGS_MODULE = \"a.b\"", Some("a.b")),
            ("ENV DJANGO_SETTINGS_MODULE a.b", Some("a.b")),
            ("ENV X=1 DJANGO_SETTINGS_MODULE=a.b Y=2", Some("a.b")),
            ("      - DJANGO_SETTINGS_MODULE=a.b", Some("a.b")),
            ("      DJANGO_SETTINGS_MODULE: a.b", Some("a.b")),
            ("web: DJANGO_SETTINGS_MODULE=a.b gunicorn x", Some("a.b")),
            ("django_settings_module = \"a.b\"", Some("a.b")),
            ("# DJANGO_SETTINGS_MODULE=a.b", None),
            ("DJANGO_SETTINGS_MODULE=", None),
            ("DJANGO_SETTINGS_MODULE=${X}", None),
            ("DJANGO_SETTINGS_MODULES=a", None),
            ("x $DJANGO_SETTINGS_MODULE", None),
        ] {
            assert_eq!(value_in(line, "DJANGO_SETTINGS_MODULE"), module, "{line}");
        }
    }
}
