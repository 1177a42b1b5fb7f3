//! Which Python the WAR is for.

use super::PlanError;
use crate::config::Config;
use crate::model::{Engine, Project, PythonChoice, PythonVersion};

/// What is taken when nobody wishes another: the newest line that every common
/// package has wheels for (FACTS).
pub(super) const DEFAULT: PythonVersion = PythonVersion::new(3, 13);

/// The line that Jython 2.7.4 is.
pub(super) const JYTHON: PythonVersion = PythonVersion::new(2, 7);

/// The lines that djwar can bundle.
const BUNDLED: std::ops::RangeInclusive<u8> = 11..=14;

/// The interpreter, its release line, and why.
pub(super) fn choose(
    engine: Engine,
    project: &Project,
    config: &Config,
) -> Result<(PythonChoice, PythonVersion, String), PlanError> {
    if engine == Engine::Jython {
        return of_jython(config);
    }
    let (version, reason) = wished(project, config);
    match config.python.as_ref().map(|python| &python.value) {
        Some(other @ (PythonChoice::Host | PythonChoice::File(_))) => {
            let (version, reason) = version.zip(Some(reason)).ok_or(PlanError::VersionNeeded)?;
            Ok((other.clone(), version, reason))
        }
        Some(PythonChoice::Bundled(_)) | None => {
            let version = version.unwrap_or(DEFAULT);
            if version.major != 3 || !BUNDLED.contains(&version.minor) {
                return Err(PlanError::Python { version, reason });
            }
            Ok((PythonChoice::Bundled(version), version, reason))
        }
    }
}

/// Jython is a Python 2.7, and there is no other.
fn of_jython(config: &Config) -> Result<(PythonChoice, PythonVersion, String), PlanError> {
    let choice = PythonChoice::Bundled(JYTHON);
    match &config.python {
        Some(python) if python.value != choice => {
            Err(PlanError::NotForJython(python.origin.to_string()))
        }
        _ => Ok((choice, JYTHON, "the engine `jython`".to_owned())),
    }
}

fn wished(project: &Project, config: &Config) -> (Option<PythonVersion>, String) {
    if let Some(python) = &config.python
        && let PythonChoice::Bundled(version) = python.value
    {
        return (Some(version), python.origin.to_string());
    }
    if let Some(version) = &config.python_version {
        return (Some(version.value), version.origin.to_string());
    }
    match &project.python {
        Some(wish) if wish.version.is_some() => (
            wish.version,
            format!("`{}` ({})", wish.specifier, wish.origin),
        ),
        _ => (None, "default".to_owned()),
    }
}
