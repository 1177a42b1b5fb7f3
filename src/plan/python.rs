//! Which Python the WAR is for.

use super::PlanError;
use crate::config::Config;
use crate::model::{Project, PythonChoice, PythonVersion};

/// What is taken when nobody wishes another: the newest line that every common
/// package has wheels for (FACTS).
const DEFAULT: PythonVersion = PythonVersion::new(3, 13);

/// The lines that djwar can bundle.
const BUNDLED: std::ops::RangeInclusive<u8> = 11..=14;

/// The interpreter, its release line, and why.
pub(super) fn choose(
    project: &Project,
    config: &Config,
) -> Result<(PythonChoice, PythonVersion, String), PlanError> {
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
