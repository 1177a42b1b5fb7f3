//! Whole scans of small projects.

mod chosen;
mod configurations;
mod dependencies;
mod extras;
mod hostile;
mod layouts;
mod long;
mod packed;
mod public;
mod python_path;
mod settings;

use camino::{Utf8Path, Utf8PathBuf};

use super::{ScanError, ScanOptions, scan};
use crate::error::Failure;
use crate::model::{Engine, Project, PythonVersion};

/// A project in a temporary folder.
struct Tree {
    _folder: tempfile::TempDir,
    root: Utf8PathBuf,
}

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let root = Utf8PathBuf::from_path_buf(folder.path().join("mysite")).expect("UTF-8");
        fs_err::create_dir_all(&root).expect("made");
        let tree = Self {
            _folder: folder,
            root,
        };
        for (path, text) in files {
            tree.write(path, text);
        }
        tree
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        fs_err::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs_err::write(path, text).expect("written");
    }

    fn scan(&self) -> Project {
        self.try_scan(&ScanOptions::default())
            .unwrap_or_else(|error| panic!("{}", Failure::from(error)))
    }

    fn try_scan(&self, options: &ScanOptions) -> Result<Project, ScanError> {
        scan(&self.root, options)
    }

    fn error(&self) -> String {
        let error = self
            .try_scan(&ScanOptions::default())
            .expect_err("the scan should fail");
        Failure::from(error)
            .to_string()
            .replace(self.root.as_str(), "ROOT")
    }
}

const MANAGE: &str = r#"
import os, sys
def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
if __name__ == "__main__":
    main()
"#;

const WSGI: &str = r#"
import os
from django.core.wsgi import get_wsgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
application = get_wsgi_application()
"#;

const SETTINGS: &str = r#"
import os
from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = os.environ.get("DEBUG", "0") == "1"
INSTALLED_APPS = ["django.contrib.admin", "polls.apps.PollsConfig"]
if DEBUG:
    INSTALLED_APPS += ["debug_toolbar"]
MIDDLEWARE = ("django.middleware.common.CommonMiddleware",)
ROOT_URLCONF = "site1.urls"
WSGI_APPLICATION = "site1.wsgi.application"
TEMPLATES = [{"BACKEND": "django", "DIRS": [BASE_DIR / "templates"]}]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": BASE_DIR / "db.sqlite3",
    }
}
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
MEDIA_ROOT = os.path.join(BASE_DIR, "media")
LOCALE_PATHS = [f"{BASE_DIR}/locale"]
"#;

fn ordinary() -> Tree {
    Tree::new(&[
        ("manage.py", MANAGE),
        ("site1/__init__.py", ""),
        ("site1/settings.py", SETTINGS),
        ("site1/wsgi.py", WSGI),
        ("site1/urls.py", "urlpatterns = []\n"),
        ("polls/__init__.py", ""),
        ("polls/models.py", ""),
        ("requirements.txt", "Django==5.2.1\nPillow>=10\n"),
        ("media/upload.jpg", "x"),
        ("staticfiles/site.css", "x"),
        ("db.sqlite3", "SQLite format 3\0..."),
        (".env", "SECRET=1\n"),
        ("node_modules/a/index.js", ""),
        (".git/HEAD", ""),
        ("polls/__pycache__/models.cpython-311.pyc", ""),
        ("env/pyvenv.cfg", ""),
        ("env/lib/x.py", ""),
    ])
}

fn paths(project: &Project) -> Vec<String> {
    project.files.iter().collect()
}

#[test]
fn an_ordinary_project_is_understood() {
    let tree = ordinary();
    let project = tree.scan();
    assert_eq!(project.name, "mysite");
    assert_eq!(
        project.manage_py.as_deref(),
        Some(Utf8Path::new("manage.py"))
    );
    let json = serde_json::to_value(&project).expect("serializes");
    let expected = serde_json::json!({
        "settings": "site1.settings",
        "wsgi": "site1.wsgi:application",
        "root_urlconf": "site1.urls",
        "installed_apps": {"dynamic": "site1/settings.py:9"},
        "project_apps": ["polls"],
        "middleware": ["django.middleware.common.CommonMiddleware"],
        "databases": {"default": {"engine": "django.db.backends.sqlite3", "name": "db.sqlite3"}},
        "static": {"url": "static/", "root": "staticfiles", "dirs": null, "storage": null},
        "media": {"url": null, "root": "media"},
        "templates_dirs": ["templates"],
        "locale_paths": ["locale"],
        "debug": {"dynamic": "site1/settings.py:6"},
        "env": [
            {"name": "SECRET_KEY", "required": true, "default": null, "origin": "site1/settings.py:5"},
            {"name": "DEBUG", "required": false, "default": "0", "origin": "site1/settings.py:6"},
        ],
        "requirements": ["requirements.txt"],
        "django": "5.2.1",
        "engine": "cpython",
        "native": ["pillow"],
        "data": [
            {"path": "db.sqlite3", "reason": "a database (site1/settings.py:14)"},
            {"path": "media/", "reason": "media uploads (site1/settings.py:22)"},
        ],
    });
    for (key, value) in expected.as_object().expect("an object") {
        assert_eq!(&json[key], value, "{key}");
    }
    assert_eq!(
        paths(&project),
        [
            "manage.py",
            "polls/__init__.py",
            "polls/models.py",
            "requirements.txt",
            "site1/__init__.py",
            "site1/settings.py",
            "site1/urls.py",
            "site1/wsgi.py",
        ]
    );
    let excluded: Vec<String> = project
        .exclude
        .iter()
        .map(|one| format!("{}: {}", one.path, one.reason))
        .collect();
    assert_eq!(
        excluded,
        [
            ".env: secrets: the environment of one machine",
            ".git/: version control",
            "db.sqlite3: a database: data of one machine",
            "env/: a virtual environment",
            "media/: media uploads (`MEDIA_ROOT`)",
            "node_modules/: packages of a front end's build",
            "polls/__pycache__/: byte code of another Python",
            "staticfiles/: collected static files (`STATIC_ROOT`): collected anew",
        ]
    );
}

#[test]
fn a_folder_without_django_says_what_was_looked_for() {
    let tree = Tree::new(&[("main.py", "print(1)\n"), ("setup.py", "")]);
    assert_eq!(
        tree.error(),
        "error: no Django project in `ROOT`: there is no `manage.py`, no `wsgi.py` and no settings \
         module (`settings.py`, `settings/`) in it or in the folders below\n\n\
         hint: name the project's folder, `djwar build path/to/project`, or its settings, \
         `--settings mysite.settings`"
    );
}

#[test]
fn two_projects_are_listed() {
    let tree = Tree::new(&[("one/manage.py", MANAGE), ("two/manage.py", MANAGE)]);
    assert_eq!(
        tree.error(),
        "error: several Django projects in `ROOT`: `one/manage.py`, `two/manage.py`\n\n\
         hint: name one of them: `djwar build ROOT/one`"
    );
}

#[test]
fn settings_that_do_not_parse_are_named_with_line_and_column() {
    let tree = ordinary();
    tree.write("site1/settings.py", "A = 1\nB = = 2\n");
    let error = tree.error();
    assert!(
        error.starts_with("error: site1/settings.py:2:5: "),
        "{error}"
    );
}

#[test]
fn settings_that_are_not_there_are_named_with_who_names_them() {
    let tree = Tree::new(&[("manage.py", MANAGE)]);
    let error = tree.error();
    assert!(
        error.starts_with(
            "error: no file for the settings module `site1.settings` (from manage.py:4) in `ROOT`"
        ),
        "{error}"
    );
}

#[test]
fn django_1_11_runs_on_jython_and_may_print() {
    let tree = ordinary();
    tree.write("requirements.txt", "Django>=1.11,<2.0\n");
    tree.write(
        "site1/settings.py",
        format!("{SETTINGS}\nprint \"ready\"\n"),
    );
    let project = tree.scan();
    assert_eq!(project.engine, Engine::Jython);
    assert_eq!(
        project.engine_reason,
        "Django >=1.11,<2.0 runs on Python 2.7 (requirements.txt:1)"
    );
    assert_eq!(project.python, None);
}

#[test]
fn syntax_of_python_2_chooses_jython_unless_django_is_newer() {
    for (line, reason) in [
        (
            "print \"ready\"",
            "a `print` statement is Python 2 (site1/settings.py:1)",
        ),
        (
            "if 0:\n    raise ValueError, 1",
            "a `raise` with a comma is Python 2 (site1/settings.py:2)",
        ),
    ] {
        let tree = ordinary();
        tree.write("requirements.txt", "Django\n");
        tree.write("site1/settings.py", format!("{line}\n{SETTINGS}"));
        let project = tree.scan();
        assert_eq!(
            (project.engine, project.engine_reason.as_str()),
            (Engine::Jython, reason)
        );
        assert_eq!(
            project.root_urlconf.known().map(String::as_str),
            Some("site1.urls")
        );
        tree.write("requirements.txt", "Django==5.2\n");
        assert!(tree.error().starts_with("error: site1/settings.py:"));
    }
}

#[test]
fn a_folder_that_holds_code_is_no_place_for_uploads() {
    let tree = ordinary();
    let settings = format!("{SETTINGS}\nMEDIA_ROOT = BASE_DIR / 'polls'\n");
    tree.write("site1/settings.py", settings);
    let project = tree.scan();
    assert!(paths(&project).contains(&"polls/models.py".to_owned()));
    assert!(project.data.iter().all(|data| data.path != "polls/"));
}

#[test]
fn a_django_that_the_wished_python_is_too_new_for_is_told() {
    let tree = ordinary();
    tree.write(".python-version", "3.13\n");
    tree.write("requirements.txt", "Django==3.2.25\n");
    let problems = tree.scan().problems;
    let told = problems
        .iter()
        .find(|problem| problem.code == "django-python")
        .expect("told");
    assert_eq!(
        told.message,
        "Django 3.2 does not run on Python 3.13, which .python-version:1 wishes for"
    );
}

#[test]
fn the_python_is_the_one_that_is_wished_for() {
    for (files, specifier, version) in [
        (
            &[(
                "pyproject.toml",
                "[project]\nname='x'\nrequires-python='>=3.10'\n",
            )][..],
            ">=3.10",
            Some((3, 13)),
        ),
        (&[(".python-version", "3.12.4\n")], "3.12.4", Some((3, 12))),
        (
            &[("runtime.txt", "python-3.11.9\n")],
            "3.11.9",
            Some((3, 11)),
        ),
        (
            &[(
                "pyproject.toml",
                "[project]\nrequires-python='>=3.9,<3.12'\n",
            )],
            ">=3.9,<3.12",
            Some((3, 11)),
        ),
        (
            &[("pyproject.toml", "[project]\nrequires-python='<3.10'\n")],
            "<3.10",
            None,
        ),
        // Older than all that can be bundled: the nearest.
        (
            &[("runtime.txt", "python-3.10.2\n")],
            "3.10.2",
            Some((3, 12)),
        ),
        (&[(".python-version", "2.7\n")], "2.7", Some((3, 13))),
        (
            &[("requirements.txt", "Django==4.1\n")],
            ">=3.8,<3.13",
            Some((3, 12)),
        ),
    ] {
        let tree = ordinary();
        for (path, text) in files {
            tree.write(path, text);
        }
        let wish = tree.scan().python.expect("a wish");
        let version = version.map(|(major, minor)| PythonVersion::new(major, minor));
        assert_eq!(
            (wish.specifier.as_str(), wish.version),
            (specifier, version)
        );
    }
    assert_eq!(ordinary().scan().python, None);
}
