//! The same project gives the same bytes, and djwar says when it does not.

#[path = "support/skip.rs"]
mod skip;
mod support;

use camino::{Utf8Path, Utf8PathBuf};
use support::{FixtureCopy, djwar, run};

/// A command of the project that never writes the same twice.
const NOISE: &str = "\
import os
from pathlib import Path

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    def handle(self, **options):
        app = Path(__file__).resolve().parents[2]
        (app / \"noise.txt\").write_bytes(os.urandom(20))
";

#[test]
fn a_reproducible_project_is_told_so() {
    let project = FixtureCopy::of("minimal");
    let (assert, _, said) = run(djwar()
        .args(["build", "--verify-reproducible"])
        .arg(project.path()));
    assert.success();
    assert!(said.contains("both builds have the same bytes"), "{said}");
}

#[test]
fn what_differs_between_two_builds_is_named_and_nothing_is_written() {
    let project = FixtureCopy::of("minimal");
    project.write("djwar.toml", "static = \"none\"\nbefore = [[\"noise\"]]\n");
    project.write("notes/management/__init__.py", "");
    project.write("notes/management/commands/__init__.py", "");
    project.write("notes/management/commands/noise.py", NOISE);
    let (assert, _, said) = run(djwar()
        .args(["build", "--verify-reproducible"])
        .arg(project.path()));
    assert.code(1);
    assert!(
        said.contains("`WEB-INF/python/app/notes/noise.txt`"),
        "{said}"
    );
    assert!(!said.contains("settings.py"), "{said}");
    assert!(!project.path().join("dist").exists(), "a WAR was written");
}

/// In memory: there a folder lists its newest file first, while others sort by a hash
/// of the name.
#[test]
fn the_order_in_which_a_file_system_lists_files_changes_no_byte() {
    let memory = Utf8Path::new("/dev/shm");
    if !memory.is_dir() {
        return skip::skipped("no /dev/shm, where folders list their newest file first");
    }
    let original = FixtureCopy::of("minimal");
    for number in 0..40 {
        original.write(&format!("notes/static/notes/{number}.css"), "a { }");
        original.write(&format!("notes/text/{number}.txt"), &number.to_string());
    }
    let names = original.listing();
    let mut backwards = names.clone();
    backwards.reverse();
    let build = |names: &[String]| {
        let folder = tempfile::tempdir_in(memory).expect("a temporary folder");
        let copy = Utf8Path::from_path(folder.path())
            .expect("UTF-8")
            .join("minimal");
        for name in names {
            let (from, to) = (original.path().join(name), copy.join(name));
            if from.is_file() {
                fs_err::create_dir_all(to.parent().expect("a folder")).expect("made");
                fs_err::copy(from, to).expect("copied");
            }
        }
        let listed: Vec<_> = fs_err::read_dir(copy.join("notes/text"))
            .expect("listed")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        let (assert, stdout, _) = run(djwar().args(["build", "--static", "copy"]).arg(&copy));
        assert.success();
        let war = Utf8PathBuf::from(stdout.lines().last().expect("the WAR's path"));
        (listed, fs_err::read(war).expect("read"))
    };
    let ((one, first), (other, second)) = (build(&names), build(&backwards));
    assert_ne!(one, other, "both folders are listed in one order");
    assert!(first == second, "the order changes bytes");
}
