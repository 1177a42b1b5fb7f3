//! Projects that are broken, or that somebody made to break us.

use camino::Utf8Path;

use super::super::{ScanOptions, scan};
use super::{MANAGE, SETTINGS, Tree, ordinary, paths};

fn excluded(tree: &Tree, options: &ScanOptions) -> Vec<String> {
    let project = tree.try_scan(options).expect("scans");
    project.exclude.into_iter().map(|one| one.path).collect()
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_and_refused_outside_of_the_project() {
    use std::os::unix::fs::symlink;
    let tree = ordinary();
    tree.write("shared/a.txt", "a");
    symlink("../shared", tree.root.join("polls/shared")).expect("linked");
    let project = tree.scan();
    assert!(paths(&project).contains(&"polls/shared/a.txt".to_owned()));
    // What stays out may point anywhere.
    symlink("/usr", tree.root.join("env/usr")).expect("linked");
    symlink("/usr", tree.root.join("node_modules/usr")).expect("linked");
    tree.scan();
    let outside = tree.root.parent().expect("a parent").join("outside");
    fs_err::write(&outside, "x").expect("written");
    symlink(&outside, tree.root.join("polls/leak")).expect("linked");
    assert_eq!(
        tree.error().replace(outside.as_str(), "OUTSIDE"),
        "error: the link `polls/leak` leaves the project: it points to `OUTSIDE`\n\n\
         hint: copy what it points to into the project, or leave it out: \
         `exclude = [\"polls/leak\"]` in `djwar.toml` (or `[tool.djwar]`)"
    );
    let options = ScanOptions {
        exclude: vec!["polls/leak".to_owned()],
        ..ScanOptions::default()
    };
    tree.try_scan(&options).expect("the hint helps");
}

#[cfg(unix)]
#[test]
fn loops_of_links_are_named() {
    use std::os::unix::fs::symlink;
    for (link, target, shown) in [("polls/up", "..", "`.`"), ("polls/me", "me", "`me`")] {
        let tree = ordinary();
        symlink(target, tree.root.join(link)).expect("linked");
        let error = tree.error();
        let start =
            format!("error: the link `{link}` makes a loop: it points to {shown}, which holds it");
        assert!(error.starts_with(&start), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_left_out_with_a_warning() {
    let tree = ordinary();
    std::os::unix::fs::symlink("nowhere", tree.root.join("polls/gone")).expect("linked");
    let project = tree.scan();
    assert!(
        project
            .problems
            .iter()
            .any(|problem| problem.code == "dangling-link")
    );
    assert!(project.exclude.iter().any(|one| one.path == "polls/gone"));
}

#[cfg(unix)]
#[test]
fn pipes_and_sockets_are_left_out_and_never_opened() {
    let tree = ordinary();
    let made = std::process::Command::new("mkfifo")
        .args(["polls/pipe", "polls/settings.py", "cache.db"])
        .current_dir(&tree.root)
        .status();
    assert!(
        made.is_ok_and(|status| status.success()),
        "mkfifo is part of every Unix"
    );
    let _socket = std::os::unix::net::UnixListener::bind(tree.root.join("s")).expect("bound");
    let left_out = excluded(&tree, &ScanOptions::default());
    for path in ["polls/pipe", "polls/settings.py", "cache.db", "s"] {
        assert!(
            left_out.iter().any(|one| one == path),
            "{path} in {left_out:?}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_utf_8_is_an_error_unless_it_stays_out() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let tree = ordinary();
    let name = OsStr::from_bytes(b"caf\xe9.txt");
    fs_err::write(tree.root.join("node_modules").as_std_path().join(name), "x").expect("written");
    tree.scan();
    fs_err::write(tree.root.join("polls").as_std_path().join(name), "x").expect("written");
    assert!(
        tree.error()
            .starts_with("error: the name of `polls/caf\u{fffd}.txt` is not UTF-8")
    );
}

#[test]
fn patterns_bring_back_and_leave_out() {
    let tree = ordinary();
    tree.write("node_modules/b/deep/x.js", "");
    let scanned = |include: &[&str], exclude: &[&str]| {
        let texts = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        let options = ScanOptions {
            include: texts(include),
            exclude: texts(exclude),
            ..ScanOptions::default()
        };
        tree.try_scan(&options).expect("scans")
    };
    let project = scanned(&["node_modules/b/**", "db.sqlite3"], &[]);
    assert!(paths(&project).contains(&"node_modules/b/deep/x.js".to_owned()));
    assert!(paths(&project).contains(&"db.sqlite3".to_owned()));
    assert!(!paths(&project).contains(&"node_modules/a/index.js".to_owned()));
    let project = scanned(&[], &["polls/", "*.txt"]);
    assert!(!paths(&project).iter().any(|path| path.starts_with("polls")));
    assert!(!paths(&project).contains(&"requirements.txt".to_owned()));
    let options = ScanOptions {
        exclude: vec!["a[".to_owned()],
        ..ScanOptions::default()
    };
    let error = tree.try_scan(&options).expect_err("no pattern");
    assert!(
        error
            .to_string()
            .starts_with("`a[` is no pattern for paths: "),
        "{error}"
    );
}

#[test]
fn secrets_stay_out_and_code_with_such_names_does_not() {
    let tree = ordinary();
    let out = [
        ".env.production",
        "certs/server.pem",
        "certs/server.key",
        "id_rsa",
        "id_ed25519.pub",
        "x.sqlite3-journal",
        "old.war",
        "a.pyc",
        ".coverage",
        "debug.log",
    ];
    let kept = [
        "polls/id_cards.py",
        "polls/environment.py",
        "polls/keys.py",
        "frontend/dist/app.js",
        "polls/build/x.txt",
        "notes.db",
    ];
    for path in out.iter().chain(&kept) {
        tree.write(path, "text");
    }
    let project = tree.scan();
    for path in out {
        assert!(
            !paths(&project).contains(&path.to_owned()),
            "{path} was packed"
        );
    }
    for path in kept {
        assert!(
            paths(&project).contains(&path.to_owned()),
            "{path} was left out"
        );
    }
}

#[test]
fn files_in_the_wrong_encoding_are_named_with_the_byte() {
    for (path, bytes, said) in [
        (
            "requirements.txt",
            &b"Django==5.2\n# caf\xe9\n"[..],
            "`requirements.txt` is not UTF-8: byte 17 (line 2) can't be decoded",
        ),
        (
            "requirements.txt",
            b"\xff\xfeD\0\n\0\0\xd8x\0",
            "`requirements.txt` is not UTF-16: byte 6 (line 2) can't be decoded",
        ),
        (
            "site1/settings.py",
            b"\xff\xfeA\0",
            "`site1/settings.py` is written in UTF-16",
        ),
        (
            "site1/settings.py",
            b"A = 1\0\n",
            "`site1/settings.py` is not text: byte 5 (line 1) can't be decoded",
        ),
        (
            "pyproject.toml",
            b"[project]\nname = '\xe9'\n",
            "`pyproject.toml` is not UTF-8: byte 18 (line 2) can't be decoded",
        ),
        (
            "uv.lock",
            b"\xe9",
            "`uv.lock` is not UTF-8: byte 0 (line 1) can't be decoded",
        ),
    ] {
        let tree = ordinary();
        tree.write(path, bytes);
        let expected = format!("error: {said}\n\nhint: save `{path}` as UTF-8");
        assert_eq!(tree.error(), expected);
    }
}

#[test]
fn requirements_in_utf_16_are_read_as_pip_reads_them() {
    for is_little in [true, false] {
        let tree = ordinary();
        let mut bytes = Vec::new();
        for unit in "\u{feff}Django==5.2\r\nPillow==11 # \u{1f40d}\r\n".encode_utf16() {
            bytes.extend(if is_little {
                unit.to_le_bytes()
            } else {
                unit.to_be_bytes()
            });
        }
        tree.write("requirements.txt", bytes);
        let project = tree.scan();
        let names: Vec<&str> = project
            .dependencies
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        assert_eq!(names, ["django", "pillow"]);
        assert!(
            project
                .problems
                .iter()
                .any(|problem| problem.code == "utf-16")
        );
    }
}

#[test]
fn marks_and_foreign_line_ends_change_nothing() {
    let tree = ordinary();
    tree.write("requirements.txt", "\u{feff}Django==5.2\r\nPillow==11\r\n");
    tree.write("setup.cfg", "\u{feff}[metadata]\r\nname = shop\r\n");
    tree.write(
        "site1/settings.py",
        format!("\u{feff}{}", SETTINGS.replace('\n', "\r\n")),
    );
    let project = tree.scan();
    assert_eq!(project.name, "shop");
    assert_eq!(project.dependencies.len(), 2);
    assert_eq!(
        project.root_urlconf.known().map(String::as_str),
        Some("site1.urls")
    );
}

#[test]
fn broken_manifests_and_locks_are_named() {
    for (path, text, start) in [
        (
            "pyproject.toml",
            "[project\n",
            "error: can't read `pyproject.toml`: ",
        ),
        ("uv.lock", "a = = 1\n", "error: can't read `uv.lock`: "),
        (
            "Pipfile.lock",
            "{\"default\": ",
            "error: can't read `Pipfile.lock`: ",
        ),
    ] {
        let tree = ordinary();
        tree.write(path, text);
        let error = tree.error();
        assert!(error.starts_with(start), "{error}");
    }
}

#[test]
fn settings_that_explode_end_all_the_same() {
    let doubling = "A = ['a']\n".to_owned() + &"A = [A, A]\n".repeat(200);
    let adding = "A = 'a'\n".to_owned() + &"A = A + A\n".repeat(200);
    let recursing = "def f(a):\n    return f(a) + f(a) if x else f(f(a))\nA = f(1)\n".to_owned();
    let branching = (0..3_000).fold(String::new(), |text, index| {
        format!("{text}if a{index}:\n    b{index} = c{index} = 1\n")
    });
    let nested = format!("A = {}1{}\n", "[".repeat(190), "]".repeat(190));
    let endless = "while True:\n    A = 1\n".to_owned();
    let own = "from .settings import *\nimport site1.settings\n".to_owned();
    let deep = (0..80).fold(String::new(), |text, level| {
        text + &"    ".repeat(level) + "if a:\n"
    }) + &"    ".repeat(80)
        + "A = 1\n";
    for source in [
        doubling, adding, recursing, branching, nested, endless, own, deep,
    ] {
        let tree = Tree::new(&[
            ("manage.py", MANAGE),
            ("requirements.txt", "django\n"),
            ("site1/__init__.py", ""),
        ]);
        tree.write(
            "site1/settings.py",
            format!("{source}\nROOT_URLCONF = 'x'\n"),
        );
        tree.scan();
    }
}

/// Ends, rather than looks for the line of each of a million names in all lines.
#[test]
fn manifests_with_very_many_names_end() {
    let names = (0..100_000).fold(String::new(), |text, number| {
        text + &format!("'p{number}',\n")
    });
    let tables = (0..60_000).fold(String::new(), |text, number| {
        text + &format!("p{number} = '*'\n")
    });
    for (path, text) in [
        (
            "pyproject.toml",
            format!("[project]\nname = 'x'\ndependencies = ['django',\n{names}]\n"),
        ),
        ("Pipfile", format!("[packages]\ndjango = '*'\n{tables}")),
    ] {
        let tree = Tree::new(&[("manage.py", MANAGE), ("site1/__init__.py", "")]);
        tree.write("site1/settings.py", SETTINGS);
        tree.write(path, text);
        assert!(tree.scan().dependencies.len() > 50_000, "{path}");
    }
}

#[test]
fn bytes_of_all_kinds_do_not_panic() {
    // A fixed generator, so that a failure comes again.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % 1_000_003).unwrap_or(0)
    };
    let pieces: Vec<&str> = SETTINGS
        .split_inclusive([' ', '\n', '(', '.', '"'])
        .chain([
            "[", "{", "f\"{", "\\", "\0", "é", "**", "lambda", ":=", "%s", "'''",
        ])
        .collect();
    for _ in 0..150 {
        let length = next() % 60;
        let source: String = (0..length).map(|_| pieces[next() % pieces.len()]).collect();
        let tree = Tree::new(&[("manage.py", MANAGE), ("site1/__init__.py", "")]);
        for path in [
            "site1/settings.py",
            "requirements.txt",
            "setup.cfg",
            "runtime.txt",
        ] {
            tree.write(path, &source);
        }
        // Either is fine; a panic is not.
        let _ = tree.try_scan(&ScanOptions::default());
    }
}

/// A short run of what `fuzz/` does for hours: each seed, broken in forty ways.
#[test]
fn seeds_of_the_fuzz_targets_do_not_panic_when_they_are_broken() {
    const TARGETS: &[(&str, &[&str])] = &[
        ("settings", &["site1/settings.py"]),
        ("requirements", &["requirements.txt"]),
        (
            "manifests",
            &["pyproject.toml", "setup.cfg", "Pipfile", "setup.py", ".env"],
        ),
        (
            "locks",
            &[
                "uv.lock",
                "pylock.toml",
                "poetry.lock",
                "Pipfile.lock",
                "djwar.lock",
            ],
        ),
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % 1_000_003).unwrap_or(0) % below.max(1)
    };
    let seeds = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    for (target, names) in TARGETS {
        let entries = seeds.join(target).read_dir_utf8().expect("seeds");
        for entry in entries.flatten() {
            let seed = fs_err::read(entry.path()).expect("readable");
            let (name, seed) = match (names, seed.split_first()) {
                ([only], _) => (*only, seed.as_slice()),
                (several, Some((first, rest))) => (several[usize::from(*first)], rest),
                _ => panic!("an empty seed"),
            };
            let tree = Tree::new(&[("manage.py", MANAGE), ("site1/__init__.py", "")]);
            tree.write("site1/settings.py", SETTINGS);
            tree.write("site1/base.py", "from .settings import *\n");
            tree.write("base.txt", "-r base.txt\ndjango==5\n");
            tree.write("limits.txt", "django<6\n");
            tree.write(name, seed);
            tree.try_scan(&ScanOptions::default())
                .unwrap_or_else(|error| panic!("{}: {error}", entry.path()));
            for _ in 0..40 {
                let mut bytes = seed.to_vec();
                for _ in 0..=next(4) {
                    let at = next(bytes.len());
                    match next(4) {
                        0 => bytes.truncate(at),
                        1 => bytes.insert(at, u8::try_from(next(256)).unwrap_or(0)),
                        2 => {
                            let end = (at + next(30)).min(bytes.len());
                            let piece = bytes[at.min(end)..end].to_vec();
                            bytes.splice(at..at, piece);
                        }
                        _ if at < bytes.len() => {
                            bytes.remove(at);
                        }
                        _ => {}
                    }
                }
                tree.write(name, &bytes);
                // Either is fine; a panic is not.
                let _ = tree.try_scan(&ScanOptions::default());
            }
        }
    }
}

#[test]
fn what_is_no_folder_is_said() {
    let error = scan(Utf8Path::new("/nowhere/at/all"), &ScanOptions::default()).expect_err("none");
    assert_eq!(error.to_string(), "`/nowhere/at/all` is not a folder");
}
