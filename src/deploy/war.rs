//! What kind of WAR a file is, told by the names of its entries.

use camino::Utf8Path;
use fs_err::File;
use zip::ZipArchive;

use super::error::DeployError;
use crate::plan::layout;

/// Says when a WAR has no project and no runtime of ours, which a container would
/// deploy without a word.
///
/// # Errors
/// When `path` is no WAR, or none of djwar's.
pub fn check_django(path: &Utf8Path) -> Result<(), DeployError> {
    let names = names(path)?;
    check_names(path, &names)?;
    let refused = |reason: &str| DeployError::NotOurs {
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    let has = |is_wanted: fn(&str) -> bool| names.iter().any(|name| is_wanted(name));
    if !has(layout::is_runtime) {
        return Err(refused("it has no djwar runtime in `WEB-INF/lib`"));
    }
    if !has(layout::is_application) {
        return Err(refused("it has no project in `WEB-INF/python/app`"));
    }
    Ok(())
}

/// A container would log its refusal and serve a 404; better said here.
///
/// # Errors
/// When `path` is no zip with a deployment descriptor.
pub(super) fn check_war(path: &Utf8Path) -> Result<(), DeployError> {
    check_names(path, &names(path)?)
}

fn check_names(path: &Utf8Path, names: &[String]) -> Result<(), DeployError> {
    if names.iter().any(|name| name == layout::WEB_XML) {
        return Ok(());
    }
    Err(refused(path, format!("it has no `{}`", layout::WEB_XML)))
}

/// The names of all entries that are valid ones.
fn names(path: &Utf8Path) -> Result<Vec<String>, DeployError> {
    if !path.is_file() {
        return Err(refused(path, "there is no such file".to_owned()));
    }
    let zip = ZipArchive::new(File::open(path)?)
        .map_err(|error| refused(path, format!("it is no zip: {error}")))?;
    let names = zip.file_names().filter_map(Result::ok);
    Ok(names.map(|name| name.to_string()).collect())
}

fn refused(path: &Utf8Path, reason: String) -> DeployError {
    DeployError::NotAWar {
        path: path.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Failure;

    #[test]
    fn what_is_no_war_is_said_before_anything_starts() {
        let folder = tempfile::tempdir().expect("temp dir");
        let path = Utf8Path::from_path(folder.path())
            .expect("UTF-8")
            .join("x.war");
        let failure = Failure::from(check_war(&path).expect_err("nothing"));
        assert_eq!(failure.kind.exit_status(), 2);
        assert!(
            failure
                .message
                .ends_with("x.war` is no WAR: there is no such file")
        );
        fs_err::write(&path, "text").expect("write");
        let failure = Failure::from(check_war(&path).expect_err("text"));
        assert!(failure.message.contains("it is no zip"), "{failure}");
    }
}
