//! A Python that runs on this machine: the bundled one, unpacked once, or one
//! of the user's. Owns what is unpacked and how it is started; what goes into a
//! WAR is [`super::python_home`]'s.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::bytecode::{Job, compile, recipe};
use super::cache::Key;
use super::error::ResolveError;
use super::host::{Host, run};
use super::resolver::Resolver;
use super::{archive, versions};
use crate::model::{Platform, PythonChoice, PythonVersion};
use crate::runtime;

/// Changes when the same archive would be unpacked otherwise.
const RECIPE: &str = "interpreter 1";

/// Modules which need a library of the system, and what it is called.
const SYSTEM_LIBRARIES: &[(&str, &str)] = &[
    ("zlib", "libz"),
    ("bz2", "libbz2"),
    ("lzma", "liblzma"),
    ("uuid", "libuuid"),
    ("sqlite3", "libsqlite3"),
    ("ctypes", "libffi"),
    ("ssl", "OpenSSL"),
];

/// A Python which was seen running.
#[derive(Clone, Debug)]
pub struct Interpreter {
    /// Its release line.
    pub version: PythonVersion,
    /// The program.
    pub executable: Utf8PathBuf,
    /// The folder for `PYTHONHOME`; none for the host's own.
    pub home: Option<Utf8PathBuf>,
    /// Tells this interpreter from every other, for keys of the cache.
    pub digest: String,
}

impl Interpreter {
    /// A command that starts it, without the host's own `PYTHON*` variables.
    pub fn command(&self, host: &Host) -> Command {
        let mut command = host.python_command(&self.executable);
        command
            .env("PYTHONNOUSERSITE", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONUTF8", "1");
        if let Some(home) = &self.home {
            command.env("PYTHONHOME", home);
            // Its OpenSSL looks in a folder of the machine that built it.
            if host.variable("SSL_CERT_FILE").is_none()
                && let Some(file) = certificates()
            {
                command.env("SSL_CERT_FILE", file);
            }
        }
        command
    }
}

/// Where the systems keep their certificates in one file.
fn certificates() -> Option<&'static str> {
    [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ]
    .into_iter()
    .find(|file| Utf8Path::new(file).is_file())
}

impl Resolver<'_> {
    /// The Python that works for `choice` on this machine: runs pip, compiles,
    /// collects static files.
    ///
    /// # Errors
    /// When there is none for this machine, or it doesn't run here.
    pub fn interpreter(&self, choice: &PythonChoice) -> Result<Interpreter, ResolveError> {
        match choice {
            PythonChoice::Bundled(python) => self.bundled(*python),
            PythonChoice::File(file) => self.of_archive(file),
            PythonChoice::Host => self.of_host(None),
        }
    }

    fn bundled(&self, python: PythonVersion) -> Result<Interpreter, ResolveError> {
        let Some(platform) = Platform::of_this_host() else {
            return self.of_host(Some(python));
        };
        let tree = self.tree(python, platform)?;
        Ok(Interpreter {
            version: python,
            executable: archive::executable(&tree.folder, python),
            home: Some(tree.folder),
            digest: tree.digest,
        })
    }

    fn of_archive(&self, file: &Utf8Path) -> Result<Interpreter, ResolveError> {
        let tree = self.tree_of_file(file)?;
        Ok(Interpreter {
            version: tree.python,
            executable: archive::executable(&tree.folder, tree.python),
            home: Some(tree.folder),
            digest: tree.digest,
        })
    }

    /// The host's own Python, of that line or (without one) the first on the PATH.
    fn of_host(&self, python: Option<PythonVersion>) -> Result<Interpreter, ResolveError> {
        let names = match python {
            Some(python) => vec![format!("python{python}")],
            None => vec!["python3".to_owned(), "python".to_owned()],
        };
        for executable in names.iter().filter_map(|name| self.host.find(name)) {
            let mut command = self.host.python_command(&executable);
            command.args(["-c", "import sys; print(sys.version)"]);
            let output = run(&mut command)?;
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            if let Ok(version) = said.split_whitespace().next().unwrap_or_default().parse()
                && python.is_none_or(|python| python == version)
            {
                return Ok(Interpreter {
                    version,
                    digest: Key::of([executable.as_str(), said.trim()])
                        .as_str()
                        .to_owned(),
                    executable,
                    home: None,
                });
            }
        }
        Err(ResolveError::MissingProgram {
            program: "python3",
            purpose: "resolve the requirements and compile the byte code".to_owned(),
            help: "djwar bundles no Python for this machine's platform: install the Python that the project is for"
                .to_owned(),
        })
    }

    /// The bundled interpreter of a platform, unpacked; runs only on its own.
    pub(crate) fn tree(
        &self,
        python: PythonVersion,
        platform: Platform,
    ) -> Result<Tree, ResolveError> {
        let coordinates =
            versions::cpython(python, platform).ok_or_else(|| ResolveError::NoInterpreter {
                python,
                platform,
                known: versions::known(platform),
            })?;
        let jar = self.maven.artifact(&coordinates)?;
        let sha256 = self.cache.digest_of(&jar, |_| Ok(()))?;
        let key = Key::of([RECIPE, &recipe(runtime::HANDLER), &sha256]);
        let folder = self.cache.entry_or_make("interpreters", &key, |folder| {
            self.report
                .status(&format!("Unpacking Python {python} for {platform}"));
            archive::unpack_jar(&jar, platform, folder)?;
            archive::bring_libffi_near(folder, python)?;
            self.finish(folder, python, Platform::of_this_host() == Some(platform))
        })?;
        Ok(Tree {
            python,
            folder,
            digest: key.as_str().to_owned(),
        })
    }

    pub(crate) fn tree_of_file(&self, file: &Utf8Path) -> Result<Tree, ResolveError> {
        let sha256 = self.cache.digest_of(file, |_| Ok(()))?;
        let key = Key::of([RECIPE, &recipe(runtime::HANDLER), &sha256]);
        let folder = self.cache.entry_or_make("interpreters", &key, |folder| {
            self.report.status(&format!("Unpacking {file}"));
            archive::unpack_tar(file, folder)?;
            let python = archive::version(folder).ok_or_else(|| not_python(file))?;
            self.finish(folder, python, true)
        })?;
        let python = archive::version(&folder).ok_or_else(|| not_python(file))?;
        Ok(Tree {
            python,
            folder,
            digest: key.as_str().to_owned(),
        })
    }

    /// Compiles the standard library; looks whether the interpreter runs, when
    /// it is for this machine.
    fn finish(
        &self,
        folder: &Utf8Path,
        python: PythonVersion,
        ours: bool,
    ) -> Result<(), ResolveError> {
        let executable = archive::executable(folder, python);
        let compiler = if ours {
            let interpreter = Interpreter {
                version: python,
                executable,
                home: Some(folder.to_owned()),
                digest: String::new(),
            };
            self.prove(&interpreter)?;
            Some(interpreter)
        } else {
            // Byte code is the same on every platform. Without a compiler the
            // home goes without; it starts slower and works.
            self.bundled(python).ok()
        };
        let Some(compiler) = compiler else {
            self.report.warning(&format!(
                "no Python {python} runs on this machine: the standard library goes without byte code"
            ));
            return Ok(());
        };
        let standard_library = archive::standard_library(folder, python);
        let jobs: Vec<Job> = archive::python_files(&standard_library)?
            .into_iter()
            .map(|path| Job {
                target: archive::compiled_path(&standard_library, &path, python),
                source: standard_library.join(&path),
                // What a traceback shows; the import system puts the real
                // path there for loose files.
                name: format!("python{}/{path}", python.digits()),
                checked: false,
            })
            .collect();
        compile(&self.host, &compiler, &self.handler()?, &jobs)?;
        Ok(())
    }

    fn prove(&self, interpreter: &Interpreter) -> Result<(), ResolveError> {
        let script = "import sys, importlib\nfor name in sys.argv[1:]:\n try: importlib.import_module(name)\n except ImportError as error: print(name, error)";
        let mut command = interpreter.command(&self.host);
        command
            .args(["-S", "-c", script])
            .args(SYSTEM_LIBRARIES.iter().map(|(module, _)| module));
        let unable = |reason: String| ResolveError::InterpreterDoesNotRun {
            python: interpreter.version,
            reason,
        };
        let output = run(&mut command).map_err(|error| match error {
            // "No such file" for a program that is there: the loader is missing (musl).
            ResolveError::Start { source, .. } => {
                unable(format!("{source}; is this a glibc system?"))
            }
            other => other,
        })?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(unable(
                said.lines().next().unwrap_or("it says nothing").to_owned(),
            ));
        }
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let (module, reason) = line.split_once(' ').unwrap_or((line, ""));
            let library = SYSTEM_LIBRARIES
                .iter()
                .find(|(name, _)| *name == module)
                .map_or("", |(_, library)| library);
            self.report.warning(&format!(
                "the bundled Python {} has no `{module}` on this machine ({reason}): {library} is missing here or the interpreter was built without it",
                interpreter.version
            ));
        }
        Ok(())
    }
}

fn not_python(file: &Utf8Path) -> ResolveError {
    ResolveError::NoPythonArchive {
        path: file.to_owned(),
        reason: "there is no `bin/python3.N` in it".to_owned(),
    }
}

/// An unpacked interpreter.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub(crate) python: PythonVersion,
    pub(crate) folder: Utf8PathBuf,
    pub(crate) digest: String,
}
