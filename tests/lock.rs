//! `djwar build --lock`: the versions that a build took, for the builds after it
//! (issue "Any Django project", dependencies).

mod support;

use support::{FixtureCopy, djwar, run};

#[test]
fn a_lock_is_written_used_and_told_when_it_is_old() {
    let fixture = FixtureCopy::of("minimal");
    fixture.write(
        "requirements.txt",
        "Django>=5.2,<5.3\n-e ./libs/near\ngunicorn>=20\n",
    );
    fixture.write(
        "libs/near/setup.py",
        "from setuptools import setup\nsetup(name='near', version='1', py_modules=['near'])\n",
    );
    fixture.write("libs/near/near.py", "HERE = True\n");
    let before = fixture.listing();
    let (assert, _, stderr) = run(djwar().args(["build", "--lock"]).arg(fixture.path()));
    assert.success();
    assert!(
        stderr.contains("Locked 4 packages in `djwar.lock`"),
        "{stderr}"
    );
    assert!(
        stderr.contains("Leaving out `gunicorn` (requirements.txt:3)"),
        "{stderr}"
    );
    let lock = fs_err::read_to_string(fixture.path().join("djwar.lock")).expect("written");
    for line in ["django==5.2.", "./libs/near\n", "sqlparse=="] {
        assert!(lock.contains(line), "no {line} in {lock}");
    }
    assert!(!lock.contains("gunicorn"), "{lock}");
    let new: Vec<String> = fixture
        .listing()
        .into_iter()
        .filter(|path| !before.contains(path) && !path.contains("dist"))
        .collect();
    assert_eq!(new, ["djwar.lock"], "building a package left something");

    // From the lock: what is resolved is in the cache, and nothing is asked.
    let (assert, _, _) = run(djwar().args(["build", "--offline"]).arg(fixture.path()));
    assert.success();
    let (assert, stdout, _) = run(djwar().args(["scan", "--json"]).arg(fixture.path()));
    assert.success();
    let scanned: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(scanned["requirements"], serde_json::json!(["djwar.lock"]));

    fixture.write("requirements.txt", "Django>=5.1,<5.2\n");
    let (_, stdout, _) = run(djwar().arg("check").arg(fixture.path()));
    assert!(stdout.contains("[lock-stale]"), "{stdout}");
}

const DJANGO: &str = "5965d974a5218a2b68a11dd1276434707f23886525c23f0598eccedaf4f4ca00";
const SQLPARSE: &str = "3be5a72d04c873d690d7c6dedd33d6fae2ef82759881ceec02fc2efd0cba564f";

fn with_pipfile_lock(django: &str) -> FixtureCopy {
    let fixture = FixtureCopy::of("minimal");
    fs_err::remove_file(fixture.path().join("requirements.txt")).expect("removed");
    // A lock that no earlier run has in the cache: what is cached is not said again.
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed();
    let fresh = format!("=={}", now.expect("after 1970").as_nanos());
    let lock = serde_json::json!({"default": {
        "django": {"version": "==5.2.19", "hashes": [format!("sha256:{django}")]},
        "sqlparse": {"version": "==0.6.1", "hashes": [format!("sha256:{SQLPARSE}")]},
        "pywin32": {"version": fresh, "hashes": ["sha256:00"], "markers": "sys_platform == 'win32'"},
    }});
    fixture.write("Pipfile.lock", &format!("{lock:#}"));
    fixture
}

#[test]
fn a_package_that_differs_from_the_lock_s_digest_is_refused() {
    let fixture = with_pipfile_lock(&DJANGO.replace('9', "8"));
    let (assert, _, stderr) = run(djwar().arg("build").arg(fixture.path()));
    assert.code(1);
    assert!(
        stderr.contains("differs from the hash in the requirements"),
        "{stderr}"
    );
}

#[test]
fn a_lock_that_lacks_a_package_is_used_with_a_warning() {
    // Without asgiref, which Django needs.
    let fixture = with_pipfile_lock(DJANGO);
    let (assert, _, stderr) = run(djwar().arg("build").arg(fixture.path()));
    assert.success();
    assert!(
        stderr.contains("warning: the lock file does not list all that its packages need"),
        "{stderr}"
    );
}

#[test]
fn a_repository_is_refused_offline_by_name() {
    let fixture = FixtureCopy::of("minimal");
    fixture.write(
        "requirements.txt",
        "Django==5.2.19\nthing @ git+https://token@example.org/thing.git@v1\n",
    );
    let (assert, _, stderr) = run(djwar().args(["build", "--offline"]).arg(fixture.path()));
    assert.code(3);
    assert!(
        stderr.contains("`thing` (requirements.txt:2), which comes from a repository"),
        "{stderr}"
    );
    assert!(!stderr.contains("token"), "{stderr}");
}

#[test]
fn an_extra_of_the_manifest_is_packed_beside_a_requirements_file_and_belongs_to_the_lock() {
    let fixture = FixtureCopy::of("minimal");
    let manifest = |release: &str| {
        format!(
            "[project]\nname = 'notes'\nversion = '1'\ndependencies = ['Django']\n\
             [project.optional-dependencies]\nclasses = ['django-configurations=={release}']\n"
        )
    };
    fixture.write("pyproject.toml", &manifest("2.5.1"));
    fixture.write("djwar.toml", "extras = ['classes']\n");
    let war = fixture.war();
    let file = fs_err::File::open(&war).expect("built");
    let mut war = zip::ZipArchive::new(file).expect("a zip");
    let packed = war.by_name("WEB-INF/python/lib/configurations/__init__.py");
    assert!(packed.is_ok(), "the extra is not in the WAR");

    let (assert, _, _) = run(djwar().args(["build", "--lock"]).arg(fixture.path()));
    assert.success();
    let lock = fs_err::read_to_string(fixture.path().join("djwar.lock")).expect("written");
    assert!(lock.contains("django-configurations==2.5.1"), "{lock}");
    let check = || run(djwar().args(["check", "--no-run"]).arg(fixture.path())).1;
    assert!(!check().contains("lock-stale"), "{}", check());
    fixture.write("pyproject.toml", &manifest("2.5"));
    assert!(check().contains("[lock-stale]"), "{}", check());
}
