//! The keys of `[tool.djwar]` and `djwar.toml`: the one table which reading,
//! "did you mean", `init` and the reference in docs/ come from.

/// What a key's value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A string.
    Text,
    /// A list of strings.
    List,
    /// A table of names and scalar values.
    Table,
    /// A list of lists of strings.
    Commands,
}

/// One key of the configuration.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As written in the file; the environment variable is `DJWAR_` and the
    /// name in capitals with `_` for `-`.
    pub name: &'static str,
    /// The shape of its value.
    pub shape: Shape,
    /// The only values that a text, or an item of a list, may have; empty: any.
    pub choices: &'static [&'static str],
    /// An example, as TOML.
    pub example: &'static str,
    /// What it means and what holds without it.
    pub doc: &'static str,
}

/// Every key, in the order of the documentation.
pub const KEYS: &[Key] = &[
    Key {
        name: "name",
        shape: Shape::Text,
        choices: &[],
        example: r#""shop""#,
        doc: "The WAR's name without its ending. Default: the project's name.",
    },
    Key {
        name: "settings",
        shape: Shape::Text,
        choices: &[],
        example: r#""config.settings.production""#,
        doc: "The settings module. Default: detected, a production module first.",
    },
    Key {
        name: "wsgi",
        shape: Shape::Text,
        choices: &[],
        example: r#""config.wsgi:application""#,
        doc: "The WSGI application as `module:callable`. Default: `WSGI_APPLICATION` of the settings, else the project's `wsgi.py`.",
    },
    Key {
        name: "engine",
        shape: Shape::Text,
        choices: &["auto", "cpython", "jython", "graalpy"],
        example: r#""cpython""#,
        doc: "`cpython` or `jython`, or `auto`: chosen by the project's Python. (`graalpy` is known and not made yet: an error.)",
    },
    Key {
        name: "servlet-api",
        shape: Shape::Text,
        choices: &["both", "jakarta", "javax"],
        example: r#""both""#,
        doc: "`both`, `jakarta` or `javax`. Default: `both`, one WAR for all containers.",
    },
    Key {
        name: "python",
        shape: Shape::Text,
        choices: &[],
        example: r#""3.13""#,
        doc: "The interpreter: a release line that djwar bundles (`3.11` to `3.14`), `file:PATH` of a python-build-standalone archive, or `host` for the target host's own. Default: the project's wish, else 3.13.",
    },
    Key {
        name: "python-version",
        shape: Shape::Text,
        choices: &[],
        example: r#""3.13""#,
        doc: "The release line that packages and byte code are made for, where `python` is `host` or a file.",
    },
    Key {
        name: "platforms",
        shape: Shape::List,
        choices: &[],
        example: r#"["linux-x86_64"]"#,
        doc: "The platforms whose interpreter and wheels the WAR brings. Default: `linux-x86_64`.",
    },
    Key {
        name: "include",
        shape: Shape::List,
        choices: &[],
        example: r#"["fixtures/*.sqlite3"]"#,
        doc: "Globs of files to pack although djwar leaves them out by default.",
    },
    Key {
        name: "exclude",
        shape: Shape::List,
        choices: &[],
        example: r#"["docs/**"]"#,
        doc: "Globs of files to leave out.",
    },
    Key {
        name: "data",
        shape: Shape::List,
        choices: &[],
        example: r#"["db.sqlite3", "media/"]"#,
        doc: "Paths of the project that must outlive a redeploy. Default: sqlite databases and `MEDIA_ROOT` inside the project.",
    },
    Key {
        name: "static",
        shape: Shape::Text,
        choices: &["collect", "copy", "none"],
        example: r#""collect""#,
        doc: "`collect` runs Django's collectstatic with the WAR's Python; `copy` takes the folders found by reading, with no code run; `none` leaves static files to Django or a CDN. Default: `collect`.",
    },
    Key {
        name: "before",
        shape: Shape::Commands,
        choices: &[],
        example: r#"[["compress"]]"#,
        doc: "Management commands to run before the WAR is packed, each a list of words, with the WAR's Python and in a copy of the project: `[[\"compress\"]]` for django-compressor, `[[\"compilemessages\"]]` for translations. They run after the static files are collected; `[\"collectstatic\"]` among them names another place: `[[\"tailwind\", \"build\"], [\"collectstatic\"], [\"compress\"]]`. Files that they make or change in the project are packed, except what a WAR must not hold.",
    },
    Key {
        name: "byte-code",
        shape: Shape::Text,
        choices: &["compile", "none"],
        example: r#""compile""#,
        doc: "`compile` makes `.pyc` files of the project and its packages, once per content; `none` leaves them out: builds that pack thousands of files of their own for the first time end sooner, the WAR is smaller, and every start of it is slower. Default: `compile`.",
    },
    Key {
        name: "packages",
        shape: Shape::Text,
        choices: &["loose", "nested"],
        example: r#""nested""#,
        doc: "`loose` packs each file of packages and interpreter as an entry of the WAR; `nested` packs them as one archive in it, which the runtime unpacks into its work folder once per content. That pays where large packages are deployed again and again with `djwar.work-dir` set, since containers empty their own temporary folders (docs/decisions/0007). Default: `loose`.",
    },
    Key {
        name: "requirements",
        shape: Shape::List,
        choices: &[],
        example: r#"["requirements/production.txt"]"#,
        doc: "The requirement files to use instead of the detected ones.",
    },
    Key {
        name: "extras",
        shape: Shape::List,
        choices: &[],
        example: r#"["postgres"]"#,
        doc: "Extras (`[project.optional-dependencies]`, `[tool.poetry.extras]`, `[options.extras_require]`) and groups (`[dependency-groups]`, `[tool.poetry.group]`) of the project which are packed as well.",
    },
    Key {
        name: "jars",
        shape: Shape::List,
        choices: &[],
        example: r#"["org.postgresql:postgresql:42.7.4"]"#,
        doc: "Maven coordinates of jars for `WEB-INF/lib`, with what they depend on. For `jython`, a driver of each database in the settings is there already; another version named here takes its place.",
    },
    Key {
        name: "build-env",
        shape: Shape::Table,
        choices: &[],
        example: r#"{ SECRET_KEY = "only for collectstatic" }"#,
        doc: "Environment variables for the steps of the build that run the project (collectstatic, `before`, `check --deploy`). They don't enter the WAR.",
    },
    Key {
        name: "env",
        shape: Shape::Table,
        choices: &[],
        example: r#"{ DJANGO_LOG_LEVEL = "INFO" }"#,
        doc: "Environment variables of the deployed project: defaults that the container's own environment, system properties and JNDI entries override. Not for secrets: they can be read in web.xml.",
    },
    Key {
        name: "runtime",
        shape: Shape::Table,
        choices: &[],
        example: "{ processes = 4, threads = 2 }",
        doc: "Parameters of the runtime, named without `djwar.` (docs/reference/parameters.md).",
    },
    Key {
        name: "output",
        shape: Shape::Text,
        choices: &[],
        example: r#""dist/shop.war""#,
        doc: "Where the WAR is written. Default: `dist/NAME.war`.",
    },
    Key {
        name: "expect",
        shape: Shape::List,
        choices: &[],
        example: r#"["/=Welcome", "/static/css/site.css"]"#,
        doc: "Pages that `djwar verify` looks at, run in the project's folder: `PATH=TEXT`, or `PATH` alone for any status below 400. Default: `/`.",
    },
];

/// The key of that name.
pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The known name nearest to `given`, when one is near enough to be a typo.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(given, name), name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, name)| name)
}

/// The environment variable that overrides the key: `DJWAR_SERVLET_API`.
pub fn environment_name(key: &str) -> String {
    format!("DJWAR_{}", key.replace('-', "_").to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_its_key() {
        let names = || KEYS.iter().map(|key| key.name);
        assert_eq!(nearest("setings", names()), Some("settings"));
        assert_eq!(nearest("servlet_api", names()), Some("servlet-api"));
        assert_eq!(nearest("zzz", names()), None);
    }

    #[test]
    fn every_example_is_toml() {
        for key in KEYS {
            let text = format!("{} = {}", key.name, key.example);
            toml::from_str::<toml::Table>(&text).expect(key.name);
        }
    }
}
