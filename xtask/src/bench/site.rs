//! The site under measurement as the peers see it: the fixture's sources, its
//! pinned requirements with the servers that are Python packages, byte code.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::artifacts;
use super::interpreter::Interpreter;
use crate::shell::{self, root};

/// As in the fixture's requirements-dev.txt.
pub(crate) const GUNICORN: &str = "gunicorn==27.0.1";

const SERVERS: [&str; 2] = [GUNICORN, "granian==2.8.7"];

/// The WSGI application, as gunicorn and uWSGI both spell it.
pub(crate) const WSGI: &str = "config.wsgi:application";

/// Sources and packages, ready to be imported.
pub(crate) struct Site {
    pub(crate) application: PathBuf,
    packages: PathBuf,
    /// What the site writes; nothing on the measured pages.
    data: PathBuf,
}

/// The measured project.
pub(crate) fn fixture() -> PathBuf {
    root().join("fixtures/polls")
}

impl Site {
    /// Puts the site into `folder`, for that interpreter.
    pub(crate) fn new(interpreter: &Interpreter, folder: &Path) -> Result<Self> {
        let site = Self {
            application: folder.join("app"),
            packages: packages(interpreter)?,
            data: folder.join("data"),
        };
        artifacts::copy_project(&fixture(), &site.application)?;
        compile(interpreter, &site.application)?;
        Ok(site)
    }

    /// Makes `command` run in the site, with its environment.
    pub(crate) fn enter(&self, interpreter: &Interpreter, command: &mut Command) -> Result<()> {
        interpreter.environment(command);
        let path = std::env::join_paths([&self.application, &self.packages])
            .context("a `:` in the repository's path")?;
        command
            .env("PYTHONPATH", path)
            .env("DATA_DIR", &self.data)
            .current_dir(&self.application);
        Ok(())
    }
}

/// The pinned requirements and the servers. The host's pip does it: not every
/// interpreter has one.
fn packages(interpreter: &Interpreter) -> Result<PathBuf> {
    let requirements = fixture().join("requirements.txt");
    let pinned = format!(
        "{}\n{}\n",
        fs_err::read_to_string(&requirements)?,
        SERVERS.join("\n")
    );
    let name = format!("packages-{}", interpreter.line);
    let record = artifacts::kept()?.join(&name).join("requirements.txt");
    if record.exists() && fs_err::read_to_string(&record)? != pinned {
        fs_err::remove_dir_all(artifacts::kept()?.join(&name))?;
    }
    artifacts::kept_or_made(&name, |folder| {
        let mut pip = shell::command(
            "python3",
            &[
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ],
        );
        pip.args(SERVERS)
            .args([
                "--only-binary",
                ":all:",
                "--python-version",
                &interpreter.line,
            ])
            .arg("--requirement")
            .arg(&requirements)
            .arg("--target")
            .arg(folder);
        shell::run(&mut pip)?;
        compile(interpreter, folder)?;
        fs_err::write(folder.join("requirements.txt"), &pinned)?;
        Ok(())
    })
}

/// Byte code of the same kind as in a WAR: never checked against its source.
fn compile(interpreter: &Interpreter, folder: &Path) -> Result<()> {
    let mut python = interpreter.command();
    python
        .args([
            "-m",
            "compileall",
            "-q",
            "--invalidation-mode",
            "unchecked-hash",
        ])
        .arg(folder)
        .env_remove("PYTHONDONTWRITEBYTECODE");
    shell::run(&mut python)
}
