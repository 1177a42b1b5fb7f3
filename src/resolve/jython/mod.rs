//! Jython at build time: brings the packages, compiles them, collects static files
//! and runs management commands with the very jars that the WAR gets.

mod sdists;

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::bytecode::{Job, recipe};
use super::cache::Key;
use super::error::ResolveError;
use super::host::Host;
use super::maven::ClassPath;
use super::python::{Python, compile_by};
use super::requirements::WheelRequest;
use super::resolver::Resolver;
use crate::runtime;

/// Options of every JVM that runs Jython outside a container: nothing is scanned or
/// written, and a short life needs no second compiler.
const OPTIONS: &[&str] = &[
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Dpython.cachedir.skip=true",
    "-Dpython.import.site=false",
    "-Dpython.console.encoding=UTF-8",
    "-Djava.awt.headless=true",
];

const RUNTIME: runtime::Files = &[("djwar-runtime.jar", runtime::JAR)];

const MAIN: &str = "org.python.util.jython";

/// A Jython on a class path.
#[derive(Clone, Debug)]
pub struct Jython {
    java: Utf8PathBuf,
    class_path: String,
    /// The jar that holds Jython's standard library.
    library: Utf8PathBuf,
    digest: String,
}

impl Jython {
    /// A Jython of these jars, one of which is Jython's own; `digest` tells the set
    /// from every other.
    ///
    /// # Errors
    /// When there is no Java, or no Jython among the jars.
    pub fn of(host: &Host, jars: &[Utf8PathBuf], digest: String) -> Result<Self, ResolveError> {
        let library = jars
            .iter()
            .find(|jar| {
                jar.file_name()
                    .is_some_and(|name| name.starts_with("jython-"))
            })
            .ok_or_else(|| ResolveError::CorruptArtifact {
                path: Utf8PathBuf::from("WEB-INF/lib"),
                reason: "there is no `jython-….jar` in it".to_owned(),
            })?;
        let class_path = std::env::join_paths(jars.iter().map(|jar| jar.as_std_path()))
            .ok()
            .and_then(|path| path.into_string().ok())
            .ok_or_else(|| ResolveError::NotUtf8("the class path".to_owned()))?;
        Ok(Self {
            java: java(host)?,
            class_path,
            library: library.clone(),
            digest,
        })
    }

    /// The same with one more jar.
    fn with(&self, jar: &Utf8Path) -> Self {
        let separator = if cfg!(windows) { ";" } else { ":" };
        Self {
            class_path: format!("{}{separator}{jar}", self.class_path),
            ..self.clone()
        }
    }

    /// The words that start it, without a script: the folders go on `sys.path`.
    fn words(&self, path: &[&Utf8Path]) -> Vec<String> {
        let separator = if cfg!(windows) { ";" } else { ":" };
        let folders: Vec<&str> = path.iter().map(|folder| folder.as_str()).collect();
        let mut words = vec![self.java.to_string()];
        words.extend(OPTIONS.iter().map(|&option| option.to_owned()));
        words.push(format!("-Dpython.path={}", folders.join(separator)));
        words.extend(["-cp".to_owned(), self.class_path.clone(), MAIN.to_owned()]);
        words
    }

    /// A command that starts it with these folders on `sys.path`.
    pub fn start(&self, host: &Host, path: &[&Utf8Path]) -> Command {
        let words = self.words(path);
        let mut command = host.python_command(&words[0]);
        command.args(&words[1..]);
        command
    }
}

/// `JAVA_HOME`'s, else the PATH's.
fn java(host: &Host) -> Result<Utf8PathBuf, ResolveError> {
    let name = if cfg!(windows) { "java.exe" } else { "java" };
    let found = match host.variable("JAVA_HOME") {
        Some(home) => {
            Some(Utf8Path::new(home).join("bin").join(name)).filter(|java| java.is_file())
        }
        None => host.find("java"),
    };
    found.ok_or_else(|| ResolveError::MissingProgram {
        program: "java",
        purpose: "run Jython, which compiles the project".to_owned(),
        help: "install a JDK 17 or later (Debian: `apt-get install openjdk-17-jdk-headless`), or set `JAVA_HOME`"
            .to_owned(),
    })
}

impl Resolver<'_> {
    /// The Jython of a resolved class path.
    ///
    /// # Errors
    /// As for [`Jython::of`].
    pub fn jython(&self, jars: &ClassPath) -> Result<Jython, ResolveError> {
        let engine: Vec<&str> = jars
            .jars
            .iter()
            .filter(|jar| jar.name.starts_with("jython-"))
            .map(|jar| jar.sha256.as_str())
            .collect();
        // A new driver compiles nothing anew.
        let digest = Key::of(["jython 1"].into_iter().chain(engine))
            .as_str()
            .to_owned();
        let mut paths: Vec<Utf8PathBuf> = jars.jars.iter().map(|jar| jar.path.clone()).collect();
        // The database modules' Java half.
        paths.push(self.folder_of(RUNTIME)?.join(RUNTIME[0].0));
        Jython::of(&self.host, &paths, digest)
    }
}

impl Python for Jython {
    fn digest(&self) -> &str {
        &self.digest
    }

    /// Beside the source: `x.py` → `x$py.class`.
    fn compiled_name(&self, path: &str) -> String {
        format!("{}$py.class", path.strip_suffix(".py").unwrap_or(path))
    }

    fn recipe(&self) -> String {
        recipe(runtime::JYTHON)
    }

    fn compiles_slowly(&self) -> bool {
        true
    }

    fn compile(&self, resolver: &Resolver<'_>, jobs: &[Job]) -> Result<Vec<String>, ResolveError> {
        let half = resolver.folder_of(runtime::JYTHON)?;
        let command = self.command(&resolver.host, &[&half], "compile");
        compile_by(command, self.java.as_str(), jobs)
    }

    fn bring_wheels(
        &self,
        resolver: &Resolver<'_>,
        request: &WheelRequest,
        scratch: &Utf8Path,
    ) -> Result<Vec<Utf8PathBuf>, ResolveError> {
        sdists::bring(self, resolver, request, scratch)
    }

    fn runtime_folders(
        &self,
        resolver: &Resolver<'_>,
    ) -> Result<(Utf8PathBuf, Option<Utf8PathBuf>), ResolveError> {
        Ok((
            resolver.folder_of(runtime::JYTHON)?,
            Some(resolver.folder_of(runtime::JDBC)?),
        ))
    }

    fn command(&self, host: &Host, path: &[&Utf8Path], module: &str) -> Command {
        let mut command = self.start(host, path);
        command.args(["-m", &format!("djwar_jython.{module}")]);
        command
    }
}
