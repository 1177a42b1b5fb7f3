//! A project in one file: settings, pages and application together, configured by
//! `settings.configure(…)` or by being its own settings module.

use camino::{Utf8Path, Utf8PathBuf};
use walkdir::WalkDir;

use super::choose::Chosen;
use super::evaluate::{Binding, Evaluator, Scope};
use super::manage::dotted_from_packages;
use super::never_list::folder_reason;
use super::source_text;
use crate::model::{Setting, Span};

/// Deeper than this nobody keeps one.
const DEEPEST: usize = 2;

/// The file in `root` that is a whole project, the shallowest first.
pub(super) fn find(root: &Utf8Path) -> Option<Utf8PathBuf> {
    let mut files: Vec<Utf8PathBuf> = WalkDir::new(root)
        .min_depth(1)
        .max_depth(DEEPEST)
        .into_iter()
        .filter_entry(|entry| {
            let name = entry.file_name().to_string_lossy();
            let path = Utf8Path::from_path(entry.path());
            !entry.file_type().is_dir()
                || path.is_some_and(|path| folder_reason(path, &name, entry.depth() == 1).is_none())
        })
        .flatten()
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| {
            let path = Utf8Path::from_path(entry.path())?.strip_prefix(root).ok()?;
            (path.extension() == Some("py")).then(|| path.to_owned())
        })
        .collect();
    files.sort_by_key(|path| (path.components().count(), path.clone()));
    files.into_iter().find(|file| is_project(root, file))
}

fn is_project(root: &Utf8Path, file: &Utf8Path) -> bool {
    let Ok(text) = source_text::python(root, file) else {
        return false;
    };
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let is_configured =
        configures(&text) || has(&["ROOT_URLCONF"]) && has(&["DJANGO_SETTINGS_MODULE"]);
    is_configured
        && has(&[
            "get_wsgi_application",
            "WSGIHandler",
            "execute_from_command_line",
        ])
}

/// Whether a module's text calls `settings.configure`.
pub(super) fn configures(text: &str) -> bool {
    text.contains("settings.configure(")
}

/// That file as the settings.
pub(super) fn chosen(root: &Utf8Path) -> Option<Chosen> {
    let file = find(root)?;
    let (folder, module) = dotted_from_packages(root, &file)?;
    Some(Chosen {
        module,
        origin: Some(Span::new(file.clone(), 1)),
        reason: format!("`{file}` holds the whole project"),
        source_root: folder,
        file,
    })
}

/// The names that `settings.configure(…)` sets, beside the module's own.
pub(super) fn add_configured(evaluator: &mut Evaluator<'_>, scope: &mut Scope) {
    for (name, value) in evaluator
        .configured
        .take()
        .into_iter()
        .flat_map(|(keywords, span)| {
            keywords.into_iter().map(move |(name, value)| {
                (
                    name,
                    Binding {
                        value,
                        span: span.clone(),
                    },
                )
            })
        })
    {
        scope.insert(name, std::rc::Rc::new(value));
    }
}

/// The application that such a file makes.
pub(super) fn application(chosen: &Chosen, scope: &Scope) -> Setting<String> {
    let found = ["application", "app"].into_iter().find_map(|name| {
        let binding = scope.get(name)?;
        (binding.span.path == chosen.file).then(|| (name, binding.span.clone()))
    });
    match found {
        Some((name, span)) => Setting::Known(format!("{}:{name}", chosen.module), span),
        None => Setting::Missing,
    }
}
