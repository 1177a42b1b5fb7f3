//! `djwar build --verify-reproducible`: the same project twice from scratch, each
//! time in an empty cache and with another number of threads; the bytes must be
//! the same.

use std::collections::BTreeMap;
use std::io;

use camino::Utf8Path;

use super::{Surroundings, Target, build_in};
use crate::config::Config;
use crate::error::{Failure, Kind};
use crate::model::Project;
use crate::report::Report;
use crate::resolve::{Cache, Host};
use crate::zipfile::Directory;

/// What was downloaded is the same whenever it is: from scratch doesn't mean over
/// the network.
const DOWNLOADED: &[&str] = &["wheels", "resolutions", "digests"];

/// How many differing entries a message names.
const NAMED: usize = 10;

/// Builds twice and compares.
///
/// # Errors
/// When the bytes differ, with the entries that do; and whatever a build refuses.
pub fn verify_reproducible(
    project: &Project,
    config: &Config,
    offline: bool,
    report: &dyn Report,
) -> Result<(), Failure> {
    let host = Host::of_this_process();
    let cache = Cache::of_user(&host)?;
    let failed = |error: io::Error| Failure::new(Kind::Environment, error.to_string());
    let scratch = cache.scratch()?;
    let first = scratch.path().join("first.war");
    let second = scratch.path().join("second.war");
    for (number, (war, threads)) in [(&first, Some(1)), (&second, None)].into_iter().enumerate() {
        report.status(&format!("Building from scratch ({} of 2)", number + 1));
        let folder = scratch.path().join(format!("cache-{number}"));
        let host = host.clone().with("DJWAR_CACHE_DIR", folder.as_str());
        borrow_downloads(&cache, Cache::at(folder).folder()).map_err(failed)?;
        let surroundings = Surroundings { host, threads };
        let target = Target::File(war.clone());
        build_in(surroundings, project, config, &target, offline, report)?;
    }
    let differing = differences(&first, &second).map_err(failed)?;
    if differing.is_empty() {
        report.status("Reproducible: both builds have the same bytes");
        return Ok(());
    }
    let named: Vec<String> = differing
        .iter()
        .take(NAMED)
        .map(|name| format!("`{name}`"))
        .collect();
    Err(Failure::new(
        Kind::Project,
        format!("two builds of the same project differ in {}", named.join(", ")),
    )
    .with_hint("static files made anew at each collecting are the usual cause: look at the commands of `before`"))
}

/// Lets a new cache see what the user's own has downloaded.
fn borrow_downloads(from: &Cache, to: &Utf8Path) -> io::Result<()> {
    fs_err::create_dir_all(to)?;
    for bucket in DOWNLOADED {
        let there = from.folder().join(bucket);
        fs_err::create_dir_all(&there)?;
        #[cfg(unix)]
        fs_err::os::unix::fs::symlink(&there, to.join(bucket))?;
    }
    Ok(())
}

/// The names of entries that differ; the file's name when only their order does.
fn differences(first: &Utf8Path, second: &Utf8Path) -> io::Result<Vec<String>> {
    if same_bytes(first, second)? {
        return Ok(Vec::new());
    }
    let entries = |path: &Utf8Path| -> io::Result<BTreeMap<String, (u32, u64)>> {
        let directory = Directory::read(&mut fs_err::File::open(path)?)?;
        let facts = directory.members().iter();
        Ok(facts
            .map(|member| (member.name.clone(), (member.crc32, member.size)))
            .collect())
    };
    let (mine, other) = (entries(first)?, entries(second)?);
    let mut names: Vec<String> = mine
        .iter()
        .filter(|(name, facts)| other.get(*name) != Some(facts))
        .map(|(name, _)| name.clone())
        .chain(
            other
                .keys()
                .filter(|name| !mine.contains_key(*name))
                .cloned(),
        )
        .collect();
    if names.is_empty() {
        names.push("the archive's own records".to_owned());
    }
    names.sort();
    Ok(names)
}

fn same_bytes(first: &Utf8Path, second: &Utf8Path) -> io::Result<bool> {
    use io::BufRead;
    let open = |path: &Utf8Path| {
        fs_err::File::open(path).map(|file| io::BufReader::with_capacity(1 << 18, file))
    };
    let (mut first, mut second) = (open(first)?, open(second)?);
    loop {
        let (mine, other) = (first.fill_buf()?, second.fill_buf()?);
        let length = mine.len().min(other.len());
        if mine[..length] != other[..length] {
            return Ok(false);
        }
        if length == 0 {
            return Ok(mine.len() == other.len());
        }
        first.consume(length);
        second.consume(length);
    }
}
