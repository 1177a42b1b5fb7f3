//! Jetty 9.4 and 12: `start.jar` with a `jetty.base` of our own for each run.

use std::fmt::Write as _;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::deployment::Deployment;
use super::error::DeployError;
use super::java::Java;
use super::log::{JAVA_FORMAT, Line};
use super::server::Event;

/// Writes the base folder and returns the folder that WARs are dropped in.
pub(super) fn write_base(
    base: &Utf8Path,
    environment: &str,
    annotations: bool,
) -> Result<Utf8PathBuf, DeployError> {
    // With a folder `work` Jetty unpacks there, and not in the system's own.
    for folder in ["temp", "webapps", "work"] {
        fs_err::create_dir(base.join(folder))?;
    }
    // Jetty 9 has one environment, and no name for it.
    let prefix = match environment {
        "" => String::new(),
        name => format!("{name}-"),
    };
    let mut ini = format!("--module=http\n--module={prefix}deploy\n");
    if annotations {
        writeln!(ini, "--module={prefix}annotations").expect("a String takes it");
    }
    fs_err::write(base.join("start.ini"), ini)?;
    Ok(base.join("webapps"))
}

/// The command that starts Jetty in the foreground. Without `--exec` and modules
/// that need it, `start.jar` starts no second JVM.
pub(super) fn command(
    deployment: &Deployment,
    java: &Java,
    home: &Utf8Path,
    base: &Utf8Path,
) -> Command {
    let mut command = Command::new(java.executable());
    command
        .args(&deployment.java_options)
        .arg("-Duser.language=en")
        .arg(format!(
            "-Djava.util.logging.SimpleFormatter.format={JAVA_FORMAT}"
        ))
        .arg(format!("-Djava.io.tmpdir={base}/temp"))
        .args(["-jar", home.join("start.jar").as_str()])
        .arg(format!("jetty.home={home}"))
        .arg(format!("jetty.base={base}"))
        // Not in `start.ini`: Jetty 12.0 passes over properties that stand there
        // beside `--module` lines, and listens on 0.0.0.0:8080.
        .arg(format!("jetty.http.host={}", deployment.host))
        .arg(format!("jetty.http.port={}", deployment.port))
        .arg(format!(
            "jetty.deploy.scanInterval={}",
            u8::from(deployment.redeploys)
        ))
        .current_dir(base);
    command
}

/// What a line of the log means.
pub(super) fn event(line: &Line) -> Option<Event> {
    // `Started oejs.ServerConnector@1b2{HTTP/1.1, (http/1.1)}{127.0.0.1:43567}`;
    // connectors start after the applications.
    if line.text.starts_with("Started ") && line.text.contains("ServerConnector@") {
        let port = line.text.rsplit(':').next()?.strip_suffix('}')?;
        return port.parse().ok().map(Event::Listening);
    }
    // `oeje10w.WebAppContext@…`, `oeje8n.ContextHandler$…`; Jetty 9: `o.e.j.w.WebAppContext@…`.
    // With ee10 the general handler says so before the filters have started.
    let text = line.text.as_str();
    let last = match text.strip_prefix("Started oeje10") {
        Some(_) => "oejes.ServletContextHandler",
        None => "oejsh.ContextHandler",
    };
    let is_context = ["Started oeje", "Started o.e.j.w.WebAppContext@"]
        .iter()
        .any(|start| text.starts_with(start));
    if is_context && &*line.logger == last {
        return Some(Event::Deployed);
    }
    line.text
        .starts_with("Failed startup of context")
        .then_some(Event::Failed)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn the_port_is_read_from_the_log() {
        let line = Line {
            level: None,
            logger: Arc::from(""),
            continues: false,
            text: "Started oejs.ServerConnector@1b2{HTTP/1.1, (http/1.1)}{127.0.0.1:43567}"
                .to_owned(),
        };
        assert_eq!(event(&line), Some(Event::Listening(43567)));
    }
}
