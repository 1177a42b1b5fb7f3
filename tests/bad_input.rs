//! Bad input: a clear error with the path and a hint, the exit status,
//! nothing half-written.

mod support;

use support::{FixtureCopy, djwar, run};

/// Builds a fixture that can't be built: the exit status and what is said, and
/// proof that the project is as it was.
fn refused(fixture: &FixtureCopy, status: i32, said: &[&str]) {
    let before = fixture.listing();
    let (assert, stdout, stderr) = run(djwar().arg("build").arg(fixture.path()));
    assert.code(status);
    assert_eq!(stdout, "", "only a WAR's path goes to standard output");
    for part in said {
        assert!(stderr.contains(part), "no {part:?} in:\n{stderr}");
    }
    assert_eq!(fixture.listing(), before, "something was left behind");
}

#[test]
fn a_folder_without_a_django_project_says_what_was_looked_for() {
    refused(
        &FixtureCopy::of("not-django"),
        1,
        &["error: no Django project", "manage.py", "hint:"],
    );
}

#[test]
fn two_projects_in_one_folder_are_listed() {
    refused(
        &FixtureCopy::of("two-manage"),
        1,
        &["intranet/manage.py", "website/manage.py", "hint:"],
    );
}

#[test]
fn settings_that_do_not_parse_name_the_line() {
    refused(
        &FixtureCopy::of("broken-settings"),
        1,
        &["library/settings.py:13"],
    );
}

#[test]
fn settings_that_can_not_be_found_are_named() {
    let fixture = FixtureCopy::of("minimal");
    let (assert, _, stderr) = run(djwar()
        .args(["build", "--settings", "nowhere.settings"])
        .arg(fixture.path()));
    assert.code(1);
    assert!(stderr.contains("nowhere.settings"), "{stderr}");
    assert!(stderr.contains("hint:"), "{stderr}");
}

#[test]
fn a_requirement_that_does_not_exist_is_named_with_its_place() {
    refused(
        &FixtureCopy::of("missing-requirement"),
        1,
        &["dj-database-url==99.0.0", "requirements.txt", "hint:"],
    );
}

#[test]
fn a_requirement_without_a_wheel_is_named_with_what_would_help() {
    refused(
        &FixtureCopy::of("no-wheel"),
        1,
        &[
            "`mysqlclient` (requirements.txt:2) has no wheel",
            "PyMySQL",
            "hint:",
        ],
    );
}

#[test]
fn a_folder_that_does_not_exist_is_named() {
    let (assert, _, stderr) = run(djwar().args(["build", "/nowhere/at/all"]));
    assert.code(2);
    assert!(stderr.contains("/nowhere/at/all"), "{stderr}");
}

#[test]
fn an_unknown_key_of_the_configuration_names_the_nearest_one() {
    let fixture = FixtureCopy::of("minimal");
    fixture.write("djwar.toml", "\nsetings = 'mysite.settings'\n");
    refused(
        &fixture,
        2,
        &[
            "unknown key `setings` (djwar.toml:2)",
            "did you mean `settings`?",
        ],
    );
}

#[test]
fn offline_with_a_cold_cache_says_what_is_missing() {
    let fixture = FixtureCopy::of("minimal");
    let cache = tempfile::tempdir().expect("a temporary folder");
    let (assert, _, stderr) = run(djwar()
        .args(["build", "--offline"])
        .arg(fixture.path())
        .env("DJWAR_CACHE_DIR", cache.path())
        .env(
            "MAVEN_OPTS",
            format!("-Dmaven.repo.local={}/m2", cache.path().display()),
        ));
    assert.code(3);
    assert!(stderr.contains("offline"), "{stderr}");
    assert!(stderr.contains("org.bytedeco:cpython:3.13"), "{stderr}");
}

#[test]
fn a_host_without_maven_is_told_what_is_needed() {
    let fixture = FixtureCopy::of("minimal");
    let empty = tempfile::tempdir().expect("a temporary folder");
    let (assert, _, stderr) = run(djwar()
        .arg("build")
        .arg(fixture.path())
        .env("PATH", empty.path())
        .env("DJWAR_CACHE_DIR", empty.path().join("cache"))
        .env(
            "MAVEN_OPTS",
            format!("-Dmaven.repo.local={}/m2", empty.path().display()),
        ));
    assert.code(3);
    assert!(stderr.contains("mvn"), "{stderr}");
    assert!(stderr.contains("hint:"), "{stderr}");
}

#[test]
fn an_output_that_can_not_be_written_is_named() {
    let fixture = FixtureCopy::of("minimal");
    let (assert, stdout, stderr) = run(djwar()
        .arg("build")
        .arg(fixture.path())
        .args(["-o", "/proc/nowhere/x.war"]));
    assert.code(3);
    assert_eq!(stdout, "");
    assert!(
        stderr.contains("can't write `/proc/nowhere/x.war`"),
        "{stderr}"
    );
    assert!(stderr.contains("hint:"), "{stderr}");
}

#[test]
fn a_full_disk_leaves_the_old_war_as_it_was() {
    // /dev/full refuses every write; a folder can't be made there, so the WAR is
    // written to a file size limit instead, which fails in the same place.
    let fixture = FixtureCopy::of("minimal");
    fixture.write("dist/minimal.war", "the old WAR");
    let line = format!(
        "trap '' XFSZ; ulimit -f 2048; exec '{}' build '{}'",
        env!("CARGO_BIN_EXE_djwar"),
        fixture.path()
    );
    // The first build fills the cache, which the limit would stop as well.
    let warm = FixtureCopy::of("minimal");
    run(djwar().arg("build").arg(warm.path())).0.success();
    let before = fixture.listing();
    let (assert, _, stderr) = run(std::process::Command::new("bash").args(["-c", &line]));
    assert.code(3);
    assert!(stderr.contains("minimal.war"), "{stderr}");
    assert_eq!(fixture.listing(), before);
    let kept = fs_err::read_to_string(fixture.path().join("dist/minimal.war")).expect("kept");
    assert_eq!(kept, "the old WAR");
}

/// SIGINT while pip works, with a cache that has nothing yet.
#[cfg(unix)]
#[test]
fn an_interrupted_build_leaves_nothing_behind() {
    use std::io::{BufRead, BufReader};

    let fixture = FixtureCopy::of("minimal");
    let before = fixture.listing();
    let cache = tempfile::tempdir().expect("a temporary folder");
    let mut child = djwar()
        .arg("build")
        .arg(fixture.path())
        .env("DJWAR_CACHE_DIR", cache.path())
        .stderr(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("djwar starts");
    let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
    let mut said = String::new();
    while !said.contains("Resolving") {
        assert_ne!(stderr.read_line(&mut said).expect("readable"), 0, "{said}");
    }
    let status = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("kill starts");
    assert!(status.success());
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(130), "{said}");
    assert_eq!(fixture.listing(), before, "something was left behind");
    // The next build with the same cache works.
    run(djwar()
        .arg("build")
        .arg(fixture.path())
        .env("DJWAR_CACHE_DIR", cache.path()))
    .0
    .success();
}

#[test]
fn an_exploded_war_replaces_no_foreign_folder() {
    let fixture = FixtureCopy::of("minimal");
    let foreign = fixture.path().join("notes");
    let before = fixture.listing();
    let (assert, _, stderr) = run(djwar()
        .arg("build")
        .arg(fixture.path())
        .args(["--exploded", foreign.as_str()]));
    assert.code(2);
    assert!(
        stderr.contains("isn't an exploded WAR of djwar"),
        "{stderr}"
    );
    assert_eq!(fixture.listing(), before);
}

#[test]
fn a_requirement_of_the_configuration_must_name_a_known_runtime_parameter() {
    let fixture = FixtureCopy::of("minimal");
    fixture.write("djwar.toml", "runtime = { procesess = 4 }\n");
    refused(
        &fixture,
        2,
        &[
            "unknown runtime parameter `procesess`",
            "did you mean `processes`?",
        ],
    );
}

#[cfg(unix)]
#[test]
fn an_output_that_is_no_file_is_left_alone() {
    let fixture = FixtureCopy::of("minimal");
    let pipe = fixture.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo starts").success());
    let folder = FixtureCopy::of("minimal");
    let (assert, _, stderr) = run(djwar()
        .arg("build")
        .arg(folder.path())
        .args(["-o", pipe.as_str()]));
    assert.code(2);
    assert!(stderr.contains("exists and is no file"), "{stderr}");
    let kind = fs_err::symlink_metadata(&pipe).expect("there").file_type();
    assert!(!kind.is_file(), "it was replaced");
}

#[test]
fn offline_does_not_blame_the_cache_for_a_broken_requirement() {
    let fixture = FixtureCopy::of("minimal");
    fixture.write("requirements.txt", "Django==5.2.8\nsqlparse=0.5\n");
    let cache = tempfile::tempdir().expect("a temporary folder");
    let (assert, _, stderr) = run(djwar()
        .args(["build", "--offline"])
        .arg(fixture.path())
        .env("DJWAR_CACHE_DIR", cache.path()));
    assert.code(1);
    assert!(
        stderr.contains("`sqlparse=0.5` (requirements.txt:2) is no requirement"),
        "{stderr}"
    );
}

#[test]
fn a_name_that_is_a_device_or_a_closed_folder_is_refused() {
    for name in ["CON", "nul.x", "WEB-INF"] {
        let fixture = FixtureCopy::of("minimal");
        let (assert, _, stderr) = run(djwar().args(["build", "--name", name]).arg(fixture.path()));
        assert.code(2);
        assert!(stderr.contains(name), "{stderr}");
    }
}

#[test]
fn a_file_name_that_windows_refuses_is_a_warning() {
    let fixture = FixtureCopy::of("minimal");
    fixture.write("notes/co:lon.py", "");
    let (assert, stdout, _) = run(djwar().args(["check"]).arg(fixture.path()));
    assert.success();
    assert!(
        stdout.contains("`notes/co:lon.py` can't be unpacked everywhere"),
        "{stdout}"
    );
    let (assert, _, _) = run(djwar().args(["check", "--strict"]).arg(fixture.path()));
    assert.code(1);
}

/// A WAR of somebody else's.
fn foreign_war(folder: &tempfile::TempDir) -> std::path::PathBuf {
    use std::io::Write as _;
    let path = folder.path().join("shop.war");
    let mut zip = zip::ZipWriter::new(fs_err::File::create(&path).expect("file"));
    zip.start_file("WEB-INF/web.xml", zip::write::SimpleFileOptions::default())
        .expect("entry");
    zip.write_all(b"<web-app/>").expect("content");
    zip.finish().expect("whole");
    path
}

#[test]
fn a_war_without_djwar_in_it_is_not_served() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let war = foreign_war(&folder);
    for command in ["run", "verify"] {
        let (assert, _, stderr) = run(djwar().arg(command).arg(&war));
        assert.code(2);
        assert!(
            stderr.contains("shop.war` is no WAR of djwar: it has no djwar runtime"),
            "{stderr}"
        );
    }
}

#[test]
fn options_of_a_build_are_refused_with_a_war() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let war = foreign_war(&folder);
    for (command, flags, said) in [
        ("run", &["--settings", "x.y"][..], "`--settings` can't"),
        (
            "run",
            &["--context", "/WEB-INF"],
            "`/WEB-INF` is no context",
        ),
        (
            "manage",
            &["--name", "x", "--python", "3.12"],
            "`--python`, `--name` can't",
        ),
        ("verify", &["--engine", "cpython"], "`--engine` can't"),
    ] {
        let mut line = djwar();
        line.arg(command).args(flags).arg(&war);
        if command == "manage" {
            line.args(["--", "check"]);
        }
        let (assert, _, stderr) = run(&mut line);
        assert.code(2);
        assert!(stderr.contains(said), "{command}: {stderr}");
    }
}
