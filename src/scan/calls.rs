//! What the functions that settings call are worth: `os.path` and `pathlib`, the
//! environment readers (`os.environ`, django-environ, environs, decouple,
//! dj-database-url), and a few builtins.

use camino::{Utf8Path, Utf8PathBuf};

use super::environment::{certain, database, is_truth};
use super::evaluate::{Evaluator, Place};
use super::execute::{Flow, bind};
use super::operators::plain_text;
use super::syntax::{Definition, Expression, ExpressionKind};
use super::text_methods::join_all;
use super::value::{Kind, Value, inside, normalised, parent};

/// Recursion of the project's own functions ends here.
const DEEPEST_CALLS: u32 = 16;

/// A call's arguments, evaluated.
pub(super) struct Arguments {
    pub(super) positional: Vec<Value>,
    pub(super) keywords: Vec<(String, Value)>,
    pub(super) line: u32,
}

impl Arguments {
    pub(super) fn at(&self, index: usize) -> Option<&Value> {
        self.positional.get(index)
    }

    pub(super) fn named(&self, name: &str) -> Option<&Value> {
        self.keywords
            .iter()
            .find(|(keyword, _)| keyword == name)
            .map(|(_, value)| value)
    }

    pub(super) fn text(&self, index: usize) -> Option<&str> {
        self.at(index).and_then(Value::as_text)
    }

    pub(super) fn is_dynamic(&self) -> bool {
        let keywords = self.keywords.iter().map(|(_, value)| value);
        self.positional
            .iter()
            .chain(keywords)
            .any(Value::is_dynamic)
    }
}

impl Evaluator<'_> {
    pub(super) fn call(
        &mut self,
        function: &Expression,
        positional: &[Expression],
        keywords: &[(Option<String>, Expression)],
        line: u32,
        place: Place<'_>,
    ) -> Value {
        let callee = self.evaluate(function, place);
        let arguments = self.arguments(positional, keywords, line, place);
        match &callee.kind {
            Kind::Reference(name) => self.call_reference(name, &arguments, place),
            Kind::Reader(defaults) => self.read(defaults, None, &arguments, place),
            Kind::Method(inner, name) => self.call_method(inner, name, &arguments, place),
            // django-environ's `root('static')`.
            Kind::Path(path) => join_all(path, &arguments.positional)
                .map_or_else(Value::opaque, Value::text)
                .or_dynamic(callee.dynamic || arguments.is_dynamic()),
            Kind::Function(definition, file) => {
                self.call_function(definition, file, &arguments, place)
            }
            _ => Value::opaque(),
        }
    }

    /// Evaluates a call's arguments.
    pub(super) fn arguments(
        &mut self,
        positional: &[Expression],
        keywords: &[(Option<String>, Expression)],
        line: u32,
        place: Place<'_>,
    ) -> Arguments {
        let mut arguments = Arguments {
            positional: Vec::with_capacity(positional.len()),
            keywords: Vec::with_capacity(keywords.len()),
            line,
        };
        for expression in positional {
            let value = self.evaluate(expression, place);
            match (&expression.kind, value.kind) {
                (ExpressionKind::Starred(_), Kind::Sequence(items)) => {
                    arguments.positional.extend(items);
                }
                (_, kind) => arguments.positional.push(Value {
                    kind,
                    dynamic: value.dynamic,
                }),
            }
        }
        for (name, expression) in keywords {
            let value = self.evaluate(expression, place);
            match (name, value.kind) {
                (Some(name), kind) => arguments.keywords.push((
                    name.clone(),
                    Value {
                        kind,
                        dynamic: value.dynamic,
                    },
                )),
                // `**options`.
                (None, Kind::Dictionary(entries)) => {
                    for (key, entry) in entries {
                        let entry = entry.or_dynamic(value.dynamic);
                        let name = key.as_text().map(str::to_owned);
                        arguments.keywords.extend(name.map(|name| (name, entry)));
                    }
                }
                (None, _) => {}
            }
        }
        arguments
    }

    /// Runs a function of the project in our way: its names are lost, its value and
    /// what it reads from the environment are kept.
    fn call_function(
        &mut self,
        definition: &Definition,
        file: &Utf8Path,
        arguments: &Arguments,
        place: Place<'_>,
    ) -> Value {
        let mut scope = if place.file == file {
            place.scope.clone()
        } else {
            self.scopes.get(file).cloned().unwrap_or_default()
        };
        if self.calls >= DEEPEST_CALLS || !self.step(scope.len()) {
            return Value::opaque();
        }
        let span = place.span(arguments.line);
        let mut position = 0;
        for parameter in &definition.parameters {
            let by_position = parameter.by_position.then(|| arguments.at(position));
            position += usize::from(parameter.by_position);
            let given = by_position
                .flatten()
                .or_else(|| arguments.named(&parameter.name))
                .cloned();
            let value = match (given, &parameter.default) {
                (Some(value), _) => value,
                (None, Some(default)) => self.evaluate(
                    default,
                    Place {
                        file,
                        scope: &scope,
                    },
                ),
                (None, None) => Value::opaque(),
            };
            bind(&mut scope, &parameter.name, value, &span);
        }
        if let Some(rest) = &definition.rest {
            let left = arguments.positional.iter().skip(position).cloned();
            let value = Value::known(Kind::Sequence(left.collect()));
            bind(&mut scope, rest, value, &span);
        }
        let outermost = self.call_site.is_none();
        if outermost {
            self.call_site = Some(span);
        }
        let before = std::mem::take(&mut self.may_have_returned);
        self.calls += 1;
        let flow = self.block(&definition.body, file, &mut scope);
        self.calls -= 1;
        let doubtful = std::mem::replace(&mut self.may_have_returned, before);
        if outermost {
            self.call_site = None;
        }
        match flow {
            Ok(Flow::Returned(value)) => value.or_dynamic(doubtful),
            Ok(Flow::Done) => Value::known(Kind::None).or_dynamic(doubtful),
            Ok(Flow::Raised) | Err(_) => Value::opaque(),
        }
    }

    /// Calls that matter by what they are given.
    fn keep_keywords(&mut self, name: &str, arguments: &Arguments, place: Place<'_>) -> bool {
        match name {
            "django.conf.settings.configure" => {
                let span = place.span(arguments.line);
                self.configured = Some((arguments.keywords.clone(), span));
            }
            "setuptools.setup" | "distutils.core.setup" => {
                self.setup = Some(arguments.keywords.clone());
            }
            "sys.path.insert" | "sys.path.append" | "site.addsitedir" => {
                let given = arguments.positional.last().and_then(Value::as_text);
                // `'.'` is where the command is run: nobody knows.
                let folder = given
                    .and_then(inside)
                    .filter(|path| !path.starts_with(".."));
                self.paths
                    .extend(folder.map(|path| match path.trim_end_matches('/') {
                        "." => Utf8PathBuf::new(),
                        path => path.into(),
                    }));
            }
            _ => return false,
        }
        true
    }

    fn call_reference(&mut self, name: &str, arguments: &Arguments, place: Place<'_>) -> Value {
        let dynamic = arguments.is_dynamic();
        let path = |path: String| Value::text(path).or_dynamic(dynamic);
        let first = arguments.text(0);
        if self.keep_keywords(name, arguments, place) {
            return Value::opaque();
        }
        match (name, first) {
            ("os.path.join" | "posixpath.join", Some(first)) => {
                join_all(first, &arguments.positional[1..]).map_or_else(Value::opaque, path)
            }
            ("os.path.dirname" | "posixpath.dirname", Some(first)) => path(parent(first)),
            (
                "os.path.abspath" | "os.path.realpath" | "os.path.normpath" | "os.path.expanduser"
                | "os.path.expandvars" | "os.fspath",
                Some(first),
            ) => path(normalised(first)),
            ("os.path.basename", Some(first)) => {
                path(first.rsplit('/').next().unwrap_or_default().to_owned())
            }
            ("os.path.exists" | "os.path.isfile" | "os.path.isdir", Some(first)) => {
                self.existence(first)
            }
            ("os.getcwd", None) => Value::opaque(),
            (
                "pathlib.Path" | "pathlib.PurePath" | "pathlib.PosixPath" | "environ.Path"
                | "unipath.Path" | "unipath.FSPath" | "path.Path" | "path.path" | "pathlib2.Path",
                Some(first),
            ) => {
                let joined = join_all(first, &arguments.positional[1..]);
                let Some(joined) = joined else {
                    return Value::opaque();
                };
                // environ.Path(__file__) is the file's folder's way of counting:
                // `- 1` is the folder, as `parent` of the file is.
                Value::known(Kind::Path(normalised(&joined))).or_dynamic(dynamic)
            }
            ("os.environ.get" | "os.getenv" | "os.environ.pop", Some(variable)) => {
                let default = arguments
                    .at(1)
                    .or_else(|| arguments.named("default"))
                    .cloned();
                let span = place.span(arguments.line);
                self.read_environment(variable, default.as_ref(), false, span);
                default
                    .unwrap_or_else(|| Value::known(Kind::None))
                    .or_dynamic(true)
            }
            ("os.environ.setdefault", Some(variable)) => {
                let value = arguments.at(1).cloned().unwrap_or_else(Value::opaque);
                let span = place.span(arguments.line);
                self.written
                    .push((variable.to_owned(), value.clone(), span));
                value.or_dynamic(true)
            }
            ("decouple.config" | "prettyconf.config" | "starlette.config.Config", Some(_)) => {
                self.read(&[], arguments.named("cast"), arguments, place)
            }
            (
                "environ.Env" | "environ.FileAwareEnv" | "environs.Env" | "environs.FileAwareEnv",
                _,
            ) => {
                Value::known(Kind::Reader(
                    arguments
                        .keywords
                        .iter()
                        .filter_map(|(name, value)| {
                            // `DEBUG=(bool, False)`
                            let default = value.items()?.get(1)?;
                            Some((name.clone(), default.clone()))
                        })
                        .collect(),
                ))
            }
            ("decouple.AutoConfig" | "decouple.Config", _) => Value::reference("decouple.config"),
            ("dj_database_url.config", _) => {
                let variable = arguments
                    .named("env")
                    .and_then(Value::as_text)
                    .unwrap_or("DATABASE_URL")
                    .to_owned();
                let default = arguments
                    .named("default")
                    .or_else(|| arguments.at(0))
                    .cloned();
                let span = place.span(arguments.line);
                self.read_environment(&variable, default.as_ref(), false, span);
                database(default.as_ref())
            }
            ("dj_database_url.parse", _) => {
                let url = arguments.at(0);
                let dynamic = url.is_none_or(Value::is_dynamic);
                let mut value = database(url);
                if !dynamic {
                    certain(&mut value);
                }
                value
            }
            _ => Self::call_builtin(name, arguments),
        }
    }

    fn call_builtin(name: &str, arguments: &Arguments) -> Value {
        let Some(first) = arguments.at(0) else {
            return match name {
                "builtins.list" | "builtins.tuple" | "builtins.set" => {
                    Value::known(Kind::Sequence(Vec::new()))
                }
                "builtins.dict" => keywords_as_dictionary(arguments),
                _ => Value::opaque(),
            };
        };
        let dynamic = first.dynamic;
        let kind = match (name, &first.kind) {
            ("builtins.str" | "builtins.unicode", _) => plain_text(first).map(Kind::Text),
            ("builtins.int", Kind::Integer(number)) => Some(Kind::Integer(*number)),
            ("builtins.int", Kind::Boolean(boolean)) => Some(Kind::Integer(i64::from(*boolean))),
            ("builtins.int", Kind::Text(text)) => text.trim().parse().ok().map(Kind::Integer),
            ("builtins.bool", _) => first.truth().map(Kind::Boolean),
            ("builtins.len", Kind::Sequence(items)) => {
                i64::try_from(items.len()).ok().map(Kind::Integer)
            }
            (
                "builtins.list" | "builtins.tuple" | "builtins.set" | "builtins.frozenset"
                | "builtins.sorted",
                Kind::Sequence(items),
            ) => Some(Kind::Sequence(items.clone())),
            ("builtins.dict", Kind::Dictionary(entries)) => Some(Kind::Dictionary(entries.clone())),
            (
                "distutils.util.strtobool" | "django.utils.datastructures.strtobool",
                Kind::Text(text),
            ) => Some(Kind::Boolean(is_truth(text))),
            // Translated texts and urls of settings are what they show.
            (
                "django.utils.translation.gettext_lazy"
                | "django.utils.translation.ugettext_lazy"
                | "django.utils.translation.gettext"
                | "django.urls.reverse_lazy"
                | "django.core.urlresolvers.reverse_lazy",
                Kind::Text(text),
            ) => Some(Kind::Text(text.clone())),
            _ => None,
        };
        kind.map_or_else(Value::opaque, |kind| Value::known(kind).or_dynamic(dynamic))
    }

    fn call_method(
        &mut self,
        inner: &Value,
        name: &str,
        arguments: &Arguments,
        place: Place<'_>,
    ) -> Value {
        let dynamic = inner.dynamic || arguments.is_dynamic();
        match &inner.kind {
            Kind::Reader(defaults) => match name {
                "read_env" | "read_envfile" | "prefixed" => Value::opaque(),
                _ => {
                    let cast = Value::reference(format!("env.{name}"));
                    self.read(defaults, Some(&cast), arguments, place)
                }
            },
            Kind::Text(text) | Kind::Path(text) => {
                self.call_text_method(text, name, arguments, dynamic)
            }
            Kind::Dictionary(_) => match (name, arguments.text(0)) {
                ("get", Some(key)) => inner
                    .entry(key)
                    .or_else(|| arguments.at(1))
                    .cloned()
                    .unwrap_or_else(|| Value::known(Kind::None))
                    .or_dynamic(dynamic),
                ("copy", None) => inner.clone(),
                _ => Value::opaque(),
            },
            Kind::Sequence(_) if name == "copy" => inner.clone(),
            _ => Value::opaque(),
        }
    }
}

fn keywords_as_dictionary(arguments: &Arguments) -> Value {
    Value::known(Kind::Dictionary(
        arguments
            .keywords
            .iter()
            .map(|(name, value)| (Value::text(name.clone()), value.clone()))
            .collect(),
    ))
}
