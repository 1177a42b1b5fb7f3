//! What is wanted of a container: which WAR, where, how.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;

use super::container::{Container, Family};
use super::context_path::ContextPath;
use super::distribution::Distributions;
use super::error::DeployError;
use super::java::Java;
use super::recipe;
use super::server::Server;
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

/// Whether containers must unpack this WAR: Jython is a jar in it, and from a jar
/// within an archive classes come too slowly to start (the runtime refuses it).
///
/// # Errors
/// When `path` is no WAR.
pub fn must_be_unpacked(path: &Utf8Path) -> Result<bool, DeployError> {
    let zip = zip::ZipArchive::new(File::open(path)?).map_err(|error| DeployError::NotAWar {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    Ok(zip
        .file_names()
        .filter_map(Result::ok)
        .any(|name| name.starts_with("WEB-INF/lib/jython")))
}

/// Says when a WAR has no project and no runtime of ours, which a container would
/// deploy without a word.
///
/// # Errors
/// When `path` is no WAR, or none of djwar's.
pub fn check_django(path: &Utf8Path) -> Result<(), DeployError> {
    check_war(path)?;
    let refused = |reason: &str| DeployError::NotOurs {
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    let zip = zip::ZipArchive::new(File::open(path)?)
        .map_err(|error| refused(&format!("it is no zip: {error}")))?;
    let names: Vec<_> = zip.file_names().filter_map(Result::ok).collect();
    let has = |matches: &dyn Fn(&str) -> bool| names.iter().any(|name| matches(name));
    // A Maven project's WAR has the version in the name.
    if !has(&|name| name.starts_with("WEB-INF/lib/djwar-runtime") && name.ends_with(".jar")) {
        return Err(refused("it has no djwar runtime in `WEB-INF/lib`"));
    }
    if !has(&|name| name.starts_with("WEB-INF/python/app/")) {
        return Err(refused("it has no project in `WEB-INF/python/app`"));
    }
    Ok(())
}

/// A container would log its refusal and serve a 404; better said here.
fn check_war(path: &Utf8Path) -> Result<(), DeployError> {
    let refused = |reason: String| DeployError::NotAWar {
        path: path.to_owned(),
        reason,
    };
    if !path.is_file() {
        return Err(refused("there is no such file".to_owned()));
    }
    let mut zip = zip::ZipArchive::new(File::open(path)?)
        .map_err(|error| refused(format!("it is no zip: {error}")))?;
    if zip.by_name("WEB-INF/web.xml").is_err() {
        return Err(refused("it has no `WEB-INF/web.xml`".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Failure;

    #[test]
    fn what_is_no_war_is_said_before_anything_starts() {
        let folder = tempfile::tempdir().expect("temp dir");
        let path = Utf8Path::from_path(folder.path())
            .expect("UTF-8")
            .join("x.war");
        let failure = Failure::from(check_war(&path).expect_err("nothing"));
        assert_eq!(failure.kind.exit_status(), 2);
        assert!(
            failure
                .message
                .ends_with("x.war` is no WAR: there is no such file")
        );
        fs_err::write(&path, "text").expect("write");
        let failure = Failure::from(check_war(&path).expect_err("text"));
        assert!(failure.message.contains("it is no zip"), "{failure}");
    }

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
