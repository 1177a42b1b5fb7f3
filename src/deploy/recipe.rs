//! Which file starts a container: the one place that tells families apart.

use std::ffi::OsString;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::container::Family;
use super::deployment::Deployment;
use super::error::DeployError;
use super::java::Java;
use super::log::Line;
use super::server::Event;
use super::{jetty, liberty, payara, tomcat, wildfly};

/// A container that is ready to be started.
pub(super) struct Recipe {
    /// Starts it in the foreground.
    pub(super) command: Command,
    /// Where the WAR is to be put before.
    pub(super) war: Utf8PathBuf,
    /// The environment variables that it needs itself.
    pub(super) variables: Vec<(OsString, OsString)>,
}

/// Writes the container's base folder and says how to start it.
pub(super) fn prepare(
    deployment: &Deployment,
    java: &Java,
    home: &Utf8Path,
    base: &Utf8Path,
) -> Result<Recipe, DeployError> {
    let name = format!("{}.war", deployment.context.war_name());
    let simple = |folder: Utf8PathBuf, command| Recipe {
        command,
        war: folder.join(&name),
        variables: Vec::new(),
    };
    Ok(match deployment.container.family() {
        Family::Tomcat => simple(
            tomcat::write_base(deployment, home, base)?,
            tomcat::command(deployment, java, home, base),
        ),
        Family::Jetty {
            environment,
            annotations,
        } => simple(
            jetty::write_base(base, environment, annotations)?,
            jetty::command(deployment, java, home, base),
        ),
        Family::WildFly => simple(
            wildfly::write_base(deployment, home, base)?,
            wildfly::command(deployment, java, home, base),
        ),
        Family::Payara => simple(
            payara::write_base(deployment, base)?,
            payara::command(deployment, java, home, base)?,
        ),
        Family::Liberty { feature } => Recipe {
            variables: liberty::variables(base),
            ..simple(
                liberty::write_base(deployment, feature, base)?,
                liberty::command(deployment, java, home, base)?,
            )
        },
    })
}

/// What a line of the log means.
pub(super) fn event(family: Family, line: &Line) -> Option<Event> {
    match family {
        Family::Tomcat => tomcat::event(line),
        Family::Jetty { .. } => jetty::event(line),
        Family::WildFly => wildfly::event(line),
        Family::Payara => payara::event(line),
        Family::Liberty { .. } => liberty::event(line),
    }
}
