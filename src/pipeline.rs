//! The table of contents: a project and a configuration in, a WAR and its summary
//! out. Calls the rooms in their order and decides nothing itself.

use std::panic::resume_unwind;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use crate::assemble::{
    Artifacts, EntryTable, add_application_bytecode, add_generated, assemble, content_digest,
};
use crate::config::Config;
use crate::error::{Failure, Kind};
use crate::model::{BuildPlan, FileDigests, LeftOut, Project};
use crate::plan::{layout, plan};
use crate::render::{
    ContextParameter, Descriptor, Record, RecordedWheel, jetty_web_xml, manifest, web_xml,
};
use crate::report::Report;
use crate::resolve::Host;
use crate::resolve::cache::Deflated;
use crate::write::{DirectoryWriter, Packing, WarWriter, ZipWarWriter, write};
use gather::Basis;

mod built;
mod check;
mod collect;
mod fingerprint;
mod gather;
mod lock;
mod nested;
mod reproduce;
mod skeleton;
mod static_copy;
mod working_copy;

pub use check::check;
pub use lock::lock;
pub use reproduce::verify_reproducible;
pub use skeleton::skeleton;

/// What made the WAR, for its manifest.
const CREATED_BY: &str = concat!("djwar ", env!("CARGO_PKG_VERSION"));

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
    /// Whether it was there already, and nothing was written.
    pub is_up_to_date: bool,
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
    let mut plan = plan(project, config)?;
    clock.lap("plan");
    let host = Host::of_this_process();
    let mut basis = Basis::of(project, config, &plan, host, offline, report, &mut clock)?;
    let (table, _) = prepared(project, config, &mut plan, &mut basis, &mut clock)?;
    Ok((plan, table))
}

/// Builds the WAR. One that is there and was made of the same things by the same
/// djwar stays as it is.
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
    let surroundings = Surroundings {
        host: Host::of_this_process(),
        threads: None,
    };
    build_in(surroundings, project, config, target, offline, report)
}

/// What must not change a byte.
struct Surroundings {
    host: Host,
    threads: Option<usize>,
}

fn build_in(
    surroundings: Surroundings,
    project: &Project,
    config: &Config,
    target: &Target,
    offline: bool,
    report: &dyn Report,
) -> Result<Built, Failure> {
    let Surroundings { host, threads } = surroundings;
    let mut clock = Clock::start();
    let mut plan = plan(project, config)?;
    clock.lap("plan");
    let mut basis = Basis::of(project, config, &plan, host, offline, report, &mut clock)?;
    let path = target_path(project, config, &plan, target)?;
    let epoch = fingerprint::epoch(&basis.resolver.host)?;
    let is_folder = matches!(target, Target::Directory(_));
    let fingerprint = fingerprint::of(project, config, &plan, &basis)?;
    if !is_folder && let Some(known) = basis.resolver.cache.remembered(&path, &fingerprint) {
        clock.lap("compare");
        plan.left_out.clone_from(&known.left_out);
        return Ok(Built {
            size: known.size(),
            path,
            entries: known.entries,
            plan,
            is_up_to_date: true,
            steps: clock.laps,
        });
    }
    let (table, digests) = prepared(project, config, &mut plan, &mut basis, &mut clock)?;
    let cache = &basis.resolver.cache;
    let known = Deflated::of(cache);
    let writer: Box<dyn WarWriter + '_> = if is_folder {
        Box::new(DirectoryWriter::create(&path)?)
    } else {
        let packing = Packing {
            digests: Some(&digests),
            known: Some(&known),
            threads,
            epoch,
        };
        Box::new(ZipWarWriter::create(&path, packing)?)
    };
    let bar = report.bar("Packing", table.len() as u64);
    let written = write(&table, writer, || bar.inc(1));
    bar.finish_and_clear();
    written?;
    if !is_folder {
        cache.remember(&path, &fingerprint, table.len(), &plan.left_out);
    }
    clock.lap("write");
    let size = size_of(&path);
    Ok(Built {
        path,
        size,
        entries: table.len(),
        plan,
        is_up_to_date: false,
        steps: clock.laps,
    })
}

fn prepared(
    project: &Project,
    config: &Config,
    plan: &mut BuildPlan,
    basis: &mut Basis<'_>,
    clock: &mut Clock,
) -> Result<(EntryTable, FileDigests), Failure> {
    let (artifacts, mut table, left_out) = assembled(project, config, plan, basis, clock)?;
    if config.nested_packages {
        table = nested::nested(basis, &table)?;
        clock.lap("packages");
    }
    let more = gather::more_digests(basis, project, &table)?;
    let mut digests = std::mem::take(&mut basis.digests);
    digests.extend(more);
    // Last, since it holds the digest of the others.
    let record = record(plan, &artifacts, content_digest(&table, &digests)?);
    add_generated(&mut table, layout::RECORD, record.to_json())?;
    plan.left_out = left_out;
    clock.lap("digest");
    Ok((table, digests))
}

/// The table of all that is copied. Python compiles the project's files meanwhile: where
/// one changed, its start is as long as everything else together.
fn assembled(
    project: &Project,
    config: &Config,
    plan: &mut BuildPlan,
    basis: &Basis<'_>,
    clock: &mut Clock,
) -> Result<(Artifacts, EntryTable, Vec<LeftOut>), Failure> {
    let files = config.byte_code.then(|| gather::python_files(plan));
    std::thread::scope(|scope| {
        let compiling = files.as_ref().map(|files| {
            let (resolver, python) = (&basis.resolver, basis.python.as_ref());
            scope.spawn(|| resolver.bytecode_of_files(files, &basis.digests, python))
        });
        let artifacts = gather::gather(basis, project, config, plan, clock)?;
        let mut left_out = std::mem::take(&mut plan.left_out);
        let mut table = assemble(plan, &artifacts, texts(plan)?, &mut left_out)?;
        clock.lap("assemble");
        if let Some(compiling) = compiling {
            let compiled = compiling
                .join()
                .unwrap_or_else(|panic| resume_unwind(panic))?;
            add_application_bytecode(&mut table, &compiled)?;
            clock.lap("compile");
        }
        Ok((artifacts, table, left_out))
    })
}

/// The texts that the plan alone decides.
fn texts(plan: &BuildPlan) -> Result<Vec<(&'static str, Vec<u8>)>, Failure> {
    let descriptor = Descriptor {
        name: plan.name.clone(),
        servlet_api: plan.servlet_api,
        is_ordered: plan.is_ordered,
        parameters: plan
            .parameters
            .iter()
            .map(|(name, value)| ContextParameter {
                name: name.clone(),
                value: value.clone(),
            })
            .collect(),
    };
    Ok(vec![
        (
            layout::MANIFEST,
            manifest(&[
                ("Created-By", CREATED_BY),
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

fn target_path(
    project: &Project,
    config: &Config,
    plan: &BuildPlan,
    target: &Target,
) -> Result<Utf8PathBuf, Failure> {
    let file_name = format!("{}.war", plan.name);
    Ok(match target {
        Target::Directory(path) | Target::File(path) => path.clone(),
        Target::Own => own_folder(project)?.join(file_name),
        Target::Default => match &config.output {
            Some(output) => project.root.join(&output.value),
            None => project.root.join("dist").join(file_name),
        },
    })
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
