//! Where projects write down what they need.

use super::{MANAGE, SETTINGS, Tree};
use crate::model::Project;
use crate::scan::ScanOptions;

pub(super) fn tree(files: &[(&str, &str)]) -> Tree {
    let tree = Tree::new(&[
        ("manage.py", MANAGE),
        ("site1/__init__.py", ""),
        ("site1/settings.py", SETTINGS),
    ]);
    for (path, text) in files {
        tree.write(path, text);
    }
    tree
}

/// `name[extras]specifier ; marker`, one a dependency.
pub(super) fn listed(project: &Project) -> Vec<String> {
    let texts = project.dependencies.iter().map(|one| {
        let extras = match one.extras.join(",") {
            none if none.is_empty() => none,
            extras => format!("[{extras}]"),
        };
        let marker = one.marker.as_ref();
        let marker = marker.map_or(String::new(), |marker| format!(" ; {marker}"));
        format!("{}{extras}{}{marker}", one.name, one.specifier)
    });
    texts.collect()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn every_source_tells_what_is_deployed() {
    for (files, sources, expected) in [
        (
            &[(
                "pylock.toml",
                "lock-version = '1.0'\ndefault-groups = ['default']\n\
               [[packages]]\nname = 'django'\nversion = '5.2'\n\
               [[packages]]\nname = 'pytest'\nversion = '8'\nmarker = \"'dev' in dependency_groups\"\n\
               [[packages]]\nname = 'gis'\nversion = '1'\nmarker = \"'gis' in extras and os_name == 'nt'\"\n\
               [[packages]]\nname = 'tzdata'\nversion = '1'\nmarker = \"'default' in dependency_groups or 'dev' in dependency_groups\"\n\
               [[packages]]\nname = 'thing'\nvcs = { type = 'git', url = 'https://example.org/t', commit-id = 'abc' }\n\
               [[packages]]\nname = 'near'\ndirectory = { path = 'libs/near' }\n\
               [[packages]]\nname = 'site'\ndirectory = { path = '.' }\n",
            )][..],
            &["pylock.toml"][..],
            &[
                "django==5.2",
                "tzdata==1",
                "thing@ git+https://example.org/t@abc",
                "near@ ./libs/near",
            ][..],
        ),
        (
            &[(
                "uv.lock",
                "[[package]]\nname = 'site'\nsource = { virtual = '.' }\n\
               dependencies = [{ name = 'django' }, { name = 'near' }, { name = 'far' }]\n\
               [[package]]\nname = 'django'\nversion = '5.2'\nsource = { registry = 'x' }\n\
               [[package]]\nname = 'near'\nversion = '1'\nsource = { editable = 'libs/near' }\n\
               dependencies = [{ name = 'six' }]\n\
               [[package]]\nname = 'six'\nversion = '1.17'\n\
               [[package]]\nname = 'far'\nversion = '2'\nsource = { git = 'https://example.org/f?rev=main#0a1b' }\n",
            )],
            &["uv.lock"],
            &[
                "django==5.2",
                "near@ ./libs/near",
                "six==1.17",
                "far@ git+https://example.org/f@0a1b",
            ],
        ),
        (
            &[(
                "poetry.lock",
                "[[package]]\nname = 'Django'\nversion = '5.2'\ngroups = ['main']\n\
               [[package]]\nname = 'far'\nversion = '1'\n\
               [package.source]\ntype = 'git'\nurl = 'https://example.org/f.git'\nreference = 'main'\nresolved_reference = '0a1b'\n\
               [[package]]\nname = 'mirror'\nversion = '1'\n\
               [package.source]\ntype = 'legacy'\nurl = 'https://example.org/simple'\nreference = 'own'\n\
               [[package]]\nname = 'tzdata'\nversion = '1'\n\
               [package.markers]\nmain = \"os_name == 'nt'\"\ndev = \"os_name == 'posix'\"\n",
            )],
            &["poetry.lock"],
            &[
                "django==5.2",
                "far@ git+https://example.org/f.git@0a1b",
                "mirror==1",
                "tzdata==1 ; os_name == 'nt'",
            ],
        ),
        (
            &[(
                "Pipfile.lock",
                r#"{"default": {"django": {"version": "==5.2", "extras": ["bcrypt"]},
                "far": {"git": "https://example.org/f.git", "ref": "0a1b"},
                "near": {"path": "./libs/near", "editable": true},
                "site": {"path": ".", "editable": true}}}"#,
            )],
            &["Pipfile.lock"],
            &[
                "django[bcrypt]==5.2",
                "far@ git+https://example.org/f.git@0a1b",
                "near@ ./libs/near",
            ],
        ),
        (
            &[(
                "Pipfile",
                "[packages]\ndjango = '*'\nfar = {git = 'https://example.org/f.git', ref = 'main'}\n\
               [dev-packages]\npytest = '*'\n",
            )],
            &["Pipfile"],
            &["django", "far@ git+https://example.org/f.git@main"],
        ),
        (
            &[(
                "pyproject.toml",
                "[tool.poetry.dependencies]\npython = '^3.12'\nDjango = '^5.2'\n\
               far = {git = 'https://example.org/f.git', tag = 'v1'}\nnear = {path = 'libs/near', develop = true}\n\
               old = [{version = '1.*', python = '<3.13'}, {version = '^2', python = '>=3.13'}]\n\
               [tool.poetry.group.dev.dependencies]\npytest = '*'\n",
            )],
            &["pyproject.toml"],
            &[
                "django>=5.2,<6",
                "far@ git+https://example.org/f.git@v1",
                "near@ ./libs/near",
                "old==1.* ; python_version < '3.13'",
                "old>=2,<3 ; python_version >= '3.13'",
            ],
        ),
        (
            &[
                (
                    "pyproject.toml",
                    "[project]\nname = 'site'\ndependencies = ['django>=5', 'near', 'member']\n\
               [project.optional-dependencies]\ndev = ['pytest']\n\
               [tool.uv.sources]\nnear = { path = 'libs/near' }\nmember = { workspace = true }\n\
               [tool.uv.workspace]\nmembers = ['packages/*']\n",
                ),
                ("packages/m/pyproject.toml", "[project]\nname = 'member'\n"),
            ],
            &["pyproject.toml"],
            &["django>=5", "near@ ./libs/near", "member@ ./packages/m"],
        ),
        (
            &[
                (
                    "pyproject.toml",
                    "[project]\nname = 'site'\ndynamic = ['dependencies']\n\
               [tool.setuptools.dynamic]\ndependencies = { file = ['needs/run.in'] }\n",
                ),
                ("needs/run.in", "django==5.2\n"),
            ],
            &["pyproject.toml", "needs/run.in"],
            &["django==5.2"],
        ),
        (
            &[(
                "setup.cfg",
                "[options]\ninstall_requires =\n    Django>=4.2\n    # no\n    six; python_version < '3'\n",
            )],
            &["setup.cfg"],
            &["django>=4.2", "six ; python_version < '3'"],
        ),
        (
            &[(
                "setup.py",
                "from setuptools import setup, find_packages\nREQUIRED = ['six']\n\
               if __name__ == '__main__':\n    setup(name='shop', packages=find_packages(),\n\
               \x20         python_requires='>=3.9', install_requires=['Django>=4.2'] + REQUIRED,\n\
               \x20         extras_require={'dev': ['pytest']})\n",
            )],
            &["setup.py"],
            &["django>=4.2", "six"],
        ),
        (
            &[
                (
                    "requirements.txt",
                    "-r requirements/base.txt\n-c https://example.org/c.txt\n-c limits.txt\n\
               -e ./libs/near\nvendor/far-1.0-py3-none-any.whl\n\
               git+https://example.org/f.git@v1#egg=repo ; python_version >= '3'\n",
                ),
                (
                    "requirements/base.txt",
                    "django[argon2]==5.2 --hash=sha256:00\n-r ../requirements.txt\n",
                ),
                ("limits.txt", "six<2\n"),
                ("requirements-dev.txt", "pytest\n"),
                (
                    "libs/near/setup.py",
                    "from setuptools import setup\nsetup(name='nearby', install_requires=['six'])\n",
                ),
                ("vendor/far-1.0-py3-none-any.whl", ""),
            ],
            &["requirements.txt", "requirements/base.txt"],
            &[
                "django[argon2]==5.2",
                "far@ ./vendor/far-1.0-py3-none-any.whl",
                "repo@ git+https://example.org/f.git@v1#egg=repo ; python_version >= '3'",
                "nearby@ ./libs/near",
                "six",
            ],
        ),
    ] {
        let project = tree(files).scan();
        assert_eq!(project.requirements, sources, "{files:?}");
        assert_eq!(listed(&project), expected, "{files:?}");
    }
}

#[test]
fn locks_tell_hashes_and_which_packages_hold_code() {
    let project = tree(&[(
        "uv.lock",
        "[[package]]\nname = 'django'\nversion = '5.2'\n\
         sdist = { url = 'https://example.org/django-5.2.tar.gz', hash = 'sha256:aa' }\n\
         wheels = [{ url = 'https://example.org/django-5.2-py3-none-any.whl', hash = 'sha256:bb' }]\n\
         [[package]]\nname = 'fast'\nversion = '1'\n\
         wheels = [{ url = 'https://example.org/fast-1-cp313-cp313-win32.whl', hash = 'sha256:cc' }]\n",
    )])
    .scan();
    let django = &project.dependencies[0];
    assert_eq!(django.hashes, ["sha256:bb", "sha256:aa"]);
    assert_eq!(
        django.files,
        ["django-5.2-py3-none-any.whl", "django-5.2.tar.gz"]
    );
    assert_eq!(project.native, ["fast"]);
}

#[test]
fn what_is_not_pinned_is_told_until_a_lock_is_there() {
    let codes = |tree: &Tree| -> Vec<(&str, String)> {
        let problems = tree.scan().problems;
        let told = problems
            .into_iter()
            .filter(|one| matches!(one.code, "unpinned" | "lock-stale"));
        told.map(|one| (one.code, one.message)).collect()
    };
    let tree = tree(&[(
        "requirements.txt",
        "Django>=5\na==1\nb\nc\nd\ne @ git+https://example.org/e\n",
    )]);
    let message = "no exact version is set for `django`, `b`, `c` and 1 more: two builds may pack \
                   different ones";
    assert_eq!(codes(&tree), [("unpinned", message.to_owned())]);
    let digest = tree.scan().requirements_digest;
    tree.write(
        "djwar.lock",
        format!("# requirements {digest}\ndjango==5.2\nsqlparse==0.5\n"),
    );
    assert_eq!(codes(&tree), []);
    let project = tree.scan();
    assert_eq!(project.requirements, ["djwar.lock"]);
    assert_eq!(listed(&project), ["django==5.2", "sqlparse==0.5"]);
    tree.write("requirements.txt", "Django>=5.1\n");
    let message =
        "`djwar.lock` was written for other requirements than those of `requirements.txt`";
    assert_eq!(codes(&tree), [("lock-stale", message.to_owned())]);
    let options = ScanOptions {
        without_lock: true,
        ..ScanOptions::default()
    };
    let project = tree.try_scan(&options).expect("scans");
    assert_eq!(project.requirements, ["requirements.txt"]);
}

#[test]
fn the_configuration_s_files_replace_the_others() {
    let tree = tree(&[
        ("requirements.txt", "django==4\n"),
        ("deploy/needs.pip", "django==5\n"),
        ("poetry.lock", "[[package]]\nname = 'six'\nversion = '1'\n"),
    ]);
    let scanned = |files: &[&str]| {
        let options = ScanOptions {
            requirements: Some(files.iter().map(|&file| file.to_owned()).collect()),
            ..ScanOptions::default()
        };
        tree.try_scan(&options)
    };
    let project = scanned(&["deploy/needs.pip", "poetry.lock"]).expect("scans");
    assert_eq!(listed(&project), ["django==5", "six==1"]);
    let error = scanned(&["deploy/nothing.txt"]).expect_err("no such file");
    assert_eq!(
        error.to_string(),
        "`requirements` of the configuration: the requirements file `deploy/nothing.txt` does not \
         exist"
    );
}

#[test]
fn paths_that_are_not_there_or_lead_out_are_errors_with_their_line() {
    for (line, code) in [
        ("-e ./nowhere", "requirement-path"),
        ("./nowhere/thing-1.0.whl", "requirement-path"),
        ("-e ../outside", "requirement-outside"),
        ("-r ../outside.txt", "requirement-outside"),
        ("-r https://example.org/r.txt", "requirement-remote"),
    ] {
        let project = tree(&[("requirements.txt", &format!("django==5\n{line}\n"))]).scan();
        let found: Vec<(&str, String)> = project
            .problems
            .iter()
            .filter(|one| one.code.starts_with("requirement"))
            .map(|one| (one.code, one.origin.as_ref().expect("a place").to_string()))
            .collect();
        assert_eq!(found, [(code, "requirements.txt:2".to_owned())], "{line}");
    }
}

#[test]
fn servers_are_named_and_kept_where_something_imports_them() {
    let tree = tree(&[
        (
            "requirements.txt",
            "django==5\ngunicorn==22\nuWSGI==2\nwaitress==3\ndaphne==4\n",
        ),
        ("gunicorn.conf.py", "import gunicorn\n"),
        ("shop/serve.py", "import os\nfrom waitress import serve\n"),
        ("shop/tasks.py", "import uwsgi\n"),
    ]);
    tree.write("site1/settings.py", "INSTALLED_APPS = ['daphne', 'shop']\n");
    let project = tree.scan();
    let servers: Vec<(&str, u32, Option<&str>)> = project
        .servers
        .iter()
        .map(|one| (one.name.as_str(), one.origin.line, one.kept.as_deref()))
        .collect();
    assert_eq!(
        servers,
        [
            ("gunicorn", 2, None),
            ("uwsgi", 3, None),
            ("waitress", 4, Some("imported by shop/serve.py:2")),
            ("daphne", 5, Some("`daphne` is an installed app")),
        ]
    );
}

#[test]
fn an_archive_of_packages_tells_by_its_metadata() {
    const TEXT: &str = "Metadata-Version: 2.4\nName: site\nRequires-Python: >=3.12\n\
         Requires-Dist: Django[argon2]~=5.2.2\nRequires-Dist: redis (>=5)\n\
         Requires-Dist: pywin32; os_name == \"nt\"\nRequires-Dist: pytest; extra == \"dev\"\n\
         Requires-Dist: psycopg; (os_name == 'posix') and extra == 'pg'\n\n\
         Requires-Dist: nonsense of the description\n";
    for path in ["site-1.0.dist-info/METADATA", "PKG-INFO"] {
        let tree = tree(&[(path, TEXT)]);
        let project = tree.scan();
        assert_eq!(project.requirements, [path]);
        assert_eq!(
            listed(&project),
            [
                "django[argon2]~=5.2.2",
                "redis>=5",
                "pywin32 ; os_name == \"nt\""
            ]
        );
        assert_eq!(
            project.dependencies[0].origin.to_string(),
            format!("{path}:4")
        );
        let wish = project.python.map(|python| python.specifier);
        assert_eq!(wish.as_deref(), Some(">=3.12"));
        // What somebody wrote for deploying comes before it.
        tree.write("requirements.txt", "Django==5.2\n");
        assert_eq!(tree.scan().requirements, ["requirements.txt"]);
    }
    let installed = tree(&[
        ("a-1.dist-info/METADATA", TEXT),
        ("b-1.dist-info/METADATA", TEXT),
    ]);
    assert!(installed.scan().requirements.is_empty());
}
