//! `setup.py`: the arguments of `setup(…)` as far as reading tells. Never run.

use camino::{Utf8Path, Utf8PathBuf};

use super::error::ScanError;
use super::evaluate::Evaluator;
use super::facts::text_of;
use super::manifests::{Manifest, Places};
use super::modules::{Modules, join};
use super::requirement::{normalised_name, requirement};
use super::source_text;
use super::value::{Kind, Value};
use crate::model::Span;
use crate::model::project::Dependency;

/// Reads `setup.py` in `folder`. One that is broken tells nothing: whoever
/// deploys the project does not run it.
pub(super) fn read(root: &Utf8Path, folder: &Utf8Path) -> Result<Option<Manifest>, ScanError> {
    let path = join(folder, Utf8Path::new("setup.py"));
    if !root.join(&path).is_file() {
        return Ok(None);
    }
    let text = source_text::python(root, &path)?;
    let modules = Modules {
        root: root.to_owned(),
        search: vec![folder.to_owned(), Utf8PathBuf::from("src")],
    };
    let mut evaluator = Evaluator::new(&modules);
    evaluator.script = true;
    evaluator.tolerant = true;
    if evaluator.load(&path).is_err() {
        return Ok(None);
    }
    let Some(arguments) = evaluator.setup else {
        return Ok(None);
    };
    let named = |name: &str| {
        let found = arguments.iter().find(|(keyword, _)| keyword == name);
        found.map(|(_, value)| value)
    };
    let places = Places::new(&text);
    let span = |needle: &str| Span::new(path.clone(), places.line(needle));
    let mut manifest = Manifest {
        path: path.clone(),
        name: named("name").and_then(text_of),
        ..Manifest::default()
    };
    manifest.python = named("python_requires")
        .and_then(text_of)
        .map(|python| (python, span("python_requires")))
        .or_else(|| {
            // Before `python_requires` there were classifiers only.
            let classifiers = named("classifiers")?.items()?;
            let of_python = classifiers.iter().filter_map(|item| {
                item.as_text()?
                    .strip_prefix("Programming Language :: Python :: ")
            });
            let mut lines = of_python
                .filter(|line| line.starts_with(['2', '3']))
                .peekable();
            lines.peek()?;
            let is_two = lines.all(|line| line.starts_with('2'));
            is_two.then(|| {
                (
                    "==2.7.*".to_owned(),
                    span("Programming Language :: Python :: 2"),
                )
            })
        });
    let requirements = |value: &Value| -> Vec<Dependency> {
        let texts: Vec<String> = match value.items() {
            Some(items) => items.iter().filter_map(text_of).collect(),
            // setuptools takes one text with a requirement a line.
            None => text_of(value)
                .map(|text| text.lines().map(str::to_owned).collect())
                .unwrap_or_default(),
        };
        let texts = texts.iter().map(|text| text.trim());
        texts
            .filter_map(|text| requirement(text, span(text)))
            .collect()
    };
    manifest.dependencies = named("install_requires").map_or_else(Vec::new, requirements);
    if let Some(Kind::Dictionary(extras)) = named("extras_require").map(|value| &value.kind) {
        let named = extras.iter().filter_map(|(name, value)| {
            let name = name.as_text()?;
            Some((normalised_name(name), requirements(value)))
        });
        manifest.extras = named.collect();
    }
    Ok(Some(manifest))
}
