//! Which of the project's sources tell its dependencies (docs/concepts/scan.md), and what
//! follows from them: Django, Python, engine, native packages.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};

use sha2::{Digest, Sha256};

use super::ScanOptions;
use super::error::ScanError;
use super::extras;
use super::installed;
use super::locks::{self, Lock};
use super::manifests::{self, Manifest};
use super::pipenv;
use super::python_wish::{
    BUNDLED, WITHOUT_SQLITE, allows, django_line, is_older_than_bundled, of_django, version_file,
};
use super::requirement::normalised_name;
use super::requirements;
use super::setup_script;
use super::source_text;
use super::value::normalised;
use crate::model::project::{Dependency, Problem, PythonWish, Severity};
use crate::model::{Engine, PythonVersion, Span, packages};

/// Everything that is known of the dependencies.
#[derive(Debug, Default)]
pub(super) struct Dependencies {
    pub(super) files: Vec<Utf8PathBuf>,
    pub(super) list: Vec<Dependency>,
    pub(super) native: Vec<String>,
    pub(super) name: Option<String>,
    pub(super) problems: Vec<Problem>,
    /// Of the files' contents, `djwar.lock` left aside.
    pub(super) digest: String,
    python: Vec<(String, Span)>,
    pin: Option<(String, Span)>,
    /// Whether they are what a lock lists.
    is_locked: bool,
}

/// The versions that an earlier build took, in the form of a requirements file.
pub const LOCK: &str = "djwar.lock";

/// Reads the sources in `folders`, the nearest to `manage.py` first, or those that
/// the configuration names.
pub(super) fn read(
    root: &Utf8Path,
    folders: &[Utf8PathBuf],
    options: &ScanOptions,
) -> Result<Dependencies, ScanError> {
    let mut found = Dependencies::default();
    let mut manifests: Vec<Manifest> = Vec::new();
    for folder in folders {
        found.pin = match found.pin {
            Some(pin) => Some(pin),
            None => version_file(root, folder)?,
        };
        manifests.extend(manifests::pyproject(root, folder)?);
        manifests.extend(manifests::setup_cfg(root, folder)?);
        manifests.extend(pipenv::manifest(root, folder)?);
        manifests.extend(setup_script::read(root, folder)?);
    }
    // What was made from the files above knows less of how they are meant.
    for folder in folders {
        manifests.extend(installed::read(root, folder)?);
    }
    let needed = extras::add(&mut manifests, &options.extras)?;
    found.name = manifests.iter().find_map(|manifest| manifest.name.clone());
    found.python.extend(
        manifests
            .iter()
            .filter_map(|manifest| manifest.python.clone()),
    );
    let source = match &options.requirements {
        Some(files) => Some(named(root, files, &manifests)?),
        None => best(root, folders, manifests)?,
    };
    if let Some(source) = source {
        found.take(source);
    }
    found.add_needed(needed);
    found.digest = digest(root, &found.files, &options.extras);
    let lock = Utf8Path::new(LOCK);
    if !options.without_lock && root.join(lock).is_file() {
        let (text, _) = source_text::requirements(root, lock)?;
        if !text.contains(&found.digest) {
            found.problems.push(stale(&found.files));
        }
        let locked = from_requirements(root, lock)?;
        found.list.clear();
        found.native.clear();
        found.files.clear();
        found.take(locked);
    } else {
        found.problems.extend(unpinned(&found.list));
    }
    let known = found.list.iter().filter(|one| packages::holds_code(one));
    found.native.extend(known.map(|one| one.name.clone()));
    found.native.sort();
    found.native.dedup();
    Ok(found)
}

/// The best source that names Django; without one, the best.
fn best(
    root: &Utf8Path,
    folders: &[Utf8PathBuf],
    manifests: Vec<Manifest>,
) -> Result<Option<Dependencies>, ScanError> {
    let mut candidates: Vec<Dependencies> = Vec::new();
    for folder in folders {
        let own = own_manifest(&manifests, folder);
        if let Some(lock) = locks::best(root, folder, own)? {
            candidates.push(lock.into());
        }
    }
    if let Some(file) = requirements::choose(root, folders) {
        candidates.push(from_requirements(root, &file)?);
    }
    let with_dependencies = |manifest: &Manifest| !manifest.dependencies.is_empty();
    candidates.extend(
        manifests
            .into_iter()
            .filter(with_dependencies)
            .map(Dependencies::from),
    );
    // A source without Django is not the deployment's (linters, documentation),
    // unless none has it.
    let index = candidates
        .iter()
        .position(|candidate| candidate.django().is_some())
        .unwrap_or(0);
    Ok((index < candidates.len()).then(|| candidates.swap_remove(index)))
}

fn own_manifest<'a>(manifests: &'a [Manifest], folder: &Utf8Path) -> Option<&'a Manifest> {
    manifests.iter().find(|manifest| {
        manifest.path.parent() == Some(folder) && !manifest.dependencies.is_empty()
    })
}

/// The files that the configuration names, all of them.
fn named(
    root: &Utf8Path,
    files: &[String],
    manifests: &[Manifest],
) -> Result<Dependencies, ScanError> {
    let mut found = Dependencies::default();
    for file in files {
        let path = Utf8PathBuf::from(normalised(file));
        if !root.join(&path).is_file() {
            return Err(ScanError::RequirementsNotFound {
                origin: "`requirements` of the configuration".to_owned(),
                path,
            });
        }
        let folder = path.parent().unwrap_or(Utf8Path::new(""));
        let own = own_manifest(manifests, folder);
        let one = match manifests.iter().find(|manifest| manifest.path == path) {
            Some(manifest) => manifest.clone().into(),
            None => match locks::of_file(root, &path, own)? {
                Some(lock) => lock.into(),
                None => from_requirements(root, &path)?,
            },
        };
        found.take(one);
    }
    Ok(found)
}

impl From<Lock> for Dependencies {
    fn from(lock: Lock) -> Self {
        Self {
            files: vec![lock.path],
            list: lock.dependencies,
            native: lock.native,
            python: lock.python.into_iter().collect(),
            is_locked: true,
            ..Self::default()
        }
    }
}

impl From<Manifest> for Dependencies {
    fn from(manifest: Manifest) -> Self {
        let mut files = vec![manifest.path];
        files.extend(manifest.files);
        Self {
            files,
            list: manifest.dependencies,
            ..Self::default()
        }
    }
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
    for (folder, origin) in read.local {
        let read = [
            manifests::pyproject(root, &folder)?,
            manifests::setup_cfg(root, &folder)?,
            setup_script::read(root, &folder)?,
        ];
        let manifests = || read.iter().flatten();
        let own = manifests().find_map(|manifest| manifest.name.clone());
        let own = own.or_else(|| folder.file_name().map(str::to_owned));
        // The project itself is packed as it is; only what it needs is news.
        if let Some(name) = own.filter(|_| !folder.as_str().is_empty()) {
            found.list.push(Dependency::new(
                normalised_name(&name),
                format!("@ ./{folder}"),
                origin,
            ));
        }
        let manifest = manifests().find(|manifest| !manifest.dependencies.is_empty());
        for dependency in manifest.into_iter().flat_map(|one| &one.dependencies) {
            if found.list.iter().all(|known| known.name != dependency.name) {
                found.list.push(dependency.clone());
            }
        }
    }
    Ok(found)
}

/// Tells the files' contents, with these extras, from every other.
fn digest(root: &Utf8Path, files: &[Utf8PathBuf], extras: &[String]) -> String {
    let mut digest = Sha256::new();
    let names: BTreeSet<String> = extras.iter().map(|name| normalised_name(name)).collect();
    for name in names {
        digest.update(name);
        digest.update([0]);
    }
    for file in files {
        let bytes = fs_err::read(root.join(file)).unwrap_or_default();
        digest.update(file.as_str());
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    }
    let mut text = String::new();
    for byte in digest.finalize() {
        write!(text, "{byte:02x}").expect("a String grows");
    }
    text
}

fn stale(files: &[Utf8PathBuf]) -> Problem {
    let names: Vec<String> = files.iter().map(|file| format!("`{file}`")).collect();
    Problem {
        severity: Severity::Warning,
        code: "lock-stale",
        origin: Some(Span::new(LOCK, 1)),
        message: format!(
            "`{LOCK}` was written for other requirements than those of {}",
            names.join(", ")
        ),
        hint: Some("`djwar build --lock` writes it anew; or delete it".to_owned()),
    }
}

fn unpinned(dependencies: &[Dependency]) -> Option<Problem> {
    const SHOWN: usize = 3;
    let loose: Vec<&Dependency> = dependencies.iter().filter(|one| !one.is_pinned()).collect();
    let first = loose.first()?;
    let names: Vec<String> = loose
        .iter()
        .take(SHOWN)
        .map(|one| format!("`{}`", one.name))
        .collect();
    let more = match loose.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(Problem {
        severity: Severity::Warning,
        code: "unpinned",
        origin: Some(first.origin.clone()),
        message: format!(
            "no exact version is set for {}{more}: two builds may pack different ones",
            names.join(", ")
        ),
        hint: Some(format!(
            "`djwar build --lock` writes the versions that it takes to `{LOCK}`, which the next \
             builds use"
        )),
    })
}

impl Dependencies {
    /// Adds what one source says.
    fn take(&mut self, source: Self) {
        self.files.extend(source.files);
        self.list.extend(source.list);
        self.native.extend(source.native);
        self.problems.extend(source.problems);
        self.python.extend(source.python);
        self.is_locked |= source.is_locked;
    }

    /// Adds what extras name and the source has not: the source may be the manifest
    /// itself, a lock of it, or a requirements file which knows nothing of it.
    fn add_needed(&mut self, needed: Vec<Dependency>) {
        let has = |known: &Dependency, wanted: &Dependency| {
            // A lock lists what an extra brings as packages of their own.
            let has_extras =
                self.is_locked || wanted.extras.iter().all(|one| known.extras.contains(one));
            known.name == wanted.name && has_extras
        };
        let missing: Vec<Dependency> = needed
            .into_iter()
            .filter(|wanted| !self.list.iter().any(|known| has(known, wanted)))
            .collect();
        for dependency in missing {
            // Where the client is told to read them.
            if !self.files.contains(&dependency.origin.path) {
                self.files.push(dependency.origin.path.clone());
            }
            self.list.push(dependency);
        }
    }

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
            _ => match self.only_python_2() {
                Some((wish, span)) => (
                    Engine::Jython,
                    format!("the project is for Python {wish} ({span})"),
                ),
                None => (Engine::Cpython, "the project is for Python 3".to_owned()),
            },
        }
    }

    /// A wish for a Python that leaves Python 2.7 and no Python 3.
    fn only_python_2(&self) -> Option<&(String, Span)> {
        let three = (0..20).map(|minor| PythonVersion::new(3, minor));
        let mut wishes = self.python.iter().chain(&self.pin);
        wishes.find(|(wish, _)| {
            self.may_be_python_2()
                && allows(wish, PythonVersion::new(2, 7))
                && !three.clone().any(|each| allows(wish, each))
        })
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
                    "it runs on {}; change one of them, or set `python` in `djwar.toml` (or `[tool.djwar]`)",
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
                     `python = \"host\"` in `djwar.toml` (or `[tool.djwar]`)"
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
                        hint: Some("widen the wish, or name an interpreter with `python = \"file:…\"` in `djwar.toml` (or `[tool.djwar]`)".to_owned()),
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
