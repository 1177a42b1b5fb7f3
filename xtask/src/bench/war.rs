//! WARs to deploy: djwar's, made by the release build, and an empty one.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::interpreter::Interpreter;
use super::{artifacts, site};
use crate::shell::{self, command, root};

/// The text on the empty WAR's only page.
pub(crate) const EMPTY_PAGE: &str = "an empty application";

/// djwar as people install it: optimised.
pub(crate) fn djwar() -> Result<PathBuf> {
    shell::run(&mut command(
        "cargo",
        &["build", "--release", "--quiet", "--bin", "djwar"],
    ))?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join("release/djwar"))
}

/// A copy of the fixture, for builds.
pub(crate) fn project(folder: &Path) -> Result<PathBuf> {
    let project = folder.join("polls");
    artifacts::copy_project(&site::fixture(), &project)?;
    Ok(project)
}

/// The fixture's WAR, in `folder`. For an interpreter of the host the WAR brings
/// none, and has packages and byte code of that release line.
pub(crate) fn build(interpreter: &Interpreter, folder: &Path) -> Result<PathBuf> {
    let war = folder.join("polls.war");
    let mut build = Command::new(djwar()?);
    build
        .arg("build")
        .arg(project(folder)?)
        .arg("--output")
        .arg(&war);
    if interpreter.home.is_none() {
        build
            .env("DJWAR_PYTHON", "host")
            .env("DJWAR_PYTHON_VERSION", &interpreter.line);
    }
    let output = build.output()?;
    if !output.status.success() {
        bail!(
            "`djwar build` failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(war)
}

/// The WAR of another fixture, in `folder`.
pub(crate) fn of_fixture(name: &str, folder: &Path) -> Result<PathBuf> {
    let (project, war) = (folder.join(name), folder.join(format!("{name}.war")));
    artifacts::copy_project(&root().join("fixtures").join(name), &project)?;
    let mut build = Command::new(djwar()?);
    build.arg("build").arg(&project).arg("--output").arg(&war);
    shell::run(&mut build)?;
    Ok(war)
}

/// What the container itself costs.
pub(crate) fn empty(folder: &Path) -> Result<PathBuf> {
    let path = folder.join("empty.war");
    let mut zip = zip::ZipWriter::new(fs_err::File::create(&path)?);
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("WEB-INF/web.xml", options)?;
    zip.write_all(
        b"<web-app xmlns=\"https://jakarta.ee/xml/ns/jakartaee\" version=\"6.0\" metadata-complete=\"true\"/>",
    )?;
    zip.start_file("index.html", options)?;
    zip.write_all(EMPTY_PAGE.as_bytes())?;
    zip.finish()?;
    Ok(path)
}
