//! `djwar build --lock`: the versions that a build takes, written beside the
//! project's requirements for the builds after it.

use camino::Utf8PathBuf;

use crate::config::Config;
use crate::error::{Failure, Kind};
use crate::model::{Engine, Project};
use crate::plan::plan;
use crate::report::Report;
use crate::resolve::{Host, Resolver, WheelRequest};
use crate::scan::LOCK;

/// Resolves the project's requirements and writes `djwar.lock`.
///
/// # Errors
/// Whatever a room refuses; then the lock is as it was before.
pub fn lock(
    project: &Project,
    config: &Config,
    offline: bool,
    report: &dyn Report,
) -> Result<Utf8PathBuf, Failure> {
    let plan = plan(project, config)?;
    if plan.engine != Engine::Cpython {
        return Err(Failure::new(
            Kind::Usage,
            format!(
                "`--lock` can't write a lock for the engine `{}`",
                plan.engine
            ),
        )
        .with_hint("pin the versions in the project's requirements"));
    }
    let platform = super::gather::only_platform(&plan)?;
    let resolver = Resolver::new(
        Host::of_this_process(),
        project.root.clone(),
        offline,
        report,
    )?;
    let interpreter = resolver.interpreter(&plan.interpreter)?;
    let request = WheelRequest::of_project(project, plan.python, platform);
    let resolution = resolver.wheels(&request, &interpreter)?;
    let text = resolver.lock(project, &request, &resolution, &interpreter)?;
    let path = project.root.join(LOCK);
    // Beside it and renamed: a lock is whole or not there.
    let fresh = project.root.join(format!("{LOCK}.new"));
    let written = fs_err::write(&fresh, text).and_then(|()| fs_err::rename(&fresh, &path));
    written.map_err(|error| {
        let _ = fs_err::remove_file(&fresh);
        Failure::new(Kind::Environment, format!("can't write `{path}`: {error}"))
            .with_hint("check the permissions of the project's folder")
    })?;
    report.status(&format!(
        "Locked {} packages in `{LOCK}`",
        resolution.wheels.len()
    ));
    Ok(path)
}
