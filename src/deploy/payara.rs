//! Payara Micro: one jar, which unpacks itself into a root folder of our own for
//! each run.

use std::net::TcpListener;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::deployment::Deployment;
use super::error::DeployError;
use super::java::Java;
use super::log::{JAVA_FORMAT, Line};
use super::server::Event;

/// What Payara's own documentation opens on Java 17 and later.
const OPENED: [&str; 10] = [
    "java.base/jdk.internal.loader",
    "java.base/java.io",
    "java.base/java.lang",
    "java.base/java.net",
    "java.base/java.nio",
    "java.base/java.util",
    "java.base/sun.nio.ch",
    "java.management/sun.management",
    "java.naming/javax.naming.spi",
    "java.rmi/sun.rmi.transport",
];

/// Writes the base folder and returns the folder that WARs are dropped in.
pub(super) fn write_base(
    deployment: &Deployment,
    base: &Utf8Path,
) -> Result<Utf8PathBuf, DeployError> {
    for folder in ["deployments", "root", "temp"] {
        fs_err::create_dir(base.join(folder))?;
    }
    fs_err::write(base.join("logging.properties"), logging())?;
    // It has no option for the address.
    fs_err::write(
        base.join("before-boot.txt"),
        format!(
            "set configs.config.server-config.network-config.network-listeners.network-listener.http-listener.address={}\n",
            deployment.host
        ),
    )?;
    Ok(base.join("deployments"))
}

/// All records to standard error; the reader decides what is shown.
fn logging() -> String {
    let format = JAVA_FORMAT
        .replace('\u{1e}', "\\u001e")
        .replace('\u{1f}', "\\u001f");
    format!(
        "handlers=java.util.logging.ConsoleHandler\n\
         .level=INFO\n\
         java.util.logging.ConsoleHandler.level=ALL\n\
         java.util.logging.ConsoleHandler.formatter=java.util.logging.SimpleFormatter\n\
         java.util.logging.ConsoleHandler.encoding=UTF-8\n\
         java.util.logging.SimpleFormatter.format={format}\n"
    )
}

/// The command that starts Payara Micro in the foreground.
pub(super) fn command(
    deployment: &Deployment,
    java: &Java,
    jar: &Utf8Path,
    base: &Utf8Path,
) -> Result<Command, DeployError> {
    let mut command = Command::new(java.executable());
    command.args(&deployment.java_options);
    for package in OPENED {
        command.arg(format!("--add-opens={package}=ALL-UNNAMED"));
    }
    command
        .arg("-Duser.language=en")
        .arg("-Djava.awt.headless=true")
        .arg(format!("-Djava.io.tmpdir={base}/temp"))
        .arg(format!(
            "-Djava.util.logging.config.file={base}/logging.properties"
        ))
        .args(["-jar", jar.as_str()])
        .args(["--port", &port(deployment)?.to_string()])
        // Nobody else on this machine or network is to be found, or told.
        .args(["--noCluster", "--disablePhoneHome"])
        .args(["--rootDir", base.join("root").as_str()])
        .args(["--deploymentDir", base.join("deployments").as_str()])
        .args(["--logProperties", base.join("logging.properties").as_str()])
        .args([
            "--preBootCommandFile",
            base.join("before-boot.txt").as_str(),
        ])
        .current_dir(base);
    if deployment.port == 0 {
        // Another program may be faster than Payara; it takes the next one then.
        command.arg("--autoBindHttp");
    }
    Ok(command)
}

/// It refuses port 0.
fn port(deployment: &Deployment) -> Result<u16, DeployError> {
    if deployment.port != 0 {
        return Ok(deployment.port);
    }
    let listener = TcpListener::bind((deployment.host, 0))?;
    Ok(listener.local_addr()?.port())
}

/// What a line of the log means.
pub(super) fn event(line: &Line) -> Option<Event> {
    if line.continues {
        return None;
    }
    let text = line.text.as_str();
    // `Grizzly 4.0.0 started in: 712ms - bound to [http-listener:38123]`
    if let Some((_, rest)) = text.split_once("bound to [http-listener:") {
        return rest.strip_suffix(']')?.parse().ok().map(Event::Listening);
    }
    // `Created HTTP listener http-listener on host/port 127.0.0.1:38123`
    if text.starts_with("Created HTTP listener http-listener on ") {
        let port = text.rsplit(':').next()?;
        return port.parse().ok().map(Event::Listening);
    }
    // `Payara Micro 6.2024.12 … ready in 9,313 (ms)`; `was successfully deployed` comes
    // before the context answers.
    if text.starts_with("Payara Micro ") && text.contains(" ready in ") {
        return Some(Event::Deployed);
    }
    let is_failure = text.starts_with("Exception while loading the app")
        || text.starts_with("Failed to deploy")
        || text.starts_with("Error occurred during deployment");
    is_failure.then_some(Event::Failed)
}
