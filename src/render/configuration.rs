//! The `djwar.toml` that `djwar init` writes: every key, with its meaning and what
//! was detected. Deleting the file changes nothing.

use std::fmt::Write as _;

use crate::config::key::{KEYS, Key};
use crate::model::{BuildPlan, Project, PythonChoice, Setting};

/// As long as lines of a comment get.
const WIDTH: usize = 96;

/// What stands in the file for one key.
enum Line {
    /// Set to what was detected, and why that.
    Set(String, String),
    /// A comment with a value that would be right.
    Unset(String, Option<String>),
}

/// The text of the file.
pub fn configuration(project: &Project, plan: &BuildPlan) -> String {
    let mut text = String::from(
        "# How djwar makes a WAR of this project. What is set was detected: deleting this file changes\n\
         # nothing. docs/reference/configuration.md of djwar tells more.\n",
    );
    for key in KEYS {
        text.push('\n');
        comment(&mut text, key.doc);
        let (mark, value, reason) = match line(key, project, plan) {
            Line::Set(value, reason) => ("", value, Some(format!("Detected: {reason}."))),
            Line::Unset(value, reason) => ("# ", value, reason),
        };
        if let Some(reason) = reason {
            comment(&mut text, &reason);
        }
        // Writing to a String can't fail.
        let _ = writeln!(text, "{mark}{} = {value}", key.name);
    }
    text
}

fn line(key: &Key, project: &Project, plan: &BuildPlan) -> Line {
    let set = |value: String, reason: &str| Line::Set(value, reason.to_owned());
    match key.name {
        "name" => set(quoted(&plan.name), "the project's name, or its folder's"),
        "settings" => set(quoted(&plan.settings), &plan.settings_reason),
        "wsgi" => match &project.wsgi {
            Setting::Known(_, span) if !span.path.as_str().is_empty() => {
                set(quoted(&plan.wsgi), &format!("`{span}`"))
            }
            _ => set(quoted(&plan.wsgi), "Django's default"),
        },
        "engine" => set(quoted(plan.engine.as_str()), &plan.engine_reason),
        "servlet-api" => set(quoted(plan.servlet_api.as_str()), "default"),
        "python" => match &plan.interpreter {
            PythonChoice::Bundled(version) => {
                set(quoted(&version.to_string()), &plan.python_reason)
            }
            PythonChoice::Host | PythonChoice::File(_) => unset(key, None),
        },
        "platforms" => set(
            list(plan.platforms.iter().map(|platform| platform.as_str())),
            "default",
        ),
        "static" => set(quoted("collect"), "default"),
        "data" if !plan.data.is_empty() => {
            let reasons: Vec<String> = plan
                .data
                .iter()
                .map(|data| format!("`{}` is {}", data.path, data.reason))
                .collect();
            set(
                list(plan.data.iter().map(|data| data.path.as_str())),
                &reasons.join("; "),
            )
        }
        "requirements" if !project.requirements.is_empty() => Line::Unset(
            list(project.requirements.iter().map(|path| path.as_str())),
            Some("What was detected:".to_owned()),
        ),
        "build-env" => {
            let required: Vec<&str> = project
                .env
                .iter()
                .filter(|variable| variable.required)
                .map(|variable| variable.name.as_str())
                .collect();
            let reason = (!required.is_empty())
                .then(|| format!("The settings fail without: {}.", required.join(", ")));
            unset(key, reason)
        }
        "env" => {
            let names: Vec<&str> = project.env.iter().map(|one| one.name.as_str()).collect();
            let reason =
                (!names.is_empty()).then(|| format!("The settings read: {}.", names.join(", ")));
            unset(key, reason)
        }
        "output" => Line::Unset(quoted(&format!("dist/{}.war", plan.name)), None),
        _ => unset(key, None),
    }
}

fn unset(key: &Key, reason: Option<String>) -> Line {
    Line::Unset(key.example.to_owned(), reason)
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    let items: Vec<String> = items.map(quoted).collect();
    format!("[{}]", items.join(", "))
}

/// Lines of a comment: what was read from a project may hold line ends.
fn comment(text: &mut String, words: &str) {
    let mut line = String::from("#");
    for word in words.split_whitespace() {
        if line.chars().count() + word.chars().count() >= WIDTH && line != "#" {
            text.push_str(&line);
            text.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    text.push_str(&line);
    text.push('\n');
}
