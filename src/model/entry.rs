//! What goes into a WAR: entries, where their bytes come from, and why.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::{
    Coordinates, Engine, PathList, Platform, PythonChoice, PythonVersion, ServletApi, WarPath,
};

/// How an entry is kept in the archive (APPNOTE 4.4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// As it is, unseen.
    Stored,
    /// Deflated, where that gains anything.
    Deflated,
    /// As the archive that it is copied from has it.
    Copied,
}

/// Where an entry's bytes come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EntrySource {
    /// A file on disk.
    File(Utf8PathBuf),
    /// Bytes that djwar made; the text names what made them.
    Generated {
        /// Which part of djwar made them.
        by: &'static str,
        /// The bytes.
        #[serde(skip)]
        bytes: Arc<[u8]>,
    },
    /// An entry of another archive, whose compressed bytes are copied.
    Archive {
        /// The archive; shared, since a WAR has tens of thousands of entries.
        archive: Arc<Utf8Path>,
        /// The entry's name in it.
        name: Box<str>,
        /// What its directory says.
        packed: Packed,
    },
}

/// What the directory of an archive says of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Packed {
    /// Bytes, uncompressed.
    pub size: u64,
    /// CRC-32 of them.
    pub checksum: u32,
    /// How it is packed (APPNOTE 4.4.5).
    pub method: u16,
    /// Whether the bytes are encrypted.
    pub is_encrypted: bool,
    /// Bytes in the archive.
    pub compressed: u64,
    /// Where its local record starts.
    pub header: u64,
}

/// One entry of the WAR.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WarEntry {
    /// Where it goes.
    pub path: WarPath,
    /// Where it comes from.
    pub source: EntrySource,
    /// How it is kept.
    pub method: Method,
    /// Why it is there, for `djwar plan`.
    pub reason: Arc<str>,
}

impl WarEntry {
    /// The file on disk that it is, if it is one.
    pub fn file(&self) -> Option<&Utf8Path> {
        match &self.source {
            EntrySource::File(path) => Some(path),
            EntrySource::Generated { .. } | EntrySource::Archive { .. } => None,
        }
    }

    /// Where its bytes come from and why it is there, for a message about two that
    /// can't both be there.
    pub fn origin(&self) -> String {
        let reason = &self.reason;
        match &self.source {
            EntrySource::File(path) => format!("{reason} (`{path}`)"),
            EntrySource::Generated { by, .. } => format!("{reason} (djwar's {by})"),
            EntrySource::Archive { archive, name, .. } => {
                let archive = archive.file_name().unwrap_or(archive.as_str());
                format!("{reason} (`{name}` of `{archive}`)")
            }
        }
    }
}

/// Something that stays out of the WAR.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LeftOut {
    /// Relative to where it was found.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// How static files get into the WAR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StaticMode {
    /// Django's collectstatic, with the WAR's Python.
    Collect,
    /// The folders found by reading, with no code run.
    Copy,
    /// Not at all.
    None,
}

/// The project's files that are packed.
#[derive(Clone, Debug, Default)]
pub struct ProjectFiles {
    /// The project's folder.
    pub root: Utf8PathBuf,
    /// Relative to it; shared with what was scanned and with the digests.
    pub list: Arc<PathList>,
}

impl ProjectFiles {
    /// The paths relative to the project's root, and those on disk.
    pub fn iter(&self) -> impl Iterator<Item = (String, Utf8PathBuf)> {
        self.list.iter().map(|path| {
            let file = self.root.join(&path);
            (path, file)
        })
    }
}

/// What a build will do, decided from the project and the configuration alone:
/// the same input gives the same plan.
#[derive(Clone, Debug, Serialize)]
pub struct BuildPlan {
    /// The WAR's name without its ending.
    pub name: String,
    /// The engine.
    pub engine: Engine,
    /// Why that engine.
    pub engine_reason: String,
    /// The servlet namespace.
    pub servlet_api: ServletApi,
    /// The interpreter.
    pub interpreter: PythonChoice,
    /// The Python that packages and byte code are for.
    pub python: PythonVersion,
    /// Why that Python.
    pub python_reason: String,
    /// The platforms whose interpreter and wheels the WAR brings.
    pub platforms: Vec<Platform>,
    /// `DJANGO_SETTINGS_MODULE`.
    pub settings: String,
    /// Where the settings module is named.
    pub settings_reason: String,
    /// `DJANGO_CONFIGURATION`: the class that holds the settings, if one does.
    pub configuration: Option<String>,
    /// `module:callable`.
    pub wsgi: String,
    /// The folder that goes on `sys.path`, relative to the project's root.
    pub source_root: Utf8PathBuf,
    /// More folders for `sys.path`, after that one, absolute or relative to the
    /// project's root.
    pub python_path: Vec<Utf8PathBuf>,
    /// How static files get in.
    pub static_mode: StaticMode,
    /// The folder of the WAR that static files go to, as a prefix of the path
    /// below the context: starts and ends with `/`. `None`: only collecting
    /// tells, or there is nothing to serve.
    pub static_prefix: Option<String>,
    /// Paths of the project that outlive a redeploy.
    pub data: Vec<DataPath>,
    /// The jars of engine and project, with what they need.
    pub jars: Vec<Jar>,
    /// Whether containers leave all jars but the runtime's alone (Servlet §8.2.2).
    pub is_ordered: bool,
    /// The context-params of web.xml, sorted by name.
    pub parameters: Vec<(String, String)>,
    /// The project's files.
    #[serde(skip)]
    pub files: ProjectFiles,
    /// What commands of `before` made in the place of some of them, or beside them.
    pub entries: Vec<WarEntry>,
    /// What stays out.
    pub left_out: Vec<LeftOut>,
}

impl BuildPlan {
    /// The project's folders on `sys.path` when it lies in `folder`.
    pub fn python_path_in(&self, folder: &Utf8Path) -> Vec<Utf8PathBuf> {
        let all = std::iter::once(&self.source_root).chain(&self.python_path);
        // Joining nothing leaves a slash at the end.
        all.map(|below| match below.as_str() {
            "" | "." => folder.to_owned(),
            _ => folder.join(below),
        })
        .collect()
    }
}

/// A jar that the WAR brings, by coordinates; Maven adds what it depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Jar {
    /// What to ask Maven for.
    pub coordinates: Coordinates,
    /// `groupId`, `artifactId` of dependencies that stay out.
    pub exclusions: Vec<(String, String)>,
    /// Why it is there.
    pub reason: String,
}

/// A path of the project that outlives a redeploy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DataPath {
    /// Relative to the project's root; a folder ends in `/`.
    pub path: String,
    /// Who says so.
    pub reason: String,
}
