//! The files that lie in `STATIC_ROOT`. The walk leaves them out, because static
//! files are collected anew; what collectstatic does not bring, such as a front end
//! that was built into that folder, is told apart by the collecting itself.

use camino::{Utf8Path, Utf8PathBuf};
use walkdir::WalkDir;

use super::ScanError;
use super::never_list::{file_reason, folder_reason};
use super::walk::globs;
use crate::model::Project;

/// Why the walk leaves the folder out.
pub(super) const REASON: &str = "collected static files (`STATIC_ROOT`): collected anew";

/// Their paths below the project's root, sorted, but for what `exclude` names and no
/// WAR may hold. A link may lead anywhere: it is none.
///
/// # Errors
/// When a pattern is none, or the folder can't be read.
pub fn static_root_files(
    project: &Project,
    exclude: &[String],
) -> Result<Vec<Utf8PathBuf>, ScanError> {
    let Some(folder) = project
        .exclude
        .iter()
        .find(|exclusion| exclusion.reason == REASON)
    else {
        return Ok(Vec::new());
    };
    let exclude = globs(exclude)?;
    let below = |path: &std::path::Path| {
        let relative = path.strip_prefix(&project.root).ok()?;
        Some(Utf8Path::from_path(relative)?.to_owned())
    };
    let walk = WalkDir::new(project.root.join(folder.path.trim_end_matches('/')))
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| {
            let name = entry.file_name().to_string_lossy();
            let Some(path) = below(entry.path()) else {
                return false;
            };
            let never = if entry.file_type().is_dir() {
                folder_reason(&project.root.join(&path), &name, false)
            } else {
                file_reason(&project.root.join(&path), &name)
            };
            never.is_none() && !exclude.is_match(&path)
        });
    let mut files = Vec::new();
    for entry in walk {
        let entry = entry.map_err(|error| ScanError::Unreadable {
            path: folder.path.clone().into(),
            source: error.into(),
        })?;
        if entry.file_type().is_file() {
            files.extend(below(entry.path()));
        }
    }
    Ok(files)
}
