//! `cargo xtask bench memory`: what each further worker costs, as private memory:
//! pages which the forked worker shares with its parent are there only once.

use std::time::Duration;

use anyhow::Result;
use clap::Args;

use super::artifacts::temporary;
use super::interpreter::Interpreter;
use super::load::Wrk;
use super::options::Deployed;
use super::process_tree::{private_kib, workers};
use super::sample::{Samples, heading, row, verdict};
use super::tomcat::{Settings, Tomcat};
use super::{result, war};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    deployed: Deployed,

    /// Worker processes
    #[arg(long, default_value_t = 4)]
    processes: u32,
}

const TIMEOUT: Duration = Duration::from_mins(2);
/// MB private of an extra idle worker.
const AIM: f64 = 20.0;

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let folder = temporary()?;
    let war = arguments
        .deployed
        .or_build(|| war::build(&Interpreter::bundled()?, folder.path()))?;
    let settings = Settings {
        environment: vec![
            (
                "DATA_DIR".to_owned(),
                folder.path().join("data").display().to_string(),
            ),
            (
                "DJWAR_PROCESSES".to_owned(),
                arguments.processes.to_string(),
            ),
        ],
        ..Settings::default()
    };
    let mut server = Tomcat::new(&folder.path().join("base"), &war, settings)?.start("Tomcat")?;
    server.wait_for("/hello/", "Hello, world", TIMEOUT)?;
    let (parent, workers) = workers(&server, arguments.processes as usize, TIMEOUT)?;

    result(&heading(&["private memory", "least / median MB", "aim"]));
    let idle = private(&workers)?;
    result(&row(&[
        format!("an idle worker of {}", workers.len()),
        idle.least_and_median(1),
        verdict(idle.median(), AIM),
    ]));
    let wrk = Wrk::new(folder.path())?;
    for path in ["/hello/", "/polls/board/"] {
        wrk.run(&server.url(path), 16, 5, 0)?;
    }
    result(&row(&[
        "the same after load".to_owned(),
        private(&workers)?.least_and_median(1),
        String::new(),
    ]));
    result(&row(&[
        "their parent".to_owned(),
        private(&[parent])?.least_and_median(1),
        String::new(),
    ]));
    Ok(())
}

fn private(pids: &[u32]) -> Result<Samples> {
    let mut samples = Samples::default();
    for pid in pids {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 KiB")]
        samples.add(private_kib(*pid)? as f64 * 1024.0 / 1e6);
    }
    Ok(samples)
}
