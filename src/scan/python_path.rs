//! Folders beside the source root that the project imports from: those which its
//! scripts and settings put on `sys.path`, and those which running them the usual
//! way puts there.

use camino::{Utf8Path, Utf8PathBuf};

use super::evaluate::{Evaluator, Scope};
use super::facts;
use super::modules::Modules;

/// What scripts (`manage.py`, `wsgi.py`) insert, and the folder above the source
/// root where that is a package which imports itself by its name.
pub(super) fn before_settings<'a>(
    modules: &Modules,
    source_root: &Utf8Path,
    scripts: impl Iterator<Item = &'a Utf8Path>,
) -> Vec<Utf8PathBuf> {
    let mut found = Vec::new();
    for script in scripts {
        let mut evaluator = Evaluator::new(modules);
        evaluator.script = true;
        evaluator.tolerant = true;
        // One that can't be read inserts nothing that we could know.
        if evaluator.load(script).is_ok() {
            add(&mut found, modules, evaluator.paths);
        }
    }
    add(&mut found, modules, package_above(modules, source_root));
    found.retain(|folder| folder != source_root);
    found
}

/// Adds folders of the project that are there, each once.
pub(super) fn add(
    found: &mut Vec<Utf8PathBuf>,
    modules: &Modules,
    folders: impl IntoIterator<Item = Utf8PathBuf>,
) {
    for folder in folders {
        if !found.contains(&folder) && modules.root.join(&folder).is_dir() {
            found.push(folder);
        }
    }
}

/// `manage.py` inside of a package: `label_studio/manage.py` beside
/// `label_studio/__init__.py`.
fn package_above(modules: &Modules, source_root: &Utf8Path) -> Option<Utf8PathBuf> {
    let is_package = |folder: &Utf8Path| {
        !folder.as_str().is_empty() && modules.root.join(folder).join("__init__.py").is_file()
    };
    let outside = source_root.ancestors().find(|folder| !is_package(folder))?;
    (outside != source_root).then(|| outside.to_owned())
}

/// Whether an installed app is a package of `folder`, and none of the source root's:
/// `manage.py` finds it beside itself.
pub(super) fn holds_app(modules: &Modules, scope: &Scope, folder: &Utf8Path) -> bool {
    let of = |folder: &Utf8Path| Modules {
        root: modules.root.clone(),
        search: vec![folder.to_owned()],
    };
    let others = modules.search.iter().filter(|other| *other != folder);
    let others: Vec<Modules> = others.map(|other| of(other)).collect();
    let here = of(folder);
    facts::guessed_list(scope, "INSTALLED_APPS")
        .iter()
        .any(|app| {
            let first = app.split('.').next().unwrap_or(app);
            here.file(first).is_some() && others.iter().all(|other| other.folder(first).is_none())
        })
}

/// Looks for modules in these folders too, after those that are looked in.
pub(super) fn searching(mut modules: Modules, folders: &[Utf8PathBuf]) -> Modules {
    for folder in folders {
        if !modules.search.contains(folder) {
            modules.search.push(folder.clone());
        }
    }
    modules
}
