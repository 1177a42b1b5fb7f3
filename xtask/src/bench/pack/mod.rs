//! `cargo xtask bench pack`: the time, CPU and memory of packing, beside the tools
//! that people pack with now, in one run over the same files. The whole command
//! counts for djwar, from its start to its end.

pub(crate) mod deploy;
mod measure;
mod peers;
mod workload;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::sample::{heading, row, verdict};
use super::{progress, result, war};
use measure::{Cost, Measured};
use workload::Workload;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Rounds of djwar; each peer has one, and a second with other times of the files
    #[arg(long, default_value_t = 3)]
    rounds: u32,

    /// Leave the peers out
    #[arg(long)]
    alone: bool,

    /// These workloads only
    #[arg(long, value_enum)]
    only: Vec<Size>,
}

/// S is a small site with one large jar, L one of 20,000 files and 120 MB of
/// compiled extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Size {
    S,
    L,
}

const MEGABYTES_AIM: f64 = 64.0;

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let djwar = war::djwar()?;
    for &size in Size::value_variants() {
        if !arguments.only.is_empty() && !arguments.only.contains(&size) {
            continue;
        }
        let workload = Workload::made(size, &djwar)?;
        let tree = workload.tree();
        result(&format!("\n## {size:?}: {}\n", workload.describe()?));
        result(&heading(&[
            "",
            "wall s, least / median",
            "CPU s",
            "peak MB",
            "MB",
            "same bytes again",
        ]));
        let own = own_figures(&workload, arguments.rounds)?;
        let peers = if arguments.alone {
            Vec::new()
        } else {
            peers::figures(&tree, &workload.scratch())?
        };
        for one in own.iter().chain(&peers) {
            result(&one.line());
        }
        judge(size, &own, &peers);
    }
    Ok(())
}

/// djwar's rows, in this order.
fn own_figures(workload: &Workload, rounds: u32) -> Result<Vec<Measured>> {
    let full = measured("djwar, wheels cached", rounds, || {
        workload.forget_war()?;
        workload.build()
    })?;
    let changed = measured("djwar, one view changed", rounds, || {
        workload.edit()?;
        workload.build()
    })?;
    let nothing = measured("djwar, nothing changed", rounds, || workload.build())?;
    let loose = measured("djwar, loose packages, nothing cached", rounds, || {
        workload.forget_loose()?;
        workload.build_loose()
    })?;
    let loose_changed = measured("djwar, loose packages, one file changed", rounds, || {
        workload.edit_loose()?;
        workload.build_loose()
    })?;
    let loose_nothing = measured("djwar, loose packages, nothing changed", rounds, || {
        workload.build_loose()
    })?;
    let mut all = [full, changed, nothing, loose, loose_changed, loose_nothing];
    progress("comparing bytes");
    workload.forget_war()?;
    let first = measure::digest(&workload.build()?.file)?;
    workload.touch()?;
    workload.forget_war()?;
    workload.forget_deflated()?;
    all[0].is_same = Some(first == measure::digest(&workload.build()?.file)?);
    Ok(all.into())
}

fn measured(name: &str, rounds: u32, mut run: impl FnMut() -> Result<Ran>) -> Result<Measured> {
    progress(name);
    let mut measured = Measured::new(name);
    for _ in 0..rounds.max(1) {
        let ran = run()?;
        measured.add(&ran.cost, &ran.file)?;
    }
    Ok(measured)
}

/// What one run cost, and what came out.
struct Ran {
    cost: Cost,
    file: PathBuf,
}

fn judge(size: Size, own: &[Measured], peers: &[Measured]) {
    let [full, changed, nothing, loose, ..] = own else {
        return;
    };
    let say = |what: &str, value: f64, most: f64| {
        result(&format!("{what}: {value:.3}, {}", verdict(value, most)));
    };
    result("");
    if size == Size::L {
        say("full build, wheels cached, s", full.wall(), 1.0);
        say("one view changed, s", changed.wall(), 0.3);
        say("nothing changed, s", nothing.wall(), 0.15);
    }
    for one in own {
        say(&format!("peak MB, {}", one.name), one.peak(), MEGABYTES_AIM);
    }
    let peer = |name: &str| peers.iter().find(|peer| peer.name.starts_with(name));
    if let Some(jar) = peer("jar") {
        say(
            "full build / `jar cf`",
            full.wall() / jar.wall(),
            1.0 / 10.0,
        );
        say(
            "loose, nothing cached / `jar cf`",
            loose.wall() / jar.wall(),
            1.0 / 2.5,
        );
        say("size / `jar cf`'s", full.size() / jar.size(), 1.02);
    }
    if let Some(maven) = peer("maven") {
        say(
            "full build / maven-war-plugin",
            full.wall() / maven.wall(),
            1.0 / 30.0,
        );
    }
}

fn remove(path: &Path) -> Result<()> {
    if path.is_dir() {
        fs_err::remove_dir_all(path)?;
    } else if path.exists() {
        fs_err::remove_file(path)?;
    }
    Ok(())
}

impl Measured {
    fn line(&self) -> String {
        let same = match self.is_same {
            Some(true) => "yes",
            Some(false) => "no",
            None => "",
        };
        row(&[
            self.name.clone(),
            self.walls.least_and_median(2),
            format!("{:.2}", self.cpu()),
            format!("{:.0}", self.peak()),
            format!("{:.1}", self.size()),
            same.to_owned(),
        ])
    }
}
