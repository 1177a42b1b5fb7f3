//! A project in memory's file system, of which the fuzzer writes one file: the
//! whole of `scan` runs on it. An error is fine; a panic, a hang or an overflow is
//! a finding.

use std::sync::OnceLock;

use camino::Utf8PathBuf;
use djwar::scan::{ScanOptions, scan};

/// Files that make a project of the fuzzed one.
const FRAME: &[(&str, &str)] = &[
    (
        "manage.py",
        "import os, django\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')\n",
    ),
    ("site1/__init__.py", ""),
    (
        "site1/settings.py",
        "INSTALLED_APPS = ['a']\nROOT_URLCONF = 'site1.urls'\n",
    ),
    (
        "site1/base.py",
        "from .settings import *\nINSTALLED_APPS = ['base']\n",
    ),
    (
        "pyproject.toml",
        "[project]\nname = 'site'\ndependencies = ['django']\n\
         [project.optional-dependencies]\npg = ['psycopg']\n",
    ),
    ("base.txt", "-r base.txt\ndjango==5\n"),
    ("limits.txt", "django<6\n"),
    ("libs/near/setup.py", "from setuptools import setup\nsetup(name='near')\n"),
];

/// Scans the project with `bytes` in the file `path`.
pub fn scan_with(path: &str, bytes: &[u8]) {
    static ROOT: OnceLock<Utf8PathBuf> = OnceLock::new();
    let root = ROOT.get_or_init(|| {
        let root = Utf8PathBuf::from(format!("/dev/shm/djwar-fuzz-{}", std::process::id()));
        for (path, text) in FRAME {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        root
    });
    std::fs::write(root.join(path), bytes).expect("written");
    for extras in [vec![], vec!["pg".to_owned()]] {
        let options = ScanOptions {
            extras,
            ..ScanOptions::default()
        };
        if let Ok(project) = scan(root, &options) {
            assert_eq!(project.schema, 1);
        }
    }
    match FRAME.iter().find(|(known, _)| *known == path) {
        Some((_, text)) => std::fs::write(root.join(path), text).expect("written"),
        None => std::fs::remove_file(root.join(path)).expect("removed"),
    }
}
