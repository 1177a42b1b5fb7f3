//! `static = "copy"`: static files found by reading, with no code run. Django's own
//! order of finders: `STATICFILES_DIRS` first, then the installed apps; of two
//! files with one name the first wins.

use std::collections::BTreeSet;

use crate::assemble::WheelArtifact;
use crate::error::{Failure, Kind};
use crate::model::{BuildPlan, EntrySource, Method, Project, WarEntry};
use crate::plan::layout;

const REASON: &str = "a static file, served by the container";

/// The entries below the static prefix.
pub(super) fn static_entries(
    project: &Project,
    plan: &BuildPlan,
    wheels: &[WheelArtifact],
) -> Result<Vec<WarEntry>, Failure> {
    let unknown = |what: &str| {
        Failure::new(
            Kind::Project,
            format!(
                "`static = \"copy\"` needs `{what}` as a plain value, and the settings compute it"
            ),
        )
        .with_hint("use `static = \"collect\"`, which asks Django")
    };
    let Some(prefix) = &plan.static_prefix else {
        return match project.static_files.url.span() {
            Some(_) if project.static_files.url.known().is_none() => Err(unknown("STATIC_URL")),
            _ => Ok(Vec::new()),
        };
    };
    let apps = project
        .installed_apps
        .known()
        .ok_or_else(|| unknown("INSTALLED_APPS"))?;
    let folders = project
        .static_files
        .dirs
        .known()
        .cloned()
        .unwrap_or_default();
    let mut found = Found {
        prefix,
        names: BTreeSet::new(),
        entries: Vec::new(),
    };
    for folder in &folders {
        found.add_project(plan, &format!("{}/", folder.trim_end_matches('/')))?;
    }
    for app in apps {
        // `polls.apps.PollsConfig` names the app `polls`: every leading part is
        // tried, and only packages have the folder.
        let mut module = app.as_str();
        loop {
            let below = format!("{}/static/", module.replace('.', "/"));
            let before = found.entries.len();
            found.add_project(plan, plan.source_root.join(&below).as_str())?;
            found.add_wheels(wheels, &below)?;
            match module.rsplit_once('.') {
                Some((parent, _)) if found.entries.len() == before => module = parent,
                _ => break,
            }
        }
    }
    Ok(found.entries)
}

struct Found<'a> {
    prefix: &'a str,
    names: BTreeSet<String>,
    entries: Vec<WarEntry>,
}

impl Found<'_> {
    fn add_project(&mut self, plan: &BuildPlan, folder: &str) -> Result<(), Failure> {
        for (path, file) in plan.files.iter() {
            if let Some(name) = path.strip_prefix(folder) {
                self.add(name, EntrySource::File(file))?;
            }
        }
        Ok(())
    }

    fn add_wheels(&mut self, wheels: &[WheelArtifact], folder: &str) -> Result<(), Failure> {
        for wheel in wheels {
            for file in &wheel.files {
                if let Some(below) = file.path.strip_prefix(folder) {
                    let source = EntrySource::Archive {
                        archive: wheel.archive.as_path().into(),
                        name: file.entry.as_str().into(),
                        packed: file.packed,
                    };
                    self.add(below, source)?;
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, name: &str, source: EntrySource) -> Result<(), Failure> {
        if self.names.insert(name.to_owned()) {
            let path = layout::static_file(self.prefix, name)
                .map_err(|error| Failure::new(Kind::Project, error.to_string()))?;
            self.entries.push(WarEntry {
                path,
                source,
                method: Method::Deflated,
                reason: REASON.into(),
            });
        }
        Ok(())
    }
}
