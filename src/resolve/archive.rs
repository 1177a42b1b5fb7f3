//! The layouts of interpreters' archives: `org.bytedeco:cpython` jars and
//! python-build-standalone tarballs. Unpacks them, without what neither a build
//! nor a WAR needs.

use std::io::Read;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;

use super::cache::utf8;
use super::error::ResolveError;
use crate::model::{Platform, PythonVersion};

/// Folders of the standard library that nothing at run time imports. `venv` and
/// `ensurepip` make environments, the rest are tests, windows and Python 2.
const UNUSED: &[&str] = &[
    "test",
    "idlelib",
    "turtledemo",
    "tkinter",
    "lib2to3",
    "ensurepip",
    "venv",
    "tests",
    "idle_test",
];

/// Whether a file of an interpreter is of any use to djwar. `path` is relative
/// to the interpreter's root.
fn is_useful(path: &Utf8Path) -> bool {
    let text = path.as_str();
    if let Some(name) = text.strip_prefix("bin/") {
        return name.starts_with("python") && !name.contains("config") && !name.contains("pythonw");
    }
    let outside = [
        "include/",
        "share/",
        "libs/",
        "build/",
        "lib/cmake/",
        "lib/pkgconfig/",
        "lib/engines-3/",
        "lib/ossl-modules/",
        "lib/tcl",
        "lib/tk",
        "lib/itcl",
        "lib/thread",
        "lib/Tix",
        "lib/python3/",
    ];
    if outside.iter().any(|prefix| text.starts_with(prefix)) {
        return false;
    }
    let name = path.file_name().unwrap_or_default();
    // The jars hold JavaCPP's bridge into a JVM, and a second python3.N.
    if name.contains("jnipython") || text == "libffi.so" || text.starts_with("python3.") {
        return false;
    }
    // Tests in C, and tkinter's.
    let native = text.contains("lib-dynload/") || path.extension() == Some("pyd");
    if native
        && (name.contains("test")
            || name.starts_with("xx")
            || name.starts_with("_xx")
            || name.starts_with("_tkinter"))
    {
        return name.starts_with("_xxsubinterpreters") || name.starts_with("_xxinterpchannels");
    }
    if matches!(
        path.extension(),
        Some("a" | "pyc" | "exe" | "bat" | "rst" | "txt" | "ini" | "css" | "ico" | "lib")
    ) && !text.contains("site-packages/")
        && name != "python.exe"
    {
        return false;
    }
    !path.components().any(|part| {
        let part = part.as_str();
        part.starts_with("config-3")
            || part == "__pycache__"
            || (UNUSED.contains(&part) && !text.contains("site-packages/"))
    })
}

/// The program of an unpacked interpreter.
pub(crate) fn executable(root: &Utf8Path, python: PythonVersion) -> Utf8PathBuf {
    let windows = root.join("bin/python.exe");
    if windows.is_file() {
        return windows;
    }
    root.join(format!("bin/python{python}"))
}

/// The line of an unpacked interpreter.
pub(crate) fn version(root: &Utf8Path) -> Option<PythonVersion> {
    let folder = root.join("bin").read_dir_utf8().ok()?;
    folder
        .filter_map(Result::ok)
        .find_map(|entry| entry.file_name().strip_prefix("python")?.parse().ok())
}

/// The folder of the standard library.
pub(crate) fn standard_library(root: &Utf8Path, python: PythonVersion) -> Utf8PathBuf {
    let usual = root.join(format!("lib/python{python}"));
    if usual.is_dir() {
        usual
    } else {
        root.join("lib")
    }
}

/// The Python files below a folder, relative to it, sorted.
pub(crate) fn python_files(folder: &Utf8Path) -> Result<Vec<String>, ResolveError> {
    let mut files = Vec::new();
    for found in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let found = found.map_err(std::io::Error::other)?;
        let path = utf8(found.path())?;
        if found.file_type().is_file() && path.extension() == Some("py") {
            let relative = path.strip_prefix(folder).unwrap_or(&path);
            files.push(relative.as_str().replace('\\', "/"));
        }
    }
    Ok(files)
}

/// Where the import system looks for the byte code of a file (PEP 3147).
pub(crate) fn compiled_path(root: &Utf8Path, path: &str, python: PythonVersion) -> Utf8PathBuf {
    root.join(compiled_name(path, python))
}

/// `pkg/x.py` → `pkg/__pycache__/x.cpython-313.pyc`.
pub(crate) fn compiled_name(path: &str, python: PythonVersion) -> String {
    let (folder, name) = path
        .rsplit_once('/')
        .map_or(("", path), |(folder, name)| (folder, name));
    let stem = name.strip_suffix(".py").unwrap_or(name);
    let slash = if folder.is_empty() { "" } else { "/" };
    format!(
        "{folder}{slash}__pycache__/{stem}.cpython-{}.pyc",
        python.digits()
    )
}

/// Unpacks an `org.bytedeco:cpython` jar.
pub(crate) fn unpack_jar(
    jar: &Utf8Path,
    platform: Platform,
    into: &Utf8Path,
) -> Result<(), ResolveError> {
    let damaged = |error: zip::result::ZipError| ResolveError::CorruptArtifact {
        path: jar.to_owned(),
        reason: error.to_string(),
    };
    let prefix = format!("org/bytedeco/cpython/{platform}/");
    let mut archive = zip::ZipArchive::new(File::open(jar)?).map_err(damaged)?;
    for number in 0..archive.len() {
        let mut entry = archive.by_index(number).map_err(damaged)?;
        let Some(path) = entry
            .enclosed_name()
            .and_then(|path| Utf8PathBuf::from_path_buf(path).ok())
        else {
            continue;
        };
        let Ok(path) = path.strip_prefix(&prefix) else {
            continue;
        };
        if entry.is_file() && is_useful(path) {
            write_file(&into.join(path), &mut entry, path.starts_with("bin"))?;
        }
    }
    Ok(())
}

/// The jar has libffi in the root, where the run-time path of `_ctypes`
/// (`$ORIGIN`, `$ORIGIN/..`, `$ORIGIN/../lib`) doesn't find it; without this
/// `ctypes` of 3.12 fails on every host that has no libffi.so.7.
pub(crate) fn bring_libffi_near(
    root: &Utf8Path,
    python: PythonVersion,
) -> Result<(), ResolveError> {
    let near = standard_library(root, python).join("lib-dynload");
    if !near.is_dir() {
        return Ok(());
    }
    for entry in root
        .read_dir_utf8()
        .map_err(ResolveError::io(format!("can't list `{root}`")))?
    {
        let entry = entry.map_err(ResolveError::io(format!("can't list `{root}`")))?;
        if entry.file_name().starts_with("libffi.") {
            fs_err::rename(entry.path(), near.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Unpacks a python-build-standalone tarball: `install_only` has its root in
/// `python/`, a full one in `python/install/`.
pub(crate) fn unpack_tar(file: &Utf8Path, into: &Utf8Path) -> Result<(), ResolveError> {
    let broken = |reason: String| ResolveError::NoPythonArchive {
        path: file.to_owned(),
        reason,
    };
    let opened = File::open(file)?;
    let reader: Box<dyn Read> = match file.extension() {
        Some("zst") => Box::new(
            ruzstd::decoding::StreamingDecoder::new(opened)
                .map_err(|error| broken(error.to_string()))?,
        ),
        Some("gz" | "tgz") => Box::new(flate2::read::GzDecoder::new(opened)),
        Some("tar") => Box::new(opened),
        _ => {
            return Err(broken(
                "its name ends in neither `.tar.gz`, `.tar.zst` nor `.tar`".to_owned(),
            ));
        }
    };
    let mut archive = tar::Archive::new(reader);
    // Links among the files (`bin/python3` → `python3.13`) aren't needed: the
    // real names are.
    for entry in archive
        .entries()
        .map_err(|error| broken(error.to_string()))?
    {
        let mut entry = entry.map_err(|error| broken(error.to_string()))?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = entry.path().map_err(|error| broken(error.to_string()))?;
        let Some(path) = Utf8Path::from_path(&path).map(Utf8Path::to_owned) else {
            continue;
        };
        let inside = ["python/install", "python", "./python/install", "./python"]
            .iter()
            .find_map(|prefix| path.strip_prefix(prefix).ok());
        let Some(inside) = inside else { continue };
        let plain = inside
            .components()
            .all(|part| matches!(part, camino::Utf8Component::Normal(_)));
        if plain && is_useful(inside) {
            write_file(&into.join(inside), &mut entry, inside.starts_with("bin"))?;
        }
    }
    Ok(())
}

fn write_file(path: &Utf8Path, from: &mut impl Read, executable: bool) -> Result<(), ResolveError> {
    if let Some(folder) = path.parent() {
        fs_err::create_dir_all(folder)?;
    }
    let mut file = File::create(path)?;
    std::io::copy(from, &mut file).map_err(ResolveError::io(format!("can't write `{path}`")))?;
    if executable {
        make_executable(path.as_std_path())?;
    }
    Ok(())
}

/// Lets everybody run a file; nothing where files have no such bit.
///
/// # Errors
/// When the disk refuses.
#[cfg(unix)]
pub(crate) fn make_executable(path: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
pub(crate) fn make_executable(_path: &std::path::Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_needs_is_kept() {
        for path in [
            "bin/python3.13",
            "libpython3.13.so.1.0",
            "lib/libpython3.13.so.1.0",
            "libffi.so.8",
            "lib/python3.13/json/decoder.py",
            "lib/python3.13/unittest/mock.py",
            "lib/python3.13/lib-dynload/_ssl.cpython-313-x86_64-linux-gnu.so",
            "lib/python3.13/site-packages/pip/_vendor/distlib/t64.exe",
            "bin/python.exe",
            "lib/libcrypto-3.dll",
        ] {
            assert!(is_useful(Utf8Path::new(path)), "{path}");
        }
    }

    #[test]
    fn tests_headers_and_windows_are_left_out() {
        for path in [
            "bin/pip3",
            "bin/python3.13-config",
            "python3.13",
            "libjnipython.so",
            "include/python3.13/Python.h",
            "lib/python3.13/test/test_os.py",
            "lib/python3.13/idlelib/run.py",
            "lib/python3.13/config-3.13-x86_64-linux-gnu/Makefile",
            "lib/python3.13/lib-dynload/_testcapi.cpython-313-x86_64-linux-gnu.so",
            "lib/tcl8.6/init.tcl",
        ] {
            assert!(!is_useful(Utf8Path::new(path)), "{path}");
        }
    }

    #[test]
    fn byte_code_lies_where_python_looks() {
        let python = PythonVersion::new(3, 13);
        assert_eq!(
            compiled_name("a/b.py", python),
            "a/__pycache__/b.cpython-313.pyc"
        );
        assert_eq!(
            compiled_name("b.py", python),
            "__pycache__/b.cpython-313.pyc"
        );
    }
}
