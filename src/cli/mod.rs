//! Parse, call, report: one file a command. The only room that knows clap, and
//! the only one that writes to standard output.

mod build;
mod cache;
mod check;
mod common;
mod completions;
mod init;
mod manage;
mod plan;
mod run;
mod scan;
mod skeleton;
mod verdicts;
mod verify;
mod verify_report;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Failure;
use crate::interrupt;
use common::Common;

/// Turns a Django project into a WAR which any servlet container deploys.
#[derive(Debug, Parser)]
#[command(name = "djwar", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    common: Common,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Pack a project into a WAR
    Build(build::Arguments),
    /// Say what a project is, from reading it alone
    Scan(scan::Arguments),
    /// Say every problem that would stop a build or a deployment
    Check(check::Arguments),
    /// Say what would go into the WAR, and why
    Plan(plan::Arguments),
    /// Write a `djwar.toml` with what was detected
    Init(init::Arguments),
    /// Write a Maven project that makes the WAR, and serves it for development
    Skeleton(skeleton::Arguments),
    /// Serve a project or a WAR in an embedded container
    Run(run::Arguments),
    /// Run a Django management command with the WAR's own Python and packages
    Manage(manage::Arguments),
    /// Deploy a WAR in real containers and say what each served
    Verify(verify::Arguments),
    /// Say where the cache is and how large; remove what isn't used
    Cache(cache::Arguments),
    /// Print a completion script for a shell
    Completions(completions::Arguments),
}

/// Runs the command line and returns the exit status: 0 done, 1 the
/// project can't be packaged, 2 usage or configuration, 3 network or I/O.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors: clap knows where each goes.
            let status = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            return ExitCode::from(status);
        }
    };
    interrupt::install();
    let reporter = cli.common.reporter();
    let outcome = match cli.command {
        Command::Build(arguments) => build::run(&cli.common, &arguments, reporter),
        Command::Scan(arguments) => scan::run(&cli.common, &arguments),
        Command::Check(arguments) => check::run(&cli.common, &arguments, reporter),
        Command::Plan(arguments) => plan::run(&cli.common, &arguments, reporter),
        Command::Init(arguments) => init::run(&cli.common, &arguments, reporter),
        Command::Skeleton(arguments) => skeleton::run(&cli.common, &arguments, reporter),
        Command::Run(arguments) => run::run(&cli.common, &arguments, reporter),
        Command::Manage(arguments) => manage::run(&cli.common, &arguments, reporter),
        Command::Verify(arguments) => verify::run(&cli.common, &arguments, reporter),
        Command::Cache(arguments) => cache::run(&cli.common, &arguments),
        Command::Completions(arguments) => completions::run(&arguments),
    };
    match outcome {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            reporter.failure(&failure);
            ExitCode::from(failure.kind.exit_status())
        }
    }
}

/// What a command gives: an exit status, or a failure to show.
type Outcome = Result<u8, Failure>;
