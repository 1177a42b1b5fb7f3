//! Bad input for the engine `jython` (issue "Django on Jython in the JVM"): said
//! with its place and what to do, before anything is built. What a container
//! meets is in `e2e_jython.rs` and `e2e_jython_database.rs`; a skeleton's folder in `skeleton.rs`.

mod support;

use std::process::Command;

use camino::Utf8Path;
use support::{FixtureCopy, djwar, run};

/// A copy of the hydrant with these requirements.
fn hydrant(requirements: &str) -> FixtureCopy {
    let project = FixtureCopy::of("hydrant");
    project.write("requirements.txt", requirements);
    project
}

/// `djwar build --engine jython` says this, and leaves everything as it was.
/// `offline` shows that nothing had to be brought or built for it.
#[track_caller]
fn refused(project: &FixtureCopy, offline: bool, said: &[&str]) {
    let before = project.listing();
    let empty = tempfile::tempdir().expect("temp dir");
    let mut command = djwar();
    command
        .args(["build", "--engine", "jython"])
        .arg(project.path());
    if offline {
        command
            .arg("--offline")
            .env("DJWAR_CACHE_DIR", empty.path());
    }
    let (assert, stdout, stderr) = run(&mut command);
    assert.code(1);
    assert_eq!(stdout, "", "only a WAR's path goes to standard output");
    for part in said {
        assert!(stderr.contains(part), "no {part:?} in:\n{stderr}");
    }
    assert!(stderr.contains("hint:"), "{stderr}");
    assert_eq!(project.listing(), before, "something was left behind");
}

#[test]
fn code_for_python_3_is_named_with_file_and_line() {
    let project = hydrant("Django==1.11.29\n");
    project.write(
        "aggregator/later.py",
        "import os\n\n\ndef greet(name):\n    return f'hello {name}'\n",
    );
    project.write(
        "aggregator/apart.py",
        "def page(request, *, number=1):\n    return number\n",
    );
    refused(
        &project,
        true,
        &[
            "aggregator/later.py:5",
            "aggregator/apart.py:1",
            "is Python 3, and Jython is a Python 2.7",
            "--engine cpython",
        ],
    );
}

#[test]
fn a_django_for_python_3_is_named_with_its_requirement() {
    refused(
        &hydrant("pytz==2019.3\nDjango==2.2.28\n"),
        true,
        &[
            "requirements.txt:2",
            "Django 2.2.28 needs Python 3",
            "Django 1.8 to 1.11",
        ],
    );
}

#[test]
fn well_known_packages_of_c_code_are_named_with_what_does_the_same() {
    refused(
        &hydrant("Django==1.11.29\nlxml==4.9.4\nPillow==6.2.2\n"),
        true,
        &[
            "`lxml` holds C code, which Jython can't load",
            "requirements.txt:2",
            "`xml.etree` and `xml.sax` run on Java's own parsers",
            "`pillow` holds C code",
            "requirements.txt:3",
            "`javax.imageio`",
        ],
    );
}

/// `NAME-1.0.tar.gz` in `folder`: a source distribution as many were published for
/// Python 2.7, whose `setup.py` no Python 3 understands.
fn publish(folder: &Utf8Path, name: &str, arguments: &str) {
    let temporary = tempfile::tempdir().expect("temp dir");
    let top = format!("{name}-1.0");
    let source = Utf8Path::from_path(temporary.path())
        .expect("UTF-8")
        .join(&top);
    let write = |path: &str, text: &str| {
        let path = source.join(path);
        fs_err::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs_err::write(path, text).expect("written");
    };
    write(
        "setup.py",
        &format!(
            "from setuptools import setup, Extension\nprint 'setting up'\n\
             setup(name='{name}', version='1.0', packages=['{name}'], package_data={{'{name}': ['*.txt']}}, {arguments})\n"
        ),
    );
    write(
        "PKG-INFO",
        &format!("Metadata-Version: 1.0\nName: {name}\nVersion: 1.0\n"),
    );
    write(
        &format!("{name}/__init__.py"),
        "opened = True\nprint 'turned'\n",
    );
    write(&format!("{name}/words.txt"), "for those who read\n");
    write("speed.c", "int main(void) { return 0; }\n");
    fs_err::create_dir_all(folder).expect("made");
    let status = Command::new("tar")
        .args(["-czf", folder.join(format!("{top}.tar.gz")).as_str()])
        .args(["-C", temporary.path().to_str().expect("UTF-8"), &top])
        .status();
    assert!(status.expect("tar starts").success());
}

#[test]
fn a_package_with_a_source_for_python_2_alone_is_packed() {
    let project = hydrant("--find-links packages\nDjango==1.11.29\nvalve==1.0\n");
    publish(&project.path().join("packages"), "valve", "");
    let out = tempfile::tempdir().expect("temp dir");
    let exploded = Utf8Path::from_path(out.path())
        .expect("UTF-8")
        .join("exploded");
    let (assert, _, stderr) = run(djwar()
        .arg("build")
        .arg(project.path())
        .args(["--exploded", exploded.as_str()]));
    assert_eq!(assert.get_output().status.code(), Some(0), "{stderr}");
    let packed = exploded.join("WEB-INF/python/lib/valve");
    for name in ["__init__.py", "__init__$py.class", "words.txt"] {
        assert!(packed.join(name).is_file(), "no {name} in {packed}");
    }
}

#[test]
fn a_package_that_must_compile_c_is_refused_by_name() {
    let project = hydrant("--find-links packages\nDjango==1.11.29\npump==1.0\n");
    publish(
        &project.path().join("packages"),
        "pump",
        "ext_modules=[Extension('pump.speed', ['speed.c'])]",
    );
    refused(
        &project,
        false,
        &[
            "`pump 1.0` (requirements.txt:3) holds C code, which Jython can't load",
            "look for a package in pure Python, or a jar",
        ],
    );
}
