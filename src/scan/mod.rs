//! Disk → [`crate::model::Project`]. Reads; never runs the project's code.
//! (A place holder until the room lands: branch `scan` replaces this file whole.)

use camino::Utf8Path;

use crate::error::{Diagnose, Kind};
use crate::model::Project;

/// What the configuration says to the scan.
#[derive(Clone, Debug, Default)]
pub struct ScanOptions {
    /// The settings module.
    pub settings: Option<String>,
    /// `module:callable`.
    pub wsgi: Option<String>,
    /// Globs.
    pub include: Vec<String>,
    /// Globs.
    pub exclude: Vec<String>,
}

/// Not there yet.
#[derive(Debug, thiserror::Error)]
#[error("the scan isn't built in yet")]
pub struct ScanError;

impl Diagnose for ScanError {
    fn kind(&self) -> Kind {
        Kind::Project
    }
}

/// Not there yet.
///
/// # Errors
/// Always.
pub fn scan(_root: &Utf8Path, _options: &ScanOptions) -> Result<Project, ScanError> {
    Err(ScanError)
}
