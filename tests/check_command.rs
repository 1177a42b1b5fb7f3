//! `djwar check` as a CI job runs it.

mod support;

use serde_json::Value;
use support::{FixtureCopy, djwar, run};

/// A project that Django has something to say about.
fn shop() -> FixtureCopy {
    let project = FixtureCopy::of("minimal");
    let settings = project.path().join("mysite/settings.py");
    let text = fs_err::read_to_string(&settings).expect("settings");
    fs_err::write(
        &settings,
        format!("{text}\nSESSION_COOKIE_SECURE = False\nSECRET_KEY = \"short\"\n"),
    )
    .expect("written");
    project.write(
        "locale/de/LC_MESSAGES/django.po",
        "msgid \"\"\nmsgstr \"\"\n",
    );
    project
}

fn line_of(project: &FixtureCopy, start: &str) -> usize {
    let text = fs_err::read_to_string(project.path().join("mysite/settings.py")).expect("read");
    let at = text.lines().position(|line| line.starts_with(start));
    at.expect("a line") + 1
}

#[test]
fn django_s_own_deployment_checks_are_told_with_file_and_line() {
    let project = shop();
    let before = project.listing();
    let (assert, stdout, stderr) = run(djwar().arg("check").arg(project.path()));
    assert.success();
    let debug = line_of(&project, "DEBUG");
    assert!(
        stdout.contains(&format!(
            "mysite/settings.py:{debug}: warning: security.W018: You should not have DEBUG set to True"
        )),
        "{stdout}\n{stderr}"
    );
    assert!(stdout.contains("[debug-on]"), "{stdout}");
    assert!(
        stdout.contains("locale/de/LC_MESSAGES/django.po:1: warning: `locale/de/LC_MESSAGES/django.po` is not compiled"),
        "{stdout}"
    );
    assert_eq!(project.listing(), before);

    let (assert, stdout, _) = run(djwar().args(["check", "--no-run"]).arg(project.path()));
    assert.success();
    assert!(!stdout.contains("security."), "{stdout}");
    let (assert, _, _) = run(djwar()
        .args(["check", "--no-run", "--strict"])
        .arg(project.path()));
    assert.code(1);
}

#[test]
fn a_project_that_does_not_start_is_an_error_with_its_last_line() {
    let project = FixtureCopy::of("compressed");
    project.write("djwar.toml", "");
    let (assert, stdout, _) = run(djwar()
        .arg("check")
        .arg(project.path())
        .env_remove("SECRET_KEY"));
    assert.code(1);
    assert!(
        stdout.contains("error: the project does not start on this machine: KeyError: 'SECRET_KEY' [not-started]"),
        "{stdout}"
    );
    assert!(stdout.contains("[tool.djwar.build-env]"), "{stdout}");
}

#[test]
fn what_the_plan_refuses_is_a_problem_like_others() {
    let project = FixtureCopy::of("minimal");
    project.write(
        "mysite/settings.py",
        "STATIC_URL = '/'\nINSTALLED_APPS = []\n",
    );
    let (assert, stdout, _) = run(djwar().args(["check", "--json"]).arg(project.path()));
    assert.code(1);
    let problems: Value = serde_json::from_str(&stdout).expect("JSON");
    let refused = problems
        .as_array()
        .expect("a list")
        .iter()
        .find(|problem| problem["code"] == "no-plan")
        .unwrap_or_else(|| panic!("{stdout}"));
    assert_eq!(refused["severity"], "error");
    assert_eq!(refused["origin"], "mysite/settings.py:1");
    assert_eq!(refused["hint"], "use a folder such as `/static/`");
}

/// The rules of SARIF 2.1.0 (OASIS, sections 3.13 to 3.30) that its schema has for
/// the objects which djwar writes, as a schema of our own.
fn sarif_rules() -> Value {
    let rules = r#"{
        "type": "object",
        "required": ["version", "runs"],
        "additionalProperties": false,
        "properties": {
            "$schema": {"type": "string", "format": "uri"},
            "version": {"const": "2.1.0"},
            "runs": {"type": "array", "minItems": 1, "items": {
                "type": "object",
                "required": ["tool"],
                "additionalProperties": false,
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {"type": "object", "required": ["driver"], "additionalProperties": false, "properties": {
                        "driver": {"type": "object", "required": ["name"], "additionalProperties": false, "properties": {
                            "name": {"type": "string", "minLength": 1},
                            "semanticVersion": {"type": "string", "pattern": "^[0-9]+\\.[0-9]+\\.[0-9]+"},
                            "rules": {"type": "array", "uniqueItems": true, "items": {
                                "type": "object", "required": ["id"], "additionalProperties": false,
                                "properties": {"id": {"type": "string", "minLength": 1}}
                            }}
                        }}
                    }},
                    "results": {"type": "array", "items": {
                        "type": "object",
                        "required": ["message"],
                        "additionalProperties": false,
                        "properties": {
                            "ruleId": {"type": "string"},
                            "ruleIndex": {"type": "integer", "minimum": 0},
                            "level": {"enum": ["none", "note", "warning", "error"]},
                            "message": {"type": "object", "required": ["text"], "additionalProperties": false,
                                "properties": {"text": {"type": "string", "minLength": 1}}},
                            "locations": {"type": "array", "minItems": 1, "items": {
                                "type": "object", "required": ["physicalLocation"], "additionalProperties": false,
                                "properties": {"physicalLocation": {
                                    "type": "object", "required": ["artifactLocation"], "additionalProperties": false,
                                    "properties": {
                                        "artifactLocation": {"type": "object", "required": ["uri"], "additionalProperties": false,
                                            "properties": {
                                                "uri": {"type": "string", "format": "uri-reference", "pattern": "^[^/:][^:]*$"},
                                                "uriBaseId": {"type": "string"}
                                            }},
                                        "region": {"type": "object", "required": ["startLine"], "additionalProperties": false,
                                            "properties": {"startLine": {"type": "integer", "minimum": 1}}}
                                    }
                                }}
                            }}
                        }
                    }}
                }
            }}
        }
    }"#;
    serde_json::from_str(rules).expect("JSON")
}

#[test]
fn sarif_keeps_to_the_rules_of_its_version() {
    let project = shop();
    let (assert, stdout, _) = run(djwar()
        .args(["check", "--no-run", "--sarif"])
        .arg(project.path()));
    assert.success();
    let log: Value = serde_json::from_str(&stdout).expect("JSON");
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&sarif_rules())
        .expect("a schema");
    let faults: Vec<String> = validator
        .iter_errors(&log)
        .map(|fault| fault.to_string())
        .collect();
    assert_eq!(faults, Vec::<String>::new());
    let run = &log["runs"][0];
    let results = run["results"].as_array().expect("a list");
    assert!(results.len() >= 3, "{stdout}");
    for result in results {
        let index =
            usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("small");
        assert_eq!(
            run["tool"]["driver"]["rules"][index]["id"],
            result["ruleId"]
        );
    }
    assert!(
        results
            .iter()
            .any(|result| result["ruleId"] == "missing-translations"
                && result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
                    == "locale/de/LC_MESSAGES/django.po"),
        "{stdout}"
    );
}

#[test]
fn uploads_are_told_unless_the_runtime_serves_them() {
    let project = FixtureCopy::of("minimal");
    project.write(
        "mysite/urls.py",
        "from django.conf import settings\nfrom django.conf.urls.static import static\n\n\
         urlpatterns = static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT)\n",
    );
    let told = || {
        let (assert, stdout, _) = run(djwar().args(["check", "--no-run"]).arg(project.path()));
        assert.success();
        stdout.contains("mysite/urls.py:4: warning: `static()` hands out the uploads")
    };
    assert!(told());
    project.write("djwar.toml", "[runtime]\nmedia = true\n");
    assert!(!told());
}

#[test]
fn what_the_settings_write_into_the_project_is_told_unless_it_is_data() {
    let project = FixtureCopy::of("minimal");
    let settings = project.path().join("mysite/settings.py");
    let text = fs_err::read_to_string(&settings).expect("settings");
    let more = "LOGGING = {'version': 1, 'handlers': {'file': {\n    \
         'class': 'logging.FileHandler', 'filename': BASE_DIR / 'logs/notes.log'}}}\n\
         CACHES = {'default': {'LOCATION': str(BASE_DIR / 'var/cache')}, 'other': {'LOCATION': 'redis://here/1'}}\n\
         EMAIL_FILE_PATH = '/var/mail/notes'\n";
    fs_err::write(&settings, format!("{text}\n{more}")).expect("written");
    let check = || run(djwar().args(["check", "--no-run"]).arg(project.path())).1;
    let said = check();
    for expected in [
        "`LOGGING` writes to `logs/notes.log` in the project",
        "`CACHES` writes to `var/cache` in the project",
        "`data = [\"db.sqlite3\", \"logs/\"]`",
        "`data = [\"db.sqlite3\", \"var/cache/\"]`",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert_eq!(said.matches("[written-inside]").count(), 2, "{said}");
    project.write("djwar.toml", "data = ['db.sqlite3', 'logs/', 'var/']\n");
    assert!(!check().contains("[written-inside]"), "{}", check());
}

#[test]
fn a_key_that_only_the_build_has_is_not_called_weak() {
    let project = FixtureCopy::of("minimal");
    let settings = project.path().join("mysite/settings.py");
    let text = fs_err::read_to_string(&settings).expect("settings");
    let lines = text.lines().map(|line| {
        if line.starts_with("SECRET_KEY") {
            "import os\nSECRET_KEY = os.environ['SECRET_KEY']"
        } else {
            line
        }
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    fs_err::write(&settings, text).expect("written");
    project.write("djwar.toml", "build-env = { SECRET_KEY = 'build' }\n");
    let (_, said, _) = run(djwar().arg("check").arg(project.path()));
    assert!(said.contains("security.W018"), "Django was asked: {said}");
    assert!(!said.contains("security.W009"), "{said}");
}

#[test]
fn django_that_another_package_brings_is_not_called_missing_once_it_was_asked() {
    let project = FixtureCopy::of("minimal");
    project.write("requirements.txt", "django-configurations==2.5.1\n");
    let check = |options: &[&str]| run(djwar().arg("check").args(options).arg(project.path())).1;
    let said = check(&["--no-run"]);
    assert!(said.contains("[no-django]"), "{said}");
    let said = check(&[]);
    assert!(said.contains("security.W018"), "Django was asked: {said}");
    assert!(!said.contains("[no-django]"), "{said}");
}
