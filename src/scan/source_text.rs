//! Files of the project → text: caps, encodings (PEP 263), marks, line ends.

use std::io::Read;

use camino::Utf8Path;

use super::error::ScanError;

/// More than this is no settings, requirements or lock file that somebody wrote
/// for djwar to read.
pub(super) const LARGEST_TEXT: u64 = 8 << 20;

/// Lock files of large projects hold every digest of every wheel.
pub(super) const LARGEST_LOCK: u64 = 64 << 20;

/// Reads `relative` below `root` as Python source.
pub(super) fn python(root: &Utf8Path, relative: &Utf8Path) -> Result<String, ScanError> {
    let bytes = bytes(root, relative, LARGEST_TEXT)?;
    let declared = declared_encoding(&bytes);
    decode(relative, bytes, declared.as_deref())
}

/// Reads `relative` below `root` as UTF-8.
pub(super) fn utf8(root: &Utf8Path, relative: &Utf8Path, limit: u64) -> Result<String, ScanError> {
    let bytes = bytes(root, relative, limit)?;
    decode(relative, bytes, None)
}

/// Reads a requirements file as pip does: in UTF-16 too, when its first bytes say
/// so (PowerShell's `>` writes it), which is told beside the text.
pub(super) fn requirements(
    root: &Utf8Path,
    relative: &Utf8Path,
) -> Result<(String, bool), ScanError> {
    let bytes = bytes(root, relative, LARGEST_TEXT)?;
    match utf16(relative, &bytes)? {
        Some(text) => Ok((lines(&text), true)),
        None => Ok((decode(relative, bytes, None)?, false)),
    }
}

/// The text of bytes that begin with UTF-16's mark.
fn utf16(relative: &Utf8Path, bytes: &[u8]) -> Result<Option<String>, ScanError> {
    let (content, is_little) = match bytes {
        [0xff, 0xfe, content @ ..] => (content, true),
        [0xfe, 0xff, content @ ..] => (content, false),
        _ => return Ok(None),
    };
    let units = content.chunks(2).map(|pair| match *pair {
        [first, second] if is_little => u16::from_le_bytes([first, second]),
        [first, second] => u16::from_be_bytes([first, second]),
        // Half a character at the end: one that fits nowhere.
        _ => 0xd800,
    });
    let mut text = String::with_capacity(content.len() / 2);
    let mut offset = 2;
    let mut line = 1;
    for letter in char::decode_utf16(units) {
        let Ok(letter) = letter else {
            return Err(ScanError::Encoding {
                path: relative.to_owned(),
                encoding: "UTF-16".to_owned(),
                offset,
                line,
            });
        };
        offset += 2 * letter.len_utf16();
        line += u32::from(letter == '\n');
        text.push(letter);
    }
    Ok(Some(text))
}

fn bytes(root: &Utf8Path, relative: &Utf8Path, limit: u64) -> Result<Vec<u8>, ScanError> {
    let unreadable = |source| ScanError::Unreadable {
        path: relative.to_owned(),
        source,
    };
    let path = root.join(relative);
    let metadata = fs_err::metadata(&path).map_err(unreadable)?;
    if !metadata.is_file() {
        // Opening a FIFO would wait for a writer for ever.
        return Err(unreadable(std::io::Error::other("it is no ordinary file")));
    }
    let file = fs_err::File::open(&path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(ScanError::TooLarge {
            path: relative.to_owned(),
            size: metadata.len().max(limit + 1),
            limit,
        });
    }
    Ok(bytes)
}

fn decode(
    relative: &Utf8Path,
    bytes: Vec<u8>,
    declared: Option<&str>,
) -> Result<String, ScanError> {
    let unknown = |encoding: &str| ScanError::UnknownEncoding {
        path: relative.to_owned(),
        encoding: encoding.to_owned(),
    };
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(unknown("UTF-16"));
    }
    if let Some(offset) = bytes.iter().position(|&byte| byte == 0) {
        return Err(encoding_fault(relative, "text", &bytes, offset));
    }
    let text = match declared {
        None | Some("utf-8") => match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let offset = error.utf8_error().valid_up_to();
                return Err(encoding_fault(relative, "UTF-8", error.as_bytes(), offset));
            }
        },
        Some("latin-1") => bytes.iter().map(|&byte| char::from(byte)).collect(),
        Some("ascii") => match bytes.iter().position(|byte| !byte.is_ascii()) {
            Some(offset) => return Err(encoding_fault(relative, "ASCII", &bytes, offset)),
            None => bytes.iter().map(|&byte| char::from(byte)).collect(),
        },
        Some(other) => {
            // Everything but texts and comments is ASCII in the encodings that
            // Python source is written in; what we look for is too.
            if bytes.is_ascii() {
                bytes.iter().map(|&byte| char::from(byte)).collect()
            } else {
                return Err(unknown(other));
            }
        }
    };
    Ok(lines(text.strip_prefix('\u{feff}').unwrap_or(&text)))
}

/// With `\n` as the only end of a line.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn encoding_fault(path: &Utf8Path, encoding: &str, bytes: &[u8], offset: usize) -> ScanError {
    let before = bytes.iter().take(offset);
    let line = before.filter(|&&byte| byte == b'\n').count() + 1;
    ScanError::Encoding {
        path: path.to_owned(),
        encoding: encoding.to_owned(),
        offset,
        line: u32::try_from(line).unwrap_or(u32::MAX),
    }
}

/// The encoding of a PEP 263 comment in the first two lines, normalised.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    for line in bytes.split(|&byte| byte == b'\n').take(2) {
        let text = String::from_utf8_lossy(line);
        let trimmed = text.trim_start_matches('\u{feff}').trim();
        if !trimmed.starts_with('#') {
            if trimmed.is_empty() {
                continue;
            }
            return None;
        }
        let Some(at) = trimmed.find("coding") else {
            continue;
        };
        let rest = &trimmed[at + "coding".len()..];
        let Some(rest) = rest.strip_prefix([':', '=']) else {
            continue;
        };
        let name: String = rest
            .trim_start()
            .chars()
            .take_while(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(*letter))
            .collect();
        return Some(normalised_encoding(&name));
    }
    None
}

fn normalised_encoding(name: &str) -> String {
    let plain = name.to_ascii_lowercase().replace('_', "-");
    match plain.as_str() {
        "utf-8" | "utf8" | "utf-8-sig" | "u8" => "utf-8".to_owned(),
        "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "l1" | "iso-latin-1" => {
            "latin-1".to_owned()
        }
        "ascii" | "us-ascii" => "ascii".to_owned(),
        _ => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<String, ScanError> {
        let folder = tempfile::tempdir().expect("a folder");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        fs_err::write(root.join("settings.py"), bytes).expect("written");
        python(root, Utf8Path::new("settings.py"))
    }

    #[test]
    fn marks_line_ends_and_declared_encodings_are_understood() {
        for (bytes, expected) in [
            (&b"\xef\xbb\xbfA = 1\r\nB = 2\r"[..], "A = 1\nB = 2\n"),
            (
                b"# -*- coding: latin-1 -*-\nA = '\xe9'",
                "# -*- coding: latin-1 -*-\nA = 'é'",
            ),
            (
                b"#!/usr/bin/python\n# vim: set fileencoding=iso-8859-1 :\nA = '\xe9'",
                "#!/usr/bin/python\n# vim: set fileencoding=iso-8859-1 :\nA = 'é'",
            ),
            ("A = 'é'".as_bytes(), "A = 'é'"),
        ] {
            assert_eq!(read(bytes).expect("text"), expected);
        }
    }

    #[test]
    fn a_wrong_byte_is_named() {
        let error = read(b"A = 1\nB = '\xe9'\n").expect_err("no UTF-8");
        assert_eq!(
            error.to_string(),
            "`settings.py` is not UTF-8: byte 11 (line 2) can't be decoded"
        );
    }

    #[test]
    fn other_encodings_are_named() {
        let error = read(b"\xff\xfeA\0").expect_err("UTF-16");
        assert_eq!(error.to_string(), "`settings.py` is written in UTF-16");
        let error = read(b"# coding: cp1251\nA = '\xe9'").expect_err("cp1251");
        assert_eq!(error.to_string(), "`settings.py` is written in cp1251");
    }

    #[test]
    fn an_endless_file_is_refused() {
        let size = usize::try_from(LARGEST_TEXT).expect("fits") + 1;
        let error = read(&vec![b'#'; size]).expect_err("too large");
        assert!(matches!(error, ScanError::TooLarge { .. }), "{error}");
    }
}
