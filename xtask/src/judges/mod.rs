//! `cargo xtask test django-bridge`: Django's own tests, from its sdist, with a
//! deployed WAR between their client and their views (`judge.py` says how). What
//! fails must be what `known.tsv` names, each with its reason.

#[path = "../../../tests/site/machine.rs"]
mod machine;

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};
use djwar::deploy::{Container, Deployment, Server};
use djwar::error::Failure;

use crate::django::outcome::{Known, known};
use crate::django::{self, joined, jython, parts, say, suite};
use crate::shell::{self, command, root};

/// The one that `known.tsv` is about; Jython's is that of `test django-jython`.
const RELEASE: &str = "5.2.19";

const PACKAGES: [&str; 2] = ["asgiref==3.9.1", "sqlparse==0.5.3"];

/// Those of which a good part sends requests, first what the issue of the bridge names.
const MODULES: [&str; 16] = [
    "servers",
    "wsgi",
    "handlers",
    "requests_tests",
    "file_uploads",
    "test_client",
    "test_client_regress",
    "conditional_processing",
    "middleware",
    "middleware_exceptions",
    "view_tests",
    "generic_views",
    "messages_tests",
    "sessions_tests",
    "sitemaps_tests",
    "syndication_tests",
];

/// Of Django 1.11; Jython takes minutes for what `CPython` does in seconds.
const OLD_MODULES: [&str; 8] = [
    "servers",
    "wsgi",
    "handlers",
    "requests",
    "file_uploads",
    "conditional_processing",
    "middleware",
    "middleware_exceptions",
];

const KNOWN: &str = include_str!("known.tsv");

/// A JVM, a container and Django's import on a loaded machine.
const PATIENCE: Duration = Duration::from_mins(4);

#[derive(Args)]
pub(crate) struct Arguments {
    /// These modules of Django's tests; those of the documentation if none is named
    modules: Vec<String>,

    /// Who runs the WAR's Python; with `jython` the tests run on Jython, too
    #[arg(long, value_enum, default_value = "cpython")]
    engine: Engine,

    /// The container
    #[arg(long, default_value = "tomcat-10")]
    container: String,

    /// Without the WAR, for comparison
    #[arg(long)]
    alone: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Engine {
    Cpython,
    Jython,
}

impl Engine {
    fn name(self) -> &'static str {
        match self {
            Self::Cpython => "cpython",
            Self::Jython => "jython",
        }
    }

    fn release(self) -> &'static str {
        match self {
            Self::Cpython => RELEASE,
            Self::Jython => django::RELEASE,
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let container = arguments
        .container
        .parse()
        .map_err(|error| anyhow!("{error}"))?;
    shell::run(&mut command(
        "cargo",
        &["build", "--locked", "--bin", "djwar"],
    ))?;
    let judge = Judge::prepare(arguments.engine)?;
    let server = if arguments.alone {
        None
    } else {
        Some(judge.serve(container)?)
    };
    let modules: Vec<&str> = match (arguments.modules.is_empty(), arguments.engine) {
        (true, Engine::Cpython) => MODULES.to_vec(),
        (true, Engine::Jython) => OLD_MODULES.to_vec(),
        (false, _) => arguments.modules.iter().map(String::as_str).collect(),
    };
    let known = known(KNOWN)?;
    let mut surprises = Vec::new();
    for module in modules {
        surprises.extend(judge.hear(module, server.as_ref(), &arguments.container, &known)?);
    }
    if let Some(server) = server {
        server
            .stop()
            .map_err(|error| anyhow!("{}", Failure::from(error)))?;
    }
    if !arguments.alone && !surprises.is_empty() {
        bail!(
            "not as xtask/src/judges/known.tsv has it:\n{}",
            surprises.join("\n")
        );
    }
    Ok(())
}

/// What the tests need, below `target`.
struct Judge {
    engine: Engine,
    folder: Utf8PathBuf,
    django: Utf8PathBuf,
    packages: Utf8PathBuf,
    /// Of Jython.
    class_path: String,
}

impl Judge {
    fn prepare(engine: Engine) -> Result<Self> {
        let root = Utf8PathBuf::try_from(root())?;
        let folder = root.join("target/django-bridge").join(engine.name());
        let (django, packages, class_path) = match engine {
            Engine::Cpython => {
                let packages = folder.join("packages");
                parts::install(&packages, &PACKAGES)?;
                (
                    parts::sdist(&folder, engine.release())?,
                    packages,
                    String::new(),
                )
            }
            Engine::Jython => {
                let parts = parts::Parts::fetch(engine.release())?;
                (parts.django, parts.packages, parts.class_path)
            }
        };
        let modules = folder.join("modules");
        fs_err::create_dir_all(&modules)?;
        fs_err::write(modules.join("judge.py"), include_str!("judge.py"))?;
        fs_err::write(modules.join("judge_tunnel.py"), include_str!("tunnel.py"))?;
        fs_err::write(
            modules.join("judge_settings.py"),
            include_str!("settings.py"),
        )?;
        Ok(Self {
            engine,
            folder,
            django,
            packages,
            class_path,
        })
    }

    /// Where the tests' end of the tunnel is written down.
    fn port_file(&self) -> Utf8PathBuf {
        self.folder.join("port")
    }

    /// `fixtures/probes` with another WSGI application, deployed.
    fn serve(&self, container: Container) -> Result<Server> {
        // Whoever listens there now is not meant.
        if self.port_file().exists() {
            fs_err::remove_file(self.port_file())?;
        }
        let project = self.folder.join("project");
        if project.exists() {
            fs_err::remove_dir_all(&project)?;
        }
        shell::run(command("cp", &["-R", "fixtures/probes"]).arg(&project))?;
        fs_err::write(project.join("probes/wsgi.py"), include_str!("tunnel.py"))?;
        let requirement = format!("Django=={}\n", self.engine.release());
        fs_err::write(project.join("requirements.txt"), requirement)?;
        // The tests ask for `/static/` as well.
        let settings = project.join("probes/settings.py");
        let text = fs_err::read_to_string(&settings)?;
        fs_err::write(
            &settings,
            format!("{text}\nSTATIC_URL = '/judged-static/'\n"),
        )?;
        let war = self.folder.join("judge.war");
        let line = ["build", project.as_str(), "-o", war.as_str(), "--engine"];
        shell::run(
            Command::new(root().join("target/debug/djwar"))
                .args(line)
                .arg(self.engine.name()),
        )?;
        start(&war, container, &self.port_file()).map_err(|failure| anyhow!("{failure}"))
    }

    /// Runs one module; what is not as `known` has it.
    fn hear(
        &self,
        module: &str,
        server: Option<&Server>,
        container: &str,
        known: &Vec<Known>,
    ) -> Result<Vec<String>> {
        let path = [
            self.folder.join("modules"),
            self.django.clone(),
            self.packages.clone(),
        ];
        let mut command = match self.engine {
            Engine::Cpython => {
                let mut command = Command::new("python3");
                command.arg("-B").env("PYTHONPATH", joined(&path));
                command
            }
            Engine::Jython => {
                let ours = Utf8PathBuf::try_from(root().join("runtime/python"))?;
                let more = [ours.join("djwar_jdbc"), ours.join("jdbc_tests/stubs")];
                jython(&self.class_path, &[&path[..], &more[..]].concat())
            }
        };
        command.current_dir(self.django.join("tests"));
        if let Some(server) = server {
            command
                .env("JUDGE_PORT", server.port().to_string())
                .env("JUDGE_PORT_FILE", self.port_file());
        }
        let log = self.folder.join(format!("{container}-{module}.log"));
        let outcome = suite(&mut command, "judge_settings", module, true, &log)?;
        let text = fs_err::read_to_string(&log)?;
        let crossed = text
            .lines()
            .find_map(|line| line.strip_prefix("CROSSED "))
            .or(server.is_none().then_some("none"))
            .with_context(|| format!("{log} does not say what has crossed"))?;
        say(&format!("{module}: {outcome}; crossed: {crossed}"));
        // What fails depends on the engine's Django, and on what the container refuses.
        let place = format!("{}-{container}", self.engine.name());
        let mut places = vec![place.as_str(), self.engine.name(), container];
        if rustix::process::geteuid().is_root() {
            places.push("root");
        }
        Ok(outcome.surprises(&places, module, Some(known)))
    }
}

fn start(war: &Utf8Path, container: Container, port_file: &Utf8Path) -> Result<Server, Failure> {
    let deployment = Deployment::of(war)
        .on(container)
        .variable("JUDGE_PORT_FILE", port_file.as_str())
        .variable("LANG", "C.UTF-8")
        .java_option("-Ddjwar.processes=1")
        // A test may keep some answers open.
        .java_option("-Ddjwar.threads=8");
    let mut server = machine::start(deployment)?;
    // Nobody is at the other end yet: an error of the application's says that it is there.
    server.wait_until("/", PATIENCE, |answer| answer.status == 500)?;
    Ok(server)
}
