//! A WAR's table of entries → a Maven project that makes the same WAR. Owns the
//! layout of that project; what is in the WAR is the table's.

mod error;
mod repository;
mod sync;

use camino::{Utf8Path, Utf8PathBuf};

use crate::assemble::EntryTable;
use crate::deploy::JETTY_PLUGIN;
use crate::error::Failure;
use crate::model::{BuildPlan, Engine, WarEntry};
use crate::plan::layout;
use crate::render::{Dependency, SkeletonPom, skeleton_pom};
use crate::runtime;
use crate::write::{DirectoryWriter, Packing, ZipWarWriter, write};

pub use error::SkeletonError;
use repository::Repository;
pub use sync::Outcome;

/// Where a WAR's files lie in a Maven project.
const WEB_APPLICATION: &str = "src/main/webapp";

/// What Maven calls a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `groupId`.
    pub group: String,
    /// `artifactId`.
    pub artifact: String,
    /// `version`.
    pub version: String,
}

/// Writes the project, or brings one that was written earlier up to date: what the
/// user has changed since stays as it is.
///
/// # Errors
/// When the folder holds somebody else's project, or the disk refuses.
pub fn skeleton(
    plan: &BuildPlan,
    table: &EntryTable,
    identity: &Identity,
    folder: &Utf8Path,
    created_by: &str,
) -> Result<Outcome, Failure> {
    sync::check(folder)?;
    let scratch = tempfile::tempdir().map_err(SkeletonError::Disk)?;
    let scratch = Utf8Path::from_path(scratch.path())
        .ok_or_else(|| SkeletonError::NotUtf8(scratch.path().display().to_string()))?;
    let fresh = scratch.join("project");
    let mut parts = EntryTable::default();
    let mut loose = EntryTable::default();
    for entry in table.iter() {
        match place_of(plan, &entry) {
            Place::Maven => {}
            Place::Parts => parts.add(entry)?,
            Place::Loose => loose.add(entry)?,
        }
    }
    fs_err::create_dir_all(fresh.join("src/main")).map_err(SkeletonError::Disk)?;
    let web_application = fresh.join(WEB_APPLICATION);
    write(
        &loose,
        Box::new(DirectoryWriter::create(&web_application)?),
        || (),
    )?;
    let zip = scratch.join("parts.zip");
    let packing = Packing::default();
    write(
        &parts,
        Box::new(ZipWarWriter::create(&zip, packing)?),
        || (),
    )?;
    let repository = Repository::in_folder(fresh.join("repository"));
    let runtime_version = repository.add(
        "org.djwar",
        "djwar-runtime",
        env!("CARGO_PKG_VERSION"),
        "jar",
        runtime::JAR,
    )?;
    let bytes = fs_err::read(&zip).map_err(SkeletonError::Disk)?;
    let parts_version = repository.add(
        &identity.group,
        &format!("{}-python", identity.artifact),
        &identity.version,
        "zip",
        &bytes,
    )?;
    let unpacked = unpacked_folders(&parts);
    let packages = parts
        .iter()
        .find_map(|entry| layout::packages_name(&entry.path).map(str::to_owned));
    let pom = skeleton_pom(&SkeletonPom {
        group: &identity.group,
        artifact: &identity.artifact,
        version: &identity.version,
        name: &plan.name,
        engine: plan.engine,
        created_by,
        runtime_version: &runtime_version,
        jetty_version: JETTY_PLUGIN,
        parts_version: &parts_version,
        unpacked: &unpacked,
        packages: packages.as_deref(),
        jars: plan.jars.iter().map(Dependency::of).collect(),
    })?;
    let put =
        |name: &str, text: &str| fs_err::write(fresh.join(name), text).map_err(SkeletonError::Disk);
    put("pom.xml", &pom)?;
    put("README.md", &readme(plan))?;
    put(".gitignore", &ignored(&unpacked, packages.is_some()))?;
    Ok(sync::sync(&fresh, folder)?)
}

enum Place {
    /// Maven or its plugins bring it.
    Maven,
    /// In an archive that Maven unpacks.
    Parts,
    /// As a file that people edit.
    Loose,
}

fn place_of(plan: &BuildPlan, entry: &WarEntry) -> Place {
    let path = &entry.path;
    if path.as_str() == layout::MANIFEST || path.as_str().starts_with("WEB-INF/lib/") {
        return Place::Maven;
    }
    if layout::is_application(path.as_str()) {
        let is_compiled = path.as_str().ends_with("$py.class");
        return match plan.engine {
            Engine::Jython if is_compiled => Place::Maven,
            _ if path.as_str().ends_with(".pyc") => Place::Parts,
            _ => Place::Loose,
        };
    }
    if layout::is_python(path) || layout::is_served(path) {
        Place::Parts
    } else {
        Place::Loose
    }
}

/// The folders of the web application that hold nothing but what is unpacked.
fn unpacked_folders(parts: &EntryTable) -> Vec<String> {
    let mut folders: Vec<String> = parts
        .iter()
        .filter(|entry| {
            !layout::is_application(entry.path.as_str())
                && layout::packages_name(&entry.path).is_none()
        })
        .map(|entry| {
            let path = entry.path.as_str();
            let depth = if layout::is_python(&entry.path) { 3 } else { 1 };
            path.split('/').take(depth).collect::<Vec<_>>().join("/")
        })
        .collect();
    folders.dedup();
    folders
}

fn ignored(unpacked: &[String], has_packages: bool) -> String {
    use std::fmt::Write as _;
    let mut text = String::from(
        "/target/\n/data/\n__pycache__/\n*.pyc\n*$py.class\n# `mvn` unpacks these from repository/\n",
    );
    for folder in unpacked {
        let _ = writeln!(text, "/{WEB_APPLICATION}/{folder}/");
    }
    if has_packages {
        let _ = writeln!(text, "/{WEB_APPLICATION}/WEB-INF/python/packages-*.zip");
    }
    text
}

fn readme(plan: &BuildPlan) -> String {
    let name = &plan.name;
    let own_jars = if plan.is_ordered {
        "| the order of jars: a dependency that registers servlets or filters itself needs `<others/>` in it | `<absolute-ordering>` of `web.xml` |\n"
    } else {
        ""
    };
    format!(
        "# {name}: a Django project as a Maven project\n\n\
         Made by `djwar skeleton` for the engine `{engine}`. It needs a JDK 17 and Maven.\n\n\
         | command | what it does |\n|---|---|\n\
         | `mvn package` | makes `target/{name}.war`, which Tomcat 9 and later and Jetty 9.4 and later deploy |\n\
         | `mvn jetty:run` | serves the project at http://localhost:8080/ (`-Djetty.http.port=9000` elsewhere); a template or view that you edit shows at the next request |\n\
         | `djwar manage target/{name}.war --data-dir data -- migrate` | runs a management command on the data of `mvn jetty:run` |\n\n\
         | what | where |\n|---|---|\n\
         | the Django project, to edit | `src/main/webapp/WEB-INF/python/app/` |\n\
         | settings of the runtime | `src/main/webapp/WEB-INF/web.xml` |\n\
         {own_jars}\
         | packages, static files{and_python}, unpacked by `mvn` and not to edit | `repository/` |\n\
         | database and uploads of `mvn jetty:run` | `data/` |\n\n\
         After a change of requirements or static files: `djwar skeleton PROJECT -o .` again. It brings up to date what it made, \
         and leaves alone what was edited here; `.djwar-skeleton.json` is how it knows.\n",
        engine = plan.engine,
        and_python = if plan.engine == Engine::Cpython {
            ", the interpreter"
        } else {
            ""
        },
    )
}

/// The project's version as its `pyproject.toml` says it.
pub fn version_of(root: &Utf8Path) -> Option<String> {
    let text = fs_err::read_to_string(root.join("pyproject.toml")).ok()?;
    let table: toml::Table = toml::from_str(&text).ok()?;
    let of = |table: Option<&toml::Value>| {
        table?
            .get("version")?
            .as_str()
            .map(str::to_owned)
            .filter(|version| is_coordinate(version))
    };
    of(table.get("project")).or_else(|| of(table.get("tool")?.get("poetry")))
}

/// Whether Maven takes it as a part of coordinates.
pub fn is_coordinate(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('.')
        && text
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter))
}

/// Where the skeleton goes, when that is a place for one.
///
/// # Errors
/// When it is inside the project, which would pack itself.
pub fn target(project: &Utf8Path, folder: Utf8PathBuf) -> Result<Utf8PathBuf, SkeletonError> {
    if folder.starts_with(project) {
        return Err(SkeletonError::InsideProject(folder));
    }
    Ok(folder)
}
