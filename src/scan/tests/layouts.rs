//! Where projects keep their settings, code and requirements.

use super::{MANAGE, SETTINGS, Tree, WSGI, ordinary};
use crate::model::project::Severity;

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn layouts_of_all_kinds_are_found() {
    const R: (&str, &str) = ("requirements.txt", "Django==5.2\n");
    const INIT: (&str, &str) = ("site1/__init__.py", "");
    for (what, files, source_root, settings, requirements) in [
        (
            "manage.py at the root",
            &[
                ("manage.py", MANAGE),
                INIT,
                ("site1/settings.py", SETTINGS),
                ("site1/wsgi.py", WSGI),
                R,
            ][..],
            "",
            "site1.settings",
            "requirements.txt",
        ),
        (
            "the project in a subfolder, requirements above",
            &[
                ("web/manage.py", MANAGE),
                ("web/site1/__init__.py", ""),
                ("web/site1/settings.py", SETTINGS),
                ("web/site1/wsgi.py", WSGI),
                R,
            ],
            "web",
            "site1.settings",
            "requirements.txt",
        ),
        (
            "manage.py at the root, code in src",
            &[
                ("manage.py", MANAGE),
                ("src/site1/__init__.py", ""),
                ("src/site1/settings.py", SETTINGS),
                ("src/site1/wsgi.py", WSGI),
                R,
            ],
            "src",
            "site1.settings",
            "requirements.txt",
        ),
        (
            "no manage.py",
            &[
                INIT,
                ("site1/settings.py", SETTINGS),
                ("site1/wsgi.py", WSGI),
                R,
            ],
            "",
            "site1.settings",
            "requirements.txt",
        ),
        (
            "no script at all, settings on top",
            &[
                ("settings.py", "INSTALLED_APPS = []\n"),
                ("requirements/base.txt", "django\n"),
            ],
            "",
            "settings",
            "requirements/base.txt",
        ),
        (
            "an example project beside a reusable app",
            &[
                ("app/models.py", ""),
                ("example/manage.py", MANAGE),
                ("example/site1/settings.py", SETTINGS),
                R,
            ],
            "example",
            "site1.settings",
            "requirements.txt",
        ),
        (
            "a real project and one for tests",
            &[
                ("web/manage.py", MANAGE),
                ("web/site1/settings.py", SETTINGS),
                ("tests/manage.py", MANAGE),
                R,
            ],
            "web",
            "site1.settings",
            "requirements.txt",
        ),
        (
            "development settings beside production settings",
            &[
                (
                    "manage.py",
                    "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf.settings.dev')\n",
                ),
                ("conf/settings/__init__.py", ""),
                ("conf/settings/base.py", SETTINGS),
                ("conf/settings/dev.py", "from .base import *\n"),
                ("conf/settings/production.py", "from .base import *\n"),
                R,
            ],
            "",
            "conf.settings.production",
            "requirements.txt",
        ),
        (
            "wsgi.py names production, manage.py development",
            &[
                (
                    "manage.py",
                    "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf.dev')\n",
                ),
                (
                    "conf/wsgi.py",
                    "import os # wsgi\nos.environ['DJANGO_SETTINGS_MODULE'] = 'conf.prod'\n",
                ),
                ("conf/dev.py", "from .prod import *\n"),
                ("conf/prod.py", SETTINGS),
                R,
            ],
            "",
            "conf.prod",
            "requirements.txt",
        ),
        (
            "a settings package whose __init__ is empty",
            &[
                ("manage.py", MANAGE),
                INIT,
                ("site1/settings/__init__.py", "# nothing here\n"),
                ("site1/settings/base.py", SETTINGS),
                R,
            ],
            "",
            "site1.settings.base",
            "requirements.txt",
        ),
        (
            "a module of wsgi.py that is kept out of the repository",
            &[
                ("manage.py", MANAGE),
                INIT,
                ("site1/settings.py", SETTINGS),
                (
                    "site1/wsgi.py",
                    "import os # wsgi\nos.environ['DJANGO_SETTINGS_MODULE'] = 'site1.production'\n",
                ),
                R,
            ],
            "",
            "site1.settings",
            "requirements.txt",
        ),
        (
            "production requirements before all others",
            &[
                ("manage.py", MANAGE),
                INIT,
                ("site1/settings.py", SETTINGS),
                R,
                ("requirements/production.txt", "django\n"),
            ],
            "",
            "site1.settings",
            "requirements/production.txt",
        ),
        (
            "requirements without Django give way",
            &[
                ("manage.py", MANAGE),
                INIT,
                ("site1/settings.py", SETTINGS),
                ("requirements.txt", "ruff\n"),
                (
                    "pyproject.toml",
                    "[project]\nname='x'\ndependencies=['django']\n",
                ),
            ],
            "",
            "site1.settings",
            "pyproject.toml",
        ),
        (
            "names with spaces and beyond ASCII",
            &[
                ("meine Seite/manage.py", MANAGE),
                ("meine Seite/site1/settings.py", SETTINGS),
                ("meine Seite/été.txt", ""),
                R,
            ],
            "meine Seite",
            "site1.settings",
            "requirements.txt",
        ),
    ] {
        let project = Tree::new(files).scan();
        assert_eq!(project.source_root, source_root, "{what}");
        assert_eq!(
            project.settings.known().map(String::as_str),
            Some(settings),
            "{what}"
        );
        assert_eq!(project.requirements, [requirements], "{what}");
    }
}

#[test]
fn nothing_that_tells_dependencies_is_an_error_in_the_list() {
    let tree = Tree::new(&[("manage.py", MANAGE), ("site1/settings.py", SETTINGS)]);
    let problems = tree.scan().problems;
    let errors: Vec<&str> = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .map(|problem| problem.code)
        .collect();
    assert_eq!(errors, ["no-requirements"]);
}

#[test]
fn django_may_come_with_a_package_that_needs_it() {
    for (requirements, severity) in [
        ("django-allauth[mfa]>=65\n", Severity::Warning),
        ("wagtail\n", Severity::Warning),
        // Whether Mezzanine needs Django, only resolving tells.
        ("mezzanine\n", Severity::Warning),
        ("# nothing\n", Severity::Error),
    ] {
        let tree = ordinary();
        tree.write("requirements.txt", requirements);
        let problems = tree.scan().problems;
        let told = problems.iter().find(|problem| problem.code == "no-django");
        assert_eq!(
            told.map(|problem| problem.severity),
            Some(severity),
            "{requirements}"
        );
    }
}

#[test]
fn an_asgi_project_is_told_that_wsgi_is_needed() {
    let tree = Tree::new(&[
        ("manage.py", MANAGE),
        (
            "site1/settings.py",
            "import os\nINSTALLED_APPS = []\nASGI_APPLICATION = 'site1.asgi.application'\n\
             SECRET_KEY = os.environ['KEY']\nALLOWED_HOSTS = ['*']\n",
        ),
        ("site1/asgi.py", "application = get_asgi_application()\n"),
        ("requirements.txt", "django==5.2\n"),
    ]);
    let codes: Vec<&str> = tree
        .scan()
        .problems
        .iter()
        .map(|problem| problem.code)
        .collect();
    assert_eq!(codes, ["asgi-only"]);
}

#[test]
fn the_fixtures_of_this_repository_are_read() {
    let fixtures = camino::Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    for (name, settings, wsgi, data) in [
        (
            "polls",
            "config.settings.production",
            "config.wsgi:application",
            &["data/db.sqlite3", "data/media/"][..],
        ),
        (
            "gallery",
            "gallery.settings",
            "gallery.wsgi:application",
            &["src/media/"],
        ),
        (
            "hydrant",
            "hydrant.settings",
            "hydrant.wsgi:application",
            &["hydrant.sqlite3", "media/"],
        ),
        (
            "minimal",
            "mysite.settings",
            "mysite.wsgi:application",
            &["db.sqlite3"],
        ),
    ] {
        let project =
            super::scan(&fixtures.join(name), &super::ScanOptions::default()).expect(name);
        assert_eq!(project.settings.known().map(String::as_str), Some(settings));
        assert_eq!(project.wsgi.known().map(String::as_str), Some(wsgi));
        let paths: Vec<&str> = project.data.iter().map(|data| data.path.as_str()).collect();
        assert_eq!(paths, data, "{name}");
        let errors = project
            .problems
            .iter()
            .filter(|problem| problem.severity == Severity::Error);
        assert_eq!(errors.count(), 0, "{name}: {:?}", project.problems);
    }
}

#[test]
fn projects_without_manage_py_are_listed_too() {
    let tree = Tree::new(&[
        ("a/x/__init__.py", ""),
        ("a/x/wsgi.py", WSGI),
        ("a/x/settings.py", SETTINGS),
        ("b/y/__init__.py", ""),
        ("b/y/wsgi.py", WSGI),
        ("b/y/settings.py", SETTINGS),
    ]);
    let error = tree.error();
    assert!(
        error.starts_with("error: several Django projects in `ROOT`: `a/x/wsgi.py`, `b/y/wsgi.py`"),
        "{error}"
    );
}

#[test]
fn an_example_brings_the_reusable_app_above_it() {
    let tree = Tree::new(&[
        (
            "setup.py",
            "from setuptools import setup\nsetup(name='My_App', install_requires=['Django==5'])\n",
        ),
        ("app/__init__.py", ""),
        ("example/manage.py", MANAGE),
        ("example/site1/__init__.py", ""),
        (
            "example/site1/settings.py",
            "INSTALLED_APPS = ['django.contrib.auth', 'app']\n",
        ),
    ]);
    let scanned = || {
        let project = tree.scan();
        let texts = project.dependencies.iter();
        let texts: Vec<String> = texts
            .map(|one| format!("{}{}", one.name, one.specifier))
            .collect();
        (project.requirements, texts, project.project_apps)
    };
    let (requirements, texts, apps) = scanned();
    assert_eq!(requirements, ["setup.py"]);
    assert_eq!(texts, ["django==5", "my-app@ ."]);
    assert_eq!(apps, ["app"]);
    tree.write("requirements.txt", "django==5\n");
    let (requirements, texts, _) = scanned();
    assert_eq!(requirements, ["requirements.txt", "setup.py"]);
    assert_eq!(texts, ["django==5", "my-app@ ."]);
}

#[test]
fn requirements_one_folder_up_are_pointed_at() {
    let tree = Tree::new(&[
        ("manage.py", MANAGE),
        ("site1/__init__.py", ""),
        ("site1/settings.py", SETTINGS),
    ]);
    let above = tree.root.parent().expect("a parent").to_owned();
    fs_err::write(above.join("requirements.txt"), "django==5\n").expect("written");
    let problems = tree.scan().problems;
    let problem = problems.iter().find(|one| one.code == "no-requirements");
    let hint = problem.and_then(|one| one.hint.clone()).unwrap_or_default();
    assert_eq!(
        hint,
        format!(
            "`requirements.txt` lies in the folder above: name that folder as the project, `djwar \
             build {above}`"
        )
    );
}
