//! Byte code, compiled once per content by the target's own Python and kept as
//! archives whose entries are copied into the WAR as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufWriter;
use std::io::Write;
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;
use serde::{Deserialize, Serialize};

use super::cache::{Key, hexadecimal, sha256_of, utf8};
use super::error::{ResolveError, Said};
use super::host::{Host, uninterrupted};
use super::interpreter::Interpreter;
use super::packed::Packer;
use super::python::{Python, compile_by};
use super::resolver::Resolver;
use super::wheels::{Resolution, Wheel};
use crate::model::FileDigests;
use crate::runtime;

/// Changes when the same source would give other byte code.
const RECIPE: &str = "bytecode 1";

/// The byte code of one file in the cache.
const CLASS: &str = "class";

/// One file to compile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Job {
    /// The Python file.
    pub source: Utf8PathBuf,
    /// The `.pyc`.
    pub target: Utf8PathBuf,
    /// What code objects say that they come from.
    pub name: String,
    /// Whether the source must be what was compiled, each time it is loaded.
    pub checked: bool,
}

/// Which files an archive of byte code was made of, for the next one: what didn't
/// change is copied.
#[derive(Debug, Serialize, Deserialize)]
struct Set {
    key: String,
    /// Path → SHA-256.
    sources: BTreeMap<String, String>,
}

/// The folder of the sets in the cache.
const SETS: &str = "bytecode-sets";

/// What the compiler says at its end.
#[derive(Debug, Deserialize)]
pub(crate) struct Outcome {
    #[serde(default)]
    pub(crate) failed: Vec<serde_json::Value>,
}

/// Compiles `jobs` with one start of the interpreter. Files which this Python
/// can't parse (templates of files, code for another version) stay without byte
/// code; their names are returned.
///
/// # Errors
/// When the interpreter fails.
pub(crate) fn compile(
    host: &Host,
    interpreter: &Interpreter,
    handler: &Utf8Path,
    jobs: &[Job],
) -> Result<Vec<String>, ResolveError> {
    let mut command = interpreter.command(host);
    // The order of sets in code objects follows the hashes of their strings.
    command
        .env("PYTHONHASHSEED", "0")
        .env("PYTHONPATH", handler)
        .args(["-s", "-B", "-P", "-m", "djwar_handler.compile"]);
    compile_by(command, interpreter.executable.as_str(), jobs)
}

/// Starts a compiler, tells it the jobs, one a line, and takes its last word.
pub(crate) fn converse(
    mut command: Command,
    program: &str,
    jobs: &[Job],
) -> Result<Outcome, ResolveError> {
    let failure = |said: String| ResolveError::Program {
        doing: "compiling the byte code".to_owned(),
        said: Said(said),
    };
    let mut lines = Vec::new();
    for job in jobs {
        serde_json::to_writer(&mut lines, job).map_err(std::io::Error::other)?;
        lines.push(b'\n');
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| ResolveError::Start {
            program: program.to_owned(),
            source,
        })?;
    let mut stdin = child.stdin.take();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            // A child that died says why on its standard error.
            if let Some(stdin) = &mut stdin {
                let _ = stdin.write_all(&lines);
            }
        });
        child.wait_with_output()
    })?;
    let output = uninterrupted(program.to_owned(), output)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(failure(said));
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .rev()
        .find_map(|line| serde_json::from_str(line).ok())
        .ok_or_else(|| failure(said))
}

/// A Python file, and its path below the folder that is on `sys.path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PythonFile {
    /// On disk.
    pub source: Utf8PathBuf,
    /// With `/`.
    pub path: String,
    /// Whether somebody may edit it later: the project's own are, ours not.
    pub is_editable: bool,
}

impl PythonFile {
    fn job(&self, folder: &Utf8Path, python: &dyn Python) -> Job {
        Job {
            source: self.source.clone(),
            target: folder.join(python.compiled_name(&self.path)),
            name: self.path.clone(),
            checked: self.is_editable,
        }
    }

    fn key(&self, python: &dyn Python) -> Result<Key, ResolveError> {
        let digest = sha256_of(&self.source)?;
        Ok(Key::of([
            &python.recipe(),
            python.digest(),
            &self.path,
            &digest,
        ]))
    }
}

impl Resolver<'_> {
    /// One archive of `.pyc` a wheel, in the order of the resolution's wheels.
    /// The entries' names are paths below `WEB-INF/python/lib`.
    ///
    /// # Errors
    /// When the interpreter or the cache fails.
    pub fn bytecode(
        &self,
        resolution: &Resolution,
        python: &dyn Python,
    ) -> Result<Vec<Utf8PathBuf>, ResolveError> {
        let missing: Vec<&Wheel> = resolution
            .wheels
            .iter()
            .filter(|wheel| {
                self.cache
                    .existing("bytecode", &wheel_key(wheel, python))
                    .is_none()
            })
            .collect();
        if !missing.is_empty() {
            self.report
                .status(&format!("Compiling {} packages", missing.len()));
            let scratch = self.cache.scratch()?;
            let scratch = scratch.path();
            let mut jobs = Vec::new();
            for wheel in &missing {
                let folder = scratch.join(&wheel.sha256);
                for path in wheel.unpack(&folder.join("source"), is_python)? {
                    jobs.push(Job {
                        source: folder.join("source").join(&path),
                        target: folder.join("target").join(python.compiled_name(&path)),
                        name: path,
                        checked: false,
                    });
                }
            }
            self.say_failed(&python.compile(self, &jobs)?);
            for wheel in &missing {
                let compiled = scratch.join(&wheel.sha256).join("target");
                self.cache.file_or_make(
                    "bytecode",
                    &wheel_key(wheel, python),
                    "bytecode.zip",
                    |file| pack_folder(&compiled, file),
                )?;
            }
        }
        resolution
            .wheels
            .iter()
            .map(|wheel| {
                self.cache
                    .existing("bytecode", &wheel_key(wheel, python))
                    .map(|folder| folder.join("bytecode.zip"))
                    .ok_or(ResolveError::Program {
                        doing: format!("compiling `{}`", wheel.name),
                        said: Said("the cache lost it; is another program cleaning it?".to_owned()),
                    })
            })
            .collect()
    }

    /// An archive of the `.pyc` of loose files, such as the project's own. The
    /// entries' names are beside `path` in `__pycache__`. A file whose digest isn't
    /// given is read.
    ///
    /// # Errors
    /// When a file can't be read, and as for [`Resolver::bytecode`].
    pub fn bytecode_of_files(
        &self,
        files: &[PythonFile],
        digests: &FileDigests,
        python: &dyn Python,
    ) -> Result<Utf8PathBuf, ResolveError> {
        let mut parts = vec![python.recipe(), python.digest().to_owned()];
        for file in files {
            parts.push(file.path.clone());
            parts.push(match digests.get(&file.source) {
                Some(digest) => hexadecimal(&digest.sha256),
                None => sha256_of(&file.source)?,
            });
        }
        let key = Key::of(parts.iter().map(String::as_str));
        let mut set = Set {
            key: key.as_str().to_owned(),
            sources: BTreeMap::new(),
        };
        for pair in parts[2..].chunks_exact(2) {
            set.sources.insert(pair[0].clone(), pair[1].clone());
        }
        let recipe = parts.swap_remove(0);
        // The project of these files: only its last set is of any use.
        let first = files.first().map_or("", |file| file.source.as_str());
        let last = Key::of([&recipe, python.digest(), first]);
        let archive = self
            .cache
            .file_or_make("bytecode", &key, "bytecode.zip", |target| {
                let scratch = self.cache.scratch()?;
                let scratch = scratch.path();
                let kept = self.kept(&last, &set);
                if python.compiles_slowly() {
                    self.compile_each(files, python, scratch)?;
                    return pack_folder(scratch, target);
                }
                let is_new = |file: &&PythonFile| {
                    kept.as_ref()
                        .is_none_or(|(_, kept)| !kept.contains(&file.path))
                };
                let jobs: Vec<Job> = files
                    .iter()
                    .filter(is_new)
                    .map(|file| file.job(scratch, python))
                    .collect();
                self.say_failed(&python.compile(self, &jobs)?);
                match kept {
                    None => pack_folder(scratch, target),
                    Some((archive, kept)) => {
                        let kept = kept.iter().map(|path| python.compiled_name(path)).collect();
                        pack_with_kept(scratch, &archive, &kept, target)
                    }
                }
            })?;
        self.cache.set_note(SETS, &last, &set);
        Ok(archive)
    }

    /// The archive of the last set, and the files which are the same in it.
    fn kept(&self, last: &Key, set: &Set) -> Option<(Utf8PathBuf, BTreeSet<String>)> {
        let before: Set = self.cache.note(SETS, last)?;
        let folder = self.cache.existing("bytecode", &Key::parse(&before.key)?)?;
        let kept = before
            .sources
            .into_iter()
            .filter(|(path, sha256)| set.sources.get(path) == Some(sha256))
            .map(|(path, _)| path)
            .collect();
        Some((folder.join("bytecode.zip"), kept))
    }

    /// Compiles those of the files into `folder` whose content was never compiled.
    fn compile_each(
        &self,
        files: &[PythonFile],
        python: &dyn Python,
        folder: &Utf8Path,
    ) -> Result<(), ResolveError> {
        let mut fresh = Vec::new();
        for file in files {
            let job = file.job(folder, python);
            let key = file.key(python)?;
            match self.cache.existing("bytecode-of-files", &key) {
                Some(kept) => {
                    let kept = kept.join(CLASS);
                    if kept.is_file() {
                        if let Some(parent) = job.target.parent() {
                            fs_err::create_dir_all(parent)?;
                        }
                        fs_err::copy(kept, &job.target)?;
                    }
                }
                None => fresh.push((job, key)),
            }
        }
        if fresh.is_empty() {
            return Ok(());
        }
        let jobs: Vec<Job> = fresh.iter().map(|(job, _)| job.clone()).collect();
        self.report
            .status(&format!("Compiling {} files", jobs.len()));
        self.say_failed(&python.compile(self, &jobs)?);
        for (job, key) in fresh {
            // An empty entry remembers what can't be compiled.
            self.cache
                .entry_or_make("bytecode-of-files", &key, |folder| {
                    if job.target.is_file() {
                        fs_err::copy(&job.target, folder.join(CLASS))?;
                    }
                    Ok(())
                })?;
        }
        Ok(())
    }

    fn say_failed(&self, failed: &[String]) {
        for one in failed {
            self.report.detail(&format!("not compiled: {one}"));
        }
    }
}

/// The compiler is a part of the recipe: its own source says what it makes.
pub(crate) fn recipe(half: runtime::Files) -> String {
    let compiler = half
        .iter()
        .filter(|(path, _)| path.ends_with("/compile.py") || path.ends_with("/bytecode.py"))
        .map(|(_, bytes)| Key::of_bytes(bytes).as_str().to_owned());
    [RECIPE.to_owned()]
        .into_iter()
        .chain(compiler)
        .collect::<Vec<_>>()
        .join(" ")
}

fn is_python(path: &str) -> bool {
    Utf8Path::new(path).extension() == Some("py")
}

fn wheel_key(wheel: &Wheel, python: &dyn Python) -> Key {
    Key::of([&python.recipe(), &wheel.sha256, python.digest()])
}

/// An archive of what is new in `folder`, and of what `kept` names in another one.
fn pack_with_kept(
    folder: &Utf8Path,
    before: &Utf8Path,
    kept: &BTreeSet<String>,
    file: &Utf8Path,
) -> Result<(), ResolveError> {
    let mut packer = Packer::create(file)?;
    packer.copied(before, |name| kept.contains(name))?;
    pack_into(&mut packer, folder)?;
    packer.finish()
}

fn pack_folder(folder: &Utf8Path, file: &Utf8Path) -> Result<(), ResolveError> {
    let mut packer = Packer::create(file)?;
    pack_into(&mut packer, folder)?;
    packer.finish()
}

fn pack_into(packer: &mut Packer<BufWriter<File>>, folder: &Utf8Path) -> Result<(), ResolveError> {
    for found in walkdir::WalkDir::new(folder).sort_by_file_name() {
        // A wheel without Python files has no folder.
        let Ok(found) = found else { break };
        if found.file_type().is_file() {
            let path = utf8(found.path())?;
            let name = path
                .strip_prefix(folder)
                .unwrap_or(&path)
                .as_str()
                .replace('\\', "/");
            packer.deflated(&name, &fs_err::read(&path)?)?;
        }
    }
    Ok(())
}
