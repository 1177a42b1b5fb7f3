//! What a WAR depends on, as one key: the same key, the same bytes.

use std::time::UNIX_EPOCH;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::assemble::runtime_of;
use crate::config::Config;
use crate::error::{Failure, Kind};
use crate::model::{BuildPlan, Project};
use crate::resolve::cache::hexadecimal;
use crate::resolve::{Host, Key};
use crate::runtime;

use super::gather::Basis;

/// The variable that says what time it is (reproducible-builds.org).
const EPOCH: &str = "SOURCE_DATE_EPOCH";

/// `SOURCE_DATE_EPOCH`, when it is set.
pub(super) fn epoch(host: &Host) -> Result<Option<u64>, Failure> {
    host.variable(EPOCH)
        .map(|text| {
            text.trim().parse().map_err(|_| {
                Failure::new(
                    Kind::Usage,
                    format!("the environment variable {EPOCH} is `{text}`"),
                )
                .with_hint("set it to seconds since 1970, or not at all")
            })
        })
        .transpose()
}

pub(super) fn of(
    project: &Project,
    config: &Config,
    plan: &BuildPlan,
    basis: &Basis<'_>,
) -> Result<Key, Failure> {
    // What the settings say decides too, also where their file isn't packed; what
    // is left out, and why an entry is there, shows in no WAR.
    let facts = text(project, &["exclude", "problems"])?;
    let choices = text(plan, &["left_out"])?;
    let host = &basis.resolver.host;
    let mut parts = vec![
        program(),
        facts,
        choices,
        basis.python.digest().to_owned(),
        basis.resolution.digest(),
        host.variable(EPOCH).unwrap_or_default().to_owned(),
        config.byte_code.to_string(),
        config.nested_packages.to_string(),
        Key::of_bytes(runtime::JAR).as_str().to_owned(),
    ];
    parts.extend(basis.home.iter().map(|home| home.archive.to_string()));
    parts.extend(basis.jars.jars.iter().map(|jar| jar.sha256.clone()));
    let (half, modules) = runtime_of(plan.engine);
    parts.extend(
        half.iter()
            .chain(modules)
            .map(|(_, bytes)| Key::of_bytes(bytes).as_str().to_owned()),
    );
    parts.extend(config.before.iter().map(|command| command.join("\0")));
    for (name, value) in &config.build_env {
        parts.push(format!("{name}={value}"));
    }
    for variable in &project.env {
        let value = host.variable(&variable.name).unwrap_or_default();
        parts.push(format!("{}={value}", variable.name));
    }
    let mut files = Sha256::new();
    for (path, source) in plan.files.iter() {
        files.update(path);
        files.update([0]);
        if let Some(digest) = basis.digests.get(&source) {
            files.update(digest.sha256);
        }
    }
    parts.push(hexadecimal(&files.finalize()));
    parts.extend(basis.built.key.clone());
    Ok(Key::of(parts.iter().map(String::as_str)))
}

/// A value without some of its fields. Not a copy without them: a large project's
/// lists would be there twice.
fn text(value: &impl Serialize, without: &[&str]) -> Result<String, Failure> {
    let failed = |error: serde_json::Error| Failure::new(Kind::Environment, error.to_string());
    let mut value = serde_json::to_value(value).map_err(failed)?;
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|name, _| !without.contains(&name.as_str()));
    }
    serde_json::to_string(&value).map_err(failed)
}

/// This djwar: while it is developed the version alone doesn't tell.
fn program() -> String {
    let stamp = std::env::current_exe()
        .and_then(|path| path.metadata())
        .ok()
        .and_then(|metadata| {
            let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
            Some(format!("{} {}", metadata.len(), modified.as_nanos()))
        })
        .unwrap_or_default();
    format!("{} {stamp}", env!("CARGO_PKG_VERSION"))
}
