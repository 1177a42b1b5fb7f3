//! `WildFly`: a copy of its standalone configuration as the base folder of each run,
//! and `jboss-modules.jar` without the shell scripts, which would fork.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::deployment::Deployment;
use super::error::DeployError;
use super::java::Java;
use super::log::{Line, XML_FORMAT};
use super::server::Event;

/// What `standalone.sh` exports and opens on Java 17 and later.
const EXPORTED: [&str; 5] = [
    "java.desktop/sun.awt",
    "java.naming/com.sun.jndi.ldap",
    "java.naming/com.sun.jndi.url.ldap",
    "java.naming/com.sun.jndi.url.ldaps",
    "jdk.naming.dns/com.sun.jndi.dns",
];
const OPENED: [&str; 11] = [
    "java.base/com.sun.net.ssl.internal.ssl",
    "java.base/java.lang",
    "java.base/java.lang.invoke",
    "java.base/java.lang.reflect",
    "java.base/java.io",
    "java.base/java.net",
    "java.base/java.security",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.management/javax.management",
    "java.naming/javax.naming",
];

/// Writes the base folder and returns the folder that WARs are dropped in.
pub(super) fn write_base(
    deployment: &Deployment,
    home: &Utf8Path,
    base: &Utf8Path,
) -> Result<Utf8PathBuf, DeployError> {
    for folder in ["configuration", "deployments", "lib", "log", "temp", "tmp"] {
        fs_err::create_dir(base.join(folder))?;
    }
    let from = home.join("standalone/configuration");
    for entry in fs_err::read_dir(&from)? {
        let entry = entry?;
        let target = base
            .join("configuration")
            .join(entry.file_name().to_string_lossy().as_ref());
        if entry.file_type()?.is_file() {
            fs_err::copy(entry.path(), target)?;
        }
    }
    for name in ["standalone.xml", "logging.properties"] {
        let file = base.join("configuration").join(name);
        let text = fs_err::read_to_string(&file)?;
        fs_err::write(&file, configured(&text, deployment.redeploys))?;
    }
    Ok(base.join("deployments"))
}

/// The standard configuration but for the console's format, before and after the
/// boot, and, for redeploys, the interval in which `WildFly` looks for newer WARs.
fn configured(text: &str, redeploys: bool) -> String {
    let colored = "%K{level}%d{HH:mm:ss,SSS} %-5p [%c] (%t) %s%e%n";
    let text = text
        .replace(colored, XML_FORMAT)
        .replace(&colored.replace(':', "\\:"), XML_FORMAT);
    if redeploys {
        text.replace("scan-interval=\"5000\"", "scan-interval=\"500\"")
    } else {
        text
    }
}

/// The command that starts `WildFly` in the foreground.
pub(super) fn command(
    deployment: &Deployment,
    java: &Java,
    home: &Utf8Path,
    base: &Utf8Path,
) -> Command {
    let mut command = Command::new(java.executable());
    command.args(&deployment.java_options);
    for package in EXPORTED {
        command.arg(format!("--add-exports={package}=ALL-UNNAMED"));
    }
    for package in OPENED {
        command.arg(format!("--add-opens={package}=ALL-UNNAMED"));
    }
    command
        .arg("-Duser.language=en")
        .arg("-Djava.awt.headless=true")
        .arg(format!("-Djava.io.tmpdir={base}/temp"))
        .arg(format!("-Dorg.jboss.boot.log.file={base}/log/server.log"))
        .arg(format!(
            "-Dlogging.configuration=file:{base}/configuration/logging.properties"
        ))
        .args(["-jar", home.join("jboss-modules.jar").as_str()])
        .args(["-mp", home.join("modules").as_str()])
        .arg("org.jboss.as.standalone")
        .arg(format!("-Djboss.home.dir={home}"))
        .arg(format!("-Djboss.server.base.dir={base}"))
        .arg(format!("-Djboss.bind.address={}", deployment.host))
        .arg(format!("-Djboss.http.port={}", deployment.port));
    // Any free ports: they are in nobody's way, and nobody asks there.
    for other in ["https", "management.http", "management.https"] {
        command.arg(format!("-Djboss.{other}.port=0"));
    }
    command.current_dir(base);
    command
}

/// What a line of the log means.
pub(super) fn event(line: &Line) -> Option<Event> {
    if line.continues {
        return None;
    }
    let text = line.text.as_str();
    // `WFLYUT0006: Undertow HTTP listener default listening on 127.0.0.1:37461`
    if text.starts_with("WFLYUT0006") && text.contains(" HTTP listener ") {
        let port = text.rsplit(':').next()?;
        return port.parse().ok().map(Event::Listening);
    }
    // `WFLYSRV0010: Deployed "ctx.war"`, `WFLYSRV0016: Replaced deployment "ctx.war"`
    if text.starts_with("WFLYSRV0010:") || text.starts_with("WFLYSRV0016:") {
        return Some(Event::Deployed);
    }
    // `Operation ("deploy") failed`, `… was rolled back`, `started (with errors)`
    let is_failure = ["WFLYCTL0013:", "WFLYSRV0021:", "WFLYSRV0026:"]
        .iter()
        .any(|code| text.starts_with(code));
    is_failure.then_some(Event::Failed)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn line(text: &str) -> Line {
        Line {
            level: None,
            logger: Arc::from(""),
            continues: false,
            text: text.to_owned(),
        }
    }

    #[test]
    fn the_http_port_is_read_from_the_log_and_not_the_other() {
        let http = "WFLYUT0006: Undertow HTTP listener default listening on 127.0.0.1:37461";
        assert_eq!(event(&line(http)), Some(Event::Listening(37461)));
        let https = "WFLYUT0006: Undertow HTTPS listener https listening on 127.0.0.1:43267";
        assert_eq!(event(&line(https)), None);
        let ipv6 = "WFLYUT0006: Undertow HTTP listener default listening on [0:0:0:0:0:0:0:1]:80";
        assert_eq!(event(&line(ipv6)), Some(Event::Listening(80)));
    }

    #[test]
    fn the_configuration_is_changed_in_two_places_only() {
        let text = concat!(
            "<pattern-formatter pattern=\"%K{level}%d{HH:mm:ss,SSS} %-5p [%c] (%t) %s%e%n\"/>",
            "<deployment-scanner scan-interval=\"5000\"/>"
        );
        let changed = configured(text, true);
        assert!(changed.contains(&format!("<pattern-formatter pattern=\"{XML_FORMAT}\"/>")));
        assert!(changed.contains("scan-interval=\"500\""));
        assert!(configured(text, false).contains("scan-interval=\"5000\""));
    }
}
