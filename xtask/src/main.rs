//! The habits of this repository, as commands: `cargo xtask test`, `runtime`,
//! `docs`, `bench`.

mod audit;
mod bench;
mod django;
mod docs;
mod judges;
mod projects;
mod runtime;
mod shell;
mod soak;
mod test;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The habits of this repository")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything that CI runs; `--only STEP` for one part
    Test(test::Arguments),
    /// Rebuild runtime/dist/djwar-runtime.jar; `--check` compares instead
    Runtime(runtime::Arguments),
    /// Write docs/reference from the code; `--check` compares instead
    Docs(docs::Arguments),
    /// Measure djwar beside other servers; never part of a test
    Bench(bench::Arguments),
    /// Twice as many visitors as the pool serves, for minutes; CI has a short one
    Soak(soak::Arguments),
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Test(arguments) => test::run(&arguments),
        Command::Runtime(arguments) => runtime::run(&arguments),
        Command::Docs(arguments) => docs::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Soak(arguments) => soak::run(&arguments),
    }
}
