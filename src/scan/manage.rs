//! Where the project is and which settings it names: `manage.py`, `wsgi.py`,
//! `asgi.py`, and, when none of them tells, the files that look like settings.

use camino::{Utf8Path, Utf8PathBuf};
use walkdir::WalkDir;

use super::error::ScanError;
use super::evaluate::Evaluator;
use super::modules::{Modules, dotted_below, join};
use super::never_list::folder_reason;
use super::source_text;
use crate::model::Span;

/// Deeper than this nobody keeps a `manage.py`.
const DEEPEST: usize = 5;

/// Files that tell what a project is, relative to the root, shallowest first.
#[derive(Debug, Default)]
pub(super) struct Landmarks {
    pub(super) manage: Vec<Utf8PathBuf>,
    pub(super) wsgi: Vec<Utf8PathBuf>,
    pub(super) asgi: Vec<Utf8PathBuf>,
    pub(super) settings: Vec<Utf8PathBuf>,
}

/// Looks for landmarks, not below what is never packed.
pub(super) fn landmarks(root: &Utf8Path) -> Landmarks {
    let mut found = Landmarks::default();
    let entries = WalkDir::new(root)
        .min_depth(1)
        .max_depth(DEEPEST)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| {
            !entry.file_type().is_dir() || {
                let name = entry.file_name().to_string_lossy();
                Utf8Path::from_path(entry.path())
                    .is_some_and(|path| folder_reason(path, &name, entry.depth() == 1).is_none())
            }
        });
    for entry in entries.flatten() {
        let Some(path) = Utf8Path::from_path(entry.path()) else {
            continue;
        };
        let Ok(relative) = path.strip_prefix(root) else {
            continue;
        };
        if !path.is_file() {
            continue;
        }
        let relative = relative.to_owned();
        let name = relative.file_name().unwrap_or_default();
        let in_settings = relative
            .parent()
            .and_then(Utf8Path::file_name)
            .is_some_and(|folder| folder == "settings" || folder == "conf");
        match name {
            "manage.py" if mentions(root, &relative, &["django", "DJANGO"]) => {
                found.manage.push(relative);
            }
            _ if is_script(&relative, "wsgi") && mentions(root, &relative, &["wsgi"]) => {
                found.wsgi.push(relative);
            }
            _ if is_script(&relative, "asgi") && mentions(root, &relative, &["asgi"]) => {
                found.asgi.push(relative);
            }
            _ if name.ends_with(".py")
                && (in_settings || name.starts_with("settings"))
                && mentions(root, &relative, &["INSTALLED_APPS"]) =>
            {
                found.settings.push(relative);
            }
            _ => {}
        }
    }
    // One that only calls the project's own `main()` says nothing of Django itself.
    let top = Utf8PathBuf::from("manage.py");
    let is_project = !found.wsgi.is_empty() || !found.settings.is_empty();
    if is_project && found.manage.is_empty() && root.join(&top).is_file() {
        found.manage.push(top);
    }
    for list in [
        &mut found.manage,
        &mut found.wsgi,
        &mut found.asgi,
        &mut found.settings,
    ] {
        list.sort_by_key(|path| {
            let plain = matches!(path.file_name(), Some("wsgi.py" | "asgi.py"));
            (path.components().count(), !plain, path.clone())
        });
    }
    found
}

/// `wsgi.py`, or a file of the package `wsgi`, or one that is called for it.
fn is_script(relative: &Utf8Path, gateway: &str) -> bool {
    let stem = relative.file_stem().unwrap_or_default();
    let folder = relative.parent().and_then(Utf8Path::file_name);
    relative.extension() == Some("py")
        && (stem == gateway
            || folder == Some(gateway) && matches!(stem, "app" | "__init__" | "application")
            || stem
                .strip_suffix(gateway)
                .is_some_and(|start| start.ends_with('_'))
            || stem
                .strip_prefix(gateway)
                .is_some_and(|end| end.starts_with('_')))
}

fn mentions(root: &Utf8Path, relative: &Utf8Path, words: &[&str]) -> bool {
    source_text::python(root, relative)
        .is_ok_and(|text| words.iter().any(|word| text.contains(word)))
}

/// Folders that hold projects for trying a package, not to be deployed.
fn is_trial(path: &Utf8Path) -> bool {
    path.parent().is_some_and(|folder| {
        folder.components().any(|part| {
            matches!(
                part.as_str(),
                "tests"
                    | "test"
                    | "testing"
                    | "testproject"
                    | "test_project"
                    | "docs"
                    | "doc"
                    | "example"
                    | "examples"
                    | "example_project"
                    | "demo"
                    | "demos"
                    | "sandbox"
                    | "fixtures"
                    | "templates"
                    | "project_template"
                    | "cookiecutter"
            )
        })
    })
}

/// The one `manage.py`.
pub(super) fn only_manage(
    root: &Utf8Path,
    found: &Landmarks,
) -> Result<Option<Utf8PathBuf>, ScanError> {
    let top = Utf8PathBuf::from("manage.py");
    if found.manage.contains(&top) {
        return Ok(Some(top));
    }
    match found.manage.as_slice() {
        [] => {
            // Without a `manage.py`, every folder with a `wsgi.py` in a package of its
            // own is a project; several scripts of one package are not.
            let mut homes: Vec<Utf8PathBuf> = Vec::new();
            let mut projects: Vec<Utf8PathBuf> = Vec::new();
            let plain =
                |path: &&Utf8PathBuf| path.file_name() == Some("wsgi.py") && !is_trial(path);
            for script in found.wsgi.iter().filter(plain) {
                let home = dotted_from_packages(root, script).map(|(folder, _)| folder);
                let home = home.unwrap_or_default();
                if !homes.contains(&home) {
                    homes.push(home);
                    projects.push(script.clone());
                }
            }
            match projects.len() {
                0 | 1 => Ok(None),
                _ => Err(several_projects(root, projects)),
            }
        }
        [only] => Ok(Some(only.clone())),
        several => {
            let real: Vec<&Utf8PathBuf> = several.iter().filter(|path| !is_trial(path)).collect();
            match real.as_slice() {
                [only] => Ok(Some((*only).clone())),
                [] => Err(several_projects(root, several.to_vec())),
                several => Err(several_projects(
                    root,
                    several.iter().copied().cloned().collect(),
                )),
            }
        }
    }
}

fn several_projects(root: &Utf8Path, projects: Vec<Utf8PathBuf>) -> ScanError {
    ScanError::SeveralProjects {
        root: root.to_owned(),
        projects,
    }
}

/// A settings module, or a class of settings, and who named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) module: String,
    pub(super) origin: Span,
}

/// The settings modules that a script (`manage.py`, `wsgi.py`) sets, in order.
pub(super) fn named_by(modules: &Modules, script: &Utf8Path) -> Vec<Named> {
    set_by(modules, script, "DJANGO_SETTINGS_MODULE")
}

/// What a script sets an environment variable to, in order.
pub(super) fn set_by(modules: &Modules, script: &Utf8Path, variable: &str) -> Vec<Named> {
    let mut evaluator = Evaluator::new(modules);
    evaluator.script = true;
    evaluator.tolerant = true;
    // A script that doesn't read is none that names settings; its faults show
    // when the settings' own are looked at.
    if evaluator.load(script).is_err() {
        return Vec::new();
    }
    let mut named: Vec<Named> = evaluator
        .written
        .into_iter()
        .filter(|(written, _, _)| written == variable)
        .filter_map(|(_, value, origin)| {
            Some(Named {
                module: value.as_text()?.to_owned(),
                origin,
            })
        })
        .filter(|named| !named.module.is_empty())
        .collect();
    named.dedup_by(|a, b| a.module == b.module);
    named
}

/// What a settings module's name says about its purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    Test,
    Development,
    Neutral,
    Production,
}

pub(super) fn purpose(module: &str) -> Purpose {
    let last = module.rsplit('.').next().unwrap_or(module);
    let words: Vec<&str> = last.split(['_', '-']).collect();
    let has = |names: &[&str]| words.iter().any(|word| names.contains(word));
    if has(&["prod", "production", "live", "deploy", "deployment"]) {
        Purpose::Production
    } else if has(&["test", "tests", "testing", "ci", "pytest"]) {
        Purpose::Test
    } else if has(&["dev", "develop", "development", "local", "debug"]) {
        Purpose::Development
    } else {
        Purpose::Neutral
    }
}

/// A settings module with `production` in its name that stands beside `module`.
pub(super) fn production_beside(modules: &Modules, module: &str) -> Option<String> {
    let (package, _) = module.rsplit_once('.').unwrap_or(("", module));
    let with = |name: &str| {
        if package.is_empty() {
            name.to_owned()
        } else {
            format!("{package}.{name}")
        }
    };
    [
        "production",
        "prod",
        "settings_production",
        "settings_prod",
        "production_settings",
        "live",
        "deploy",
    ]
    .iter()
    .map(|name| with(name))
    .find(|candidate| candidate != module && modules.file(candidate).is_some())
}

/// The folder from which `module` can be imported: the likely ones first.
pub(super) fn source_root(
    root: &Utf8Path,
    manage: Option<&Utf8Path>,
    module: &str,
    found: &Landmarks,
) -> Option<Utf8PathBuf> {
    let mut candidates: Vec<Utf8PathBuf> = Vec::new();
    if let Some(folder) = manage.and_then(Utf8Path::parent) {
        candidates.push(folder.to_owned());
        candidates.push(join(folder, Utf8Path::new("src")));
        candidates.extend(folder.parent().map(Utf8Path::to_owned));
    }
    candidates.push(Utf8PathBuf::new());
    candidates.push(Utf8PathBuf::from("src"));
    let relative = module.replace('.', "/");
    for file in found.settings.iter().chain(&found.wsgi) {
        // `a/b/mysite/settings.py` for `mysite.settings` says `a/b`.
        let mut folder = file.parent();
        while let Some(each) = folder {
            candidates.push(each.to_owned());
            folder = each.parent();
        }
    }
    if let Ok(entries) = root.read_dir_utf8() {
        let mut folders: Vec<Utf8PathBuf> = entries
            .flatten()
            .filter(|entry| entry.path().is_dir())
            .map(|entry| Utf8PathBuf::from(entry.file_name()))
            .collect();
        folders.sort();
        candidates.extend(folders);
    }
    candidates.into_iter().find(|folder| {
        let stem = root.join(folder).join(&relative);
        Utf8PathBuf::from(format!("{stem}.py")).is_file() || stem.join("__init__.py").is_file()
    })
}

/// A dotted name for a file that lies in a package or beside `manage.py`: packages
/// end where a folder has no `__init__.py`.
pub(super) fn dotted_from_packages(
    root: &Utf8Path,
    file: &Utf8Path,
) -> Option<(Utf8PathBuf, String)> {
    let mut folder = file.parent()?;
    while !folder.as_str().is_empty() && root.join(folder).join("__init__.py").is_file() {
        folder = folder.parent()?;
    }
    Some((folder.to_owned(), dotted_below(folder, file)?))
}
