//! Which settings module is taken, and why.

use super::{MANAGE, SETTINGS, Tree};

#[test]
fn settings_that_turn_debug_on_give_way_to_production_beside_them() {
    for (production, settings) in [
        ("site1/settings/production.py", "site1/settings/__init__.py"),
        ("site1/settings_prod.py", "site1/settings.py"),
    ] {
        let module = production.trim_end_matches(".py").replace('/', ".");
        for (debug, chosen) in [
            ("DEBUG = True\n", module.as_str()),
            (
                "import os\nDEBUG = bool(os.environ.get('D'))\n",
                "site1.settings",
            ),
            ("", "site1.settings"),
        ] {
            let tree = Tree::new(&[
                ("manage.py", MANAGE),
                ("site1/__init__.py", ""),
                ("requirements.txt", "django==5\n"),
            ]);
            tree.write(settings, format!("{SETTINGS}{debug}"));
            tree.write(production, "from site1.settings import *\nDEBUG = False\n");
            let project = tree.scan();
            assert_eq!(
                project.settings.known().map(String::as_str),
                Some(chosen),
                "{debug} {production}"
            );
            if chosen != "site1.settings" {
                assert_eq!(
                    project.settings_reason,
                    "preferred over `site1.settings` (named by `manage.py`), which sets `DEBUG` to \
                     `True`"
                );
            }
        }
    }
}

#[test]
fn settings_are_named_by_files_of_the_environment_in_their_order() {
    let tree = Tree::new(&[
        (
            "manage.py",
            "from django.core.management import execute_from_command_line\n",
        ),
        ("requirements.txt", "django==5\n"),
    ]);
    let mut seen = Vec::new();
    for (number, (path, text)) in (0..).zip([
        (
            "tox.ini",
            "[testenv]\nsetenv =\n    DJANGO_SETTINGS_MODULE = site1.VALUE\n",
        ),
        (
            "pytest.ini",
            "[pytest]\nDJANGO_SETTINGS_MODULE = site1.VALUE\n",
        ),
        (
            "setup.cfg",
            "[tool:pytest]\nDJANGO_SETTINGS_MODULE = site1.VALUE\n",
        ),
        (
            "pyproject.toml",
            "[tool.pytest.ini_options]\nDJANGO_SETTINGS_MODULE = 'site1.VALUE'\n",
        ),
        ("Dockerfile", "ENV DJANGO_SETTINGS_MODULE=site1.VALUE\n"),
        (
            ".env.example",
            "export DJANGO_SETTINGS_MODULE=\"site1.VALUE\"\n",
        ),
        (".env", "DJANGO_SETTINGS_MODULE=site1.VALUE\n"),
    ]) {
        let value = format!("conf{number}");
        tree.write(path, text.replace("VALUE", &value));
        tree.write(&format!("site1/{value}.py"), SETTINGS);
        let project = tree.scan();
        let named = project.settings.known().cloned().unwrap_or_default();
        assert_eq!(named, format!("site1.{value}"), "{path}");
        assert_eq!(project.settings_reason, format!("named by `{path}`"));
        seen.push(named);
    }
    assert_eq!(seen.len(), 7);
}

#[test]
fn a_project_in_one_file_is_read() {
    for (source, debug) in [
        (
            "import sys\nfrom django.conf import settings\nOPTIONS = {'STATIC_URL': '/s/'}\n\
             def main():\n    if not settings.configured:\n\
             \x20       settings.configure(DEBUG=True, ROOT_URLCONF=__name__, SECRET_KEY='x',\n\
             \x20           INSTALLED_APPS=['django.contrib.staticfiles'], **OPTIONS)\nmain()\n\
             from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n",
            "one.py:6",
        ),
        (
            "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'one')\nDEBUG = True\n\
             ROOT_URLCONF = 'one'\nSTATIC_URL = '/s/'\nINSTALLED_APPS = ['django.contrib.staticfiles']\n\
             from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n",
            "one.py:3",
        ),
    ] {
        let tree = Tree::new(&[("one.py", source), ("requirements.txt", "django==5\n")]);
        let project = tree.scan();
        let known =
            |value: &crate::model::Setting<String>| value.known().cloned().unwrap_or_default();
        assert_eq!(known(&project.settings), "one");
        assert_eq!(known(&project.wsgi), "one:application");
        assert_eq!(known(&project.static_files.url), "/s/");
        assert_eq!(
            project.installed_apps.known().map(Vec::as_slice),
            Some(&["django.contrib.staticfiles".to_owned()][..])
        );
        let place = project.debug.span().map(ToString::to_string);
        assert_eq!(place.as_deref(), Some(debug));
        assert_eq!(project.settings_reason, "`one.py` holds the whole project");
    }
}
