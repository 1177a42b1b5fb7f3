//! A Django management command in an unpacked WAR: the same Python, packages,
//! settings and data as in a container.

use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use super::DeployError;
use super::data_folder::link_data;
use super::unpacked::UnpackedWar;
use crate::resolve::{Host, Python};

/// What the engine puts before a variable that is meant for the project
/// (docs/reference/parameters.md).
const PREFIX: &str = "DJWAR_ENV_";

/// Whether the project finds this variable when `management_command` starts it.
pub fn is_given(host: &Host, name: &str) -> bool {
    host.variable(name).is_some() || host.variable(&format!("{PREFIX}{name}")).is_some()
}

/// A command that runs `arguments` as the project's `manage.py` would. The data is
/// linked first.
///
/// # Errors
/// When the WAR brings no Python that runs here, or the disk refuses.
pub fn management_command(
    war: &UnpackedWar,
    host: &Host,
    data: &Utf8Path,
    arguments: &[String],
) -> Result<Command, DeployError> {
    let mut command = if war.is_jython() {
        let path = war.python_path();
        let path: Vec<&Utf8Path> = path.iter().map(Utf8PathBuf::as_path).collect();
        war.jython(host)?.command(host, &path, "manage")
    } else {
        let interpreter = war.interpreter(host).ok_or_else(|| DeployError::NoPython {
            folder: war.application(),
        })?;
        let mut command = interpreter.command(host);
        command
            .env("PYTHONPATH", joined(&war.python_path()))
            .env("PYTHONSAFEPATH", "1")
            .args(["-s", "-B", "-m", "djwar_handler.manage"]);
        command
    };
    link_data(war, data)?;
    for (name, value) in war.environment() {
        if host.variable(name).is_none() {
            command.env(name, value);
        }
    }
    for (name, value) in host.variables_starting_with(PREFIX) {
        command.env(&name[PREFIX.len()..], value);
    }
    if let Some(folder) = war.static_root() {
        command.env("DJWAR_STATIC_ROOT", folder);
    }
    // As in a container: the environment may name other settings than the WAR.
    if host.variable("DJANGO_SETTINGS_MODULE").is_none() {
        command.env(
            "DJANGO_SETTINGS_MODULE",
            war.parameter("settings").unwrap_or_default(),
        );
    }
    command
        .stdin(Stdio::inherit())
        .current_dir(war.application())
        .args(arguments);
    Ok(command)
}

fn joined(path: &[Utf8PathBuf]) -> String {
    let separator = if cfg!(windows) { ";" } else { ":" };
    let folders: Vec<&str> = path.iter().map(|folder| folder.as_str()).collect();
    folders.join(separator)
}
