//! `djwar skeleton`: the same as a build up to the table, then a Maven project.

use camino::Utf8Path;

use crate::config::Config;
use crate::error::Failure;
use crate::model::Project;
use crate::report::Report;
use crate::skeleton::{Identity, Outcome};

/// Writes a Maven project into `folder`, or brings it up to date.
///
/// # Errors
/// Whatever a room refuses.
pub fn skeleton(
    project: &Project,
    config: &Config,
    identity: &Identity,
    folder: &Utf8Path,
    offline: bool,
    report: &dyn Report,
) -> Result<Outcome, Failure> {
    let (plan, table) = super::prepare(project, config, offline, report)?;
    fs_err::create_dir_all(folder).map_err(crate::skeleton::SkeletonError::Disk)?;
    crate::skeleton::skeleton(&plan, &table, identity, folder, super::CREATED_BY)
}
