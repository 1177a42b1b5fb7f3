//! What goes into a WAR: entries, where their bytes come from, and why.

use camino::Utf8PathBuf;
use serde::Serialize;

use super::{Coordinates, Engine, Platform, PythonVersion, ServletApi, WarPath};

/// How an entry is kept in the archive (APPNOTE 4.4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// As it is: the content is compressed already, or too small.
    Stored,
    /// Deflated.
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
        bytes: Vec<u8>,
    },
    /// An entry of another archive, whose compressed bytes are copied.
    Archive {
        /// The archive.
        archive: Utf8PathBuf,
        /// The entry's name in it.
        name: String,
        /// Bytes, uncompressed, as its directory says.
        size: u64,
    },
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
    pub reason: String,
}

/// Something that stays out of the WAR.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LeftOut {
    /// Relative to where it was found.
    pub path: String,
    /// Why.
    pub reason: String,
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
    /// The Python of the target.
    pub python: PythonVersion,
    /// Why that Python.
    pub python_reason: String,
    /// The platforms whose interpreter the WAR brings.
    pub platforms: Vec<Platform>,
    /// Artifacts that the resolver must bring.
    pub artifacts: Vec<Coordinates>,
    /// `DJANGO_SETTINGS_MODULE`.
    pub settings: String,
    /// `module:callable`.
    pub wsgi: String,
    /// The context-params of web.xml, sorted by name.
    pub parameters: Vec<(String, String)>,
    /// The project's files.
    pub entries: Vec<WarEntry>,
    /// What stays out.
    pub left_out: Vec<LeftOut>,
}
