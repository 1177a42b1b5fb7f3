//! Which of the project's sources tell its dependencies (DESIGN §6), and what
//! follows from them: Django, Python, engine, native packages.

use camino::{Utf8Path, Utf8PathBuf};

use super::error::ScanError;
use super::locks;
use super::manifests::{self, Manifest};
use super::modules::join;
use super::python_wish::{
    BUNDLED, WITHOUT_SQLITE, allows, django_line, is_older_than_bundled, of_django,
};
use super::requirements;
use super::source_text::{self, LARGEST_TEXT};
use crate::model::project::{Dependency, Problem, PythonWish, Severity};
use crate::model::{Engine, PythonVersion, Span};

/// Distributions that hold compiled code, whatever their version. Lock files tell
/// of the others by their wheels.
const NATIVE: &[&str] = &[
    "argon2-cffi",
    "argon2-cffi-bindings",
    "asyncpg",
    "bcrypt",
    "brotli",
    "cchardet",
    "cffi",
    "confluent-kafka",
    "coverage",
    "cryptography",
    "cx-oracle",
    "cython",
    "duckdb",
    "fiona",
    "gevent",
    "greenlet",
    "grpcio",
    "h5py",
    "hiredis",
    "httptools",
    "jpype1",
    "kiwisolver",
    "ldap",
    "levenshtein",
    "lxml",
    "markupsafe",
    "matplotlib",
    "msgpack",
    "multidict",
    "mysqlclient",
    "numba",
    "numpy",
    "opencv-python",
    "opencv-python-headless",
    "oracledb",
    "orjson",
    "pandas",
    "pikepdf",
    "pillow",
    "polars",
    "psutil",
    "psycopg-binary",
    "psycopg-c",
    "psycopg2",
    "psycopg2-binary",
    "pyarrow",
    "pycairo",
    "pycryptodome",
    "pycurl",
    "pydantic-core",
    "pymssql",
    "pymupdf",
    "pynacl",
    "pyodbc",
    "pyproj",
    "python-ldap",
    "python-magic-bin",
    "python-snappy",
    "pyyaml",
    "pyzmq",
    "rapidfuzz",
    "regex",
    "rpds-py",
    "ruamel-yaml-clib",
    "scikit-learn",
    "scipy",
    "sentencepiece",
    "shapely",
    "simplejson",
    "tiktoken",
    "tokenizers",
    "torch",
    "ujson",
    "uvloop",
    "uwsgi",
    "watchfiles",
    "wrapt",
    "xmlsec",
    "yarl",
    "zstandard",
];

/// Everything that is known of the dependencies.
#[derive(Debug, Default)]
pub(super) struct Dependencies {
    pub(super) files: Vec<Utf8PathBuf>,
    pub(super) list: Vec<Dependency>,
    pub(super) native: Vec<String>,
    pub(super) name: Option<String>,
    pub(super) problems: Vec<Problem>,
    python: Vec<(String, Span)>,
    pin: Option<(String, Span)>,
}

/// Reads the sources in `folders`, the nearest to `manage.py` first.
pub(super) fn read(root: &Utf8Path, folders: &[Utf8PathBuf]) -> Result<Dependencies, ScanError> {
    let mut found = Dependencies::default();
    let mut manifests: Vec<Manifest> = Vec::new();
    for folder in folders {
        found.pin = match found.pin {
            Some(pin) => Some(pin),
            None => version_file(root, folder)?,
        };
        manifests.extend(manifests::pyproject(root, folder)?);
        manifests.extend(manifests::setup_cfg(root, folder)?);
        manifests.extend(manifests::pipfile(root, folder)?);
    }
    found.name = manifests.iter().find_map(|manifest| manifest.name.clone());
    found.python.extend(
        manifests
            .iter()
            .filter_map(|manifest| manifest.python.clone()),
    );

    let mut candidates: Vec<Dependencies> = Vec::new();
    for folder in folders {
        let own = manifests.iter().find(|manifest| {
            manifest.path.parent() == Some(folder) && !manifest.dependencies.is_empty()
        });
        if let Some(lock) = locks::best(root, folder, own)? {
            candidates.push(Dependencies {
                files: vec![lock.path],
                list: lock.dependencies,
                native: lock.native,
                python: lock.python.into_iter().collect(),
                ..Dependencies::default()
            });
        }
    }
    if let Some(file) = requirements::choose(root, folders) {
        candidates.push(from_requirements(root, &file)?);
    }
    for manifest in manifests {
        if !manifest.dependencies.is_empty() {
            candidates.push(Dependencies {
                files: vec![manifest.path],
                list: manifest.dependencies,
                ..Dependencies::default()
            });
        }
    }
    // A source without Django is not the deployment's (linters, documentation),
    // unless none has it.
    let index = candidates
        .iter()
        .position(|candidate| candidate.django().is_some())
        .unwrap_or(0);
    if index < candidates.len() {
        let chosen = candidates.swap_remove(index);
        found.files = chosen.files;
        found.list = chosen.list;
        found.native = chosen.native;
        found.problems.extend(chosen.problems);
        found.python.extend(chosen.python);
    }
    let known = found.list.iter().filter(|one| is_native(one));
    found.native.extend(known.map(|one| one.name.clone()));
    found.native.sort();
    found.native.dedup();
    Ok(found)
}

fn is_native(dependency: &Dependency) -> bool {
    let extra = |extra: &String| NATIVE.contains(&format!("{}-{extra}", dependency.name).as_str());
    NATIVE.contains(&dependency.name.as_str()) || dependency.extras.iter().any(extra)
}

/// A requirements file, and the manifests of folders that it requires.
fn from_requirements(root: &Utf8Path, file: &Utf8Path) -> Result<Dependencies, ScanError> {
    let read = requirements::read(root, file)?;
    let mut found = Dependencies {
        files: read.files,
        list: read.dependencies,
        problems: read.problems,
        ..Dependencies::default()
    };
    for folder in read.local {
        let manifest = match manifests::pyproject(root, &folder)? {
            Some(manifest) if !manifest.dependencies.is_empty() => Some(manifest),
            _ => manifests::setup_cfg(root, &folder)?,
        };
        if let Some(manifest) = manifest {
            for dependency in manifest.dependencies {
                if found.list.iter().all(|known| known.name != dependency.name) {
                    found.list.push(dependency);
                }
            }
        }
    }
    Ok(found)
}

/// `.python-version` and `runtime.txt`: one version, meant exactly.
fn version_file(root: &Utf8Path, folder: &Utf8Path) -> Result<Option<(String, Span)>, ScanError> {
    for name in [".python-version", "runtime.txt"] {
        let path = join(folder, Utf8Path::new(name));
        if !root.join(&path).is_file() {
            continue;
        }
        let text = source_text::utf8(root, &path, LARGEST_TEXT)?;
        let written = (1_u32..)
            .zip(text.lines())
            .map(|(number, line)| (number, line.trim()))
            .find(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        if let Some((number, line)) = written {
            let version = line
                .trim_start_matches("python-")
                .trim_start_matches("cpython-");
            // pyenv's names of other Pythons and environments say nothing here.
            if version.starts_with(|letter: char| letter.is_ascii_digit()) {
                return Ok(Some((version.to_owned(), Span::new(path, number))));
            }
        }
    }
    Ok(None)
}

impl Dependencies {
    fn django(&self) -> Option<&Dependency> {
        self.list.iter().find(|one| one.name == "django")
    }

    /// Django's specifier, or `any` when it has none.
    pub(super) fn django_specifier(&self) -> Option<String> {
        self.django().map(|django| {
            let specifier = django.specifier.as_str();
            specifier
                .strip_prefix("==")
                .filter(|version| !version.contains([',', '*']))
                .unwrap_or(specifier)
                .trim()
                .to_owned()
        })
    }

    /// The wish for a Python, and the engine that fits.
    pub(super) fn engine(&self) -> (Engine, String) {
        let django = self.django();
        let line = django.and_then(|django| django_line(&django.specifier));
        match (django, line) {
            (Some(django), Some((0 | 1, _))) if self.may_be_python_2() => (
                Engine::Jython,
                format!(
                    "Django {} runs on Python 2.7 ({})",
                    django.specifier, django.origin
                ),
            ),
            _ => (Engine::Cpython, "the project is for Python 3".to_owned()),
        }
    }

    /// Whether nothing that is known rules Python 2 out.
    pub(super) fn may_be_python_2(&self) -> bool {
        let line = self
            .django()
            .and_then(|django| django_line(&django.specifier));
        let two = PythonVersion::new(2, 7);
        let mut wishes = self.python.iter().chain(&self.pin);
        line.is_none_or(|(major, _)| major < 2) && wishes.all(|(wish, _)| allows(wish, two))
    }

    /// What the project says about its Python, together with what its Django can.
    pub(super) fn wish(&mut self, engine: Engine) -> Option<PythonWish> {
        let wish = self.wished(engine)?;
        let django = self.django();
        let line = django.and_then(|django| django_line(&django.specifier));
        if let (Some(version), Some((major, minor)), Some(django)) = (wish.version, line, django)
            && !allows(of_django((major, minor)), version)
        {
            self.problems.push(Problem {
                severity: Severity::Warning,
                code: "django-python",
                origin: Some(django.origin.clone()),
                message: format!(
                    "Django {major}.{minor} does not run on Python {version}, which {} wishes for",
                    wish.origin
                ),
                hint: Some(format!(
                    "it runs on {}; change one of them, or set `python` in `[tool.djwar]`",
                    of_django((major, minor))
                )),
            });
        }
        Some(wish)
    }

    fn wished(&mut self, engine: Engine) -> Option<PythonWish> {
        let django = self.django().cloned();
        let line = django
            .as_ref()
            .and_then(|django| django_line(&django.specifier));
        let by_django = line.map(of_django).unwrap_or_default();
        if engine == Engine::Jython {
            return None;
        }
        let fits = |version: PythonVersion, with_django: bool| {
            self.python
                .iter()
                .all(|(specifier, _)| allows(specifier, version))
                && (!with_django || allows(by_django, version))
        };
        let pinned = self.pin.clone().and_then(|(written, span)| {
            let version = BUNDLED
                .into_iter()
                .find(|&version| allows(&written, version))?;
            Some(PythonWish {
                specifier: written,
                version: Some(version),
                origin: span,
            })
        });
        if pinned.is_some() {
            return pinned;
        }
        // Packages that were pinned for 3.10 have wheels for 3.12 more likely than
        // for the newest. 3.11 would be nearer, but has no sqlite3.
        let mut bundled = BUNDLED;
        if let Some((pin, _)) = &self.pin
            && is_older_than_bundled(pin)
        {
            bundled.sort_by_key(|version| (*version == WITHOUT_SQLITE, version.minor));
        }
        let version = bundled
            .into_iter()
            .find(|&version| fits(version, true))
            .or_else(|| bundled.into_iter().find(|&version| fits(version, false)));
        let said = self.pin.clone().or_else(|| self.python.first().cloned());
        if let Some((specifier, span)) = &self.pin {
            let taken = version.map_or("none that can be bundled".to_owned(), |version| {
                format!("Python {version}")
            });
            self.problems.push(Problem {
                severity: Severity::Warning,
                code: "python-not-bundled",
                origin: Some(span.clone()),
                message: format!("Python {specifier} can't be bundled; taken instead: {taken}"),
                hint: Some(
                    "3.11 to 3.14 can; or name an interpreter with `python = \"file:…\"` or \
                     `python = \"host\"` in `[tool.djwar]`"
                        .to_owned(),
                ),
            });
        }
        match (said, django) {
            (Some((specifier, origin)), _) => {
                if version.is_none() {
                    self.problems.push(Problem {
                        severity: Severity::Error,
                        code: "python-not-bundled",
                        origin: Some(origin.clone()),
                        message: format!(
                            "the project wants Python {specifier}; djwar bundles 3.11 to 3.14"
                        ),
                        hint: Some("widen the wish, or name an interpreter with `python = \"file:…\"` in `[tool.djwar]`".to_owned()),
                    });
                }
                Some(PythonWish {
                    specifier,
                    version,
                    origin,
                })
            }
            // Nobody said anything, and the preferred Python is too new for the
            // Django that is pinned.
            (None, Some(django)) if version != Some(BUNDLED[0]) => Some(PythonWish {
                specifier: by_django.to_owned(),
                version,
                origin: django.origin,
            }),
            _ => None,
        }
    }
}
