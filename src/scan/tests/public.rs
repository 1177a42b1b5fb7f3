//! Traps that public projects showed (tests/projects.toml), in a few lines each.

use super::{MANAGE, SETTINGS, Tree, WSGI, ordinary};
use crate::model::Engine;

#[test]
fn settings_of_the_tests_are_no_substitute_for_missing_ones() {
    let tree = Tree::new(&[
        ("manage.py", MANAGE),
        (
            "pytest.ini",
            "[pytest]\nDJANGO_SETTINGS_MODULE = site1.settings_test\n",
        ),
        ("site1/__init__.py", ""),
        ("site1/settings_test.py", SETTINGS),
        ("site1/settings_example.py", SETTINGS),
        ("requirements.txt", "Django==5.2\n"),
    ]);
    let error = tree.error();
    assert!(
        error.contains("no file for the settings module `site1.settings` (from manage.py:4)"),
        "{error}"
    );
    assert!(error.contains("site1.settings_example"), "{error}");
}

#[test]
fn among_unnamed_settings_the_whole_ones_are_taken() {
    let tree = Tree::new(&[
        ("site1/__init__.py", ""),
        ("site1/settings/__init__.py", ""),
        ("site1/settings/base.py", SETTINGS),
        (
            "site1/settings/mail.py",
            "# INSTALLED_APPS.remove('gravatar')\nMAIL_HOST = 'localhost'\n",
        ),
        ("requirements.txt", "Django==5.2\n"),
    ]);
    let project = tree.scan();
    assert_eq!(
        project.settings.known().map(String::as_str),
        Some("site1.settings.base")
    );
}

#[test]
fn a_manage_script_that_calls_the_projects_own_main_is_one() {
    let tree = Tree::new(&[
        ("manage.py", "from site1.__main__ import main\nmain()\n"),
        ("site1/__init__.py", ""),
        ("site1/settings.py", SETTINGS),
        ("site1/wsgi.py", WSGI),
        ("requirements.txt", "Django==5.2\n"),
    ]);
    assert_eq!(tree.scan().manage_py.expect("found"), "manage.py");
}

#[test]
fn a_setup_script_for_python_2_alone_chooses_jython() {
    for (classifiers, engine) in [
        ("'Programming Language :: Python :: 2.7'", Engine::Jython),
        (
            "'Programming Language :: Python', 'Programming Language :: Python :: 2 :: Only'",
            Engine::Jython,
        ),
        (
            "'Programming Language :: Python :: 2.7', 'Programming Language :: Python :: 3.4'",
            Engine::Cpython,
        ),
        ("'Framework :: Django'", Engine::Cpython),
    ] {
        let tree = Tree::new(&[
            ("manage.py", MANAGE),
            ("site1/__init__.py", ""),
            ("site1/settings.py", SETTINGS),
        ]);
        let script = format!(
            "import os\nfrom setuptools import setup\nsetup(name='site1', classifiers=[{classifiers}],\n\
             install_requires=['django=={{}}'.format(os.environ.get('DJANGO', '1.4.17'))])\n"
        );
        tree.write("setup.py", &script);
        assert_eq!(tree.scan().engine, engine, "{classifiers}");
    }
}

#[test]
fn what_works_on_one_machine_only_is_told_with_its_line() {
    for (line, code) in [
        ("MEDIA_ROOT = '/home/anna/shop/media'", "developer-path"),
        (
            "LOGGING = {'handlers': {'file': {'filename': 'C:\\\\Users\\\\anna\\\\x.log'}}}",
            "developer-path",
        ),
        ("KEYS = ['/Users/anna/key']", "developer-path"),
        ("INSTALLED_APPS = ['channels', 'chat']", "websockets"),
        ("MEDIA_ROOT = '/srv/media'", ""),
        ("PATTERN = 'ab:/c'\nlower = '/home/anna'", ""),
    ] {
        let tree = Tree::new(&[
            ("manage.py", MANAGE),
            ("site1/__init__.py", ""),
            ("site1/settings.py", &format!("\n{line}\n")),
            ("requirements.txt", "Django==5.2\n"),
        ]);
        let problems = tree.scan().problems;
        let found: Vec<_> = problems
            .iter()
            .filter(|problem| ["developer-path", "websockets"].contains(&problem.code))
            .map(|problem| (problem.code, problem.origin.as_ref().map(|span| span.line)))
            .collect();
        let expected: Vec<_> = (!code.is_empty())
            .then_some((code, Some(2)))
            .into_iter()
            .collect();
        assert_eq!(found, expected, "{line}");
    }
}

#[test]
fn uploads_that_only_the_development_server_hands_out_are_told() {
    const CALL: &str =
        "urlpatterns += static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT)\n";
    for (urls, line) in [
        (
            format!("from django.conf.urls.static import static\n{CALL}"),
            Some("site1/urls.py:2"),
        ),
        (format!("# {CALL}"), None),
        (
            "urlpatterns = [path('media/<path>', serve)]\n".to_owned(),
            None,
        ),
    ] {
        let tree = ordinary();
        tree.write("site1/urls.py", &urls);
        let problems = tree.scan().problems;
        let told = problems.iter().find(|one| one.code == "uploads-not-served");
        let place = told
            .and_then(|one| one.origin.as_ref())
            .map(ToString::to_string);
        assert_eq!(place.as_deref(), line, "{urls}");
    }
}
