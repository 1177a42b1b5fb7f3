//! What a command costs: wall, CPU with its children's, and the peak of its memory.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use djwar::resolve::cache::Key;

use super::super::sample::Samples;

/// One run.
pub(super) struct Cost {
    pub(super) wall: f64,
    pub(super) cpu: f64,
    pub(super) peak: f64,
}

/// Only wait4 tells the peak of one child; Python has it, Rust's standard library
/// doesn't. Folder, then the command.
const WATCH: &str = "import os, sys, time
start = time.perf_counter()
child = os.fork()
if child == 0:
    os.chdir(sys.argv[1])
    os.dup2(2, 1)
    os.execvp(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(child, 0)
print(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000)
sys.exit(1 if status else 0)
";

/// Runs a command in a folder. What it prints shows only when it fails.
pub(super) fn cost(
    folder: &Path,
    line: &[OsString],
    environment: &[(&str, &Path)],
) -> Result<Cost> {
    let mut command = Command::new("python3");
    command.args(["-c", WATCH]).arg(folder).args(line);
    command.envs(environment.iter().copied());
    let output = command.output().context("python3 is needed to measure")?;
    if !output.status.success() {
        bail!(
            "{:?} failed:\n{}",
            line,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers = text.split_whitespace().map(str::parse::<f64>);
    let mut next = || {
        numbers
            .next()
            .and_then(Result::ok)
            .context("the measurement said nothing")
    };
    Ok(Cost {
        wall: next()?,
        cpu: next()?,
        peak: next()?,
    })
}

/// Several runs of one thing.
pub(super) struct Measured {
    pub(super) name: String,
    pub(super) walls: Samples,
    pub(super) is_same: Option<bool>,
    cpus: Samples,
    peak: f64,
    size: f64,
}

impl Measured {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            walls: Samples::default(),
            is_same: None,
            cpus: Samples::default(),
            peak: 0.0,
            size: 0.0,
        }
    }

    pub(super) fn add(&mut self, cost: &Cost, file: &Path) -> Result<()> {
        self.walls.add(cost.wall);
        self.cpus.add(cost.cpu);
        self.peak = self.peak.max(cost.peak);
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 bytes")]
        {
            self.size = fs_err::metadata(file)?.len() as f64 / 1e6;
        }
        Ok(())
    }

    /// The median, in seconds.
    pub(super) fn wall(&self) -> f64 {
        self.walls.median()
    }

    pub(super) fn cpu(&self) -> f64 {
        self.cpus.median()
    }

    /// MB.
    pub(super) fn peak(&self) -> f64 {
        self.peak
    }

    /// MB.
    pub(super) fn size(&self) -> f64 {
        self.size
    }
}

/// Tells a file's bytes from others.
pub(super) fn digest(file: &Path) -> Result<String> {
    Ok(Key::of_bytes(&fs_err::read(file)?).as_str().to_owned())
}
