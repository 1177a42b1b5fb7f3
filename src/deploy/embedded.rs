//! `djwar run`: one application in a Tomcat of its own, until somebody says stop.

use std::net::{IpAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::deployment::Deployment;
use super::distribution::Distributions;
use super::error::DeployError;
use super::java::Java;
use super::log::{Level, Line, Log};
use super::server::Server;

/// How often the signal and the process are looked at while nothing is logged.
const INTERVAL: Duration = Duration::from_millis(100);
/// How long the stop in order may take after the first signal.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// Counts how often the user has said stop (Ctrl-C, SIGTERM). Clones share it.
#[derive(Clone, Debug, Default)]
pub struct StopSignal(Arc<AtomicUsize>);

impl StopSignal {
    /// Says stop. The second time means at once.
    pub fn raise(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether somebody has said stop.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }

    fn is_urgent(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 1
    }
}

/// What `serve` tells while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A line of the log that people should see, ready to be written.
    Log(String),
    /// The application answers.
    Serving {
        /// `http://127.0.0.1:8080/`.
        url: String,
    },
    /// The application is up and answers 503: it could not be started.
    Unavailable {
        /// `http://127.0.0.1:8080/`.
        url: String,
    },
    /// The stop has begun.
    Stopping,
}

/// An application to be served.
#[derive(Clone, Debug)]
pub struct Embedded {
    deployment: Deployment,
}

impl Embedded {
    /// That deployment. Its container, host and port are taken as they are.
    pub fn new(deployment: Deployment) -> Self {
        Self {
            deployment: with_utf8_file_names(deployment),
        }
    }

    /// Serves until `stop` is raised, then ends all processes and removes what was
    /// written for the run.
    ///
    /// # Errors
    /// When the port is taken, when the container can't be started, or when it
    /// ends by itself.
    pub fn serve(
        &self,
        distributions: &Distributions<'_>,
        java: &Java,
        stop: &StopSignal,
        tell: &mut dyn FnMut(Event),
    ) -> Result<(), DeployError> {
        check_port(self.deployment.host, self.deployment.port)?;
        let mut server = self.deployment.launch(distributions, java)?;
        let mut reader = Reader::of(server.log().clone());
        let outcome = watch(&mut server, stop, &mut reader, tell);
        reader.tell_new_lines(Duration::ZERO, tell);
        tell(Event::Stopping);
        server.stop_within(STOP_LIMIT, &mut || stop.is_urgent())?;
        // What was said while it stopped.
        reader.tell_new_lines(Duration::ZERO, tell);
        outcome
    }
}

/// In the C locale a JVM on Linux takes file names for ASCII: Tomcat then finds
/// no static file with an umlaut, and warns at each request for such a path.
fn with_utf8_file_names(deployment: Deployment) -> Deployment {
    let value = |name: &str| {
        let found = deployment
            .environment
            .iter()
            .find(|(known, _)| known == name);
        found.map(|(_, value)| value.to_string_lossy().to_lowercase())
    };
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(value)
        .find(|value| !value.is_empty())
        .unwrap_or_default();
    if cfg!(not(target_os = "linux")) || locale.contains("utf-8") || locale.contains("utf8") {
        return deployment;
    }
    deployment.variable("LC_ALL", "C.UTF-8")
}

fn watch(
    server: &mut Server,
    stop: &StopSignal,
    reader: &mut Reader,
    tell: &mut dyn FnMut(Event),
) -> Result<(), DeployError> {
    let mut announced = false;
    while !stop.is_raised() {
        reader.tell_new_lines(INTERVAL, tell);
        if !announced && server.is_ready()? {
            announced = true;
            let url = format!("{}/", server.base_url());
            // A boot that failed is a 503; anything else comes from Django,
            // which may well have no page at this path.
            let answer = server.client().get(&url)?;
            tell(if answer.status == 503 {
                Event::Unavailable { url }
            } else {
                Event::Serving { url }
            });
        }
        server.still_runs("by itself")?;
    }
    Ok(())
}

/// Tells a taken port before anything is built or started. Another program can
/// still be faster; the container then ends, and its log says why.
///
/// # Errors
/// When djwar can't listen there itself.
pub fn check_port(host: IpAddr, port: u16) -> Result<(), DeployError> {
    match TcpListener::bind((host, port)) {
        Ok(_) => Ok(()),
        Err(source) => Err(DeployError::Port {
            address: std::net::SocketAddr::new(host, port).to_string(),
            reason: match source.kind() {
                std::io::ErrorKind::AddrInUse => "the port is in use",
                std::io::ErrorKind::PermissionDenied => "ports below 1024 need privileges",
                std::io::ErrorKind::AddrNotAvailable => "this machine has no such address",
                _ => "the system refuses",
            },
            source,
        }),
    }
}

/// Reads a log and tells the lines that people should see.
struct Reader {
    log: Log,
    cursor: usize,
    filter: Filter,
}

impl Reader {
    fn of(log: Log) -> Self {
        Self {
            log,
            cursor: 0,
            filter: Filter::default(),
        }
    }

    fn tell_new_lines(&mut self, patience: Duration, tell: &mut dyn FnMut(Event)) {
        for line in self.log.next(&mut self.cursor, patience) {
            if let Some(text) = self.filter.shown(&line) {
                tell(Event::Log(text));
            }
        }
    }
}

/// Lets through what concerns the application: all of its own lines, and the
/// container's warnings and errors.
#[derive(Debug, Default)]
struct Filter {
    shows_record: bool,
}

impl Filter {
    fn shown(&mut self, line: &Line) -> Option<String> {
        if line.continues {
            return self.shows_record.then(|| line.text.clone());
        }
        // Tomcat logs what an application gives to `ServletContext.log` under the
        // name of the application's container.
        let is_context = line.logger.contains(".[Catalina].[localhost].[");
        let is_container = !is_context && line.logger.starts_with("org.apache.");
        self.shows_record = !is_container || line.level >= Some(Level::Warning);
        let text = &line.text;
        let shown = match line.level {
            None => text.clone(),
            Some(level) if is_context => format!("{:<7} {text}", level.as_str()),
            Some(level) => format!("{:<7} {}: {text}", level.as_str(), line.logger),
        };
        self.shows_record.then_some(shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Failure;

    fn line(level: Level, logger: &str, text: &str) -> Line {
        Line {
            level: Some(level),
            logger: Arc::from(logger),
            continues: false,
            text: text.to_owned(),
        }
    }

    #[test]
    fn the_containers_chatter_is_left_out_and_its_warnings_are_not() {
        let mut filter = Filter::default();
        let tomcat = "org.apache.catalina.startup.Catalina";
        let mut trace = line(Level::Error, tomcat, "\tat org.x.Y.z(Y.java:1)");
        trace.continues = true;
        assert_eq!(
            filter.shown(&line(Level::Info, tomcat, "Server startup")),
            None
        );
        assert_eq!(filter.shown(&trace), None);
        assert_eq!(
            filter
                .shown(&line(Level::Error, tomcat, "it broke"))
                .as_deref(),
            Some("ERROR   org.apache.catalina.startup.Catalina: it broke")
        );
        assert_eq!(
            filter.shown(&trace).as_deref(),
            Some("\tat org.x.Y.z(Y.java:1)")
        );
    }

    #[test]
    fn the_applications_lines_are_shown_with_their_logger() {
        let mut filter = Filter::default();
        assert_eq!(
            filter
                .shown(&line(Level::Info, "polls.views", "a vote"))
                .as_deref(),
            Some("INFO    polls.views: a vote")
        );
        let context = "org.apache.catalina.core.ContainerBase.[Catalina].[localhost].[/]";
        assert_eq!(
            filter
                .shown(&line(Level::Info, context, "2 workers"))
                .as_deref(),
            Some("INFO    2 workers")
        );
    }

    #[test]
    fn a_taken_port_is_an_error_with_address_and_hint() {
        let taken = TcpListener::bind("127.0.0.1:0").expect("free port");
        let address = taken.local_addr().expect("address");
        let error = check_port(address.ip(), address.port()).expect_err("taken");
        let failure = Failure::from(error);
        assert_eq!(
            failure.message,
            format!("can't listen on {address}: the port is in use")
        );
        assert_eq!(failure.kind.exit_status(), 3);
        assert!(failure.hint.is_some_and(|hint| hint.contains("--port")));
    }
}
