//! `+`, `/`, `%`, `==`, `in` and the like on values.

use super::syntax::{Comparison, Operator};
use super::value::{Kind, Value, joined, parent};

/// `str(value)`.
pub(super) fn plain_text(value: &Value) -> Option<String> {
    match &value.kind {
        Kind::Text(text) | Kind::Path(text) => Some(text.clone()),
        Kind::Integer(number) => Some(number.to_string()),
        Kind::Boolean(boolean) => Some(if *boolean { "True" } else { "False" }.to_owned()),
        Kind::Sequence(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_text).collect();
            texts.map(|texts| texts.join(","))
        }
        _ => None,
    }
}

pub(super) fn binary(left: Value, operator: Operator, right: Value) -> Value {
    let dynamic = left.dynamic || right.dynamic;
    let kind = match (left.kind, operator, right.kind) {
        (
            Kind::Text(left) | Kind::Path(left),
            Operator::Add,
            Kind::Text(right) | Kind::Path(right),
        ) => Kind::Text(left + &right),
        (Kind::Integer(left), Operator::Add, Kind::Integer(right)) => {
            Kind::Integer(left.wrapping_add(right))
        }
        (Kind::Integer(left), Operator::Multiply, Kind::Integer(right)) => {
            Kind::Integer(left.wrapping_mul(right))
        }
        (Kind::Sequence(mut left), Operator::Add | Operator::Union, Kind::Sequence(right)) => {
            left.extend(right);
            Kind::Sequence(left)
        }
        // The known half is a better guess than nothing.
        (Kind::Sequence(half), Operator::Add, Kind::Opaque)
        | (Kind::Opaque, Operator::Add, Kind::Sequence(half)) => Kind::Sequence(half),
        (Kind::Dictionary(mut left), Operator::Union, Kind::Dictionary(right)) => {
            left.extend(right);
            Kind::Dictionary(left)
        }
        (
            Kind::Text(left) | Kind::Path(left),
            Operator::Divide,
            Kind::Text(right) | Kind::Path(right),
        ) => Kind::Path(joined(&left, &right)),
        // django-environ's `Path(__file__) - 2`.
        (Kind::Path(path), Operator::Subtract, Kind::Integer(levels)) => {
            Kind::Path((0..levels.clamp(0, 40)).fold(path, |path, _| parent(&path)))
        }
        (Kind::Text(format), Operator::Modulo, argument) => percent(&format, argument),
        _ => Kind::Opaque,
    };
    let opaque = kind == Kind::Opaque;
    Value::known(kind).or_dynamic(dynamic || opaque)
}

/// `'%s/media' % BASE_DIR` and the like.
fn percent(format: &str, argument: Kind) -> Kind {
    let arguments = match argument {
        Kind::Sequence(items) => items,
        other => vec![Value::known(other)],
    };
    let mut pieces = format.split("%s");
    let mut text = pieces.next().unwrap_or_default().to_owned();
    let mut arguments = arguments.iter();
    for piece in pieces {
        let Some(argument) = arguments.next().and_then(plain_text) else {
            return Kind::Opaque;
        };
        text.push_str(&argument);
        text.push_str(piece);
    }
    if arguments.next().is_some() || text.contains('%') {
        Kind::Opaque
    } else {
        Kind::Text(text)
    }
}

pub(super) fn compare(left: &Value, comparison: Comparison, right: &Value) -> Value {
    let dynamic = left.is_dynamic() || right.is_dynamic();
    let ordering = order(left, right);
    let outcome = match comparison {
        Comparison::Equal | Comparison::Is => equal(left, right),
        Comparison::NotEqual | Comparison::IsNot => equal(left, right).map(|equal| !equal),
        Comparison::In => holds(right, left),
        Comparison::NotIn => holds(right, left).map(|holds| !holds),
        Comparison::Less => ordering.map(std::cmp::Ordering::is_lt),
        Comparison::LessOrEqual => ordering.map(std::cmp::Ordering::is_le),
        Comparison::Greater => ordering.map(std::cmp::Ordering::is_gt),
        Comparison::GreaterOrEqual => ordering.map(std::cmp::Ordering::is_ge),
    };
    outcome.map_or_else(Value::opaque, |outcome| {
        Value::known(Kind::Boolean(outcome)).or_dynamic(dynamic)
    })
}

fn equal(left: &Value, right: &Value) -> Option<bool> {
    match (&left.kind, &right.kind) {
        (Kind::Opaque | Kind::Reference(_) | Kind::Reader(_) | Kind::Method(..), _)
        | (_, Kind::Opaque | Kind::Reference(_) | Kind::Reader(_) | Kind::Method(..)) => None,
        (Kind::Text(left) | Kind::Path(left), Kind::Text(right) | Kind::Path(right)) => {
            Some(left == right)
        }
        (left, right) => Some(left == right),
    }
}

fn holds(container: &Value, item: &Value) -> Option<bool> {
    match (&container.kind, &item.kind) {
        (Kind::Text(text), Kind::Text(part)) => Some(text.contains(part.as_str())),
        (Kind::Sequence(items), _) => {
            let mut unknown = false;
            for each in items {
                match equal(each, item) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => unknown = true,
                }
            }
            (!unknown).then_some(false)
        }
        (Kind::Dictionary(_), Kind::Text(key)) => Some(container.entry(key).is_some()),
        _ => None,
    }
}

fn order(left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
    match (&left.kind, &right.kind) {
        (Kind::Integer(left), Kind::Integer(right)) => Some(left.cmp(right)),
        (Kind::Sequence(left), Kind::Sequence(right)) => {
            for (left, right) in left.iter().zip(right) {
                match order(left, right)? {
                    std::cmp::Ordering::Equal => {}
                    other => return Some(other),
                }
            }
            Some(left.len().cmp(&right.len()))
        }
        _ => None,
    }
}
