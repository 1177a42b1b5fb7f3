//! `cargo xtask bench jython`: the engine `jython` beside modjy, Jython's own WSGI
//! servlet, on the same jars, the same Django and the same Tomcat 9; and what
//! `$py.class` saves of a start.

mod pages;
mod wars;

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use djwar::deploy::Container;

use super::artifacts::temporary;
use super::options::{Deployed, JavaOptions, Loads, Rounds};
use super::sample::verdict;
use super::start::{self, Subject};
use super::{progress, result};
use pages::HELLO;

/// modjy knows `javax.servlet` only.
const TOMCAT: Container = Container::Tomcat9;
/// Of the CPU of a start without `$py.class`.
const AIM: f64 = 0.6;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    deployed: Deployed,

    #[command(flatten)]
    rounds: Rounds,

    #[command(flatten)]
    loads: Loads,

    /// Leave out the pages
    #[arg(long)]
    skip_pages: bool,

    /// Leave out the starts
    #[arg(long)]
    skip_starts: bool,

    #[command(flatten)]
    java: JavaOptions,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let folder = temporary()?;
    let war = arguments.deployed.or_build(|| wars::build(folder.path()))?;
    if !arguments.skip_pages {
        pages::run(arguments, &war, folder.path())?;
    }
    if !arguments.skip_starts {
        starts(arguments.rounds.number, war, folder.path())?;
    }
    Ok(())
}

fn starts(rounds: u32, war: PathBuf, folder: &std::path::Path) -> Result<()> {
    let without = wars::without_byte_code(&war, folder)?;
    let page = (HELLO.path, HELLO.text);
    let mut subjects = [
        Subject::new("with $py.class", war, TOMCAT, page),
        Subject::new("without $py.class", without, TOMCAT, page),
    ];
    for round in 1..=rounds {
        progress(&format!("start {round} of {rounds}"));
        for subject in &mut subjects {
            subject.measure(folder)?;
        }
    }
    result("Tomcat 9, from the start of the JVM to the first 200, least / median:\n");
    start::tell(&subjects);
    let [with, without] = subjects.map(|subject| subject.cpu_seconds());
    for (at, what) in ["fresh", "unpacked"].iter().enumerate() {
        let ratio = with[at] / without[at];
        result(&format!(
            "\n{what}: {ratio:.2} of the CPU without, {}",
            verdict(ratio, AIM)
        ));
    }
    Ok(())
}
