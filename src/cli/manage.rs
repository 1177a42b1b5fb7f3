//! `djwar manage WAR_OR_PROJECT -- migrate`: a Django management command with
//! the WAR's own Python and packages, never the host's.

use std::process::{Command, Stdio};

use camino::Utf8PathBuf;
use clap::Args;

use super::build::{BuildOptions, build};
use super::{Common, Outcome, common};
use crate::deploy::{DeployError, UnpackedWar};
use crate::error::{Failure, Kind};
use crate::interrupt;
use crate::pipeline::{self, Target};
use crate::report::Stderr;
use crate::resolve::Host;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    subject: SubjectArguments,

    /// The management command and its arguments, after `--`
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

/// What `manage` and `run` take alike.
#[derive(Debug, Args)]
pub(super) struct SubjectArguments {
    /// The WAR, or the project's folder
    #[arg(default_value = ".")]
    subject: Utf8PathBuf,

    #[command(flatten)]
    what: BuildOptions,

    /// The folder for data that outlives a redeploy (default: .djwar/data in the project, NAME-data
    /// beside a WAR)
    #[arg(long, value_name = "DIR", env = "DJWAR_DATA_DIR")]
    data_dir: Option<Utf8PathBuf>,
}

/// A WAR to run, and the folders of djwar that belong to it.
pub(super) struct Subject {
    /// The WAR.
    pub(super) war: Utf8PathBuf,
    /// Data that outlives a redeploy.
    pub(super) data: Utf8PathBuf,
    /// Files that may be deleted at any time.
    pub(super) work: Utf8PathBuf,
}

impl Subject {
    /// Takes a WAR as it is; builds a project first.
    pub(super) fn find(
        options: &Common,
        arguments: &SubjectArguments,
        report: Stderr,
    ) -> Result<Self, Failure> {
        let path = common::absolute(&arguments.subject)?;
        let (war, own) = if path.is_file() {
            let name = path.file_stem().unwrap_or("war");
            let own = path.with_file_name(format!("{name}-data"));
            (path, own)
        } else {
            let own = path.join(pipeline::OWN_FOLDER);
            let built = build(options, &path, &arguments.what, &Target::Own, report)?;
            (built.path, own)
        };
        Ok(Self {
            war,
            data: match &arguments.data_dir {
                Some(folder) => common::absolute(folder)?,
                None => own.join("data"),
            },
            work: own.join("work"),
        })
    }

    /// A command of the WAR's own Python that runs `arguments` as `manage.py`
    /// would, with the project's data linked in.
    pub(super) fn manage(&self, arguments: &[String]) -> Result<Command, Failure> {
        let unpacked = UnpackedWar::open(&self.war, &self.work)?;
        unpacked.link_data(&self.data)?;
        let host = Host::of_this_process();
        let interpreter = unpacked.interpreter(&host).ok_or_else(|| {
            Failure::new(
                Kind::Project,
                format!("`{}` brings no Python that runs on this machine", self.war),
            )
            .with_hint("run the command on the target host, or build for this platform too")
        })?;
        let mut command = interpreter.command(&host);
        for (name, value) in unpacked.environment() {
            if host.variable(name).is_none() {
                command.env(name, value);
            }
        }
        // As in a container: the WAR says which settings, not the shell.
        command
            .env(
                "DJANGO_SETTINGS_MODULE",
                unpacked.parameter("settings").unwrap_or_default(),
            )
            .env("PYTHONPATH", unpacked.python_path())
            .env("PYTHONSAFEPATH", "1")
            .stdin(Stdio::inherit())
            .current_dir(unpacked.application())
            .args(["-s", "-B", "-m", "djwar_handler.manage"])
            .args(arguments);
        Ok(command)
    }

    /// Runs a management command to its end and returns its exit status.
    pub(super) fn run_to_end(&self, arguments: &[String]) -> Outcome {
        let mut command = self.manage(arguments)?;
        // Ctrl-C goes to the whole foreground group: the command ends by itself
        // and says so, and djwar reports its status instead of dying first.
        let status =
            interrupt::leave_to_child(|| command.status()).map_err(|source| DeployError::Io {
                doing: format!("can't start the WAR's Python for `{}`", self.war),
                source,
            })?;
        Ok(status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .unwrap_or(1))
    }
}

pub(super) fn run(options: &Common, arguments: &Arguments, report: Stderr) -> Outcome {
    let subject = Subject::find(options, &arguments.subject, report)?;
    subject.run_to_end(&arguments.command)
}
