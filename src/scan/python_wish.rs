//! Which Python the project wants, and which of those that djwar can bundle fits.

use camino::Utf8Path;

use super::error::ScanError;
use super::modules::join;
use super::source_text::{self, LARGEST_TEXT};
use crate::model::{PythonVersion, Span};

/// The interpreters that can be bundled, the preferred one first.
pub(super) const BUNDLED: [PythonVersion; 4] = [
    PythonVersion::new(3, 13),
    PythonVersion::new(3, 14),
    PythonVersion::new(3, 12),
    PythonVersion::new(3, 11),
];

/// The bundled build that lacks the modules `sqlite3` and `lzma`.
pub(super) const WITHOUT_SQLITE: PythonVersion = PythonVersion::new(3, 11);

/// Whether a PEP 440 specifier allows some patch release of `version`. Clauses
/// that can't be read allow everything: the resolver is the judge.
pub(super) fn allows(specifier: &str, version: PythonVersion) -> bool {
    specifier.split("||").any(|set| {
        set.split(',')
            .all(|clause| clause_allows(clause.trim(), version))
    })
}

fn clause_allows(clause: &str, version: PythonVersion) -> bool {
    let start = clause
        .find(|letter: char| letter.is_ascii_digit())
        .unwrap_or(clause.len());
    let (operator, number) = clause.split_at(start);
    let number = number.trim();
    let wildcard = number.ends_with(".*");
    let parts: Vec<u32> = number
        .trim_end_matches(".*")
        .split('.')
        .map_while(|part| part.parse().ok())
        .collect();
    let Some(&major) = parts.first() else {
        return true;
    };
    let own = (u32::from(version.major), u32::from(version.minor));
    let minor = parts.get(1).copied();
    let patch = parts.get(2).copied();
    let given = (major, minor.unwrap_or(0));
    match operator.trim() {
        "" | "==" | "===" => match minor {
            Some(minor) => own == (major, minor),
            // `==3` is 3.0 to the letter; people mean 3.anything.
            None => own.0 == major,
        },
        "!=" => match (wildcard || patch.is_none(), minor) {
            (true, Some(minor)) if wildcard => own != (major, minor),
            (true, None) if wildcard => own.0 != major,
            _ => true,
        },
        ">=" => own >= given,
        // `>3.11` allows 3.11.1 to people, and 3.12 to all.
        ">" => own > given || patch.is_some() && own == given,
        "<=" => own <= given,
        "<" => own < given || own == given && patch.is_some_and(|patch| patch > 0),
        "~=" => match patch {
            Some(_) => own == given,
            None => own.0 == major && own >= given,
        },
        "^" => own.0 == major && own >= given,
        "~" => match minor {
            Some(_) => own == given,
            None => own.0 == major,
        },
        _ => true,
    }
}

/// Whether a pin such as `3.10.2` names a Python 3 below all that can be bundled.
pub(super) fn is_older_than_bundled(pin: &str) -> bool {
    let mut parts = pin.trim_start_matches(['=', '~', '^', ' ']).split('.');
    let oldest = BUNDLED.iter().map(|version| version.minor).min();
    let minor = parts
        .next()
        .filter(|major| *major == "3")
        .and_then(|_| parts.next())
        .and_then(|minor| minor.parse::<u8>().ok());
    minor < oldest && minor.is_some()
}

/// The Pythons that a Django runs on, as an upper and a lower bound: officially,
/// or because a module that it imports is gone from the standard library (`cgi`
/// from 3.13, `distutils` from 3.12).
pub(super) fn of_django(django: (u32, u32)) -> &'static str {
    match django {
        (0 | 1, _) => "<3.8",
        (2 | 3, _) => "<3.12",
        (4, 0 | 1) => ">=3.8,<3.13",
        (4, _) => ">=3.8,<3.14",
        (5, 0 | 1) => ">=3.10,<3.14",
        (5, _) => ">=3.10",
        _ => ">=3.12",
    }
}

/// The highest Django line that a specifier allows as far as it says: the version
/// of `==` and `~=`, the bound of `<` and `<=`.
pub(super) fn django_line(specifier: &str) -> Option<(u32, u32)> {
    let line = |text: &str| {
        let mut parts = text.trim().trim_end_matches(".*").split('.');
        let major: u32 = parts.next()?.trim().parse().ok()?;
        let minor: Option<u32> = parts.next().and_then(|part| part.parse().ok());
        Some((major, minor))
    };
    let mut found: Option<(u32, u32)> = None;
    for clause in specifier.split(',').map(str::trim) {
        let highest = if let Some(version) = clause.strip_prefix("==") {
            line(version.trim_start_matches('=')).map(|(major, minor)| (major, minor.unwrap_or(0)))
        } else if let Some(version) = clause.strip_prefix("~=") {
            let patches = version.split('.').count();
            line(version).map(|(major, minor)| {
                if patches > 2 {
                    (major, minor.unwrap_or(0))
                } else {
                    (major, last_minor(major))
                }
            })
        } else if let Some(version) = clause.strip_prefix("<=") {
            line(version).map(|(major, minor)| (major, minor.unwrap_or(0)))
        } else if let Some(version) = clause.strip_prefix('<') {
            line(version).and_then(|(major, minor)| match minor {
                Some(minor) if minor > 0 => Some((major, minor - 1)),
                _ => Some((major.checked_sub(1)?, last_minor(major - 1))),
            })
        } else {
            None
        };
        found = match (found, highest) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
    found
}

fn last_minor(major: u32) -> u32 {
    match major {
        0 => 96,
        1 => 11,
        _ => 2,
    }
}

/// `.python-version` and `runtime.txt`: one version, meant exactly.
pub(super) fn version_file(
    root: &Utf8Path,
    folder: &Utf8Path,
) -> Result<Option<(String, Span)>, ScanError> {
    for name in [".python-version", "runtime.txt"] {
        let path = join(folder, Utf8Path::new(name));
        if !root.join(&path).is_file() {
            continue;
        }
        let text = source_text::utf8(root, &path, LARGEST_TEXT)?;
        let written = (1_u32..)
            .zip(text.lines())
            .map(|(number, line)| (number, line.trim()))
            .find(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        if let Some((number, line)) = written {
            let version = line
                .trim_start_matches("python-")
                .trim_start_matches("cpython-");
            // pyenv's names of other Pythons and environments say nothing here.
            if version.starts_with(|letter: char| letter.is_ascii_digit()) {
                return Ok(Some((version.to_owned(), Span::new(path, number))));
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifiers_allow_what_they_say() {
        for (specifier, version, expected) in [
            (">=3.8", (3, 13), true),
            (">=3.8,<3.13", (3, 13), false),
            (">=3.8,<3.13", (3, 12), true),
            ("==3.11.*", (3, 11), true),
            ("==3.11.*", (3, 12), false),
            ("~=3.11", (3, 13), true),
            ("~=3.11.2", (3, 13), false),
            ("!=3.12.*,>=3.11", (3, 12), false),
            ("^3.10", (3, 14), true),
            ("3.12", (3, 12), true),
            ("3.12.4", (3, 12), true),
            ("<=3.12", (3, 13), false),
            ("<4.0", (3, 13), true),
            ("", (3, 13), true),
        ] {
            let version = PythonVersion::new(version.0, version.1);
            assert_eq!(
                allows(specifier, version),
                expected,
                "{specifier} {version}"
            );
        }
    }

    #[test]
    fn django_s_line_is_read_from_its_specifier() {
        for (specifier, line) in [
            ("==5.2.1", Some((5, 2))),
            (">=4.2,<5", Some((4, 2))),
            ("~=4.2.0", Some((4, 2))),
            ("<2", Some((1, 11))),
            (">=5", None),
            ("", None),
            (">=3.2,<4.1", Some((4, 0))),
        ] {
            assert_eq!(django_line(specifier), line, "{specifier}");
        }
    }
}
