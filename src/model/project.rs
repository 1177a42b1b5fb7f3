//! What reading a project told: the result of `scan`, the input of `plan`.
//!
//! The field names and their order are the JSON of `djwar scan --json`, schema 1.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::Utf8PathBuf;
use serde::Serialize;

use super::{Engine, PathList, PythonVersion, Setting, Span};

/// A Django project as read from disk. None of its code was run.
#[derive(Clone, Debug, Serialize)]
pub struct Project {
    /// The version of this object's shape: 1.
    pub schema: u32,
    /// The project's folder, absolute.
    pub root: Utf8PathBuf,
    /// The name that the WAR gets when nobody says another: letters, digits,
    /// `-`, `_` and `.`.
    pub name: String,
    /// The folder that goes on `sys.path`, relative to `root`; empty for `root`.
    pub source_root: Utf8PathBuf,
    /// More folders for `sys.path`, after that one, relative to `root`.
    pub python_path: Vec<Utf8PathBuf>,
    /// `manage.py`, relative to `root`.
    pub manage_py: Option<Utf8PathBuf>,
    /// The settings module, dotted.
    pub settings: Setting<String>,
    /// Why those settings, in one sentence.
    pub settings_reason: String,
    /// The class of django-configurations that holds the settings.
    pub configuration: Setting<String>,
    /// `module:callable`.
    pub wsgi: Setting<String>,
    /// `module:callable`.
    pub asgi: Setting<String>,
    /// Dotted.
    pub root_urlconf: Setting<String>,
    /// As written in the settings.
    pub installed_apps: Setting<Vec<String>>,
    /// Those of the installed apps which are folders of this project, dotted.
    pub project_apps: Vec<String>,
    /// As written in the settings.
    pub middleware: Setting<Vec<String>>,
    /// By alias; computed as a whole when not even the aliases can be read.
    pub databases: Setting<BTreeMap<String, Database>>,
    /// `STATIC_*`.
    #[serde(rename = "static")]
    pub static_files: StaticFiles,
    /// `MEDIA_*`.
    pub media: Media,
    /// `DIRS` of all template engines.
    pub templates_dirs: Setting<Vec<String>>,
    /// `LOCALE_PATHS`.
    pub locale_paths: Setting<Vec<String>>,
    /// `DEBUG`.
    pub debug: Setting<bool>,
    /// Environment variables that the settings read.
    pub env: Vec<EnvironmentVariable>,
    /// The files that the dependencies were read from, relative to `root`; best
    /// source first, only the used ones.
    pub requirements: Vec<Utf8PathBuf>,
    /// The direct dependencies as written (for a lock file: all of them).
    pub dependencies: Vec<Dependency>,
    /// Application servers among the dependencies: the container serves the
    /// project, so a WAR leaves out those that nothing in the project imports.
    pub servers: Vec<ServerRequirement>,
    /// Django's own specifier or version among them.
    pub django: Option<String>,
    /// The wish for a Python version.
    pub python: Option<PythonWish>,
    /// The engine that fits.
    pub engine: Engine,
    /// Why it fits, in one sentence.
    pub engine_reason: String,
    /// Dependencies that hold C code.
    pub native: Vec<String>,
    /// Files and folders (these end in `/`) inside of the project that it writes
    /// to, and why: sqlite databases and uploads, also those that only a default
    /// names. They must outlive a redeploy.
    pub data: Vec<Exclusion>,
    /// What else it writes to, inside of itself.
    #[serde(skip)]
    pub written: Vec<Written>,
    /// What a WAR must not hold.
    pub exclude: Vec<Exclusion>,
    /// Everything that is wrong or doubtful, sorted by place.
    pub problems: Vec<Problem>,
    /// The files to pack, sorted, relative to `root` with `/`.
    #[serde(skip)]
    pub files: Arc<PathList>,
    /// Tells the requirements' files from every other state of them.
    #[serde(skip)]
    pub requirements_digest: String,
}

/// One entry of `DATABASES`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Database {
    /// For example `django.db.backends.sqlite3`.
    pub engine: Setting<String>,
    /// The database's name; for a file inside the project, relative to the root.
    pub name: Setting<String>,
}

/// `STATIC_*` of the settings. Paths inside the project are relative to its root.
#[derive(Clone, Debug, Default, Serialize)]
pub struct StaticFiles {
    /// `STATIC_URL`.
    pub url: Setting<String>,
    /// `STATIC_ROOT`.
    pub root: Setting<String>,
    /// `STATICFILES_DIRS`.
    pub dirs: Setting<Vec<String>>,
    /// The static files storage's class.
    pub storage: Setting<String>,
}

/// `MEDIA_*` of the settings. Paths inside the project are relative to its root.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Media {
    /// `MEDIA_URL`.
    pub url: Setting<String>,
    /// `MEDIA_ROOT`.
    pub root: Setting<String>,
}

/// An environment variable that the settings read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EnvironmentVariable {
    /// Its name.
    pub name: String,
    /// Whether the settings fail without it.
    pub required: bool,
    /// The literal default in the source, if there is one.
    pub default: Option<String>,
    /// Where it is read.
    pub origin: Span,
}

/// One direct dependency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dependency {
    /// Normalised as PEP 503 has it.
    pub name: String,
    /// The extras that are asked for, as written.
    pub extras: Vec<String>,
    /// The version specifier, empty when there is none; `@ ADDRESS` for what is
    /// no release of an index: `@ git+https://…`, `@ ./libs/thing` (relative to
    /// the project's root).
    pub specifier: String,
    /// Where it is written.
    pub origin: Span,
    /// The environment marker, as written.
    pub marker: Option<String>,
    /// The digests that a lock file demands, as pip writes them: `sha256:…`.
    #[serde(skip)]
    pub hashes: Vec<String>,
    /// The file names of the distributions that a lock file knows.
    #[serde(skip)]
    pub files: Vec<String>,
}

impl Dependency {
    /// One without extras, marker and lock.
    pub fn new(name: String, specifier: impl Into<String>, origin: Span) -> Self {
        Self {
            name,
            extras: Vec::new(),
            specifier: specifier.into(),
            origin,
            marker: None,
            hashes: Vec::new(),
            files: Vec::new(),
        }
    }

    /// The address of what comes from no index.
    pub fn address(&self) -> Option<&str> {
        self.specifier.strip_prefix('@').map(str::trim)
    }

    /// Whether only one version fits.
    pub fn is_pinned(&self) -> bool {
        self.address().is_some()
            || self.specifier.starts_with("==") && !self.specifier.contains(['*', ','])
    }
}

/// An application server that the project names as a dependency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServerRequirement {
    /// Normalised as PEP 503 has it.
    pub name: String,
    /// Where it is written.
    pub origin: Span,
    /// Why it is packed all the same: what imports it.
    pub kept: Option<String>,
}

/// The project's own wish for a Python; in JSON the specifier alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PythonWish {
    /// As written: `>=3.11`, `3.12`.
    pub specifier: String,
    /// The version that djwar takes for it among those it can bundle, if one fits.
    pub version: Option<PythonVersion>,
    /// Where it is written.
    pub origin: Span,
}

impl Serialize for PythonWish {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.specifier)
    }
}

/// A file or folder of the project that a setting names for writing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Relative to the root.
    pub path: String,
    /// `LOGGING`.
    pub setting: &'static str,
    /// Where the setting stands.
    pub origin: Span,
}

/// A path that stays out of the WAR.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exclusion {
    /// Relative to the root; a folder ends in `/`.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// No WAR can be built, or it can't work.
    Error,
    /// The WAR can be built; somebody should look.
    Warning,
}

/// Something wrong or doubtful in the project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Error or warning.
    pub severity: Severity,
    /// A stable, short name: `settings-not-found`.
    pub code: &'static str,
    /// Where, if it has a place.
    pub origin: Option<Span>,
    /// Lower case, no full stop, literals in backticks.
    pub message: String,
    /// The next step for the user.
    pub hint: Option<String>,
}
