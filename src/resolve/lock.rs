//! `djwar.lock`: the versions that a build took, in the form of a requirements
//! file with digests, so that pip itself reads it and keeps to it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use camino::Utf8Path;
use serde::Deserialize;

use super::error::ResolveError;
use super::interpreter::Interpreter;
use super::local_builds::LocalBuilds;
use super::requirements::{WheelRequest, written};
use super::resolver::Resolver;
use super::wheels::{Resolution, normalized};
use crate::model::{Platform, Project};

/// pip's `--report`: what it would install, and from where.
#[derive(Debug, Deserialize)]
struct Report {
    install: Vec<Installed>,
}

#[derive(Debug, Deserialize)]
struct Installed {
    metadata: Metadata,
    download_info: Download,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Download {
    url: String,
    archive_info: Option<Archive>,
    vcs_info: Option<Repository>,
}

#[derive(Debug, Deserialize)]
struct Archive {
    #[serde(default)]
    hashes: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Repository {
    vcs: String,
    commit_id: String,
}

/// One package: what pip reads, and the digest that it must have.
#[derive(Debug, PartialEq, Eq)]
struct Locked {
    text: String,
    digest: Option<String>,
}

impl Resolver<'_> {
    /// The text of `djwar.lock` for wheels that were resolved.
    ///
    /// # Errors
    /// Without the network, or when pip fails.
    pub fn lock(
        &self,
        project: &Project,
        request: &WheelRequest,
        resolution: &Resolution,
        interpreter: &Interpreter,
    ) -> Result<String, ResolveError> {
        let mut locked: BTreeMap<String, Locked> = resolution
            .wheels
            .iter()
            .map(|wheel| {
                let own = project
                    .dependencies
                    .iter()
                    .find(|one| one.name == wheel.name && one.address().is_some());
                let text = match own {
                    Some(dependency) => written(
                        &crate::model::project::Dependency {
                            marker: None,
                            ..dependency.clone()
                        },
                        false,
                    ),
                    None => format!("{}=={}", wheel.name, wheel.version),
                };
                // Right for what was downloaded; what was built here has none.
                let digest = Some(format!("sha256:{}", wheel.sha256));
                (wheel.name.clone(), Locked { text, digest })
            })
            .collect();
        let is_native = Platform::of_this_host() == Some(request.platform)
            && interpreter.version == request.python;
        if is_native && !locked.is_empty() {
            let report = self.report_of(&locked, request, interpreter)?;
            complete(&mut locked, report);
        }
        Ok(text(&locked, project, request))
    }

    /// Asks pip where each of them comes from: a wheel that was built here has
    /// another digest than the archive which the index gave.
    fn report_of(
        &self,
        locked: &BTreeMap<String, Locked>,
        request: &WheelRequest,
        interpreter: &Interpreter,
    ) -> Result<Report, ResolveError> {
        if self.offline {
            return Err(ResolveError::Offline {
                missing: vec!["the digests for `djwar.lock`, which the index knows".to_owned()],
            });
        }
        let scratch = self.cache.scratch()?;
        let wanted = scratch.path().join("wanted.txt");
        let report = scratch.path().join("report.json");
        let texts: Vec<&str> = locked.values().map(|one| one.text.as_str()).collect();
        fs_err::write(&wanted, texts.join("\n"))?;
        let _watched = LocalBuilds::watch(request.local_paths());
        let mut command = self.pip(interpreter, request);
        command
            .args(["install", "--dry-run", "--ignore-installed", "--no-deps"])
            .args(["--prefer-binary", "--report", report.as_str()])
            .args(["-r", wanted.as_str()]);
        let output = self.run_pip(&mut command)?;
        if !output.status.success() {
            return Err(super::pip::failure_of(request, &output));
        }
        read(&report)
    }
}

fn read(report: &Utf8Path) -> Result<Report, ResolveError> {
    let text = fs_err::read(report)?;
    serde_json::from_slice(&text)
        .map_err(|error| std::io::Error::other(format!("pip's report: {error}")).into())
}

/// Digests of what the index gave, and the commits of repositories.
fn complete(locked: &mut BTreeMap<String, Locked>, report: Report) {
    for one in locked.values_mut() {
        one.digest = None;
    }
    for installed in report.install {
        let name = normalized(&installed.metadata.name);
        let Some(one) = locked.get_mut(&name) else {
            continue;
        };
        let download = installed.download_info;
        if let Some(repository) = download.vcs_info {
            one.text = format!(
                "{name} @ {}+{}@{}",
                repository.vcs, download.url, repository.commit_id
            );
        } else if let Some(archive) = download.archive_info {
            let digest = archive.hashes.get("sha256");
            one.digest = digest.map(|digest| format!("sha256:{digest}"));
        }
    }
}

fn text(locked: &BTreeMap<String, Locked>, project: &Project, request: &WheelRequest) -> String {
    let mut text = format!(
        "# Written by `djwar build --lock` for Python {} on {}; pip reads it too.\n\
         # requirements {}\n",
        request.python, request.platform, project.requirements_digest
    );
    // pip wants a digest of everything, or of nothing.
    let with_digests = locked.values().all(|one| one.digest.is_some());
    if !with_digests {
        text.push_str("# Without digests: something comes from a folder or a repository.\n");
    }
    for one in locked.values() {
        let digest = one.digest.as_ref().filter(|_| with_digests);
        let digest = digest.map_or(String::new(), |digest| format!(" --hash={digest}"));
        writeln!(text, "{}{digest}", one.text).expect("a String grows");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked() -> BTreeMap<String, Locked> {
        ["a", "b"]
            .map(|name| {
                let text = format!("{name}==1");
                let digest = Some("sha256:of-the-wheel".to_owned());
                (name.to_owned(), Locked { text, digest })
            })
            .into()
    }

    fn completed(report: &str) -> Vec<(String, Option<String>)> {
        let mut locked = locked();
        complete(&mut locked, serde_json::from_str(report).expect("a report"));
        let parts = locked.into_values().map(|one| (one.text, one.digest));
        parts.collect()
    }

    #[test]
    fn digests_are_those_of_what_the_index_gave() {
        let report = r#"{"install": [
            {"metadata": {"name": "A"}, "download_info": {"url": "x", "archive_info": {"hashes": {"sha256": "aa"}}}},
            {"metadata": {"name": "b"}, "download_info": {"url": "https://example.org/b.git",
             "vcs_info": {"vcs": "git", "commit_id": "0a1b", "requested_revision": "main"}}}]}"#;
        assert_eq!(
            completed(report),
            [
                ("a==1".to_owned(), Some("sha256:aa".to_owned())),
                ("b @ git+https://example.org/b.git@0a1b".to_owned(), None),
            ]
        );
    }
}
