//! Asks the resolver for everything that the plan wants.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::assemble::{Artifacts, CollectedStatic, EntryTable, WheelArtifact, runtime_of};
use crate::config::Config;
use crate::error::{Failure, Kind};
use crate::model::{
    BuildPlan, Coordinates, Engine, FileDigests, LeftOut, PathList, Platform, Project, Setting,
    StaticMode,
};
use crate::plan::{PlanError, StaticPrefix, prefix_of};
use crate::render::dependencies_pom;
use crate::report::Report;
use crate::resolve::cache::FileIndex;
use crate::resolve::{
    Cache, ClassPath, Host, Python, PythonFile, PythonHome, Resolution, Resolver, Wheel,
    WheelLayout, WheelRequest,
};
use crate::runtime;

use super::Clock;
use super::built::Built;
use super::collect::{Collection, collect};
use super::static_copy::static_entries;

/// What everything else follows from: the project's files, the interpreter, the
/// packages. Cheap when nothing is new.
pub(super) struct Basis<'a> {
    pub(super) resolver: Resolver<'a>,
    pub(super) digests: FileDigests,
    pub(super) built: Built,
    pub(super) python: Box<dyn Python>,
    /// The jars of engine and project.
    pub(super) jars: ClassPath,
    pub(super) home: Option<PythonHome>,
    pub(super) resolution: Resolution,
    platform: Option<Platform>,
}

impl<'a> Basis<'a> {
    pub(super) fn of(
        project: &Project,
        config: &Config,
        plan: &BuildPlan,
        host: Host,
        offline: bool,
        report: &'a dyn Report,
        clock: &mut Clock,
    ) -> Result<Self, Failure> {
        let platform = match plan.engine {
            Engine::Cpython => Some(only_platform(plan)?),
            Engine::Jython | Engine::Graalpy => None,
        };
        let resolver = Resolver::new(host, project.root.clone(), offline, report)?;
        let digests = digests(&resolver.cache, project, plan)?;
        let built = Built::of(&resolver.cache, project, config, plan)?;
        clock.lap("files");
        let request = WheelRequest::of_project(
            project,
            plan.python,
            // Jython's wheels are for any.
            platform.unwrap_or(Platform::LinuxX86_64),
        );
        if offline {
            // Else the cache would be blamed for what no network mends.
            request.check_texts()?;
        }
        let wanted: Vec<Coordinates> = plan
            .jars
            .iter()
            .map(|jar| jar.coordinates.clone())
            .collect();
        let jars = resolver
            .maven
            .class_path(&dependencies_pom(&plan.jars)?, &wanted)?;
        let (python, home): (Box<dyn Python>, _) = match platform {
            Some(platform) => (
                Box::new(resolver.interpreter(&plan.interpreter)?),
                resolver.python_home(&plan.interpreter, platform)?,
            ),
            None => (Box::new(resolver.jython(&jars)?), None),
        };
        clock.lap("python");
        let resolution = resolver.wheels(&request, python.as_ref())?;
        clock.lap("wheels");
        brings_django(&resolution, plan)?;
        Ok(Self {
            resolver,
            digests,
            built,
            python,
            jars,
            home,
            resolution,
            platform,
        })
    }
}

/// The content of the project's files, read where it may have changed.
fn digests(cache: &Cache, project: &Project, plan: &BuildPlan) -> Result<FileDigests, Failure> {
    digests_of(cache, "files", &project.root, &plan.files.list)
}

/// What the table brings beside the project's files: collected static files.
pub(super) fn more_digests(
    basis: &Basis<'_>,
    project: &Project,
    table: &EntryTable,
) -> Result<FileDigests, Failure> {
    let files: PathList = table
        .files()
        .filter(|file| basis.digests.get(file).is_none())
        .collect();
    let name = format!("collected static files of {}", project.root);
    digests_of(&basis.resolver.cache, &name, "".into(), &Arc::new(files))
}

pub(super) fn digests_of(
    cache: &Cache,
    name: &str,
    root: &Utf8Path,
    files: &Arc<PathList>,
) -> Result<FileDigests, Failure> {
    if files.is_empty() {
        return Ok(FileDigests::default());
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    FileIndex::of(cache, name, root)
        .digests(files, threads)
        .map_err(|error| Failure::new(Kind::Environment, error.to_string()))
}

/// All but the project's own byte code, which is compiled meanwhile.
pub(super) fn gather(
    basis: &Basis<'_>,
    project: &Project,
    config: &Config,
    plan: &mut BuildPlan,
    clock: &mut Clock,
) -> Result<Artifacts, Failure> {
    let Basis {
        resolver,
        python,
        jars,
        home,
        resolution,
        platform,
        ..
    } = basis;
    let python = python.as_ref();
    let report = resolver.report;
    let bytecode = if config.byte_code {
        resolver.bytecode(resolution, python)?
    } else {
        Vec::new()
    };
    let wheels = wheels(resolution, bytecode, &mut plan.left_out)?;
    let (half, modules) = runtime_of(plan.engine);
    let handler_bytecode = bytecode_of(resolver, half, python)?;
    let jdbc_bytecode = match modules {
        [] => None,
        modules => Some(bytecode_of(resolver, modules, python)?),
    };
    clock.lap("byte code");
    let mut artifacts = Artifacts {
        wheels,
        jars: jars
            .jars
            .iter()
            .map(|jar| (jar.name.clone(), jar.path.clone()))
            .collect(),
        homes: home
            .iter()
            .filter_map(|home| Some(((*platform)?, home.archive.clone())))
            .collect(),
        handler_bytecode: Some(handler_bytecode),
        jdbc_bytecode,
        static_files: None,
        static_entries: Vec::new(),
    };
    let mut prefix = None;
    if plan.static_mode == StaticMode::Collect
        && let Some(url) = elsewhere(project)
    {
        plan.static_mode = StaticMode::None;
        report.status(&format!(
            "Collecting no static files: `STATIC_URL` is `{url}`"
        ));
    }
    if plan.static_mode == StaticMode::Collect || !config.before.is_empty() {
        let collection = collect(basis, project, config, plan)?;
        collection.pack_made(plan)?;
        if plan.static_mode == StaticMode::Collect {
            artifacts.static_files = placed(collection, report)?;
            prefix = artifacts
                .static_files
                .as_ref()
                .and_then(|found| found.prefix.clone());
        }
        clock.lap("static files");
    }
    if plan.static_mode == StaticMode::Copy {
        artifacts.static_entries = static_entries(project, plan, &artifacts.wheels)?;
        prefix.clone_from(&plan.static_prefix);
        clock.lap("static files");
    }
    if let Some(prefix) = prefix {
        // A configured parameter wins over what was found.
        if !plan
            .parameters
            .iter()
            .any(|(name, _)| name == STATIC_PREFIXES)
        {
            plan.parameters.push((STATIC_PREFIXES.to_owned(), prefix));
            plan.parameters.sort();
        }
    }
    Ok(artifacts)
}

/// The byte code of files of ours.
fn bytecode_of(
    resolver: &Resolver<'_>,
    files: runtime::Files,
    python: &dyn Python,
) -> Result<Utf8PathBuf, Failure> {
    let folder = resolver.folder_of(files)?;
    let files: Vec<PythonFile> = files
        .iter()
        .filter(|(path, _)| path.ends_with(".py"))
        .map(|(path, _)| PythonFile {
            source: folder.join(path),
            path: (*path).to_owned(),
            is_editable: false,
        })
        .collect();
    Ok(resolver.bytecode_of_files(&files, &FileDigests::default(), python)?)
}

/// Django's default.
const PLAIN_STORAGE: &str = "django.contrib.staticfiles.storage.StaticFilesStorage";

/// The platform that wheels are brought for.
pub(super) fn only_platform(plan: &BuildPlan) -> Result<Platform, Failure> {
    match plan.platforms[..] {
        [platform] => Ok(platform),
        _ => Err(
            Failure::new(Kind::Usage, "this release packs wheels for one platform")
                .with_hint("name one in `platforms`, and build a WAR for each"),
        ),
    }
}

const STATIC_PREFIXES: &str = "djwar.static-prefixes";

fn wheels(
    resolution: &Resolution,
    bytecode: Vec<Utf8PathBuf>,
    left_out: &mut Vec<LeftOut>,
) -> Result<Vec<WheelArtifact>, Failure> {
    let mut artifacts = Vec::new();
    let bytecode = bytecode
        .into_iter()
        .map(Some)
        .chain(std::iter::repeat(None));
    for (wheel, bytecode) in resolution.wheels.iter().zip(bytecode) {
        let layout = wheel.layout()?;
        left_out.extend(by_reason(wheel, &layout));
        artifacts.push(WheelArtifact {
            name: wheel.name.clone(),
            version: wheel.version.clone(),
            sha256: wheel.sha256.clone(),
            archive: wheel.path.clone(),
            files: layout.files,
            bytecode,
        });
    }
    Ok(artifacts)
}

/// One row a reason: a wheel leaves out a thousand files for the same one.
fn by_reason(wheel: &Wheel, layout: &WheelLayout) -> Vec<LeftOut> {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for left in &layout.left_out {
        reasons.entry(left.reason).or_default().push(&left.entry);
    }
    reasons
        .into_iter()
        .map(|(reason, entries)| {
            let more = match entries.len() {
                1 => String::new(),
                many => format!(" and {} more", many - 1),
            };
            LeftOut {
                path: format!("{} {}: {}{more}", wheel.name, wheel.version, entries[0]),
                reason: reason.to_owned(),
            }
        })
        .collect()
}

pub(super) fn python_files(plan: &BuildPlan) -> Vec<PythonFile> {
    plan.files
        .iter()
        .filter(|(path, _)| path.ends_with(".py"))
        .map(|(path, source)| PythonFile {
            source,
            path,
            is_editable: true,
        })
        .collect()
}

/// Django may come with another package, so that only resolving tells. A few
/// projects hold a copy of it.
fn brings_django(resolution: &Resolution, plan: &BuildPlan) -> Result<(), Failure> {
    let own = plan.source_root.join("django/__init__.py");
    let is_there = resolution.wheels.iter().any(|wheel| wheel.name == "django")
        || plan.files.list.find(own.as_str()).is_some();
    if is_there {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Project,
        "Django is not among the packages that the project's requirements bring",
    )
    .with_hint("add it to them: a WAR brings all that the project imports"))
}

/// The `STATIC_URL` of a site whose static files lie on another host and have plain
/// names: there is nothing to collect, not even a manifest.
fn elsewhere(project: &Project) -> Option<&str> {
    let url = project.static_files.url.known()?;
    let plain = match &project.static_files.storage {
        Setting::Missing => true,
        Setting::Known(storage, _) => storage == PLAIN_STORAGE,
        Setting::Dynamic(_) => false,
    };
    (plain && prefix_of(url) == StaticPrefix::Elsewhere).then_some(url)
}

/// Where the collected files go: the settings' `STATIC_URL` as Django saw it.
fn placed(collection: Collection, report: &dyn Report) -> Result<Option<CollectedStatic>, Failure> {
    if let Some(storage) = &collection.found.remote_storage {
        report.status(&format!(
            "Leaving static files to `{storage}`: it keeps them elsewhere"
        ));
        return Ok(None);
    }
    if let [first, ..] = collection.found.kept.as_slice() {
        report.status(&format!(
            "Keeping {} files of `STATIC_ROOT` that collectstatic does not bring, such as `{first}`",
            collection.found.kept.len()
        ));
    }
    let Some(url) = collection.found.static_url.as_deref() else {
        return Ok(None);
    };
    let prefix = match prefix_of(url) {
        StaticPrefix::Folder(prefix) => Some(prefix),
        StaticPrefix::Elsewhere => {
            report.status(&format!(
                "Leaving static files out: `STATIC_URL` is `{url}`"
            ));
            None
        }
        StaticPrefix::Everything => {
            return Err(PlanError::StaticEverything(None).into());
        }
        StaticPrefix::Nowhere => {
            let url = url.to_owned();
            return Err(PlanError::StaticNowhere { url, span: None }.into());
        }
    };
    // A site whose files a CDN serves still reads their names from the manifest.
    let is_empty = match prefix {
        Some(_) => collection.found.files == 0,
        None => collection.found.manifests.is_empty(),
    };
    Ok((!is_empty).then_some(CollectedStatic {
        prefix,
        folder: collection.folder,
        manifests: collection.found.manifests,
    }))
}
