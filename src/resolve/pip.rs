//! pip, run by the target's own interpreter where that runs on this machine, so
//! that markers and tags are the target's. Reads the user's configuration and
//! names no index.

use std::process::{Command, Output};

use camino::{Utf8Path, Utf8PathBuf};

use super::error::ResolveError;
use super::host::run;
use super::interpreter::Interpreter;
use super::local_builds::LocalBuilds;
use super::pip_words;
use super::requirements::{RequirementSource, WheelRequest};
use super::resolver::Resolver;
use super::servers::{for_target, with_wheels, without_lock_digests, without_servers};
use super::versions;
use super::wheels::WheelName;
use crate::model::Platform;

/// Variables of pip which would send the wheels elsewhere or refuse to run.
const MISLEADING: &[&str] = &[
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_USER",
    "PIP_REQUIRE_VIRTUALENV",
    "PIP_PYTHON",
    "PIP_PLATFORM",
    "PIP_ABI",
    "PIP_IMPLEMENTATION",
    "PIP_PYTHON_VERSION",
    "PIP_QUIET",
    "PIP_REPORT",
];

/// 1980-01-01, the earliest time that a zip can hold: wheels built here get it.
const SOURCE_DATE_EPOCH: &str = "315532800";

impl Resolver<'_> {
    /// The wheels' files in a folder below `scratch`.
    pub(crate) fn bring_wheels(
        &self,
        request: &WheelRequest,
        interpreter: &Interpreter,
        scratch: &Utf8Path,
    ) -> Result<Vec<Utf8PathBuf>, ResolveError> {
        let folder = scratch.join("wheels");
        fs_err::create_dir(&folder)?;
        let _watched = LocalBuilds::watch(request.local_paths());
        let native = Platform::of_this_host() == Some(request.platform)
            && interpreter.version == request.python;
        let without_servers = without_servers(request, scratch, self.report)?;
        let original = request;
        let request = without_servers.as_ref().unwrap_or(original);
        let host = Platform::of_this_host().map(|platform| (interpreter.version, platform));
        let targeted = match host {
            Some(host) if !native => for_target(request, host, scratch)?,
            _ => None,
        };
        let request = targeted.as_ref().unwrap_or(request);
        let pinned = self.pinned_by_uv(request, interpreter, scratch)?;
        let arguments = match &pinned {
            // uv wrote every package and every hash: nothing is left to resolve.
            Some(pinned) => ["--no-deps", "--require-hashes", "-r", pinned.as_str()]
                .map(str::to_owned)
                .to_vec(),
            None => source_arguments(request, scratch)?,
        };
        if !native {
            if pinned.is_none() {
                self.report.warning(&format!(
                    "pip takes the markers of this machine: packages that only {} needs may be missing; with `uv` on the PATH they aren't",
                    request.platform
                ));
            }
            let mut command = self.foreign_pip(interpreter, request, &folder);
            let output = self.run_pip(command.args(&arguments))?;
            if !output.status.success() {
                return Err(pip_words::failure(request, &said(&output), false));
            }
            return wheels_in(&folder);
        }
        // Wheels first: nobody's setup.py runs when all projects publish them.
        let mut command = self.pip(interpreter, request);
        command
            .args(["wheel", "--only-binary", ":all:", "--wheel-dir"])
            .arg(folder.as_str())
            .args(&arguments);
        let output = self.run_pip(&mut command)?;
        if output.status.success() {
            return self.checked(&folder, &output);
        }
        let words = said(&output);
        if let Some(loose) = self.without_digests(original, &words) {
            fs_err::remove_dir_all(&folder)?;
            return self.bring_wheels(&loose, interpreter, scratch);
        }
        if !pip_words::building_may_help(&words) {
            return Err(pip_words::failure(request, &words, false));
        }
        self.report
            .detail("not everything is published as a wheel: building what isn't");
        // Who names a folder of wheels may have built his own there.
        let substituted = match self.host.variable("PIP_FIND_LINKS") {
            None => with_wheels(original, scratch, self.report)?,
            Some(_) => None,
        };
        let arguments = match substituted {
            Some(request) => source_arguments(&request, scratch)?,
            None => arguments,
        };
        let mut command = self.pip(interpreter, request);
        command
            .args(["wheel", "--prefer-binary", "--wheel-dir"])
            .arg(folder.as_str())
            .args(&arguments);
        let output = self.run_pip(&mut command)?;
        if output.status.success() {
            return self.checked(&folder, &output);
        }
        let words = said(&output);
        if let Some(loose) = self.without_digests(original, &words) {
            fs_err::remove_dir_all(&folder)?;
            return self.bring_wheels(&loose, interpreter, scratch);
        }
        Err(pip_words::failure(request, &words, true))
    }

    /// The request without a lock's digests, where pip says that some are missing:
    /// Poetry and Pipenv long left setuptools out of their locks.
    fn without_digests(&self, request: &WheelRequest, words: &str) -> Option<WheelRequest> {
        if !words.contains("In --require-hashes mode") {
            return None;
        }
        let loose = without_lock_digests(request)?;
        self.report.warning(
            "the lock file does not list all that its packages need: its digests are not checked",
        );
        Some(loose)
    }

    /// pip for another platform than its own: takes wheels only, and each tag by
    /// name.
    fn foreign_pip(
        &self,
        interpreter: &Interpreter,
        request: &WheelRequest,
        folder: &Utf8Path,
    ) -> Command {
        let digits = request.python.digits();
        let mut command = self.pip(interpreter, request);
        command
            .args(["download", "--only-binary", ":all:", "--dest"])
            .arg(folder.as_str())
            .args(["--implementation", "cp", "--python-version", &digits])
            .args(["--abi", &format!("cp{digits}"), "--abi", "abi3"])
            .args(["--abi", "none"]);
        for platform in versions::wheel_platforms(request.platform) {
            command.args(["--platform", &platform]);
        }
        command
    }

    pub(super) fn pip(&self, interpreter: &Interpreter, request: &WheelRequest) -> Command {
        let mut command = self.pip_program(interpreter, request);
        // -I would drop PYTHONHOME: -P keeps the project off sys.path (3.11+).
        command.args([
            "-P",
            "-m",
            "pip",
            "--no-input",
            "--no-color",
            "--disable-pip-version-check",
        ]);
        command
    }

    /// The interpreter in the environment for pip, without arguments.
    pub(super) fn pip_program(&self, interpreter: &Interpreter, request: &WheelRequest) -> Command {
        let mut command = interpreter.command(&self.host);
        for name in MISLEADING {
            command.env_remove(name);
        }
        command
            .current_dir(&request.project)
            .env("SOURCE_DATE_EPOCH", SOURCE_DATE_EPOCH)
            .env("PIP_PROGRESS_BAR", "off");
        // pip tries five times with growing pauses: a minute without a network.
        if self.host.variable("PIP_RETRIES").is_none() {
            command.env("PIP_RETRIES", "2");
        }
        command
    }

    pub(super) fn run_pip(&self, command: &mut Command) -> Result<Output, ResolveError> {
        let output = run(command)?;
        for line in said(&output).lines() {
            self.report.detail(line);
        }
        Ok(output)
    }

    /// Refuses wheels which pip built here for this machine only: they link to
    /// its libraries, and nothing says that the target has them.
    fn checked(
        &self,
        folder: &Utf8Path,
        output: &Output,
    ) -> Result<Vec<Utf8PathBuf>, ResolveError> {
        let words = said(output);
        for file_name in pip_words::built(&words) {
            if let Some(wheel) = WheelName::of(&file_name)
                && wheel.is_native
            {
                return Err(pip_words::built_natively(&wheel.name, &wheel.version));
            }
            self.report.detail(&format!("built here: {file_name}"));
        }
        wheels_in(folder)
    }
}

/// `-r` for every source; listed requirements go through a file of their own.
pub(crate) fn source_arguments(
    request: &WheelRequest,
    scratch: &Utf8Path,
) -> Result<Vec<String>, ResolveError> {
    let mut arguments = Vec::new();
    for (number, source) in request.sources.iter().enumerate() {
        let path = match source {
            RequirementSource::File(path) => path.clone(),
            RequirementSource::Listed { requirements, .. } => {
                let path = scratch.join(format!("requirements-{number}.txt"));
                let texts: Vec<&str> = requirements.iter().map(|(text, _)| text.as_str()).collect();
                fs_err::write(&path, texts.join("\n"))?;
                path
            }
        };
        arguments.extend(["-r".to_owned(), path.into_string()]);
    }
    Ok(arguments)
}

/// What pip's words mean.
pub(super) fn failure_of(request: &WheelRequest, output: &Output) -> ResolveError {
    pip_words::failure(request, &said(output), true)
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn wheels_in(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>, ResolveError> {
    let mut wheels = Vec::new();
    for entry in folder
        .read_dir_utf8()
        .map_err(ResolveError::io(format!("can't list `{folder}`")))?
    {
        let path = entry
            .map_err(ResolveError::io(format!("can't list `{folder}`")))?
            .into_path();
        if path.extension() == Some("whl") {
            wheels.push(path);
        }
    }
    wheels.sort();
    Ok(wheels)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::error::Diagnose;
    use crate::model::PythonVersion;
    use crate::report::Silent;
    use crate::resolve::cache::utf8;
    use crate::resolve::{Cache, Host, Maven};

    struct Fake {
        _folder: tempfile::TempDir,
        home: Utf8PathBuf,
        interpreter: Interpreter,
        request: WheelRequest,
    }

    /// A Python whose pip is a shell script; `$folder` is where wheels go.
    fn python(script: &str) -> Fake {
        let folder = tempfile::tempdir().expect("temp dir");
        let home = utf8(folder.path()).expect("UTF-8");
        let executable = home.join("python");
        let text = format!(
            "#!/bin/sh\necho \"$*\" >> \"$HOME/runs\"\nall=\"$*\"\nwhile [ $# -gt 0 ]; do case $1 in --wheel-dir|--dest) folder=$2;; esac; shift; done\n{script}\n"
        );
        fs_err::write(&executable, text).expect("script");
        fs_err::set_permissions(&executable, std::fs::Permissions::from_mode(0o755)).expect("mode");
        let version = PythonVersion::new(3, 13);
        Fake {
            interpreter: Interpreter {
                version,
                executable,
                home: None,
                digest: "fake".to_owned(),
            },
            request: WheelRequest {
                project: home.clone(),
                sources: vec![RequirementSource::Listed {
                    origin: home.join("pyproject.toml"),
                    requirements: vec![("thing>=1".to_owned(), 4)],
                }],
                servers: std::collections::BTreeSet::new(),
                python: version,
                platform: Platform::of_this_host().unwrap_or(Platform::LinuxX86_64),
            },
            home,
            _folder: folder,
        }
    }

    impl Fake {
        fn resolver(&self, offline: bool) -> Resolver<'static> {
            let host = Host::with_variables([("HOME", self.home.as_str()), ("PATH", "/nowhere")]);
            let cache = Cache::at(self.home.join("cache"));
            Resolver {
                maven: Maven::new(host.clone(), cache.clone(), offline, &Silent),
                host,
                cache,
                offline,
                report: &Silent,
            }
        }

        fn runs(&self) -> usize {
            fs_err::read_to_string(self.home.join("runs")).map_or(0, |text| text.lines().count())
        }
    }

    #[test]
    fn the_same_requirements_start_pip_once() {
        let fake = python("echo x > \"$folder/thing-1.0-py3-none-any.whl\"");
        let first = fake
            .resolver(false)
            .wheels(&fake.request, &fake.interpreter);
        let second = fake.resolver(true).wheels(&fake.request, &fake.interpreter);
        assert_eq!(first.expect("resolved"), second.expect("cached"));
        assert_eq!(fake.runs(), 1);
    }

    #[test]
    fn offline_with_a_cold_cache_starts_nothing_and_says_what_is_missing() {
        let fake = python("exit 1");
        let error = fake
            .resolver(true)
            .wheels(&fake.request, &fake.interpreter)
            .expect_err("cold");
        assert!(
            error
                .to_string()
                .contains("the packages of `pyproject.toml`"),
            "{error}"
        );
        assert_eq!(error.kind().exit_status(), 3);
        assert_eq!(fake.runs(), 0);
    }

    #[test]
    fn a_wheel_built_for_this_machine_only_is_refused_by_name() {
        let fake = python(
            "case $all in *--only-binary*) echo 'ERROR: No matching distribution found for thing>=1' >&2; exit 1;; esac
            echo x > \"$folder/thing-1.0-cp313-cp313-linux_x86_64.whl\"
            echo '  Created wheel for thing: filename=thing-1.0-cp313-cp313-linux_x86_64.whl size=2 sha256=ab'",
        );
        let error = fake
            .resolver(false)
            .wheels(&fake.request, &fake.interpreter)
            .expect_err("not portable");
        assert!(
            error
                .to_string()
                .starts_with("`thing` 1.0 is published without a wheel"),
            "{error}"
        );
        assert_eq!(fake.runs(), 2);
    }

    #[test]
    fn nothing_is_left_behind_by_a_failure() {
        let fake = python("echo half > \"$folder/thing-1.0-py3-none-any.whl\"; exit 1");
        let resolver = fake.resolver(false);
        resolver
            .wheels(&fake.request, &fake.interpreter)
            .expect_err("failed");
        let scratch = fs_err::read_dir(resolver.cache.folder().join("scratch")).expect("folder");
        assert_eq!(scratch.count(), 0);
        assert!(!resolver.cache.folder().join("wheels").exists());
    }
}
