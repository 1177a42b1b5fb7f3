//! The lines of requirement files, as far as this room looks at them: names,
//! local paths, nested files, and what can be no requirement.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::cache::{Key, sha256_of, utf8};
use super::error::ResolveError;
use super::wheels::normalized;

/// The text of a requirements file, in UTF-16 too when it begins with its mark, as
/// pip reads it.
pub(super) fn text_of(path: &Utf8Path) -> std::io::Result<String> {
    let bytes = fs_err::read(path)?;
    let wide = |content: &[u8], of: fn([u8; 2]) -> u16| {
        let units = content.chunks_exact(2).map(|pair| of([pair[0], pair[1]]));
        char::decode_utf16(units)
            .map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect()
    };
    match bytes.as_slice() {
        [0xff, 0xfe, content @ ..] => Ok(wide(content, u16::from_le_bytes)),
        [0xfe, 0xff, content @ ..] => Ok(wide(content, u16::from_be_bytes)),
        _ => String::from_utf8(bytes)
            .map_err(|_| std::io::Error::other("it is neither UTF-8 nor UTF-16")),
    }
}

/// A line of a requirements file.
pub(super) struct Line {
    pub(super) path: Utf8PathBuf,
    pub(super) number: u32,
    pub(super) text: String,
}

impl Line {
    pub(super) fn name(&self) -> Option<String> {
        let name = requirement_name(&self.text);
        (!name.is_empty() && !self.text.starts_with('-')).then(|| normalized(name))
    }

    /// What is wrong with a line that no client would take.
    pub(super) fn fault(&self) -> Option<&'static str> {
        let text = self.text.split(" --").next().unwrap_or_default().trim();
        let text = text.trim_end_matches('\\').trim_end();
        // Options, continued lines, addresses and paths are the client's to read.
        if text.is_empty() || text.starts_with('-') || text.contains('/') || text.contains('$') {
            return None;
        }
        let (text, marker) = text.split_once(';').unwrap_or((text, "always"));
        let text = text.trim();
        if marker.trim().is_empty() {
            return Some("there is nothing after its `;`");
        }
        if [".whl", ".zip", ".tar.gz"]
            .iter()
            .any(|end| text.ends_with(end))
            || text == "."
        {
            return None;
        }
        let name = requirement_name(text);
        if !name.starts_with(|letter: char| letter.is_ascii_alphanumeric()) {
            return Some("it does not begin with the name of a package");
        }
        let rest = text[name.len()..].trim();
        let rest = match rest.strip_prefix('[') {
            Some(extras) => match extras.split_once(']') {
                Some((_, rest)) => rest.trim(),
                None => return Some("its `[` is not closed"),
            },
            None => rest,
        };
        let rest = match rest.strip_prefix('(') {
            Some(inner) => match inner.strip_suffix(')') {
                Some(inner) => inner,
                None => return Some("its `(` is not closed"),
            },
            None => rest,
        };
        if rest.is_empty() || rest.starts_with('@') {
            return None;
        }
        rest.split(',')
            .map(str::trim)
            .find_map(|clause| specifier_fault(clause))
    }

    /// `./vendor/thing`, `-e ./thing`, `thing @ file:///…`, `vendor/thing.whl`.
    pub(super) fn local_path(&self, project: &Utf8Path) -> Option<Utf8PathBuf> {
        let text = self.text.strip_prefix("-e").unwrap_or(&self.text);
        let text = text.strip_prefix("--editable").unwrap_or(text);
        let text = text.trim_start_matches(['=', ' ']);
        let text = text.split_once(" @ ").map_or(text, |(_, address)| address);
        let text = text.split(" ;").next().unwrap_or(text);
        let text = text.strip_prefix("file://").unwrap_or(text);
        let text = text.split(['[', '#']).next().unwrap_or(text).trim();
        let path = project.join(text);
        (!text.is_empty() && (text.contains('/') || text == ".") && path.exists()).then_some(path)
    }
}

/// PEP 440's version specifiers: an operator and a version.
fn specifier_fault(clause: &str) -> Option<&'static str> {
    const OPERATORS: [&str; 8] = ["===", "~=", "==", "!=", "<=", ">=", "<", ">"];
    let Some(version) = OPERATORS
        .iter()
        .find_map(|operator| clause.strip_prefix(operator))
    else {
        // PEP 508 allows a comma at the end.
        return (!clause.is_empty())
            .then_some("after the name comes a version with `==`, `>=`, `~=`, … before it");
    };
    let version = version.trim();
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "._-+!*".contains(letter);
    if version.is_empty() {
        Some("a version is missing")
    } else if version.chars().all(allowed) {
        None
    } else {
        Some("its version is none")
    }
}

/// The name that a requirement begins with.
pub(super) fn requirement_name(text: &str) -> &str {
    let end = text
        .find(|letter: char| !(letter.is_ascii_alphanumeric() || "._-".contains(letter)))
        .unwrap_or(text.len());
    &text[..end]
}

/// The lines of a file and of those that it names, and these files.
pub(super) fn follow(
    path: &Utf8Path,
    lines: &mut Vec<Line>,
    seen: &mut BTreeSet<Utf8PathBuf>,
) -> Result<(), ResolveError> {
    if !seen.insert(path.to_owned()) {
        return Ok(());
    }
    let text = text_of(path).map_err(|error| ResolveError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    for (number, text) in (1..).zip(text.lines()) {
        let text = text.split(" #").next().unwrap_or_default().trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        lines.push(Line {
            path: path.to_owned(),
            number,
            text: text.to_owned(),
        });
        let nested = ["-r", "--requirement", "-c", "--constraint"]
            .iter()
            .find_map(|option| text.strip_prefix(option));
        if let Some(nested) = nested {
            let nested = nested.trim_start_matches(['=', ' ', '\t']);
            // An address is the client's to fetch.
            if !nested.contains("://") {
                let folder = path.parent().unwrap_or(path);
                follow(&folder.join(nested), lines, seen)?;
            }
        }
    }
    Ok(())
}

/// A local requirement's content: a wheel's bytes, or a folder's names, sizes
/// and times.
pub(super) fn content_of(path: &Utf8Path) -> Result<String, ResolveError> {
    if path.is_file() {
        return sha256_of(path);
    }
    let mut parts = Vec::new();
    let hidden = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() > 0
            && (name.starts_with('.')
                || name == "__pycache__"
                || name == "node_modules"
                || entry.path().join("pyvenv.cfg").is_file()
                || name == "build"
                || name == "dist"
                || name.ends_with(".egg-info"))
    };
    let walk = walkdir::WalkDir::new(path).sort_by_file_name();
    for found in walk.into_iter().filter_entry(|entry| !hidden(entry)) {
        let found = found.map_err(std::io::Error::other)?;
        let metadata = found.metadata().map_err(std::io::Error::other)?;
        if metadata.is_file() {
            parts.push(utf8(found.path())?.to_string());
            parts.push(format!("{} {:?}", metadata.len(), metadata.modified().ok()));
        }
    }
    Ok(Key::of(parts.iter().map(String::as_str))
        .as_str()
        .to_owned())
}
