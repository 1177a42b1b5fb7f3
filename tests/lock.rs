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
