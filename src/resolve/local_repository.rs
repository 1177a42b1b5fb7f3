//! Maven's local repository: where it is, and whether a file in it is sound.
//! Reads only; Maven alone writes there.

use camino::{Utf8Path, Utf8PathBuf};
use sha1::{Digest, Sha1};

use super::cache::{DigestWriter, hexadecimal};
use super::error::ResolveError;
use super::host::Host;
use crate::model::Coordinates;

/// Finds the local repository as Maven does, the strongest word first:
/// `maven.repo.local` in the project's `.mvn/maven.config` or in `MAVEN_ARGS` or
/// `MAVEN_OPTS`, then `localRepository` of the user's `settings.xml`, then
/// `~/.m2/repository`.
pub fn find(host: &Host, project: Option<&Utf8Path>) -> Option<Utf8PathBuf> {
    let of_project =
        project.and_then(|project| fs_err::read_to_string(project.join(".mvn/maven.config")).ok());
    let home = host.home();
    [
        host.variable("MAVEN_ARGS"),
        of_project.as_deref(),
        host.variable("MAVEN_OPTS"),
    ]
    .into_iter()
    .flatten()
    .find_map(|options| {
        options
            .split_whitespace()
            .find_map(|option| option.strip_prefix("-Dmaven.repo.local="))
            .map(Utf8PathBuf::from)
    })
    .or_else(|| from_settings(home.as_deref()?))
    .or_else(|| home.map(|home| home.join(".m2/repository")))
}

fn from_settings(home: &Utf8Path) -> Option<Utf8PathBuf> {
    use quick_xml::events::Event;
    let text = fs_err::read_to_string(home.join(".m2/settings.xml")).ok()?;
    let mut reader = quick_xml::Reader::from_str(&text);
    let mut inside = false;
    loop {
        // A broken settings.xml is Maven's to complain about.
        match reader.read_event().ok()? {
            Event::Start(tag) => inside = tag.local_name().as_ref() == "localRepository",
            Event::Text(value) if inside => {
                let value = value.trim().to_owned();
                if !value.is_empty() {
                    return Some(value.replace("${user.home}", home.as_str()).into());
                }
            }
            Event::End(_) => inside = false,
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// Where the artifact is in `repository`, when it is there.
pub(crate) fn existing(repository: &Utf8Path, coordinates: &Coordinates) -> Option<Utf8PathBuf> {
    let path = repository.join(coordinates.repository_path());
    path.is_file().then_some(path)
}

/// Compares the file with the repository's `.sha1` beside it; without one, an
/// archive must at least have a directory that can be read.
pub(crate) fn check(path: &Utf8Path) -> Result<(), ResolveError> {
    let corrupt = |reason: String| ResolveError::CorruptArtifact {
        path: path.to_owned(),
        reason,
    };
    let mut file = fs_err::File::open(path)?;
    if let Ok(expected) = fs_err::read_to_string(format!("{path}.sha1")) {
        // Some repositories write `DIGEST  NAME`.
        let expected = expected.split_whitespace().next().unwrap_or_default();
        let mut digest = Sha1::new();
        std::io::copy(&mut file, &mut DigestWriter(&mut digest))?;
        let found = hexadecimal(&digest.finalize());
        if !expected.eq_ignore_ascii_case(&found) {
            return Err(corrupt(format!(
                "its SHA-1 is {found}, and the repository's `.sha1` says {expected}"
            )));
        }
        return Ok(());
    }
    if matches!(path.extension(), Some("jar" | "zip" | "war")) {
        zip::ZipArchive::new(file).map_err(|error| corrupt(error.to_string()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::cache::utf8;

    #[test]
    fn the_repository_is_where_maven_would_look() {
        let folder = tempfile::tempdir().expect("temp dir");
        let home = utf8(folder.path()).expect("UTF-8");
        let host = Host::with_variables([("HOME", home.as_str())]);
        assert_eq!(find(&host, None), Some(home.join(".m2/repository")));

        fs_err::create_dir(home.join(".m2")).expect("folder");
        fs_err::write(
            home.join(".m2/settings.xml"),
            "<settings><!-- x --><localRepository>${user.home}/repo</localRepository></settings>",
        )
        .expect("settings");
        assert_eq!(find(&host, None), Some(home.join("repo")));

        let host = Host::with_variables([
            ("HOME", home.as_str()),
            ("MAVEN_OPTS", "-Xmx1g -Dmaven.repo.local=/elsewhere"),
        ]);
        assert_eq!(find(&host, None), Some("/elsewhere".into()));
    }

    #[test]
    fn a_file_that_differs_from_its_sha1_is_named() {
        let folder = tempfile::tempdir().expect("temp dir");
        let path = utf8(folder.path()).expect("UTF-8").join("x.jar");
        fs_err::write(&path, "truncated").expect("write");
        fs_err::write(format!("{path}.sha1"), "0000  x.jar\n").expect("write");
        let error = check(&path).expect_err("damaged");
        assert!(error.to_string().contains("x.jar` is damaged"), "{error}");
    }

    #[test]
    fn an_archive_without_sha1_must_be_readable() {
        let folder = tempfile::tempdir().expect("temp dir");
        let path = utf8(folder.path()).expect("UTF-8").join("x.zip");
        fs_err::write(&path, "no zip").expect("write");
        assert!(check(&path).is_err());
    }
}
