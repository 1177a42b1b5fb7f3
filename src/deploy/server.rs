//! A container that runs: waiting for it, asking it, stopping it.

use std::process::{Command, ExitStatus};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use super::container::Container;
use super::context_path::ContextPath;
use super::deployment::Deployment;
use super::error::{DeployError, Said};
use super::log::Log;
use super::probe::{Client, Response};
use super::process::{Group, Member};
use super::recipe;

/// How long a container may take to start an application. Generous: the limit
/// tells a hang from a slow machine, nothing else.
const START_LIMIT: Duration = Duration::from_mins(5);
/// How long it may take to stop in order before it is killed. Longer than
/// `djwar.stop-timeout`'s default.
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// How often processes and answers are looked at while waiting.
const INTERVAL: Duration = Duration::from_millis(50);
/// Lines of the log that an error shows.
const SHOWN: usize = 30;

/// What a line of a container's log means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// It accepts requests on that port.
    Listening(u16),
    /// An application has started.
    Deployed,
    /// An application could not be started.
    Failed,
}

/// A container that runs. Dropping it kills all its processes and removes its folder.
#[derive(Debug)]
pub struct Server {
    container: Container,
    context: ContextPath,
    host: std::net::IpAddr,
    /// 0 until the log has told it.
    port: u16,
    // Before the folder, so that a drop ends the processes that write there.
    group: Group,
    log: Log,
    cursor: usize,
    reader: Option<JoinHandle<()>>,
    client: Client,
    dropped: Utf8PathBuf,
    base: Utf8PathBuf,
    /// Whether the log has told of the application's start.
    deployed: bool,
    /// Whether the log has told of a failed start.
    failed: bool,
    /// Removed when the value is dropped.
    _folder: TempDir,
}

/// How a container stopped.
#[derive(Debug)]
pub struct Stopped {
    /// The exit status of the JVM.
    pub status: Option<ExitStatus>,
    /// Whether it had to be killed.
    pub killed: bool,
    /// Processes that were alive after the JVM had ended; they were killed.
    pub survivors: Vec<Member>,
    /// What the application should have taken with it: sockets, and folders of
    /// djwar's in the JVM's folder for temporary files.
    pub leftovers: Vec<Utf8PathBuf>,
    /// The whole log.
    pub log: String,
}

impl Server {
    pub(super) fn start(
        deployment: &Deployment,
        folder: TempDir,
        base: &Utf8Path,
        dropped: Utf8PathBuf,
        command: Command,
    ) -> Result<Self, DeployError> {
        let (log, writer) = Log::create(&base.join("djwar.log"))?;
        // The folder's name is unique among the runs of this machine.
        let run_id = base.file_name().unwrap_or("djwar").to_owned();
        let program = command.get_program().to_string_lossy().into_owned();
        let (group, pipe) = Group::spawn(command, &run_id).map_err(|source| DeployError::Io {
            doing: format!("can't start `{program}`"),
            source,
        })?;
        let reader = std::thread::Builder::new()
            .name("container-log".to_owned())
            .spawn(move || writer.copy(pipe))?;
        Ok(Self {
            container: deployment.container,
            context: deployment.context.clone(),
            host: deployment.host,
            port: 0,
            group,
            log,
            cursor: 0,
            reader: Some(reader),
            client: Client::new(Duration::from_mins(1)),
            dropped,
            base: base.to_owned(),
            deployed: false,
            failed: false,
            _folder: folder,
        })
    }

    /// Waits until the container has started the application and listens.
    pub(super) fn wait_until_ready(&mut self) -> Result<(), DeployError> {
        let deadline = Instant::now() + START_LIMIT;
        // In either order: `WildFly` listens first, Tomcat and Jetty last.
        loop {
            self.look(INTERVAL, is_listening)?;
            if self.is_up() {
                return Ok(());
            }
            self.still_runs("before it was ready")?;
            self.not_later_than(deadline, "its port and the application's start in the log")?;
        }
    }

    /// Whether the container has started the application and listens. Doesn't wait.
    ///
    /// # Errors
    /// When it has refused the application.
    pub(super) fn is_ready(&mut self) -> Result<bool, DeployError> {
        self.look(Duration::ZERO, is_listening)?;
        Ok(self.is_up())
    }

    fn is_up(&self) -> bool {
        self.port != 0 && self.deployed
    }

    /// A client for requests to it.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The container.
    pub fn container(&self) -> Container {
        self.container
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `http://127.0.0.1:8080/ctx`, without a `/` at the end.
    pub fn base_url(&self) -> String {
        let address = std::net::SocketAddr::new(self.host, self.port);
        format!("http://{address}{}", self.context.as_str())
    }

    /// The container's log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The folder of this run: `CATALINA_BASE`, `jetty.base`.
    pub fn base(&self) -> &Utf8Path {
        &self.base
    }

    /// The processes that are alive, the JVM first (Linux only).
    pub fn processes(&self) -> Vec<Member> {
        self.group.members()
    }

    /// How the JVM ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.group.ended()
    }

    /// Asks for `path` (below the context path) until `accept` likes the answer.
    ///
    /// # Errors
    /// When the container ends, or when it takes longer than `limit`; the error
    /// shows the last answer.
    pub fn wait_until(
        &mut self,
        path: &str,
        limit: Duration,
        mut accept: impl FnMut(&Response) -> bool,
    ) -> Result<Response, DeployError> {
        let url = format!("{}{path}", self.base_url());
        let deadline = Instant::now() + limit;
        loop {
            let last = match self.client.get(&url) {
                Ok(response) if accept(&response) => return Ok(response),
                Ok(response) => format!("the last was {}", response.status),
                Err(error) => error.to_string(),
            };
            self.still_runs("before it answered")?;
            if Instant::now() > deadline {
                return Err(DeployError::TimedOut {
                    container: self.container,
                    seconds: limit.as_secs(),
                    waited_for: format!("the wanted answer of `{url}` ({last})"),
                    log: Said(self.log.tail(SHOWN)),
                });
            }
            // Ends early when the container says something.
            self.log.next(&mut self.cursor, INTERVAL);
        }
    }

    /// Puts another WAR in the place of this one and waits until the container
    /// has started it. Needs [`Deployment::redeploying`].
    ///
    /// # Errors
    /// When the WAR can't be copied, or the container refuses it.
    pub fn redeploy(&mut self, war: &Utf8Path) -> Result<(), DeployError> {
        self.log.next(&mut self.cursor, Duration::ZERO);
        // Whole at once: the container could take a half-written one.
        let beside = self.base.join("next.war");
        fs_err::copy(war, &beside)?;
        // `copy` keeps no times; a newer one is what containers look for.
        fs_err::rename(&beside, &self.dropped)?;
        let deadline = Instant::now() + START_LIMIT;
        while !self.look(INTERVAL, |event| event == Event::Deployed)? {
            self.still_runs("while it took the new application")?;
            self.not_later_than(deadline, "the start of the new application")?;
        }
        Ok(())
    }

    /// Stops it: asks, waits, kills what is left. The folder goes too.
    ///
    /// # Errors
    /// When the log can't be read.
    pub fn stop(self) -> Result<Stopped, DeployError> {
        self.stop_within(STOP_LIMIT, &mut || false)
    }

    /// As [`Server::stop`]; kills at once when `hurry` says so.
    ///
    /// # Errors
    /// When the log can't be read.
    pub fn stop_within(
        mut self,
        limit: Duration,
        hurry: &mut dyn FnMut() -> bool,
    ) -> Result<Stopped, DeployError> {
        let deadline = Instant::now() + limit;
        self.group.ask_to_end();
        let mut killed = false;
        while self.group.ended().is_none() {
            if Instant::now() > deadline || hurry() {
                killed = true;
                break;
            }
            self.log.next(&mut self.cursor, INTERVAL);
        }
        let survivors = if killed { Vec::new() } else { self.survivors() };
        self.group.kill();
        if let Some(reader) = self.reader.take() {
            // All writers are dead, so the reader is at the pipe's end.
            let _ = reader.join();
        }
        let leftovers = if killed {
            Vec::new()
        } else {
            leftovers(&self.base)
        };
        let log = self.log.text()?;
        let status = self.group.ended();
        Ok(Stopped {
            status,
            killed,
            survivors,
            leftovers,
            log,
        })
    }

    /// A worker that got its signal may need a moment to be gone; one that is
    /// there after a second has been forgotten.
    fn survivors(&self) -> Vec<Member> {
        let deadline = Instant::now() + Duration::from_secs(1);
        loop {
            let members = self.group.members();
            if members.is_empty() || Instant::now() > deadline {
                return members;
            }
            std::thread::sleep(INTERVAL);
        }
    }

    /// Reads what the log says anew; whether `wanted` was among it.
    fn look(
        &mut self,
        patience: Duration,
        wanted: impl Fn(Event) -> bool,
    ) -> Result<bool, DeployError> {
        let lines = self.log.next(&mut self.cursor, patience);
        let mut found = false;
        for line in &lines {
            let event = recipe::event(self.container.family(), line);
            match event {
                Some(Event::Listening(port)) => self.port = port,
                Some(Event::Failed) => self.failed = true,
                Some(Event::Deployed) => self.deployed = true,
                None => {}
            }
            found |= event.is_some_and(&wanted);
        }
        // Not at the first word of a failure: the reasons come after it.
        if self.failed && (found || lines.is_empty()) {
            return Err(DeployError::NotDeployed {
                container: self.container,
                log: Said(self.log.tail(SHOWN)),
            });
        }
        Ok(found)
    }

    fn not_later_than(&self, deadline: Instant, waited_for: &str) -> Result<(), DeployError> {
        if Instant::now() <= deadline {
            return Ok(());
        }
        Err(DeployError::TimedOut {
            container: self.container,
            seconds: START_LIMIT.as_secs(),
            waited_for: waited_for.to_owned(),
            log: Said(self.log.tail(SHOWN)),
        })
    }

    /// An error when the container has ended.
    pub(super) fn still_runs(&mut self, when: &'static str) -> Result<(), DeployError> {
        match self.group.ended() {
            None => Ok(()),
            Some(status) => Err(DeployError::Ended {
                container: self.container,
                status: status.to_string(),
                when,
                log: Said(self.log.tail(SHOWN)),
            }),
        }
    }
}

/// A packed WAR's copy of the Python files is none: it waits for the next start.
fn leftovers(base: &Utf8Path) -> Vec<Utf8PathBuf> {
    let is_leftover = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        let in_temporary = entry.depth() == 2 && entry.path().starts_with(base.join("temp"));
        is_socket(entry.file_type()) || (in_temporary && name.starts_with("djwar"))
    };
    walkdir::WalkDir::new(base)
        .into_iter()
        .filter_map(Result::ok)
        .filter(is_leftover)
        .filter_map(|entry| Utf8PathBuf::from_path_buf(entry.into_path()).ok())
        .filter_map(|path| path.strip_prefix(base).map(Utf8Path::to_owned).ok())
        .collect()
}

#[cfg(unix)]
fn is_socket(kind: std::fs::FileType) -> bool {
    use std::os::unix::fs::FileTypeExt;
    kind.is_socket()
}

#[cfg(not(unix))]
fn is_socket(_: std::fs::FileType) -> bool {
    false
}

fn is_listening(event: Event) -> bool {
    matches!(event, Event::Listening(_))
}
