//! How values may be spelled, whatever they mean: what ends up in a web.xml, an
//! environment or on a terminal must be possible there. Knows no disk.

use camino::Utf8Path;

use super::file::{Raw, RawValues};
use super::{ConfigError, Origin};

/// Refuses what no key takes.
pub(super) fn check(values: &RawValues) -> Result<(), ConfigError> {
    for (key, value) in values {
        let refuse = |text: &str, reason: &str| bad_value(key, text, &value.origin, reason);
        let word = |text: &str| {
            if text.contains(char::is_control) {
                return Err(refuse(text, "it has a control character in it"));
            }
            of_key(key, text).map_err(|reason| refuse(text, reason))
        };
        match &value.value {
            Raw::Text(text) => word(text)?,
            Raw::List(list) => list.iter().try_for_each(|text| word(text))?,
            Raw::Commands(commands) => commands.iter().flatten().try_for_each(|text| word(text))?,
            Raw::Table(table) => {
                for (name, text) in table {
                    word(name)?;
                    if !text.chars().all(is_text) {
                        let reason = format!("`{name}` has a character that no XML file holds");
                        return Err(refuse(text, &reason));
                    }
                }
            }
        }
    }
    Ok(())
}

fn bad_value(key: &'static str, text: &str, origin: &Origin, reason: &str) -> ConfigError {
    ConfigError::BadValue {
        key,
        value: text.escape_debug().to_string(),
        origin: origin.clone(),
        reason: reason.to_owned(),
    }
}

/// What one key's words, or a table's names, can't be.
fn of_key(key: &str, text: &str) -> Result<(), &'static str> {
    let path = Utf8Path::new(text);
    let leaves = path.is_absolute() || path.components().any(|part| part.as_str() == "..");
    match key {
        "env" | "build-env" if text.is_empty() || text.contains('=') => {
            Err("a variable's name has at least one letter, and no `=`")
        }
        // The runtime's parameter has commas between the paths.
        "data" if text.contains(',') => Err("a path in the data folder has no comma"),
        "include" | "exclude" if text.is_empty() || leaves => {
            Err("patterns are relative to the project, and don't leave it")
        }
        "output" if path.file_name().is_none() || text.ends_with(['/', '.']) => {
            Err("it is a file's path, such as `dist/shop.war`")
        }
        "wsgi" if text.contains(char::is_whitespace) => {
            Err("it has the form `module:callable`, such as `config.wsgi:application`")
        }
        // 255 bytes is what file systems take, with the endings of the WAR and its part.
        "name" if text.len() > 200 => Err("it has more than 200 letters"),
        _ => Ok(()),
    }
}

/// Whether XML 1.0 has this character ("Char", 2.2). Lines are ordinary: keys and
/// certificates have them.
fn is_text(letter: char) -> bool {
    matches!(letter, '\n' | '\r' | '\t')
        || letter >= ' ' && !matches!(letter, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn refused(file: &str) -> Option<String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        fs_err::write(root.join("djwar.toml"), file).expect("written");
        let loaded = Config::load(root, &|_| None, RawValues::new());
        loaded.err().map(|error| error.to_string())
    }

    #[test]
    fn what_no_web_xml_environment_or_terminal_takes_is_refused_with_its_line() {
        for (file, said) in [
            (
                r#"python = "\u001b[31m""#,
                r"`python` can't be `\u{1b}[31m` (djwar.toml:1): it has a control character in it",
            ),
            (
                "\nsettings = \"a\\nb\"",
                r"`settings` can't be `a\nb` (djwar.toml:2): it has a control character in it",
            ),
            (r#"before = [["a\u0000"]]"#, "it has a control character"),
            (r#"data = ["a\nb"]"#, "it has a control character"),
            (
                "[env]\nA = \"a\\u0000b\"",
                "`A` has a character that no XML file holds",
            ),
            (
                "[env]\nA = \"\\uFFFF\"",
                "`A` has a character that no XML file holds",
            ),
            (
                "[env]\n\"A=B\" = \"x\"",
                "a variable's name has at least one letter",
            ),
            (
                "[build-env]\n\"\" = \"x\"",
                "a variable's name has at least one letter",
            ),
            ("data = ['a,b']", "no comma"),
            (
                "include = ['../x/*']",
                "patterns are relative to the project",
            ),
            (
                "exclude = ['/etc/*']",
                "patterns are relative to the project",
            ),
            ("output = ''", "it is a file's path"),
            ("output = 'dist/'", "it is a file's path"),
            ("output = '.'", "it is a file's path"),
            ("wsgi = 'a b:c'", "`module:callable`"),
            (
                &format!("name = '{}'", "x".repeat(201)),
                "more than 200 letters",
            ),
        ] {
            let message = refused(file).unwrap_or_else(|| panic!("taken: {file}"));
            assert!(message.contains(said), "{file}: {message}");
            assert!(!message.contains(char::is_control), "{file}: {message:?}");
        }
    }

    #[test]
    fn lines_in_variables_and_letters_of_all_scripts_are_taken() {
        let file = "include = ['föö/**', '*.txt']\noutput = '../out/ä b.war'\ndata = ['ü ö/']\n\
                    [env]\nKEY = '''-----BEGIN\nx\ty😀\n'''\nEMPTY = ''\n";
        assert_eq!(refused(file), None);
    }
}
