//! `djwar manage WAR_OR_PROJECT -- migrate`: a Django management command with
//! the WAR's own Python and packages, never the host's.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::build::BuildOptions;
use super::{Common, Outcome, common};
use crate::config::Config;
use crate::deploy::{
    DeployError, Owner, UnpackedWar, Written, bring_out_abandoned, is_given, management_command,
};
use crate::error::{Failure, Kind};
use crate::interrupt;
use crate::model::Project;
use crate::model::project::EnvironmentVariable;
use crate::pipeline::{self, Target};
use crate::report::{Report, Stderr};
use crate::resolve::{Cache, Host, Key};

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

    /// The folder for data that outlives a redeploy (default: .djwar/data in the project)
    #[arg(long, value_name = "DIR", env = "DJWAR_DATA_DIR")]
    data_dir: Option<Utf8PathBuf>,
}

/// A WAR to run, and the folders that belong to it.
pub(super) struct Subject {
    /// The WAR.
    pub(super) war: Utf8PathBuf,
    /// Whether it was built for this command.
    pub(super) is_built: bool,
    /// The project that it was built from.
    project: Option<Utf8PathBuf>,
    /// Data that outlives a redeploy, where that is known.
    data: Option<Utf8PathBuf>,
    /// Variables of the command line: a WAR that is there was built without them.
    pub(super) environment: Vec<(String, String)>,
}

impl Subject {
    /// Takes a WAR as it is; builds a project first.
    pub(super) fn find(
        options: &Common,
        arguments: &SubjectArguments,
        report: Stderr,
    ) -> Result<Self, Failure> {
        let path = common::absolute(&arguments.subject)?;
        let given = arguments
            .data_dir
            .as_deref()
            .map(common::absolute)
            .transpose()?;
        let environment = arguments.what.environment().to_vec();
        if path.is_file() {
            let mut flags = options.build_options();
            flags.extend(arguments.what.given());
            common::refuse_with_war(&arguments.subject, &flags)?;
            return Ok(Self {
                war: path,
                is_built: false,
                project: None,
                data: given,
                environment,
            });
        }
        let data = given.unwrap_or_else(|| path.join(pipeline::OWN_FOLDER).join("data"));
        // Before the build: it packs what comes to the project now.
        bring_out_left(&owner(Some(&path), &data), &report)?;
        let (project, config) = options.project(&path, arguments.what.raw())?;
        let built = pipeline::build(&project, &config, &Target::Own, options.offline, &report)?;
        warn_of_missing_environment(&project, &config, &report);
        Ok(Self {
            war: built.path,
            is_built: true,
            data: Some(data),
            project: Some(path),
            environment,
        })
    }

    /// The data folder; of a WAR without one, a folder of the user's. Never one
    /// beside the WAR: in a container's `webapps/` that would be deployed.
    pub(super) fn data(&self, host: &Host) -> Result<Utf8PathBuf, Failure> {
        if let Some(data) = &self.data {
            return Ok(data.clone());
        }
        let home = host
            .variable("XDG_DATA_HOME")
            .map(Utf8PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| Some(host.home()?.join(".local/share")));
        match home {
            Some(home) => Ok(home
                .join("djwar")
                .join(self.war.file_stem().unwrap_or("war"))),
            None => Err(Failure::new(
                Kind::Usage,
                "there is no home folder to keep the project's data in",
            )
            .with_hint("name a folder with `--data-dir`")),
        }
    }

    /// Runs a management command to its end and returns its exit status.
    /// What it writes among the project's code goes to the project.
    pub(super) fn run_to_end(
        &self,
        data: &Utf8Path,
        arguments: &[String],
        report: &dyn Report,
    ) -> Outcome {
        let host = Host::of_this_process();
        let owner = owner(self.project.as_deref(), data);
        if self.project.is_none() {
            bring_out_left(&owner, report)?;
        }
        // Apart for each data folder: the links in the copy lead there.
        let folder = all_unpacked(&host)?.join(Key::of([data.as_str()]).as_str());
        let unpacked = UnpackedWar::open(&self.war, &folder, &owner)?;
        let mut command = management_command(&unpacked, &host, data, arguments)?;
        command.envs(
            self.environment
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        // Ctrl-C goes to the whole foreground group: the command ends by itself
        // and says so, and djwar reports its status instead of dying first.
        let status =
            interrupt::leave_to_child(|| command.status()).map_err(|source| DeployError::Io {
                doing: format!("can't start the WAR's Python for `{}`", self.war),
                source,
            })?;
        unpacked.bring_out(&mut |written| tell(&owner, &written, report))?;
        Ok(status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .unwrap_or(1))
    }
}

fn owner(project: Option<&Utf8Path>, data: &Utf8Path) -> Owner {
    Owner {
        project: project.map(Utf8Path::to_owned),
        aside: data.join("written-by-manage"),
    }
}

/// Where the cache keeps unpacked WARs.
fn all_unpacked(host: &Host) -> Result<Utf8PathBuf, Failure> {
    Ok(Cache::of_user(host)?.folder().join("unpacked"))
}

/// What earlier commands wrote that were cut off, before anything is done with it.
fn bring_out_left(owner: &Owner, report: &dyn Report) -> Result<(), Failure> {
    let mut is_first = true;
    let all = all_unpacked(&Host::of_this_process())?;
    bring_out_abandoned(&all, owner, &mut |written| {
        if is_first {
            report.warning(
                "an earlier management command was cut off before what it wrote came to the project; \
                 that is done now, and may be half-written: look at it",
            );
            is_first = false;
        }
        tell(owner, &written, report);
    })?;
    Ok(())
}

/// Named before the project starts: Django's traceback doesn't say how to set one.
fn warn_of_missing_environment(project: &Project, config: &Config, report: &dyn Report) {
    let host = Host::of_this_process();
    let is_set = |name: &str| config.env.contains_key(name) || is_given(&host, name);
    for variable in &project.env {
        if variable.required && !is_set(&variable.name) {
            let EnvironmentVariable { name, origin, .. } = variable;
            report.warning(&format!(
                "{origin}: the settings need `{name}`, which isn't set: `--env {name}=…`"
            ));
        }
    }
}

fn tell(owner: &Owner, written: &Written, report: &dyn Report) {
    match written {
        Written::Project(path) => report.status(&format!("Wrote `{path}` in the project")),
        Written::Aside(path, place) if owner.project.is_some() => {
            report.warning(&format!(
                "the command wrote `{path}`, which the project has otherwise than the WAR: \
                 its version is `{place}`"
            ));
        }
        Written::Aside(path, place) => report.warning(&format!(
            "the command wrote `{path}`, and a WAR doesn't change: it is `{place}` now. \
             What the running application needs has to be data: name its folder in `data` of `djwar.toml` and build \
             again. For what belongs to the code use `djwar manage` with the project's folder"
        )),
        Written::Refused(path, place, reason) => report.warning(&format!(
            "the command wrote `{path}`, which the project's folder doesn't take ({reason}): \
             it is `{place}` now"
        )),
        Written::Package(path, place) => report.warning(&format!(
            "the command wrote `{path}` among the installed packages, which no project owns: it is \
             `{place}` now. Django's MIGRATION_MODULES names a module of the project for a \
             package's migrations"
        )),
        Written::Removed(path) => report.warning(&format!(
            "the command removed `{path}` from its copy of the project; yours still has it"
        )),
    }
}

pub(super) fn run(options: &Common, arguments: &Arguments, report: Stderr) -> Outcome {
    let subject = Subject::find(options, &arguments.subject, report)?;
    let host = Host::of_this_process();
    let data = subject.data(&host)?;
    if subject.data.is_none() && UnpackedWar::keeps_data(&subject.war)? {
        // Guessing would migrate another database than the one that is served.
        return Err(Failure::new(
            Kind::Usage,
            format!(
                "`{}` keeps data outside itself, and its folder isn't known",
                subject.war
            ),
        )
        .with_hint(format!(
            "name it with `--data-dir`: a container's is `djwar-data/NAME` below its base folder \
             unless `djwar.data-dir` says another, and `djwar run` of this WAR uses `{data}`"
        )));
    }
    subject.run_to_end(&data, &arguments.command, &report)
}
