//! Which settings module and which WSGI application: from what the scripts name,
//! what the files are called, and what the configuration says.

use camino::{Utf8Path, Utf8PathBuf};

use super::ScanOptions;
use super::environment_files;
use super::error::ScanError;
use super::evaluate::Evaluator;
use super::manage::{
    Landmarks, Named, Purpose, dotted_from_packages, named_by, production_beside, purpose,
    source_root,
};
use super::modules::Modules;
use super::python_source;
use super::single_file;
use super::source_text;
use super::syntax::{Expression, ExpressionKind, StatementKind};
use super::value::Kind;
use crate::model::{Setting, Span};

/// The settings that were chosen.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) module: String,
    pub(super) origin: Option<Span>,
    /// One sentence.
    pub(super) reason: String,
    pub(super) source_root: Utf8PathBuf,
    pub(super) file: Utf8PathBuf,
}

impl Chosen {
    /// Who named it, else the module itself.
    pub(super) fn span(&self) -> Span {
        let own = || Span::new(self.file.clone(), 1);
        self.origin.clone().unwrap_or_else(own)
    }
}

/// Chooses the settings module.
pub(super) fn settings(
    root: &Utf8Path,
    manage: Option<&Utf8Path>,
    found: &Landmarks,
    options: &ScanOptions,
) -> Result<Chosen, ScanError> {
    if let Some(module) = &options.settings {
        let reason = "named by the configuration".to_owned();
        return locate(
            root,
            manage,
            found,
            module,
            None,
            "the configuration",
            reason,
        );
    }
    let candidates = candidates(root, manage, found);
    let (mut missing, mut empty) = (None, None);
    for Candidate { named, by } in ranked(&candidates) {
        let reason = format!("named by {by}");
        let origin = Some(named.origin.clone());
        let place = named.origin.to_string();
        match locate(root, manage, found, &named.module, origin, &place, reason) {
            Ok(chosen) if holds_nothing(root, &chosen.file) => empty = empty.or(Some(chosen)),
            // A server's settings that the operator is to write: those of the
            // tests are no substitute.
            Ok(_) if missing.is_some() && purpose(&named.module) == Purpose::Test => break,
            Ok(chosen) => return Ok(preferring_production(root, chosen)),
            // `settings.local` is often kept out of the repository: another
            // script may name what is there.
            Err(error) => missing = missing.or(Some(error)),
        }
    }
    match (empty, missing) {
        (Some(chosen), _) => Ok(preferring_production(root, chosen)),
        (None, Some(error)) => Err(error),
        (None, None) => unnamed(root, manage, found),
    }
}

struct Candidate {
    named: Named,
    by: String,
}

/// Who names a settings module: the server's script first, then `manage.py`, then
/// the environment's files, then the test runner's configuration.
fn candidates(root: &Utf8Path, manage: Option<&Utf8Path>, found: &Landmarks) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    let home = manage
        .and_then(Utf8Path::parent)
        .unwrap_or(Utf8Path::new(""));
    let modules = Modules {
        root: root.to_owned(),
        search: vec![
            home.to_owned(),
            Utf8PathBuf::new(),
            Utf8PathBuf::from("src"),
        ],
    };
    let mut add = |script: &Utf8Path| {
        for named in named_by(&modules, script) {
            candidates.push(Candidate {
                by: format!("`{script}`"),
                named,
            });
        }
    };
    // Another project's `wsgi.py` (an example's) has nothing to say.
    let near = |path: &&Utf8PathBuf| path.starts_with(home);
    if let Some(script) = found.wsgi.iter().find(near) {
        add(script);
    }
    if let Some(script) = manage {
        add(script);
    }
    if let Some(script) = found.asgi.iter().find(near) {
        add(script);
    }
    for folder in super::folders_up(home) {
        let named = environment_files::named(root, &folder, "DJANGO_SETTINGS_MODULE");
        candidates.extend(named.into_iter().map(|named| Candidate {
            by: format!("`{}`", named.origin.path),
            named,
        }));
    }
    candidates
}

/// The candidates, production before neutral before development before tests.
fn ranked(candidates: &[Candidate]) -> Vec<&Candidate> {
    let mut ranked: Vec<&Candidate> = candidates.iter().collect();
    ranked.sort_by_key(|candidate| std::cmp::Reverse(purpose(&candidate.named.module)));
    ranked
}

/// Modules that could be meant instead of one that isn't there.
fn alternatives(root: &Utf8Path, found: &Landmarks) -> Vec<String> {
    let settings = found.settings.iter();
    let named = settings.filter_map(|file| Some(dotted_from_packages(root, file)?.1));
    named.take(5).collect()
}

/// Settings that nobody names: the one file that looks like them.
fn unnamed(
    root: &Utf8Path,
    manage: Option<&Utf8Path>,
    found: &Landmarks,
) -> Result<Chosen, ScanError> {
    let home = manage
        .and_then(Utf8Path::parent)
        .unwrap_or(Utf8Path::new(""));
    let file = found
        .settings
        .iter()
        .filter(|path| path.starts_with(home))
        .max_by_key(|path| {
            let stem = path.file_stem().unwrap_or_default();
            let depth = path.components().count();
            (
                purpose(stem),
                names_urls(root, path),
                std::cmp::Reverse(depth),
            )
        });
    let Some(file) = file else {
        return single_file::chosen(root).ok_or_else(|| ScanError::SettingsUnknown {
            root: root.to_owned(),
            looked_at: looked_at(manage, found),
        });
    };
    let Some((folder, module)) = dotted_from_packages(root, file) else {
        return Err(ScanError::SettingsUnknown {
            root: root.to_owned(),
            looked_at: file.to_string(),
        });
    };
    Ok(Chosen {
        module,
        origin: Some(Span::new(file, 1)),
        reason: format!("nothing names settings; `{file}` looks like them"),
        source_root: folder,
        file: file.clone(),
    })
}

/// Whether a file sets `ROOT_URLCONF` itself, as whole settings do and parts of them,
/// which may mention `INSTALLED_APPS` in a comment, do not.
fn names_urls(root: &Utf8Path, file: &Utf8Path) -> bool {
    source_text::python(root, file)
        .is_ok_and(|text| text.lines().any(|line| line.starts_with("ROOT_URLCONF")))
}

fn looked_at(manage: Option<&Utf8Path>, found: &Landmarks) -> String {
    let files: Vec<String> = manage
        .into_iter()
        .chain(found.wsgi.iter().map(Utf8PathBuf::as_path))
        .chain(found.asgi.iter().map(Utf8PathBuf::as_path))
        .map(|path| format!("`{path}`"))
        .collect();
    if files.is_empty() {
        "files named `settings.py`".to_owned()
    } else {
        format!("{} and files named `settings.py`", files.join(", "))
    }
}

fn locate(
    root: &Utf8Path,
    manage: Option<&Utf8Path>,
    found: &Landmarks,
    module: &str,
    origin: Option<Span>,
    place: &str,
    reason: String,
) -> Result<Chosen, ScanError> {
    let missing = || ScanError::SettingsNotFound {
        module: module.to_owned(),
        origin: place.to_owned(),
        root: root.to_owned(),
        alternatives: alternatives(root, found),
    };
    let folder = source_root(root, manage, module, found).ok_or_else(missing)?;
    let modules = Modules {
        root: root.to_owned(),
        search: vec![folder.clone()],
    };
    let file = modules.file(module).ok_or_else(missing)?;
    Ok(Chosen {
        module: module.to_owned(),
        origin,
        reason,
        source_root: folder,
        file,
    })
}

/// Whether a package's `__init__` has comments and documentation only.
fn holds_nothing(root: &Utf8Path, file: &Utf8Path) -> bool {
    file.file_name() == Some("__init__.py")
        && source_text::python(root, file).is_ok_and(|text| {
            let parsed = python_source::parse(&text);
            parsed.fault.is_none()
                && parsed.statements.iter().all(|statement| {
                    matches!(
                        &statement.kind,
                        StatementKind::Expression(Expression {
                            kind: ExpressionKind::Text(_),
                            ..
                        })
                    )
                })
        })
}

/// Names of modules for production in a package of settings.
const PRODUCTION: &[&str] = &["production", "prod", "live", "deploy"];

/// Whether settings turn `DEBUG` on, whatever the environment says.
fn is_debugging(modules: &Modules, file: &Utf8Path) -> bool {
    let mut evaluator = Evaluator::new(modules);
    evaluator.tolerant = true;
    let scope = evaluator.load(file).unwrap_or_default();
    scope
        .get("DEBUG")
        .is_some_and(|binding| binding.value.kind == Kind::Boolean(true) && !binding.value.dynamic)
}

/// A development module gives way to the production module beside it, and a
/// package whose `__init__` holds nothing to the one inside.
fn preferring_production(root: &Utf8Path, mut chosen: Chosen) -> Chosen {
    let modules = Modules {
        root: root.to_owned(),
        search: vec![chosen.source_root.clone()],
    };
    let inner = |name: &str| format!("{}.{name}", chosen.module);
    let found_inside = |names: &[&str]| {
        names
            .iter()
            .map(|name| inner(name))
            .find(|module| modules.file(module).is_some())
    };
    let preferred = |why: &str| {
        format!(
            "preferred over `{}` ({}), {why}",
            chosen.module, chosen.reason
        )
    };
    let candidate = if holds_nothing(root, &chosen.file) {
        found_inside(PRODUCTION)
            .or_else(|| found_inside(&["base", "common", "settings", "default"]))
            .map(|module| (module, format!("`{}` is an empty package", chosen.module)))
    } else if purpose(&chosen.module) < Purpose::Neutral {
        production_beside(&modules, &chosen.module)
            .map(|module| (module, preferred("which is for development")))
    } else if purpose(&chosen.module) == Purpose::Neutral {
        found_inside(PRODUCTION)
            .or_else(|| production_beside(&modules, &chosen.module))
            .filter(|_| is_debugging(&modules, &chosen.file))
            .map(|module| (module, preferred("which sets `DEBUG` to `True`")))
    } else {
        None
    };
    if let Some((module, reason)) = candidate
        && let Some(file) = modules.file(&module)
    {
        chosen.origin = Some(Span::new(file.clone(), 1));
        chosen.module = module;
        chosen.reason = reason;
        chosen.file = file;
    }
    chosen
}

/// Whether a module's package is the project's, or could be, and the module isn't
/// there.
fn is_gone(modules: &Modules, module: &str) -> bool {
    let first = module.split('.').next().unwrap_or(module);
    modules.file(module).is_none() && modules.folder(first).is_some()
}

/// `module:callable` from the settings' dotted path, else from the script that
/// lies in the project.
pub(super) fn gateway(
    modules: &Modules,
    setting: &Setting<String>,
    scripts: &[Utf8PathBuf],
    settings: &str,
) -> Setting<String> {
    if let Setting::Known(path, span) = setting
        && let Some((module, callable)) = path.rsplit_once('.')
        // A name that was left behind by a renamed project: the script knows better.
        && (scripts.is_empty() || !is_gone(modules, module))
    {
        return Setting::Known(format!("{module}:{callable}"), span.clone());
    }
    let package = settings.split('.').next().unwrap_or(settings);
    let named: Vec<(String, &Utf8PathBuf)> = scripts
        .iter()
        .filter_map(|script| Some((modules.dotted(script)?, script)))
        .collect();
    let own = named
        .iter()
        .find(|(module, _)| module.split('.').next() == Some(package))
        .or_else(|| named.first());
    match own {
        Some((module, script)) => Setting::Known(
            format!("{module}:application"),
            Span::new((*script).clone(), 1),
        ),
        None => match setting {
            Setting::Dynamic(span) => Setting::Dynamic(span.clone()),
            _ => Setting::Missing,
        },
    }
}
