//! Reads `djwar.toml` or `[tool.djwar]` of `pyproject.toml` into raw values with
//! their lines. Knows the shapes of keys, not their meaning.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};

use camino::{Utf8Path, Utf8PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::key::{self, KEYS, Shape};
use super::{ConfigError, Origin, Sourced};

/// A value as the file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Raw {
    /// A string.
    Text(String),
    /// A list of strings.
    List(Vec<String>),
    /// A table of names and values, the values as text.
    Table(BTreeMap<String, String>),
    /// A list of lists of strings.
    Commands(Vec<Vec<String>>),
}

/// Raw values by key.
pub type RawValues = BTreeMap<&'static str, Sourced<Raw>>;

/// The name of djwar's own file.
pub const OWN_FILE: &str = "djwar.toml";
const PYPROJECT: &str = "pyproject.toml";

/// No configuration has so many bytes.
const LARGEST: u64 = 16 << 20;

/// Reads the project's configuration file: `djwar.toml`, else `[tool.djwar]` of
/// `pyproject.toml`, else nothing.
///
/// # Errors
/// When a file can't be read, is no TOML, both places hold a configuration, a
/// key is unknown, or a value has the wrong shape.
pub(super) fn read(root: &Utf8Path) -> Result<RawValues, ConfigError> {
    let own = read_text(&root.join(OWN_FILE))?;
    let pyproject = read_text(&root.join(PYPROJECT))?;
    let in_pyproject = match &pyproject {
        Some(text) => parse(PYPROJECT, text, &["tool", "djwar"])?,
        None => None,
    };
    match (own, in_pyproject) {
        (Some(_), Some(_)) => Err(ConfigError::TwoFiles),
        (Some(text), None) => Ok(parse(OWN_FILE, &text, &[])?.unwrap_or_default()),
        (None, values) => Ok(values.unwrap_or_default()),
    }
}

/// The file that holds a configuration, if one does.
///
/// # Errors
/// As [`Config::load`](super::Config::load).
pub fn is_configured(root: &Utf8Path) -> Result<Option<&'static str>, ConfigError> {
    if read_text(&root.join(OWN_FILE))?.is_some() {
        return Ok(Some(OWN_FILE));
    }
    let in_pyproject = match read_text(&root.join(PYPROJECT))? {
        Some(text) => parse(PYPROJECT, &text, &["tool", "djwar"])?,
        None => None,
    };
    Ok(in_pyproject.map(|_| PYPROJECT))
}

fn read_text(path: &Utf8Path) -> Result<Option<String>, ConfigError> {
    let bytes = match read_bytes(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(ConfigError::Unreadable {
                path: path.to_owned(),
                source,
            });
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(
            text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned(),
        )),
        Err(error) => {
            let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let lines = before.split(|byte| *byte == b'\n').count();
            Err(ConfigError::NoToml {
                path: path.file_name().unwrap_or_default().into(),
                line: u32::try_from(lines).unwrap_or(u32::MAX),
                message: "it is not UTF-8".to_owned(),
            })
        }
    }
}

/// A whole file. Opening a pipe would wait for who writes to it, and a device has no
/// end.
fn read_bytes(path: &Utf8Path) -> std::io::Result<Vec<u8>> {
    let metadata = fs_err::metadata(path)?;
    if !metadata.is_file() {
        return Err(Error::other(format!("`{path}` is no file")));
    }
    if metadata.len() > LARGEST {
        return Err(Error::other(format!("`{path}` is larger than 16 MiB")));
    }
    fs_err::read(path)
}

fn parse(file: &str, text: &str, table: &[&str]) -> Result<Option<RawValues>, ConfigError> {
    let document = DeTable::parse(text).map_err(|error| ConfigError::NoToml {
        path: Utf8PathBuf::from(file),
        line: line_of(text, error.span().map_or(0, |span| span.start)),
        message: error.message().to_owned(),
    })?;
    let mut current = document.get_ref();
    for part in table {
        match current.get(*part).map(Spanned::get_ref) {
            Some(DeValue::Table(inner)) => current = inner,
            _ => return Ok(None),
        }
    }
    let mut values = RawValues::new();
    for (name, value) in current {
        let line = line_of(text, name.span().start);
        let known = key::find(name.get_ref()).ok_or_else(|| ConfigError::UnknownKey {
            key: name.get_ref().to_string(),
            origin: Origin::File(file.into(), line),
            nearest: key::nearest(name.get_ref(), KEYS.iter().map(|key| key.name)),
        })?;
        let raw = shaped(known.shape, value.get_ref()).ok_or_else(|| ConfigError::WrongShape {
            key: known.name,
            origin: Origin::File(file.into(), line),
            expected: known.example,
        })?;
        values.insert(
            known.name,
            Sourced::new(raw, Origin::File(file.into(), line)),
        );
    }
    Ok(Some(values))
}

fn shaped(shape: Shape, value: &DeValue<'_>) -> Option<Raw> {
    match (shape, value) {
        (Shape::Text, DeValue::String(text)) => Some(Raw::Text(text.to_string())),
        (Shape::List, value) => strings(value).map(Raw::List),
        (Shape::Commands, DeValue::Array(items)) => items
            .iter()
            .map(|item| strings(item.get_ref()).filter(|words| !words.is_empty()))
            .collect::<Option<Vec<_>>>()
            .map(Raw::Commands),
        (Shape::Table, DeValue::Table(table)) => table
            .iter()
            .map(|(name, value)| Some((name.get_ref().to_string(), scalar(value.get_ref())?)))
            .collect::<Option<BTreeMap<_, _>>>()
            .map(Raw::Table),
        _ => None,
    }
}

fn strings(value: &DeValue<'_>) -> Option<Vec<String>> {
    let DeValue::Array(items) = value else {
        return None;
    };
    items
        .iter()
        .map(|item| item.get_ref().as_str().map(str::to_owned))
        .collect()
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn line_of(text: &str, offset: usize) -> u32 {
    let before = text.get(..offset).unwrap_or_default();
    u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_values_with_their_lines() {
        let text = "[project]\nname = \"x\"\n\n[tool.djwar]\nsettings = \"a.b\"\nruntime = { processes = 4, adapt-urls = false }\n";
        let values = parse(PYPROJECT, text, &["tool", "djwar"])
            .expect("valid")
            .expect("there");
        assert_eq!(
            values["settings"],
            Sourced::new(
                Raw::Text("a.b".to_owned()),
                Origin::File(PYPROJECT.into(), 5)
            )
        );
        assert_eq!(
            values["runtime"].value,
            Raw::Table(BTreeMap::from([
                ("adapt-urls".to_owned(), "false".to_owned()),
                ("processes".to_owned(), "4".to_owned()),
            ]))
        );
    }

    #[test]
    fn an_unknown_key_names_its_place_and_the_nearest_one() {
        let error = parse(OWN_FILE, "\nsetings = 'x'\n", &[]).expect_err("unknown");
        assert_eq!(error.to_string(), "unknown key `setings` (djwar.toml:2)");
        let ConfigError::UnknownKey { nearest, .. } = error else {
            panic!("another error: {error}");
        };
        assert_eq!(nearest, Some("settings"));
    }

    #[test]
    fn a_value_of_the_wrong_shape_is_refused() {
        let error = parse(OWN_FILE, "data = 'db.sqlite3'", &[]).expect_err("a list");
        assert_eq!(
            error.to_string(),
            "`data` has the wrong type (djwar.toml:1)"
        );
    }

    #[test]
    fn what_is_no_text_file_is_an_error_and_is_not_waited_for() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let path = root.join(OWN_FILE);
        fs_err::create_dir(&path).expect("made");
        let said = |root| read(root).map(|_| ()).expect_err("refused").to_string();
        assert!(said(root).contains("can't read the configuration"));
        fs_err::remove_dir(&path).expect("removed");
        fs_err::write(&path, b"name = 'a'\nwsgi = '\xff'\n").expect("written");
        assert_eq!(said(root), "`djwar.toml:2` is not TOML: it is not UTF-8");
        #[cfg(target_os = "linux")]
        {
            fs_err::remove_file(&path).expect("removed");
            let pipe = rustix::fs::FileType::Fifo;
            let mode = rustix::fs::Mode::from_raw_mode(0o600);
            let here = rustix::fs::CWD;
            rustix::fs::mknodat(here, path.as_std_path(), pipe, mode, 0).expect("a pipe");
            assert!(said(root).contains("can't read the configuration"));
        }
    }

    #[test]
    fn broken_toml_names_its_line() {
        let error = parse(OWN_FILE, "a = 1\nb = \n", &[]).expect_err("broken");
        assert!(
            error.to_string().starts_with("`djwar.toml:2` is not TOML"),
            "{error}"
        );
    }
}
