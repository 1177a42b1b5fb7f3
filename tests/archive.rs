//! The WAR as an archive: what is in it, what isn't, and that its bytes depend on
//! nothing but the content.

mod support;

use std::collections::BTreeMap;
use std::io::Read;
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use support::{FixtureCopy, djwar, run};

fn build(fixture: &FixtureCopy) -> Utf8PathBuf {
    let (assert, stdout, _) = run(djwar().arg("build").arg(fixture.path()));
    assert.success();
    let path = stdout
        .lines()
        .last()
        .expect("the WAR's path is the last line");
    Utf8PathBuf::from(path)
}

fn entries(war: &Utf8Path) -> Vec<String> {
    let archive = zip::ZipArchive::new(fs_err::File::open(war).expect("open")).expect("a zip");
    archive
        .file_names()
        .map(|name| name.expect("a readable name").into_owned())
        .collect()
}

fn text(war: &Utf8Path, name: &str) -> String {
    let mut archive = zip::ZipArchive::new(fs_err::File::open(war).expect("open")).expect("a zip");
    let mut text = String::new();
    archive
        .by_name(name)
        .expect(name)
        .read_to_string(&mut text)
        .expect("text");
    text
}

#[test]
fn the_same_project_elsewhere_and_later_gives_the_same_bytes() {
    let (first, second) = (FixtureCopy::of("polls"), FixtureCopy::of("polls"));
    let later = SystemTime::now() + Duration::from_hours(24);
    for entry in walkdir::WalkDir::new(second.path()) {
        let entry = entry.expect("readable");
        if entry.file_type().is_file() {
            let file = fs_err::OpenOptions::new()
                .append(true)
                .open(entry.path())
                .expect("open");
            file.into_parts().0.set_modified(later).expect("touched");
        }
    }
    let bytes = |fixture: &FixtureCopy| fs_err::read(build(fixture)).expect("the WAR");
    assert!(bytes(&first) == bytes(&second), "the WARs differ");
}

#[test]
fn the_war_of_polls_holds_what_a_container_needs_and_no_more() {
    let fixture = FixtureCopy::of("polls");
    for secret in [".env", "server.key", "id_rsa", "cert.pem"] {
        fixture.write(secret, "secret");
    }
    fixture.write("local.sqlite3", "SQLite format 3\0");
    fixture.write(".git/config", "[core]");
    fixture.write("node_modules/x/index.js", "");
    fixture.write("polls/__pycache__/models.cpython-311.pyc", "old");
    fixture.write("venv/pyvenv.cfg", "");
    fixture.write("venv/lib/x.py", "");
    let war = build(&fixture);
    let names = entries(&war);
    assert_eq!(names[0], "META-INF/MANIFEST.MF", "the manifest is first");
    for needed in [
        "WEB-INF/web.xml",
        "WEB-INF/jetty-web.xml",
        "WEB-INF/lib/djwar-runtime.jar",
        "WEB-INF/python/app/manage.py",
        "WEB-INF/python/app/locale/de/LC_MESSAGES/django.mo",
        "WEB-INF/python/app/polls/__pycache__/models.cpython-313.pyc",
        "WEB-INF/python/lib/django/__init__.py",
        "WEB-INF/python/lib/django/__pycache__/__init__.cpython-313.pyc",
        "WEB-INF/python/handler/djwar_handler/__main__.py",
        "WEB-INF/python/home/linux-x86_64/bin/python3.13",
        "static/admin/css/base.css",
        "static/css/site.css",
    ] {
        assert!(names.iter().any(|name| name == needed), "no {needed}");
    }
    for name in &names {
        for unwanted in [
            "/.env",
            ".key",
            "id_rsa",
            ".pem",
            ".sqlite3",
            "/.git/",
            "node_modules",
            "/venv/",
            "cpython-311",
        ] {
            let ours = name.starts_with("WEB-INF/python/lib/") || name.contains("/home/");
            assert!(ours || !name.contains(unwanted), "{name} is in the WAR");
        }
        assert!(
            !name.contains('\\') && !name.contains("..") && !name.starts_with('/'),
            "{name}"
        );
    }
    let size = fs_err::metadata(&war).expect("there").len();
    assert!(size < 30_000_000, "{size} bytes");
    let record = text(&war, "META-INF/djwar.json");
    let folder = fixture.path();
    assert!(
        !record.contains(folder.as_str()),
        "a path of the build machine is recorded"
    );
}

#[test]
fn the_plan_says_why_each_entry_is_there_and_what_was_left_out() {
    let fixture = FixtureCopy::of("minimal");
    fixture.write(".env", "SECRET_KEY=x");
    let (assert, stdout, _) = run(djwar().args(["plan", "--json"]).arg(fixture.path()));
    assert.success();
    let plan: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    let entries = plan["entries"].as_array().expect("a list");
    let reasons: BTreeMap<&str, &str> = entries
        .iter()
        .map(|entry| {
            let field = |name: &str| entry[name].as_str().expect("text");
            (field("path"), field("reason"))
        })
        .collect();
    assert_eq!(
        reasons["WEB-INF/python/app/manage.py"],
        "a file of the project"
    );
    assert!(reasons.values().all(|reason| !reason.is_empty()));
    let left_out = plan["plan"]["left_out"].to_string();
    assert!(left_out.contains(".env"), "{left_out}");
    assert!(
        !fixture.path().join("dist").exists(),
        "a plan writes nothing"
    );
}

#[test]
fn an_exploded_war_has_the_same_entries() {
    let fixture = FixtureCopy::of("minimal");
    let war = build(&fixture);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let target = Utf8Path::from_path(folder.path())
        .expect("UTF-8")
        .join("exploded");
    run(djwar()
        .arg("build")
        .arg(fixture.path())
        .args(["--exploded", target.as_str()]))
    .0
    .success();
    let mut exploded: Vec<String> = walkdir::WalkDir::new(&target)
        .into_iter()
        .map(|entry| entry.expect("readable"))
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = Utf8Path::from_path(entry.path()).expect("UTF-8");
            path.strip_prefix(&target).expect("below").to_string()
        })
        .collect();
    let mut packed = entries(&war);
    exploded.sort();
    packed.sort();
    assert_eq!(exploded, packed);
}

#[test]
fn copied_static_files_are_those_that_collectstatic_finds() {
    let fixture = FixtureCopy::of("polls");
    let statics = |mode: &str| {
        let war = fixture.path().join(format!("{mode}.war"));
        run(djwar()
            .args(["build", "--static", mode, "-o", war.as_str()])
            .arg(fixture.path()))
        .0
        .success();
        let mut names: Vec<String> = entries(&war)
            .into_iter()
            .filter(|name| name.starts_with("static/"))
            .collect();
        names.sort();
        names
    };
    let collected = statics("collect");
    assert!(collected.len() > 100);
    assert_eq!(statics("copy"), collected);
    assert_eq!(statics("none"), Vec::<String>::new());
}
