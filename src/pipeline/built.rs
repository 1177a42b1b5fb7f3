//! What lies in the project's `STATIC_ROOT`, for collecting static files and for the
//! key of the WAR.

use std::sync::Arc;

use camino::Utf8PathBuf;
use sha2::{Digest, Sha256};

use super::gather::digests_of;
use crate::config::Config;
use crate::error::Failure;
use crate::model::{BuildPlan, PathList, Project, StaticMode};
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
        let list: PathList = files.iter().collect();
        let digests = digests_of(
            cache,
            "files of STATIC_ROOT",
            &project.root,
            &Arc::new(list),
        )?;
        let mut hash = Sha256::new();
        for path in &files {
            hash.update(path.as_str());
            hash.update([0]);
            hash.update(
                digests
                    .get(&project.root.join(path))
                    .map_or([0; 32], |digest| digest.sha256),
            );
        }
        let key = Some(hexadecimal(&hash.finalize()));
        Ok(Self { files, key })
    }
}
