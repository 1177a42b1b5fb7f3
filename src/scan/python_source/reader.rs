//! The parser's nodes → [`super::super::syntax`].

use std::sync::Arc;

use ruff_python_ast as ast;
use ruff_text_size::{Ranged, TextSize};

use super::super::syntax::{
    Comparison, Definition, Expression, ExpressionKind, Operator, Parameter, Statement,
    StatementKind,
};
use super::{DEEPEST_TREE, Lines};

/// Reads the parser's nodes, with the lines of their source at hand.
pub(super) struct Reader<'a> {
    lines: &'a Lines<'a>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lines: &'a Lines<'a>) -> Self {
        Self { lines }
    }

    pub(super) fn block(&self, statements: &[ast::Stmt], depth: usize) -> Vec<Statement> {
        if depth > DEEPEST_TREE {
            return Vec::new();
        }
        statements
            .iter()
            .flat_map(|statement| self.statement(statement, depth + 1))
            .collect()
    }

    fn statement(&self, statement: &ast::Stmt, depth: usize) -> Vec<Statement> {
        let line = self.lines.line(statement.start());
        let one = |kind| vec![Statement { line, kind }];
        match statement {
            ast::Stmt::Assign(assign) => one(StatementKind::Assign {
                targets: self.all(&assign.targets, depth),
                value: self.expression(&assign.value, depth),
            }),
            ast::Stmt::AnnAssign(assign) => match &assign.value {
                Some(value) => one(StatementKind::Assign {
                    targets: vec![self.expression(&assign.target, depth)],
                    value: self.expression(value, depth),
                }),
                None => Vec::new(),
            },
            ast::Stmt::AugAssign(augment) => one(StatementKind::Augment {
                target: self.expression(&augment.target, depth),
                operator: operator(augment.op),
                value: self.expression(&augment.value, depth),
            }),
            ast::Stmt::If(branch) => one(self.conditional(branch, depth)),
            ast::Stmt::Try(attempt) => one(self.attempt(attempt, depth)),
            ast::Stmt::Import(import) => import
                .names
                .iter()
                .map(|name| Statement {
                    line,
                    kind: StatementKind::Import {
                        module: name.name.to_string(),
                        alias: name.asname.as_ref().map(ToString::to_string),
                    },
                })
                .collect(),
            ast::Stmt::ImportFrom(import) => one(StatementKind::ImportFrom {
                level: import.level,
                module: import
                    .module
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
                names: import
                    .names
                    .iter()
                    .map(|name| {
                        let alias = name.asname.as_ref().map(ToString::to_string);
                        (name.name.to_string(), alias)
                    })
                    .collect(),
            }),
            ast::Stmt::With(with) => self.with(with, line, depth),
            ast::Stmt::Match(matching) => one(self.matching(matching, depth)),
            ast::Stmt::For(repeat) => one(StatementKind::Loop {
                targets: vec![self.expression(&repeat.target, depth)],
                body: self.block(&repeat.body, depth),
            }),
            ast::Stmt::While(repeat) => one(StatementKind::Loop {
                targets: Vec::new(),
                body: self.block(&repeat.body, depth),
            }),
            ast::Stmt::FunctionDef(function) => {
                one(StatementKind::Function(Arc::new(Definition {
                    name: function.name.to_string(),
                    parameters: self.parameters(&function.parameters, depth),
                    rest: function
                        .parameters
                        .vararg
                        .as_ref()
                        .map(|rest| rest.name.to_string()),
                    body: self.block(&function.body, depth),
                })))
            }
            ast::Stmt::ClassDef(class) => one(StatementKind::Class {
                name: class.name.to_string(),
                bases: class
                    .arguments
                    .as_ref()
                    .map(|arguments| self.all(&arguments.args, depth))
                    .unwrap_or_default(),
                body: self.block(&class.body, depth),
            }),
            ast::Stmt::Delete(delete) => one(StatementKind::Delete {
                targets: self.all(&delete.targets, depth),
            }),
            ast::Stmt::Expr(expression) => one(StatementKind::Expression(
                self.expression(&expression.value, depth),
            )),
            ast::Stmt::Return(result) => one(StatementKind::Return(
                result
                    .value
                    .as_ref()
                    .map(|value| self.expression(value, depth)),
            )),
            ast::Stmt::Raise(_) => one(StatementKind::Raise),
            _ => one(StatementKind::Other),
        }
    }

    fn parameters(&self, parameters: &ast::Parameters, depth: usize) -> Vec<Parameter> {
        let by_position = parameters.posonlyargs.iter().chain(&parameters.args);
        let read = |parameter: &ast::ParameterWithDefault, by_position| Parameter {
            name: parameter.parameter.name.to_string(),
            default: parameter
                .default
                .as_ref()
                .map(|default| self.expression(default, depth)),
            by_position,
        };
        by_position
            .map(|parameter| read(parameter, true))
            .chain(
                parameters
                    .kwonlyargs
                    .iter()
                    .map(|parameter| read(parameter, false)),
            )
            .collect()
    }

    fn conditional(&self, branch: &ast::StmtIf, depth: usize) -> StatementKind {
        let mut branches = vec![(
            self.expression(&branch.test, depth),
            self.block(&branch.body, depth),
        )];
        let mut otherwise = Vec::new();
        for clause in &branch.elif_else_clauses {
            let body = self.block(&clause.body, depth);
            match &clause.test {
                Some(test) => branches.push((self.expression(test, depth), body)),
                None => otherwise = body,
            }
        }
        StatementKind::If {
            branches,
            otherwise,
        }
    }

    /// What is opened may be named by the environment; the body runs once.
    fn with(&self, with: &ast::StmtWith, line: u32, depth: usize) -> Vec<Statement> {
        let opened = with.items.iter().map(|item| {
            let value = self.expression(&item.context_expr, depth);
            let kind = match &item.optional_vars {
                Some(target) => StatementKind::Assign {
                    targets: vec![self.expression(target, depth)],
                    value,
                },
                None => StatementKind::Expression(value),
            };
            Statement { line, kind }
        });
        let body = self.block(&with.body, depth);
        let kind = if with
            .items
            .iter()
            .any(|item| is_suppress(&item.context_expr))
        {
            StatementKind::Try {
                body,
                handlers: vec![Vec::new()],
                otherwise: Vec::new(),
                finally: Vec::new(),
            }
        } else {
            StatementKind::With { body }
        };
        opened.chain([Statement { line, kind }]).collect()
    }

    /// An `if` of which we know no test; `case _` is its `else`.
    fn matching(&self, matching: &ast::StmtMatch, depth: usize) -> StatementKind {
        let mut branches = Vec::new();
        let mut otherwise = Vec::new();
        for case in &matching.cases {
            let body = self.block(&case.body, depth);
            let is_rest = case.guard.is_none()
                && matches!(&case.pattern, ast::Pattern::MatchAs(any) if any.pattern.is_none());
            if is_rest {
                otherwise = body;
                break;
            }
            let subject = self.expression(&matching.subject, depth);
            let line = subject.line;
            let kind = ExpressionKind::Other(vec![subject]);
            branches.push((Expression { line, kind }, body));
        }
        StatementKind::If {
            branches,
            otherwise,
        }
    }

    fn attempt(&self, attempt: &ast::StmtTry, depth: usize) -> StatementKind {
        let handlers = attempt.handlers.iter();
        StatementKind::Try {
            body: self.block(&attempt.body, depth),
            handlers: handlers
                .map(|ast::ExceptHandler::ExceptHandler(handler)| self.block(&handler.body, depth))
                .collect(),
            otherwise: self.block(&attempt.orelse, depth),
            finally: self.block(&attempt.finalbody, depth),
        }
    }

    fn all(&self, expressions: &[ast::Expr], depth: usize) -> Vec<Expression> {
        expressions
            .iter()
            .map(|expression| self.expression(expression, depth))
            .collect()
    }

    fn boxed(&self, expression: &ast::Expr, depth: usize) -> Box<Expression> {
        Box::new(self.expression(expression, depth))
    }

    fn expression(&self, expression: &ast::Expr, depth: usize) -> Expression {
        let kind = if depth > DEEPEST_TREE {
            ExpressionKind::Other(Vec::new())
        } else {
            self.kind(expression, depth + 1)
        };
        Expression {
            line: self.lines.line(expression.start()),
            kind,
        }
    }

    fn kind(&self, expression: &ast::Expr, depth: usize) -> ExpressionKind {
        match expression {
            ast::Expr::StringLiteral(text) => ExpressionKind::Text(text.value.to_str().to_owned()),
            ast::Expr::BooleanLiteral(boolean) => ExpressionKind::Boolean(boolean.value),
            ast::Expr::NoneLiteral(_) => ExpressionKind::None,
            ast::Expr::NumberLiteral(number) => match &number.value {
                ast::Number::Int(integer) => integer
                    .as_i64()
                    .map_or(ExpressionKind::Other(Vec::new()), ExpressionKind::Integer),
                _ => ExpressionKind::Other(Vec::new()),
            },
            ast::Expr::Name(name) => ExpressionKind::Name(name.id.to_string()),
            ast::Expr::Attribute(attribute) => ExpressionKind::Attribute(
                self.boxed(&attribute.value, depth),
                attribute.attr.to_string(),
            ),
            ast::Expr::Subscript(subscript) => ExpressionKind::Subscript(
                self.boxed(&subscript.value, depth),
                self.boxed(&subscript.slice, depth),
            ),
            ast::Expr::Call(call) => ExpressionKind::Call {
                function: self.boxed(&call.func, depth),
                positional: self.all(&call.arguments.args, depth),
                keywords: call
                    .arguments
                    .keywords
                    .iter()
                    .map(|keyword| {
                        let name = keyword.arg.as_ref().map(ToString::to_string);
                        (name, self.expression(&keyword.value, depth))
                    })
                    .collect(),
            },
            ast::Expr::List(list) => ExpressionKind::Sequence(self.all(&list.elts, depth)),
            ast::Expr::Tuple(tuple) => ExpressionKind::Sequence(self.all(&tuple.elts, depth)),
            ast::Expr::Set(set) => ExpressionKind::Sequence(self.all(&set.elts, depth)),
            ast::Expr::Dict(dictionary) => ExpressionKind::Dictionary(
                dictionary
                    .items
                    .iter()
                    .map(|item| {
                        let key = item.key.as_ref().map(|key| self.expression(key, depth));
                        (key, self.expression(&item.value, depth))
                    })
                    .collect(),
            ),
            ast::Expr::BinOp(binary) => ExpressionKind::Binary(
                self.boxed(&binary.left, depth),
                operator(binary.op),
                self.boxed(&binary.right, depth),
            ),
            ast::Expr::BoolOp(boolean) => {
                let values = self.all(&boolean.values, depth);
                match boolean.op {
                    ast::BoolOp::And => ExpressionKind::And(values),
                    ast::BoolOp::Or => ExpressionKind::Or(values),
                }
            }
            ast::Expr::UnaryOp(unary) => {
                let operand = self.boxed(&unary.operand, depth);
                match unary.op {
                    ast::UnaryOp::Not => ExpressionKind::Not(operand),
                    ast::UnaryOp::USub => ExpressionKind::Negative(operand),
                    _ => ExpressionKind::Other(vec![*operand]),
                }
            }
            ast::Expr::Compare(compare) => self.comparison(compare, depth),
            ast::Expr::If(conditional) => ExpressionKind::Conditional {
                test: self.boxed(&conditional.test, depth),
                body: self.boxed(&conditional.body, depth),
                otherwise: self.boxed(&conditional.orelse, depth),
            },
            ast::Expr::FString(format) => self.format(format, depth),
            ast::Expr::Starred(starred) => {
                ExpressionKind::Starred(self.boxed(&starred.value, depth))
            }
            ast::Expr::Lambda(lambda) => self.lambda(lambda, depth),
            ast::Expr::ListComp(comprehension) => {
                self.comprehension(&[&comprehension.elt], &comprehension.generators, depth)
            }
            ast::Expr::SetComp(comprehension) => {
                self.comprehension(&[&comprehension.elt], &comprehension.generators, depth)
            }
            ast::Expr::Generator(comprehension) => {
                self.comprehension(&[&comprehension.elt], &comprehension.generators, depth)
            }
            ast::Expr::DictComp(comprehension) => {
                self.comprehension(&[&comprehension.value], &comprehension.generators, depth)
            }
            ast::Expr::Named(named) => match &*named.target {
                ast::Expr::Name(name) => {
                    ExpressionKind::Named(name.id.to_string(), self.boxed(&named.value, depth))
                }
                _ => ExpressionKind::Other(Vec::new()),
            },
            _ => ExpressionKind::Other(Vec::new()),
        }
    }

    fn lambda(&self, lambda: &ast::ExprLambda, depth: usize) -> ExpressionKind {
        let parameters = lambda.parameters.as_deref();
        let value = self.expression(&lambda.body, depth);
        ExpressionKind::Lambda(Arc::new(Definition {
            name: "<lambda>".to_owned(),
            parameters: parameters
                .map(|parameters| self.parameters(parameters, depth))
                .unwrap_or_default(),
            rest: parameters
                .and_then(|parameters| parameters.vararg.as_ref())
                .map(|rest| rest.name.to_string()),
            body: vec![Statement {
                line: value.line,
                kind: StatementKind::Return(Some(value)),
            }],
        }))
    }

    fn comprehension(
        &self,
        elements: &[&ast::Expr],
        generators: &[ast::Comprehension],
        depth: usize,
    ) -> ExpressionKind {
        let inner = elements
            .iter()
            .copied()
            .chain(generators.iter().map(|generator| &generator.iter));
        ExpressionKind::Other(inner.map(|inner| self.expression(inner, depth)).collect())
    }

    fn comparison(&self, compare: &ast::ExprCompare, depth: usize) -> ExpressionKind {
        let left = self.boxed(&compare.left, depth);
        let mut sides = self.all(&compare.comparators, depth);
        let (&[op], 1) = (&*compare.ops, sides.len()) else {
            sides.push(*left);
            return ExpressionKind::Other(sides);
        };
        let comparison = match op {
            ast::CmpOp::Eq => Comparison::Equal,
            ast::CmpOp::NotEq => Comparison::NotEqual,
            ast::CmpOp::Lt => Comparison::Less,
            ast::CmpOp::LtE => Comparison::LessOrEqual,
            ast::CmpOp::Gt => Comparison::Greater,
            ast::CmpOp::GtE => Comparison::GreaterOrEqual,
            ast::CmpOp::Is => Comparison::Is,
            ast::CmpOp::IsNot => Comparison::IsNot,
            ast::CmpOp::In => Comparison::In,
            ast::CmpOp::NotIn => Comparison::NotIn,
        };
        ExpressionKind::Compare(left, comparison, Box::new(sides.remove(0)))
    }

    fn format(&self, format: &ast::ExprFString, depth: usize) -> ExpressionKind {
        let mut parts = Vec::new();
        let mut changed = false;
        let text = |range: TextSize, value: &str| Expression {
            line: self.lines.line(range),
            kind: ExpressionKind::Text(value.to_owned()),
        };
        for part in &format.value {
            match part {
                ast::FStringPart::Literal(literal) => {
                    parts.push(text(literal.start(), &literal.value));
                }
                ast::FStringPart::FString(string) => {
                    for element in &string.elements {
                        match element {
                            ast::InterpolatedStringElement::Literal(literal) => {
                                parts.push(text(literal.start(), &literal.value));
                            }
                            ast::InterpolatedStringElement::Interpolation(inner) => {
                                changed |= inner.format_spec.is_some()
                                    || inner.debug_text.is_some()
                                    || !matches!(
                                        inner.conversion,
                                        ast::ConversionFlag::None | ast::ConversionFlag::Str
                                    );
                                parts.push(self.expression(&inner.expression, depth));
                            }
                        }
                    }
                }
            }
        }
        if changed {
            ExpressionKind::Other(parts)
        } else {
            ExpressionKind::Format(parts)
        }
    }
}

fn operator(operator: ast::Operator) -> Operator {
    match operator {
        ast::Operator::Add => Operator::Add,
        ast::Operator::Sub => Operator::Subtract,
        ast::Operator::Div => Operator::Divide,
        ast::Operator::Mod => Operator::Modulo,
        ast::Operator::BitOr => Operator::Union,
        ast::Operator::Mult => Operator::Multiply,
        _ => Operator::Other,
    }
}

/// `contextlib.suppress(ImportError)`, a `try` in other words.
fn is_suppress(expression: &ast::Expr) -> bool {
    let ast::Expr::Call(call) = expression else {
        return false;
    };
    match &*call.func {
        ast::Expr::Name(name) => name.id.as_str() == "suppress",
        ast::Expr::Attribute(attribute) => attribute.attr.as_str() == "suppress",
        _ => false,
    }
}
