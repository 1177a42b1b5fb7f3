//! The runtime that travels inside every WAR, embedded so that installing djwar
//! needs neither a JDK nor a network. Owns the bytes; says nothing of their place.

/// The Java half, as committed in `runtime/dist` and rebuilt by CI.
pub const JAR: &[u8] = include_bytes!("../runtime/dist/djwar-runtime.jar");

/// Files of ours: path relative to their folder on `sys.path`, and content; sorted.
pub type Files = &'static [(&'static str, &'static [u8])];

/// The Python half of the engine `cpython`.
pub const HANDLER: Files = include!(concat!(env!("OUT_DIR"), "/handler.rs"));

/// The Python half of the engine `jython`, in Python 2.7.
pub const JYTHON: Files = include!(concat!(env!("OUT_DIR"), "/jython.rs"));

/// `sqlite3`, `psycopg2` and `MySQLdb` over JDBC, for the engine `jython`.
pub const JDBC: Files = include!(concat!(env!("OUT_DIR"), "/jdbc.rs"));

/// The names of its initializers (Servlet §8.2.4), as the Java half has them below
/// `META-INF/services`.
pub const INITIALIZERS: Files = &[
    (
        "jakarta.servlet.ServletContainerInitializer",
        include_bytes!(
            "../runtime/java/src/main/resources/META-INF/services/jakarta.servlet.ServletContainerInitializer"
        ),
    ),
    (
        "javax.servlet.ServletContainerInitializer",
        include_bytes!(
            "../runtime/java/src/main/resources/META-INF/services/javax.servlet.ServletContainerInitializer"
        ),
    ),
];

/// The table of the runtime's parameters: the one home of their names, types,
/// defaults and meanings, shared with the Java half.
const PARAMETERS: &str =
    include_str!("../runtime/java/src/main/resources/org/djwar/runtime/parameters.tsv");

/// One parameter of the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// For example `djwar.processes`; of a family, `djwar.env.NAME`.
    pub name: &'static str,
    /// `text`, `list`, `level`, `integer`, `count` (1 or more), `seconds`, `bytes`,
    /// `boolean`, or `family`: a text for each name that the user chooses.
    pub kind: &'static str,
    /// As text; empty for none.
    pub default: &'static str,
    /// A sentence or two, Markdown.
    pub doc: &'static str,
}

/// Every parameter, in the order of the documentation.
pub fn parameters() -> impl Iterator<Item = Parameter> {
    PARAMETERS
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let mut fields = line.split('\t');
            let mut field = || fields.next().unwrap_or_default();
            Parameter {
                name: field(),
                kind: field(),
                default: field(),
                doc: field(),
            }
        })
}

/// Whether a parameter, named without `djwar.`, is one of a family.
pub fn is_of_a_family(name: &str) -> bool {
    parameters().filter_map(|one| one.family()).any(|family| {
        let rest = name.strip_prefix(family);
        rest.is_some_and(|rest| !rest.is_empty())
    })
}

impl Parameter {
    /// Its name without `djwar.` and what the user chooses: `env.`.
    pub fn family(&self) -> Option<&'static str> {
        let name = self.name.strip_prefix("djwar.")?;
        let chosen = name.rfind('.').filter(|_| self.kind == "family")?;
        Some(&name[..=chosen])
    }

    /// What is wrong with `value` for this parameter, if anything is.
    pub fn refusal(&self, value: &str) -> Option<String> {
        let fits = match self.kind {
            "integer" | "seconds" => is_number(value, 0..=LARGEST),
            "count" => is_number(value, 1..=LARGEST),
            "bytes" => is_number(value, 0..=999_999_999_999_999_999),
            "boolean" => matches!(value, "true" | "false"),
            "level" => matches!(value, "debug" | "info" | "warning" | "error"),
            _ => true,
        };
        (!fits).then(|| format!("`{}` takes {}", self.name, describe(self.kind)))
    }
}

/// As the Java half has it; enough for seconds, and for things that are counted.
const LARGEST: u64 = 1_000_000_000;

fn is_number(text: &str, range: std::ops::RangeInclusive<u64>) -> bool {
    let has_digits_only = text.bytes().all(|byte| byte.is_ascii_digit());
    has_digits_only && text.parse().is_ok_and(|number| range.contains(&number))
}

fn describe(kind: &str) -> &'static str {
    match kind {
        "integer" => "a whole number",
        "count" => "a whole number, 1 or more",
        "level" => "`debug`, `info`, `warning` or `error`",
        "bytes" => "a number of bytes",
        "seconds" => "a whole number of seconds",
        "boolean" => "`true` or `false`",
        _ => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let kinds = [
            "text", "list", "level", "integer", "count", "seconds", "bytes", "boolean", "family",
        ];
        assert!(parameters().count() > 20);
        for parameter in parameters() {
            assert!(parameter.name.starts_with("djwar."), "{parameter:?}");
            assert!(kinds.contains(&parameter.kind), "{parameter:?}");
            assert!(!parameter.doc.is_empty(), "{parameter:?}");
            let default = parameter.default;
            assert!(
                default.is_empty() || parameter.refusal(default).is_none(),
                "{parameter:?}"
            );
        }
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_refused() {
        let processes = parameters()
            .find(|parameter| parameter.name == "djwar.processes")
            .expect("in the table");
        assert_eq!(
            processes.refusal("many"),
            Some("`djwar.processes` takes a whole number, 1 or more".to_owned())
        );
        assert_eq!(processes.refusal("4"), None);
    }

    #[test]
    fn the_initializers_are_those_of_the_jar() {
        let mut jar = zip::ZipArchive::new(std::io::Cursor::new(JAR)).expect("a jar");
        for (name, text) in INITIALIZERS {
            let mut inside = Vec::new();
            let mut entry = jar
                .by_name(&format!("META-INF/services/{name}"))
                .expect("in the jar");
            std::io::Read::read_to_end(&mut entry, &mut inside).expect("readable");
            assert_eq!(inside, *text, "{name}");
        }
    }

    #[test]
    fn the_handler_is_embedded() {
        assert!(
            HANDLER
                .iter()
                .any(|(path, _)| *path == "djwar_handler/__main__.py")
        );
    }

    #[test]
    fn a_family_takes_any_name_but_none() {
        for (name, expected) in [
            ("env.SECRET_KEY", true),
            ("datasource.default", true),
            ("env.", false),
            ("environment", false),
            ("processes", false),
        ] {
            assert_eq!(is_of_a_family(name), expected, "{name}");
        }
    }

    /// The same values as in `ParametersTest` of the Java half.
    #[test]
    fn what_the_java_half_would_refuse_at_the_start_is_refused_at_the_build() {
        let refusal = |name: &str, value: &str| {
            let known = parameters().find(|one| one.name == name);
            known.expect("there is one").refusal(value)
        };
        for (name, good, bad) in [
            ("djwar.request-timeout", "90", "1.5"),
            ("djwar.request-timeout", "0", "2000000000"),
            ("djwar.processes", "1", "0"),
            ("djwar.threads", "8", "3000000000"),
            ("djwar.max-requests", "0", "-1"),
            ("djwar.max-body-size", "5000000000", "+5"),
            ("djwar.log-level", "debug", "loud"),
            ("djwar.media", "true", "maybe"),
        ] {
            assert_eq!(refusal(name, good), None, "{name} = {good}");
            assert!(refusal(name, bad).is_some(), "{name} = {bad}");
        }
        let said = refusal("djwar.request-timeout", "1.5").expect("no whole number");
        assert_eq!(
            said,
            "`djwar.request-timeout` takes a whole number of seconds"
        );
    }
}
