//! What never goes into a WAR unless the configuration names it, and
//! why. Names and first bytes only; the walk is [`super::walk`]'s.

use std::io::Read;

use camino::Utf8Path;

/// Why a folder stays out. `path` is where it lies on disk.
pub(super) fn folder_reason(path: &Utf8Path, name: &str, is_top: bool) -> Option<&'static str> {
    let by_name = match name {
        ".git" | ".hg" | ".svn" | ".bzr" | "CVS" => Some("version control"),
        "node_modules" | "bower_components" | "jspm_packages" => {
            Some("packages of a front end's build")
        }
        "__pycache__" => Some("byte code of another Python"),
        ".pytest_cache" | ".mypy_cache" | ".ruff_cache" | ".tox" | ".nox" | ".hypothesis"
        | "htmlcov" | ".coverage" | ".cache" | ".pytype" | ".pyre" | ".eggs" | ".sass-cache"
        | ".parcel-cache" | ".turbo" => Some("a cache of tests or tools"),
        ".idea" | ".vscode" | ".vs" | ".settings" | ".ropeproject" | ".ipynb_checkpoints"
        | ".fleet" => Some("an editor's folder"),
        // `djwar run` keeps its WAR, its work folder and the site's data there.
        ".djwar" => Some("djwar's own folder"),
        ".venv" | ".virtualenv" => Some("a virtual environment"),
        ".ssh" | ".aws" | ".gnupg" => Some("secrets"),
        // `.envs/`, where templates of projects keep production's secrets; a
        // virtual environment of such a name is told apart below.
        _ if name.starts_with(".env") && !is_environment(path) => {
            Some("secrets: the environment of one machine")
        }
        _ => None,
    };
    by_name
        .or_else(|| {
            name.ends_with(".egg-info")
                .then_some("metadata of a package's build")
        })
        .or_else(|| is_environment(path).then_some("a virtual environment"))
        .or_else(|| is_top.then(|| build_output(path, name)).flatten())
}

/// `pyvenv.cfg` is what makes a folder a virtual environment (PEP 405); those of
/// virtualenv before 20 have only the scripts.
fn is_environment(path: &Utf8Path) -> bool {
    path.join("pyvenv.cfg").is_file()
        || path.join("bin/activate_this.py").is_file()
        || path.join("Scripts/activate.bat").is_file()
        || path.join("conda-meta/history").is_file()
}

/// `dist/` and `build/` of the project itself. A front end's `dist/` is what the
/// pages need, so the name alone says nothing.
fn build_output(path: &Utf8Path, name: &str) -> Option<&'static str> {
    match name {
        "dist" => {
            let holds_archive = path.read_dir_utf8().ok()?.flatten().any(|entry| {
                let name = entry.file_name();
                [".war", ".whl", ".tar.gz", ".egg"]
                    .iter()
                    .any(|ending| name.ends_with(ending))
            });
            holds_archive.then_some("earlier builds")
        }
        "build" => {
            let of_setuptools = path.join("lib").is_dir()
                || path
                    .read_dir_utf8()
                    .ok()?
                    .flatten()
                    .any(|entry| entry.file_name().starts_with("bdist."));
            of_setuptools.then_some("earlier builds")
        }
        _ => None,
    }
}

/// Why a file stays out.
pub(super) fn file_reason(path: &Utf8Path, name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| lower.ends_with(ending));
    if lower.starts_with(".env") || ends(&[".env"]) {
        Some("secrets: the environment of one machine")
    } else if ends(&[".pem", ".key", ".p12", ".pfx", ".ppk", ".kdbx"]) || is_ssh_key(name) {
        Some("secrets: a key or certificate")
    } else if matches!(
        lower.as_str(),
        ".pypirc" | ".netrc" | ".pgpass" | ".htpasswd"
    ) {
        Some("secrets: a password file")
    } else if ends(&[".pyc", ".pyo"]) || lower.ends_with("$py.class") {
        Some("byte code of another Python")
    } else if ends(&[".war"]) {
        Some("an earlier WAR")
    } else if ends(&[".sqlite3", ".sqlite", ".db", ".db3", ".sqlitedb"]) && is_database(path)
        || ends(&["-journal", "-wal", "-shm"]) && lower.contains("sqlite")
    {
        Some("a database: data of one machine")
    } else if ends(&[".swp", ".swo", "~", ".orig", ".rej"])
        || lower.starts_with(".#")
        || matches!(lower.as_str(), ".ds_store" | "thumbs.db" | "desktop.ini")
    {
        Some("an editor's or a desktop's leftover")
    } else if matches!(
        lower.as_str(),
        ".coverage" | "coverage.xml" | "nosetests.xml"
    ) || lower.starts_with(".coverage.")
    {
        Some("a cache of tests or tools")
    } else if name == "djwar.toml" {
        Some("djwar's own configuration")
    } else if ends(&[".log"]) {
        Some("a log")
    } else {
        None
    }
}

/// `id_rsa`, `id_ed25519.pub`, …, but not the module `id_cards.py`.
fn is_ssh_key(name: &str) -> bool {
    let stem = name.strip_suffix(".pub").unwrap_or(name);
    stem.starts_with("id_") && !stem.contains('.')
}

/// An empty file, or one that begins as `SQLite`'s file format says.
pub(super) fn is_database(path: &Utf8Path) -> bool {
    const MAGIC: &[u8; 16] = b"SQLite format 3\0";
    // Opening a FIFO would wait for ever.
    if !path.is_file() {
        return false;
    }
    let mut bytes = Vec::new();
    match fs_err::File::open(path) {
        Ok(file) => {
            let read = file.take(16).read_to_end(&mut bytes);
            read.is_ok() && (bytes.is_empty() || bytes == MAGIC)
        }
        // What can't be read is told by the walk, not taken for harmless.
        Err(_) => true,
    }
}
