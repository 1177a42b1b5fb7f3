use super::*;
use crate::assemble::EntryTable;
use crate::model::{Method, WarPath};
use crate::write::write;

fn generated(path: &str, text: &str) -> WarEntry {
    WarEntry {
        path: WarPath::new(path).expect(path),
        source: EntrySource::Generated {
            by: "test",
            bytes: text.as_bytes().into(),
        },
        method: Method::Deflated,
        reason: "".into(),
    }
}

fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = Utf8Path::from_path(folder.path())
        .expect("UTF-8")
        .to_owned();
    (folder, path)
}

fn table(entries: Vec<WarEntry>) -> EntryTable {
    let mut table = EntryTable::default();
    for entry in entries {
        table.add(entry).expect("no collision");
    }
    table
}

#[test]
fn the_same_table_gives_the_same_bytes() {
    let (_keep, folder) = folder();
    let entries = table(vec![
        generated(layout::MANIFEST, "Manifest-Version: 1.0\r\n\r\n"),
        generated("static/a.css", "a { color: red }"),
    ]);
    let bytes = |name: &str| {
        let target = folder.join(name);
        let writer = ZipWarWriter::create(&target, Packing::default()).expect("created");
        write(&entries, Box::new(writer), || ()).expect("written");
        fs_err::read(target).expect("read")
    };
    assert_eq!(bytes("one.war"), bytes("deeper/two.war"));
}

#[test]
fn a_failure_leaves_the_old_war_and_nothing_beside_it() {
    let (_keep, folder) = folder();
    let target = folder.join("x.war");
    fs_err::write(&target, "the old WAR").expect("written");
    let mut missing = generated("b", "");
    missing.source = EntrySource::File(folder.join("vanished"));
    let entries = table(vec![generated("a", "x"), missing]);
    let writer = ZipWarWriter::create(&target, Packing::default()).expect("created");
    let error = write(&entries, Box::new(writer), || ()).expect_err("a missing source");
    assert!(error.to_string().contains("vanished"), "{error}");
    assert_eq!(
        fs_err::read_to_string(&target).expect("kept"),
        "the old WAR"
    );
    let names: Vec<_> = fs_err::read_dir(&folder)
        .expect("listed")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(names, ["x.war"]);
}
