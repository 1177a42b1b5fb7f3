//! What several test files need: copies of fixtures, and the binary as a user
//! runs it.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::process::Command;

use assert_cmd::assert::Assert;
use camino::{Utf8Path, Utf8PathBuf};

/// A copy of a fixture in a temporary folder: fixtures are read-only.
pub(crate) struct FixtureCopy {
    folder: tempfile::TempDir,
    name: String,
}

impl FixtureCopy {
    /// Copies `fixtures/NAME`.
    pub(crate) fn of(name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let from = Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures")
            .join(name);
        let copy = Self {
            folder,
            name: name.to_owned(),
        };
        for entry in walkdir::WalkDir::new(&from) {
            let entry = entry.expect("a readable fixture");
            let path = Utf8Path::from_path(entry.path()).expect("UTF-8");
            let relative = path.strip_prefix(&from).expect("below the fixture");
            // What running a fixture by hand leaves behind is no part of it.
            let skipped = ["__pycache__", "dist", ".djwar", "data", "staticfiles"];
            if relative
                .components()
                .any(|part| skipped.contains(&part.as_str()))
            {
                continue;
            }
            let target = copy.path().join(relative);
            if entry.file_type().is_dir() {
                fs_err::create_dir_all(&target).expect("a folder");
            } else {
                fs_err::copy(path, &target).expect("a file");
            }
        }
        copy
    }

    /// The copy.
    pub(crate) fn path(&self) -> Utf8PathBuf {
        Utf8Path::from_path(self.folder.path())
            .expect("UTF-8")
            .join(&self.name)
    }

    /// Writes a file of the copy.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs_err::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs_err::write(path, text).expect("written");
    }

    /// Its WAR, built beside the copy.
    pub(crate) fn war(&self) -> Utf8PathBuf {
        let war = self.path().with_extension("war");
        let mut build = djwar();
        build.args(["build", "-o", war.as_str()]).arg(self.path());
        run(&mut build).0.success();
        war
    }

    /// Every path in the copy, sorted, relative.
    pub(crate) fn listing(&self) -> Vec<String> {
        let root = self.path();
        let mut paths: Vec<String> = walkdir::WalkDir::new(&root)
            .into_iter()
            .map(|entry| {
                let entry = entry.expect("readable");
                let path = Utf8Path::from_path(entry.path()).expect("UTF-8");
                path.strip_prefix(&root).expect("below").to_string()
            })
            .collect();
        paths.sort();
        paths
    }
}

/// The binary, away from the caller's own configuration.
pub(crate) fn djwar() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_djwar"));
    command.env("NO_COLOR", "1");
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("DJWAR_") && name != "DJWAR_CACHE_DIR" {
            command.env_remove(name);
        }
    }
    command
}

/// What Python code prints in the shell of a WAR, with a data folder beside it.
pub(crate) fn shell(war: &Utf8Path, code: &str, options: &[&str]) -> String {
    let (assert, stdout, _) = run(djwar()
        .args(["manage", war.as_str(), "--data-dir"])
        .arg(war.with_extension("data"))
        .args(["--", "shell", "-c", code])
        .args(options));
    assert.success();
    stdout
}

/// Runs the binary and gives what it said.
pub(crate) fn run(command: &mut Command) -> (Assert, String, String) {
    let output = command.output().expect("djwar starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(!stderr.contains("panicked"), "{stderr}");
    (Assert::new(output), stdout, stderr)
}
