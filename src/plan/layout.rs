//! The paths inside a WAR. No other file of djwar spells them.

use crate::model::{Platform, WarPath, WarPathError};

/// The manifest, the first entry of the archive (JAR specification).
pub const MANIFEST: &str = "META-INF/MANIFEST.MF";
/// What was built, by what, from what.
pub const RECORD: &str = "META-INF/djwar.json";
/// The deployment descriptor (Servlet §14).
pub const WEB_XML: &str = "WEB-INF/web.xml";
/// What every Jetty reads, also without its annotation scan.
pub const JETTY_WEB_XML: &str = "WEB-INF/jetty-web.xml";
/// The runtime's Java half.
pub const RUNTIME_JAR: &str = "WEB-INF/lib/djwar-runtime.jar";

const PYTHON: &str = "WEB-INF/python";
const PACKAGES: &str = "packages-";
const ARCHIVE: &str = ".zip";
const APPLICATION: &str = "WEB-INF/python/app";
const LIBRARY: &str = "WEB-INF/python/lib";
const HANDLER: &str = "WEB-INF/python/handler";
const JDBC: &str = "WEB-INF/python/jdbc";
const JARS: &str = "WEB-INF/lib";
const HOME: &str = "WEB-INF/python/home";
const SERVICES: &str = "WEB-INF/classes/META-INF/services";
const MANIFESTS: &str = "WEB-INF/python/static";

/// A file of the project; `path` is relative to its root.
///
/// # Errors
/// When `path` can't be a path inside a WAR.
pub fn application(path: &str) -> Result<WarPath, WarPathError> {
    WarPath::new(format!("{APPLICATION}/{path}"))
}

/// The inverse of [`application`]: the path relative to the project's root, or
/// the whole path when it isn't one of the project's files.
pub fn below_application(path: &WarPath) -> &str {
    path.as_str()
        .strip_prefix(APPLICATION)
        .and_then(|rest| rest.strip_prefix('/'))
        .unwrap_or(path.as_str())
}

/// A file of a dependency; `path` is relative to `site-packages`.
///
/// # Errors
/// When `path` can't be a path inside a WAR.
pub fn library(path: &str) -> Result<WarPath, WarPathError> {
    WarPath::new(format!("{LIBRARY}/{path}"))
}

/// A file of the runtime's Python half.
///
/// # Errors
/// When `path` can't be a path inside a WAR.
pub fn handler(path: &str) -> Result<WarPath, WarPathError> {
    WarPath::new(format!("{HANDLER}/{path}"))
}

/// A file of the database modules over JDBC.
///
/// # Errors
/// When `path` can't be a path inside a WAR.
pub fn jdbc(path: &str) -> Result<WarPath, WarPathError> {
    WarPath::new(format!("{JDBC}/{path}"))
}

/// A jar on the application's class path (Servlet §10.5).
///
/// # Errors
/// When `name` can't be a path inside a WAR.
pub fn jar(name: &str) -> Result<WarPath, WarPathError> {
    WarPath::new(format!("{JARS}/{name}"))
}

/// What implements a service, found before any jar is looked into.
///
/// # Errors
/// When `name` can't be a path inside a WAR.
pub fn service(name: &str) -> Result<WarPath, WarPathError> {
    WarPath::new(format!("{SERVICES}/{name}"))
}

/// A file of the bundled interpreter, one folder a platform.
///
/// # Errors
/// When `path` can't be a path inside a WAR.
pub fn home(platform: Platform, path: &str) -> Result<WarPath, WarPathError> {
    WarPath::new(format!("{HOME}/{platform}/{path}"))
}

/// The archive of all that [`below_packages`] names, by a digest of its content.
///
/// # Errors
/// When `digest` can't be a part of a path.
pub fn packages(digest: &str) -> Result<WarPath, WarPathError> {
    WarPath::new(format!("{PYTHON}/{PACKAGES}{digest}{ARCHIVE}"))
}

/// Whether a path below `WEB-INF/python` is that archive's.
pub fn is_packages(below: &str) -> bool {
    below.starts_with(PACKAGES) && below.ends_with(ARCHIVE) && !below.contains('/')
}

/// The file name of that archive, when it is the entry.
pub fn packages_name(path: &WarPath) -> Option<&str> {
    let below = path.as_str().strip_prefix(PYTHON)?.strip_prefix('/')?;
    is_packages(below).then_some(below)
}

/// The path in that archive of a file of packages or interpreter, relative to
/// `WEB-INF/python`.
pub fn below_packages(path: &WarPath) -> Option<&str> {
    let is_in = |folder| is_below(path.as_str(), folder);
    (is_in(LIBRARY) || is_in(HOME)).then(|| &path.as_str()[PYTHON.len() + 1..])
}

/// A collected static file, served by the container below `prefix`, which
/// starts and ends with `/`.
///
/// # Errors
/// When `path` can't be a path inside a WAR.
pub fn static_file(prefix: &str, path: &str) -> Result<WarPath, WarPathError> {
    WarPath::new(format!("{}{path}", prefix.trim_start_matches('/')))
}

/// A manifest of the static files storage, which Django reads from
/// `STATIC_ROOT` and which stays readable when the WAR isn't unpacked.
///
/// # Errors
/// When `path` can't be a path inside a WAR.
pub fn static_manifest(path: &str) -> Result<WarPath, WarPathError> {
    WarPath::new(format!("{MANIFESTS}/{path}"))
}

/// Whether the entry's name is in the project's folder.
pub fn is_application(name: &str) -> bool {
    is_below(name, APPLICATION)
}

/// Whether the entry's name is the runtime's jar, with or without the version that
/// Maven writes into it.
pub fn is_runtime(name: &str) -> bool {
    name.starts_with(RUNTIME_JAR.trim_end_matches(".jar")) && name.ends_with(".jar")
}

fn is_below(name: &str, folder: &str) -> bool {
    let rest = name.strip_prefix(folder);
    rest.is_some_and(|rest| rest.starts_with('/'))
}

/// Whether the entry is part of what the runtime unpacks when the container
/// doesn't.
pub fn is_python(path: &WarPath) -> bool {
    path.as_str().starts_with("WEB-INF/python/")
}

/// Whether the container may serve the entry to a browser (Servlet §10.5).
pub fn is_served(path: &WarPath) -> bool {
    let first = path.as_str().split('/').next().unwrap_or_default();
    !first.eq_ignore_ascii_case("WEB-INF") && !first.eq_ignore_ascii_case("META-INF")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_outside_the_private_folders_is_served() {
        let served = |path: &str| is_served(&WarPath::new(path).expect(path));
        assert!(served("static/app.css"));
        assert!(!served(WEB_XML));
        assert!(!served("web-inf/x"));
        assert!(!served(MANIFEST));
    }

    #[test]
    fn a_static_prefix_becomes_a_folder() {
        assert_eq!(
            static_file("/assets/", "a/b.css").expect("valid").as_str(),
            "assets/a/b.css"
        );
    }
}
