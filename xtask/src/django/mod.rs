//! `cargo xtask test django-jython`: Django's own test suite, from its sdist, on
//! Jython with the database modules of `runtime/python/djwar_jdbc`. What fails
//! must be what `known.tsv` names, each with its reason.

mod mariadb;
pub(crate) mod outcome;
pub(crate) mod parts;
#[path = "../../../tests/site/postgres.rs"]
#[expect(dead_code, reason = "the end-to-end tests use more of it")]
pub(crate) mod postgres;
#[path = "../../../tests/support/skip.rs"]
mod skip;

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};

use crate::shell::{self, root};
use outcome::Outcome;
use parts::Parts;

const KNOWN: &str = include_str!("known.tsv");

/// The one that `known.tsv` is about.
pub(crate) const RELEASE: &str = "1.11.29";

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
    #[arg(long, default_value = RELEASE)]
    django: String,

    /// This `CPython` 2.7 in place of Jython, for comparison; psycopg2 must be installed in it
    #[arg(long)]
    cpython: Option<Utf8PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Database {
    Sqlite,
    Postgresql,
    Mysql,
}

/// What a database needs that is not in the process; gone with the value.
enum Server {
    None,
    Postgresql(postgres::Postgres),
    Mysql(mariadb::Mariadb),
}

impl Server {
    /// Starts the database's; nothing, and a line that says why, where it can't be had.
    fn start(database: Database) -> Result<Option<Self>> {
        Ok(match database {
            Database::Sqlite => Some(Self::None),
            // It says itself why there is none.
            Database::Postgresql => postgres::Postgres::start().map(Self::Postgresql),
            Database::Mysql => {
                let server = mariadb::Mariadb::start()?;
                if server.is_none() {
                    say("SKIPPED: mysql needs a server: install Debian's package `mariadb-server`");
                }
                server.map(Self::Mysql)
            }
        })
    }

    fn url(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Postgresql(server) => server.url(),
            Self::Mysql(server) => server.url(),
        }
    }
}

impl Database {
    /// As Django calls its backend's vendor, and `known.tsv` too.
    fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgresql => "postgresql",
            Self::Mysql => "mysql",
        }
    }

    /// `DATABASES`; the suite wants two.
    fn settings(self) -> String {
        format!(
            "import os, urllib, urlparse\n\
             parts = urlparse.urlsplit(os.environ['TEST_DATABASE_URL'])\n\
             DATABASES = dict((alias, {{'ENGINE': 'django.db.backends.{0}'}}) for alias in ('default', 'other'))\n\
             if parts.hostname:\n    \
             for alias in DATABASES:\n        \
             DATABASES[alias].update(NAME='{0}_' + alias, USER=parts.username, \
             PASSWORD=urllib.unquote(parts.password), HOST=parts.hostname, PORT=str(parts.port))\n",
            self.backend()
        )
    }

    fn backend(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite3",
            Self::Postgresql => "postgresql",
            Self::Mysql => "mysql",
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let parts = Parts::fetch(&arguments.django)?;
    let known = outcome::known(KNOWN)?;
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
    // Before 1.9 the suite is sequential, and knows no such option.
    let is_parallel = !arguments.django.starts_with("1.8");
    let mut surprises = Vec::new();
    for &database in databases {
        let Some(server) = Server::start(database)? else {
            continue;
        };
        for module in &modules {
            let mut command = python(arguments, &parts, database)?;
            command.env("TEST_DATABASE_URL", server.url());
            let log = parts
                .folder
                .join(format!("{}-{module}.log", database.as_str()));
            let settings = format!("djwar_{}", database.as_str());
            let outcome = suite(&mut command, &settings, module, is_parallel, &log)?;
            say(&format!("{} {module}: {outcome}", database.as_str()));
            let is_known = arguments.cpython.is_none() && arguments.django == RELEASE;
            let known = is_known.then_some(&known);
            surprises.extend(outcome.surprises(&[database.as_str()], module, known));
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
        command = jython(&parts.class_path, &path);
    }
    command.current_dir(parts.django.join("tests"));
    Ok(command)
}

/// Jython with these jars and these folders of modules.
pub(crate) fn jython(class_path: &str, path: &[Utf8PathBuf]) -> Command {
    let mut command = Command::new("java");
    command
        .args(["-Xmx2g", "-Dpython.cachedir.skip=true"])
        .args([
            "-Dpython.import.site=false",
            "-Dpython.console.encoding=UTF-8",
        ])
        .arg(format!("-Dpython.path={}", joined(path)))
        .args(["-cp", class_path, "org.python.util.jython", "-B"]);
    command
}

pub(crate) fn joined(path: &[Utf8PathBuf]) -> String {
    let words: Vec<&str> = path.iter().map(|folder| folder.as_str()).collect();
    words.join(":")
}

/// Runs one module's tests; what it said is kept in `log`.
pub(crate) fn suite(
    command: &mut Command,
    settings: &str,
    module: &str,
    is_parallel: bool,
    log: &Utf8Path,
) -> Result<Outcome> {
    let file = fs_err::File::create(log)?.into_parts().0;
    command
        .args(["runtests.py", "--noinput"])
        .args(is_parallel.then_some("--parallel=1"))
        .arg(format!("--settings={settings}"))
        .arg(module)
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file);
    let status = command.status().context("can't start the interpreter")?;
    Outcome::read(&fs_err::read_to_string(log)?)
        .with_context(|| format!("{module} ended with {status}; {log} has what it said"))
}

pub(crate) fn say(line: &str) {
    #[expect(clippy::print_stdout, reason = "xtask talks to developers")]
    {
        println!("{line}");
    }
}

/// Runs a tool and shows that it runs.
fn execute(program: &str, line: &[&str]) -> Result<()> {
    shell::run(&mut shell::command(program, line))
}
