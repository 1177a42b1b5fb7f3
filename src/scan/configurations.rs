//! django-configurations: settings that are a class, which the variable
//! `DJANGO_CONFIGURATION` names. Its attributes, with those of the classes that it
//! inherits from, are read like a module's names.

use std::rc::Rc;

use camino::{Utf8Path, Utf8PathBuf};

use super::ScanOptions;
use super::calls::Arguments;
use super::environment::database;
use super::environment_files;
use super::error::ScanError;
use super::evaluate::{Binding, Evaluator, Place, Scope};
use super::execute::bind;
use super::manage::{Landmarks, Named, purpose, set_by};
use super::modules::Modules;
use super::source_text;
use super::syntax::{Expression, ExpressionKind, Statement, StatementKind};
use super::value::{Kind, Value};
use crate::model::project::{Problem, Severity};
use crate::model::{Setting, Span};

/// The variable that names the class.
pub const VARIABLE: &str = "DJANGO_CONFIGURATION";

/// Who names a class: the configuration, else the server's script, `manage.py` and the
/// environment's files; one for production before the others, as for modules.
pub(super) fn named(
    modules: &Modules,
    home: &Utf8Path,
    manage: Option<&Utf8Path>,
    found: &Landmarks,
    options: &ScanOptions,
) -> Setting<String> {
    if let Some(name) = &options.configuration {
        let files = ["djwar.toml", "pyproject.toml"];
        let file = files.iter().find(|file| modules.root.join(file).is_file());
        let span = Span::new(file.copied().unwrap_or("manage.py"), 1);
        return Setting::Known(name.clone(), span);
    }
    let near = |path: &&Utf8PathBuf| path.starts_with(home);
    let scripts = found.wsgi.iter().filter(near).map(Utf8PathBuf::as_path);
    let mut candidates: Vec<Named> = scripts
        .chain(manage)
        .flat_map(|script| set_by(modules, script, VARIABLE))
        .collect();
    for folder in super::folders_up(home) {
        candidates.extend(environment_files::named(&modules.root, &folder, VARIABLE));
    }
    candidates.sort_by_key(|named| std::cmp::Reverse(purpose(&with_underscores(&named.module))));
    match candidates.into_iter().next() {
        Some(named) => Setting::Known(named.module, named.origin),
        None => Setting::Missing,
    }
}

/// `ProductionEU` as `production_e_u`.
fn with_underscores(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

/// The settings that the class stands for; the module's own names where there is none.
pub(super) fn settings(
    evaluator: &mut Evaluator<'_>,
    scope: Scope,
    file: &Utf8Path,
    configuration: &Setting<String>,
) -> Scope {
    let (name, span) = match configuration {
        Setting::Known(name, span) => (name, span),
        Setting::Dynamic(_) | Setting::Missing => {
            if is_configurable(&evaluator.modules.root, file) {
                evaluator.problems.push(Problem {
                    severity: Severity::Warning,
                    code: "no-configuration",
                    origin: Some(Span::new(file, 1)),
                    message: format!(
                        "the settings are classes of django-configurations, and nothing sets `{VARIABLE}`"
                    ),
                    hint: Some(format!(
                        "name the class for production: `env = {{ {VARIABLE} = \"…\" }}` in `djwar.toml` (`[tool.djwar]`)"
                    )),
                });
            }
            return scope;
        }
    };
    if let Some(Kind::Class(attributes)) = scope.get(name).map(|binding| &binding.value.kind) {
        let mut settings = scope.clone();
        settings.extend(shared(attributes));
        return settings;
    }
    evaluator.problems.push(Problem {
        severity: Severity::Error,
        code: "no-configuration",
        origin: Some(span.clone()),
        message: format!("`{VARIABLE}` is `{name}`, a class that `{file}` does not hold"),
        hint: Some(format!(
            "name another: `env = {{ {VARIABLE} = \"…\" }}` in `djwar.toml` (`[tool.djwar]`)"
        )),
    });
    scope
}

fn shared(scope: &Scope) -> impl Iterator<Item = (String, Rc<Binding>)> {
    scope
        .iter()
        .map(|(name, binding)| (name.clone(), Rc::clone(binding)))
}

fn is_configurable(root: &Utf8Path, file: &Utf8Path) -> bool {
    source_text::python(root, file).is_ok_and(|text| {
        text.lines()
            .any(|line| line.starts_with("from configurations import"))
    })
}

impl Evaluator<'_> {
    /// A class: its own names over those of its bases, the first base over the others.
    pub(super) fn class(
        &mut self,
        bases: &[Expression],
        body: &[Statement],
        file: &Utf8Path,
        scope: &Scope,
    ) -> Result<Value, ScanError> {
        let mut attributes = Scope::new();
        for base in bases.iter().rev() {
            if let Kind::Class(inherited) = self.evaluate(base, Place { file, scope }).kind {
                attributes.extend(shared(&inherited));
            }
        }
        let mut inner = scope.clone();
        if !self.step(inner.len() + attributes.len()) {
            return Ok(Value::opaque());
        }
        for statement in body {
            if !self.declared(statement, file, &mut inner) {
                self.block(std::slice::from_ref(statement), file, &mut inner)?;
            }
        }
        for (name, binding) in inner {
            let is_own = scope
                .get(&name)
                .is_none_or(|outer| !Rc::ptr_eq(outer, &binding));
            if !is_own {
                continue;
            }
            if matches!(binding.value.kind, Kind::Function(..)) {
                // A property, or `pre_setup`: code.
                bind(
                    &mut attributes,
                    &name,
                    Value::opaque(),
                    &binding.span.clone(),
                );
            } else {
                attributes.insert(name, binding);
            }
        }
        Ok(Value::known(Kind::Class(Rc::new(attributes))))
    }

    /// `DEBUG = values.BooleanValue(False)`: the variable `DJANGO_DEBUG`, unless the
    /// arguments say another.
    fn declared(&mut self, statement: &Statement, file: &Utf8Path, scope: &mut Scope) -> bool {
        let StatementKind::Assign { targets, value } = &statement.kind else {
            return false;
        };
        let (
            [
                Expression {
                    kind: ExpressionKind::Name(name),
                    ..
                },
            ],
            ExpressionKind::Call {
                function,
                positional,
                keywords,
            },
        ) = (targets.as_slice(), &value.kind)
        else {
            return false;
        };
        let Kind::Reference(callee) = self.evaluate(function, Place { file, scope }).kind else {
            return false;
        };
        let Some(class) = callee.strip_prefix("configurations.values.") else {
            return false;
        };
        let arguments = self.arguments(positional, keywords, value.line, Place { file, scope });
        let span = Span::new(file, statement.line);
        let found = self.declared_value(name, class, &arguments, &span);
        bind(scope, name, found, &span);
        true
    }

    fn declared_value(
        &mut self,
        name: &str,
        class: &str,
        arguments: &Arguments,
        span: &Span,
    ) -> Value {
        let is_false = |name: &str| matches!(arguments.named(name), Some(value) if value.kind == Kind::Boolean(false));
        let default = arguments.named("default").or_else(|| arguments.at(0));
        let (own, prefix) = match class {
            "DatabaseURLValue" => ("DATABASE_URL", ""),
            "CacheURLValue" => ("CACHE_URL", ""),
            "EmailURLValue" => ("EMAIL_URL", ""),
            "SearchURLValue" => ("SEARCH_URL", ""),
            _ => (name, "DJANGO"),
        };
        if !is_false("environ") {
            let own = arguments
                .named("environ_name")
                .and_then(Value::as_text)
                .unwrap_or(own);
            let prefix = match arguments.named("environ_prefix").map(|value| &value.kind) {
                Some(Kind::Text(prefix)) => prefix.as_str(),
                Some(_) => "",
                None => prefix,
            };
            let variable = [prefix, own]
                .join("_")
                .trim_start_matches('_')
                .to_uppercase();
            let required = class == "SecretValue"
                || matches!(arguments.named("environ_required"), Some(value) if value.kind == Kind::Boolean(true));
            self.read_environment(&variable, default, required, span.clone());
        }
        let dynamic = !is_false("environ");
        match (class, default) {
            ("DatabaseURLValue", url) => {
                let entry = database(url);
                Value::known(Kind::Dictionary(vec![(Value::text("default"), entry)]))
                    .or_dynamic(dynamic)
            }
            (_, Some(value)) => value.clone().or_dynamic(dynamic),
            (_, None) => Value::opaque(),
        }
    }
}
