//! A Tomcat with a base folder of its own and its connector as it comes, apart
//! from what a measurement names.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use djwar::deploy::Container;

use super::server::{Server, free_port};
use super::{artifacts, tools};

/// What differs from a Tomcat out of the box.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Which Tomcat; 10.1 unless a measurement says so.
    pub(crate) container: Container,
    /// The connector's; Tomcat's default is 200.
    pub(crate) max_threads: Option<u32>,
    /// More of the connector's attributes, each as `name=value`.
    pub(crate) connector: Vec<String>,
    /// Runtime parameters of djwar and the site's variables.
    pub(crate) environment: Vec<(String, String)>,
    /// Options of the JVM.
    pub(crate) java_options: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            container: Container::Tomcat10,
            max_threads: None,
            connector: Vec::new(),
            environment: Vec::new(),
            java_options: Vec::new(),
        }
    }
}

/// `conf/` and `webapps/ROOT.war` in `base`; may be started many times.
pub(crate) struct Tomcat {
    base: PathBuf,
    settings: Settings,
}

impl Tomcat {
    /// Lays the base folder.
    pub(crate) fn new(base: &Path, war: &Path, settings: Settings) -> Result<Self> {
        for folder in ["conf", "logs", "temp", "webapps", "work"] {
            fs_err::create_dir_all(base.join(folder))?;
        }
        for file in ["web.xml", "logging.properties"] {
            fs_err::copy(
                home(settings.container)?.join("conf").join(file),
                base.join("conf").join(file),
            )?;
        }
        fs_err::copy(war, base.join("webapps/ROOT.war"))?;
        Ok(Self {
            base: base.to_owned(),
            settings,
        })
    }

    /// Starts it on a free port.
    pub(crate) fn start(&self, name: &str) -> Result<Server> {
        let port = free_port()?;
        fs_err::write(
            self.base.join("conf/server.xml"),
            server_xml(port, &self.settings),
        )?;
        let home = home(self.settings.container)?;
        let mut command = Command::new(tools::java()?);
        command
            .env_clear()
            .envs([("PATH", "/usr/bin:/bin"), ("LANG", "C.UTF-8")])
            .envs(self.settings.environment.iter().cloned())
            .current_dir(&self.base)
            .args(&self.settings.java_options)
            .arg(format!(
                "-Djava.util.logging.config.file={}",
                self.base.join("conf/logging.properties").display()
            ))
            .arg("-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager")
            .arg(format!("-Dcatalina.home={}", home.display()))
            .arg(format!("-Dcatalina.base={}", self.base.display()))
            .arg(format!(
                "-Djava.io.tmpdir={}",
                self.base.join("temp").display()
            ))
            .arg("-classpath")
            .arg(std::env::join_paths([
                home.join("bin/bootstrap.jar"),
                home.join("bin/tomcat-juli.jar"),
            ])?)
            .args(["org.apache.catalina.startup.Bootstrap", "start"]);
        Server::start(name, port, &self.base, vec![command])
    }
}

/// Its distribution, shared and only read.
fn home(container: Container) -> Result<PathBuf> {
    let coordinates = container.coordinates();
    let folder = format!("apache-tomcat-{}", coordinates.version);
    Ok(artifacts::unpacked(&coordinates.to_string())?.join(folder))
}

/// Tomcat's own file without the shutdown port, the realm and the access log.
fn server_xml(port: u16, settings: &Settings) -> String {
    let threads = settings
        .max_threads
        .map(|threads| format!("maxThreads={threads}"));
    let mut attributes = String::new();
    for attribute in settings.connector.iter().chain(&threads) {
        let (name, value) = attribute.split_once('=').unwrap_or((attribute, "true"));
        write!(attributes, " {name}=\"{value}\"").expect("a String takes it");
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Server port=\"-1\">\n  <Service name=\"Catalina\">\n    \
         <Connector address=\"127.0.0.1\" port=\"{port}\" connectionTimeout=\"20000\" \
         maxKeepAliveRequests=\"-1\"{attributes}/>\n    \
         <Engine name=\"Catalina\" defaultHost=\"localhost\">\n      \
         <Host name=\"localhost\" appBase=\"webapps\" unpackWARs=\"true\" autoDeploy=\"false\"/>\n    \
         </Engine>\n  </Service>\n</Server>\n"
    )
}
