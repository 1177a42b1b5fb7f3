//! `packages = "nested"`: packages and interpreter as one archive in the WAR, which the
//! runtime unpacks once per content.

mod site;

use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;

use camino::{Utf8Path, Utf8PathBuf};
use djwar::deploy::Container::{Jetty12Ee10, Tomcat10};
use site::served::{Wanted, copy_folder, djwar, fixture, own_folder};

const SIGN: (&str, &str) = ("/hello/", "Hello, world");

/// The polls site with its packages nested, and the same after an edit.
fn wars() -> (Utf8PathBuf, Utf8PathBuf) {
    let folder = own_folder("nested");
    let project = folder.join("polls");
    copy_folder(&fixture("polls"), &project);
    let build = |name: &str| {
        let war = folder.join(name);
        let arguments = ["build", project.as_str(), "-o", war.as_str()];
        djwar(&arguments, &[("DJWAR_PACKAGES", "nested")]);
        war
    };
    let first = build("first.war");
    fs_err::write(project.join("polls/edited.py"), "EDITED = True\n").expect("edited");
    (first, build("second.war"))
}

/// The one folder of packages below `work`.
fn unpacked(work: &Utf8Path) -> Utf8PathBuf {
    let mut found = walkdir::WalkDir::new(work)
        .min_depth(2)
        .max_depth(2)
        .into_iter()
        .map(|entry| entry.expect("listed").into_path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("packages-")
        });
    let folder = found.next().expect("the packages are unpacked");
    assert_eq!(found.next(), None, "and nothing else");
    Utf8PathBuf::from_path_buf(folder).expect("UTF-8")
}

#[test]
fn nested_packages_are_unpacked_once_whatever_happens_to_the_project() {
    let (first, second) = wars();
    let mut archive = zip::ZipArchive::new(fs_err::File::open(&first).expect("open")).expect("zip");
    let names: Vec<String> = archive
        .file_names()
        .map(|name| name.expect("UTF-8").into_owned())
        .collect();
    let inside = |folder: &str| names.iter().any(|name| name.starts_with(folder));
    assert!(inside("WEB-INF/python/app/") && inside("WEB-INF/python/handler/"));
    assert!(!inside("WEB-INF/python/lib/") && !inside("WEB-INF/python/home/"));
    let nested: Vec<&String> = names
        .iter()
        .filter(|name| name.starts_with("WEB-INF/python/packages-"))
        .collect();
    let [nested] = nested[..] else {
        panic!("{nested:?}");
    };
    let mut entry = archive.by_name(nested).expect("there");
    assert_eq!(entry.compression(), zip::CompressionMethod::Stored);
    let mut start = [0; 4];
    entry.read_exact(&mut start).expect("read");
    assert_eq!(&start, b"PK\x03\x04");

    let work = tempfile::tempdir().expect("temp dir");
    let work = Utf8Path::from_path(work.path()).expect("UTF-8");
    let wanted = |war: &Utf8Path, container| {
        Wanted::war(war, container, "/ctx", SIGN).property("djwar.work-dir", work.as_str())
    };
    let number = |path: &Utf8Path| fs_err::metadata(path).expect("there").ino();

    let log = wanted(&first, Tomcat10).start().stop();
    assert!(log.contains("files of packages to"), "{log}");
    let packages = unpacked(work);
    let before = number(&packages);
    assert!(packages.join("lib/django/__init__.py").is_file());

    // Another project with the same packages: in the same folder, also when the
    // container unpacks nothing, and in another container.
    let log = wanted(&second, Tomcat10).packed().start().stop();
    assert!(!log.contains("files of packages to"), "{log}");
    let log = wanted(&second, Jetty12Ee10).start().stop();
    assert!(!log.contains("files of packages to"), "{log}");
    assert_eq!(number(&unpacked(work)), before);
}

#[test]
fn nested_packages_serve_commands_and_folders_as_loose_ones_do() {
    let folder = own_folder("nested-commands");
    let project = folder.join("polls");
    copy_folder(&fixture("polls"), &project);
    let nested = [("DJWAR_PACKAGES", "nested")];
    let war = folder.join("polls.war");
    djwar(&["build", project.as_str(), "-o", war.as_str()], &nested);
    let said = djwar(
        &[
            "manage",
            war.as_str(),
            "--data-dir",
            folder.join("data").as_str(),
            "--",
            "version",
        ],
        &[],
    );
    assert!(said.trim().starts_with("5."), "{said}");
    let exploded = folder.join("exploded");
    djwar(
        &["build", project.as_str(), "--exploded", exploded.as_str()],
        &nested,
    );
    let mut archive = zip::ZipArchive::new(fs_err::File::open(&war).expect("open")).expect("zip");
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).expect("an entry");
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("read");
        let name = entry.name().expect("UTF-8").into_owned();
        assert!(
            fs_err::read(exploded.join(&name)).expect("there") == bytes,
            "{name}"
        );
    }
}
