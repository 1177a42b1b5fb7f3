//! Who is measured.

use std::path::Path;

use anyhow::{Context as _, Result};
use clap::ValueEnum;

use super::interpreter::Interpreter;
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
    /// Of the JVM of [`Target::DjwarTuned`], beside its own.
    pub(crate) java_options: &'a [String],
    /// Of this run.
    pub(crate) folder: &'a Path,
}

impl Target {
    /// For tables.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Djwar => "djwar, Tomcat",
            Self::DjwarTuned => "djwar, Tomcat tuned",
            Self::GunicornSync => "gunicorn sync",
            Self::GunicornThreads => "gunicorn gthread 2 × 4",
            Self::Granian => "granian",
            Self::NginxUwsgi => "nginx + uWSGI",
        }
    }

    /// Whether it is on our side of the ratios.
    pub(crate) fn is_ours(self) -> bool {
        matches!(self, Self::Djwar | Self::DjwarTuned)
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
        match self {
            Self::GunicornSync => peer.gunicorn(None),
            Self::GunicornThreads => peer.gunicorn(Some(4)),
            Self::Granian => peer.granian(),
            Self::NginxUwsgi => peer.nginx_uwsgi(),
            Self::Djwar | Self::DjwarTuned => {
                let is_tuned = self == Self::DjwarTuned;
                let settings = Settings {
                    max_threads: is_tuned.then_some(setting.max_threads),
                    environment: setting.environment.to_vec(),
                    // G1's barriers are dearer than its short pauses are worth to
                    // a JVM which only passes bytes on.
                    java_options: is_tuned
                        .then(|| "-XX:+UseSerialGC".to_owned())
                        .into_iter()
                        .chain(setting.java_options.iter().filter(|_| is_tuned).cloned())
                        .collect(),
                    ..Settings::default()
                };
                let war = setting.war.context("no WAR to deploy")?;
                Tomcat::new(&folder, war, settings)?.start(self.title())
            }
        }
    }
}
