//! Disk → [`crate::model::Project`]. Reads; never runs the project's code.
//!
//! [`manage`] and [`choose`] find the settings module; [`python_source`] turns
//! source into [`syntax`], [`execute`], [`evaluate`] and [`calls`] read it, and
//! [`facts`] names what it says; [`dependencies`] reads requirements, manifests
//! and lock files; [`walk`] decides which files are packed.

mod address;
mod calls;
mod choose;
mod configurations;
mod dependencies;
mod deployment;
mod environment;
mod environment_files;
mod error;
mod evaluate;
mod execute;
mod extras;
mod facts;
mod findings;
mod imports;
mod installed;
mod lock_package;
mod locks;
mod manage;
mod manifests;
mod merge;
mod modules;
mod never_list;
mod on_jython;
mod operators;
mod own_package;
mod pipenv;
mod poetry;
mod python_2;
mod python_path;
mod python_source;
mod python_wish;
mod requirement;
mod requirements;
mod servers;
mod setup_script;
mod single_file;
mod source_text;
mod static_root;
mod syntax;
mod text_methods;
mod uv_sources;
mod value;
mod walk;
mod written;

use camino::{Utf8Path, Utf8PathBuf};

pub use configurations::VARIABLE as CONFIGURATION_VARIABLE;
pub use dependencies::LOCK;
pub use error::ScanError;
pub use on_jython::{INSTEAD, problems_on_jython};
pub use static_root::static_root_files;

use crate::model::project::Problem;
use crate::model::{Engine, Project, Setting, Span};
use choose::Chosen;
use dependencies::Dependencies;
use evaluate::{Evaluator, Scope};
use manage::Landmarks;
use modules::Modules;
use walk::{OutputFolder, Patterns};

/// Bytes of stack for [`scan`]; only what is touched is taken.
const STACK: usize = 64 << 20;

/// What the configuration says about reading a project.
#[derive(Clone, Debug, Default)]
pub struct ScanOptions {
    /// The settings module; default: what the project names.
    pub settings: Option<String>,
    /// `module:callable`; default: what the settings name.
    pub wsgi: Option<String>,
    /// The class of django-configurations; default: what the project names.
    pub configuration: Option<String>,
    /// The requirement, lock and manifest files to read, relative to the root;
    /// default: what is found.
    pub requirements: Option<Vec<String>>,
    /// Extras and groups of the project's manifests which are packed as well.
    pub extras: Vec<String>,
    /// Whether `djwar.lock` is passed over, because it is going to be written.
    pub without_lock: bool,
    /// Patterns of paths that are packed although they are left out by default.
    pub include: Vec<String>,
    /// Patterns of paths that are left out.
    pub exclude: Vec<String>,
}

/// Reads the project in `root`.
///
/// # Errors
/// When there is no project, several, or one that can't be read.
pub fn scan(root: &Utf8Path, options: &ScanOptions) -> Result<Project, ScanError> {
    // What settings nest is bounded, but not by what a test's or a server's thread
    // has for a stack.
    std::thread::scope(|scope| {
        let scanner = std::thread::Builder::new()
            .name("scan".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, || scan_here(root, options))
            .map_err(|source| ScanError::Unreadable {
                path: root.to_owned(),
                source,
            })?;
        match scanner.join() {
            Ok(outcome) => outcome,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn scan_here(root: &Utf8Path, options: &ScanOptions) -> Result<Project, ScanError> {
    let root = real(root)?;
    let patterns = Patterns::new(options)?;
    let found = manage::landmarks(&root);
    let manage_py = manage::only_manage(&root, &found)?;
    let nothing = manage_py.is_none() && found.wsgi.is_empty() && found.settings.is_empty();
    if nothing && options.settings.is_none() && single_file::find(&root).is_none() {
        return Err(ScanError::NoProject(root));
    }
    let chosen = choose::settings(&root, manage_py.as_deref(), &found, options)?;
    let home = manage_py
        .as_deref()
        .and_then(Utf8Path::parent)
        .unwrap_or(&chosen.source_root);
    let folders = manifest_folders(home, &chosen.source_root);
    let mut dependencies = dependencies::read(&root, &folders, options)?;

    let (modules, mut python_path) = search(&root, home, &chosen, &found);
    let later;
    let configuration =
        configurations::named(&modules, home, manage_py.as_deref(), &found, options);
    let mut read = read_settings(&modules, &chosen.file, &configuration, &dependencies)?;
    if read
        .evaluator
        .paths
        .iter()
        .any(|folder| !modules.search.contains(folder))
    {
        // What they import from there was not seen the first time. In the WAR they put it
        // on `sys.path` themselves, and where they want it: before or after the packages.
        let paths = std::mem::take(&mut read.evaluator.paths);
        let mut searched = python_path.clone();
        python_path::add(&mut searched, &modules, paths);
        later = python_path::searching(modules.clone(), &searched);
        read = read_settings(&later, &chosen.file, &configuration, &dependencies)?;
    }
    let (scope, engine) = (read.scope, read.engine);
    let modules = read.evaluator.modules.clone();
    let mut problems = std::mem::take(&mut read.evaluator.problems);
    problems.extend(findings::unfinished(&read.evaluator, &chosen.file));
    if home != chosen.source_root && python_path::holds_app(&modules, &scope, home) {
        python_path::add(&mut python_path, &modules, [home.to_owned()]);
    }
    let above = own_package::add(&modules, &scope, &mut dependencies, &mut python_path);

    let outputs = outputs(&root, &scope, &chosen.source_root);
    let walked = walk::walk(&root, &patterns, &outputs)?;
    problems.extend(walked.problems);

    let wsgi = wsgi(&modules, &scope, &found, &chosen, options);
    let asgi = choose::gateway(
        &modules,
        &facts::text(&scope, "ASGI_APPLICATION"),
        &found.asgi,
        &chosen.module,
    );
    let mut data = findings::data(&scope, &chosen.source_root);
    data.retain(|(path, _)| !holds_code(&root, Utf8Path::new(&path.path)));
    let mut project = Project {
        schema: 1,
        name: name(&dependencies, &root),
        source_root: chosen.source_root.clone(),
        python_path,
        manage_py,
        settings: Setting::Known(chosen.module.clone(), chosen.span()),
        settings_reason: chosen.reason.clone(),
        configuration,
        wsgi,
        asgi,
        root_urlconf: facts::text(&scope, "ROOT_URLCONF"),
        installed_apps: facts::list(&scope, "INSTALLED_APPS"),
        project_apps: project_apps(&modules, &above, &scope),
        middleware: middleware(&scope),
        databases: facts::databases(&scope),
        static_files: facts::static_files(&scope),
        media: facts::media(&scope),
        templates_dirs: facts::templates_dirs(&scope),
        locale_paths: facts::list(&scope, "LOCALE_PATHS"),
        debug: facts::boolean(&scope, "DEBUG"),
        env: read.evaluator.environment,
        requirements: dependencies.files.clone(),
        dependencies: dependencies.list.clone(),
        servers: servers::named(&root, &dependencies.list, &scope, &walked.files),
        django: dependencies.django_specifier(),
        python: dependencies.wish(engine),
        engine,
        engine_reason: read.engine_reason,
        native: dependencies.native.clone(),
        data: data.iter().map(|(path, _)| path.clone()).collect(),
        written: written::find(&scope),
        exclude: walked.exclude,
        problems: Vec::new(),
        files: walked.files.into(),
        requirements_digest: dependencies.digest.clone(),
        root,
    };
    problems.append(&mut dependencies.problems);
    findings::add(&project, &scope, &data, &mut problems);
    problems.sort_by(by_place);
    problems.dedup();
    project.problems = problems;
    Ok(project)
}

fn real(root: &Utf8Path) -> Result<Utf8PathBuf, ScanError> {
    if !root.is_dir() {
        return Err(ScanError::NotAFolder(root.to_owned()));
    }
    root.canonicalize_utf8()
        .map_err(|source| ScanError::Unreadable {
            path: root.to_owned(),
            source,
        })
}

/// Why a file of the project, `path` relative to `root`, stays out of every WAR
/// whose configuration doesn't name it.
pub fn never_packed(root: &Utf8Path, path: &Utf8Path) -> Option<&'static str> {
    let name = path.file_name().unwrap_or_default();
    let folders = path.ancestors().skip(1).filter_map(|folder| {
        let is_top = folder.components().count() == 1;
        never_list::folder_reason(&root.join(folder), folder.file_name()?, is_top)
    });
    never_list::file_reason(&root.join(path), name).or_else(|| folders.last())
}

/// The configuration's application, else the settings', else a script's, else that
/// of a project in one file.
fn wsgi(
    modules: &Modules,
    scope: &Scope,
    found: &Landmarks,
    chosen: &Chosen,
    options: &ScanOptions,
) -> Setting<String> {
    if let Some(wsgi) = &options.wsgi {
        return Setting::Known(wsgi.clone(), Span::new("", 0));
    }
    let named = facts::text(scope, "WSGI_APPLICATION");
    match choose::gateway(modules, &named, &found.wsgi, &chosen.module) {
        Setting::Missing => single_file::application(chosen, scope),
        known => known,
    }
}

/// Where modules are looked for, and which of these folders the runtime doesn't know.
fn search(
    root: &Utf8Path,
    home: &Utf8Path,
    chosen: &Chosen,
    found: &Landmarks,
) -> (Modules, Vec<Utf8PathBuf>) {
    let mut search = vec![chosen.source_root.clone()];
    if home != chosen.source_root {
        search.push(home.to_owned());
    }
    let modules = Modules {
        root: root.to_owned(),
        search,
    };
    let manage = found
        .manage
        .iter()
        .find(|script| script.parent() == Some(home));
    let wsgi = found.wsgi.iter().find(|script| {
        // Another project's (an example's) has nothing to say.
        script.starts_with(home) || script.starts_with(&chosen.source_root)
    });
    let scripts = manage.into_iter().chain(wsgi).map(Utf8PathBuf::as_path);
    let python_path = python_path::before_settings(&modules, &chosen.source_root, scripts);
    (python_path::searching(modules, &python_path), python_path)
}

/// The settings' names, and what they say about the engine.
struct Settings<'a> {
    scope: Scope,
    evaluator: Evaluator<'a>,
    engine: Engine,
    engine_reason: String,
}

/// Reads the settings module. Faults in its syntax stop, unless they are signs of
/// Python 2.
fn read_settings<'a>(
    modules: &'a Modules,
    file: &Utf8Path,
    configuration: &Setting<String>,
    dependencies: &Dependencies,
) -> Result<Settings<'a>, ScanError> {
    let (engine, engine_reason) = dependencies.engine();
    let mut evaluator = Evaluator::new(modules);
    evaluator.tolerant = engine == Engine::Jython;
    evaluator.reads_classes = configuration.known().is_some();
    // Functions of settings run when they are called; those of a script always do.
    evaluator.script =
        source_text::python(&modules.root, file).is_ok_and(|text| single_file::configures(&text));
    match evaluator.load(file) {
        Ok(mut scope) => {
            single_file::add_configured(&mut evaluator, &mut scope);
            let scope = configurations::settings(&mut evaluator, scope, file, configuration);
            Ok(Settings {
                scope,
                evaluator,
                engine,
                engine_reason,
            })
        }
        Err(error) => {
            let sign = python_2::sign(&modules.root, &error);
            let engine_reason = sign
                .filter(|_| dependencies.may_be_python_2())
                .ok_or(error)?;
            let mut evaluator = Evaluator::new(modules);
            evaluator.tolerant = true;
            Ok(Settings {
                scope: evaluator.load(file)?,
                evaluator,
                engine: Engine::Jython,
                engine_reason,
            })
        }
    }
}

/// Where manifests are looked for, the nearest to the code first.
fn manifest_folders(home: &Utf8Path, source_root: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut folders = folders_up(home);
    for folder in folders_up(source_root) {
        if !folders.contains(&folder) {
            folders.insert(0, folder);
        }
    }
    folders
}

fn by_place(a: &Problem, b: &Problem) -> std::cmp::Ordering {
    (a.origin.is_none(), &a.origin, a.code).cmp(&(b.origin.is_none(), &b.origin, b.code))
}

/// `folder` and the folders above it, up to the project's root.
fn folders_up(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    folder.ancestors().map(Utf8Path::to_owned).collect()
}

/// `MIDDLEWARE`, or what it was called before Django 1.10.
fn middleware(scope: &Scope) -> Setting<Vec<String>> {
    match facts::list(scope, "MIDDLEWARE") {
        Setting::Missing => facts::list(scope, "MIDDLEWARE_CLASSES"),
        set => set,
    }
}

/// The installed apps that lie in the project: an app's entry is its package or
/// its configuration class (`polls.apps.PollsConfig`).
fn project_apps(modules: &Modules, above: &[Utf8PathBuf], scope: &Scope) -> Vec<String> {
    let mut apps: Vec<String> = Vec::new();
    let search = modules.search.iter().chain(above).cloned().collect();
    let root = modules.root.clone();
    let modules = Modules { root, search };
    for entry in facts::guessed_list(scope, "INSTALLED_APPS") {
        let package = entry.split(".apps.").next().unwrap_or(&entry).to_owned();
        let found = [entry.as_str(), package.as_str()]
            .into_iter()
            .find(|name| modules.folder(name).is_some());
        if let Some(name) = found
            && !apps.iter().any(|known| known == name)
        {
            apps.push(name.to_owned());
        }
    }
    apps
}

/// Folders that the running project fills. One that holds the code is none.
fn outputs(root: &Utf8Path, scope: &Scope, source_root: &Utf8Path) -> Vec<OutputFolder> {
    let sources = facts::guessed_list(scope, "STATICFILES_DIRS");
    [
        ("MEDIA_ROOT", "media uploads (`MEDIA_ROOT`)"),
        ("STATIC_ROOT", static_root::REASON),
    ]
    .into_iter()
    .filter_map(|(name, reason)| {
        let (path, _) = facts::inner_folder(scope, name)?;
        let path = Utf8PathBuf::from(path);
        let is_source = sources
            .iter()
            .any(|source| Utf8Path::new(source).starts_with(&path));
        let is_code = source_root.starts_with(&path) || holds_code(root, &path);
        (!is_code && !is_source).then_some(OutputFolder { path, reason })
    })
    .collect()
}

/// Whether a folder is a package or a project: no place for uploads, whatever the
/// settings say.
fn holds_code(root: &Utf8Path, folder: &Utf8Path) -> bool {
    let folder = root.join(folder);
    ["__init__.py", "manage.py"]
        .iter()
        .any(|name| folder.join(name).is_file())
}

/// The WAR's name: the project's own, else its folder's.
fn name(dependencies: &Dependencies, root: &Utf8Path) -> String {
    let own = dependencies.name.as_deref();
    let from = own.or(root.file_name()).unwrap_or("project");
    let mut name = String::new();
    for letter in from.trim().chars() {
        if letter.is_ascii_alphanumeric() || "._-".contains(letter) {
            name.push(letter);
        } else if !name.ends_with('-') {
            name.push('-');
        }
    }
    // Tomcat hides what begins with a dot, and Windows drops a last one.
    let name = name.trim_matches(['.', '-']);
    if name.is_empty() {
        "project".to_owned()
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests;
