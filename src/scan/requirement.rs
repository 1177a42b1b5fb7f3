//! One requirement as PEP 508 and the clients write it: name, specifier, marker.

use crate::model::Span;
use crate::model::project::Dependency;

/// A project's name as PEP 503 compares it.
pub(super) fn normalised_name(name: &str) -> String {
    let mut normalised = String::with_capacity(name.len());
    for letter in name.chars() {
        if "-_.".contains(letter) {
            if !normalised.ends_with('-') {
                normalised.push('-');
            }
        } else {
            normalised.extend(letter.to_lowercase());
        }
    }
    normalised
}

/// Reads `name[extras] specifier ; marker` or `name @ address ; marker`.
pub(super) fn requirement(text: &str, origin: Span) -> Option<Dependency> {
    let text = without_options(text.trim());
    let (text, marker) = match text.split_once(';') {
        Some((text, marker)) => (text.trim(), Some(marker.trim().to_owned())),
        None => (text, None),
    };
    let end = text
        .find(|letter: char| !(letter.is_ascii_alphanumeric() || "-_.".contains(letter)))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let starts_well = name.starts_with(|letter: char| letter.is_ascii_alphanumeric());
    if !starts_well || name.ends_with(['-', '_', '.']) {
        return None;
    }
    let rest = rest.trim();
    let (extras, rest) = match rest.strip_prefix('[') {
        Some(inner) => {
            let (extras, rest) = inner.split_once(']')?;
            (extras, rest.trim())
        }
        None => ("", rest),
    };
    let extras = extras.split(',').map(str::trim);
    let rest = rest
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'))
        .unwrap_or(rest);
    if !(rest.is_empty() || rest.starts_with(['=', '<', '>', '!', '~', '@'])) {
        return None;
    }
    Some(Dependency {
        extras: extras
            .filter(|extra| !extra.is_empty())
            .map(str::to_owned)
            .collect(),
        marker: marker.filter(|marker| !marker.is_empty()),
        ..Dependency::new(
            normalised_name(name),
            rest.split_whitespace().collect::<Vec<_>>().join(" "),
            origin,
        )
    })
}

/// The requirement before `--hash=…` and other options of the same line.
fn without_options(text: &str) -> &str {
    text.find(" --").map_or(text, |at| text[..at].trim_end())
}

/// The name in an address: `#egg=name`, else the archive's or repository's.
pub(super) fn name_in_address(address: &str) -> Option<String> {
    let (address, fragment) = address.split_once('#').unwrap_or((address, ""));
    let egg = fragment
        .split('&')
        .find_map(|part| part.strip_prefix("egg="));
    if let Some(egg) = egg {
        let name = egg.split(['[', '-']).next().filter(|name| !name.is_empty());
        // `egg=name-1.0` has a version; `egg=django-filter` has none.
        let versioned = egg.rsplit_once('-').is_some_and(|(_, tail)| {
            tail.starts_with(|letter: char| letter.is_ascii_digit()) || tail == "dev"
        });
        let whole = egg.split('[').next().unwrap_or(egg);
        let name = if versioned {
            whole.rsplit_once('-').map(|(name, _)| name)
        } else {
            Some(whole).or(name)
        };
        return name.map(normalised_name);
    }
    let last = address
        .split('?')
        .next()?
        .trim_end_matches('/')
        .rsplit('/')
        .next()?;
    let last = last.split('@').next().unwrap_or(last);
    let stem = [".git", ".zip", ".tar.gz", ".tar.bz2"]
        .iter()
        .find_map(|ending| last.strip_suffix(ending))
        .unwrap_or(last);
    let stem = match last.strip_suffix(".whl") {
        Some(wheel) => wheel.split('-').next().unwrap_or(wheel),
        None => stem,
    };
    (!stem.is_empty()).then(|| normalised_name(stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_read_as_the_clients_do() {
        for (text, name, specifier, marker) in [
            ("Django==5.2.1", "django", "==5.2.1", None),
            ("django >= 4.2, < 6", "django", ">= 4.2, < 6", None),
            ("psycopg[binary,pool]~=3.2", "psycopg", "~=3.2", None),
            (
                "tzdata; sys_platform == 'win32'",
                "tzdata",
                "",
                Some("sys_platform == 'win32'"),
            ),
            ("Zope.Interface", "zope-interface", "", None),
            ("a==1 --hash=sha256:00 --hash=sha256:11", "a", "==1", None),
            ("requests (>=2.0)", "requests", ">=2.0", None),
            (
                "pkg @ https://example.org/pkg.zip",
                "pkg",
                "@ https://example.org/pkg.zip",
                None,
            ),
        ] {
            let read = requirement(text, Span::new("r.txt", 1)).expect(text);
            assert_eq!(read.name, name, "{text}");
            assert_eq!(read.specifier, specifier, "{text}");
            assert_eq!(read.marker.as_deref(), marker, "{text}");
        }
    }

    #[test]
    fn what_is_no_requirement_is_refused() {
        for text in ["", "==1", "a b", "-x", "a[b", "ä", "a-", "./path"] {
            assert_eq!(requirement(text, Span::new("r.txt", 1)), None, "{text:?}");
        }
    }

    #[test]
    fn addresses_tell_names() {
        for (address, name) in [
            (
                "git+https://example.org/x/django-foo.git@v1#egg=django-foo",
                "django-foo",
            ),
            ("git+https://example.org/x/django_foo.git@v1", "django-foo"),
            ("https://example.org/foo-1.0.zip#egg=foo-1.0", "foo"),
            ("https://example.org/Foo-1.0-py3-none-any.whl", "foo"),
        ] {
            assert_eq!(name_in_address(address).as_deref(), Some(name), "{address}");
        }
    }
}
