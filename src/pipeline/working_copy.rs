//! The copy of the project in which steps of a build run it, and the variables that
//! they run with.

use std::collections::BTreeMap;

use camino::Utf8Path;

use crate::config::Config;
use crate::model::BuildPlan;
use crate::scan::CONFIGURATION_VARIABLE;

/// The variables of steps that run the project.
pub(super) fn build_env(config: &Config, plan: &BuildPlan) -> BTreeMap<String, String> {
    let mut variables = config.build_env.clone();
    if let Some(class) = &plan.configuration {
        variables
            .entry(CONFIGURATION_VARIABLE.to_owned())
            .or_insert_with(|| class.clone());
    }
    variables
}

/// The project as the WAR will hold it: settings that make folders or keys beside
/// themselves must not make them in the user's project, and what is left out of
/// the WAR must not be seen.
pub(super) fn copy_project(plan: &BuildPlan, copy: &Utf8Path) -> std::io::Result<()> {
    fs_err::create_dir_all(copy)?;
    for (path, source) in plan.files.iter() {
        copy_file(&source, &copy.join(path))?;
    }
    Ok(())
}

/// A copy with its bytes and mode; missing folders are made.
pub(super) fn copy_file(source: &Utf8Path, target: &Utf8Path) -> std::io::Result<()> {
    if let Some(parent) = target.parent() {
        fs_err::create_dir_all(parent)?;
    }
    fs_err::copy(source, target)?;
    Ok(())
}
