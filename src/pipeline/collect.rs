//! Collects static files once per content of the project: Django starts only when
//! something changed that it could see.

use camino::Utf8PathBuf;
use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::error::{Failure, Kind};
use crate::model::{BuildPlan, EntrySource, Project};
use crate::plan::layout;
use crate::resolve::{Interpreter, Key, Resolution, Resolver, StaticFiles, StaticRequest};

/// Changes when the same input would be collected otherwise.
const RECIPE: &str = "static 1";

const RESULT: &str = "result.json";

/// What was collected, in the cache.
pub(super) struct Collection {
    /// What Django said.
    pub(super) found: StaticFiles,
    /// The folder with the files.
    pub(super) folder: Utf8PathBuf,
}

pub(super) fn collect(
    resolver: &Resolver<'_>,
    project: &Project,
    config: &Config,
    plan: &BuildPlan,
    resolution: &Resolution,
    interpreter: &Interpreter,
) -> Result<Collection, Failure> {
    let key = key(resolver, project, config, plan, resolution, interpreter)?;
    let entry = resolver.cache.entry_or_make("static", &key, |folder| {
        let environment = resolver.environment(resolution, interpreter)?;
        // In a copy of what the WAR will hold: settings that make folders or keys
        // beside themselves must not make them in the user's project, and what is
        // left out of the WAR can't be collected by accident.
        let scratch = resolver.cache.scratch()?;
        let copy = scratch.path().join("project");
        for entry in &plan.entries {
            let EntrySource::File(source) = &entry.source else {
                continue;
            };
            let target = copy.join(layout::below_application(&entry.path));
            if let Some(parent) = target.parent() {
                fs_err::create_dir_all(parent)?;
            }
            fs_err::copy(source, &target)?;
        }
        fs_err::create_dir_all(&copy)?;
        resolver.report.status("Collecting static files");
        let required: Vec<String> = project
            .env
            .iter()
            .filter(|variable| variable.required)
            .map(|variable| variable.name.clone())
            .collect();
        let files = folder.join("files");
        fs_err::create_dir_all(&files)?;
        let found = resolver.static_files(
            &StaticRequest {
                project: &copy,
                source_root: &copy.join(&plan.source_root),
                settings: &plan.settings,
                build_env: &config.build_env,
                required: &required,
            },
            &environment,
            &files,
        )?;
        let text = serde_json::to_vec(&found).map_err(std::io::Error::other)?;
        fs_err::write(folder.join(RESULT), text)?;
        Ok(())
    })?;
    let read = || -> Result<StaticFiles, std::io::Error> {
        let text = fs_err::read(entry.join(RESULT))?;
        serde_json::from_slice(&text).map_err(std::io::Error::other)
    };
    let found = read().map_err(|error| {
        Failure::new(
            Kind::Environment,
            format!("the cache `{entry}` is damaged: {error}"),
        )
        .with_hint("delete that folder and build again")
    })?;
    Ok(Collection {
        found,
        folder: entry.join("files"),
    })
}

/// Everything that collectstatic can see: packages, interpreter, the project's
/// files, the build's environment and the variables that the settings name.
fn key(
    resolver: &Resolver<'_>,
    project: &Project,
    config: &Config,
    plan: &BuildPlan,
    resolution: &Resolution,
    interpreter: &Interpreter,
) -> Result<Key, Failure> {
    let mut files = Sha256::new();
    for entry in &plan.entries {
        let EntrySource::File(source) = &entry.source else {
            continue;
        };
        let bytes = fs_err::read(source)
            .map_err(|error| Failure::new(Kind::Environment, error.to_string()))?;
        files.update(entry.path.as_str());
        files.update([0]);
        files.update((bytes.len() as u64).to_le_bytes());
        files.update(bytes);
    }
    let mut parts = vec![
        RECIPE.to_owned(),
        resolution.digest(),
        interpreter.digest.clone(),
        plan.settings.clone(),
        plan.source_root.to_string(),
        format!("{:x?}", files.finalize()),
    ];
    for (name, value) in &config.build_env {
        parts.push(format!("{name}={value}"));
    }
    for variable in &project.env {
        let value = resolver.host.variable(&variable.name).unwrap_or_default();
        parts.push(format!("{}={value}", variable.name));
    }
    Ok(Key::of(parts.iter().map(String::as_str)))
}
