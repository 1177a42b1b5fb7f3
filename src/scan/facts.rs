//! The settings' names → the facts of [`crate::model::Project`].

use std::collections::BTreeMap;

use super::evaluate::{Binding, Scope};
use super::value::{Kind, Value, inside, shown};
use crate::model::project::{Database, Media, StaticFiles};
use crate::model::{Setting, Span};

/// A text setting. `None` is as good as not set.
pub(super) fn text(scope: &Scope, name: &str) -> Setting<String> {
    scope.get(name).map_or(Setting::Missing, |binding| {
        text_value(&binding.value, &binding.span)
    })
}

/// The text of a value that is certain.
pub(super) fn text_of(value: &Value) -> Option<String> {
    (!value.dynamic).then(|| value.as_text().map(str::to_owned))?
}

fn text_value(value: &Value, span: &Span) -> Setting<String> {
    match (&value.kind, value.dynamic) {
        (Kind::Text(text) | Kind::Path(text), false) => Setting::Known(shown(text), span.clone()),
        (Kind::None, false) => Setting::Missing,
        _ => Setting::Dynamic(span.clone()),
    }
}

/// A list of texts.
pub(super) fn list(scope: &Scope, name: &str) -> Setting<Vec<String>> {
    scope.get(name).map_or(Setting::Missing, |binding| {
        list_value(&binding.value, &binding.span)
    })
}

fn list_value(value: &Value, span: &Span) -> Setting<Vec<String>> {
    if value.is_dynamic() {
        return Setting::Dynamic(span.clone());
    }
    let texts: Option<Vec<String>> = value
        .items()
        .and_then(|items| items.iter().map(item_text).collect());
    texts.map_or_else(
        || Setting::Dynamic(span.clone()),
        |texts| Setting::Known(texts, span.clone()),
    )
}

/// `STATICFILES_DIRS` may hold pairs of a prefix and a folder.
fn item_text(item: &Value) -> Option<String> {
    match &item.kind {
        Kind::Text(text) | Kind::Path(text) => Some(shown(text)),
        Kind::Sequence(pair) if pair.len() == 2 => pair[1].as_text().map(shown),
        _ => None,
    }
}

/// What a list probably holds, dynamic or not.
pub(super) fn guessed_list(scope: &Scope, name: &str) -> Vec<String> {
    scope
        .get(name)
        .and_then(|binding| binding.value.items())
        .unwrap_or_default()
        .iter()
        .filter_map(item_text)
        .collect()
}

/// `DEBUG` and the like.
pub(super) fn boolean(scope: &Scope, name: &str) -> Setting<bool> {
    scope.get(name).map_or(Setting::Missing, |binding| {
        match (&binding.value.kind, binding.value.dynamic) {
            (Kind::Boolean(boolean), false) => Setting::Known(*boolean, binding.span.clone()),
            _ => Setting::Dynamic(binding.span.clone()),
        }
    })
}

/// `DATABASES`, by alias.
pub(super) fn databases(scope: &Scope) -> Setting<BTreeMap<String, Database>> {
    let Some(binding) = scope.get("DATABASES") else {
        return Setting::Missing;
    };
    let Kind::Dictionary(entries) = &binding.value.kind else {
        return Setting::Dynamic(binding.span.clone());
    };
    let mut databases = BTreeMap::new();
    for (alias, value) in entries {
        let Some(alias) = alias.as_text() else {
            continue;
        };
        let value = value.clone().or_dynamic(binding.value.dynamic);
        databases.insert(alias.to_owned(), database(&value, binding));
    }
    if databases.is_empty() && binding.value.dynamic {
        return Setting::Dynamic(binding.span.clone());
    }
    Setting::Known(databases, binding.span.clone())
}

fn database(value: &Value, binding: &Binding) -> Database {
    let setting = |key: &str| match value.entry(key) {
        Some(entry) => {
            let entry = entry.clone().or_dynamic(value.dynamic);
            text_value(&entry, &binding.span)
        }
        None if value.dynamic || value.kind == Kind::Opaque => {
            Setting::Dynamic(binding.span.clone())
        }
        None => Setting::Missing,
    };
    Database {
        engine: setting("ENGINE"),
        name: setting("NAME"),
    }
}

/// Files of sqlite databases that lie in the project, also when only a default
/// of the environment says so, with the place that sets them.
pub(super) fn database_files(scope: &Scope) -> Vec<(String, Span)> {
    let Some(binding) = scope.get("DATABASES") else {
        return Vec::new();
    };
    let Kind::Dictionary(entries) = &binding.value.kind else {
        return Vec::new();
    };
    entries
        .iter()
        .filter_map(|(_, value)| {
            let engine = value.entry("ENGINE")?.as_text()?;
            let is_file = engine.contains("sqlite") || engine.contains("spatialite");
            let name = value.entry("NAME")?.as_text()?;
            let path = inside(name).or_else(|| relative_file(name))?;
            (is_file && !path.is_empty()).then(|| (path, binding.span.clone()))
        })
        .collect()
}

/// Where a database of sqlite is set, also when only a default says so.
pub(super) fn sqlite_place(scope: &Scope) -> Option<Span> {
    let binding = scope.get("DATABASES")?;
    let Kind::Dictionary(entries) = &binding.value.kind else {
        return None;
    };
    entries
        .iter()
        .filter_map(|(_, value)| value.entry("ENGINE")?.as_text())
        .any(|engine| engine.contains("sqlite") || engine.contains("spatialite"))
        .then(|| binding.span.clone())
}

/// `db.sqlite3` without a folder: relative to where the server is started.
fn relative_file(name: &str) -> Option<String> {
    let plain = !name.is_empty()
        && !name.contains(':')
        && !name.starts_with('/')
        && !name.split('/').any(|part| part == "..");
    plain.then(|| name.to_owned())
}

/// The folder that a setting names inside of the project, defaults included.
pub(super) fn inner_folder(scope: &Scope, name: &str) -> Option<(String, Span)> {
    let binding = scope.get(name)?;
    let path = place_inside(binding.value.as_text()?)?;
    Some((path, binding.span.clone()))
}

/// A file or folder inside of the project, relative to its root.
pub(super) fn place_inside(path: &str) -> Option<String> {
    let path = inside(path).or_else(|| relative_file(path.trim_end_matches('/')))?;
    (!path.is_empty()).then_some(path)
}

/// `STATIC_*`; the storage stands in `STORAGES` since Django 4.2.
pub(super) fn static_files(scope: &Scope) -> StaticFiles {
    let storage = scope
        .get("STORAGES")
        .and_then(|binding| {
            let entry = binding.value.entry("staticfiles")?.entry("BACKEND")?;
            let entry = entry.clone().or_dynamic(binding.value.dynamic);
            Some(text_value(&entry, &binding.span))
        })
        .unwrap_or_else(|| text(scope, "STATICFILES_STORAGE"));
    StaticFiles {
        url: text(scope, "STATIC_URL"),
        root: text(scope, "STATIC_ROOT"),
        dirs: list(scope, "STATICFILES_DIRS"),
        storage,
    }
}

/// `MEDIA_*`.
pub(super) fn media(scope: &Scope) -> Media {
    Media {
        url: text(scope, "MEDIA_URL"),
        root: text(scope, "MEDIA_ROOT"),
    }
}

/// `DIRS` of all `TEMPLATES`, or `TEMPLATE_DIRS` before Django 1.8.
pub(super) fn templates_dirs(scope: &Scope) -> Setting<Vec<String>> {
    let Some(binding) = scope.get("TEMPLATES") else {
        return list(scope, "TEMPLATE_DIRS");
    };
    let Some(engines) = binding.value.items() else {
        return Setting::Dynamic(binding.span.clone());
    };
    let mut all = Vec::new();
    for engine in engines {
        match engine.entry("DIRS") {
            Some(dirs) => match list_value(dirs, &binding.span) {
                Setting::Known(dirs, _) => all.extend(dirs),
                _ => return Setting::Dynamic(binding.span.clone()),
            },
            None if engine.dynamic => return Setting::Dynamic(binding.span.clone()),
            None => {}
        }
    }
    if binding.value.dynamic {
        Setting::Dynamic(binding.span.clone())
    } else {
        Setting::Known(all, binding.span.clone())
    }
}
