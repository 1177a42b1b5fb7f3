//! Packing as a user sees it: nothing is written anew, a build that goes wrong
//! leaves the old WAR, and whatever was edited in between, the bytes are those of
//! a build that knows nothing.

mod support;

use std::process::Command;
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use support::{FixtureCopy, djwar, run};

/// Buckets of the cache that hold no work of packing: a cache with these alone
/// counts as empty here, and needs no network.
const GIVEN: &[&str] = &["wheels", "resolutions", "digests", "interpreters", "homes"];

/// What is there of these is given too: the byte code of Django. What a test's own
/// builds add stays with them.
const LENT: &[&str] = &["bytecode", "handlers"];

struct EmptyCache(tempfile::TempDir);

impl EmptyCache {
    /// After one build of the project has filled the user's own.
    fn new() -> Self {
        let (assert, stdout, _) = run(djwar().args(["cache", "dir"]));
        assert.success();
        let user = Utf8PathBuf::from(stdout.trim());
        let folder = tempfile::tempdir().expect("temp dir");
        let own = folder.path().join(user.file_name().expect("a layout"));
        fs_err::create_dir(&own).expect("made");
        for bucket in GIVEN {
            fs_err::create_dir_all(user.join(bucket)).expect("made");
            fs_err::os::unix::fs::symlink(user.join(bucket), own.join(bucket)).expect("linked");
        }
        for bucket in LENT {
            fs_err::create_dir(own.join(bucket)).expect("made");
            fs_err::create_dir_all(user.join(bucket)).expect("made");
            for entry in fs_err::read_dir(user.join(bucket)).expect("listed") {
                let entry = entry.expect("an entry");
                let link = own.join(bucket).join(entry.file_name());
                fs_err::os::unix::fs::symlink(entry.path(), link).expect("linked");
            }
        }
        Self(folder)
    }

    fn path(&self) -> &str {
        self.0.path().to_str().expect("UTF-8")
    }
}

/// A small project whose static files are found without Django.
fn project() -> FixtureCopy {
    let project = FixtureCopy::of("minimal");
    project.write("djwar.toml", "static = \"copy\"\n");
    project
}

fn build(project: &Utf8Path, cache: &EmptyCache) -> (Utf8PathBuf, String) {
    let (assert, stdout, stderr) = run(djwar()
        .env("DJWAR_CACHE_DIR", cache.path())
        .arg("build")
        .arg(project));
    assert.success();
    let war = stdout.lines().last().expect("the WAR's path");
    (war.into(), stderr)
}

fn warm() {
    let (assert, _, _) = run(djwar().arg("build").arg(project().path()));
    assert.success();
}

/// The same numbers every time (Knuth's MMIX).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % below
    }

    fn bytes(&mut self) -> Vec<u8> {
        match self.next(5) {
            0 => Vec::new(),
            1 => (0..30_000)
                .map(|_| u8::try_from(self.next(256)).expect("a byte"))
                .collect(),
            2 => b"a line of a text\n".repeat(90_000),
            3 => (0..1_300_000)
                .map(|_| u8::try_from(self.next(256)).expect("a byte"))
                .collect(),
            _ => format!("# {}\n", self.next(1 << 30)).into_bytes(),
        }
    }
}

/// One random edit; what it was, for the message.
fn edit(root: &Utf8Path, numbers: &mut Numbers) -> String {
    const ENDINGS: &[&str] = &["py", "html", "css", "png", "bin"];
    let mut files: Vec<Utf8PathBuf> = walkdir::WalkDir::new(root.join("extra"))
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| Utf8PathBuf::from_path_buf(entry.into_path()).expect("UTF-8"))
        .collect();
    files.push(root.join("notes/views.py"));
    let new = |numbers: &mut Numbers| {
        let ending = ENDINGS[numbers.next(ENDINGS.len())];
        root.join(format!(
            "extra/{}/f{}.{ending}",
            numbers.next(3),
            numbers.next(1000)
        ))
    };
    let old = files[numbers.next(files.len())].clone();
    let is_view = old.ends_with("views.py");
    match numbers.next(6) {
        0 => {
            let path = new(numbers);
            fs_err::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs_err::write(&path, numbers.bytes()).expect("written");
            format!("add {path}")
        }
        1 if !is_view => {
            fs_err::remove_file(&old).expect("removed");
            format!("delete {old}")
        }
        2 if !is_view => {
            let path = new(numbers);
            fs_err::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs_err::rename(&old, &path).expect("renamed");
            format!("rename {old} to {path}")
        }
        3 => {
            let file = fs_err::OpenOptions::new()
                .append(true)
                .open(&old)
                .expect("open");
            let time = SystemTime::now() - Duration::from_secs(numbers.next(9999) as u64);
            file.into_parts().0.set_modified(time).expect("touched");
            format!("touch {old}")
        }
        4 => {
            use std::os::unix::fs::PermissionsExt;
            let mode = [0o600, 0o755, 0o644][numbers.next(3)];
            fs_err::set_permissions(&old, std::fs::Permissions::from_mode(mode)).expect("chmod");
            format!("chmod {mode:o} {old}")
        }
        _ => {
            // Same size as often as not, and within the same moment.
            let mut bytes = fs_err::read(&old).expect("read");
            bytes.extend_from_slice(format!("\n# {}", numbers.next(10)).as_bytes());
            fs_err::write(&old, bytes).expect("written");
            format!("change {old}")
        }
    }
}

/// `DJWAR_TEST_EDITS` asks for more than the few of an ordinary run.
#[test]
fn after_any_edits_the_bytes_are_those_of_a_build_that_knows_nothing() {
    warm();
    let edits = std::env::var("DJWAR_TEST_EDITS").map_or(8, |text| text.parse().expect("a number"));
    let edited = project();
    let cache = EmptyCache::new();
    let mut numbers = Numbers(edits);
    for number in 0..edits {
        let done: Vec<String> = (0..=numbers.next(3))
            .map(|_| edit(&edited.path(), &mut numbers))
            .collect();
        let (war, _) = build(&edited.path(), &cache);
        let elsewhere = tempfile::tempdir().expect("temp dir");
        let copy = elsewhere.path().join("minimal");
        let copied = Command::new("cp")
            .arg("-r")
            .args([edited.path().as_std_path(), &copy])
            .status();
        assert!(copied.expect("cp runs").success());
        let copy = Utf8PathBuf::from_path_buf(copy).expect("UTF-8");
        fs_err::remove_dir_all(copy.join("dist")).expect("removed");
        let (fresh, _) = build(&copy, &EmptyCache::new());
        assert!(
            fs_err::read(war).expect("read") == fs_err::read(fresh).expect("read"),
            "edit {number} ({}) gave other bytes",
            done.join(", ")
        );
    }
}

#[test]
fn an_unchanged_project_is_up_to_date_and_an_edit_is_seen() {
    warm();
    let project = project();
    let cache = EmptyCache::new();
    let (war, said) = build(&project.path(), &cache);
    assert!(said.contains("Packed"), "{said}");
    let written = fs_err::metadata(&war)
        .expect("there")
        .modified()
        .expect("a time");
    let file = fs_err::OpenOptions::new()
        .append(true)
        .open(project.path().join("notes/views.py"))
        .expect("open");
    file.into_parts()
        .0
        .set_modified(SystemTime::UNIX_EPOCH)
        .expect("touched");
    let (_, said) = build(&project.path(), &cache);
    assert!(said.contains("Up to date"), "{said}");
    assert_eq!(
        fs_err::metadata(&war)
            .expect("there")
            .modified()
            .expect("a time"),
        written
    );
    project.write("notes/more.py", "more = True\n");
    let (_, said) = build(&project.path(), &cache);
    assert!(said.contains("Packed"), "{said}");
    // Somebody else's file in its place is replaced.
    fs_err::write(&war, "no WAR").expect("written");
    let (_, said) = build(&project.path(), &cache);
    assert!(said.contains("Packed"), "{said}");
    let (_, said) = build(&project.path(), &cache);
    assert!(said.contains("Up to date"), "{said}");
}

/// A build that a shell starts after `setting`.
fn shell_build(setting: &str, project: &Utf8Path, target: &Utf8Path) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("{setting}; exec \"$@\""), "sh"])
        .args([env!("CARGO_BIN_EXE_djwar"), "build", "-o", target.as_str()])
        .arg(project);
    command
}

#[test]
fn surroundings_change_no_byte() {
    warm();
    let project = project();
    let target = project.path().join("x.war");
    let bytes = |setting: &str| {
        let (assert, _, _) = run(shell_build(setting, &project.path(), &target)
            .env("DJWAR_CACHE_DIR", EmptyCache::new().path()));
        assert.success();
        let bytes = fs_err::read(&target).expect("read");
        fs_err::remove_file(&target).expect("removed");
        bytes
    };
    let plain = bytes("true");
    for setting in [
        "umask 077",
        "export TZ=Pacific/Kiritimati LC_ALL=tr_TR.UTF-8",
        "export HOME=/nonexistent USER=nobody",
        "command -v taskset >/dev/null && taskset -p 1 $$ >/dev/null",
    ] {
        assert!(bytes(setting) == plain, "`{setting}` changes bytes");
    }
    assert!(bytes("export SOURCE_DATE_EPOCH=1700000000") != plain);
}

/// The kernel's limit on a file's size is a disk that fills at an exact byte:
/// ignored, the signal becomes an error; else it is a kill in the middle of writing.
#[test]
fn a_full_disk_and_a_kill_leave_the_old_war_and_nothing_beside_it() {
    warm();
    let project = project();
    let folder = project.path().join("out");
    let target = folder.join("x.war");
    fs_err::create_dir_all(&folder).expect("made");
    fs_err::write(&target, "the old WAR").expect("written");
    for (setting, word) in [("trap '' XFSZ", "can't write"), ("true", "")] {
        let setting = format!("{setting}; ulimit -f 4096");
        let (assert, _, said) = run(&mut shell_build(&setting, &project.path(), &target));
        assert.failure();
        assert!(said.contains(word), "{said}");
        assert_eq!(
            fs_err::read_to_string(&target).expect("kept"),
            "the old WAR"
        );
        let names: Vec<_> = fs_err::read_dir(&folder)
            .expect("listed")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        assert_eq!(names, ["x.war"], "{setting}");
    }
}

/// The moments are spread over a build, however long it takes here: the first one
/// that ends ends the test.
#[test]
fn a_kill_at_any_moment_leaves_the_old_war_or_the_new_one_and_nothing_beside_it() {
    warm();
    let project = project();
    project.write("notes/long.txt", &"a line of a text\n".repeat(900_000));
    let cache = EmptyCache::new();
    let folder = project.path().join("out");
    let target = folder.join("x.war");
    fs_err::create_dir_all(&folder).expect("made");
    let (whole, _) = build(&project.path(), &EmptyCache::new());
    let whole = fs_err::read(whole).expect("read");
    let old = b"the old WAR".to_vec();
    let mut kills = 0;
    for step in 1.. {
        fs_err::write(&target, &old).expect("written");
        let mut child = djwar()
            .env("DJWAR_CACHE_DIR", cache.path())
            .args(["build", "--quiet", "-o", target.as_str()])
            .arg(project.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("djwar starts");
        std::thread::sleep(Duration::from_millis(step * step * 5));
        child.kill().expect("SIGKILL");
        let is_over = child.wait().expect("ended").success();
        let there = fs_err::read(&target).expect("read");
        assert!(there == old || there == whole, "neither WAR, at {step}");
        assert!(!is_over || there == whole, "it said it was done");
        let names: Vec<_> = fs_err::read_dir(&folder)
            .expect("listed")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        assert_eq!(names, ["x.war"], "at {step}");
        if is_over {
            break;
        }
        kills += 1;
    }
    assert!(kills > 0, "nothing was killed");
}

#[test]
fn two_builds_at_once_both_end_well() {
    warm();
    let project = project();
    let cache = EmptyCache::new();
    let start = || {
        djwar()
            .env("DJWAR_CACHE_DIR", cache.path())
            .args(["build", "--quiet"])
            .arg(project.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("djwar starts")
    };
    let builds = [start(), start(), start()];
    for mut build in builds {
        assert!(build.wait().expect("ended").success());
    }
    let (war, said) = build(&project.path(), &cache);
    assert!(
        said.contains("Up to date") || said.contains("Packed"),
        "{said}"
    );
    let tested = Command::new("python3")
        .args(["-m", "zipfile", "-t", war.as_str()])
        .output();
    assert!(tested.expect("python3 runs").status.success());
    let names: Vec<_> = fs_err::read_dir(war.parent().expect("a folder"))
        .expect("listed")
        .collect();
    assert_eq!(names.len(), 1, "{names:?}");
}

#[test]
fn a_damaged_pack_of_the_cache_is_noticed_and_made_again() {
    warm();
    let project = project();
    project.write("notes/long.txt", &"a line of a text\n".repeat(9000));
    let cache = EmptyCache::new();
    let (war, _) = build(&project.path(), &cache);
    let bytes = fs_err::read(&war).expect("read");
    fs_err::remove_file(&war).expect("removed");
    let mut damaged = 0;
    for entry in walkdir::WalkDir::new(cache.path()) {
        let entry = entry.expect("readable");
        if entry
            .path()
            .extension()
            .is_some_and(|ending| ending == "pack")
        {
            let mut pack = fs_err::read(entry.path()).expect("read");
            pack[40] ^= 0xff;
            fs_err::write(entry.path(), pack).expect("written");
            damaged += 1;
        }
    }
    assert_eq!(damaged, 1);
    let (war, _) = build(&project.path(), &cache);
    assert!(
        fs_err::read(war).expect("read") == bytes,
        "damage got into the WAR"
    );
}

/// The files of the cache that are no links into the user's own.
fn own_files(cache: &EmptyCache) -> Vec<Utf8PathBuf> {
    walkdir::WalkDir::new(cache.path())
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.expect("readable"))
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| Utf8PathBuf::from_path_buf(entry.into_path()).expect("UTF-8"))
        .collect()
}

/// One random damage; what it was, for the message.
fn damage(file: &Utf8Path, numbers: &mut Numbers) -> String {
    let mut bytes = fs_err::read(file).expect("read");
    let what = match numbers.next(4) {
        0 => {
            bytes.clear();
            "emptied".to_owned()
        }
        1 if !bytes.is_empty() => {
            let length = numbers.next(bytes.len());
            bytes.truncate(length);
            format!("cut to {length} bytes")
        }
        2 => {
            fs_err::remove_file(file).expect("removed");
            return format!("removed {file}");
        }
        _ if !bytes.is_empty() => {
            let at = numbers.next(bytes.len());
            bytes[at] ^= 1 << numbers.next(8);
            format!("flipped a bit of byte {at}")
        }
        _ => {
            bytes.push(0);
            "lengthened".to_owned()
        }
    };
    fs_err::write(file, bytes).expect("written");
    format!("{what} of {file}")
}

/// `DJWAR_TEST_EDITS` asks for more, as above.
#[test]
fn whatever_is_damaged_in_the_cache_the_bytes_are_the_same() {
    warm();
    let cases = std::env::var("DJWAR_TEST_EDITS").map_or(6, |text| text.parse().expect("a number"));
    let project = project();
    project.write("notes/long.txt", &"a line of a text\n".repeat(9000));
    let cache = EmptyCache::new();
    let (war, _) = build(&project.path(), &cache);
    let bytes = fs_err::read(&war).expect("read");
    let mut numbers = Numbers(cases);
    for number in 0..cases {
        let mut done = Vec::new();
        for _ in 0..=numbers.next(2) {
            let files = own_files(&cache);
            assert!(files.len() > 3, "{files:?}");
            done.push(damage(&files[numbers.next(files.len())], &mut numbers));
        }
        // An edit in between asks for byte code and digests of before.
        let is_edited = numbers.next(2) == 0;
        if is_edited {
            project.write("notes/long.txt", &format!("edit {number}\n"));
            build(&project.path(), &cache);
            project.write("notes/long.txt", &"a line of a text\n".repeat(9000));
        } else {
            fs_err::remove_file(&war).expect("removed");
        }
        build(&project.path(), &cache);
        assert!(
            fs_err::read(&war).expect("read") == bytes,
            "damage {number} ({}) got into the WAR",
            done.join(", ")
        );
    }
}

#[test]
fn the_cache_tells_its_place_and_size_and_is_cleared() {
    warm();
    let folder = tempfile::tempdir().expect("temp dir");
    let cache = |words: &[&str]| {
        let (assert, stdout, _) = run(djwar()
            .env("DJWAR_CACHE_DIR", folder.path())
            .arg("cache")
            .args(words));
        assert.success();
        stdout
    };
    assert!(cache(&["dir"]).starts_with(folder.path().to_str().expect("UTF-8")));
    assert!(cache(&["size"]).contains("in all"));
    let own = EmptyCache::new();
    build(&project().path(), &own);
    let (assert, stdout, _) = run(djwar()
        .env("DJWAR_CACHE_DIR", own.path())
        .args(["cache", "size"]));
    assert.success();
    assert!(stdout.contains("deflated"), "{stdout}");
    assert!(cache(&["prune"]).contains("removed 0 entries"));
    assert!(cache(&["clear"]).contains("removed 0 entries"));
}
