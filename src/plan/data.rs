//! Which paths of the project outlive a redeploy.

use camino::{Utf8Component, Utf8Path};

use super::PlanError;
use crate::config::Config;
use crate::model::{DataPath, Project};

/// The configured paths, else the sqlite databases and `MEDIA_ROOT` that lie
/// inside the project.
pub(super) fn choose(project: &Project, config: &Config) -> Result<Vec<DataPath>, PlanError> {
    let mut paths = match &config.data {
        Some(data) => data
            .value
            .iter()
            .map(|path| DataPath {
                path: path.clone(),
                reason: data.origin.to_string(),
            })
            .collect(),
        None => detected(project),
    };
    for path in &mut paths {
        path.path = normal(&path.path).ok_or_else(|| PlanError::DataOutside {
            path: path.path.clone(),
            reason: path.reason.clone(),
        })?;
    }
    paths.sort_by(|left, right| left.path.cmp(&right.path));
    paths.dedup_by(|left, right| left.path == right.path);
    // What lies in a data folder is data already.
    let folders: Vec<String> = paths
        .iter()
        .map(|path| path.path.clone())
        .filter(|path| path.ends_with('/'))
        .collect();
    paths.retain(|path| {
        !folders
            .iter()
            .any(|folder| path.path != *folder && path.path.starts_with(folder))
    });
    Ok(paths)
}

/// What the scan found, defaults of the environment included.
fn detected(project: &Project) -> Vec<DataPath> {
    let found = project.data.iter();
    found
        .map(|data| DataPath {
            path: data.path.clone(),
            reason: data.reason.clone(),
        })
        .collect()
}

/// The path without `.` parts, or nothing when it leaves the project.
fn normal(path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in Utf8Path::new(path).components() {
        match part {
            Utf8Component::Normal(name) => parts.push(name),
            Utf8Component::CurDir => {}
            _ => return None,
        }
    }
    let folder = if path.ends_with('/') { "/" } else { "" };
    (!parts.is_empty()).then(|| format!("{}{folder}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_path_stays_inside_the_project() {
        assert_eq!(normal("./media/"), Some("media/".to_owned()));
        assert_eq!(normal("a/b.sqlite3"), Some("a/b.sqlite3".to_owned()));
        for path in ["", ".", "../x", "/var/x", "a/../../x"] {
            assert_eq!(normal(path), None, "{path}");
        }
    }
}
