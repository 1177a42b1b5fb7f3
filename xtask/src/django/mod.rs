//! `cargo xtask test django-jython`: Django's own test suite, from its sdist, on
//! Jython with the database modules of `runtime/python/djwar_jdbc`. What fails
//! must be what `known.tsv` names, each with its reason.

mod outcome;
mod parts;
#[path = "../../../tests/site/postgres.rs"]
#[expect(dead_code, reason = "the end-to-end tests use more of it")]
mod postgres;

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};

use crate::shell::{self, root};
use outcome::Outcome;
use parts::Parts;

const MODULES: [&str; 7] = [
    "backends",
    "basic",
    "model_fields",
    "transactions",
    "queries",
    "aggregation",
    "expressions",
];

#[derive(Args)]
pub(crate) struct Arguments {
    /// These modules of Django's tests; those of the documentation if none is named
    modules: Vec<String>,

    /// These databases only
    #[arg(long, value_enum)]
    database: Vec<Database>,

    /// The release of Django
    #[arg(long, default_value = "1.11.29")]
    django: String,

    /// This `CPython` 2.7 in place of Jython, for comparison; psycopg2 must be installed in it
    #[arg(long)]
    cpython: Option<Utf8PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Database {
    Sqlite,
    Postgresql,
}

impl Database {
    /// As Django calls its backend's vendor, and `known.tsv` too.
    fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgresql => "postgresql",
        }
    }

    /// `DATABASES`; the suite wants two.
    fn settings(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "DATABASES = dict((alias, {'ENGINE': 'django.db.backends.sqlite3'}) \
                 for alias in ('default', 'other'))\n"
            }
            Self::Postgresql => {
                "import os, urllib, urlparse\n\
                 parts = urlparse.urlsplit(os.environ['TEST_DATABASE_URL'])\n\
                 DATABASES = dict((alias, {'ENGINE': 'django.db.backends.postgresql', 'NAME': alias, \
                 'USER': parts.username, 'PASSWORD': urllib.unquote(parts.password), \
                 'HOST': parts.hostname, 'PORT': str(parts.port)}) for alias in ('default', 'other'))\n"
            }
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let parts = Parts::fetch(&arguments.django)?;
    let known = outcome::known()?;
    let databases = if arguments.database.is_empty() {
        Database::value_variants()
    } else {
        &arguments.database
    };
    let modules: Vec<&str> = if arguments.modules.is_empty() {
        MODULES.to_vec()
    } else {
        arguments.modules.iter().map(String::as_str).collect()
    };
    let mut surprises = Vec::new();
    for &database in databases {
        let server = match database {
            Database::Sqlite => None,
            // It says itself why there is none.
            Database::Postgresql => match postgres::Postgres::start() {
                Some(server) => Some(server),
                None => continue,
            },
        };
        let url = server.as_ref().map(postgres::Postgres::url);
        for module in &modules {
            let mut command = python(arguments, &parts, database)?;
            if let Some(url) = &url {
                command.env("TEST_DATABASE_URL", url);
            }
            let log = parts
                .folder
                .join(format!("{}-{module}.log", database.as_str()));
            let outcome = suite(&mut command, database, module, &log)?;
            say(&format!("{} {module}: {outcome}", database.as_str()));
            let known = arguments.cpython.is_none().then_some(&known);
            surprises.extend(outcome.surprises(database.as_str(), module, known));
        }
    }
    if !surprises.is_empty() {
        bail!(
            "not as xtask/src/django/known.tsv has it:\n{}",
            surprises.join("\n")
        );
    }
    Ok(())
}

/// The interpreter's command, up to the program that it runs.
fn python(arguments: &Arguments, parts: &Parts, database: Database) -> Result<Command> {
    let settings = parts.folder.join("settings");
    fs_err::create_dir_all(&settings)?;
    let text = format!(
        "{}SECRET_KEY = 'for tests'\n\
         PASSWORD_HASHERS = ['django.contrib.auth.hashers.MD5PasswordHasher']\n",
        database.settings()
    );
    fs_err::write(
        settings.join(format!("djwar_{}.py", database.as_str())),
        text,
    )?;
    let mut path = vec![settings, parts.django.clone(), parts.packages.clone()];
    let mut command;
    if let Some(cpython) = &arguments.cpython {
        command = Command::new(cpython);
        command.arg("-B").env("PYTHONPATH", joined(&path));
    } else {
        let ours = Utf8PathBuf::try_from(root().join("runtime/python"))?;
        path.push(ours.join("djwar_jdbc"));
        path.push(ours.join("jdbc_tests/stubs"));
        command = Command::new("java");
        command
            .args(["-Xmx2g", "-Dpython.cachedir.skip=true"])
            .args([
                "-Dpython.import.site=false",
                "-Dpython.console.encoding=UTF-8",
            ])
            .arg(format!("-Dpython.path={}", joined(&path)))
            .args(["-cp", &parts.class_path, "org.python.util.jython", "-B"]);
    }
    command.current_dir(parts.django.join("tests"));
    Ok(command)
}

fn joined(path: &[Utf8PathBuf]) -> String {
    let words: Vec<&str> = path.iter().map(|folder| folder.as_str()).collect();
    words.join(":")
}

/// Runs one module's tests; what it said is kept in `log`.
fn suite(
    command: &mut Command,
    database: Database,
    module: &str,
    log: &Utf8Path,
) -> Result<Outcome> {
    let file = fs_err::File::create(log)?.into_parts().0;
    command
        .args(["runtests.py", "--parallel=1", "--noinput"])
        .arg(format!("--settings=djwar_{}", database.as_str()))
        .arg(module)
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file);
    let status = command.status().context("can't start the interpreter")?;
    Outcome::read(&fs_err::read_to_string(log)?)
        .with_context(|| format!("{module} ended with {status}; {log} has what it said"))
}

fn say(line: &str) {
    #[expect(clippy::print_stdout, reason = "xtask talks to developers")]
    {
        println!("{line}");
    }
}

/// Runs a tool and shows that it runs.
fn execute(program: &str, line: &[&str]) -> Result<()> {
    shell::run(&mut shell::command(program, line))
}
