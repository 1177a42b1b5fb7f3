//! Extras and groups of the project's own manifests.

use super::super::ScanOptions;
use super::dependencies::{listed, tree};
use crate::error::Failure;

const PYPROJECT: (&str, &str) = (
    "pyproject.toml",
    "[project]\nname = 'site'\ndependencies = ['django']\n\
     [project.optional-dependencies]\npg = ['psycopg[binary]>=3']\nall = ['Site[pg]', 'redis']\n\
     [dependency-groups]\nproduction = [{include-group = 'Logs'}, 'uvloop']\nlogs = ['structlog']\n",
);
const POETRY: (&str, &str) = (
    "pyproject.toml",
    "[tool.poetry.dependencies]\ndjango = '^5.2'\n\
     psycopg = {version = '^3', optional = true}\n\
     [tool.poetry.extras]\npg = ['psycopg']\n\
     [tool.poetry.group.production.dependencies]\nuvloop = '*'\n",
);
const UV_LOCK: &str = "[[package]]\nname = 'site'\nsource = { virtual = '.' }\n\
     dependencies = [{ name = 'django' }]\n\
     [package.optional-dependencies]\npg = [{ name = 'psycopg', extra = ['binary'] }]\n\
     [package.dev-dependencies]\nproduction = [{ name = 'uvloop' }]\n\
     [[package]]\nname = 'django'\nversion = '5.2'\n\
     [[package]]\nname = 'psycopg'\nversion = '3.2'\n\
     [package.optional-dependencies]\nbinary = [{ name = 'psycopg-binary' }]\n\
     [[package]]\nname = 'psycopg-binary'\nversion = '3.2'\n\
     [[package]]\nname = 'uvloop'\nversion = '0.21'\n";
const POETRY_LOCK: &str = "[[package]]\nname = 'django'\nversion = '5.2'\ngroups = ['main']\n\
     [package.dependencies]\nsqlparse = '*'\n\
     [[package]]\nname = 'sqlparse'\nversion = '0.5'\ngroups = ['main']\n\
     [[package]]\nname = 'psycopg'\nversion = '3.2'\noptional = true\ngroups = ['main']\n\
     markers = 'extra == \"pg\"'\n\
     [[package]]\nname = 'uvloop'\nversion = '0.21'\ngroups = ['production']\n\
     markers = \"sys_platform != 'win32'\"\n";
const PYLOCK: &str = "extras = ['pg']\ndependency-groups = ['production']\n\
     [[packages]]\nname = 'django'\nversion = '5.2'\n\
     [[packages]]\nname = 'psycopg'\nversion = '3.2'\n\
     marker = \"'pg' in extras and os_name == 'posix'\"\n\
     [[packages]]\nname = 'uvloop'\nversion = '0.21'\nmarker = \"'production' in dependency_groups\"\n";
const SETUP_CFG: &str = "[options]\ninstall_requires =\n  django\n\
     [options.extras_require]\npg =\n  psycopg[binary]>=3\n";
const SETUP_PY: &str = "from setuptools import setup\n\
     setup(install_requires=['django'], extras_require={'pg': ['psycopg>=3']})\n";

const PKG_INFO: &str = "Name: site\nRequires-Dist: Django\nProvides-Extra: pg\n\
     Requires-Dist: psycopg; os_name == 'posix' and extra == \"pg\"\n\
     Requires-Dist: pytest; extra == \"test\"\n";

/// Files, wanted extras, dependencies.
type Case = (
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
    &'static [&'static str],
);

const CASES: &[Case] = &[
    (&[PYPROJECT], &[], &["django"]),
    (&[PYPROJECT], &["PG"], &["django", "psycopg[binary]>=3"]),
    (
        &[PYPROJECT],
        &["all"],
        &["django", "redis", "psycopg[binary]>=3"],
    ),
    (
        &[PYPROJECT],
        &["production"],
        &["django", "uvloop", "structlog"],
    ),
    (
        &[PYPROJECT, ("requirements.txt", "django==5.2\nuvloop==1\n")],
        &["pg", "production"],
        &[
            "django==5.2",
            "uvloop==1",
            "psycopg[binary]>=3",
            "structlog",
        ],
    ),
    (&[PYPROJECT, ("uv.lock", UV_LOCK)], &[], &["django==5.2"]),
    (
        &[PYPROJECT, ("uv.lock", UV_LOCK)],
        &["pg"],
        &["django==5.2", "psycopg==3.2", "psycopg-binary==3.2"],
    ),
    (
        &[PYPROJECT, ("uv.lock", UV_LOCK)],
        &["production"],
        &["django==5.2", "uvloop==0.21", "structlog"],
    ),
    (&[PYPROJECT, ("pylock.toml", PYLOCK)], &[], &["django==5.2"]),
    (
        &[PYPROJECT, ("pylock.toml", PYLOCK)],
        &["pg"],
        &[
            "django==5.2",
            "psycopg==3.2 ; python_version >= '0' and os_name == 'posix'",
        ],
    ),
    (&[POETRY], &[], &["django>=5.2,<6"]),
    (
        &[POETRY],
        &["pg", "production"],
        &["django>=5.2,<6", "psycopg>=3,<4", "uvloop"],
    ),
    (
        &[POETRY, ("poetry.lock", POETRY_LOCK)],
        &[],
        &["django==5.2", "sqlparse==0.5"],
    ),
    (
        &[POETRY, ("poetry.lock", POETRY_LOCK)],
        &["pg", "production"],
        &[
            "django==5.2",
            "sqlparse==0.5",
            "psycopg==3.2",
            "uvloop==0.21 ; sys_platform != 'win32'",
        ],
    ),
    (
        &[("setup.cfg", SETUP_CFG)],
        &["pg"],
        &["django", "psycopg[binary]>=3"],
    ),
    (
        &[("setup.py", SETUP_PY)],
        &["pg"],
        &["django", "psycopg>=3"],
    ),
    (
        &[("PKG-INFO", PKG_INFO)],
        &["pg"],
        &["django", "psycopg ; os_name == 'posix'"],
    ),
];

#[test]
fn extras_and_groups_are_packed_when_the_configuration_names_them() {
    for (files, extras, expected) in CASES {
        let tree = tree(files);
        let options = ScanOptions {
            extras: extras.iter().map(|&extra| extra.to_owned()).collect(),
            ..ScanOptions::default()
        };
        let project = tree.try_scan(&options).expect("scans");
        assert_eq!(listed(&project), *expected, "{files:?} {extras:?}");
    }
}

#[test]
fn a_lock_of_djwar_s_is_for_its_extras_and_one_that_is_not_there_is_said() {
    let tree = tree(&[PYPROJECT]);
    let digest = tree.scan().requirements_digest;
    let with = |extra: &str| {
        let extras = vec![extra.to_owned()];
        tree.try_scan(&ScanOptions {
            extras,
            ..ScanOptions::default()
        })
    };
    assert_ne!(with("pg").expect("scans").requirements_digest, digest);
    let failure = Failure::from(with("mysql").expect_err("none of that name"));
    assert_eq!(
        failure.message,
        "`extras` of the configuration: there is no extra and no group `mysql`"
    );
    let hint = failure.hint.expect("a hint");
    assert_eq!(hint, "known are `all`, `logs`, `pg`, `production`");
}
