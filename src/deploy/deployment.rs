//! What is wanted of a container: which WAR, where, how.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};

use camino::Utf8PathBuf;

use super::container::{Container, Family};
use super::context_path::ContextPath;
use super::distribution::Distributions;
use super::error::DeployError;
use super::java::Java;
use super::recipe;
use super::server::Server;
use super::war::check_war;
use crate::model::WarPath;

/// A WAR to be served. Defaults: Tomcat 10.1, the root context, unpacked, a free
/// port of the loopback interface, an empty environment.
#[derive(Clone, Debug)]
pub struct Deployment {
    pub(super) war: Utf8PathBuf,
    pub(super) container: Container,
    pub(super) context: ContextPath,
    pub(super) packed: bool,
    pub(super) redeploys: bool,
    pub(super) host: IpAddr,
    pub(super) port: u16,
    pub(super) environment: Vec<(OsString, OsString)>,
    pub(super) java_options: Vec<String>,
    pub(super) files: Vec<(WarPath, Vec<u8>)>,
}

impl Deployment {
    /// Of that WAR.
    pub fn of(war: impl Into<Utf8PathBuf>) -> Self {
        Self {
            war: war.into(),
            container: Container::Tomcat10,
            context: ContextPath::default(),
            packed: false,
            redeploys: false,
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            environment: Vec::new(),
            java_options: Vec::new(),
            files: Vec::new(),
        }
    }

    /// In that container.
    #[must_use]
    pub fn on(mut self, container: Container) -> Self {
        self.container = container;
        self
    }

    /// At that context path.
    #[must_use]
    pub fn at(mut self, context: ContextPath) -> Self {
        self.context = context;
        self
    }

    /// Without unpacking it (`unpackWARs="false"`).
    #[must_use]
    pub fn packed(mut self) -> Self {
        self.packed = true;
        self
    }

    /// With a container that looks for newer WARs; see [`Server::redeploy`].
    #[must_use]
    pub fn redeploying(mut self) -> Self {
        self.redeploys = true;
        self
    }

    /// Listening there; port 0 for a free one.
    #[must_use]
    pub fn listening_on(mut self, host: IpAddr, port: u16) -> Self {
        (self.host, self.port) = (host, port);
        self
    }

    /// With one more environment variable. The container sees those alone.
    #[must_use]
    pub fn variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// With one more option for the JVM.
    #[must_use]
    pub fn java_option(mut self, option: impl Into<String>) -> Self {
        self.java_options.push(option.into());
        self
    }

    /// With one more file below the container's base folder, such as Tomcat's
    /// `conf/Catalina/localhost/ctx.xml`.
    #[must_use]
    pub fn file(mut self, path: WarPath, content: impl Into<Vec<u8>>) -> Self {
        self.files.push((path, content.into()));
        self
    }

    /// A sentence for people: `tomcat-10 at /ctx, packed`.
    pub fn description(&self) -> String {
        let packed = if self.packed { ", packed" } else { "" };
        format!("{} at {}{packed}", self.container, self.context)
    }

    /// Starts the container and returns when it has started the application and
    /// listens. Whether the application answers is [`Server::wait_until`]'s matter.
    ///
    /// # Errors
    /// When the distribution can't be had, the WAR is none, the container ends, or
    /// it refuses the application.
    pub fn start(
        &self,
        distributions: &Distributions<'_>,
        java: &Java,
    ) -> Result<Server, DeployError> {
        let mut server = self.launch(distributions, java)?;
        server.wait_until_ready()?;
        Ok(server)
    }

    /// As [`Deployment::start`], without the wait.
    pub(super) fn launch(
        &self,
        distributions: &Distributions<'_>,
        java: &Java,
    ) -> Result<Server, DeployError> {
        self.check()?;
        let home = distributions.home(self.container)?;
        // Short: a Unix socket's path, somewhere below, has room for 108 bytes.
        let folder = tempfile::Builder::new()
            .prefix("djwar-")
            .tempdir()
            .map_err(|source| DeployError::Io {
                doing: "can't make a folder for the container".to_owned(),
                source,
            })?;
        let base = folder.path().canonicalize()?;
        let base = Utf8PathBuf::from_path_buf(base).map_err(|path| DeployError::Io {
            doing: format!(
                "the temporary folder `{}` is not valid UTF-8",
                path.display()
            ),
            source: std::io::ErrorKind::InvalidFilename.into(),
        })?;
        let mut recipe = recipe::prepare(self, java, &home, &base)?;
        for (path, content) in &self.files {
            let path = base.join(path.as_str());
            if let Some(folder) = path.parent() {
                fs_err::create_dir_all(folder)?;
            }
            fs_err::write(path, content)?;
        }
        fs_err::copy(&self.war, &recipe.war)?;
        recipe
            .command
            .env_clear()
            .envs(self.environment.iter().cloned())
            .envs(recipe.variables);
        Server::start(self, folder, &base, recipe.war, recipe.command)
    }

    fn check(&self) -> Result<(), DeployError> {
        let unsupported = |wish| {
            Err(DeployError::Unsupported {
                container: self.container,
                wish,
            })
        };
        if self.redeploys && !self.container.redeploys() {
            return unsupported("take a newer WAR while it runs");
        }
        if self.packed && !self.container.serves_packed() {
            return unsupported("serve a WAR without unpacking it");
        }
        if self.context.is_nested() && self.container.family() != Family::Tomcat {
            return unsupported("mount a WAR at a context path of several parts");
        }
        check_war(&self.war)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jetty_refuses_what_it_can_not_do() {
        let on_jetty = Deployment::of("x.war").on(Container::Jetty12Ee10);
        let error = on_jetty.clone().packed().check().expect_err("packed");
        assert_eq!(
            error.to_string(),
            "jetty-12-ee10 can't serve a WAR without unpacking it"
        );
        let nested = on_jetty.at("/a/b".parse().expect("valid"));
        assert!(
            nested
                .check()
                .expect_err("nested")
                .to_string()
                .contains("several parts")
        );
    }
}
