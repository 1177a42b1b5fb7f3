//! Python source text → [`super::syntax`]. The only file that knows the parser,
//! which promises no stable interface: changing it touches nothing else.

use std::sync::Arc;

use ruff_python_ast as ast;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, lexer};
use ruff_text_size::{Ranged, TextSize};

use super::syntax::{
    Comparison, Definition, Expression, ExpressionKind, Operator, Parameter, Statement,
    StatementKind,
};

/// Deeper than this the parser's own tree could not be dropped on a thread's
/// stack. CPython itself refuses 100 indentations and 200 brackets.
const DEEPEST_SOURCE: usize = 2_000;

/// Deeper expressions become [`ExpressionKind::Other`], so that everything which
/// walks our tree may recurse.
const DEEPEST_TREE: usize = 120;

/// Room for the parser's tree of [`DEEPEST_SOURCE`] levels.
const STACK: usize = 32 << 20;

/// Where and why source text is no Python 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyntaxFault {
    /// Counted from 1.
    pub(super) line: u32,
    /// Counted from 1, in characters.
    pub(super) column: u32,
    /// The parser's message.
    pub(super) message: String,
}

/// What the parser made of a text.
#[derive(Clone, Debug)]
pub(super) struct Parsed {
    /// The statements; with a fault, those that could be recovered.
    pub(super) statements: Vec<Statement>,
    /// The first fault.
    pub(super) fault: Option<SyntaxFault>,
}

/// Parses a module.
pub(super) fn parse(source: &str) -> Parsed {
    let lines = Lines::new(source);
    if let Some(line) = too_deep(source) {
        return Parsed {
            statements: Vec::new(),
            fault: Some(SyntaxFault {
                line,
                column: 1,
                message: "nested too deeply".to_owned(),
            }),
        };
    }
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || parse_here(source, &lines));
        match worker.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(parsed)) => parsed,
            _ => Parsed {
                statements: Vec::new(),
                fault: Some(lines.fault(0, "the parser gave up".to_owned())),
            },
        }
    })
}

fn parse_here(source: &str, lines: &Lines) -> Parsed {
    let parsed = ruff_python_parser::parse_unchecked_source(source, ast::PySourceType::Python);
    let fault = parsed
        .errors()
        .first()
        .map(|error| lines.fault(error.location.start().to_usize(), error.error.to_string()));
    let reader = Reader { lines };
    Parsed {
        statements: reader.block(parsed.suite(), 0),
        fault,
    }
}

/// The line from which on a tree could get deeper than [`DEEPEST_SOURCE`]: what
/// is open, and what stands between two commas, bounds the depth from above.
/// (The lexer keeps its offsets to itself; lines inside a text are not counted.)
fn too_deep(source: &str) -> Option<u32> {
    let mut tokens = lexer::lex(source, Mode::Module);
    let mut open: Vec<usize> = vec![0];
    let mut indentation = 0_usize;
    let mut total = 0_usize;
    let mut line = 1_u32;
    loop {
        match tokens.next_token() {
            TokenKind::EndOfFile => return None,
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                open.push(0);
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace if open.len() > 1 => {
                total -= open.pop().unwrap_or(0);
                *open.last_mut().expect("one level stays") += 1;
                total += 1;
            }
            TokenKind::Comma => {
                let level = open.last_mut().expect("one level stays");
                total -= *level;
                *level = 0;
            }
            TokenKind::Newline => {
                line += 1;
                open.clear();
                open.push(0);
                total = 0;
            }
            TokenKind::Indent => indentation += 1,
            TokenKind::Dedent => indentation = indentation.saturating_sub(1),
            TokenKind::NonLogicalNewline => line += 1,
            TokenKind::Comment | TokenKind::String => {}
            _ => {
                *open.last_mut().expect("one level stays") += 1;
                total += 1;
            }
        }
        if total + open.len() + indentation > DEEPEST_SOURCE {
            return Some(line);
        }
    }
}

/// Byte offsets → lines.
struct Lines<'a> {
    source: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(source: &'a str) -> Self {
        let starts = std::iter::once(0)
            .chain(source.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self { source, starts }
    }

    fn line(&self, offset: TextSize) -> u32 {
        let index = self
            .starts
            .partition_point(|&start| start <= offset.to_usize());
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    fn fault(&self, offset: usize, message: String) -> SyntaxFault {
        let index = self.starts.partition_point(|&start| start <= offset).max(1);
        let before = self.source.get(self.starts[index - 1]..offset);
        let column = before.map_or(0, |text| text.chars().count()) + 1;
        SyntaxFault {
            line: u32::try_from(index).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
            message,
        }
    }
}

struct Reader<'a> {
    lines: &'a Lines<'a>,
}

impl Reader<'_> {
    fn block(&self, statements: &[ast::Stmt], depth: usize) -> Vec<Statement> {
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
            ast::Stmt::Try(attempt) => one(StatementKind::Try {
                body: self.block(&attempt.body, depth),
                handlers: attempt
                    .handlers
                    .iter()
                    .map(|ast::ExceptHandler::ExceptHandler(handler)| {
                        self.block(&handler.body, depth)
                    })
                    .collect(),
                otherwise: self.block(&attempt.orelse, depth),
                finally: self.block(&attempt.finalbody, depth),
            }),
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
            ast::Stmt::With(with) => one(StatementKind::With {
                body: self.block(&with.body, depth),
            }),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_line_and_column() {
        let fault = parse("A = 1\nB = = 2\n").fault.expect("a fault");
        assert_eq!((fault.line, fault.column), (2, 5));
    }

    #[test]
    fn what_can_be_read_around_a_fault_is_kept() {
        let parsed = parse("A = 1\nprint \"two\"\nB = 2\n");
        assert!(parsed.fault.is_some());
        let assigned = parsed
            .statements
            .iter()
            .filter(|statement| matches!(statement.kind, StatementKind::Assign { .. }));
        assert_eq!(assigned.count(), 2);
    }

    #[test]
    fn hostile_nesting_is_a_fault_and_no_crash() {
        let many = 300_000;
        for source in [
            format!("A = {}1{}", "[".repeat(many), "]".repeat(many)),
            format!("A = {}1", "(".repeat(many)),
            format!("A = {}1", "not ".repeat(many)),
            format!("A = {}1", "1+".repeat(many)),
            format!("A = a{}", ".b".repeat(many)),
            format!("A = a{}", "()".repeat(many)),
            format!("A = {}1", "lambda: ".repeat(many)),
            (0..3_000).fold(String::new(), |text, level| {
                text + &" ".repeat(level) + "if a:\n"
            }),
        ] {
            let parsed = parse(&source);
            assert!(parsed.fault.is_some(), "{}", &source[..20]);
        }
    }

    #[test]
    fn long_flat_lists_are_no_nesting() {
        let source = format!("A = [{}]\n", "'a.b', ".repeat(20_000));
        assert_eq!(parse(&source).fault, None);
    }
}
