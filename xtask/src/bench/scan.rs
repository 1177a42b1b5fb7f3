//! `cargo xtask bench scan`: the time of `djwar scan` in a repository of 20,000
//! files of which most are `node_modules` and `.git`.

use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};
use camino::Utf8Path;
use clap::Args;

use super::artifacts::temporary;
use super::sample::{Samples, verdict};
use super::{result, war};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Measured scans, after one that warms the disk's cache
    #[arg(long, default_value_t = 9)]
    rounds: u32,
}

const SECONDS_AIM: f64 = 0.3;

/// Folder, files a folder, folders, ending, text.
const PARTS: &[(&str, u32, u32, &str, &str)] = &[
    ("node_modules", 25, 440, "js", "module.exports = {}\n"),
    (".git/objects", 25, 200, "", "x"),
    (
        "shop",
        20,
        150,
        "py",
        "import os\n\n\nclass Thing:\n    name = 'x'\n",
    ),
    ("shop/static", 20, 50, "css", "a { color: black }\n"),
];

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let folder = temporary()?;
    let djwar = war::djwar()?;
    let project = war::project(folder.path())?;
    let mut files = 0;
    for part in PARTS {
        files += fill(&project, part)?;
    }
    let mut samples = Samples::default();
    for round in 0..=arguments.rounds {
        let started = Instant::now();
        let output = Command::new(&djwar)
            .args(["scan", "--json"])
            .arg(&project)
            .output()?;
        if !output.status.success() {
            bail!(
                "`djwar scan` failed:\n{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        if round > 0 {
            samples.add(started.elapsed().as_secs_f64());
        }
    }
    result(&format!(
        "`djwar scan` of {files} files, warm: {} s (least / median), {}",
        samples.least_and_median(3),
        verdict(samples.median(), SECONDS_AIM)
    ));
    Ok(())
}

/// Writes a part's files; how many they are.
fn fill(
    project: impl AsRef<std::path::Path>,
    (name, files, folders, ending, text): &(&str, u32, u32, &str, &str),
) -> Result<u32> {
    let project = Utf8Path::from_path(project.as_ref()).expect("a temporary folder in UTF-8");
    for folder in 0..*folders {
        let folder = project.join(name).join(format!("p{folder}"));
        fs_err::create_dir_all(&folder)?;
        for file in 0..*files {
            let dot = if ending.is_empty() { "" } else { "." };
            fs_err::write(folder.join(format!("f{file}{dot}{ending}")), text)?;
        }
    }
    Ok(files * folders)
}
