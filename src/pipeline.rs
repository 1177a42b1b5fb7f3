//! The table of contents: a project and a configuration in, a WAR and its summary
//! out. Calls the rooms in their order and decides nothing itself.

use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use crate::assemble::{Artifacts, EntryTable, add_generated, assemble, content_digest};
use crate::config::Config;
use crate::error::{Failure, Kind};
use crate::model::{BuildPlan, Project};
use crate::plan::{layout, plan};
use crate::render::{
    ContextParameter, Descriptor, Record, RecordedWheel, jetty_web_xml, manifest, web_xml,
};
use crate::report::Report;
use crate::write::{DirectoryWriter, WarWriter, ZipWarWriter, write};

mod collect;
mod gather;
mod lock;
mod static_copy;

pub use lock::lock;

/// Where djwar keeps what belongs to a project on this machine: data of `run`
/// and `manage`, unpacked WARs. It is never packed.
pub const OWN_FOLDER: &str = ".djwar";

/// Where the WAR goes.
#[derive(Clone, Debug)]
pub enum Target {
    /// What the configuration says, else `dist/NAME.war` in the project.
    Default,
    /// `.djwar/NAME.war` in the project: for commands that need a WAR by the way.
    Own,
    /// A file.
    File(Utf8PathBuf),
    /// A folder: the WAR exploded.
    Directory(Utf8PathBuf),
}

/// A WAR that was written.
#[derive(Debug)]
pub struct Built {
    /// Where it is.
    pub path: Utf8PathBuf,
    /// Bytes; of an exploded WAR, those of its files.
    pub size: u64,
    /// How many entries it has.
    pub entries: usize,
    /// What was done.
    pub plan: BuildPlan,
    /// How long each step took.
    pub steps: Vec<(&'static str, Duration)>,
}

/// Everything but the writing: the plan, with what was left out on the way, and
/// the table of entries.
///
/// # Errors
/// Whatever a room refuses.
pub fn prepare(
    project: &Project,
    config: &Config,
    offline: bool,
    report: &dyn Report,
) -> Result<(BuildPlan, EntryTable), Failure> {
    let mut clock = Clock::start();
    prepared(project, config, offline, report, &mut clock)
}

/// Builds the WAR.
///
/// # Errors
/// Whatever a room refuses; then the target is as it was before.
pub fn build(
    project: &Project,
    config: &Config,
    target: &Target,
    offline: bool,
    report: &dyn Report,
) -> Result<Built, Failure> {
    let mut clock = Clock::start();
    let (plan, table) = prepared(project, config, offline, report, &mut clock)?;
    let (path, writer) = writer(project, config, &plan, target)?;
    let bar = report.bar("Packing", table.len() as u64);
    let written = write(&table, writer, || bar.inc(1));
    bar.finish_and_clear();
    written?;
    clock.lap("write");
    let size = size_of(&path);
    Ok(Built {
        path,
        size,
        entries: table.len(),
        plan,
        steps: clock.laps,
    })
}

fn prepared(
    project: &Project,
    config: &Config,
    offline: bool,
    report: &dyn Report,
    clock: &mut Clock,
) -> Result<(BuildPlan, EntryTable), Failure> {
    let mut plan = plan(project, config)?;
    clock.lap("plan");
    let artifacts = gather::gather(project, config, &mut plan, offline, report, clock)?;
    let mut left_out = std::mem::take(&mut plan.left_out);
    let mut table = assemble(&plan, &artifacts, texts(&plan)?, &mut left_out)?;
    // Last, since it holds the digest of the others.
    let record = record(&plan, &artifacts, content_digest(&table)?);
    add_generated(&mut table, layout::RECORD, record.to_json())?;
    plan.left_out = left_out;
    clock.lap("assemble");
    Ok((plan, table))
}

/// The texts that the plan alone decides.
fn texts(plan: &BuildPlan) -> Result<Vec<(&'static str, Vec<u8>)>, Failure> {
    let descriptor = Descriptor {
        name: plan.name.clone(),
        servlet_api: plan.servlet_api,
        parameters: plan
            .parameters
            .iter()
            .map(|(name, value)| ContextParameter {
                name: name.clone(),
                value: value.clone(),
            })
            .collect(),
    };
    let created_by = concat!("djwar ", env!("CARGO_PKG_VERSION"));
    Ok(vec![
        (
            layout::MANIFEST,
            manifest(&[
                ("Created-By", created_by),
                ("Implementation-Title", &plan.name),
            ]),
        ),
        (layout::WEB_XML, web_xml(&descriptor)?),
        (layout::JETTY_WEB_XML, jetty_web_xml(&descriptor)?),
    ])
}

fn record(plan: &BuildPlan, artifacts: &Artifacts, digest: String) -> Record {
    Record {
        schema: 1,
        name: plan.name.clone(),
        djwar: env!("CARGO_PKG_VERSION"),
        engine: plan.engine,
        servlet_api: plan.servlet_api,
        python: plan.python,
        platforms: artifacts
            .homes
            .iter()
            .map(|(platform, _)| *platform)
            .collect(),
        settings: plan.settings.clone(),
        wsgi: plan.wsgi.clone(),
        wheels: artifacts
            .wheels
            .iter()
            .map(|wheel| RecordedWheel {
                name: wheel.name.clone(),
                version: wheel.version.clone(),
                sha256: wheel.sha256.clone(),
            })
            .collect(),
        digest,
    }
}

fn writer(
    project: &Project,
    config: &Config,
    plan: &BuildPlan,
    target: &Target,
) -> Result<(Utf8PathBuf, Box<dyn WarWriter>), Failure> {
    let file_name = format!("{}.war", plan.name);
    let path = match target {
        Target::Directory(folder) => {
            return Ok((folder.clone(), Box::new(DirectoryWriter::create(folder)?)));
        }
        Target::File(file) => file.clone(),
        Target::Own => own_folder(project)?.join(file_name),
        Target::Default => match &config.output {
            Some(output) => project.root.join(&output.value),
            None => project.root.join("dist").join(file_name),
        },
    };
    let writer = ZipWarWriter::create(&path)?;
    Ok((path, Box::new(writer)))
}

/// The project's folder of djwar, with a `.gitignore` that keeps all of it out of
/// git.
fn own_folder(project: &Project) -> Result<Utf8PathBuf, Failure> {
    let folder = project.root.join(OWN_FOLDER);
    let ignore = folder.join(".gitignore");
    let made = fs_err::create_dir_all(&folder).and_then(|()| {
        if ignore.exists() {
            Ok(())
        } else {
            fs_err::write(&ignore, "*\n")
        }
    });
    match made {
        Ok(()) => Ok(folder),
        Err(error) => Err(Failure::new(
            Kind::Environment,
            format!("can't make the folder `{folder}`: {error}"),
        )),
    }
}

fn size_of(path: &Utf8Path) -> u64 {
    walkdir::WalkDir::new(path)
        .into_iter()
        .filter_map(Result::ok)
        .filter_map(|entry| entry.metadata().ok())
        .filter(std::fs::Metadata::is_file)
        .map(|metadata| metadata.len())
        .sum()
}

/// Times the steps.
pub(crate) struct Clock {
    last: Instant,
    laps: Vec<(&'static str, Duration)>,
}

impl Clock {
    fn start() -> Self {
        Self {
            last: Instant::now(),
            laps: Vec::new(),
        }
    }

    /// Ends a step.
    pub(crate) fn lap(&mut self, step: &'static str) {
        let now = Instant::now();
        self.laps.push((step, now - self.last));
        self.last = now;
    }
}
