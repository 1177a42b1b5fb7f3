//! What lies in the project's `STATIC_ROOT`, for collecting static files and for the
//! key of the WAR.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};

use super::gather::digests_of;
use crate::config::Config;
use crate::error::Failure;
use crate::model::{BuildPlan, Project, StaticMode};
use crate::resolve::Cache;
use crate::resolve::cache::hexadecimal;
use crate::scan::static_root_files;

/// Those files.
pub(super) struct Built {
    /// Relative to the project.
    pub(super) files: Vec<Utf8PathBuf>,
    /// Of their paths and contents; none without files.
    pub(super) key: Option<String>,
}

impl Built {
    pub(super) fn of(
        cache: &Cache,
        project: &Project,
        config: &Config,
        plan: &BuildPlan,
    ) -> Result<Self, Failure> {
        let files = match plan.static_mode {
            StaticMode::Collect => static_root_files(project, &config.exclude)?,
            StaticMode::Copy | StaticMode::None => Vec::new(),
        };
        if files.is_empty() {
            return Ok(Self { files, key: None });
        }
        let paths: Vec<Arc<Utf8Path>> = files
            .iter()
            .map(|path| project.root.join(path).into())
            .collect();
        // An index of its own: the name says only which one it is.
        let name = project.root.join("files of STATIC_ROOT");
        let digests = digests_of(cache, &name, &paths.iter().collect::<Vec<_>>())?;
        let mut hash = Sha256::new();
        for (path, file) in files.iter().zip(&paths) {
            hash.update(path.as_str());
            hash.update([0]);
            hash.update(digests.get(file).map_or([0; 32], |digest| digest.sha256));
        }
        let key = Some(hexadecimal(&hash.finalize()));
        Ok(Self { files, key })
    }
}
