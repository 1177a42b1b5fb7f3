//! The JSON schema of `djwar.toml`, from the table of keys and the runtime's table of
//! parameters.

use serde_json::{Map, Value, json};

use super::key::{KEYS, Key, Shape};
use crate::runtime;

/// The schema (draft 2020-12) of `djwar.toml`, and of `[tool.djwar]` alike.
pub fn schema() -> Value {
    let properties: Map<String, Value> = KEYS
        .iter()
        .map(|key| (key.name.to_owned(), property(key)))
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "djwar.toml",
        "description": "How djwar makes a WAR of a Django project",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}

fn property(key: &Key) -> Value {
    let text = || match key.choices {
        [] => json!({"type": "string"}),
        choices => json!({"enum": choices}),
    };
    let words = json!({"type": "array", "items": {"type": "string"}, "minItems": 1});
    let mut schema = match key.shape {
        Shape::Text => text(),
        Shape::List => json!({"type": "array", "items": text()}),
        Shape::Commands => json!({"type": "array", "items": words}),
        Shape::Table if key.name == "runtime" => parameters(),
        Shape::Table => json!({"type": "object", "additionalProperties": scalar()}),
    };
    schema["description"] = Value::from(key.doc);
    schema
}

fn scalar() -> Value {
    json!({"type": ["string", "number", "boolean"]})
}

fn parameters() -> Value {
    let (families, single): (Vec<_>, Vec<_>) =
        runtime::parameters().partition(|parameter| parameter.family().is_some());
    let properties: Map<String, Value> = single
        .iter()
        .filter_map(|parameter| {
            let name = parameter.name.strip_prefix("djwar.")?;
            let mut schema = match parameter.kind {
                // Their text is understood as well, as web.xml has it.
                "integer" | "bytes" | "seconds" => {
                    json!({"type": ["integer", "string"], "minimum": 0})
                }
                "count" => json!({"type": ["integer", "string"], "minimum": 1}),
                "level" => json!({"enum": ["debug", "info", "warning", "error"]}),
                "boolean" => json!({"enum": [true, false, "true", "false"]}),
                _ => scalar(),
            };
            schema["description"] = Value::from(parameter.doc);
            Some((name.to_owned(), schema))
        })
        .collect();
    let families: Map<String, Value> = families
        .iter()
        .filter_map(|parameter| {
            let mut schema = scalar();
            schema["description"] = Value::from(parameter.doc);
            // Variables have a table of their own.
            let family = parameter.family().filter(|family| *family != "env.")?;
            let pattern = family.replace('.', "\\.");
            Some((format!("^{pattern}."), schema))
        })
        .collect();
    json!({"type": "object", "additionalProperties": false, "properties": properties, "patternProperties": families})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validator() -> jsonschema::Validator {
        jsonschema::draft202012::new(&schema()).expect("a schema")
    }

    fn accepts(text: &str) -> bool {
        let table: toml::Table = toml::from_str(text).expect("TOML");
        let value = serde_json::to_value(table).expect("JSON");
        validator().is_valid(&value)
    }

    #[test]
    fn the_schema_keeps_to_its_draft() {
        jsonschema::draft202012::meta::validate(&schema()).expect("valid");
    }

    #[test]
    fn every_example_is_accepted() {
        for key in KEYS {
            assert!(
                accepts(&format!("{} = {}", key.name, key.example)),
                "{}",
                key.name
            );
        }
    }

    #[test]
    fn a_parameter_whose_name_the_user_ends_is_accepted() {
        assert!(accepts(
            "runtime = { 'datasource.default' = 'java:comp/env/jdbc/app' }"
        ));
        assert!(!accepts("runtime = { 'datasource.' = 'x' }"));
    }

    #[test]
    fn what_reading_the_file_refuses_the_schema_refuses() {
        for text in [
            "setings = 'a.b'",
            "data = 'db.sqlite3'",
            "engine = 'pypy'",
            "static = 'x'",
            "before = ['compress']",
            "before = [[]]",
            "runtime = { proceses = 4 }",
            "runtime = { adapt-urls = 'perhaps' }",
        ] {
            assert!(!accepts(text), "{text}");
        }
    }
}
