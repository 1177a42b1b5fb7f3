//! What the suite needs and the repository must not hold: Django's sdist, the
//! packages of its tests, the jars. Kept below `target`.

use anyhow::{Context, Result};
use camino::Utf8PathBuf;

use super::execute;
use crate::shell::root;

/// The last releases for Python 2.7, and what they need.
const PACKAGES: [&str; 4] = [
    "pytz==2022.7.1",
    "mock==3.0.5",
    "funcsigs==1.0.2",
    "six==1.17.0",
];

pub(crate) struct Parts {
    /// Where all of it lies, and the logs.
    pub(crate) folder: Utf8PathBuf,
    /// Django's sdist, unpacked.
    pub(crate) django: Utf8PathBuf,
    pub(crate) packages: Utf8PathBuf,
    /// Jython, the drivers, and the committed jar of the runtime.
    pub(crate) class_path: String,
}

impl Parts {
    /// Takes what is there, and fetches the rest by pip and Maven.
    pub(crate) fn fetch(release: &str) -> Result<Self> {
        let root = Utf8PathBuf::try_from(root())?;
        let folder = root.join("target/django-jython");
        let django = folder.join(format!("Django-{release}"));
        let packages = folder.join("packages");
        fs_err::create_dir_all(&folder)?;
        if !django.exists() {
            let wanted = format!("django=={release}");
            execute(
                "python3",
                &[
                    "-m",
                    "pip",
                    "download",
                    "--quiet",
                    "--no-deps",
                    "--no-binary",
                    ":all:",
                    "--dest",
                    folder.as_str(),
                    &wanted,
                ],
            )?;
            let archive = folder.join(format!("Django-{release}.tar.gz"));
            execute("tar", &["-xzf", archive.as_str(), "-C", folder.as_str()])?;
        }
        if !packages.exists() {
            let line = [
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-deps",
                "--target",
                packages.as_str(),
            ];
            execute("python3", &[&line[..], &PACKAGES[..]].concat())?;
        }
        let list = folder.join("class-path");
        let output = format!("-Dmdep.outputFile={list}");
        // The versions are those of the runtime's own build and tests.
        execute(
            "mvn",
            &[
                "--batch-mode",
                "--quiet",
                "-f",
                "runtime/java",
                "dependency:build-classpath",
                "-DincludeScope=test",
                &output,
            ],
        )?;
        let jars = fs_err::read_to_string(&list).context("Maven named no class path")?;
        let ours = root.join("runtime/dist/djwar-runtime.jar");
        Ok(Self {
            folder,
            django,
            packages,
            class_path: format!("{ours}:{}", jars.trim()),
        })
    }
}
