//! What settings are worth, one idiom a line.

use serde_json::{Value, json};

use super::{MANAGE, Tree, WSGI};

const FRAME: &[(&str, &str)] = &[
    ("manage.py", MANAGE),
    ("site1/__init__.py", ""),
    ("site1/wsgi.py", WSGI),
    ("requirements.txt", "Django==5.2\n"),
];

/// The scan's JSON for a project with these settings.
fn scanned(settings: &str, more: &[(&str, &str)]) -> Value {
    let tree = Tree::new(FRAME);
    tree.write("site1/settings.py", settings);
    for (path, text) in more {
        tree.write(path, text);
    }
    serde_json::to_value(tree.scan()).expect("serializes")
}

#[test]
fn paths_are_read_in_all_their_idioms() {
    for expression in [
        "Path(__file__).resolve().parent.parent / 'media'",
        "Path(__file__).resolve().parents[1].joinpath('media')",
        "Path(__file__).parent.parent.resolve() / 'x' / '..' / 'media'",
        "os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'media')",
        "os.path.join(os.path.dirname(__file__), '..', 'media')",
        "os.path.abspath(os.path.join(os.path.dirname(__file__), os.pardir, 'media'))",
        "dirname(dirname(__file__)) + '/media'",
        "f'{Path(__file__).parent.parent}/media/'",
        "'%s/media' % Path(__file__).parent.parent",
        "'{}/media'.format(Path(__file__).parent.parent)",
        "str(Path(__file__).parent.parent / 'media')",
        "(lambda part: os.path.join(os.path.dirname(__file__), '..', part))('media')",
        "(environ.Path(__file__) - 2)('media')",
        "str((environ.Path(__file__) - 2).path('media'))",
        "unipath.Path(__file__).ancestor(2).child('media')",
        "root('media')",
        "HERE / 'media' if True else None",
        "os.path.join(str(HERE), '/media/'.strip('/'))",
    ] {
        let source = format!(
            "import os, environ, unipath\nfrom os.path import dirname\nfrom pathlib import Path\n\
             HERE = Path(__file__).parents[1]\n\
             root = lambda *x: x\n\
             def root(*parts):\n    return os.path.join(str(HERE), *parts)\n\
             MEDIA_ROOT = {expression}\n"
        );
        let project = scanned(&source, &[]);
        let root = project["media"]["root"].as_str().unwrap_or_default();
        assert_eq!(root.trim_end_matches('/'), "media", "{expression}");
        assert_eq!(project["data"][0]["path"], "media/", "{expression}");
    }
}

#[test]
fn what_depends_on_the_environment_is_dynamic_and_its_variable_is_told() {
    for (expression, name, required, default) in [
        ("os.environ['A']", "A", true, Value::Null),
        ("os.environ.get('A')", "A", false, Value::Null),
        ("os.environ.get('A', 'x')", "A", false, json!("x")),
        ("os.getenv('A', 'x')", "A", false, json!("x")),
        ("getenv('A', default='x')", "A", false, json!("x")),
        ("env('A')", "A", true, Value::Null),
        ("env('A', default='x')", "A", false, json!("x")),
        ("env.str('A', 'x')", "A", false, json!("x")),
        ("open(os.environ['A']).read()", "A", true, Value::Null),
        ("env('SCHEMED')", "SCHEMED", false, json!("False")),
        ("config('A')", "A", true, Value::Null),
        ("config('A', default='x', cast=str)", "A", false, json!("x")),
        ("helper('A')", "A", true, Value::Null),
        ("optional('A', 'x')", "A", false, json!("x")),
        (
            "dj_database_url.config(default='x')",
            "DATABASE_URL",
            false,
            json!("x"),
        ),
        ("env.db()", "DATABASE_URL", true, Value::Null),
        ("env.db_url(var='A', default='x')", "A", false, json!("x")),
        (
            "os.environ['A'] if 'A' in os.environ else 1",
            "A",
            false,
            Value::Null,
        ),
        (
            "[x for x in os.environ['A'].split()]",
            "A",
            true,
            Value::Null,
        ),
    ] {
        let source = format!(
            "import os, environ, dj_database_url\nfrom os import getenv\nfrom decouple import config\n\
             env = environ.Env(SCHEMED=(bool, False))\nenv.read_env()\n\
             def helper(name):\n    try:\n        return os.environ[name]\n\
             \x20   except KeyError:\n        raise Exception(name)\n\
             def optional(name, default=None):\n    return os.environ.get(name, default)\n\
             ROOT_URLCONF = {expression}\n"
        );
        let project = scanned(&source, &[]);
        let line = source.lines().count();
        assert_eq!(
            project["root_urlconf"],
            json!({"dynamic": format!("site1/settings.py:{line}")}),
            "{expression}"
        );
        assert_eq!(
            project["env"],
            json!([{
                "name": name, "required": required, "default": default,
                "origin": format!("site1/settings.py:{line}"),
            }]),
            "{expression}"
        );
    }
}

#[test]
fn lists_are_followed_through_their_changes() {
    for (statements, expected) in [
        ("A = ['a', 'b']", json!(["a", "b"])),
        ("A = ('a',) + ('b',)", json!(["a", "b"])),
        ("A = ['a']\nA += ['b']", json!(["a", "b"])),
        ("A = ['b']\nA.insert(0, 'a')", json!(["a", "b"])),
        (
            "A = ['a']\nA.append('b')\nA.extend(['c'])",
            json!(["a", "b", "c"]),
        ),
        ("A = ['a', 'b']\nA.remove('a')", json!(["b"])),
        ("X = ['a']\nA = [*X, 'b']", json!(["a", "b"])),
        ("A = ['a']\nif False:\n    A += ['b']", json!(["a"])),
        (
            "DEBUG = True\nA = ['a']\nif DEBUG:\n    A += ['b']",
            json!(["a", "b"]),
        ),
        (
            "A = ['a']\nif 'test' in sys.argv:\n    A += ['b']",
            json!(["a"]),
        ),
        (
            "A = ['a']\nif unknown():\n    A += ['b']",
            json!({"dynamic": "site1/settings.py:4"}),
        ),
        (
            "A = ['a']\nfor x in y:\n    A += [x]",
            json!({"dynamic": "site1/settings.py:4"}),
        ),
        (
            "A = ['a']\nmatch unknown():\n    case 'x':\n        A = ['b']\n    case _:\n        pass",
            json!({"dynamic": "site1/settings.py:4"}),
        ),
        ("A = unknown()", json!({"dynamic": "site1/settings.py:2"})),
        (
            "A = ['a']\ntry:\n    import x\n    A += ['x']\nexcept ImportError:\n    pass",
            json!(["a", "x"]),
        ),
        ("A = ['a']\nA[0] = 'b'", json!(["b"])),
        ("A: list[str] = ['a']", json!(["a"])),
        ("A = list(('a',))", json!(["a"])),
        ("A = 'a b'.split()", json!(["a", "b"])),
        ("A = None", Value::Null),
    ] {
        let source = format!("import sys\n{statements}\nINSTALLED_APPS = A\n");
        let got = scanned(&source, &[])["installed_apps"].clone();
        // The name's own line is that of the last assignment.
        let got = match got.get("dynamic") {
            Some(_) => json!("dynamic"),
            None => got,
        };
        let expected = match expected.get("dynamic") {
            Some(_) => json!("dynamic"),
            None if expected.is_null() => json!("dynamic"),
            None => expected,
        };
        assert_eq!(got, expected, "{statements}");
    }
}

#[test]
fn split_settings_are_read_through_their_imports() {
    let base = "from pathlib import Path\nBASE_DIR = Path(__file__).parent.parent\n\
                INSTALLED_APPS = ['a']\nMEDIA_ROOT = BASE_DIR / 'media'\n_PRIVATE = 1\n";
    for (settings, expected) in [
        (
            "from .base import *\nINSTALLED_APPS += ['b']\n",
            json!(["a", "b"]),
        ),
        ("from site1.base import *\n", json!(["a"])),
        (
            "from . import base\nINSTALLED_APPS = base.INSTALLED_APPS + ['b']\n",
            json!(["a", "b"]),
        ),
        (
            "import site1.base as b\nINSTALLED_APPS = b.INSTALLED_APPS\n",
            json!(["a"]),
        ),
        (
            "from .base import INSTALLED_APPS as A\nINSTALLED_APPS = ['0'] + A\n",
            json!(["0", "a"]),
        ),
        (
            "from .base import *\ntry:\n    from .local import *\nexcept ImportError:\n    pass\n",
            json!(["a"]),
        ),
        (
            "try:\n    from .local import *\nexcept ImportError:\n    from .base import *\n",
            json!(["a"]),
        ),
        (
            "from split_settings.tools import include, optional\ninclude('base.py', 'l*.txt')\n",
            json!(["a"]),
        ),
        (
            "from split_settings.tools import include, optional\nfiles = ['base.py']\n\
             for name in LOCAL:\n    files.append(optional(name))\ninclude(*files)\n\
             include(optional('more.py'), optional('/etc/site/local.py'))\n",
            json!(["a", "m"]),
        ),
        (
            "from .base import *\nfrom .cycle import *\n",
            json!(["a", "c"]),
        ),
    ] {
        let more = [
            ("site1/base.py", base),
            ("site1/more.py", "INSTALLED_APPS += ['m']\n"),
            (
                "site1/cycle.py",
                "from .settings import *\nINSTALLED_APPS = ['a', 'c']\n",
            ),
        ];
        let project = scanned(settings, &more);
        assert_eq!(project["installed_apps"], expected, "{settings}");
        let problems = project["problems"].as_array().expect("a list");
        let errors = problems.iter().filter(|one| one["severity"] == "error");
        assert_eq!(errors.count(), 0, "{settings}: {problems:?}");
    }
}

#[test]
fn an_import_of_what_is_not_there_is_a_problem_with_its_line() {
    let project = scanned("A = 1\nfrom .secrets import *\n", &[]);
    let problem = &project["problems"][0];
    assert_eq!(problem["code"], "import-not-found");
    assert_eq!(problem["origin"], "site1/settings.py:2");
    assert_eq!(
        problem["message"],
        "the settings import `.secrets`, which the project does not hold"
    );
}

#[test]
fn an_import_whose_failure_is_suppressed_is_no_problem() {
    for with in [
        "suppress(ImportError)",
        "contextlib.suppress(ImportError, OSError)",
    ] {
        let settings = format!(
            "import contextlib\nfrom contextlib import suppress\nA = 1\nwith {with}:\n    from .local import *\nINSTALLED_APPS = ['a']\n"
        );
        let project = scanned(&settings, &[]);
        assert_eq!(project["installed_apps"], json!(["a"]), "{with}");
        let problems = project["problems"].as_array().expect("a list");
        assert!(
            problems.iter().all(|one| one["code"] != "import-not-found"),
            "{problems:?}"
        );
    }
    let project = scanned(
        "from contextlib import suppress\nDEBUG = False\nwith suppress(ImportError):\n    from .local import *\n",
        &[("site1/local.py", "ROOT_URLCONF = 'a.urls'\n")],
    );
    assert_eq!(project["root_urlconf"], "a.urls");
}

#[test]
fn a_helper_written_as_a_lambda_is_followed() {
    let project = scanned(
        "import os\n\
         location = lambda x: os.path.join(os.path.dirname(os.path.realpath(__file__)), x)\n\
         DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3',\n\
         \x20   'NAME': os.environ.get('NAME', location('db.sqlite'))}}\n\
         MEDIA_ROOT = location('public/media')\n",
        &[],
    );
    let data: Vec<&Value> = project["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|data| &data["path"])
        .collect();
    assert_eq!(data, ["site1/db.sqlite", "site1/public/media/"]);
}

#[test]
fn an_import_that_may_not_run_stops_nothing() {
    for (settings, severities) in [
        (
            "if (Path(__file__).parent / 'local.py').exists():\n    from .local import *\n",
            &[][..],
        ),
        (
            "if os.path.isfile(os.path.join(os.path.dirname(__file__), 'local.py')):\n    \
             from .local import *\n",
            &[],
        ),
        (
            "if os.environ.get('EXTRA'):\n    from .extra import *\n",
            &["warning"],
        ),
    ] {
        let source = format!(
            "import os\nfrom pathlib import Path\nSECRET_KEY = os.environ['KEY']\n\
             ALLOWED_HOSTS = ['*']\n\
             INSTALLED_APPS = ['a']\n{settings}"
        );
        let project = scanned(&source, &[]);
        assert_eq!(project["installed_apps"], json!(["a"]), "{settings}");
        let problems = project["problems"].as_array().expect("a list");
        let found: Vec<&Value> = problems.iter().map(|one| &one["severity"]).collect();
        assert_eq!(found, severities, "{settings}: {problems:?}");
    }
}

#[test]
fn settings_without_secret_key_or_hosts_are_told() {
    let codes = |settings: &str| -> Vec<String> {
        let project = scanned(settings, &[]);
        let problems = project["problems"].as_array().expect("a list");
        problems
            .iter()
            .map(|one| one["code"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    let frame = "import os\nINSTALLED_APPS = []\n";
    let key = "SECRET_KEY = os.environ['KEY']\n";
    for (settings, expected) in [
        (frame.to_owned(), &["no-allowed-hosts", "no-secret-key"][..]),
        (format!("{frame}{key}"), &["no-allowed-hosts"]),
        (
            format!("{frame}{key}DEBUG = 'D' in os.environ\nALLOWED_HOSTS = []\n"),
            &["no-allowed-hosts"],
        ),
        (
            format!("{frame}{key}DEBUG = True\nALLOWED_HOSTS = []\n"),
            &["debug-on"],
        ),
        (format!("{frame}{key}ALLOWED_HOSTS = ['*']\n"), &[]),
        (
            format!("{frame}{key}ALLOWED_HOSTS = os.environ.get('HOSTS', '').split(',')\n"),
            &[],
        ),
        ("from unknown import *\n".to_owned(), &["settings-opaque"]),
    ] {
        assert_eq!(codes(&settings), expected, "{settings}");
    }
}

#[test]
fn sqlite_is_told_where_the_bundled_python_has_none() {
    let settings = "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'a'}}";
    for (wish, expected) in [("3.11", 1), ("3.12", 0), ("3.10", 0)] {
        let project = scanned(settings, &[(".python-version", wish)]);
        let problems = project["problems"].as_array().expect("a list");
        let told = problems
            .iter()
            .filter(|one| one["code"] == "python-without-sqlite");
        assert_eq!(told.count(), expected, "{wish}: {problems:?}");
    }
}

#[test]
fn databases_are_read_from_urls_too() {
    for (expression, engine, data) in [
        (
            "{'ENGINE': 'django.db.backends.sqlite3', 'NAME': os.path.join(BASE, 'db.sqlite3')}",
            json!("django.db.backends.sqlite3"),
            json!("db.sqlite3"),
        ),
        (
            "dj_database_url.config(default='sqlite:///' + os.path.join(BASE, 'db.sqlite3'))",
            json!({"dynamic": "site1/settings.py:3"}),
            json!("db.sqlite3"),
        ),
        (
            "env.db('DATABASE_URL', default='sqlite:///db.sqlite3')",
            json!({"dynamic": "site1/settings.py:3"}),
            json!("db.sqlite3"),
        ),
        (
            "env.db('DATABASE_URL', default='postgres:///x')",
            json!({"dynamic": "site1/settings.py:3"}),
            Value::Null,
        ),
        (
            "dj_database_url.parse('sqlite:///db.sqlite3')",
            json!("django.db.backends.sqlite3"),
            json!("db.sqlite3"),
        ),
        (
            "{'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}",
            json!("django.db.backends.sqlite3"),
            Value::Null,
        ),
    ] {
        let source = format!(
            "import os, dj_database_url, environ; env = environ.Env()\n\
             BASE = os.path.dirname(os.path.dirname(__file__))\nDATABASES = {{'default': {expression}}}\n"
        );
        let project = scanned(&source, &[]);
        assert_eq!(
            project["databases"]["default"]["engine"], engine,
            "{expression}"
        );
        let path = project["data"]
            .get(0)
            .map_or(Value::Null, |data| data["path"].clone());
        assert_eq!(path, data, "{expression}");
    }
}

#[test]
fn what_is_opened_may_be_named_by_the_environment() {
    let project = scanned(
        "import os\nwith open(os.environ['KEY_FILE']) as file:\n    SECRET_KEY = file.read()\n",
        &[],
    );
    assert_eq!(project["env"][0]["name"], "KEY_FILE");
    assert_eq!(project["env"][0]["required"], true);
}

#[test]
fn databases_that_are_computed_as_a_whole_are_said_to_be() {
    let computed = scanned("DATABASES = unknown()\n", &[]);
    assert_eq!(
        computed["databases"],
        json!({"dynamic": "site1/settings.py:1"})
    );
    assert_eq!(scanned("A = 1\n", &[])["databases"], Value::Null);
    let one = scanned(
        "DATABASES = {'default': {'ENGINE': 'x'}, 'other': unknown()}\n",
        &[],
    );
    assert_eq!(
        one["databases"],
        json!({
            "default": {"engine": "x", "name": null},
            "other": {
                "engine": {"dynamic": "site1/settings.py:1"},
                "name": {"dynamic": "site1/settings.py:1"},
            },
        })
    );
}

#[test]
fn an_application_s_name_that_was_left_behind_gives_way_to_the_script() {
    let project = scanned("WSGI_APPLICATION = 'site1.old.application'\n", &[]);
    assert_eq!(project["wsgi"], "site1.wsgi:application");
    let project = scanned("WSGI_APPLICATION = 'elsewhere.wsgi.application'\n", &[]);
    assert_eq!(project["wsgi"], "elsewhere.wsgi:application");
}
