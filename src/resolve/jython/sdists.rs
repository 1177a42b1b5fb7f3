//! Packages for Jython: pip resolves and downloads, run by the Python that djwar
//! brings, which knows networks and certificates better than Jython; `setup.py` of
//! what has no wheel runs under Jython (docs/decisions has the reasons).

use std::io::Read;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;

use super::Jython;
use crate::model::{PythonChoice, PythonVersion};
use crate::plan::jffi_native;
use crate::resolve::cache::{Key, utf8};
use crate::resolve::error::{ResolveError, Said};
use crate::resolve::pip::source_arguments;
use crate::resolve::pip_words;
use crate::resolve::requirements::WheelRequest;
use crate::resolve::resolver::Resolver;
use crate::resolve::servers::{without_drivers, without_servers};
use crate::resolve::wheels::{WheelName, normalized};
use crate::scan::INSTEAD;

/// The Python whose pip works for Jython.
const WORKER: PythonVersion = PythonVersion::new(3, 13);

/// What pip and Jython are given, below a folder of the cache.
const FILES: crate::runtime::Files = &[
    ("pip_for_jython.py", include_bytes!("pip_for_jython.py")),
    ("build.py", include_bytes!("build.py")),
    (
        "backend/setuptools/__init__.py",
        include_bytes!("backend/setuptools/__init__.py"),
    ),
    (
        "backend/setuptools/build_meta.py",
        include_bytes!("backend/setuptools/build_meta.py"),
    ),
];

/// Where Jython keeps the setuptools that it brings.
const BUNDLED: &str = "Lib/ensurepip/_bundled/setuptools-";

pub(super) fn bring(
    jython: &Jython,
    resolver: &Resolver<'_>,
    request: &WheelRequest,
    scratch: &Utf8Path,
) -> Result<Vec<Utf8PathBuf>, ResolveError> {
    let worker = resolver.interpreter(&PythonChoice::Bundled(WORKER))?;
    let tools = resolver.folder_of(FILES)?;
    let setuptools = setuptools(jython, resolver)?;
    let without_servers = without_servers(request, scratch, resolver.report)?;
    let asked = without_servers.as_ref().unwrap_or(request);
    let without_drivers = without_drivers(asked, scratch, resolver.report)?;
    let asked = without_drivers.as_ref().unwrap_or(asked);
    let folder = scratch.join("packages");
    let built = scratch.join("built");
    fs_err::create_dir(&folder)?;
    fs_err::create_dir(&built)?;
    let native = resolver.maven.artifact(&jffi_native())?;
    let mut words = jython.with(&native).words(&[&setuptools]);
    words.push(tools.join("build.py").into_string());
    let mut command = resolver.pip_program(&worker, asked);
    command
        .env("PYTHONPATH", tools.join("backend"))
        .env("DJWAR_BUILT", &built)
        .env(
            "DJWAR_JYTHON",
            serde_json::to_string(&words).map_err(std::io::Error::other)?,
        )
        .arg("-P")
        .arg(tools.join("pip_for_jython.py"))
        .args(["--no-input", "--no-color", "--disable-pip-version-check"])
        .args(["download", "--use-pep517", "--no-build-isolation"])
        .args(["--python-version", "2.7", "--implementation", "py"])
        .args(["--abi", "none", "--platform", "any", "--dest"])
        .arg(&folder)
        .args(source_arguments(asked, scratch)?);
    let output = resolver.run_pip(&mut command)?;
    if !output.status.success() {
        let words = [output.stdout, output.stderr].concat();
        return Err(failure(asked, &String::from_utf8_lossy(&words)));
    }
    packages(&folder, &built)
}

/// What Jython's jar holds, unpacked.
fn setuptools(jython: &Jython, resolver: &Resolver<'_>) -> Result<Utf8PathBuf, ResolveError> {
    let damaged = |error: String| ResolveError::CorruptArtifact {
        path: jython.library.clone(),
        reason: error,
    };
    let key = Key::of(["setuptools 1", &jython.digest]);
    resolver.cache.entry_or_make("jython", &key, |folder| {
        let mut jar = zip::ZipArchive::new(File::open(&jython.library)?)
            .map_err(|error| damaged(error.to_string()))?;
        let name = jar
            .file_names()
            .filter_map(Result::ok)
            .find(|name| name.starts_with(BUNDLED))
            .map(std::borrow::Cow::into_owned)
            .ok_or_else(|| damaged("it holds no setuptools".to_owned()))?;
        let mut bytes = Vec::new();
        jar.by_name(&name)
            .map_err(|error| damaged(error.to_string()))?
            .read_to_end(&mut bytes)?;
        zip::ZipArchive::new(std::io::Cursor::new(bytes))
            .and_then(|mut wheel| wheel.extract(folder))
            .map_err(|error| damaged(error.to_string()))
    })
}

/// The wheels that pip took, and for each sdist the one that was made of it.
fn packages(folder: &Utf8Path, built: &Utf8Path) -> Result<Vec<Utf8PathBuf>, ResolveError> {
    let made = listed(built)?;
    let mut wheels = Vec::new();
    for path in listed(folder)? {
        if path.extension() == Some("whl") {
            wheels.push(path);
            continue;
        }
        let source = path.file_name().unwrap_or_default();
        // pip may have looked at several versions of one package.
        let wheel = made
            .iter()
            .filter(|wheel| {
                let name = wheel.file_name().and_then(WheelName::of);
                name.is_some_and(|name| is_sdist_of(source, &name))
            })
            .max_by_key(|wheel| wheel.as_str().len())
            .ok_or_else(|| ResolveError::Unreadable {
                path: path.clone(),
                reason: "no wheel was made of it".to_owned(),
            })?;
        wheels.push(wheel.clone());
    }
    wheels.sort();
    Ok(wheels)
}

/// Whether `NAME-VERSION.tar.gz` is that wheel's source.
fn is_sdist_of(file_name: &str, wheel: &WheelName) -> bool {
    let stem = [".tar.gz", ".tar.bz2", ".tgz", ".zip", ".tar.xz", ".tar"]
        .iter()
        .find_map(|ending| file_name.strip_suffix(ending))
        .unwrap_or(file_name);
    normalized(stem) == normalized(&format!("{}-{}", wheel.name, wheel.version))
}

fn listed(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>, ResolveError> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        found.push(utf8(&entry?.path())?);
    }
    found.sort();
    Ok(found)
}

/// What pip's words mean, and those of our backend.
fn failure(request: &WheelRequest, words: &str) -> ResolveError {
    let ours = |mark: &str| {
        words.lines().find_map(|line| {
            line.split_once(mark)
                .map(|(_, rest)| rest.trim().to_owned())
        })
    };
    if let Some(package) = ours("djwar: C code: ") {
        let name = package.split(' ').next().unwrap_or_default().to_owned();
        let place = request
            .place_of(&name)
            .map(|place| format!(" ({place})"))
            .unwrap_or_default();
        return ResolveError::Requirement {
            message: format!("`{package}`{place} holds C code, which Jython can't load"),
            said: Said("its `setup.py` wants to compile, and has no way without".to_owned()),
            help: instead_of(&name),
        };
    }
    if let Some(package) = ours("djwar: setup.py failed under Jython: ") {
        return ResolveError::Requirement {
            message: format!(
                "`{package}` is published without a wheel for Python 2.7, and its `setup.py` fails under Jython"
            ),
            said: Said(
                words
                    .lines()
                    .filter_map(|line| line.strip_prefix("      "))
                    .filter(|line| !line.starts_with("djwar: ") && !line.starts_with("[end of"))
                    .collect::<Vec<_>>()
                    .join("\n"),
            ),
            help: "pin a version that has a wheel or runs on Python 2.7".to_owned(),
        };
    }
    pip_words::failure(request, words, true)
}

/// What to take instead of a package with C code.
pub(crate) fn instead_of(name: &str) -> String {
    let known = normalized(name);
    INSTEAD
        .iter()
        .find(|(package, _)| *package == known)
        .map_or_else(
            || {
                "look for a package in pure Python, or a jar (`jars`): Jython imports Java's classes like modules"
                    .to_owned()
            },
            |(_, help)| (*help).to_owned(),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sdist_finds_its_wheel() {
        let wheel = |name: &str| WheelName::of(name).expect("a wheel");
        let feedparser = wheel("feedparser-5.2.1-py2-none-any.whl");
        assert!(is_sdist_of("feedparser-5.2.1.tar.bz2", &feedparser));
        assert!(!is_sdist_of("feedparser-5.2.0.zip", &feedparser));
        let dashed = wheel("zc.lockfile-1.4-py2-none-any.whl");
        assert!(is_sdist_of("zc_lockfile-1.4.tar.gz", &dashed));
    }
}
