//! Where a measurement keeps things: unpacked artifacts and built peers stay in
//! `target/bench`, everything of one run goes with it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use djwar::model::Coordinates;
use djwar::report::Silent;
use djwar::resolve::{Cache, Host, Maven};

use crate::shell::root;

/// The folder that outlives a run.
pub(crate) fn kept() -> Result<PathBuf> {
    let folder = root().join("target/bench");
    fs_err::create_dir_all(&folder)?;
    Ok(folder)
}

/// A folder of one run. Under the system's own temporary folder, because the
/// path of a Unix socket may have about 100 bytes only.
pub(crate) fn temporary() -> Result<tempfile::TempDir> {
    tempfile::Builder::new()
        .prefix("djwar-bench-")
        .tempdir()
        .context("can't make a temporary folder")
}

/// A folder below `target/bench` that is made whole or not at all.
pub(crate) fn kept_or_made(name: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let folder = kept()?.join(name);
    if !folder.exists() {
        let draft = tempfile::tempdir_in(kept()?)?;
        make(draft.path())?;
        fs_err::rename(draft.keep(), &folder)?;
    }
    Ok(folder)
}

/// An artifact of Maven, unpacked.
pub(crate) fn unpacked(coordinates: &str) -> Result<PathBuf> {
    let coordinates: Coordinates = coordinates.parse()?;
    kept_or_made(&coordinates.file_name(), |folder| {
        let host = Host::of_this_process();
        let cache = Cache::of_user(&host)?;
        let archive = Maven::new(host, cache, false, &Silent).artifact(&coordinates)?;
        let mut zip = zip::ZipArchive::new(fs_err::File::open(&archive)?)?;
        zip.extract(folder)
            .with_context(|| format!("can't unpack `{archive}`"))
    })
}

/// Copies a folder without what Python and editors leave in it.
pub(crate) fn copy_project(from: &Path, to: &Path) -> Result<()> {
    fs_err::create_dir_all(to)?;
    for entry in fs_err::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if ["__pycache__", "dist", "data", ".venv"]
            .iter()
            .any(|one| name == **one)
        {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy_project(&entry.path(), &to.join(&name))?;
        } else {
            fs_err::copy(entry.path(), to.join(&name))?;
        }
    }
    Ok(())
}
