//! File + environment + flags → [`Config`]; each value knows its origin. Reads
//! one file of the project and nothing else of it.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use crate::model::portable::is_device;
use crate::model::{
    Coordinates, Engine, Platform, PythonChoice, PythonVersion, ServletApi, StaticMode,
};

mod error;
mod file;
pub mod key;
mod origin;
mod schema;
mod words;

pub use error::ConfigError;
pub use file::{OWN_FILE as CONFIGURATION_FILE, Raw, RawValues, is_configured};
pub use origin::{Origin, Sourced};
pub use schema::schema;

/// The configuration of one build, all sources merged.
#[derive(Clone, Debug, Serialize)]
pub struct Config {
    /// The WAR's name.
    pub name: Option<Sourced<String>>,
    /// The settings module.
    pub settings: Option<Sourced<String>>,
    /// `module:callable`.
    pub wsgi: Option<Sourced<String>>,
    /// `None` is `auto`.
    pub engine: Option<Sourced<Engine>>,
    /// The servlet namespace.
    pub servlet_api: Sourced<ServletApi>,
    /// The interpreter.
    pub python: Option<Sourced<PythonChoice>>,
    /// The release line for an interpreter that isn't bundled.
    pub python_version: Option<Sourced<PythonVersion>>,
    /// Target platforms.
    pub platforms: Sourced<Vec<Platform>>,
    /// Globs.
    pub include: Vec<String>,
    /// Globs.
    pub exclude: Vec<String>,
    /// Paths of the project that outlive a redeploy.
    pub data: Option<Sourced<Vec<String>>>,
    /// Static files.
    pub static_mode: Sourced<StaticMode>,
    /// Management commands of the build, in their order.
    pub before: Vec<Vec<String>>,
    /// Whether `.pyc` files are made.
    pub byte_code: bool,
    /// Whether packages and interpreter are one archive in the WAR.
    pub nested_packages: bool,
    /// Requirement files.
    pub requirements: Option<Sourced<Vec<String>>>,
    /// Extras and groups that are packed as well.
    pub extras: Vec<String>,
    /// Jars for the class path.
    pub jars: Option<Sourced<Vec<Coordinates>>>,
    /// Environment of the build's steps.
    #[serde(skip)]
    pub build_env: BTreeMap<String, String>,
    /// Environment of the deployed project.
    #[serde(skip)]
    pub env: BTreeMap<String, String>,
    /// Runtime parameters, without `djwar.`.
    pub runtime: BTreeMap<String, String>,
    /// Where the WAR goes, as given.
    pub output: Option<Sourced<Utf8PathBuf>>,
    /// Pages that `verify` looks at, `PATH` or `PATH=TEXT`.
    pub expect: Option<Sourced<Vec<String>>>,
}

impl Config {
    /// Reads the project's file, then lets the environment and the flags
    /// override it. `environment` looks up a variable; `flags` are raw values by
    /// key, strongest of all.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn load(
        root: &Utf8Path,
        environment: &dyn Fn(&str) -> Option<String>,
        flags: RawValues,
    ) -> Result<Self, ConfigError> {
        let mut values = file::read(root)?;
        for key in key::KEYS {
            let variable = key::environment_name(key.name);
            let Some(text) = environment(&variable).filter(|text| !text.is_empty()) else {
                continue;
            };
            let raw = match key.shape {
                key::Shape::Text => Raw::Text(text),
                key::Shape::List => Raw::List(comma_separated(&text)),
                // A table has no spelling in one variable; its parts have
                // their own (`--env`, container variables at run time). Words
                // of commands have none either.
                key::Shape::Table | key::Shape::Commands => continue,
            };
            values.insert(key.name, Sourced::new(raw, Origin::Environment(variable)));
        }
        for (key, flag) in flags {
            merge(&mut values, key, flag);
        }
        Self::from_raw(values)
    }

    fn from_raw(mut values: RawValues) -> Result<Self, ConfigError> {
        words::check(&values)?;
        let python = text(&mut values, "python")
            .map(|text| parsed("python", text, python_choice))
            .transpose()?;
        Ok(Self {
            name: text(&mut values, "name")
                .map(|text| parsed("name", text, war_name))
                .transpose()?,
            settings: text(&mut values, "settings"),
            wsgi: text(&mut values, "wsgi")
                .map(|text| parsed("wsgi", text, wsgi_callable))
                .transpose()?,
            engine: text(&mut values, "engine")
                .filter(|text| text.value != "auto")
                .map(|text| parsed("engine", text, from_str))
                .transpose()?,
            servlet_api: text(&mut values, "servlet-api").map_or_else(
                || Ok(Sourced::new(ServletApi::Both, Origin::Default)),
                |text| parsed("servlet-api", text, from_str),
            )?,
            python,
            python_version: text(&mut values, "python-version")
                .map(|text| parsed("python-version", text, from_str))
                .transpose()?,
            platforms: list(&mut values, "platforms").map_or_else(
                || Ok(Sourced::new(vec![Platform::LinuxX86_64], Origin::Default)),
                platforms,
            )?,
            include: list(&mut values, "include").map_or_else(Vec::new, |list| list.value),
            exclude: list(&mut values, "exclude").map_or_else(Vec::new, |list| list.value),
            data: list(&mut values, "data"),
            static_mode: choice(&mut values, "static")?.map_or_else(
                || Sourced::new(StaticMode::Collect, Origin::Default),
                |choice| Sourced::new(static_mode(choice.value), choice.origin),
            ),
            before: commands(&mut values, "before"),
            byte_code: choice(&mut values, "byte-code")?
                .is_none_or(|choice| choice.value == "compile"),
            nested_packages: choice(&mut values, "packages")?
                .is_some_and(|choice| choice.value == "nested"),
            requirements: list(&mut values, "requirements"),
            extras: list(&mut values, "extras").map_or_else(Vec::new, |list| list.value),
            jars: list(&mut values, "jars").map(jars).transpose()?,
            build_env: table(&mut values, "build-env"),
            env: table(&mut values, "env"),
            runtime: table(&mut values, "runtime"),
            output: text(&mut values, "output")
                .map(|text| Sourced::new(Utf8PathBuf::from(text.value), text.origin)),
            expect: list(&mut values, "expect"),
        })
    }
}

/// A flag replaces what is weaker; a flag's table adds to the file's table.
fn merge(values: &mut RawValues, key: &'static str, flag: Sourced<Raw>) {
    if let (
        Raw::Table(added),
        Some(Sourced {
            value: Raw::Table(kept),
            ..
        }),
    ) = (&flag.value, values.get_mut(key))
    {
        kept.extend(added.clone());
    } else {
        values.insert(key, flag);
    }
}

fn comma_separated(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn text(values: &mut RawValues, key: &str) -> Option<Sourced<String>> {
    match values.remove(key) {
        Some(Sourced {
            value: Raw::Text(value),
            origin,
        }) => Some(Sourced::new(value, origin)),
        _ => None,
    }
}

fn list(values: &mut RawValues, key: &str) -> Option<Sourced<Vec<String>>> {
    match values.remove(key) {
        Some(Sourced {
            value: Raw::List(value),
            origin,
        }) => Some(Sourced::new(value, origin)),
        _ => None,
    }
}

fn table(values: &mut RawValues, key: &str) -> BTreeMap<String, String> {
    match values.remove(key) {
        Some(Sourced {
            value: Raw::Table(table),
            ..
        }) => table,
        _ => BTreeMap::new(),
    }
}

fn commands(values: &mut RawValues, key: &str) -> Vec<Vec<String>> {
    match values.remove(key) {
        Some(Sourced {
            value: Raw::Commands(commands),
            ..
        }) => commands,
        _ => Vec::new(),
    }
}

fn parsed<T>(
    key: &'static str,
    text: Sourced<String>,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Sourced<T>, ConfigError> {
    match parse(&text.value) {
        Ok(value) => Ok(Sourced::new(value, text.origin)),
        Err(reason) => Err(ConfigError::BadValue {
            key,
            value: text.value,
            origin: text.origin,
            reason,
        }),
    }
}

fn from_str<T: std::str::FromStr<Err: ToString>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

fn platforms(list: Sourced<Vec<String>>) -> Result<Sourced<Vec<Platform>>, ConfigError> {
    let mut platforms = Vec::new();
    for name in list.value {
        let named = Sourced::new(name, list.origin.clone());
        platforms.push(parsed("platforms", named, from_str::<Platform>)?.value);
    }
    platforms.sort();
    platforms.dedup();
    Ok(Sourced::new(platforms, list.origin))
}

fn jars(list: Sourced<Vec<String>>) -> Result<Sourced<Vec<Coordinates>>, ConfigError> {
    let mut jars = Vec::new();
    for text in list.value {
        let named = Sourced::new(text, list.origin.clone());
        jars.push(parsed("jars", named, from_str::<Coordinates>)?.value);
    }
    Ok(Sourced::new(jars, list.origin))
}

fn war_name(text: &str) -> Result<String, String> {
    // `#` separates path parts and versions in Tomcat's names of WARs.
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "._-#".contains(letter);
    // A context of such a name would be the folder that no container serves.
    let is_reserved = ["WEB-INF", "META-INF"]
        .iter()
        .any(|name| text.eq_ignore_ascii_case(name));
    if is_device(text) {
        return Err("Windows takes it for a device".to_owned());
    }
    // Windows drops a dot at the end, and containers there lose the WAR.
    if text.is_empty()
        || is_reserved
        || text.ends_with('.')
        || text.starts_with('.')
        || !text.chars().all(allowed)
    {
        return Err("letters, digits, `.`, `_`, `-` and `#` make a name".to_owned());
    }
    Ok(text.to_owned())
}

fn wsgi_callable(text: &str) -> Result<String, String> {
    match text.split_once(':') {
        Some((module, callable)) if !module.is_empty() && !callable.is_empty() => {
            Ok(text.to_owned())
        }
        _ => Err("it has the form `module:callable`, such as `config.wsgi:application`".to_owned()),
    }
}

/// One of the words that the key's description lists.
fn choice(
    values: &mut RawValues,
    name: &'static str,
) -> Result<Option<Sourced<&'static str>>, ConfigError> {
    let choices = key::find(name).map_or(&[][..], |key| key.choices);
    let chosen = |text: &str| {
        let choice = choices.iter().copied().find(|choice| *choice == text);
        choice.ok_or_else(|| format!("it is one of {}", choices.join(", ")))
    };
    text(values, name)
        .map(|text| parsed(name, text, chosen))
        .transpose()
}

fn static_mode(choice: &str) -> StaticMode {
    match choice {
        "copy" => StaticMode::Copy,
        "none" => StaticMode::None,
        _ => StaticMode::Collect,
    }
}

fn python_choice(text: &str) -> Result<PythonChoice, String> {
    if text == "host" {
        return Ok(PythonChoice::Host);
    }
    if let Some(path) = text.strip_prefix("file:") {
        return Ok(PythonChoice::File(path.into()));
    }
    text.parse()
        .map(PythonChoice::Bundled)
        .map_err(|_| "it is a release line such as 3.13, `file:PATH`, or `host`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(
        file: &str,
        variables: &[(&str, &str)],
        flags: RawValues,
    ) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        fs_err::write(root.join("djwar.toml"), file).expect("written");
        let lookup = |name: &str| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Config::load(root, &lookup, flags)
    }

    #[test]
    fn a_flag_beats_the_environment_which_beats_the_file() {
        let file = "settings = 'file'\nname = 'file'\nwsgi = 'file.wsgi:app'\n";
        let flag = Sourced::new(
            Raw::Text("flag".to_owned()),
            Origin::Flag("settings".to_owned()),
        );
        let config = load(
            file,
            &[
                ("DJWAR_SETTINGS", "environment"),
                ("DJWAR_NAME", "environment"),
            ],
            RawValues::from([("settings", flag)]),
        )
        .expect("valid");
        assert_eq!(config.settings.expect("set").value, "flag");
        let name = config.name.expect("set");
        assert_eq!(
            (name.value.as_str(), name.origin.to_string().as_str()),
            ("environment", "$DJWAR_NAME")
        );
        assert_eq!(config.wsgi.expect("set").origin.to_string(), "djwar.toml:3");
    }

    #[test]
    fn a_bad_value_names_its_place_and_what_is_right() {
        for (file, message) in [
            (
                "engine = 'pypy'",
                "`engine` can't be `pypy` (djwar.toml:1): `pypy` is not one of cpython, jython, graalpy",
            ),
            (
                "static = 'x'",
                "`static` can't be `x` (djwar.toml:1): it is one of collect, copy, none",
            ),
            (
                "name = '../x'",
                "`name` can't be `../x` (djwar.toml:1): letters, digits, `.`, `_`, `-` and `#` make a name",
            ),
            (
                "wsgi = 'x'",
                "`wsgi` can't be `x` (djwar.toml:1): it has the form `module:callable`, such as `config.wsgi:application`",
            ),
        ] {
            assert_eq!(
                load(file, &[], RawValues::new())
                    .expect_err(file)
                    .to_string(),
                message
            );
        }
    }

    #[test]
    fn auto_is_no_engine() {
        assert!(
            load("engine = 'auto'", &[], RawValues::new())
                .expect("valid")
                .engine
                .is_none()
        );
    }
}
