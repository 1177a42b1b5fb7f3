//! Options that several measurements share, so that each says and means the same.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

/// What is deployed.
#[derive(Args)]
pub(crate) struct Deployed {
    /// Deploy this WAR instead of building the fixture's
    #[arg(long, value_name = "FILE")]
    war: Option<PathBuf>,
}

impl Deployed {
    /// The WAR that was named, else the one that `build` makes.
    pub(crate) fn or_build(&self, build: impl FnOnce() -> Result<PathBuf>) -> Result<PathBuf> {
        self.war.clone().map_or_else(build, Ok)
    }

    /// Whether nothing needs to be built.
    pub(crate) fn is_named(&self) -> bool {
        self.war.is_some()
    }
}

/// How often.
#[derive(Args)]
pub(crate) struct Rounds {
    /// Interleaved rounds
    #[arg(long = "rounds", default_value_t = 5)]
    pub(crate) number: u32,
}

/// How long.
#[derive(Args)]
pub(crate) struct Loads {
    /// Seconds of one load
    #[arg(long, default_value_t = 5)]
    pub(crate) seconds: u32,

    /// Seconds of load on each page before the first round, for the JIT
    #[arg(long, default_value_t = 30)]
    pub(crate) warm_up: u32,
}

/// The JVM's own options.
#[derive(Args)]
pub(crate) struct JavaOptions {
    /// One more option of the JVMs under load, as `-XX:+UseSerialGC`
    #[arg(
        long = "java-option",
        value_name = "OPTION",
        allow_hyphen_values = true
    )]
    pub(crate) options: Vec<String>,
}
