//! Tomcat 9 to 11: a base folder of our own for each run (`CATALINA_BASE`), and
//! `Bootstrap` without the shell scripts, which would fork.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::deployment::Deployment;
use super::error::DeployError;
use super::java::Java;
use super::log::{JAVA_FORMAT, Level, Line};
use super::server::Event;

/// What `catalina.sh` opens, so that Tomcat can look for the leaks of an
/// application that stops.
const OPENED: [&str; 5] = [
    "java.base/java.lang",
    "java.base/java.io",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.rmi/sun.rmi.transport",
];

/// Writes the base folder and returns the folder that WARs are dropped in.
pub(super) fn write_base(
    deployment: &Deployment,
    home: &Utf8Path,
    base: &Utf8Path,
) -> Result<Utf8PathBuf, DeployError> {
    for folder in ["conf", "logs", "temp", "webapps", "work"] {
        fs_err::create_dir(base.join(folder))?;
    }
    for file in ["catalina.properties", "context.xml", "web.xml"] {
        fs_err::copy(home.join("conf").join(file), base.join("conf").join(file))?;
    }
    fs_err::write(base.join("conf/logging.properties"), LOGGING)?;
    fs_err::write(base.join("conf/server.xml"), server_xml(deployment))?;
    Ok(base.join("webapps"))
}

/// All records to standard error; the reader decides what is shown.
const LOGGING: &str = "\
handlers = java.util.logging.ConsoleHandler
.handlers = java.util.logging.ConsoleHandler
.level = INFO
java.util.logging.ConsoleHandler.level = ALL
java.util.logging.ConsoleHandler.formatter = java.util.logging.SimpleFormatter
java.util.logging.ConsoleHandler.encoding = UTF-8
";

/// No shutdown port, no AJP, one connector. Port 0 lets the system choose, with
/// no race against other programs; the log tells which it was.
fn server_xml(deployment: &Deployment) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1" shutdown="off">
  <Listener className="org.apache.catalina.core.JreMemoryLeakPreventionListener"/>
  <Listener className="org.apache.catalina.core.ThreadLocalLeakPreventionListener"/>
  <Service name="Catalina">
    <Connector protocol="HTTP/1.1" address="{host}" port="{port}" connectionTimeout="20000"/>
    <Engine name="Catalina" defaultHost="localhost" backgroundProcessorDelay="1">
      <Host name="localhost" appBase="webapps" unpackWARs="{unpack}" autoDeploy="{redeploys}"/>
    </Engine>
  </Service>
</Server>
"#,
        host = deployment.host,
        port = deployment.port,
        unpack = !deployment.packed,
        redeploys = deployment.redeploys,
    )
}

/// The command that starts Tomcat in the foreground.
pub(super) fn command(
    deployment: &Deployment,
    java: &Java,
    home: &Utf8Path,
    base: &Utf8Path,
) -> Command {
    let mut command = Command::new(java.executable());
    command.args(&deployment.java_options);
    for package in OPENED {
        command.arg(format!("--add-opens={package}=ALL-UNNAMED"));
    }
    command
        // Level names are translated otherwise.
        .arg("-Duser.language=en")
        .arg(format!(
            "-Djava.util.logging.SimpleFormatter.format={JAVA_FORMAT}"
        ))
        .arg(format!(
            "-Djava.util.logging.config.file={base}/conf/logging.properties"
        ))
        .arg("-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager")
        // A port in use must end the process, not leave a Tomcat without a port.
        .arg("-Dorg.apache.catalina.startup.EXIT_ON_INIT_FAILURE=true")
        .arg(format!("-Dcatalina.home={home}"))
        .arg(format!("-Dcatalina.base={base}"))
        .arg(format!("-Djava.io.tmpdir={base}/temp"))
        .arg("-cp")
        .arg(class_path(home))
        .args(["org.apache.catalina.startup.Bootstrap", "start"])
        .current_dir(base);
    command
}

fn class_path(home: &Utf8Path) -> String {
    let separator = if cfg!(windows) { ';' } else { ':' };
    format!("{home}/bin/bootstrap.jar{separator}{home}/bin/tomcat-juli.jar")
}

/// What a line of the log means.
pub(super) fn event(line: &Line) -> Option<Event> {
    // `Starting ProtocolHandler ["http-nio-127.0.0.1-auto-1-43567"]`; without
    // `auto-1-` when the port was given. Applications are deployed before it.
    let listening = line
        .text
        .strip_prefix("Starting ProtocolHandler [\"http-")
        .and_then(|rest| rest.strip_suffix("\"]"))
        .and_then(|name| name.rsplit('-').next()?.parse().ok());
    if let Some(port) = listening {
        return Some(Event::Listening(port));
    }
    // With a descriptor in `conf/Catalina/localhost` that one is named.
    let is_deployed = [
        "Deployment of web application archive ",
        "Deployment of deployment descriptor ",
    ]
    .iter()
    .any(|start| line.text.starts_with(start));
    if is_deployed && line.text.contains(" has finished in ") {
        return Some(Event::Deployed);
    }
    let is_failure = line.level == Some(Level::Error)
        && !line.continues
        && (line.text.starts_with("Error deploying ")
            || line.text.contains("startup failed due to previous errors")
            || line.text.starts_with("One or more "));
    is_failure.then_some(Event::Failed)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn line(level: Level, text: &str) -> Line {
        Line {
            level: Some(level),
            logger: Arc::from("org.apache.coyote.AbstractProtocol"),
            continues: false,
            text: text.to_owned(),
        }
    }

    #[test]
    fn the_port_is_read_from_the_log() {
        for (text, port) in [
            (
                r#"Starting ProtocolHandler ["http-nio-127.0.0.1-auto-1-43567"]"#,
                43567,
            ),
            (
                r#"Starting ProtocolHandler ["http-nio-127.0.0.1-8080"]"#,
                8080,
            ),
        ] {
            assert_eq!(
                event(&line(Level::Info, text)),
                Some(Event::Listening(port))
            );
        }
    }

    #[test]
    fn a_refused_application_is_seen_and_its_own_errors_are_not_mistaken() {
        let text = "Context [/ctx] startup failed due to previous errors";
        assert_eq!(event(&line(Level::Error, text)), Some(Event::Failed));
        assert_eq!(event(&line(Level::Info, text)), None);
        assert_eq!(
            event(&line(Level::Error, "Internal Server Error: /x")),
            None
        );
    }
}
