//! What a project has that Jython can't run: Python 3 syntax, C code, a newer Django.
//! Read before anything is built, with file and line.

use camino::Utf8PathBuf;

use super::python_source::first_python_3;
use super::python_wish::django_line;
use super::source_text;
use crate::model::project::{Problem, Severity};
use crate::model::{Project, Span};

/// More would say nothing new.
const ENOUGH: usize = 10;

/// Packages that hold C code and nothing else, and what does the same in a JVM.
pub const INSTEAD: &[(&str, &str)] = &[
    ("argon2-cffi", PASSWORDS),
    ("bcrypt", PASSWORDS),
    (
        "cffi",
        "call a Java class instead: Jython imports those like modules",
    ),
    ("cryptography", CIPHERS),
    (
        "cx-oracle",
        "Oracle's JDBC driver, named in `jars`, does the same",
    ),
    ("gevent", "the container's threads do the same"),
    ("greenlet", "the container's threads do the same"),
    (
        "lxml",
        "`xml.etree` and `xml.sax` run on Java's own parsers",
    ),
    ("numpy", ANOTHER_ENGINE),
    ("pandas", ANOTHER_ENGINE),
    (
        "pillow",
        "`javax.imageio` reads and writes pictures; a `FileField` takes uploads that an `ImageField` would check with Pillow",
    ),
    ("pycrypto", CIPHERS),
    ("pycryptodome", CIPHERS),
    ("pylibmc", "`python-memcached` is pure Python"),
    (
        "pymssql",
        "Microsoft's JDBC driver, named in `jars`, does the same",
    ),
    ("pyodbc", "a JDBC driver, named in `jars`, does the same"),
    (
        "python-ldap",
        "`javax.naming.ldap` does the same in the JVM",
    ),
    ("scipy", ANOTHER_ENGINE),
    ("ujson", "`json` and `simplejson` are pure Python"),
];

const PASSWORDS: &str = "Django's own `PBKDF2PasswordHasher` needs no package";
const CIPHERS: &str = "`javax.crypto` does the same in the JVM";
const ANOTHER_ENGINE: &str = "take the engine `cpython`, and Python 3";

/// What stops the project on Jython.
pub fn problems_on_jython(project: &Project) -> Vec<Problem> {
    let mut problems = native(project);
    problems.extend(newer_django(project));
    let files = project.files.iter().map(Utf8PathBuf::from);
    let files = files.filter(|file| file.extension() == Some("py"));
    let python_3 = files.filter_map(|file| {
        let text = source_text::python(&project.root, &file).ok()?;
        let (line, what) = first_python_3(&text)?;
        Some(Problem {
            severity: Severity::Error,
            code: "python-3-on-jython",
            origin: Some(Span::new(file.clone(), line)),
            message: format!("{what} is Python 3, and Jython is a Python 2.7"),
            hint: Some(
                "take `--engine cpython` when the project is for Python 3, or leave a file out that Python 2.7 never imports (`exclude`)"
                    .to_owned(),
            ),
        })
    });
    problems.extend(python_3.take(ENOUGH));
    problems
}

fn native(project: &Project) -> Vec<Problem> {
    let mut problems = Vec::new();
    for dependency in &project.dependencies {
        let Some((name, help)) = INSTEAD.iter().find(|(name, _)| *name == dependency.name) else {
            continue;
        };
        problems.push(Problem {
            severity: Severity::Error,
            code: "native-on-jython",
            origin: Some(dependency.origin.clone()),
            message: format!("`{name}` holds C code, which Jython can't load"),
            hint: Some((*help).to_owned()),
        });
    }
    problems
}

fn newer_django(project: &Project) -> Option<Problem> {
    let specifier = project.django.as_deref()?;
    let is_newer = specifier.split(',').any(|clause| {
        let clause = clause.trim();
        // Of a pin and of a lock file, the version alone.
        let at_least = [">=", ">", "==", "~="]
            .iter()
            .find_map(|operator| clause.strip_prefix(operator))
            .or_else(|| {
                clause
                    .starts_with(|first: char| first.is_ascii_digit())
                    .then_some(clause)
            })
            .and_then(|version| version.trim_start_matches('=').trim().split('.').next())
            .and_then(|major| major.parse::<u32>().ok());
        at_least.is_some_and(|major| major >= 2)
    });
    let is_older = matches!(django_line(specifier), Some((0 | 1, _)));
    if !is_newer || is_older {
        return None;
    }
    let origin = project
        .dependencies
        .iter()
        .find(|dependency| dependency.name == "django")
        .map(|dependency| dependency.origin.clone());
    Some(Problem {
        severity: Severity::Error,
        code: "django-too-new-for-jython",
        origin,
        message: format!(
            "Django {specifier} needs Python 3; on Jython, a Python 2.7, Django 1.8 to 1.11 run"
        ),
        hint: Some("take `--engine cpython`, or pin `Django>=1.11,<2`".to_owned()),
    })
}
