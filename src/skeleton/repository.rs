//! A Maven repository in a folder, for what Maven Central doesn't have.

use camino::Utf8PathBuf;
use sha1::{Digest, Sha1};

use super::SkeletonError;
use crate::resolve::Key;
use crate::resolve::cache::hexadecimal;

pub(super) struct Repository {
    folder: Utf8PathBuf,
}

impl Repository {
    pub(super) fn in_folder(folder: Utf8PathBuf) -> Self {
        Self { folder }
    }

    /// Adds an artifact and returns its version, which says the content too: Maven
    /// keeps what it has once seen under a version.
    pub(super) fn add(
        &self,
        group: &str,
        artifact: &str,
        version: &str,
        packaging: &str,
        bytes: &[u8],
    ) -> Result<String, SkeletonError> {
        let digest = Key::of_bytes(bytes);
        let base = version.strip_suffix("-SNAPSHOT").unwrap_or(version);
        let version = format!("{base}-{}", &digest.as_str()[..12]);
        let folder = self
            .folder
            .join(group.replace('.', "/"))
            .join(artifact)
            .join(&version);
        fs_err::create_dir_all(&folder).map_err(SkeletonError::Disk)?;
        let pom = format!(
            "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n  <modelVersion>4.0.0</modelVersion>\n  \
             <groupId>{group}</groupId>\n  <artifactId>{artifact}</artifactId>\n  <version>{version}</version>\n  \
             <packaging>{packaging}</packaging>\n</project>\n"
        );
        for (ending, content) in [(packaging, bytes), ("pom", pom.as_bytes())] {
            let file = folder.join(format!("{artifact}-{version}.{ending}"));
            fs_err::write(&file, content).map_err(SkeletonError::Disk)?;
            let sum = hexadecimal(&Sha1::digest(content));
            fs_err::write(format!("{file}.sha1"), sum).map_err(SkeletonError::Disk)?;
        }
        Ok(version)
    }
}
