//! Reading environment variables: what `os.environ`, django-environ, environs and
//! decouple give with an empty environment, and which variables were asked for.

use super::calls::Arguments;
use super::evaluate::{Evaluator, Place};
use super::operators::plain_text;
use super::value::{Kind, Value};
use crate::model::Span;
use crate::model::project::EnvironmentVariable;

impl Evaluator<'_> {
    /// Records that the settings read a variable. The first place stays; one that
    /// is `needed` is required unless a `try` or a branch may do without.
    pub(super) fn read_environment(
        &mut self,
        name: &str,
        default: Option<&Value>,
        needed: bool,
        origin: Span,
    ) {
        // Each is looked for among all.
        if !self.step(self.environment.len() / 8) {
            return;
        }
        let required = needed && self.guarded == 0 && self.doubtful == 0;
        self.failed |= needed && self.guarded > 0;
        let origin = self.call_site.clone().unwrap_or(origin);
        let default = default
            .and_then(plain_text)
            .map(|text| super::value::shown(&text));
        let before = self
            .environment
            .iter_mut()
            .find(|variable| variable.name == name);
        match before {
            Some(variable) => {
                variable.required |= required;
                if variable.default.is_none() {
                    variable.default = default;
                }
            }
            None => self.environment.push(EnvironmentVariable {
                name: name.to_owned(),
                required,
                default,
                origin,
            }),
        }
    }

    /// A reader's call: `env('X', default=…)`, `env.bool('X', False)`,
    /// `config('X', default=…, cast=bool)`.
    pub(super) fn read(
        &mut self,
        defaults: &[(String, Value)],
        cast: Option<&Value>,
        arguments: &Arguments,
        place: Place<'_>,
    ) -> Value {
        let cast = match cast.map(|cast| &cast.kind) {
            Some(Kind::Reference(name)) => name.rsplit('.').next().unwrap_or_default(),
            _ => "",
        };
        let fallback = match cast {
            "db" | "db_url" | "dj_db_url" => "DATABASE_URL",
            "cache" | "cache_url" | "dj_cache_url" => "CACHE_URL",
            "email" | "email_url" => "EMAIL_URL",
            _ => "",
        };
        // `env.db_url(var="DB_URL")`
        let by_keyword = arguments.named("var").and_then(Value::as_text);
        let name = arguments.text(0).or(by_keyword).unwrap_or(fallback);
        let name = name.to_owned();
        if !is_variable(&name) {
            return Value::opaque();
        }
        let by_position = match cast {
            "Csv" => None,
            // environs takes the default there, django-environ the type.
            _ => arguments
                .at(1)
                .filter(|value| !matches!(value.kind, Kind::Reference(_))),
        };
        let default = arguments
            .named("default")
            .or(by_position)
            .or_else(|| {
                let scheme = defaults.iter().find(|(known, _)| *known == name);
                scheme.map(|(_, value)| value)
            })
            .cloned();
        let required = default.is_none();
        let span = place.span(arguments.line);
        self.read_environment(&name, default.as_ref(), required, span);
        if matches!(cast, "db" | "db_url" | "dj_db_url") {
            return database(default.as_ref());
        }
        let Some(default) = default else {
            return Value::opaque();
        };
        let kind = match (cast, default.kind) {
            ("bool", Kind::Text(text)) => Kind::Boolean(is_truth(&text)),
            ("int", Kind::Text(text)) => text.parse().map_or(Kind::Opaque, Kind::Integer),
            ("list" | "tuple" | "Csv", Kind::Text(text)) => Kind::Sequence(
                text.split(',')
                    .filter(|part| !part.trim().is_empty())
                    .map(|part| Value::text(part.trim()))
                    .collect(),
            ),
            (_, kind) => kind,
        };
        Value::known(kind).or_dynamic(true)
    }
}

/// The entry of `DATABASES` that a database URL stands for.
pub(super) fn database(url: Option<&Value>) -> Value {
    let Some(url) = url.and_then(Value::as_text) else {
        return Value::opaque();
    };
    let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
    let engine = match scheme {
        "sqlite" | "sqlite3" => "django.db.backends.sqlite3",
        "postgres" | "postgresql" | "pgsql" | "psql" => "django.db.backends.postgresql",
        "postgis" => "django.contrib.gis.db.backends.postgis",
        "spatialite" => "django.contrib.gis.db.backends.spatialite",
        "mysql" | "mysql2" => "django.db.backends.mysql",
        "oracle" => "django.db.backends.oracle",
        _ => return Value::opaque(),
    };
    // `sqlite:///relative`, `sqlite:////absolute`, `sqlite://` + an absolute path.
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let name = if scheme.starts_with("sqlite") || scheme == "spatialite" {
        let path = match rest.strip_prefix('/') {
            Some(path) if !rest.starts_with("/\u{1}/") => path,
            _ => rest,
        };
        if path.is_empty() { ":memory:" } else { path }
    } else {
        rest.rsplit_once('/').map_or("", |(_, name)| name)
    };
    let unsure = |text: &str| Value::text(text).or_dynamic(true);
    Value::known(Kind::Dictionary(vec![
        (Value::text("ENGINE"), unsure(engine)),
        (Value::text("NAME"), unsure(name)),
    ]))
    .or_dynamic(true)
}

pub(super) fn certain(value: &mut Value) {
    value.dynamic = false;
    if let Kind::Dictionary(entries) = &mut value.kind {
        for (_, entry) in entries {
            entry.dynamic = false;
        }
    }
}

/// What may be the name of an environment variable.
fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

pub(super) fn is_truth(text: &str) -> bool {
    matches!(
        text.trim().to_ascii_lowercase().as_str(),
        "1" | "true" | "yes" | "on" | "y" | "t" | "ok"
    )
}
