//! What stops a scan, and what the user can do about it.

use camino::Utf8PathBuf;

use crate::error::{Diagnose, Kind};

/// Why a project could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    /// The path is no folder.
    #[error("`{0}` is not a folder")]
    NotAFolder(Utf8PathBuf),
    /// Nothing in it looks like Django.
    #[error(
        "no Django project in `{0}`: there is no `manage.py`, no `wsgi.py` and no settings module \
         (`settings.py`, `settings/`) in it or in the folders below"
    )]
    NoProject(Utf8PathBuf),
    /// More than one project.
    #[error("several Django projects in `{root}`: {}", quoted(.projects))]
    SeveralProjects {
        /// Where was looked.
        root: Utf8PathBuf,
        /// Each project's `manage.py`, relative to the root.
        projects: Vec<Utf8PathBuf>,
    },
    /// No settings module is named anywhere and none was found.
    #[error("can't tell the settings module of `{root}`: looked at {looked_at}")]
    SettingsUnknown {
        /// The project.
        root: Utf8PathBuf,
        /// What was read in vain.
        looked_at: String,
    },
    /// The settings module has no file.
    #[error("no file for the settings module `{module}` (from {origin}) in `{root}`")]
    SettingsNotFound {
        /// The module's dotted name.
        module: String,
        /// Who named it.
        origin: String,
        /// The project.
        root: Utf8PathBuf,
        /// Modules that look like settings.
        alternatives: Vec<String>,
    },
    /// Source code that is no Python.
    #[error("{path}:{line}:{column}: {message}")]
    Syntax {
        /// Relative to the project.
        path: Utf8PathBuf,
        /// Counted from 1.
        line: u32,
        /// Counted from 1.
        column: u32,
        /// The parser's message.
        message: String,
    },
    /// A text file that can't be decoded.
    #[error("`{path}` is not {encoding}: byte {offset} (line {line}) can't be decoded")]
    Encoding {
        /// Relative to the project.
        path: Utf8PathBuf,
        /// What it should be.
        encoding: String,
        /// Counted from 0.
        offset: usize,
        /// Counted from 1.
        line: u32,
    },
    /// A text file in an encoding that djwar doesn't read.
    #[error("`{path}` is written in {encoding}")]
    UnknownEncoding {
        /// Relative to the project.
        path: Utf8PathBuf,
        /// As declared or recognised.
        encoding: String,
    },
    /// A text file beyond the cap.
    #[error("`{path}` has {size} bytes, more than the {limit} that djwar reads")]
    TooLarge {
        /// Relative to the project.
        path: Utf8PathBuf,
        /// Bytes.
        size: u64,
        /// Bytes.
        limit: u64,
    },
    /// A configuration or lock file with broken syntax.
    #[error("can't read `{path}`: {message}")]
    Malformed {
        /// Relative to the project.
        path: Utf8PathBuf,
        /// The parser's message.
        message: String,
    },
    /// A requirements file that another one names.
    #[error("{origin}: the requirements file `{path}` does not exist")]
    RequirementsNotFound {
        /// `path:line` that names it.
        origin: String,
        /// Relative to the project.
        path: Utf8PathBuf,
    },
    /// An extra that the configuration asks for and no manifest has.
    #[error("`extras` of the configuration: there is no extra and no group `{name}`")]
    ExtraNotFound {
        /// Normalised.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A file's name that no WAR and no report could hold.
    #[error("the name of `{0}` is not UTF-8")]
    NameNotUtf8(String),
    /// A link out of the project.
    #[error("the link `{link}` leaves the project: it points to `{target}`")]
    LinkLeaves {
        /// Relative to the project.
        link: Utf8PathBuf,
        /// Where it goes.
        target: String,
    },
    /// A link to a folder above itself.
    #[error("the link `{link}` makes a loop: it points to `{target}`, which holds it")]
    LinkLoop {
        /// Relative to the project.
        link: Utf8PathBuf,
        /// The folder above.
        target: String,
    },
    /// A pattern of the configuration.
    #[error("`{pattern}` is no pattern for paths: {message}")]
    Pattern {
        /// As given.
        pattern: String,
        /// Why not.
        message: String,
    },
    /// A file or folder that may not be read.
    #[error("can't read `{path}`")]
    Unreadable {
        /// Relative to the project.
        path: Utf8PathBuf,
        /// The system's reason.
        #[source]
        source: std::io::Error,
    },
}

fn quoted(paths: &[Utf8PathBuf]) -> String {
    let texts: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
    texts.join(", ")
}

impl Diagnose for ScanError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotAFolder(_) | Self::Pattern { .. } => Kind::Usage,
            Self::Unreadable { .. } => Kind::Environment,
            _ => Kind::Project,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotAFolder(_) => {
                "name the folder that holds the project's `manage.py`".to_owned()
            }
            Self::NoProject(_) => {
                "name the project's folder, `djwar build path/to/project`, or its settings, \
                 `--settings mysite.settings`"
                    .to_owned()
            }
            Self::SeveralProjects { root, projects } => {
                let first = projects
                    .first()
                    .and_then(|path| path.parent())
                    .map_or_else(|| root.clone(), |folder| root.join(folder));
                format!("name one of them: `djwar build {first}`")
            }
            Self::SettingsUnknown { .. } => {
                "name it with `--settings mysite.settings`, or `settings = \"mysite.settings\"` in \
                 `djwar.toml` (or `[tool.djwar]`)"
                    .to_owned()
            }
            Self::SettingsNotFound { alternatives, .. } if !alternatives.is_empty() => format!(
                "name one that is there, for example `--settings {}`, or add the missing file; \
                 the project holds: {}",
                alternatives[0],
                alternatives.join(", ")
            ),
            Self::SettingsNotFound { .. } => {
                "if the module lies elsewhere, name the folder that holds its package as the \
                 project, or another module with `--settings`"
                    .to_owned()
            }
            Self::Syntax { .. } => {
                "djwar reads settings without running them, so they must be Python; \
                 `python -m py_compile` on the file shows the same place"
                    .to_owned()
            }
            Self::Encoding { path, .. } | Self::UnknownEncoding { path, .. } => {
                format!("save `{path}` as UTF-8")
            }
            Self::TooLarge { .. } => {
                "is it what its name says? Data belongs in another file".to_owned()
            }
            Self::Malformed { path, .. } => format!("mend or remove `{path}`"),
            Self::RequirementsNotFound { .. } => "mend the line, or add the file".to_owned(),
            Self::ExtraNotFound { known, .. } if known.is_empty() => {
                "`pyproject.toml`, `setup.cfg` and `setup.py` name none".to_owned()
            }
            Self::ExtraNotFound { known, .. } => {
                let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
                format!("known are {}", known.join(", "))
            }
            Self::NameNotUtf8(_) => {
                "rename it, or leave it out with `exclude` in `djwar.toml` (or `[tool.djwar]`)"
                    .to_owned()
            }
            Self::LinkLeaves { link, .. } | Self::LinkLoop { link, .. } => format!(
                "copy what it points to into the project, or leave it out: `exclude = [\"{link}\"]` \
                 in `djwar.toml` (or `[tool.djwar]`)"
            ),
            Self::Pattern { .. } => "see the reference for `include` and `exclude`".to_owned(),
            Self::Unreadable { .. } => "check its permissions".to_owned(),
        };
        Some(hint)
    }
}
