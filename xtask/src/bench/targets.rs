//! Who is measured.

use std::path::Path;

use anyhow::{Context as _, Result};
use clap::ValueEnum;

use super::interpreter::Interpreter;
use super::jetty;
use super::peers::Peer;
use super::server::Server;
use super::site::Site;
use super::tomcat::{Settings, Tomcat};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Target {
    /// djwar's WAR in Tomcat 10.1 as it comes
    Djwar,
    /// The same with the connector's maxThreads at the pool's capacity, and the serial collector
    DjwarTuned,
    /// The WAR in Jetty 12 (ee10), with as many threads, and the serial collector
    DjwarJetty,
    /// gunicorn, two sync workers
    GunicornSync,
    /// gunicorn, two workers with four threads each
    GunicornThreads,
    /// granian, two workers
    Granian,
    /// nginx and two processes of uWSGI
    NginxUwsgi,
}

/// What the targets are started from.
pub(crate) struct Setting<'a> {
    pub(crate) interpreter: &'a Interpreter,
    pub(crate) site: &'a Site,
    /// Needed by djwar's targets only.
    pub(crate) war: Option<&'a Path>,
    /// Environment of the WAR: pool sizes, the interpreter's path.
    pub(crate) environment: &'a [(String, String)],
    /// `maxThreads` of [`Target::DjwarTuned`].
    pub(crate) max_threads: u32,
    /// Attributes of the connector of [`Target::DjwarTuned`].
    pub(crate) connector: &'a [String],
    /// Of the JVM of the tuned targets, beside their own.
    pub(crate) java_options: &'a [String],
    /// Of this run.
    pub(crate) folder: &'a Path,
}

impl Setting<'_> {
    /// G1's barriers are dearer than its short pauses are worth to a JVM which only
    /// passes bytes on.
    fn tuned_java_options(&self) -> Vec<String> {
        let serial = "-XX:+UseSerialGC".to_owned();
        std::iter::once(serial)
            .chain(self.java_options.iter().cloned())
            .collect()
    }
}

impl Target {
    /// For tables.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Djwar => "djwar, Tomcat",
            Self::DjwarTuned => "djwar, Tomcat tuned",
            Self::DjwarJetty => "djwar, Jetty tuned",
            Self::GunicornSync => "gunicorn sync",
            Self::GunicornThreads => "gunicorn gthread 2 × 4",
            Self::Granian => "granian",
            Self::NginxUwsgi => "nginx + uWSGI",
        }
    }

    /// Whether it is on our side of the ratios.
    pub(crate) fn is_ours(self) -> bool {
        matches!(self, Self::Djwar | Self::DjwarTuned | Self::DjwarJetty)
    }

    /// Starts it; it may not answer yet.
    pub(crate) fn start(self, setting: &Setting<'_>) -> Result<Server> {
        let folder = setting.folder.join(format!("{self:?}"));
        fs_err::create_dir_all(&folder)?;
        let peer = Peer {
            interpreter: setting.interpreter,
            site: setting.site,
            folder: &folder,
            name: self.title(),
        };
        let war = || setting.war.context("no WAR to deploy");
        match self {
            Self::GunicornSync => peer.gunicorn(None),
            Self::GunicornThreads => peer.gunicorn(Some(4)),
            Self::Granian => peer.granian(),
            Self::NginxUwsgi => peer.nginx_uwsgi(),
            Self::Djwar => {
                let settings = Settings {
                    environment: setting.environment.to_vec(),
                    ..Settings::default()
                };
                Tomcat::new(&folder, war()?, settings)?.start(self.title())
            }
            Self::DjwarTuned => {
                let settings = Settings {
                    max_threads: Some(setting.max_threads),
                    connector: setting.connector.to_vec(),
                    environment: setting.environment.to_vec(),
                    java_options: setting.tuned_java_options(),
                    ..Settings::default()
                };
                Tomcat::new(&folder, war()?, settings)?.start(self.title())
            }
            Self::DjwarJetty => jetty::start(
                self.title(),
                &folder,
                war()?,
                setting.max_threads,
                setting.environment,
                &setting.tuned_java_options(),
            ),
        }
    }
}
