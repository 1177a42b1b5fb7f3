//! Every test of the repository, in the order from quick to slow, with one line
//! at the end that says what ran.

use std::time::Instant;

use anyhow::{Result, bail};
use clap::{Args, Subcommand, ValueEnum};

use crate::shell::{self, command, root};
use crate::{audit, django, docs, judges, projects, runtime};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Run these steps only
    #[arg(long, value_enum)]
    only: Vec<Step>,

    #[command(subcommand)]
    suite: Option<Suite>,
}

/// What takes too long, or asks too much of the network, to be part of every run.
#[derive(Subcommand)]
enum Suite {
    /// Public Django projects: their scan, and a build and pages of some
    Projects(projects::Arguments),
    /// Django's own tests on Jython, with `SQLite`, `PostgreSQL` and `MariaDB`
    DjangoJython(django::Arguments),
    /// Django's own tests with a deployed WAR between their client and their views
    DjangoBridge(judges::Arguments),
    /// Archives over 4 GB and of 70,000 entries, and every tool on them: 14 GB in `TMPDIR`
    PackLarge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Step {
    /// rustfmt and clippy
    Lint,
    /// docs/reference is what the code says
    Docs,
    /// `JUnit`, and the committed jar is what runtime/java makes
    Java,
    /// pytest and mypy
    Python,
    /// Known holes in dependencies, as far as databases can be reached
    Audit,
    /// cargo test: units, command line, and end to end in real containers
    Rust,
    /// the application servers, hundreds of megabytes; by `--only` alone
    Servers,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.suite {
        Some(Suite::Projects(arguments)) => return projects::run(arguments),
        Some(Suite::DjangoJython(arguments)) => return django::run(arguments),
        Some(Suite::DjangoBridge(arguments)) => return judges::run(arguments),
        Some(Suite::PackLarge) => return pack_large(),
        None => {}
    }
    let steps = if arguments.only.is_empty() {
        &[Step::Lint, Step::Docs, Step::Java, Step::Python, Step::Rust][..]
    } else {
        &arguments.only
    };
    let mut lines = Vec::new();
    let mut failed = 0;
    for step in steps {
        let started = Instant::now();
        let outcome = match step {
            Step::Lint => lint(),
            Step::Docs => docs::run_check(),
            Step::Java => runtime::run_check(),
            Step::Python => python(),
            Step::Audit => audit::run(),
            Step::Rust => rust(),
            Step::Servers => servers(),
        };
        let seconds = started.elapsed().as_secs();
        lines.push(match outcome {
            Ok(()) => format!("{step:?}: ok ({seconds} s)"),
            Err(error) => {
                failed += 1;
                format!("{step:?}: FAILED ({seconds} s): {error:#}")
            }
        });
    }
    #[expect(clippy::print_stdout, reason = "xtask talks to developers")]
    {
        println!("\n{}", lines.join("\n"));
        println!("{} passed, {failed} failed", steps.len() - failed);
    }
    if failed > 0 {
        bail!("{failed} of {} steps failed", steps.len());
    }
    Ok(())
}

fn lint() -> Result<()> {
    execute(&["cargo", "fmt", "--all", "--check"])?;
    execute(&[
        "cargo",
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ])
}

/// pytest and mypy in a virtual environment of their own below `target`.
fn python() -> Result<()> {
    let environment = root().join("target/python-tests");
    let interpreter = environment.join("bin/python");
    if !interpreter.exists() {
        shell::run(command("python3", &["-m", "venv"]).arg(&environment))?;
    }
    let python = interpreter.to_string_lossy().into_owned();
    execute(&[
        &python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--requirement",
        "runtime/python/requirements-dev.txt",
    ])?;
    shell::run(
        command(&python, &["-m", "pytest", "-q"]).current_dir(root().join("runtime/python")),
    )?;
    shell::run(command(&python, &["-m", "mypy"]).current_dir(root().join("runtime/python")))
}

fn rust() -> Result<()> {
    execute(&["cargo", "test", "--workspace", "--locked", "--no-fail-fast"])
}

fn pack_large() -> Result<()> {
    let line = ["test", "--locked", "--test", "archive_tools", "gigabytes"];
    shell::run(command("cargo", &line).env("DJWAR_TEST_LARGE", "1"))
}

fn servers() -> Result<()> {
    let line = ["test", "--locked", "--test", "e2e_servers"];
    shell::run(command("cargo", &line).env("DJWAR_TEST_SERVERS", "all"))
}

fn execute(line: &[&str]) -> Result<()> {
    shell::run(&mut command(line[0], &line[1..]))
}
