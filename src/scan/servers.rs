//! Application servers among the dependencies: what the container replaces, and
//! what the project's code imports all the same.

use std::io::Read;

use camino::{Utf8Path, Utf8PathBuf};

use super::evaluate::Scope;
use super::facts;
use crate::model::PathList;
use crate::model::packages;
use crate::model::project::{Dependency, ServerRequirement};

/// Larger modules are generated, and import no server.
const LARGEST_MODULE: u64 = 1 << 20;

/// The servers, and why those stay that stay.
pub(super) fn named(
    root: &Utf8Path,
    dependencies: &[Dependency],
    scope: &Scope,
    files: &PathList,
) -> Vec<ServerRequirement> {
    let mut servers: Vec<ServerRequirement> = Vec::new();
    for dependency in dependencies {
        let is_known = servers.iter().any(|known| known.name == dependency.name);
        if packages::is_server(&dependency.name) && !is_known {
            servers.push(ServerRequirement {
                name: dependency.name.clone(),
                origin: dependency.origin.clone(),
                kept: None,
            });
        }
    }
    if servers.is_empty() {
        return servers;
    }
    let apps = facts::guessed_list(scope, "INSTALLED_APPS");
    for server in &mut servers {
        let module = module(&server.name);
        let is_app = |app: &&String| app.split('.').next() == Some(module.as_str());
        if let Some(app) = apps.iter().find(is_app) {
            server.kept = Some(format!("`{app}` is an installed app"));
        }
    }
    for file in files.iter() {
        // Their own configuration is read by the server alone.
        let file = Utf8PathBuf::from(file);
        let name = file.file_name().unwrap_or_default();
        let is_module = file.extension() == Some("py") && !name.contains("gunicorn");
        let is_open = |server: &ServerRequirement| server.kept.is_none() && !is_built_in(server);
        if !is_module || !servers.iter().any(is_open) {
            continue;
        }
        let Some(text) = text(&root.join(&file)) else {
            continue;
        };
        for server in servers.iter_mut().filter(|server| is_open(server)) {
            let module = module(&server.name);
            if let Some(line) = import_of(&text, &module) {
                server.kept = Some(format!("imported by {file}:{line}"));
            }
        }
    }
    servers
}

/// uWSGI's and `mod_wsgi`'s modules exist in their own processes alone.
fn is_built_in(server: &ServerRequirement) -> bool {
    matches!(server.name.as_str(), "uwsgi" | "mod-wsgi")
}

/// The module that a distribution brings.
fn module(name: &str) -> String {
    name.replace('-', "_")
}

fn text(path: &Utf8Path) -> Option<String> {
    let mut bytes = Vec::new();
    let file = fs_err::File::open(path).ok()?;
    file.take(LARGEST_MODULE).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The line of `import gunicorn` or `from gunicorn.x import y`.
fn import_of(text: &str, module: &str) -> Option<usize> {
    if !text.contains(module) {
        return None;
    }
    let line = text.lines().position(|line| {
        let mut words = line.split([' ', '\t', ',']).filter(|word| !word.is_empty());
        let is_import = matches!(words.next(), Some("import" | "from"));
        is_import && words.any(|word| word.split('.').next() == Some(module))
    });
    line.map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_told_from_words() {
        for (text, line) in [
            ("import gunicorn", Some(1)),
            ("x\nfrom gunicorn.app.base import BaseApplication", Some(2)),
            ("    import os, gunicorn.util", Some(1)),
            ("from mysite.gunicorn import x", None),
            ("# run with gunicorn", None),
            ("import gunicornish", None),
        ] {
            assert_eq!(import_of(text, "gunicorn"), line, "{text}");
        }
    }
}
