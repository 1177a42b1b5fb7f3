//! Static files, collected by the project's own Django with the WAR's Python.
//! The project's folder is only read.

use camino::Utf8Path;
use serde::{Deserialize, Serialize};

use super::environment::Environment;
use super::error::{ResolveError, Said};
use super::project_answer::Startable;
use super::resolver::Resolver;

/// What to collect.
#[derive(Clone, Copy, Debug)]
pub struct StaticRequest<'a> {
    /// Where.
    pub project: Startable<'a>,
    /// Management commands in their order; `collectstatic` is one of them.
    pub commands: &'a [Vec<String>],
    /// The names of variables which the settings fail without, for the hint.
    pub required: &'a [String],
}

/// What was collected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaticFiles {
    /// `STATIC_URL` as the settings have it; none without `django.contrib.staticfiles`.
    pub static_url: Option<String>,
    /// How many files.
    pub files: u64,
    /// The files that the running project reads, relative to the folder: the
    /// manifest of the storage, and that of django-compressor.
    pub manifests: Vec<String>,
    /// The files of the project that the commands made or changed, relative to it.
    #[serde(default)]
    pub made: Vec<String>,
    /// The files of the project that were read, relative to it; none when that
    /// isn't known.
    #[serde(default)]
    pub reads: Option<Vec<String>>,
    /// The files of the project's own `STATIC_ROOT` that the commands didn't bring.
    #[serde(default)]
    pub kept: Vec<String>,
    /// The storage's class when it isn't a folder (a bucket): nothing was collected.
    #[serde(default)]
    pub remote_storage: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Failed {
        error: String,
        #[serde(default)]
        traceback: String,
        #[serde(default)]
        step: bool,
    },
    Collected(StaticFiles),
}

impl Resolver<'_> {
    /// Collects into `destination`, an empty folder or none.
    ///
    /// # Errors
    /// When the project fails, with the traceback's last line.
    pub fn static_files(
        &self,
        request: &StaticRequest<'_>,
        environment: &Environment<'_>,
        destination: &Utf8Path,
    ) -> Result<StaticFiles, ResolveError> {
        let commands = serde_json::to_string(request.commands).map_err(std::io::Error::other)?;
        let arguments = [destination.as_str(), commands.as_str()];
        let mut answered =
            self.ask_project(&request.project, environment, "collect", &arguments)?;
        match answered.answer.take() {
            Some(Answer::Collected(found)) => Ok(found),
            Some(Answer::Failed {
                error,
                traceback,
                step: false,
            }) => Err(failure(request, error, &traceback)),
            Some(Answer::Failed {
                error, traceback, ..
            }) => Err(ResolveError::Step {
                message: error,
                said: Said(traceback.trim_end().to_owned()),
            }),
            None => {
                let last = answered.last_words();
                Err(failure(request, last, &answered.stderr))
            }
        }
    }
}

fn failure(request: &StaticRequest<'_>, last_line: String, traceback: &str) -> ResolveError {
    let unset: Vec<&str> = request
        .required
        .iter()
        .map(String::as_str)
        .filter(|name| !request.project.build_env.contains_key(*name))
        .collect();
    let variables = if unset.is_empty() {
        "if the settings need environment variables, set them for the build".to_owned()
    } else {
        format!(
            "the settings need {}: set them for the build",
            unset.join(", ")
        )
    };
    let help = missing_driver(&last_line).unwrap_or_else(|| {
        format!(
            "{variables} in `[build-env]` of `djwar.toml` (`[tool.djwar.build-env]`); or set `static = \"copy\"` to pack the folders as they are"
        )
    });
    ResolveError::StaticFiles {
        last_line,
        said: Said(traceback.trim_end().to_owned()),
        help,
    }
}

/// What to do when Django's words miss a database driver.
pub(crate) fn missing_driver(last_line: &str) -> Option<String> {
    driver(last_line).map(|package| {
        format!(
            "the database's driver is not among the packages: add `{package}` to the requirements; where an extra or a \
             group of the project brings it, name that in `extras` of `djwar.toml` (or `[tool.djwar]`)"
        )
    })
}

/// The package of the database driver that Django's words miss.
fn driver(last_line: &str) -> Option<&'static str> {
    let (_, what) = last_line.split_once("Error loading ")?;
    [
        ("psycopg", "psycopg[binary]"),
        ("MySQLdb", "mysqlclient"),
        ("cx_Oracle", "oracledb"),
        ("oracledb", "oracledb"),
    ]
    .into_iter()
    .find_map(|(module, package)| what.starts_with(module).then_some(package))
}
