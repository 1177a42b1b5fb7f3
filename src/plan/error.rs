//! Why no plan can be made.

use crate::error::{Diagnose, Kind};
use crate::model::project::Problem;
use crate::model::{Engine, PythonVersion, Span, WarPathError};

/// Why a project can't be packaged as it is.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The scan found errors.
    #[error("{}", list(.0))]
    Problems(Vec<Problem>),
    /// No settings module.
    #[error("no settings module is known{}", place(.0.as_ref()))]
    NoSettings(Option<Span>),
    /// No WSGI application.
    #[error("no WSGI application is known{}", place(.0.as_ref()))]
    NoWsgi(Option<Span>),
    /// An engine that this release doesn't have.
    #[error("the engine `{engine}` isn't built into this release of djwar: {reason}")]
    Engine {
        /// The engine.
        engine: Engine,
        /// Why it was chosen.
        reason: String,
    },
    /// A Python that djwar can't bundle.
    #[error("djwar bundles no Python {version} ({reason})")]
    Python {
        /// The wish.
        version: PythonVersion,
        /// Who wishes it.
        reason: String,
    },
    /// A Python is named, and the engine is one.
    #[error("`python` ({0}) names an interpreter, and the engine `jython` is a Python 2.7 itself")]
    NotForJython(String),
    /// Interpreters of another platform than wheels were asked for.
    #[error("a release line is needed where `python` is `host` or a file")]
    VersionNeeded,
    /// `STATIC_URL` is `/`.
    #[error("`STATIC_URL` is `/`{}: every page would be a static file", place(.0.as_ref()))]
    StaticEverything(Option<Span>),
    /// `STATIC_URL` is a folder that containers keep to themselves (Servlet §10.5), or
    /// leads out of the context.
    #[error("`STATIC_URL` is `{url}`{}: no container serves that", place(.span.as_ref()))]
    StaticNowhere {
        /// As the settings have it.
        url: String,
        /// Where.
        span: Option<Span>,
    },
    /// A parameter of `[tool.djwar.runtime]` that isn't one.
    #[error("unknown runtime parameter `{name}`")]
    UnknownParameter {
        /// As written.
        name: String,
        /// A known one that is spelled alike.
        nearest: Option<&'static str>,
    },
    /// `runtime.env.NAME`, where names and values of variables are not checked.
    #[error("`runtime.env.{0}` is no parameter but a variable of the project")]
    VariableAmongParameters(String),
    /// A value that the runtime would refuse.
    #[error("`runtime.{name}` can't be `{value}`: {reason}")]
    BadParameter {
        /// The parameter.
        name: String,
        /// The value.
        value: String,
        /// What it takes.
        reason: String,
    },
    /// A file name that no archive may hold.
    #[error("a file of the project can't be packed")]
    Path(#[from] WarPathError),
    /// A data path that leaves the project.
    #[error("`data` names `{path}`, which isn't inside the project ({reason})")]
    DataOutside {
        /// The path.
        path: String,
        /// Who names it.
        reason: String,
    },
}

impl PlanError {
    /// Where the fault is, if it has a place.
    pub fn place(&self) -> Option<&Span> {
        match self {
            Self::NoSettings(span)
            | Self::NoWsgi(span)
            | Self::StaticEverything(span)
            | Self::StaticNowhere { span, .. } => span.as_ref(),
            _ => None,
        }
    }
}

fn place(span: Option<&Span>) -> String {
    span.map(|span| format!(" (`{span}`)")).unwrap_or_default()
}

fn list(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| {
            let hint = problem
                .hint
                .as_ref()
                .map(|hint| format!("\n    hint: {hint}"));
            format!(
                "{}{}{}",
                problem.message,
                place(problem.origin.as_ref()),
                hint.unwrap_or_default()
            )
        })
        .collect();
    match lines.as_slice() {
        [one] => one.clone(),
        many => format!(
            "{} problems stop the build:\n  - {}",
            many.len(),
            many.join("\n  - ")
        ),
    }
}

impl Diagnose for PlanError {
    fn kind(&self) -> Kind {
        match self {
            Self::UnknownParameter { .. }
            | Self::VariableAmongParameters(_)
            | Self::BadParameter { .. }
            | Self::VersionNeeded
            | Self::NotForJython(_)
            | Self::DataOutside { .. } => Kind::Usage,
            _ => Kind::Project,
        }
    }

    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::NoSettings(_) => {
                "name the module: `--settings config.settings`, or `settings = \"…\"` in \
                 `djwar.toml` (or `[tool.djwar]`)"
            }
            Self::NoWsgi(_) => {
                "name it: `wsgi = \"config.wsgi:application\"` in `djwar.toml` (or `[tool.djwar]`)"
            }
            Self::Engine { .. } => {
                "`--engine cpython` packs projects for Python 3, `--engine jython` those for Python 2.7"
            }
            Self::NotForJython(_) => "leave it out, or take `--engine cpython`",
            Self::Python { version, .. } if version.major == 2 => {
                "`--engine jython` runs projects for Python 2.7"
            }
            Self::Python { .. } => {
                "djwar bundles 3.11 to 3.14; name another interpreter with `python = \
                 \"file:PATH\"` or `python = \"host\"`"
            }
            Self::VersionNeeded => {
                "set `python-version = \"3.13\"` in `djwar.toml` (or `[tool.djwar]`)"
            }
            Self::StaticEverything(_) | Self::StaticNowhere { .. } => {
                "use a folder such as `/static/`"
            }
            Self::UnknownParameter {
                nearest: Some(nearest),
                ..
            } => return Some(format!("did you mean `{nearest}`?")),
            Self::VariableAmongParameters(name) => {
                return Some(format!(
                    "set `{name}` under `[env]` of `djwar.toml` (`[tool.djwar.env]`)"
                ));
            }
            Self::UnknownParameter { .. } => "docs/reference/parameters.md lists them",
            _ => return None,
        };
        Some(text.to_owned())
    }
}
