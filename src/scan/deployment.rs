//! What works on the developer's machine and not in a servlet container: paths of
//! that machine, `WebSockets`, uploads that the development server hands out.

use super::evaluate::Scope;
use super::facts;
use super::modules::Modules;
use super::source_text;
use super::value::{Kind, Value};
use crate::model::Span;
use crate::model::project::{Problem, Project, Severity};

/// Folders of people, on all systems.
const HOMES: &[&str] = &["/home/", "/Users/", "/root/"];

/// Packages that serve `WebSockets`.
const SOCKETS: &[&str] = &["channels", "daphne"];

/// Adds what is doubtful.
pub(super) fn add(project: &Project, scope: &Scope, problems: &mut Vec<Problem>) {
    paths(scope, problems);
    sockets(project, scope, problems);
    uploads(project, problems);
}

/// `static()` of URLs gives nothing when `DEBUG` is off.
fn uploads(project: &Project, problems: &mut Vec<Problem>) {
    let Some(module) = project.root_urlconf.known() else {
        return;
    };
    let modules = Modules {
        root: project.root.clone(),
        search: vec![project.source_root.clone()],
    };
    let Some(file) = modules.file(module) else {
        return;
    };
    let text = source_text::python(&modules.root, &file).unwrap_or_default();
    let calls = |line: &str| {
        let code = line.split('#').next().unwrap_or_default();
        code.contains("static(") && code.contains("MEDIA_URL")
    };
    let Some(line) = (1_u32..).zip(text.lines()).find(|(_, line)| calls(line)) else {
        return;
    };
    problems.push(Problem {
        severity: Severity::Warning,
        code: "uploads-not-served",
        origin: Some(Span::new(file, line.0)),
        message: "`static()` hands out the uploads of `MEDIA_URL` while `DEBUG` is on; in a \
                  container nobody does"
            .to_owned(),
        hint: Some(
            "set `djwar.media` to `true` (`media = true` under `runtime`), let the web server in \
             front serve the folder, or add a view where not everybody may see uploads"
                .to_owned(),
        ),
    });
}

fn paths(scope: &Scope, problems: &mut Vec<Problem>) {
    for (name, binding) in scope {
        if !name
            .chars()
            .all(|letter| letter.is_ascii_uppercase() || letter == '_')
        {
            continue;
        }
        if let Some(path) = path_of_a_person(&binding.value) {
            problems.push(Problem {
                severity: Severity::Warning,
                code: "developer-path",
                origin: Some(binding.span.clone()),
                message: format!("`{name}` names `{path}`, a folder of one machine"),
                hint: Some("build it from `BASE_DIR`, or read it from the environment".to_owned()),
            });
        }
    }
}

/// The first such path in a value. A default of the environment counts: who sets no
/// variable gets it.
fn path_of_a_person(value: &Value) -> Option<&str> {
    match &value.kind {
        Kind::Text(text) | Kind::Path(text) => is_of_a_person(text).then_some(text),
        Kind::Sequence(items) => items.iter().find_map(path_of_a_person),
        Kind::Dictionary(entries) => entries
            .iter()
            .find_map(|(_, value)| path_of_a_person(value)),
        _ => None,
    }
}

fn is_of_a_person(text: &str) -> bool {
    let windows = text
        .get(1..)
        .filter(|_| text.starts_with(|letter: char| letter.is_ascii_alphabetic()))
        .map(|rest| rest.replace('\\', "/"))
        .is_some_and(|rest| rest.starts_with(":/"));
    windows || HOMES.iter().any(|home| text.starts_with(home))
}

fn sockets(project: &Project, scope: &Scope, problems: &mut Vec<Problem>) {
    let apps = facts::guessed_list(scope, "INSTALLED_APPS");
    let Some(app) = apps.iter().find(|app| SOCKETS.contains(&app.as_str())) else {
        return;
    };
    let span: Option<&Span> = project
        .asgi
        .span()
        .or_else(|| project.installed_apps.span());
    problems.push(Problem {
        severity: Severity::Warning,
        code: "websockets",
        origin: span.cloned(),
        message: format!(
            "`{app}` is installed: WebSockets and other ASGI consumers do not work in a WAR, \
             which serves the WSGI application"
        ),
        hint: Some(
            "serve them beside the container, and let the pages do without where they are not \
             there"
                .to_owned(),
        ),
    });
}
