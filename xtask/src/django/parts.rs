//! What the suite needs and the repository must not hold: Django's sdist, the
//! packages of its tests, the jars. Kept below `target`.

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};

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
        let django = sdist(&folder, release)?;
        let packages = folder.join("packages");
        install(&packages, &PACKAGES)?;
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

/// Django's sdist below `folder`, unpacked; downloaded by pip where it is not there.
pub(crate) fn sdist(folder: &Utf8Path, release: &str) -> Result<Utf8PathBuf> {
    // The name was in capitals once.
    let names = [format!("django-{release}"), format!("Django-{release}")];
    let found = |ending: &str| {
        let paths = names.iter().map(|name| folder.join(name.clone() + ending));
        paths.into_iter().find(|path| path.exists())
    };
    if let Some(there) = found("") {
        return Ok(there);
    }
    fs_err::create_dir_all(folder)?;
    let wanted = format!("django=={release}");
    let line = ["-m", "pip", "download", "--quiet", "--no-deps"];
    let place = ["--no-binary", ":all:", "--dest", folder.as_str(), &wanted];
    execute("python3", &[&line[..], &place[..]].concat())?;
    let archive = found(".tar.gz").context("pip brought another archive")?;
    execute("tar", &["-xzf", archive.as_str(), "-C", folder.as_str()])?;
    found("").context("the sdist holds a folder of another name")
}

/// These packages and none that they need, once, in a folder of their own.
pub(crate) fn install(folder: &Utf8Path, packages: &[&str]) -> Result<()> {
    if folder.exists() {
        return Ok(());
    }
    let line = ["-m", "pip", "install", "--quiet", "--no-deps", "--target"];
    execute(
        "python3",
        &[&line[..], &[folder.as_str()], packages].concat(),
    )
}
