//! One server under measurement: its processes, its port, its log. Ends what it
//! started, by pid, also when a measurement fails half-way.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use super::process_tree;

const POLL: Duration = Duration::from_millis(10);
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// Running processes which together answer on one port of the loopback.
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) port: u16,
    roots: Vec<Child>,
    log: PathBuf,
    started: Instant,
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

impl Server {
    /// Starts the commands, whose output goes to one log in `folder`.
    pub(crate) fn start(
        name: &str,
        port: u16,
        folder: &Path,
        commands: Vec<Command>,
    ) -> Result<Self> {
        let log = folder.join("output.log");
        let file = fs_err::File::create(&log)?.into_parts().0;
        let mut server = Self {
            name: name.to_owned(),
            port,
            roots: Vec::new(),
            log,
            started: Instant::now(),
        };
        for mut command in commands {
            let child = command
                .stdin(Stdio::null())
                .stdout(file.try_clone()?)
                .stderr(file.try_clone()?)
                .spawn()
                .with_context(|| format!("can't start {name}"))?;
            server.roots.push(child);
        }
        Ok(server)
    }

    /// The processes that were started here; their descendants belong to them.
    pub(crate) fn pids(&self) -> Vec<u32> {
        self.roots.iter().map(Child::id).collect()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// CPU seconds of all processes so far.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        process_tree::cpu_seconds(&self.pids())
    }

    /// Waits until the page is there with the text in it, and returns the
    /// seconds since the start. A status alone would not do: a container answers
    /// 200 with Django off.
    pub(crate) fn wait_for(&mut self, path: &str, text: &str, timeout: Duration) -> Result<f64> {
        loop {
            let answer = get(self.port, path);
            if let Ok((200, body)) = &answer
                && body.contains(text)
            {
                return Ok(self.started.elapsed().as_secs_f64());
            }
            for child in &mut self.roots {
                if let Some(status) = child.try_wait()? {
                    bail!("{} ended ({status}):\n{}", self.name, self.end_of_log());
                }
            }
            if self.started.elapsed() > timeout {
                let last =
                    answer.map_or_else(|error| error.to_string(), |(status, _)| status.to_string());
                bail!(
                    "{}: no `{text}` at {path} ({last}):\n{}",
                    self.name,
                    self.end_of_log()
                );
            }
            std::thread::sleep(POLL);
        }
    }

    fn end_of_log(&self) -> String {
        let text = fs_err::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// Ends all processes: asks first, then kills what is left of the tree.
    fn stop(&mut self) {
        let members = process_tree::members(&self.pids()).unwrap_or_default();
        for child in &self.roots {
            signal(child.id(), Signal::TERM);
        }
        let asked = Instant::now();
        while asked.elapsed() < STOP_TIMEOUT
            && self
                .roots
                .iter_mut()
                .any(|child| matches!(child.try_wait(), Ok(None)))
        {
            std::thread::sleep(POLL);
        }
        for child in &mut self.roots {
            if let Ok(None) = child.try_wait() {
                // No error worth saying: it ended in between.
                child.kill().ok();
                child.wait().ok();
            }
        }
        // A pid isn't reused within a second; whatever still has one of these is ours.
        for pid in members {
            if Path::new(&format!("/proc/{pid}")).exists() {
                signal(pid, Signal::KILL);
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // Gone already is what was wanted.
        kill_process(pid, signal).ok();
    }
}

/// The status and the body of a GET. HTTP/1.0, so that nobody sends chunks.
pub(crate) fn get(port: u16, path: &str) -> Result<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_mins(6)))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").context("no HTTP response")?;
    let status = head.split(' ').nth(1).context("no HTTP status")?.parse()?;
    Ok((status, body.to_owned()))
}
