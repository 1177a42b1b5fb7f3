//! Expressions → [`Value`], as far as reading tells. What functions of the
//! standard library and of the environment readers do stands in [`super::calls`].

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::error::ScanError;
use super::modules::Modules;
use super::operators::{binary, compare, plain_text};
use super::syntax::{Comparison, Expression, ExpressionKind};
use super::value::{Kind, VIRTUAL_ROOT, Value, parent};
use crate::model::Span;
use crate::model::project::{EnvironmentVariable, Problem};

/// More steps than any settings of people take.
const STEPS: u64 = 1_000_000;

/// Deeper than this nobody nests expressions, calls and imports; [`super::scan`]
/// brings a stack for it.
const DEEPEST: u32 = 1_000;

/// A name's value and the place that set it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Binding {
    pub(super) value: Value,
    pub(super) span: Span,
}

/// The names of a module.
pub(super) type Scope = BTreeMap<String, Rc<Binding>>;

/// Reads modules of one project.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "flags of one reading, not states of a machine"
)]
pub(super) struct Evaluator<'a> {
    pub(super) modules: &'a Modules,
    /// Finished modules.
    pub(super) scopes: BTreeMap<Utf8PathBuf, Scope>,
    /// Modules being read, for cycles.
    pub(super) open: BTreeSet<Utf8PathBuf>,
    /// Environment variables that were read, in order.
    pub(super) environment: Vec<EnvironmentVariable>,
    /// Environment variables that were set.
    pub(super) written: Vec<(String, Value, Span)>,
    pub(super) problems: Vec<Problem>,
    /// Folders of the project that were put on `sys.path`.
    pub(super) paths: Vec<Utf8PathBuf>,
    /// The keywords of `settings.configure(…)`: a project in one file.
    pub(super) configured: Option<(Vec<(String, Value)>, Span)>,
    /// The keywords of the call of setuptools' `setup` (`setup.py`).
    pub(super) setup: Option<Vec<(String, Value)>>,
    /// Whether faults in the syntax stop (Python 3) or are passed over, as print
    /// statements of Python 2 have to be.
    pub(super) tolerant: bool,
    /// Faults that were passed over.
    pub(super) faults: Vec<ScanError>,
    /// How many `try` blocks we are in that recover.
    pub(super) guarded: u32,
    /// How many branches we are in that may not be taken.
    pub(super) doubtful: u32,
    /// Whether an empty environment made the innermost `try` fail.
    pub(super) failed: bool,
    /// Whether a branch that may be taken returned from the innermost function.
    pub(super) may_have_returned: bool,
    /// The call in the settings that led into functions of the project.
    pub(super) call_site: Option<Span>,
    /// Calls of the project's functions that we are in.
    pub(super) calls: u32,
    /// Whether function bodies run where they are defined (`manage.py`).
    pub(super) script: bool,
    /// Whether the settings are a class (django-configurations).
    pub(super) reads_classes: bool,
    pub(super) steps: u64,
    /// How deep we are in expressions, blocks, calls and imports.
    pub(super) depth: u32,
}

/// Where an expression stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) file: &'a Utf8Path,
    pub(super) scope: &'a Scope,
}

impl Place<'_> {
    pub(super) fn span(&self, line: u32) -> Span {
        Span::new(self.file, line)
    }
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(modules: &'a Modules) -> Self {
        Self {
            modules,
            scopes: BTreeMap::new(),
            open: BTreeSet::new(),
            environment: Vec::new(),
            written: Vec::new(),
            problems: Vec::new(),
            paths: Vec::new(),
            configured: None,
            setup: None,
            tolerant: false,
            faults: Vec::new(),
            guarded: 0,
            doubtful: 0,
            failed: false,
            may_have_returned: false,
            call_site: None,
            calls: 0,
            script: false,
            reads_classes: false,
            steps: 0,
            depth: 0,
        }
    }

    /// Whether there is patience left.
    pub(super) fn step(&mut self, cost: usize) -> bool {
        self.steps = self.steps.saturating_add(cost as u64 + 1);
        self.steps < STEPS
    }

    /// Whether the settings were longer than patience, and the rest was not read.
    pub(super) fn gave_up(&self) -> bool {
        self.steps >= STEPS
    }

    /// Whether one level more is fine.
    pub(super) fn may_descend(&self) -> bool {
        self.depth <= DEEPEST
    }

    pub(super) fn evaluate(&mut self, expression: &Expression, place: Place<'_>) -> Value {
        if !self.step(0) || self.depth > DEEPEST {
            return Value::opaque();
        }
        self.depth += 1;
        let value = self.evaluate_inner(expression, place);
        self.depth -= 1;
        value
    }

    fn evaluate_inner(&mut self, expression: &Expression, place: Place<'_>) -> Value {
        let line = expression.line;
        match &expression.kind {
            ExpressionKind::Text(text) => Value::text(text.clone()),
            ExpressionKind::Integer(number) => Value::known(Kind::Integer(*number)),
            ExpressionKind::Boolean(boolean) => Value::known(Kind::Boolean(*boolean)),
            ExpressionKind::None => Value::known(Kind::None),
            ExpressionKind::Name(name) => self.name(name, place),
            ExpressionKind::Attribute(inner, name) => {
                let value = self.evaluate(inner, place);
                self.attribute(value, name, place)
            }
            ExpressionKind::Subscript(inner, index) => self.subscript(inner, index, line, place),
            ExpressionKind::Call {
                function,
                positional,
                keywords,
            } => self.call(function, positional, keywords, line, place),
            ExpressionKind::Sequence(items) => self.sequence(items, place),
            ExpressionKind::Dictionary(entries) => self.dictionary(entries, place),
            ExpressionKind::Binary(left, operator, right) => {
                let left = self.evaluate(left, place);
                let right = self.evaluate(right, place);
                binary(left, *operator, right).bounded()
            }
            ExpressionKind::And(values) => self.first_that(values, false, place),
            ExpressionKind::Or(values) => self.first_that(values, true, place),
            ExpressionKind::Not(inner) => {
                let value = self.evaluate(inner, place);
                match value.truth() {
                    Some(truth) => {
                        Value::known(Kind::Boolean(!truth)).or_dynamic(value.is_dynamic())
                    }
                    None => Value::opaque(),
                }
            }
            ExpressionKind::Negative(inner) => match self.evaluate(inner, place) {
                Value {
                    kind: Kind::Integer(number),
                    dynamic,
                } => Value::known(Kind::Integer(number.wrapping_neg())).or_dynamic(dynamic),
                _ => Value::opaque(),
            },
            ExpressionKind::Compare(left, comparison, right) => {
                let right_value = self.evaluate(right, place);
                let left = self.evaluate(left, place);
                if let (Kind::Reference(name), Some(variable)) = (&right_value.kind, left.as_text())
                    && name == "os.environ"
                {
                    let variable = variable.to_owned();
                    self.read_environment(&variable, None, false, place.span(line));
                    let absent = *comparison == Comparison::NotIn;
                    return Value::known(Kind::Boolean(absent)).or_dynamic(true);
                }
                compare(&left, *comparison, &right_value)
            }
            ExpressionKind::Conditional {
                test,
                body,
                otherwise,
            } => {
                let test = self.evaluate(test, place);
                match (test.truth(), test.is_dynamic()) {
                    (Some(true), false) => self.evaluate(body, place),
                    (Some(false), false) => self.evaluate(otherwise, place),
                    (truth, _) => {
                        self.doubtful += 1;
                        let body = self.evaluate(body, place);
                        let otherwise = self.evaluate(otherwise, place);
                        self.doubtful -= 1;
                        if body == otherwise {
                            body
                        } else {
                            let guess = if truth == Some(true) { body } else { otherwise };
                            guess.or_dynamic(true)
                        }
                    }
                }
            }
            ExpressionKind::Format(parts) => self.format(parts, place),
            ExpressionKind::Starred(inner) | ExpressionKind::Named(_, inner) => {
                self.evaluate(inner, place)
            }
            ExpressionKind::Lambda(definition) => Value::known(Kind::Function(
                Arc::clone(definition),
                place.file.to_owned(),
            )),
            ExpressionKind::Other(parts) => {
                // Not for their worth: they may read the environment.
                for part in parts {
                    self.evaluate(part, place);
                }
                Value::opaque()
            }
        }
    }

    fn name(&mut self, name: &str, place: Place<'_>) -> Value {
        if let Some(binding) = place.scope.get(name) {
            return binding.value.clone();
        }
        match name {
            "__file__" => Value::text(format!("{VIRTUAL_ROOT}/{}", place.file)),
            "__name__" if self.script => Value::text("__main__"),
            "int" | "str" | "bool" | "len" | "list" | "tuple" | "set" | "dict" | "sorted"
            | "open" | "locals" | "globals" | "vars" | "exec" | "unicode" | "frozenset"
            | "float" => Value::reference(format!("builtins.{name}")),
            _ => Value::opaque(),
        }
    }

    fn attribute(&mut self, value: Value, name: &str, place: Place<'_>) -> Value {
        let dynamic = value.dynamic;
        match (&value.kind, name) {
            (Kind::Reference(base), _) => match (base.as_str(), name) {
                ("sys", "argv") => Value::known(Kind::Sequence(vec![Value::text("djwar")])),
                ("sys", "version_info") => Value::known(Kind::Sequence(vec![
                    Value::known(Kind::Integer(3)),
                    Value::known(Kind::Integer(13)),
                ])),
                ("os.path" | "os", "sep") => Value::text("/"),
                ("os.path" | "os", "pardir") => Value::text(".."),
                ("six", "PY3") => Value::known(Kind::Boolean(true)),
                ("six", "PY2") => Value::known(Kind::Boolean(false)),
                _ => Value::reference(format!("{base}.{name}")).or_dynamic(dynamic),
            },
            (Kind::Module(file), _) => {
                let file = file.clone();
                match self.scopes.get(&file).and_then(|scope| scope.get(name)) {
                    Some(binding) => binding.value.clone(),
                    None => self
                        .modules
                        .relative(&file, 1, name)
                        .filter(|_| file.ends_with("__init__.py"))
                        .map_or_else(Value::opaque, |inner| {
                            self.load_quietly(&inner, place);
                            Value::known(Kind::Module(inner))
                        }),
                }
            }
            (Kind::Text(path) | Kind::Path(path), "parent") => {
                Value::known(Kind::Path(parent(path))).or_dynamic(dynamic)
            }
            (Kind::Text(path) | Kind::Path(path), "name") => {
                Value::text(path.rsplit('/').next().unwrap_or_default()).or_dynamic(dynamic)
            }
            (Kind::Text(path) | Kind::Path(path), "parents") => {
                let mut parents = Vec::new();
                let mut path = path.clone();
                while parents.len() < 40 && !matches!(path.as_str(), "" | "/") {
                    path = parent(&path);
                    parents.push(Value::known(Kind::Path(path.clone())));
                }
                Value::known(Kind::Sequence(parents)).or_dynamic(dynamic)
            }
            (Kind::Class(attributes), _) => attributes
                .get(name)
                .map_or_else(Value::opaque, |binding| binding.value.clone()),
            (Kind::Path(_), "root") => value,
            (Kind::Opaque | Kind::Function(..) | Kind::None, _) => Value::opaque(),
            _ => Value::known(Kind::Method(Box::new(value), name.to_owned())).or_dynamic(dynamic),
        }
    }

    fn subscript(
        &mut self,
        inner: &Expression,
        index: &Expression,
        line: u32,
        place: Place<'_>,
    ) -> Value {
        let base = self.evaluate(inner, place);
        let index = self.evaluate(index, place);
        let dynamic = base.dynamic || index.dynamic;
        match (&base.kind, &index.kind) {
            (Kind::Reference(name), Kind::Text(variable)) if name == "os.environ" => {
                self.read_environment(variable, None, true, place.span(line));
                Value::opaque()
            }
            (Kind::Sequence(items), Kind::Integer(at)) => {
                let at = if *at < 0 {
                    *at + i64::try_from(items.len()).unwrap_or(i64::MAX)
                } else {
                    *at
                };
                usize::try_from(at)
                    .ok()
                    .and_then(|at| items.get(at))
                    .cloned()
                    .map_or_else(Value::opaque, |item| item.or_dynamic(dynamic))
            }
            (Kind::Dictionary(_), Kind::Text(key)) => base
                .entry(key)
                .cloned()
                .map_or_else(Value::opaque, |value| value.or_dynamic(dynamic)),
            _ => Value::opaque(),
        }
    }

    fn sequence(&mut self, items: &[Expression], place: Place<'_>) -> Value {
        let mut values = Vec::with_capacity(items.len());
        let mut dynamic = false;
        for item in items {
            let value = self.evaluate(item, place);
            if matches!(item.kind, ExpressionKind::Starred(_)) {
                dynamic |= value.dynamic;
                match value.kind {
                    Kind::Sequence(inner) => values.extend(inner),
                    _ => dynamic = true,
                }
            } else {
                values.push(value);
            }
        }
        Value::known(Kind::Sequence(values))
            .or_dynamic(dynamic)
            .bounded()
    }

    fn dictionary(
        &mut self,
        entries: &[(Option<Expression>, Expression)],
        place: Place<'_>,
    ) -> Value {
        let mut pairs = Vec::with_capacity(entries.len());
        let mut dynamic = false;
        for (key, value) in entries {
            let value = self.evaluate(value, place);
            match key {
                Some(key) => pairs.push((self.evaluate(key, place), value)),
                None => match value.kind {
                    Kind::Dictionary(inner) => {
                        dynamic |= value.dynamic;
                        pairs.extend(inner);
                    }
                    _ => dynamic = true,
                },
            }
        }
        Value::known(Kind::Dictionary(pairs))
            .or_dynamic(dynamic)
            .bounded()
    }

    /// `and` and `or`: the first value with that truth, else the last.
    fn first_that(&mut self, values: &[Expression], wanted: bool, place: Place<'_>) -> Value {
        let mut dynamic = false;
        let mut guess = None;
        for (index, expression) in values.iter().enumerate() {
            self.doubtful += u32::from(dynamic);
            let value = self.evaluate(expression, place);
            self.doubtful -= u32::from(dynamic);
            let truth = value.truth();
            let last = index + 1 == values.len();
            if guess.is_none() {
                let stops = truth == Some(wanted);
                if stops && !dynamic && !value.is_dynamic() {
                    return value;
                }
                dynamic |= value.is_dynamic() || truth.is_none();
                if stops || last || truth.is_none() {
                    guess = Some(value);
                }
            }
        }
        guess.unwrap_or_else(Value::opaque).or_dynamic(dynamic)
    }

    fn format(&mut self, parts: &[Expression], place: Place<'_>) -> Value {
        let mut text = String::new();
        let mut dynamic = false;
        let mut known = true;
        for part in parts {
            let value = self.evaluate(part, place);
            dynamic |= value.dynamic;
            match plain_text(&value) {
                Some(part) => text.push_str(&part),
                None => known = false,
            }
        }
        if known {
            Value::text(text).or_dynamic(dynamic).bounded()
        } else {
            Value::opaque()
        }
    }
}
