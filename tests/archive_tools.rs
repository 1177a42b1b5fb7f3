//! WARs as other people's tools see them: archives that are ordinary, that have
//! names of every kind, that need zip64, and projects that can't become one.

#[path = "support/records.rs"]
mod records;
#[path = "support/skip.rs"]
mod skip;
mod support;
#[path = "support/tools.rs"]
mod tools;

use std::io::Write as _;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use djwar::assemble::EntryTable;
use djwar::model::{EntrySource, Method, WarEntry, WarPath};
use djwar::write::{Packing, ZipWarWriter, write};
use records::Local;
use support::{FixtureCopy, djwar, run};

/// A build whose static files are found without Django.
fn in_a_hurry() -> Command {
    let mut command = djwar();
    command.args(["build", "--static", "copy"]);
    command
}

fn build(project: &FixtureCopy) -> Utf8PathBuf {
    let (assert, stdout, _) = run(in_a_hurry().arg(project.path()));
    assert.success();
    stdout.lines().last().expect("the WAR's path").into()
}

/// The error of a project that can't be packed.
fn refusal(project: &FixtureCopy) -> String {
    let (assert, _, said) = run(in_a_hurry().arg(project.path()));
    assert.failure();
    assert!(
        !project.path().join("dist").exists(),
        "something was written"
    );
    said
}

fn names(records: &[Local]) -> Vec<String> {
    records.iter().map(|record| record.name.clone()).collect()
}

fn rules_are_kept(records: &[Local]) {
    assert_eq!(records[0].name, "META-INF/MANIFEST.MF");
    for record in records {
        let name = &record.name;
        assert_eq!(record.flags, 1 << 11, "{name}: UTF-8, and nothing else");
        assert!([0, 8].contains(&record.method), "{name}: {}", record.method);
        assert!(
            record.method == 8 || record.compressed == record.size,
            "{name}"
        );
        assert!(record.time > 0, "{name} has a time that isn't one");
        let strange = |part: &str| part.is_empty() || part == "." || part == "..";
        assert!(
            !name.contains('\\') && !name.split('/').any(strange),
            "{name}"
        );
    }
}

#[test]
fn every_tool_accepts_a_war_with_names_of_every_kind() {
    let project = FixtureCopy::of("polls");
    let noise: String = (0..4000_u32)
        .map(|number| char::from(b'!' + u8::try_from(number * number % 90).expect("small")))
        .collect();
    for (name, text) in [
        ("polls/static/été/日本.css", "a { color: red }"),
        ("polls/a name with blanks.txt", ""),
        ("polls/empty", ""),
        (&format!("polls/{}/x", "long".repeat(50)), "x"),
        ("polls/noise.bin", &noise),
    ] {
        project.write(name, text);
    }
    let war = build(&project);
    let records = records::locals(&war);
    rules_are_kept(&records);
    let is_stored = |record: &Local| record.method == 0;
    assert!(records.iter().any(is_stored), "nothing is stored");
    let names = names(&records);
    assert!(names.iter().any(|name| name == "static/été/日本.css"));
    tools::all_accept(&war, &names);
    tools::jar_unpacks(&war, &names, |folder| {
        let css = fs_err::read_to_string(folder.join("static/été/日本.css"));
        assert_eq!(css.expect("there"), "a { color: red }");
    });
}

#[test]
fn names_that_hosts_would_confuse_are_refused_with_both_origins() {
    let project = FixtureCopy::of("minimal");
    project.write("notes/Data.txt", "");
    project.write("notes/data.txt", "");
    let said = refusal(&project);
    let both = [
        "minimal/notes/Data.txt`",
        "minimal/notes/data.txt`",
        "differ by case only",
    ];
    assert!(both.iter().all(|part| said.contains(part)), "{said}");

    let project = FixtureCopy::of("polls");
    project.write("polls/static/css", "a file");
    let said = refusal(&project);
    let both = [
        "`static/css` is a file and the folder of `static/css/",
        "polls/polls/static/css`",
        "polls/static/css/print.css`",
    ];
    assert!(both.iter().all(|part| said.contains(part)), "{said}");
}

#[test]
fn a_backslash_in_a_name_gets_into_no_archive() {
    let project = FixtureCopy::of("minimal");
    project.write("notes/dos\\name.txt", "");
    let said = refusal(&project);
    assert!(said.contains("dos\\name.txt"), "{said}");
    assert!(said.contains("backslash"), "{said}");
}

/// A table of `count` small entries behind the manifest.
fn many(count: usize) -> EntryTable {
    let mut table = EntryTable::default();
    let mut add = |path: String, bytes: Vec<u8>| {
        let entry = WarEntry {
            path: WarPath::new(path).expect("a path"),
            source: EntrySource::Generated {
                by: "test",
                bytes: bytes.into(),
            },
            method: Method::Deflated,
            reason: "test".into(),
        };
        table.add(entry).expect("no collision");
    };
    let manifest = b"Manifest-Version: 1.0\r\n\r\n".to_vec();
    add("META-INF/MANIFEST.MF".to_owned(), manifest);
    for number in 1..count {
        add(
            format!("{}/{number}", number / 1000),
            number.to_string().into(),
        );
    }
    table
}

/// From 65,535 entries on their number doesn't fit (APPNOTE 4.4.22).
#[test]
fn archives_just_below_and_above_the_old_limit_are_accepted() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
    for count in [65_534, 65_535, 65_600] {
        let war = folder.join(format!("{count}.war"));
        let writer = ZipWarWriter::create(&war, Packing::default()).expect("created");
        write(&many(count), Box::new(writer), || ()).expect("written");
        let records = records::locals(&war);
        rules_are_kept(&records);
        assert_eq!(records.len(), count);
        if count == 65_600 {
            tools::all_accept(&war, &names(&records));
        } else {
            tools::python_accepts(&war, &names(&records));
        }
    }
}

/// Bytes that don't shrink: noise, longer than any window of deflate, again and
/// again.
fn write_noise(path: &Utf8Path, size: u64) {
    let mut state = 1_u64;
    let block: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    })
    .take(1 << 17)
    .flatten()
    .collect();
    let mut file = fs_err::File::create(path).expect("created");
    for _ in 0..size / block.len() as u64 {
        file.write_all(&block).expect("written");
    }
}

/// One project with every case in which a field of 32 or 16 bits overflows: more
/// than 65,535 entries, one that is large before packing only, one that is large
/// in the archive too, records after the 4th gigabyte.
#[test]
fn a_project_of_nine_gigabytes_and_seventy_thousand_files_is_accepted() {
    if std::env::var_os("DJWAR_TEST_LARGE").is_none() {
        return skip::skipped("`cargo xtask test pack-large` runs this test: 14 GB of disk");
    }
    let project = FixtureCopy::of("minimal");
    let large = 4_300_000_000;
    for folder in 0..70 {
        for file in 0..1000 {
            project.write(
                &format!("data_files/{folder}/{file}.txt"),
                &file.to_string(),
            );
        }
    }
    let path = |name: &str| project.path().join(name);
    let zeros = fs_err::File::create(path("data_files/zeros.bin")).expect("created");
    zeros.set_len(large).expect("a sparse file");
    write_noise(&path("data_files/noise.bin"), large);
    project.write("notes/after.txt", "the last gigabyte");
    let war = build(&project);
    let records = records::locals(&war);
    rules_are_kept(&records);
    let record = |end: &str| {
        let mut found = records.iter().filter(|record| record.name.ends_with(end));
        found.next().expect("there")
    };
    let (zeros, noise) = (record("zeros.bin"), record("noise.bin"));
    assert_eq!((zeros.method, zeros.size), (8, large));
    assert!(zeros.compressed < 50_000_000, "{zeros:?}");
    assert_eq!((noise.method, noise.size), (0, noise.compressed));
    assert!(noise.size > u64::from(u32::MAX));
    assert!(records.len() > 70_000);
    let names = names(&records);
    tools::all_accept(&war, &names);
    fs_err::remove_file(path("data_files/noise.bin")).expect("removed, for room");
    tools::jar_unpacks(&war, &names, |folder| {
        let below = folder.join("WEB-INF/python/app");
        let text = fs_err::read_to_string(below.join("notes/after.txt"));
        assert_eq!(text.expect("there"), "the last gigabyte");
        let size = fs_err::metadata(below.join("data_files/zeros.bin"));
        assert_eq!(size.expect("there").len(), large);
    });
}
