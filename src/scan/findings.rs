//! Problems that the facts show, and the paths that the project writes to.

use camino::Utf8Path;

use super::deployment;
use super::evaluate::{Evaluator, Scope};
use super::facts;
use super::python_wish::WITHOUT_SQLITE;
use super::value::Kind;
use crate::model::project::{Exclusion, Problem, Project, Severity};
use crate::model::{Setting, Span};

/// Files and folders inside of the project that it writes to and that must
/// outlive a redeploy (docs/guide/deploying.md), sorted.
pub(super) fn data(scope: &Scope, source_root: &Utf8Path) -> Vec<(Exclusion, Span)> {
    let mut data: Vec<(Exclusion, Span)> = facts::database_files(scope)
        .into_iter()
        .map(|(path, span)| {
            let reason = format!("a database ({span})");
            (Exclusion { path, reason }, span)
        })
        .collect();
    let media =
        facts::inner_folder(scope, "MEDIA_ROOT").filter(|(path, _)| !source_root.starts_with(path));
    data.extend(media.map(|(path, span)| {
        let path = format!("{}/", path.trim_end_matches('/'));
        let reason = format!("media uploads ({span})");
        (Exclusion { path, reason }, span)
    }));
    data.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));
    data.dedup_by(|(a, _), (b, _)| a.path == b.path);
    data
}

/// Adds what is wrong or doubtful.
pub(super) fn add(
    project: &Project,
    scope: &Scope,
    data: &[(Exclusion, Span)],
    problems: &mut Vec<Problem>,
) {
    dependencies(project, problems);
    settings(project, problems);
    application(project, problems);
    secrets(project, scope, problems);
    hosts(project, scope, problems);
    sqlite(project, scope, problems);
    written(data, problems);
    deployment::add(project, scope, problems);
}

fn problem(
    severity: Severity,
    code: &'static str,
    origin: Option<Span>,
    message: impl Into<String>,
    hint: &str,
) -> Problem {
    Problem {
        severity,
        code,
        origin,
        message: message.into(),
        hint: Some(hint.to_owned()),
    }
}

fn dependencies(project: &Project, problems: &mut Vec<Problem>) {
    if project.requirements.is_empty() {
        problems.push(problem(
            Severity::Error,
            "no-requirements",
            None,
            "nothing tells the project's dependencies: there is no lock file, no \
             `requirements.txt`, and no `pyproject.toml` with dependencies",
            &above(&project.root),
        ));
    } else if project.django.is_none() {
        let files: Vec<String> = project
            .requirements
            .iter()
            .map(|path| format!("`{path}`"))
            .collect();
        // `wagtail` alone brings Django along, as `mezzanine` and many others do: only
        // a lock file, which names all, and resolving can tell.
        problems.push(problem(
            if project.dependencies.is_empty() {
                Severity::Error
            } else {
                Severity::Warning
            },
            "no-django",
            project
                .requirements
                .first()
                .map(|path| Span::new(path.clone(), 1)),
            format!(
                "Django is not among the dependencies in {}",
                files.join(", ")
            ),
            "add it there: a WAR brings all that the project imports",
        ));
    }
}

/// What to do without requirements: often they lie one folder up.
fn above(root: &Utf8Path) -> String {
    const NAMES: &[&str] = &[
        "requirements.txt",
        "requirements",
        "pyproject.toml",
        "uv.lock",
        "poetry.lock",
        "Pipfile",
        "setup.cfg",
        "setup.py",
    ];
    let parent = root.parent().unwrap_or(root);
    match NAMES.iter().find(|name| parent.join(name).exists()) {
        Some(name) => format!(
            "`{name}` lies in the folder above: name that folder as the project, `djwar build {parent}`"
        ),
        None => "write a `requirements.txt` that names at least Django".to_owned(),
    }
}

/// Settings that go on where reading them ended.
pub(super) fn unfinished(evaluator: &Evaluator<'_>, file: &Utf8Path) -> Option<Problem> {
    evaluator.gave_up().then(|| {
        problem(
            Severity::Warning,
            "settings-unfinished",
            Some(Span::new(file, 1)),
            "the settings are longer than djwar reads: what their last lines set is not known",
            "name what the WAR must know in `djwar.toml` (or `[tool.djwar]`): `wsgi`, `data`, `static`",
        )
    })
}

/// Settings that are made by code which we don't run tell nothing.
fn settings(project: &Project, problems: &mut Vec<Problem>) {
    if project.installed_apps == Setting::Missing && project.root_urlconf == Setting::Missing {
        problems.push(problem(
            Severity::Warning,
            "settings-opaque",
            project.settings.span().cloned(),
            "the settings name neither `INSTALLED_APPS` nor `ROOT_URLCONF` in a way that reading \
             them shows",
            "name what the WAR must know in `djwar.toml` (or `[tool.djwar]`): `wsgi`, `data`, `static`",
        ));
    }
}

fn application(project: &Project, problems: &mut Vec<Problem>) {
    if project.wsgi == Setting::Missing {
        match project.asgi.span() {
            Some(span) => problems.push(problem(
                Severity::Error,
                "asgi-only",
                Some(span.clone()),
                "the project has an ASGI application only; a servlet container serves WSGI",
                "add a `wsgi.py` as `django-admin startproject` writes it; WebSockets will not work",
            )),
            None => problems.push(problem(
                Severity::Warning,
                "no-wsgi",
                project.settings.span().cloned(),
                "neither `WSGI_APPLICATION` nor a `wsgi.py` was found; Django's default is taken",
                "name it with `wsgi = \"mysite.wsgi:application\"` in `djwar.toml` (or `[tool.djwar]`)",
            )),
        }
    }
    if let Setting::Dynamic(span) = &project.wsgi {
        problems.push(problem(
            Severity::Error,
            "wsgi-computed",
            Some(span.clone()),
            "`WSGI_APPLICATION` is computed, and djwar does not run project code",
            "name it with `wsgi = \"mysite.wsgi:application\"` in `djwar.toml` (or `[tool.djwar]`)",
        ));
    }
}

fn secrets(project: &Project, scope: &Scope, problems: &mut Vec<Problem>) {
    if let Setting::Known(true, span) = &project.debug {
        problems.push(problem(
            Severity::Warning,
            "debug-on",
            Some(span.clone()),
            "`DEBUG` is `True` in the source",
            "read it from the environment, or let production settings turn it off",
        ));
    }
    if let Some(binding) = scope.get("SECRET_KEY")
        && let Kind::Text(text) = &binding.value.kind
        && !binding.value.dynamic
        && !text.is_empty()
    {
        problems.push(problem(
            Severity::Warning,
            "secret-key-in-source",
            Some(binding.span.clone()),
            "`SECRET_KEY` stands in the source, and so in the WAR",
            "read it from the environment, and set `djwar.env.SECRET_KEY` in the container",
        ));
    }
    // Settings that we can't read may well have one.
    if !scope.contains_key("SECRET_KEY") && is_readable(project) {
        problems.push(problem(
            Severity::Warning,
            "no-secret-key",
            project.settings.span().cloned(),
            "the settings have no `SECRET_KEY`; Django fails without one when it first signs a \
             cookie",
            "add `SECRET_KEY = os.environ[\"SECRET_KEY\"]`, and set `djwar.env.SECRET_KEY` in the \
             container",
        ));
    }
}

/// Django answers nobody but itself when `DEBUG` is off and no host is allowed.
fn hosts(project: &Project, scope: &Scope, problems: &mut Vec<Problem>) {
    let span = match facts::list(scope, "ALLOWED_HOSTS") {
        Setting::Missing if is_readable(project) => project.settings.span().cloned(),
        Setting::Known(hosts, span) if hosts.is_empty() => Some(span),
        _ => return,
    };
    if !matches!(project.debug, Setting::Known(true, _)) {
        problems.push(problem(
            Severity::Warning,
            "no-allowed-hosts",
            span,
            "`ALLOWED_HOSTS` is empty: with `DEBUG` off, Django answers every request with 400",
            "name the hosts that the container is asked for, or read them from the environment",
        ));
    }
}

/// The bundled Python 3.11 has no `sqlite3`.
fn sqlite(project: &Project, scope: &Scope, problems: &mut Vec<Problem>) {
    let Some(wish) = &project.python else {
        return;
    };
    if wish.version == Some(WITHOUT_SQLITE)
        && let Some(span) = facts::sqlite_place(scope)
    {
        problems.push(problem(
            Severity::Warning,
            "python-without-sqlite",
            Some(span),
            format!(
                "the Python {WITHOUT_SQLITE} that djwar bundles, which {} wishes for, has no \
                 module `sqlite3`",
                wish.origin
            ),
            "set `python = \"3.12\"` in `djwar.toml` (or `[tool.djwar]`), take another database, or name an \
             interpreter with `python = \"file:…\"`",
        ));
    }
}

/// Whether a name that was not found is not there, as far as reading tells.
fn is_readable(project: &Project) -> bool {
    matches!(project.installed_apps, Setting::Known(..))
}

fn written(data: &[(Exclusion, Span)], problems: &mut Vec<Problem>) {
    for (data, span) in data {
        let is_folder = data.path.ends_with('/');
        let code = if is_folder {
            "media-inside"
        } else {
            "database-inside"
        };
        let what = if is_folder {
            "the folder of uploads"
        } else {
            "the database"
        };
        problems.push(problem(
            Severity::Warning,
            code,
            Some(span.clone()),
            format!(
                "{what} `{}` lies in the project, which each redeploy replaces: djwar keeps it in a data folder \
                 outside of the WAR",
                data.path
            ),
            "choose that folder with `djwar.data-dir` in the container, and back it up",
        ));
    }
}
