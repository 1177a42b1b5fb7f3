//! `META-INF/djwar.json`: what was built, by what, from what. Holds no secret,
//! no time and no path of the build machine.

use serde::Serialize;

use crate::model::{Engine, Platform, PythonVersion, ServletApi};

/// The content of the record.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// The version of this object's shape: 1.
    pub schema: u32,
    /// The WAR's name.
    pub name: String,
    /// djwar's version.
    pub djwar: &'static str,
    /// The engine.
    pub engine: Engine,
    /// The servlet namespace.
    pub servlet_api: ServletApi,
    /// The Python of the WAR.
    pub python: PythonVersion,
    /// The platforms it runs on; empty with the host's Python.
    pub platforms: Vec<Platform>,
    /// The settings module.
    pub settings: String,
    /// `module:callable`.
    pub wsgi: String,
    /// The dependencies.
    pub wheels: Vec<RecordedWheel>,
    /// SHA-256 over paths and contents of everything below `WEB-INF/python`: the
    /// runtime unpacks a packed WAR once per digest.
    pub digest: String,
}

/// One dependency in the record.
#[derive(Clone, Debug, Serialize)]
pub struct RecordedWheel {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Of the wheel file.
    pub sha256: String,
}

impl Record {
    /// The record as JSON with a final newline.
    ///
    /// # Panics
    /// Never: the fields are strings and enums.
    pub fn to_json(&self) -> Vec<u8> {
        let mut bytes =
            serde_json::to_vec_pretty(self).expect("strings and enums always serialize");
        bytes.push(b'\n');
        bytes
    }
}
