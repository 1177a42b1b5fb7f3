//! `djwar init`: what it writes is what would be detected without it.

mod support;

use serde_json::Value;
use support::{FixtureCopy, djwar, run};

fn init(project: &FixtureCopy) -> String {
    let (assert, stdout, stderr) = run(djwar().arg("init").arg(project.path()));
    assert.success();
    assert!(
        stdout.trim_end().ends_with("djwar.toml"),
        "{stdout}{stderr}"
    );
    fs_err::read_to_string(project.path().join("djwar.toml")).expect("written")
}

/// A fixture without a configuration of its own, which stands at its file's end.
fn unconfigured(name: &str) -> FixtureCopy {
    let project = FixtureCopy::of(name);
    let path = project.path().join("pyproject.toml");
    if let Ok(text) = fs_err::read_to_string(&path) {
        let kept = text.split("[tool.djwar").next().unwrap_or_default();
        fs_err::write(&path, kept).expect("written");
    }
    project
}

/// The plan but for who says so, which the file changes.
fn plan(project: &FixtureCopy) -> Value {
    let (assert, stdout, stderr) = run(djwar()
        .args(["plan", "--json", "--static", "none"])
        .arg(project.path()));
    assert!(
        stderr.is_empty() || assert.get_output().status.success(),
        "{stderr}"
    );
    assert.success();
    let mut listing: Value = serde_json::from_str(&stdout).expect("JSON");
    forget_reasons(&mut listing);
    listing
}

fn forget_reasons(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !name.ends_with("reason"));
            fields.values_mut().for_each(forget_reasons);
        }
        Value::Array(items) => {
            items.retain(|item| item["path"] != "djwar.toml");
            items.iter_mut().for_each(forget_reasons);
        }
        _ => {}
    }
}

#[test]
fn deleting_the_file_changes_nothing() {
    for name in ["minimal", "polls", "gallery"] {
        let project = unconfigured(name);
        let without = plan(&project);
        let text = init(&project);
        assert_eq!(plan(&project), without, "{name}:\n{text}");
    }
}

#[test]
fn every_key_is_there_with_what_was_detected() {
    let project = unconfigured("polls");
    let text = init(&project);
    for key in djwar::config::key::KEYS {
        let is_there = text.lines().any(|line| {
            line.trim_start_matches("# ")
                .starts_with(&format!("{} = ", key.name))
        });
        assert!(is_there, "{}:\n{text}", key.name);
    }
    assert!(
        text.contains(
            "# Detected: named by `config/wsgi.py`.\nsettings = \"config.settings.production\"\n"
        ),
        "{text}"
    );
    let table: toml::Table = toml::from_str(&text).expect("TOML");
    let value = serde_json::to_value(table).expect("JSON");
    let schema = djwar::config::schema();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let faults: Vec<String> = validator
        .iter_errors(&value)
        .map(|fault| fault.to_string())
        .collect();
    assert_eq!(faults, Vec::<String>::new(), "{text}");
}

#[test]
fn a_configuration_that_is_there_is_left_alone() {
    let project = FixtureCopy::of("minimal");
    project.write("djwar.toml", "name = \"mine\"\n");
    let (assert, _, stderr) = run(djwar().arg("init").arg(project.path()));
    assert.code(2);
    assert!(
        stderr.contains("`djwar.toml` holds a configuration of djwar already"),
        "{stderr}"
    );
    let text = fs_err::read_to_string(project.path().join("djwar.toml")).expect("read");
    assert_eq!(text, "name = \"mine\"\n");
}
