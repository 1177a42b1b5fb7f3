//! The long version of `tests/e2e_soak.rs`.

use anyhow::Result;
use clap::Args;

use crate::shell::{self, command};

#[derive(Args)]
pub(crate) struct Arguments {
    /// How long visitors come
    #[arg(long, default_value_t = 30)]
    minutes: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let seconds = (arguments.minutes * 60).to_string();
    let line = [
        "test",
        "--locked",
        "--test",
        "e2e_soak",
        "--",
        "--nocapture",
    ];
    shell::run(command("cargo", &line).env("DJWAR_TEST_SOAK_SECONDS", seconds))
}
