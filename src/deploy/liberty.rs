//! Open Liberty: a user folder of our own for each run with one server of one
//! feature, and `ws-server.jar` without the shell script, which would fork.

use std::ffi::OsString;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::deployment::Deployment;
use super::error::DeployError;
use super::java::Java;
use super::log::Line;
use super::server::Event;

const SERVER: &str = "defaultServer";

fn server_folder(base: &Utf8Path) -> Utf8PathBuf {
    base.join("servers").join(SERVER)
}

/// Writes the base folder and returns the folder that WARs are dropped in.
pub(super) fn write_base(
    deployment: &Deployment,
    feature: &str,
    base: &Utf8Path,
) -> Result<Utf8PathBuf, DeployError> {
    let server = server_folder(base);
    fs_err::create_dir(base.join("temp"))?;
    fs_err::create_dir_all(server.join("apps"))?;
    fs_err::write(server.join("server.xml"), server_xml(deployment, feature))?;
    Ok(server.join("apps"))
}

/// Port 0 lets the system choose; the log tells which it was. Context paths hold
/// nothing that XML would want escaped.
fn server_xml(deployment: &Deployment, feature: &str) -> String {
    let context = match deployment.context.as_str() {
        "" => "/",
        path => path,
    };
    format!(
        r#"<server>
  <featureManager><feature>{feature}</feature></featureManager>
  <httpEndpoint id="defaultHttpEndpoint" host="{host}" httpPort="{port}" httpsPort="-1"/>
  <logging consoleFormat="json" consoleSource="message" consoleLogLevel="INFO"/>
  <applicationManager autoExpand="{expand}"/>
  <applicationMonitor updateTrigger="{trigger}" pollingRate="500ms"/>
  <webApplication location="{name}.war" contextRoot="{context}"/>
</server>
"#,
        host = deployment.host,
        port = deployment.port,
        expand = !deployment.packed,
        trigger = if deployment.redeploys {
            "polled"
        } else {
            "disabled"
        },
        name = deployment.context.war_name(),
    )
}

/// Where Liberty finds its server.
pub(super) fn variables(base: &Utf8Path) -> Vec<(OsString, OsString)> {
    vec![
        ("WLP_USER_DIR".into(), base.as_str().into()),
        (
            "WLP_OUTPUT_DIR".into(),
            base.join("servers").as_str().into(),
        ),
    ]
}

/// The command that starts Liberty in the foreground.
pub(super) fn command(
    deployment: &Deployment,
    java: &Java,
    home: &Utf8Path,
    base: &Utf8Path,
) -> Result<Command, DeployError> {
    let options = fs_err::read_to_string(home.join("lib/platform/java/java9.options"))?;
    let mut command = Command::new(java.executable());
    command
        .args(&deployment.java_options)
        .args(module_options(&options))
        .arg("-Duser.language=en")
        .arg("-Djava.awt.headless=true")
        .arg("-Djdk.attach.allowAttachSelf=true")
        .arg(format!("-Djava.io.tmpdir={base}/temp"))
        .arg(format!("-javaagent:{home}/bin/tools/ws-javaagent.jar"))
        .args(["-jar", home.join("bin/tools/ws-server.jar").as_str()])
        .arg(SERVER)
        .current_dir(server_folder(base));
    Ok(command)
}

/// Liberty's own list of what it exports and opens: options and values, a line each.
fn module_options(text: &str) -> Vec<String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect()
}

/// What a line of the log means.
pub(super) fn event(line: &Line) -> Option<Event> {
    let text = line.text.as_str();
    // `CWWKO0219I: TCP Channel defaultHttpEndpoint has been started and is now
    // listening for requests on host localhost  (IPv4: 127.0.0.1) port 46279.`
    if text.starts_with("CWWKO0219I:") {
        let port = text.trim_end_matches('.').rsplit(' ').next()?;
        return port.parse().ok().map(Event::Listening);
    }
    // `Application ctx started in …`, `Application ctx updated in …`
    if text.starts_with("CWWKZ0001I:") || text.starts_with("CWWKZ0003I:") {
        return Some(Event::Deployed);
    }
    let is_failure = ["CWWKZ0002E:", "CWWKZ0004E:", "CWWKZ0013E:", "CWWKF0001E:"]
        .iter()
        .any(|code| text.starts_with(code));
    is_failure.then_some(Event::Failed)
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
            text: "CWWKO0219I: TCP Channel defaultHttpEndpoint has been started and is now listening for requests on host localhost  (IPv4: 127.0.0.1) port 46279.".to_owned(),
        };
        assert_eq!(event(&line), Some(Event::Listening(46279)));
    }

    #[test]
    fn the_options_for_modules_come_from_liberty_itself() {
        let text = "# for JNDI\n--add-exports\njava.base/a=ALL-UNNAMED\n\n--add-opens java.base/b=ALL-UNNAMED\n";
        assert_eq!(
            module_options(text),
            [
                "--add-exports",
                "java.base/a=ALL-UNNAMED",
                "--add-opens",
                "java.base/b=ALL-UNNAMED"
            ]
        );
    }
}
