//! What other people's programs make of an archive.

use std::process::Command;

use camino::Utf8Path;

use crate::skip;

const STREAM: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/support/ListEntries.java"
);

/// Checks every byte, too.
const ZIPFILE: &str = "import sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None, archive.testzip()
sys.stdout.buffer.write('\\n'.join(archive.namelist()).encode())
";

/// Every tool lists, tests or unpacks the archive, and finds these names in this
/// order. Of `unzip` and `7zz`, which a new machine may lack, is said when they are
/// not there.
pub(crate) fn all_accept(war: &Utf8Path, names: &[String]) {
    lists(war, names, &["jar", "tf", war.as_str()]);
    python_accepts(war, names);
    lists(war, names, &["java", "-Xmx256m", STREAM, war.as_str()]);
    if is_there("unzip") {
        let said = output(war, &["unzip", "-tqq", war.as_str()]);
        assert_eq!(said.trim(), "", "unzip has a remark");
        lists(war, names, &["unzip", "-Z1", war.as_str()]);
    }
    if is_there("7zz") {
        let said = output(war, &["7zz", "t", "-bd", "-sccUTF-8", war.as_str()]);
        assert!(said.contains("Everything is Ok"), "{said}");
        assert!(
            said.contains(&format!("Files: {}\n", names.len())),
            "{said}"
        );
        assert!(!said.contains("Warnings"), "{said}");
    }
}

/// As [`all_accept`], for Python alone, which starts in no time.
pub(crate) fn python_accepts(war: &Utf8Path, names: &[String]) {
    lists(war, names, &["python3", "-c", ZIPFILE, war.as_str()]);
}

/// `jar xf` gives a file for each name, and no other; the files are `look`ed at.
pub(crate) fn jar_unpacks(war: &Utf8Path, names: &[String], look: impl FnOnce(&Utf8Path)) {
    // Beside the archive: it may be larger than a /tmp in memory.
    let beside = war.parent().expect("a folder");
    let folder = tempfile::tempdir_in(beside).expect("a temporary folder");
    let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
    let done = Command::new("jar")
        .args(["xf", war.as_str()])
        .current_dir(folder)
        .output()
        .expect("jar is needed for this test");
    assert!(done.status.success(), "{done:?}");
    assert_eq!(
        String::from_utf8_lossy(&done.stderr),
        "",
        "jar has a remark"
    );
    let mut found: Vec<String> = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.expect("readable"))
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = Utf8Path::from_path(entry.path()).expect("UTF-8");
            path.strip_prefix(folder).expect("below").to_string()
        })
        .collect();
    found.sort();
    let mut expected = names.to_vec();
    expected.sort();
    assert!(found == expected, "jar unpacks something else");
    look(folder);
}

fn lists(war: &Utf8Path, names: &[String], line: &[&str]) {
    let said = output(war, line);
    let found: Vec<&str> = said.lines().collect();
    assert_eq!(found.len(), names.len(), "`{}` of {war}", line[0]);
    assert!(
        found == names,
        "`{}` has other names or another order",
        line[0]
    );
}

fn output(war: &Utf8Path, line: &[&str]) -> String {
    let output = Command::new(line[0])
        .args(&line[1..])
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap_or_else(|error| panic!("`{}` is needed for this test: {error}", line[0]));
    assert!(
        output.status.success(),
        "`{}` refuses {war}: {}",
        line[0],
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn is_there(program: &str) -> bool {
    let is_there = Command::new(program).arg("-h").output().is_ok();
    if !is_there {
        skip::skipped(&format!("`{program}` is not installed, and wasn't asked"));
    }
    is_there
}
