//! Projects that are broken, or that change under our hands: an error that names
//! the file, and no WAR (issue "Any Django project", bad input).

#[path = "support/skip.rs"]
mod skip;
mod support;

use support::{FixtureCopy, djwar, run};

/// Settings that do something to a file of the user's project when Django starts
/// for `collectstatic`: after the scan, before the WAR is written.
fn meddling(what: &str) -> FixtureCopy {
    let fixture = FixtureCopy::of("minimal");
    fixture.write("notes/victim.py", "VALUE = 1\n");
    let settings = fixture.path().join("mysite/settings.py");
    let source = fs_err::read_to_string(&settings).expect("settings");
    let source = format!(
        "{source}\nimport os\nif 'VICTIM' in os.environ:\n    victim = os.environ['VICTIM']\n    {what}\n"
    );
    fixture.write("mysite/settings.py", &source);
    fixture
}

#[test]
fn a_file_that_changes_or_vanishes_during_the_build_is_an_error() {
    for what in [
        "open(victim, 'a').write('MORE = 1\\n')",
        "open(victim, 'w').write('VALUE = 2\\n')",
        "os.remove(victim)",
    ] {
        let fixture = meddling(what);
        let victim = fixture.path().join("notes/victim.py");
        let (assert, stdout, stderr) = run(djwar()
            .arg("build")
            .arg(fixture.path())
            .arg("--build-env")
            .arg(format!("VICTIM={victim}")));
        let output = assert.get_output();
        assert!(!output.status.success(), "{what}: {stderr}");
        assert_eq!(stdout, "");
        assert!(stderr.contains("notes/victim.py"), "{what}: {stderr}");
        let left = fixture.listing();
        assert!(
            !left.iter().any(|path| path.contains(".war")),
            "{what}: {left:?}"
        );
    }
}

#[test]
fn names_that_differ_by_case_only_are_an_error_that_names_both() {
    let fixture = FixtureCopy::of("minimal");
    fixture.write("notes/Readme.txt", "one");
    fixture.write("notes/README.txt", "two");
    let (assert, _, stderr) = run(djwar().arg("build").arg(fixture.path()));
    assert.code(1);
    for part in ["notes/README.txt", "notes/Readme.txt"] {
        assert!(stderr.contains(part), "{stderr}");
    }
}

#[test]
fn settings_of_a_hundred_megabytes_are_refused_at_once() {
    let fixture = FixtureCopy::of("minimal");
    let file = fs_err::File::create(fixture.path().join("mysite/settings.py")).expect("created");
    // A file with a hole: its bytes cost no disk.
    file.set_len(100 << 20).expect("made long");
    let (assert, _, stderr) = run(djwar().arg("check").arg(fixture.path()));
    assert.code(1);
    assert!(
        stderr.contains("`mysite/settings.py` has 104857600 bytes, more than"),
        "{stderr}"
    );
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = FixtureCopy::of("minimal");
    fixture.write("notes/closed/x.txt", "x");
    let closed = fixture.path().join("notes/closed");
    let mode = |mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        fs_err::set_permissions(&closed, permissions).expect("changed");
    };
    mode(0o000);
    if closed.read_dir().is_ok() {
        mode(0o755);
        return skip::skipped("who runs this may read every folder (root)");
    }
    let (assert, _, stderr) = run(djwar().arg("build").arg(fixture.path()));
    mode(0o755);
    assert.code(3);
    assert!(stderr.contains("can't read `notes/closed`"), "{stderr}");
}

#[test]
fn check_shows_what_each_dependency_means_for_the_engine() {
    let fixture = FixtureCopy::of("minimal");
    fixture.write(
        "requirements.txt",
        "Django==5.2.19\nPillow==11\nmysqlclient==2\nMySQL-python==1\ngunicorn==22\n\
         pywin32==300 ; sys_platform == 'win32'\n",
    );
    let (assert, stdout, _) = run(djwar().arg("check").arg(fixture.path()));
    assert.code(1);
    for line in [
        "dependencies for the engine cpython (Python 3.13, linux-x86_64):",
        "  django        ==5.2.19  pure           not known to hold compiled code  (requirements.txt:1)",
        "  pillow        ==11      has a wheel    known to publish wheels  (requirements.txt:2)",
        "  mysqlclient   ==2       needs a build  published without wheels  (requirements.txt:3)",
        "  mysql-python  ==1       can't work     for Python 2 alone; use `mysqlclient` or `PyMySQL`  (requirements.txt:4)",
        "  gunicorn      ==22      not needed     a server: the container serves the project  (requirements.txt:5)",
        "  pywin32       ==300     not needed     only where sys_platform == 'win32'  (requirements.txt:6)",
        "requirements.txt:4: error: `mysql-python` can't work: for Python 2 alone; use `mysqlclient` or `PyMySQL` [dependency-can-not-work]",
        "requirements.txt:3: warning: `mysqlclient` needs a build: published without wheels [dependency-needs-build]",
    ] {
        assert!(stdout.contains(line), "no {line:?} in:\n{stdout}");
    }
    let (_, stdout, _) = run(djwar().args(["scan", "--json"]).arg(fixture.path()));
    let scanned: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    let verdicts: Vec<&str> = scanned["verdicts"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["verdict"].as_str().expect("a text"))
        .collect();
    assert_eq!(
        verdicts,
        [
            "pure",
            "wheel",
            "needs-build",
            "can-not-work",
            "not-needed",
            "not-needed"
        ]
    );
}
