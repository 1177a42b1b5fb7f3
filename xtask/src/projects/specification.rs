//! The shape of `tests/projects.toml`.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::shell::root;

/// All of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Specification {
    pub(super) project: Vec<Project>,
}

/// One public project.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Project {
    pub(super) name: String,
    pub(super) package: String,
    pub(super) version: String,
    /// When that version was published.
    pub(super) year: u32,
    #[serde(default)]
    pub(super) artifact: Artifact,
    /// For `artifact = "template"`: the command that writes a project into the
    /// folder `project`.
    #[serde(default)]
    pub(super) generate: Vec<String>,
    /// The project's folder inside of what was downloaded.
    #[serde(default)]
    pub(super) folder: String,
    /// Files that an operator has to write, into that folder.
    #[serde(default)]
    pub(super) files: BTreeMap<String, String>,
    /// What kind of project it is, for the table.
    pub(super) shape: String,
    /// What came of it, for the table.
    pub(super) result: String,
    /// Part of the message with which djwar refuses it.
    pub(super) refused: Option<String>,
    /// Paths into the scan's JSON and what is there, whole.
    #[serde(default)]
    pub(super) scan: BTreeMap<String, toml::Value>,
    /// Paths into the scan's JSON and some of what is there.
    #[serde(default)]
    pub(super) holds: BTreeMap<String, Vec<String>>,
    pub(super) serve: Option<Serve>,
}

/// What pip brings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Artifact {
    /// The source distribution.
    #[default]
    Sdist,
    /// The wheel, unpacked.
    Wheel,
    /// What its own command generates.
    Template,
}

/// How it is built and deployed, and what its pages say.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Serve {
    /// Servers that it needs beside the container.
    #[serde(default)]
    pub(super) services: Vec<Service>,
    /// Variables of the build, of management commands and of the container; `{work}` is
    /// a temporary folder, `{pg-port}` and its like belong to the services.
    #[serde(default)]
    pub(super) environment: BTreeMap<String, String>,
    /// Management commands before it is served.
    #[serde(default)]
    pub(super) manage: Vec<Vec<String>>,
    /// The context path.
    #[serde(default = "root_context")]
    pub(super) context: String,
    /// Whether its pages are compared with what gunicorn serves of the same project.
    #[serde(default)]
    pub(super) compare: bool,
    /// Page and what it says.
    pub(super) pages: Vec<(String, String)>,
}

/// What the suite starts for a project, empty, on a port of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Service {
    Postgresql,
    Redis,
}

impl Service {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Postgresql => "PostgreSQL",
            Self::Redis => "Redis",
        }
    }
}

fn root_context() -> String {
    "/".to_owned()
}

impl Specification {
    pub(super) fn read() -> Result<Self> {
        let path = root().join("tests/projects.toml");
        let text = fs_err::read_to_string(path)?;
        toml::from_str(&text).context("tests/projects.toml")
    }
}
