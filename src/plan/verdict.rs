//! What each dependency means for the engine: pure Python, a wheel for the target,
//! a build, or no way at all. Judged by what a lock file lists, else by what is
//! known of well-known packages; the client, which asks the index, has the last
//! word.

use serde::Serialize;

use crate::model::project::{Dependency, Problem, Severity};
use crate::model::{Engine, Platform, Project, PythonVersion, Span, marker, packages};

/// How a dependency gets into a WAR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Not for the target, or replaced by the container.
    NotNeeded,
    /// No compiled code.
    Pure,
    /// Compiled code, with a wheel for the target.
    Wheel,
    /// Only a source archive or a folder: it is built here, which works for pure
    /// Python alone.
    NeedsBuild,
    /// Nothing that the engine could load.
    CanNotWork,
}

impl Verdict {
    /// For people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotNeeded => "not needed",
            Self::Pure => "pure",
            Self::Wheel => "has a wheel",
            Self::NeedsBuild => "needs a build",
            Self::CanNotWork => "can't work",
        }
    }
}

/// A dependency and its verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// Normalised as PEP 503 has it.
    pub name: String,
    /// As written.
    pub specifier: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in a few words.
    pub reason: String,
    /// Where it is written.
    pub origin: Span,
}

/// What would stop a build, or may.
pub fn problems_of(engine: Engine, judged: &[Judged]) -> Vec<Problem> {
    // The scan tells of compiled code on Jython.
    if engine == Engine::Jython {
        return Vec::new();
    }
    let told = judged.iter().filter_map(|one| {
        let (severity, code, hint) = match one.verdict {
            Verdict::CanNotWork => (
                Severity::Error,
                "dependency-can-not-work",
                "replace it, or leave it out with a marker such as `; sys_platform == \"win32\"`",
            ),
            // Folders and repositories are built as their owners mean it;
            // psycopg2 has a twin with wheels, which the build takes.
            Verdict::NeedsBuild if !one.specifier.starts_with('@') && one.name != "psycopg2" => (
                Severity::Warning,
                "dependency-needs-build",
                "if it holds compiled code, the build stops: take a package with wheels, or name \
                 a folder with a portable one (`PIP_FIND_LINKS`)",
            ),
            _ => return None,
        };
        Some(Problem {
            severity,
            code,
            origin: Some(one.origin.clone()),
            message: format!("`{}` {}: {}", one.name, one.verdict.as_str(), one.reason),
            hint: Some(hint.to_owned()),
        })
    });
    told.collect()
}

/// The verdict of every dependency for an engine on a target.
pub fn verdicts(
    project: &Project,
    engine: Engine,
    python: PythonVersion,
    platform: Platform,
) -> Vec<Judged> {
    let judge = |dependency: &Dependency| {
        let (verdict, reason) = verdict(project, dependency, engine, python, platform);
        Judged {
            name: dependency.name.clone(),
            specifier: dependency.specifier.clone(),
            verdict,
            reason,
            origin: dependency.origin.clone(),
        }
    };
    project.dependencies.iter().map(judge).collect()
}

fn verdict(
    project: &Project,
    dependency: &Dependency,
    engine: Engine,
    python: PythonVersion,
    platform: Platform,
) -> (Verdict, String) {
    let name = dependency.name.as_str();
    if let Some(text) = &dependency.marker
        && marker::holds(text, python, platform) == Some(false)
    {
        return (Verdict::NotNeeded, format!("only where {text}"));
    }
    let server = project.servers.iter().find(|one| one.name == name);
    if server.is_some_and(|one| one.kept.is_none()) {
        return (
            Verdict::NotNeeded,
            "a server: the container serves the project".to_owned(),
        );
    }
    if packages::is_for_windows(name) && platform != Platform::WindowsX86_64 {
        return (Verdict::CanNotWork, "for Windows alone".to_owned());
    }
    if let Some(instead) = packages::successor(name).filter(|_| engine != Engine::Jython) {
        return (
            Verdict::CanNotWork,
            format!("for Python 2 alone; use {instead}"),
        );
    }
    if let Some(address) = dependency.address() {
        return by_address(address);
    }
    let holds_code =
        packages::holds_code(dependency) || project.native.iter().any(|one| one == name);
    if engine == Engine::Jython {
        if packages::is_database_client(name) {
            return (
                Verdict::NotNeeded,
                "the engine brings its module over JDBC".to_owned(),
            );
        }
        return if holds_code {
            (
                Verdict::CanNotWork,
                "compiled code, which the JVM can't load".to_owned(),
            )
        } else {
            (Verdict::Pure, "not known to hold compiled code".to_owned())
        };
    }
    if !dependency.files.is_empty() {
        return by_files(&dependency.files, python, platform);
    }
    match (holds_code, packages::has_no_wheels(name)) {
        (_, true) => (Verdict::NeedsBuild, "published without wheels".to_owned()),
        (true, false) => (Verdict::Wheel, "known to publish wheels".to_owned()),
        (false, false) => (Verdict::Pure, "not known to hold compiled code".to_owned()),
    }
}

fn by_address(address: &str) -> (Verdict, String) {
    let is_wheel = address
        .split('#')
        .next()
        .is_some_and(|path| path.ends_with(".whl"));
    if address.ends_with("-none-any.whl") {
        (Verdict::Pure, "a wheel of no platform".to_owned())
    } else if is_wheel {
        (
            Verdict::Wheel,
            "a wheel; the client checks its platform".to_owned(),
        )
    } else {
        let reason = if address.starts_with(['.', '/']) {
            "a folder of the project"
        } else {
            "from a repository or an archive"
        };
        (Verdict::NeedsBuild, reason.to_owned())
    }
}

/// By the file names that a lock file lists.
fn by_files(files: &[String], python: PythonVersion, platform: Platform) -> (Verdict, String) {
    let mut wheels = files
        .iter()
        .filter(|name| name.ends_with(".whl"))
        .peekable();
    let has_wheels = wheels.peek().is_some();
    let mut best: Option<&str> = None;
    for wheel in wheels {
        let tags: Vec<&str> = wheel.trim_end_matches(".whl").rsplitn(4, '-').collect();
        let [system, abi, interpreter, _] = tags[..] else {
            continue;
        };
        if abi == "none" && system == "any" {
            return (Verdict::Pure, format!("`{wheel}`"));
        }
        if system.split('.').any(|tag| fits_platform(tag, platform))
            && fits_python(interpreter, abi, python)
        {
            best = Some(wheel);
        }
    }
    let has_source = files.iter().any(|name| !name.ends_with(".whl"));
    match (best, has_source) {
        (Some(wheel), _) => (Verdict::Wheel, format!("`{wheel}`")),
        (None, true) if has_wheels => (
            Verdict::NeedsBuild,
            format!("the lock has no wheel for Python {python} on {platform}"),
        ),
        (None, true) => (Verdict::NeedsBuild, "published without wheels".to_owned()),
        (None, false) => (
            Verdict::CanNotWork,
            format!("the lock has nothing for Python {python} on {platform}"),
        ),
    }
}

fn fits_platform(tag: &str, platform: Platform) -> bool {
    match platform {
        Platform::LinuxX86_64 => {
            (tag.starts_with("manylinux") || tag == "linux_x86_64") && tag.ends_with("x86_64")
        }
        Platform::MacosX86_64 => {
            tag.starts_with("macosx") && (tag.ends_with("x86_64") || tag.ends_with("universal2"))
        }
        Platform::MacosArm64 => {
            tag.starts_with("macosx") && (tag.ends_with("arm64") || tag.ends_with("universal2"))
        }
        Platform::WindowsX86_64 => tag == "win_amd64",
    }
}

/// `cp313-cp313`, `cp37-abi3` (and all after it), `py3-none`.
fn fits_python(interpreter: &str, abi: &str, python: PythonVersion) -> bool {
    interpreter.split('.').any(|tag| {
        if matches!(tag, "py3" | "py2.py3") {
            return abi == "none";
        }
        let Some(minor) = tag
            .strip_prefix("cp3")
            .or_else(|| tag.strip_prefix("py3"))
            .and_then(|minor| minor.parse::<u8>().ok())
        else {
            return false;
        };
        match abi {
            "abi3" | "none" => minor <= python.minor,
            _ => minor == python.minor && abi == format!("cp3{minor}"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_lock_tell_what_fits_the_target() {
        const MANY: &str = "x-1-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl";
        const STABLE: &str = "x-1-cp37-abi3-manylinux_2_28_x86_64.whl";
        const OTHER: &str = "x-1-cp312-cp312-manylinux_2_28_x86_64.whl";
        const MUSL: &str = "x-1-cp313-cp313-musllinux_1_2_x86_64.whl";
        const THREADS: &str = "x-1-cp313-cp313t-manylinux_2_28_x86_64.whl";
        const WINDOWS: &str = "x-1-cp313-cp313-win_amd64.whl";
        for (files, verdict) in [
            (&["x-1-py3-none-any.whl", "x-1.tar.gz"][..], Verdict::Pure),
            (&["x-1-py2.py3-none-any.whl"], Verdict::Pure),
            (&[OTHER, MANY], Verdict::Wheel),
            (&[STABLE], Verdict::Wheel),
            (&["x-1-py3-none-manylinux1_x86_64.whl"], Verdict::Wheel),
            (&[OTHER, "x-1.tar.gz"], Verdict::NeedsBuild),
            (&["x-1.tar.gz"], Verdict::NeedsBuild),
            (&[MUSL, THREADS, WINDOWS, OTHER], Verdict::CanNotWork),
        ] {
            let files: Vec<String> = files.iter().map(|&name| name.to_owned()).collect();
            let found = by_files(&files, PythonVersion::new(3, 13), Platform::LinuxX86_64);
            assert_eq!(found.0, verdict, "{files:?}");
        }
        let windows = [WINDOWS.to_owned()];
        let found = by_files(&windows, PythonVersion::new(3, 13), Platform::WindowsX86_64);
        assert_eq!(found.0, Verdict::Wheel);
    }
}
