//! Statements → names. Follows imports inside the project; runs nothing.

use std::rc::Rc;
use std::sync::Arc;

use camino::Utf8Path;

use super::error::ScanError;
use super::evaluate::{Binding, Evaluator, Place, Scope};
use super::merge::{merged, merged_assignments, mutated};
use super::operators::binary;
use super::syntax::{Expression, ExpressionKind, Statement, StatementKind};
use super::value::{Kind, Value};
use crate::model::Span;

/// How a block ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Flow {
    /// At its end.
    Done,
    /// It raised, or imported a module of the project that isn't there.
    Raised,
    /// With that value, from a function.
    Returned(Value),
}

impl Evaluator<'_> {
    pub(super) fn block(
        &mut self,
        statements: &[Statement],
        file: &Utf8Path,
        scope: &mut Scope,
    ) -> Result<Flow, ScanError> {
        for statement in statements {
            if !self.step(0) || !self.may_descend() {
                return Ok(Flow::Done);
            }
            self.depth += 1;
            let flow = self.statement(statement, file, scope);
            self.depth -= 1;
            match flow? {
                Flow::Done => {}
                end => return Ok(end),
            }
        }
        Ok(Flow::Done)
    }

    fn statement(
        &mut self,
        statement: &Statement,
        file: &Utf8Path,
        scope: &mut Scope,
    ) -> Result<Flow, ScanError> {
        let span = Span::new(file, statement.line);
        match &statement.kind {
            StatementKind::Assign { targets, value } => {
                let value = self.evaluate(value, Place { file, scope }).bounded();
                for target in targets {
                    self.assign(target, value.clone(), &span, scope);
                }
            }
            StatementKind::Augment {
                target,
                operator,
                value,
            } => {
                let value = self.evaluate(value, Place { file, scope });
                let before = self.evaluate(target, Place { file, scope });
                if !self.step(before.steps()) {
                    return Ok(Flow::Done);
                }
                let after = binary(before, *operator, value).bounded();
                self.assign(target, after, &span, scope);
            }
            StatementKind::If {
                branches,
                otherwise,
            } => return self.conditional(branches, otherwise, file, scope),
            StatementKind::Try {
                body,
                handlers,
                otherwise,
                finally,
            } => {
                let flow = self.attempt(body, handlers, otherwise, file, scope)?;
                return match self.block(finally, file, scope)? {
                    Flow::Done => Ok(flow),
                    end => Ok(end),
                };
            }
            StatementKind::Import { module, alias } => {
                self.import(module, alias.as_deref(), &span, scope)?;
            }
            StatementKind::ImportFrom {
                level,
                module,
                names,
            } => return self.import_from(*level, module, names, &span, scope),
            StatementKind::With { body } => return self.block(body, file, scope),
            StatementKind::Loop { targets, body } => {
                for target in targets {
                    self.assign(target, Value::opaque(), &span, scope);
                }
                let before = scope.clone();
                self.step(before.len());
                self.doubtful += 1;
                let flow = self.block(body, file, scope);
                self.doubtful -= 1;
                self.may_have_returned |= matches!(flow?, Flow::Returned(_));
                *scope = merged(scope, &before, false);
            }
            StatementKind::Function(definition) => {
                if self.script {
                    let mut local = scope.clone();
                    self.step(local.len());
                    self.block(&definition.body, file, &mut local)?;
                }
                let kind = Kind::Function(Arc::clone(definition), file.to_owned());
                bind(scope, &definition.name, Value::known(kind), &span);
            }
            StatementKind::Return(value) => {
                let value = match value {
                    Some(value) => self.evaluate(value, Place { file, scope }),
                    None => Value::known(Kind::None),
                };
                return Ok(Flow::Returned(value));
            }
            StatementKind::Class { name, bases, body } => {
                let value = if self.reads_classes {
                    self.class(bases, body, file, scope)?
                } else {
                    Value::opaque()
                };
                bind(scope, name, value, &span);
            }
            StatementKind::Delete { targets } => {
                for target in targets {
                    if let ExpressionKind::Name(name) = &target.kind {
                        scope.remove(name);
                    }
                }
            }
            StatementKind::Expression(expression) => self.effect(expression, file, scope)?,
            StatementKind::Raise => return Ok(Flow::Raised),
            StatementKind::Other => {}
        }
        Ok(Flow::Done)
    }

    /// `a = …`, `a, b = …`, `a['x'] = …`, `os.environ['X'] = …`.
    fn assign(&mut self, target: &Expression, value: Value, span: &Span, scope: &mut Scope) {
        match &target.kind {
            ExpressionKind::Name(name) => bind(scope, name, value, span),
            ExpressionKind::Sequence(names) => {
                for (index, name) in names.iter().enumerate() {
                    let part = value
                        .items()
                        .filter(|items| items.len() == names.len())
                        .map_or_else(Value::opaque, |items| {
                            items[index].clone().or_dynamic(value.dynamic)
                        });
                    self.assign(name, part, span, scope);
                }
            }
            ExpressionKind::Subscript(inner, index) => {
                let file = span.path.clone();
                let place = Place { file: &file, scope };
                let key = self.evaluate(index, place);
                let container = self.evaluate(inner, place);
                if !self.step(container.steps()) {
                    return;
                }
                match container.kind {
                    Kind::Reference(name) if name == "os.environ" => {
                        if let Some(variable) = key.as_text() {
                            self.written
                                .push((variable.to_owned(), value, span.clone()));
                        }
                    }
                    Kind::Dictionary(mut entries) => {
                        entries.retain(|(known, _)| known.kind != key.kind);
                        entries.push((key, value));
                        let changed = Value {
                            kind: Kind::Dictionary(entries),
                            dynamic: container.dynamic,
                        };
                        self.assign(inner, changed.bounded(), span, scope);
                    }
                    Kind::Sequence(mut items) => {
                        match key.kind {
                            Kind::Integer(at)
                                if usize::try_from(at).is_ok_and(|at| at < items.len()) =>
                            {
                                items[usize::try_from(at).unwrap_or(0)] = value;
                            }
                            _ => items.push(Value::opaque()),
                        }
                        let changed = Value {
                            kind: Kind::Sequence(items),
                            dynamic: container.dynamic,
                        };
                        self.assign(inner, changed.bounded(), span, scope);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn conditional(
        &mut self,
        branches: &[(Expression, Vec<Statement>)],
        otherwise: &[Statement],
        file: &Utf8Path,
        scope: &mut Scope,
    ) -> Result<Flow, ScanError> {
        let Some(((test, body), rest)) = branches.split_first() else {
            return self.block(otherwise, file, scope);
        };
        if !self.may_descend() {
            return Ok(Flow::Done);
        }
        self.bind_named(test, file, scope);
        let test = self.evaluate(test, Place { file, scope });
        match (test.truth(), test.is_dynamic()) {
            (Some(true), false) => self.block(body, file, scope),
            (Some(false), false) => self.next_branch(rest, otherwise, file, scope),
            (truth, _) => {
                let mut other = scope.clone();
                if !self.step(other.len()) {
                    return Ok(Flow::Done);
                }
                self.doubtful += 1;
                let flow = self.block(body, file, scope);
                let other_flow = self.next_branch(rest, otherwise, file, &mut other);
                self.doubtful -= 1;
                Ok(self.joined((flow?, scope), (other_flow?, other), truth == Some(true)))
            }
        }
    }

    /// One level deeper: thousands of `elif` would end the stack.
    fn next_branch(
        &mut self,
        branches: &[(Expression, Vec<Statement>)],
        otherwise: &[Statement],
        file: &Utf8Path,
        scope: &mut Scope,
    ) -> Result<Flow, ScanError> {
        self.depth += 1;
        let flow = self.conditional(branches, otherwise, file, scope);
        self.depth -= 1;
        flow
    }

    fn attempt(
        &mut self,
        body: &[Statement],
        handlers: &[Vec<Statement>],
        otherwise: &[Statement],
        file: &Utf8Path,
        scope: &mut Scope,
    ) -> Result<Flow, ScanError> {
        let before = scope.clone();
        if !self.step(before.len()) {
            return Ok(Flow::Done);
        }
        let recovers = handlers.iter().any(|handler| !gives_up(handler));
        let failed_before = std::mem::take(&mut self.failed);
        self.guarded += u32::from(recovers);
        let flow = self.block(body, file, scope);
        self.guarded -= u32::from(recovers);
        let failed = std::mem::replace(&mut self.failed, failed_before);
        let flow = match flow? {
            Flow::Raised => {
                return match handlers.first() {
                    Some(handler) => self.block(handler, file, scope),
                    None => Ok(Flow::Raised),
                };
            }
            Flow::Done => self.block(otherwise, file, scope)?,
            returned @ Flow::Returned(_) => returned,
        };
        if flow == Flow::Raised {
            return Ok(flow);
        }
        if failed && let Some(handler) = handlers.first() {
            // With an empty environment the handler is what happens.
            let mut other = before;
            let other_flow = self.block(handler, file, &mut other)?;
            return Ok(self.joined((flow, scope), (other_flow, other), false));
        }
        if matches!(flow, Flow::Returned(_)) {
            return Ok(flow);
        }
        // Whether a package is there to import, we don't know: both may happen.
        for handler in handlers {
            let mut other = before.clone();
            if !self.step(other.len()) {
                break;
            }
            if self.block(handler, file, &mut other)? == Flow::Done {
                let assigned = merged_assignments(scope, &other, &before);
                *scope = assigned;
            }
        }
        Ok(Flow::Done)
    }

    /// Two ways to go on of which we don't know the one taken; `first` says that
    /// the first is the likelier. The outcome's names are left in the first scope.
    fn joined(
        &mut self,
        (flow, scope): (Flow, &mut Scope),
        (other_flow, other): (Flow, Scope),
        first: bool,
    ) -> Flow {
        match (flow, other_flow) {
            // `if not SECRET_KEY: raise …`: what goes on is the other way.
            (Flow::Raised, end) => {
                *scope = other;
                end
            }
            (end, Flow::Raised) => end,
            (Flow::Done, Flow::Done) => {
                *scope = if first {
                    merged(scope, &other, true)
                } else {
                    merged(&other, scope, true)
                };
                Flow::Done
            }
            (Flow::Returned(value), Flow::Returned(other)) => {
                let same = value == other;
                let guess = if first { value } else { other };
                Flow::Returned(guess.or_dynamic(!same))
            }
            (Flow::Returned(value), Flow::Done) => {
                if first {
                    return Flow::Returned(value.or_dynamic(true));
                }
                self.may_have_returned = true;
                *scope = other;
                Flow::Done
            }
            (Flow::Done, Flow::Returned(value)) => {
                if first {
                    self.may_have_returned = true;
                    return Flow::Done;
                }
                Flow::Returned(value.or_dynamic(true))
            }
        }
    }

    /// `if key := os.environ.get("KEY"):` binds before the branch.
    fn bind_named(&mut self, test: &Expression, file: &Utf8Path, scope: &mut Scope) {
        match &test.kind {
            ExpressionKind::Named(name, value) => {
                let value = self.evaluate(value, Place { file, scope });
                bind(scope, name, value, &Span::new(file, test.line));
            }
            ExpressionKind::Compare(left, _, _) | ExpressionKind::Not(left) => {
                self.bind_named(left, file, scope);
            }
            ExpressionKind::And(values) | ExpressionKind::Or(values) => {
                for value in values {
                    self.bind_named(value, file, scope);
                }
            }
            _ => {}
        }
    }

    /// A call that stands alone: `INSTALLED_APPS.append('x')`, `include('a.py')`.
    fn effect(
        &mut self,
        expression: &Expression,
        file: &Utf8Path,
        scope: &mut Scope,
    ) -> Result<(), ScanError> {
        let ExpressionKind::Call {
            function,
            positional,
            keywords,
        } = &expression.kind
        else {
            self.evaluate(expression, Place { file, scope });
            return Ok(());
        };
        let span = Span::new(file, expression.line);
        if let ExpressionKind::Attribute(target, method) = &function.kind
            && matches!(
                method.as_str(),
                "append" | "extend" | "insert" | "remove" | "update" | "setdefault" | "add"
            )
        {
            let container = self.evaluate(target, Place { file, scope });
            if !self.step(container.steps()) {
                return Ok(());
            }
            if matches!(container.kind, Kind::Sequence(_) | Kind::Dictionary(_)) {
                let mut arguments = Vec::new();
                for argument in positional {
                    arguments.push(self.evaluate(argument, Place { file, scope }));
                }
                let mut named = Vec::new();
                for (name, value) in keywords {
                    let value = self.evaluate(value, Place { file, scope });
                    if let Some(name) = name {
                        named.push((Value::text(name.clone()), value));
                    }
                }
                let changed = mutated(container, method, arguments, named).bounded();
                self.assign(target, changed, &span, scope);
                return Ok(());
            }
        }
        if let ExpressionKind::Name(name) = &function.kind
            && let Some(binding) = scope.get(name)
            && matches!(&binding.value.kind, Kind::Reference(name) if name == "split_settings.tools.include")
        {
            for argument in positional {
                let value = self.evaluate(included(argument), Place { file, scope });
                // `include(*files)` with a list that was put together before.
                let patterns: Vec<String> = value
                    .items()
                    .unwrap_or(std::slice::from_ref(&value))
                    .iter()
                    .filter_map(|pattern| pattern.as_text().map(str::to_owned))
                    .collect();
                for pattern in patterns {
                    self.include(&pattern, file, scope)?;
                }
            }
            return Ok(());
        }
        self.evaluate(expression, Place { file, scope });
        Ok(())
    }
}

pub(super) fn bind(scope: &mut Scope, name: &str, value: Value, span: &Span) {
    let binding = Binding {
        value,
        span: span.clone(),
    };
    scope.insert(name.to_owned(), Rc::new(binding));
}

/// `optional("local.py")` of `include`'s arguments is `"local.py"`: a file that is
/// there is read.
fn included(argument: &Expression) -> &Expression {
    match &argument.kind {
        ExpressionKind::Call {
            function,
            positional,
            ..
        } if matches!(&function.kind, ExpressionKind::Name(name) if name == "optional") => {
            positional.first().unwrap_or(argument)
        }
        _ => argument,
    }
}

/// Whether a handler ends in `raise` or `sys.exit()`: it recovers nothing.
fn gives_up(handler: &[Statement]) -> bool {
    match handler.last().map(|statement| &statement.kind) {
        Some(StatementKind::Raise) => true,
        Some(StatementKind::Expression(expression)) => match &expression.kind {
            ExpressionKind::Call { function, .. } => match &function.kind {
                ExpressionKind::Attribute(_, name) | ExpressionKind::Name(name) => {
                    matches!(name.as_str(), "exit" | "_exit")
                }
                _ => false,
            },
            _ => false,
        },
        _ => false,
    }
}
