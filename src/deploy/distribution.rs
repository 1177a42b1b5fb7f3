//! A container's distribution, unpacked once into djwar's cache and shared by
//! all runs: instances only read it.

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;

use super::container::Container;
use super::error::DeployError;
use crate::model::Coordinates;
use crate::resolve::{Cache, Key, Maven, ResolveError};

/// Where distributions come from: Maven, or a test's own.
pub trait Artifacts: Sync {
    /// The file with these coordinates.
    ///
    /// # Errors
    /// When it can't be had.
    fn artifact(&self, coordinates: &Coordinates) -> Result<Utf8PathBuf, ResolveError>;
}

impl Artifacts for Maven<'_> {
    fn artifact(&self, coordinates: &Coordinates) -> Result<Utf8PathBuf, ResolveError> {
        Maven::artifact(self, coordinates)
    }
}

/// The distributions of containers.
pub struct Distributions<'a> {
    artifacts: &'a dyn Artifacts,
    cache: &'a Cache,
}

impl<'a> Distributions<'a> {
    /// Distributions from there, unpacked into that cache.
    pub fn new(artifacts: &'a dyn Artifacts, cache: &'a Cache) -> Self {
        Self { artifacts, cache }
    }

    /// The folder of an unpacked distribution: `CATALINA_HOME`, `jetty.home`; or
    /// the jar that a container is.
    ///
    /// # Errors
    /// When it can't be had or unpacked.
    pub fn home(&self, container: Container) -> Result<Utf8PathBuf, DeployError> {
        let coordinates = container.coordinates();
        if coordinates.packaging == "jar" {
            return Ok(self.artifacts.artifact(&coordinates)?);
        }
        let key = Key::of([coordinates.to_string().as_str()]);
        let home = self.cache.entry_or_make("containers", &key, |folder| {
            unpack(&self.artifacts.artifact(&coordinates)?, folder)
        })?;
        Ok(home)
    }
}

/// Tomcat's own applications, `WildFly`'s examples.
fn is_never_run(path: &Utf8Path) -> bool {
    ["webapps", "docs"]
        .iter()
        .any(|folder| path.starts_with(folder))
}

/// Unpacks without the one folder on top that distributions have, so that no
/// caller needs to know its name. What is never run stays out: Tomcat's own web
/// applications would otherwise be a third of the files.
fn unpack(archive: &Utf8Path, folder: &Utf8Path) -> Result<(), ResolveError> {
    let corrupt = |reason: String| ResolveError::CorruptArtifact {
        path: archive.to_owned(),
        reason,
    };
    let mut zip = zip::ZipArchive::new(File::open(archive)?)
        .map_err(|error| corrupt(format!("it is no zip: {error}")))?;
    for index in 0..zip.len() {
        let mut entry = zip
            .by_index(index)
            .map_err(|error| corrupt(error.to_string()))?;
        let inside = entry
            .enclosed_name()
            .and_then(|path| Utf8PathBuf::from_path_buf(path).ok())
            .ok_or_else(|| corrupt(format!("its entry number {index} leaves the folder")))?;
        let below: Utf8PathBuf = inside.components().skip(1).collect();
        if entry.is_dir() || below.as_str().is_empty() || is_never_run(&below) {
            continue;
        }
        let target = folder.join(&below);
        if let Some(parent) = target.parent() {
            fs_err::create_dir_all(parent)?;
        }
        // Reading to the end checks the entry's CRC.
        std::io::copy(&mut entry, &mut File::create(&target)?)
            .map_err(|error| corrupt(format!("`{below}`: {error}")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::error::Diagnose;

    struct One(Utf8PathBuf);

    impl Artifacts for One {
        fn artifact(&self, _: &Coordinates) -> Result<Utf8PathBuf, ResolveError> {
            Ok(self.0.clone())
        }
    }

    fn archive(folder: &Utf8Path, names: &[&str]) -> Utf8PathBuf {
        let path = folder.join("archive.zip");
        let mut zip = zip::ZipWriter::new(File::create(&path).expect("file"));
        for name in names {
            let options = zip::write::SimpleFileOptions::default();
            zip.start_file(*name, options).expect("entry");
            zip.write_all(b"content").expect("content");
        }
        zip.finish().expect("whole");
        path
    }

    #[test]
    fn a_distribution_is_unpacked_without_its_top_folder_and_applications() {
        let folder = tempfile::tempdir().expect("temp dir");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let path = archive(
            folder,
            &["top-1/bin/x.jar", "top-1/webapps/docs/index.html"],
        );
        let (artifacts, cache) = (One(path), Cache::at(folder.join("cache")));
        let distributions = Distributions::new(&artifacts, &cache);
        let home = distributions.home(Container::Tomcat10).expect("unpacked");
        assert_eq!(
            fs_err::read_to_string(home.join("bin/x.jar")).expect("there"),
            "content"
        );
        assert!(!home.join("webapps").exists());
    }

    #[test]
    fn a_half_download_is_an_error_with_its_path() {
        let folder = tempfile::tempdir().expect("temp dir");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let path = archive(folder, &["top-1/bin/x.jar"]);
        let whole = fs_err::read(&path).expect("read");
        fs_err::write(&path, &whole[..whole.len() / 2]).expect("write");
        let (artifacts, cache) = (One(path.clone()), Cache::at(folder.join("cache")));
        let error = Distributions::new(&artifacts, &cache)
            .home(Container::Tomcat10)
            .expect_err("half");
        assert!(error.to_string().contains(path.as_str()), "{error}");
        assert_eq!(error.kind().exit_status(), 3);
    }
}
