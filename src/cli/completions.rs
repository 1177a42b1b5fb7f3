//! `djwar completions SHELL`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Outcome, common};
use crate::error::{Failure, Kind};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "djwar", &mut script);
    let text = String::from_utf8(script)
        .map_err(|error| Failure::new(Kind::Environment, error.to_string()))?;
    common::say(text.trim_end())?;
    Ok(0)
}
