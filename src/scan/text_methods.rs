//! Methods of texts and paths: `pathlib`, `unipath`, `str`.

use super::calls::Arguments;
use super::evaluate::Evaluator;
use super::operators::plain_text;
use super::value::{Kind, Value, joined, normalised, parent};

impl Evaluator<'_> {
    pub(super) fn call_text_method(
        &mut self,
        text: &str,
        name: &str,
        arguments: &Arguments,
        dynamic: bool,
    ) -> Value {
        let path = |path: String| Value::known(Kind::Path(path)).or_dynamic(dynamic);
        match name {
            "resolve" | "absolute" | "abspath" | "realpath" | "expanduser" | "norm" => {
                path(normalised(text))
            }
            "joinpath" | "child" | "path" | "join" if is_path(text) => {
                join_all(text, &arguments.positional).map_or_else(Value::opaque, path)
            }
            "dirname" => path(parent(text)),
            "ancestor" => match arguments.at(0).map(|value| &value.kind) {
                Some(Kind::Integer(levels)) => {
                    let levels = 0..(*levels).clamp(0, 40);
                    path(levels.fold(text.to_owned(), |text, _| parent(&text)))
                }
                _ => Value::opaque(),
            },
            "with_name" => match arguments.text(0) {
                Some(name) => path(joined(&parent(text), name)),
                None => Value::opaque(),
            },
            "as_posix" | "__str__" => Value::text(text).or_dynamic(dynamic),
            "exists" | "is_file" | "is_dir" | "isfile" | "isdir" => self.existence(text),
            "lower" => Value::text(text.to_lowercase()).or_dynamic(dynamic),
            "upper" => Value::text(text.to_uppercase()).or_dynamic(dynamic),
            "strip" | "lstrip" | "rstrip" => match stripped(text, name, arguments) {
                Some(text) => Value::text(text).or_dynamic(dynamic),
                None => Value::opaque(),
            },
            "startswith" => arguments.text(0).map_or_else(Value::opaque, |start| {
                Value::known(Kind::Boolean(text.starts_with(start))).or_dynamic(dynamic)
            }),
            "split" => {
                let parts: Vec<Value> = match arguments.text(0) {
                    Some(separator) if !separator.is_empty() => {
                        text.split(separator).map(Value::text).collect()
                    }
                    _ => text.split_whitespace().map(Value::text).collect(),
                };
                Value::known(Kind::Sequence(parts))
                    .or_dynamic(dynamic)
                    .bounded()
            }
            "join" => match arguments.at(0).map(plain_parts) {
                Some(Some(parts)) => Value::text(parts.join(text)).or_dynamic(dynamic),
                _ => Value::opaque(),
            },
            "format" => format_call(text, arguments).or_dynamic(dynamic),
            _ => Value::opaque(),
        }
    }

    /// Whether a file of the project exists here. It may not on the server.
    pub(super) fn existence(&self, path: &str) -> Value {
        super::value::inside(path).map_or_else(Value::opaque, |relative| {
            let exists = self.modules.root.join(&relative).exists();
            // A deployed project gets files at run time, but no source code.
            let final_answer = !exists && relative.ends_with(".py");
            Value::known(Kind::Boolean(exists)).or_dynamic(!final_answer)
        })
    }
}

pub(super) fn join_all(first: &str, rest: &[Value]) -> Option<String> {
    rest.iter().try_fold(first.to_owned(), |path, part| {
        Some(joined(&path, part.as_text()?))
    })
}

/// `"/static/".strip("/")`: the argument is a set of letters.
fn stripped<'a>(text: &'a str, name: &str, arguments: &Arguments) -> Option<&'a str> {
    let letters = if arguments.positional.is_empty() {
        None
    } else {
        Some(arguments.text(0)?)
    };
    let goes = |letter: char| match letters {
        None => letter.is_whitespace(),
        Some(letters) => letters.contains(letter),
    };
    Some(match name {
        "lstrip" => text.trim_start_matches(goes),
        "rstrip" => text.trim_end_matches(goes),
        _ => text.trim_matches(goes),
    })
}

fn is_path(text: &str) -> bool {
    text.starts_with('/')
}

fn plain_parts(value: &Value) -> Option<Vec<&str>> {
    value.items()?.iter().map(Value::as_text).collect()
}

/// `'{}/media'.format(BASE_DIR)` with plain fields only.
fn format_call(format: &str, arguments: &Arguments) -> Value {
    let mut text = String::new();
    let mut rest = format;
    let mut next = 0;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else {
            return Value::opaque();
        };
        text.push_str(&rest[..open]);
        let field = &rest[open + 1..open + close];
        let argument = if field.is_empty() {
            next += 1;
            arguments.at(next - 1)
        } else if let Ok(index) = field.parse::<usize>() {
            arguments.at(index)
        } else {
            arguments.named(field)
        };
        let Some(argument) = argument.and_then(plain_text) else {
            return Value::opaque();
        };
        text.push_str(&argument);
        rest = &rest[open + close + 1..];
    }
    text.push_str(rest);
    Value::text(text).bounded()
}
