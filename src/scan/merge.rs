//! Two ways that the settings may have gone → the names after both; and lists
//! and dictionaries that methods change.

use std::rc::Rc;

use super::evaluate::{Binding, Scope};
use super::value::{Kind, Value};

/// Both branches may have run: what they set alike is certain, the rest is not.
/// `likely` gives the guess.
pub(super) fn merged(likely: &Scope, other: &Scope, missing_is_dynamic: bool) -> Scope {
    let mut scope = Scope::new();
    for (name, binding) in likely {
        let same = other
            .get(name)
            .is_some_and(|other| Rc::ptr_eq(other, binding) || other.value == binding.value);
        if same || (!missing_is_dynamic && !other.contains_key(name)) {
            scope.insert(name.clone(), Rc::clone(binding));
        } else {
            let mut doubtful = unsure(binding);
            // The branch that changes it is what makes it doubtful.
            if let Some(other) = other.get(name)
                && other.span.path == doubtful.span.path
            {
                doubtful.span.line = doubtful.span.line.max(other.span.line);
            }
            scope.insert(name.clone(), Rc::new(doubtful));
        }
    }
    for (name, binding) in other {
        if !likely.contains_key(name) {
            scope.insert(name.clone(), Rc::new(unsure(binding)));
        }
    }
    scope
}

/// Like [`merged`], for the handler of an import that probably succeeds: names
/// that only the handler sets are its own affair.
pub(super) fn merged_assignments(likely: &Scope, other: &Scope, before: &Scope) -> Scope {
    let mut scope = likely.clone();
    for (name, binding) in other {
        let changed = before
            .get(name)
            .is_none_or(|before| !Rc::ptr_eq(before, binding));
        if changed {
            let guess = likely.get(name).unwrap_or(binding);
            let sure = guess.value == binding.value;
            let binding = if sure {
                Rc::clone(guess)
            } else {
                Rc::new(unsure(guess))
            };
            scope.insert(name.clone(), binding);
        }
    }
    scope
}

fn unsure(binding: &Binding) -> Binding {
    // A module or a function stays what it is; only its presence is unsure.
    let keeps = matches!(
        binding.value.kind,
        Kind::Reference(_)
            | Kind::Module(_)
            | Kind::Function(..)
            | Kind::Reader(_)
            | Kind::Class(_)
    );
    Binding {
        value: binding.value.clone().or_dynamic(!keeps),
        span: binding.span.clone(),
    }
}

pub(super) fn mutated(
    container: Value,
    method: &str,
    arguments: Vec<Value>,
    named: Vec<(Value, Value)>,
) -> Value {
    let mut dynamic = container.dynamic;
    let mut arguments = arguments.into_iter();
    let kind = match container.kind {
        Kind::Sequence(mut items) => {
            match (method, arguments.next(), arguments.next()) {
                ("append" | "add", Some(item), None) => items.push(item),
                ("extend" | "update", Some(more), None) => match more.kind {
                    Kind::Sequence(more_items) => {
                        dynamic |= more.dynamic;
                        items.extend(more_items);
                    }
                    _ => dynamic = true,
                },
                ("insert", Some(at), Some(item)) => {
                    let at = if let Kind::Integer(at) = at.kind {
                        usize::try_from(at).unwrap_or(0).min(items.len())
                    } else {
                        dynamic = true;
                        items.len()
                    };
                    items.insert(at, item);
                }
                ("remove", Some(item), None) => {
                    if let Some(at) = items.iter().position(|known| known.kind == item.kind) {
                        items.remove(at);
                    }
                }
                _ => dynamic = true,
            }
            Kind::Sequence(items)
        }
        Kind::Dictionary(mut entries) => {
            match (method, arguments.next(), arguments.next()) {
                ("update", Some(more), None) => match more.kind {
                    Kind::Dictionary(more_entries) => {
                        dynamic |= more.dynamic;
                        entries.extend(more_entries);
                    }
                    _ => dynamic = true,
                },
                ("update", None, None) => entries.extend(named),
                ("setdefault", Some(key), Some(value)) => {
                    if !entries.iter().any(|(known, _)| known.kind == key.kind) {
                        entries.push((key, value));
                    }
                }
                _ => dynamic = true,
            }
            Kind::Dictionary(entries)
        }
        kind => kind,
    };
    Value { kind, dynamic }
}
