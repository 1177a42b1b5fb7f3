//! A small tree of the Python that settings are written in. It knows nothing of
//! the parser: [`super::python_source`] makes it, [`super::evaluate`] reads it.

use std::sync::Arc;

/// One statement, with the line it starts at.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Statement {
    /// Counted from 1.
    pub(super) line: u32,
    /// What it does.
    pub(super) kind: StatementKind,
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum StatementKind {
    /// `a = b = value`.
    Assign {
        targets: Vec<Expression>,
        value: Expression,
    },
    /// `target += value`; only `+=` and `|=` are kept apart from the others.
    Augment {
        target: Expression,
        operator: Operator,
        value: Expression,
    },
    /// `if`, its `elif`s, and `else`.
    If {
        branches: Vec<(Expression, Vec<Statement>)>,
        otherwise: Vec<Statement>,
    },
    /// `try`.
    Try {
        body: Vec<Statement>,
        handlers: Vec<Vec<Statement>>,
        otherwise: Vec<Statement>,
        finally: Vec<Statement>,
    },
    /// `import a.b as c`.
    Import {
        module: String,
        alias: Option<String>,
    },
    /// `from ..a import b as c`; `*` is a name.
    ImportFrom {
        level: u32,
        module: String,
        names: Vec<(String, Option<String>)>,
    },
    /// `with`: its body runs once.
    With { body: Vec<Statement> },
    /// `for` and `while`: the body runs we don't know how often.
    Loop {
        targets: Vec<Expression>,
        body: Vec<Statement>,
    },
    /// `def`.
    Function(Arc<Definition>),
    /// `return`.
    Return(Option<Expression>),
    /// `class`.
    Class {
        name: String,
        bases: Vec<Expression>,
        body: Vec<Statement>,
    },
    /// `del a`.
    Delete { targets: Vec<Expression> },
    /// An expression that stands alone, such as a call.
    Expression(Expression),
    /// `raise`.
    Raise,
    /// Whatever sets no name.
    Other,
}

/// A function: shared, because values hold it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Definition {
    pub(super) name: String,
    /// The parameters that arguments are bound to by position, then those that
    /// have to be named.
    pub(super) parameters: Vec<Parameter>,
    /// `*rest`.
    pub(super) rest: Option<String>,
    pub(super) body: Vec<Statement>,
}

/// One parameter of a function; `**rest` is not kept.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) default: Option<Expression>,
    pub(super) by_position: bool,
}

/// One expression, with the line it starts at.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expression {
    /// Counted from 1.
    pub(super) line: u32,
    /// What it is.
    pub(super) kind: ExpressionKind,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ExpressionKind {
    Text(String),
    Integer(i64),
    Boolean(bool),
    None,
    Name(String),
    Attribute(Box<Expression>, String),
    Subscript(Box<Expression>, Box<Expression>),
    Call {
        function: Box<Expression>,
        positional: Vec<Expression>,
        keywords: Vec<(Option<String>, Expression)>,
    },
    /// List, tuple and set alike.
    Sequence(Vec<Expression>),
    /// A `**other` entry has no key.
    Dictionary(Vec<(Option<Expression>, Expression)>),
    Binary(Box<Expression>, Operator, Box<Expression>),
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
    Negative(Box<Expression>),
    Compare(Box<Expression>, Comparison, Box<Expression>),
    Conditional {
        test: Box<Expression>,
        body: Box<Expression>,
        otherwise: Box<Expression>,
    },
    /// An f-string: texts and expressions; a format that changes the text is `Other`.
    Format(Vec<Expression>),
    Starred(Box<Expression>),
    /// `(name := value)`.
    Named(String, Box<Expression>),
    /// A function of one `return`.
    Lambda(Arc<Definition>),
    /// A comprehension or anything else that only running it would tell; the
    /// expressions in it are kept, because they may read the environment.
    Other(Vec<Expression>),
}

/// Binary operators that settings use on values we keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Divide,
    Modulo,
    Union,
    Multiply,
    Other,
}

/// Comparisons with two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    In,
    NotIn,
    Is,
    IsNot,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}
