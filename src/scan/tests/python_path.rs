//! Code outside of the folder that goes on `sys.path` first.

use super::{MANAGE, SETTINGS, Tree, WSGI};
use crate::model::Project;

fn paths(project: &Project) -> Vec<&str> {
    let paths = project.python_path.iter();
    paths.map(|path| path.as_str()).collect()
}

#[test]
fn a_package_that_holds_manage_py_is_imported_by_its_name_too() {
    let tree = Tree::new(&[
        (
            "pyproject.toml",
            "[project]\nname = 'studio'\ndependencies = ['django==5']\n",
        ),
        ("studio/__init__.py", ""),
        ("studio/manage.py", MANAGE),
        ("studio/site1/__init__.py", ""),
        (
            "studio/site1/settings.py",
            "from studio.site1.defaults import APPS\nINSTALLED_APPS = ['django.contrib.auth'] + APPS\n",
        ),
        (
            "studio/site1/defaults.py",
            "APPS = ['users', 'studio.reports']\n",
        ),
        ("studio/users/__init__.py", ""),
        ("studio/reports/__init__.py", ""),
    ]);
    let project = tree.scan();
    assert_eq!(project.source_root, "studio");
    assert_eq!(paths(&project), [""]);
    assert_eq!(project.project_apps, ["users", "studio.reports"]);
}

#[test]
fn folders_that_scripts_and_settings_put_on_the_path_are_looked_in() {
    for (script, text) in [
        (
            "manage.py",
            "import sys\nfrom pathlib import Path\nsys.path.append(str(Path(__file__).resolve().parent / 'apps'))\n",
        ),
        (
            "site1/wsgi.py",
            "import os, sys # wsgi\nsys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(__file__)), 'apps'))\n",
        ),
        (
            "site1/settings.py",
            "import os, sys\nBASE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))\n\
             sys.path.insert(0, os.path.join(BASE, 'apps'))\nfrom shop_defaults import *\n",
        ),
    ] {
        let tree = Tree::new(&[
            ("requirements.txt", "django==5\n"),
            ("manage.py", MANAGE),
            ("site1/__init__.py", ""),
            ("site1/wsgi.py", WSGI),
            ("site1/settings.py", "INSTALLED_APPS = ['shop']\n"),
            ("apps/shop/__init__.py", ""),
            ("apps/shop_defaults.py", "INSTALLED_APPS = ['shop']\n"),
        ]);
        let old = fs_err::read_to_string(tree.root.join(script)).expect("read");
        tree.write(
            script,
            format!(
                "{text}{}",
                if script == "site1/settings.py" {
                    ""
                } else {
                    &old
                }
            ),
        );
        let project = tree.scan();
        // Settings run in the WAR, and put it there themselves: before or after the packages.
        let put: &[&str] = match script {
            "site1/settings.py" => &[],
            _ => &["apps"],
        };
        assert_eq!(paths(&project), put, "{script}");
        assert_eq!(project.project_apps, ["shop"], "{script}");
    }
}

#[test]
fn what_is_outside_or_not_there_is_put_on_no_path() {
    let tree = Tree::new(&[
        ("requirements.txt", "django==5\n"),
        (
            "manage.py",
            "import sys\nfrom pathlib import Path\nHERE = Path(__file__).parent\n\
             sys.path.append(str(HERE.parent / 'other'))\nsys.path.append('/opt/libs')\n\
             sys.path.append(str(HERE / 'gone'))\nsys.path.append(str(HERE))\nsys.path.append('.')\n",
        ),
        ("site1/__init__.py", ""),
        ("site1/settings.py", SETTINGS),
    ]);
    assert!(paths(&tree.scan()).is_empty());
}

#[test]
fn apps_beside_manage_py_are_found_when_the_settings_lie_in_src() {
    let tree = Tree::new(&[
        ("requirements.txt", "django==5\n"),
        ("manage.py", MANAGE),
        ("shop/__init__.py", ""),
        ("src/site1/__init__.py", ""),
        ("src/site1/settings.py", "INSTALLED_APPS = ['shop']\n"),
    ]);
    let project = tree.scan();
    assert_eq!(project.source_root, "src");
    assert_eq!(paths(&project), [""]);
}

#[test]
fn an_app_above_an_example_that_nothing_installs_goes_on_the_path() {
    let tree = Tree::new(&[
        ("requirements.txt", "django==5\n"),
        ("src/app/__init__.py", ""),
        ("example/manage.py", MANAGE),
        ("example/site1/__init__.py", ""),
        ("example/site1/settings.py", "INSTALLED_APPS = ['app']\n"),
    ]);
    let project = tree.scan();
    assert_eq!(project.source_root, "example");
    assert_eq!(paths(&project), ["src"]);
    assert_eq!(project.project_apps, ["app"]);
}
