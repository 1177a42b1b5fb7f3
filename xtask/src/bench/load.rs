//! wrk, and what it found. Its report for people isn't parsed: a script of ours
//! writes one line of numbers.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::tools;

const DONE: &str = r#"
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("NUMBERS %d %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.status, e.connect + e.read + e.write + e.timeout))
end
"#;

/// The load generator.
pub(crate) struct Wrk {
    program: PathBuf,
    folder: PathBuf,
}

/// What one run of wrk saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Load {
    pub(crate) requests: f64,
    pub(crate) seconds: f64,
    pub(crate) p50_milliseconds: f64,
    pub(crate) p99_milliseconds: f64,
    /// Answers that weren't 2xx or 3xx.
    pub(crate) refused: f64,
    /// Connections that failed, timed out or broke.
    pub(crate) broken: f64,
}

impl Wrk {
    /// `folder` takes the scripts.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        Ok(Self {
            program: tools::find("wrk", "wrk")?,
            folder: folder.to_owned(),
        })
    }

    /// Loads a page: `body` bytes are posted, 0 is a GET.
    pub(crate) fn run(
        &self,
        url: &str,
        connections: u32,
        seconds: u32,
        body: usize,
    ) -> Result<Load> {
        let script = self.folder.join(format!("wrk-{body}.lua"));
        fs_err::write(&script, lua(body))?;
        let output = Command::new(&self.program)
            .args(["--threads", "2", "--timeout", "10s"])
            .args(["--connections", &connections.to_string()])
            .args(["--duration", &format!("{seconds}s")])
            .arg("--script")
            .arg(&script)
            .arg(url)
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            bail!(
                "wrk failed on {url}: {text}{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        parse(&text).with_context(|| format!("wrk wrote no numbers for {url}: {text}"))
    }
}

fn lua(body: usize) -> String {
    if body == 0 {
        return DONE.to_owned();
    }
    format!(
        "wrk.method = \"POST\"\nwrk.body = string.rep(\"x\", {body})\n\
         wrk.headers[\"Content-Type\"] = \"application/octet-stream\"\n{DONE}"
    )
}

fn parse(text: &str) -> Option<Load> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("NUMBERS "))?;
    let numbers: Vec<f64> = line
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    let [requests, microseconds, p50, p99, refused, broken] = numbers[..] else {
        return None;
    };
    Some(Load {
        requests,
        seconds: microseconds / 1e6,
        p50_milliseconds: p50 / 1e3,
        p99_milliseconds: p99 / 1e3,
        refused,
        broken,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_our_script_is_read() {
        let load =
            parse("Running 5s test\nNUMBERS 1000 5000000 1500 30000 2 1\n").expect("numbers");
        assert!((load.p99_milliseconds - 30.0).abs() < 1e-9);
        assert!((load.seconds - 5.0).abs() < 1e-9);
        assert!((load.refused - 2.0).abs() < 1e-9);
        assert_eq!(parse("no numbers"), None);
    }
}
