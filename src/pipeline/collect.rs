//! Collects static files, and runs the configured commands, once per content of the
//! project: Django starts only when something changed that it could see.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::gather::Basis;
use super::working_copy::{build_env, copy_file, copy_project};
use crate::config::Config;
use crate::error::{Failure, Kind};
use crate::model::{
    BuildPlan, EntrySource, FileDigests, LeftOut, Method, Project, StaticMode, WarEntry,
};
use crate::plan::layout;
use crate::resolve::cache::hexadecimal;
use crate::resolve::{Key, Python, Resolution, Resolver, Startable, StaticFiles, StaticRequest};
use crate::scan::never_packed;

/// Changes when the same input would be collected otherwise.
const RECIPE: &str = "static 4";

const RESULT: &str = "result.json";

/// Static files, below a cache entry.
const FILES: &str = "files";

/// What the commands made in the project, below a cache entry.
const MADE: &str = "made";

const COLLECT: &str = "collectstatic";

/// What was collected, in the cache.
pub(super) struct Collection {
    /// What Django said.
    pub(super) found: StaticFiles,
    /// The folder with the files.
    pub(super) folder: Utf8PathBuf,
    made: Utf8PathBuf,
}

impl Collection {
    /// Adds what the commands made or changed to the project's files, but for what
    /// no WAR may hold and what outlives a redeploy.
    pub(super) fn pack_made(&self, plan: &mut BuildPlan) -> Result<(), Failure> {
        for path in &self.found.made {
            let is_data = plan
                .data
                .iter()
                .any(|data| *path == data.path || path.starts_with(&data.path));
            let reason = never_packed(&self.made, Utf8Path::new(path))
                .or_else(|| is_data.then_some("data that outlives a redeploy"));
            if let Some(reason) = reason {
                plan.left_out.push(LeftOut {
                    path: path.clone(),
                    reason: format!("made by a command of `before`; {reason}"),
                });
                continue;
            }
            let target = layout::application(path)
                .map_err(|error| Failure::new(Kind::Project, error.to_string()))?;
            Arc::make_mut(&mut plan.files.list).remove(path);
            plan.entries.push(WarEntry {
                path: target,
                source: EntrySource::File(self.made.join(path)),
                method: Method::Deflated,
                reason: "made by a command of `before`".into(),
            });
        }
        Ok(())
    }
}

/// The commands with `collectstatic` in its place: first, where nobody names one.
fn commands(config: &Config, plan: &BuildPlan) -> Vec<Vec<String>> {
    let collect = || vec![COLLECT.to_owned()];
    let mut commands = config.before.clone();
    if plan.static_mode != StaticMode::Collect {
        commands.retain(|command| *command != collect());
    } else if !commands.contains(&collect()) {
        commands.insert(0, collect());
    }
    commands
}

pub(super) fn collect(
    basis: &Basis<'_>,
    project: &Project,
    config: &Config,
    plan: &BuildPlan,
) -> Result<Collection, Failure> {
    let Basis {
        resolver,
        digests,
        built,
        resolution,
        ..
    } = basis;
    let python = basis.python.as_ref();
    let commands = commands(config, plan);
    let mut known = parts(resolver, project, config, plan, resolution, python);
    known.extend(built.key.clone());
    let last = last_key(&known, config, plan, digests);
    if let Some(last) = &last
        && let Some(entry) = unaffected(resolver, plan, digests, last)
    {
        return collection(&entry);
    }
    let key = key(known, plan, digests)?;
    let entry = resolver.cache.entry_or_make("static", &key, |folder| {
        let environment = resolver.environment(resolution, python)?;
        let scratch = resolver.cache.scratch()?;
        let copy = scratch.path().join("project");
        copy_project(plan, &copy)?;
        for path in &built.files {
            copy_file(&project.root.join(path), &copy.join(path))?;
        }
        for command in &commands {
            resolver.report.status(&match command.join(" ") {
                words if words == COLLECT => "Collecting static files".to_owned(),
                words => format!("Running `manage.py {words}`"),
            });
        }
        let required: Vec<String> = project
            .env
            .iter()
            .filter(|variable| variable.required)
            .map(|variable| variable.name.clone())
            .collect();
        let files = folder.join(FILES);
        fs_err::create_dir_all(&files)?;
        let found = resolver.static_files(
            &StaticRequest {
                project: Startable {
                    project: &copy,
                    python_path: &plan.python_path_in(&copy),
                    settings: &plan.settings,
                    build_env: &build_env(config, plan),
                },
                commands: &commands,
                required: &required,
            },
            &environment,
            &files,
        )?;
        for path in &found.made {
            copy_file(&copy.join(path), &folder.join(MADE).join(path))?;
        }
        let text = serde_json::to_vec(&found).map_err(std::io::Error::other)?;
        fs_err::write(folder.join(RESULT), text)?;
        Ok(())
    })?;
    let collection = collection(&entry)?;
    if let (Some(last), Some(reads)) = (last, &collection.found.reads) {
        let known = |path: &String| Some((path.clone(), digest_of(plan, digests, path)?));
        let reads = reads.iter().filter_map(known).collect();
        let key = key.as_str().to_owned();
        resolver.cache.set_note(READS, &last, &Last { key, reads });
    }
    Ok(collection)
}

fn collection(entry: &Utf8Path) -> Result<Collection, Failure> {
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
        folder: entry.join(FILES),
        made: entry.join(MADE),
    })
}

/// The folder in the cache of what was read last.
const READS: &str = "static-reads";

/// What was collected last, and the files of the project that Django read for it.
#[derive(Serialize, Deserialize)]
struct Last {
    key: String,
    /// Path → SHA-256.
    reads: BTreeMap<String, String>,
}

/// Endings of files that only Python's own `open` reads while static files are
/// collected, which tells when it does. Style sheets and scripts are not among
/// them: libraries in C read those.
const TOLD: &[&str] = &[
    "py", "html", "txt", "md", "rst", "po", "mo", "toml", "cfg", "ini", "lock",
];

fn is_told(path: &str) -> bool {
    Utf8Path::new(path)
        .extension()
        .is_some_and(|ending| TOLD.contains(&ending))
}

/// Everything but the content of those files. None where commands run that may
/// look at anything.
fn last_key(
    basis: &[String],
    config: &Config,
    plan: &BuildPlan,
    digests: &FileDigests,
) -> Option<Key> {
    if !config.before.is_empty() {
        return None;
    }
    let mut files = Sha256::new();
    for (path, source) in plan.files.iter() {
        files.update(&path);
        files.update([0]);
        if !is_told(&path) {
            files.update(digests.get(&source)?.sha256);
        }
    }
    let files = hexadecimal(&files.finalize());
    let parts = basis.iter().map(String::as_str);
    Some(Key::of(parts.chain([files.as_str()])))
}

/// What was collected last, when nothing changed that was read for it.
fn unaffected(
    resolver: &Resolver<'_>,
    plan: &BuildPlan,
    digests: &FileDigests,
    last: &Key,
) -> Option<Utf8PathBuf> {
    let last: Last = resolver.cache.note(READS, last)?;
    let is_same = |(path, sha256): (&String, &String)| {
        digest_of(plan, digests, path).as_ref() == Some(sha256)
    };
    if !last.reads.iter().all(is_same) {
        return None;
    }
    resolver.cache.existing("static", &Key::parse(&last.key)?)
}

/// The digest of one of the project's files by its path in it.
fn digest_of(plan: &BuildPlan, digests: &FileDigests, path: &str) -> Option<String> {
    plan.files.list.find(path)?;
    let digest = digests.get(&plan.files.root.join(path))?;
    Some(hexadecimal(&digest.sha256))
}

/// Everything that collectstatic can see: packages, interpreter, the project's
/// files, the build's environment and the variables that the settings name.
fn key(mut parts: Vec<String>, plan: &BuildPlan, digests: &FileDigests) -> Result<Key, Failure> {
    let mut files = Sha256::new();
    for (path, source) in plan.files.iter() {
        let digest = digests.get(&source).ok_or_else(|| {
            Failure::new(
                Kind::Environment,
                format!("a bug of djwar: `{source}` has no digest"),
            )
        })?;
        files.update(path);
        files.update([0]);
        files.update(digest.sha256);
    }
    parts.push(hexadecimal(&files.finalize()));
    Ok(Key::of(parts.iter().map(String::as_str)))
}

/// All of that but the files.
fn parts(
    resolver: &Resolver<'_>,
    project: &Project,
    config: &Config,
    plan: &BuildPlan,
    resolution: &Resolution,
    python: &dyn Python,
) -> Vec<String> {
    let mut parts = vec![
        RECIPE.to_owned(),
        resolution.digest(),
        python.digest().to_owned(),
        plan.settings.clone(),
        plan.source_root.to_string(),
    ];
    parts.extend(plan.python_path.iter().map(ToString::to_string));
    for command in commands(config, plan) {
        parts.push(command.join("\0"));
    }
    for (name, value) in build_env(config, plan) {
        parts.push(format!("{name}={value}"));
    }
    for variable in &project.env {
        let value = resolver.host.variable(&variable.name).unwrap_or_default();
        parts.push(format!("{}={value}", variable.name));
    }
    parts
}
