//! Turns what the plan and the resolver give into entries.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use walkdir::WalkDir;

use super::{AssembleError, EntryTable};
use crate::model::{
    BuildPlan, Engine, EntrySource, LeftOut, Method, Platform, WarEntry, WarPath, WarPathError,
};
use crate::plan::layout;
use crate::resolve::WheelFile;
use crate::runtime;
use crate::zipfile::Directory;

/// What the resolver brought.
#[derive(Clone, Debug, Default)]
pub struct Artifacts {
    /// The dependencies, in the order in which they'd be installed.
    pub wheels: Vec<WheelArtifact>,
    /// The trimmed interpreter of each platform, as a zip.
    pub homes: Vec<(Platform, Utf8PathBuf)>,
    /// The handler's byte code: a zip of paths relative to its `sys.path` folder.
    pub handler_bytecode: Option<Utf8PathBuf>,
    /// The byte code of the database modules: paths relative to their folder.
    pub jdbc_bytecode: Option<Utf8PathBuf>,
    /// Jars by file name.
    pub jars: Vec<(String, Utf8PathBuf)>,
    /// The collected static files.
    pub static_files: Option<CollectedStatic>,
    /// Static files that were found by reading instead.
    pub static_entries: Vec<WarEntry>,
}

/// One dependency.
#[derive(Clone, Debug)]
pub struct WheelArtifact {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Of the wheel file, in hex.
    pub sha256: String,
    /// The wheel.
    pub archive: Utf8PathBuf,
    /// Its files, and their places below the library folder.
    pub files: Vec<WheelFile>,
    /// Its byte code: a zip of paths below the library folder.
    pub bytecode: Option<Utf8PathBuf>,
}

/// Collected static files.
#[derive(Clone, Debug)]
pub struct CollectedStatic {
    /// `/static/`.
    pub prefix: Option<String>,
    /// The folder they were collected into.
    pub folder: Utf8PathBuf,
    /// The files that the running project reads, relative to the folder.
    pub manifests: Vec<String>,
}

/// The runtime's Python half of an engine, and its database modules.
pub fn runtime_of(engine: Engine) -> (runtime::Files, runtime::Files) {
    match engine {
        Engine::Jython => (runtime::JYTHON, runtime::JDBC),
        Engine::Cpython | Engine::Graalpy => (runtime::HANDLER, &[]),
    }
}

/// Makes the table of everything below the WAR's root but the generated texts,
/// which `generated` brings as path and bytes. What had to stay out is added
/// to `left_out`.
///
/// # Errors
/// See [`AssembleError`].
pub fn assemble(
    plan: &mut BuildPlan,
    artifacts: &Artifacts,
    generated: Vec<(&'static str, Vec<u8>)>,
    left_out: &mut Vec<LeftOut>,
) -> Result<EntryTable, AssembleError> {
    let mut table = EntryTable::default();
    for (path, bytes) in generated {
        add_generated(&mut table, path, bytes)?;
    }
    add(
        &mut table,
        WarPath::new(layout::RUNTIME_JAR),
        "runtime",
        runtime::JAR.to_vec(),
        "the runtime's Java half",
    )?;
    if plan.is_ordered {
        // A Tomcat that skips jars finds no fragment of that name, takes the order for an
        // empty one, and would call no initializer of a jar.
        for (name, bytes) in runtime::INITIALIZERS {
            let reason = "names the runtime's initializer, besides its jar";
            add(
                &mut table,
                layout::service(name),
                "runtime",
                bytes.to_vec(),
                reason,
            )?;
        }
    }
    let (half, modules) = runtime_of(plan.engine);
    for (path, bytes) in half {
        let reason = "the runtime's Python half";
        add(
            &mut table,
            layout::handler(path),
            "runtime",
            bytes.to_vec(),
            reason,
        )?;
    }
    for (path, bytes) in modules {
        let reason = "a database module over JDBC";
        add(
            &mut table,
            layout::jdbc(path),
            "runtime",
            bytes.to_vec(),
            reason,
        )?;
    }
    for (name, path) in &artifacts.jars {
        table.add(WarEntry {
            path: checked(layout::jar(name), "Maven")?,
            source: EntrySource::File(path.clone()),
            method: Method::Deflated,
            reason: "a jar of engine or project".into(),
        })?;
    }
    for entry in std::mem::take(&mut plan.entries) {
        table.add(entry)?;
    }
    let reason: Arc<str> = "a file of the project".into();
    for (path, file) in plan.files.iter() {
        table.add(WarEntry {
            path: checked(layout::application(&path), &reason)?,
            source: EntrySource::File(file),
            method: Method::Deflated,
            reason: reason.clone(),
        })?;
    }
    for wheel in &artifacts.wheels {
        add_wheel(&mut table, wheel, left_out)?;
    }
    for (platform, archive) in &artifacts.homes {
        let reason = format!("the bundled Python {} for {platform}", plan.python);
        add_archive(&mut table, archive, &reason, |name| {
            layout::home(*platform, name)
        })?;
    }
    if let Some(archive) = &artifacts.handler_bytecode {
        add_archive(
            &mut table,
            archive,
            "the runtime's byte code",
            layout::handler,
        )?;
    }
    if let Some(archive) = &artifacts.jdbc_bytecode {
        add_archive(
            &mut table,
            archive,
            "byte code of a database module",
            layout::jdbc,
        )?;
    }
    if let Some(collected) = &artifacts.static_files {
        add_static(&mut table, collected)?;
    }
    for entry in &artifacts.static_entries {
        table.add(entry.clone())?;
    }
    Ok(table)
}

/// Adds the project's byte code: a zip of paths relative to its root. It comes last,
/// since Python compiles while the rest is put together.
///
/// # Errors
/// See [`AssembleError`].
pub fn add_application_bytecode(
    table: &mut EntryTable,
    archive: &Utf8Path,
) -> Result<(), AssembleError> {
    let reason = "the project's byte code";
    add_archive(table, archive, reason, layout::application)
}

/// Adds a text that every WAR has.
///
/// # Errors
/// When the path is taken.
pub fn add_generated(
    table: &mut EntryTable,
    path: &'static str,
    bytes: Vec<u8>,
) -> Result<(), AssembleError> {
    add(
        table,
        WarPath::new(path),
        "render",
        bytes,
        "every WAR has it",
    )
}

fn add(
    table: &mut EntryTable,
    path: Result<WarPath, WarPathError>,
    by: &'static str,
    bytes: Vec<u8>,
    reason: &str,
) -> Result<(), AssembleError> {
    table.add(WarEntry {
        path: checked(path, by)?,
        source: EntrySource::Generated {
            by,
            bytes: bytes.into(),
        },
        method: Method::Deflated,
        reason: reason.into(),
    })
}

fn checked(path: Result<WarPath, WarPathError>, origin: &str) -> Result<WarPath, AssembleError> {
    path.map_err(|source| AssembleError::Path {
        origin: origin.to_owned(),
        source,
    })
}

fn directory(path: &Utf8Path) -> Result<Directory, AssembleError> {
    let mut file = fs_err::File::open(path).map_err(|source| AssembleError::Read {
        path: path.to_owned(),
        source,
    })?;
    Directory::read(&mut file).map_err(|source| AssembleError::Archive {
        path: path.to_owned(),
        source,
    })
}

/// Wheels may share files (`tests/__init__.py` of careless packages). Installers
/// let the later one win without a word; here the first stays, and another
/// content is said.
fn add_wheel(
    table: &mut EntryTable,
    wheel: &WheelArtifact,
    left_out: &mut Vec<LeftOut>,
) -> Result<(), AssembleError> {
    let label: Arc<str> = format!("{} {}", wheel.name, wheel.version).into();
    let archive: Arc<Utf8Path> = wheel.archive.as_path().into();
    for file in &wheel.files {
        let path = checked(layout::library(&file.path), &label)?;
        if let Some(first) = table.get(&path) {
            let EntrySource::Archive { packed, .. } = &first.source else {
                continue;
            };
            if (packed.size, packed.checksum) != (file.packed.size, file.packed.checksum) {
                left_out.push(LeftOut {
                    path: path.to_string(),
                    reason: format!(
                        "{label} brings it too, with other content than {}",
                        first.reason
                    ),
                });
            }
            continue;
        }
        table.add(WarEntry {
            path,
            source: EntrySource::Archive {
                archive: archive.clone(),
                name: file.entry.as_str().into(),
                packed: file.packed,
            },
            method: Method::Copied,
            reason: label.clone(),
        })?;
    }
    match &wheel.bytecode {
        Some(bytecode) => {
            let reason = format!("byte code of {label}");
            add_archive(table, bytecode, &reason, layout::library)
        }
        None => Ok(()),
    }
}

/// Adds every file of a zip that djwar made, except what is there already.
fn add_archive(
    table: &mut EntryTable,
    path: &Utf8Path,
    reason: &str,
    place: impl Fn(&str) -> Result<WarPath, WarPathError>,
) -> Result<(), AssembleError> {
    let archive: Arc<Utf8Path> = path.into();
    let label: Arc<str> = reason.into();
    for member in directory(path)?.members() {
        if member.is_folder() {
            continue;
        }
        let target = checked(place(&member.name), reason)?;
        if table.has(&target) {
            continue;
        }
        table.add(WarEntry {
            path: target,
            source: EntrySource::Archive {
                archive: archive.clone(),
                name: member.name.as_str().into(),
                packed: member.packed(),
            },
            method: Method::Copied,
            reason: label.clone(),
        })?;
    }
    Ok(())
}

fn add_static(table: &mut EntryTable, collected: &CollectedStatic) -> Result<(), AssembleError> {
    let reason = "a static file, served by the container";
    for entry in WalkDir::new(&collected.folder).sort_by_file_name() {
        let entry = entry.map_err(|error| AssembleError::Read {
            path: collected.folder.clone(),
            source: error.into(),
        })?;
        if !entry.file_type().is_file() {
            continue;
        }
        let Some((path, relative)) = Utf8Path::from_path(entry.path())
            .and_then(|path| Some((path, path.strip_prefix(&collected.folder).ok()?)))
        else {
            return Err(AssembleError::Path {
                origin: entry.path().display().to_string(),
                source: WarPathError {
                    path: entry.path().display().to_string(),
                    reason: "its name is not UTF-8",
                },
            });
        };
        let name = relative.as_str().replace('\\', "/");
        let file = |target: WarPath, reason: &str| WarEntry {
            path: target,
            source: EntrySource::File(path.to_owned()),
            method: Method::Deflated,
            reason: reason.into(),
        };
        if let Some(prefix) = &collected.prefix {
            let target = checked(layout::static_file(prefix, &name), reason)?;
            table.add(file(target, reason))?;
        }
        if collected.manifests.contains(&name) {
            let target = checked(layout::static_manifest(&name), reason)?;
            table.add(file(target, "a manifest of the static files, for Django"))?;
        }
    }
    Ok(())
}
