//! `cargo xtask bench build`: the time of a build with everything cached, and
//! what comes out.

use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};
use clap::Args;

use super::artifacts::temporary;
use super::sample::{Samples, verdict};
use super::{result, war};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Measured builds, after one that fills the cache
    #[arg(long, default_value_t = 5)]
    rounds: u32,
}

const SECONDS_AIM: f64 = 1.0;
const MEGABYTES_AIM: f64 = 30.0;

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let folder = temporary()?;
    let djwar = war::djwar()?;
    let project = war::project(folder.path())?;
    let war = folder.path().join("polls.war");
    let mut samples = Samples::default();
    for round in 0..=arguments.rounds {
        let started = Instant::now();
        let output = Command::new(&djwar)
            .arg("build")
            .arg(&project)
            .arg("--output")
            .arg(&war)
            .output()?;
        if !output.status.success() {
            bail!(
                "`djwar build` failed:\n{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        if round > 0 {
            samples.add(started.elapsed().as_secs_f64());
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 bytes")]
    let megabytes = fs_err::metadata(&war)?.len() as f64 / 1e6;
    result(&format!(
        "`djwar build fixtures/polls`, everything cached: {} s (least / median), {}",
        samples.least_and_median(2),
        verdict(samples.median(), SECONDS_AIM)
    ));
    result(&format!(
        "The WAR: {megabytes:.1} MB, {}",
        verdict(megabytes, MEGABYTES_AIM)
    ));
    Ok(())
}
