//! Brings a project through pip into a cache outside of the repository.

use std::process::Command;

use anyhow::{Context, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};

use super::specification::{Artifact, Project};
use crate::shell;

/// The folder with what was downloaded: read only.
pub(super) fn source(project: &Project) -> Result<Utf8PathBuf> {
    let folder = cache()?.join(format!("{}-{}", project.name, project.version));
    let content = folder.join("project");
    if folder.join("complete").is_file() {
        return Ok(content);
    }
    if folder.exists() {
        fs_err::remove_dir_all(&folder)?;
    }
    fs_err::create_dir_all(&folder)?;
    match project.artifact {
        Artifact::Sdist => unpack(
            &download(project, &folder, &["--no-binary", &project.package])?,
            &content,
        )?,
        Artifact::Wheel => unpack(
            &download(project, &folder, &["--only-binary", ":all:"])?,
            &content,
        )?,
        Artifact::Template => generate(project, &folder)?,
    }
    fs_err::write(folder.join("complete"), "")?;
    Ok(content)
}

/// `DJWAR_PROJECTS_DIR`, else a folder of the user's cache.
fn cache() -> Result<Utf8PathBuf> {
    let named = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(folder) = named("DJWAR_PROJECTS_DIR") {
        return Ok(folder.into());
    }
    let cache = named("XDG_CACHE_HOME")
        .map(Utf8PathBuf::from)
        .or_else(|| Some(Utf8PathBuf::from(named("HOME")?).join(".cache")))
        .context("neither `DJWAR_PROJECTS_DIR` nor `HOME` is set")?;
    Ok(cache.join("djwar-projects"))
}

fn requirement(project: &Project) -> String {
    format!("{}=={}", project.package, project.version)
}

/// The archive. What it needs is the tests' own business: nothing is installed, and
/// the Python that asks is not the one that will run it.
fn download(project: &Project, folder: &Utf8Path, kind: &[&str]) -> Result<Utf8PathBuf> {
    let archives = folder.join("archive");
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
    ])
    .args(["--no-deps", "--ignore-requires-python"])
    .args(kind)
    .args(["--dest", archives.as_str(), &requirement(project)]);
    shell::run(&mut pip)?;
    let mut found: Vec<Utf8PathBuf> = archives
        .read_dir_utf8()?
        .map(|entry| Ok(entry?.into_path()))
        .collect::<Result<_>>()?;
    match (found.pop(), found.is_empty()) {
        (Some(archive), true) => Ok(archive),
        _ => bail!("pip brought no archive, or several"),
    }
}

/// A source distribution has one folder at its top, a wheel none.
fn unpack(archive: &Utf8Path, content: &Utf8Path) -> Result<()> {
    fs_err::create_dir_all(content)?;
    let mut command = if archive.as_str().ends_with(".tar.gz") {
        let mut tar = Command::new("tar");
        tar.args([
            "--extract",
            "--gzip",
            "--strip-components=1",
            "--no-same-owner",
        ])
        .args(["--file", archive.as_str(), "--directory", content.as_str()]);
        tar
    } else {
        let mut python = Command::new("python3");
        python.args(["-m", "zipfile", "-e", archive.as_str(), content.as_str()]);
        python
    };
    shell::run(&mut command)
}

/// Installs the package into a virtual environment and lets it write a project.
fn generate(project: &Project, folder: &Utf8Path) -> Result<()> {
    let environment = folder.join("environment");
    shell::run(Command::new("python3").args(["-m", "venv", environment.as_str()]))?;
    let programs = environment.join("bin");
    // Older packages import `pkg_resources`, which Python brings no longer.
    shell::run(
        Command::new(programs.join("python"))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .args([&requirement(project), "setuptools<81"]),
    )?;
    let content = folder.join("project");
    fs_err::create_dir_all(&content)?;
    let (program, arguments) = project
        .generate
        .split_first()
        .context("`generate` names no command")?;
    shell::run(
        Command::new(programs.join(program))
            .args(arguments)
            .current_dir(content),
    )
}
