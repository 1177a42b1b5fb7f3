//! A reusable app's repository with an example project: the example lies in a
//! folder of its own, and the app above it is what it shows. Everybody installs
//! the repository before running the example; the WAR has to hold it likewise.

use camino::{Utf8Path, Utf8PathBuf};

use super::dependencies::Dependencies;
use super::evaluate::Scope;
use super::facts;
use super::modules::Modules;
use super::python_path;
use crate::model::Span;
use crate::model::project::Dependency;

/// Adds the repository itself as a dependency, when an installed app can only come
/// from there; where it is none that could be installed, the folder of that app goes
/// on `sys.path`. Gives the folders where such apps lie.
pub(super) fn add(
    modules: &Modules,
    scope: &Scope,
    dependencies: &mut Dependencies,
    python_path: &mut Vec<Utf8PathBuf>,
) -> Vec<Utf8PathBuf> {
    let is_repository = |one: &Dependency| one.address() == Some(".");
    if modules
        .search
        .iter()
        .any(|folder| folder.as_str().is_empty())
        || dependencies.list.iter().any(is_repository)
    {
        return Vec::new();
    }
    let manifest = ["pyproject.toml", "setup.py", "setup.cfg"]
        .iter()
        .map(|name| Utf8PathBuf::from(*name))
        .find(|path| modules.root.join(path).is_file());
    let folder_above = |app: &String| {
        let first = app.split('.').next().unwrap_or(app);
        let is_here = modules.file(first).is_some() || modules.folder(first).is_some();
        let lies = |folder: &&str| {
            let package = Utf8Path::new(folder).join(first).join("__init__.py");
            modules.root.join(package).is_file()
        };
        let folder = ["", "src"].into_iter().find(lies)?;
        (!is_here).then(|| Utf8PathBuf::from(folder))
    };
    let apps = facts::guessed_list(scope, "INSTALLED_APPS");
    let Some((app, folder)) = apps.iter().find_map(|app| Some((app, folder_above(app)?))) else {
        return Vec::new();
    };
    let Some(manifest) = manifest else {
        python_path::add(python_path, modules, [folder.clone()]);
        return vec![folder];
    };
    let name = dependencies.name.clone().unwrap_or_else(|| app.clone());
    dependencies.list.push(Dependency::new(
        super::requirement::normalised_name(&name),
        "@ .",
        Span::new(manifest.clone(), 1),
    ));
    if !dependencies.files.contains(&manifest) {
        dependencies.files.push(manifest);
    }
    ["", "src"].map(Utf8PathBuf::from).to_vec()
}
