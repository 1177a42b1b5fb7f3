//! uv, when it is on the PATH: resolves for any platform with that platform's
//! markers, and writes versions and hashes; pip then brings exactly those. What
//! uv can't do goes to pip alone, which also words the errors.

use camino::{Utf8Path, Utf8PathBuf};

use super::error::ResolveError;
use super::host::run;
use super::interpreter::Interpreter;
use super::pip::source_arguments;
use super::requirements::{RequirementSource, WheelRequest, pip_configuration};
use super::resolver::Resolver;
use crate::model::Platform;

/// pip's variables and uv's for the same thing.
const TRANSLATED: &[(&str, &str)] = &[
    ("PIP_INDEX_URL", "UV_DEFAULT_INDEX"),
    ("PIP_EXTRA_INDEX_URL", "UV_EXTRA_INDEX_URL"),
    ("PIP_FIND_LINKS", "UV_FIND_LINKS"),
    ("PIP_NO_INDEX", "UV_NO_INDEX"),
];

impl Resolver<'_> {
    /// A requirements file with a version and hashes for everything; none when
    /// there is no uv, or the requirements are beyond it.
    pub(crate) fn pinned_by_uv(
        &self,
        request: &WheelRequest,
        interpreter: &Interpreter,
        scratch: &Utf8Path,
    ) -> Result<Option<Utf8PathBuf>, ResolveError> {
        let Some(uv) = self.host.find("uv") else {
            return Ok(None);
        };
        if request.has_local_paths()? || self.pip_is_configured_by_file() {
            self.report
                .detail("uv is there, but local packages and pip's configuration files are pip's");
            return Ok(None);
        }
        let request = self.with_exported_lock(&uv, request, scratch)?;
        let pinned = scratch.join("pinned.txt");
        let mut command = self.uv(&uv, &request);
        command
            .args(["pip", "compile", "--no-header", "--no-annotate"])
            .args(["--generate-hashes", "--only-binary", ":all:"])
            .args(["--python", interpreter.executable.as_str()])
            .args(["--python-version", &request.python.to_string()])
            .args(["--python-platform", platform_name(request.platform)])
            .args(["--output-file", pinned.as_str()])
            .args(
                source_arguments(&request, scratch)?
                    .into_iter()
                    .filter(|argument| argument != "-r"),
            );
        let output = run(&mut command)?;
        for line in String::from_utf8_lossy(&output.stderr).lines() {
            self.report.detail(line);
        }
        if !output.status.success() {
            self.report.detail("uv could not resolve it; asking pip");
            return Ok(None);
        }
        Ok(Some(pinned))
    }

    /// `uv.lock` knows which of its packages are for development only, which a
    /// list of its contents doesn't.
    fn with_exported_lock(
        &self,
        uv: &Utf8Path,
        request: &WheelRequest,
        scratch: &Utf8Path,
    ) -> Result<WheelRequest, ResolveError> {
        let mut request = request.clone();
        for source in &mut request.sources {
            let RequirementSource::Listed { origin, .. } = source else {
                continue;
            };
            let Some(folder) = origin
                .parent()
                .filter(|_| origin.file_name() == Some("uv.lock"))
            else {
                continue;
            };
            let exported = scratch.join("uv-lock.txt");
            let mut command = self.host.command(uv);
            command
                .args([
                    "export",
                    "--quiet",
                    "--frozen",
                    "--no-dev",
                    "--no-emit-project",
                ])
                .args([
                    "--format",
                    "requirements-txt",
                    "--output-file",
                    exported.as_str(),
                ])
                .args(
                    request
                        .servers
                        .iter()
                        .flat_map(|server| ["--no-emit-package", server.as_str()]),
                )
                .current_dir(folder);
            let output = run(&mut command)?;
            if output.status.success() {
                *source = RequirementSource::File(exported);
            } else {
                for line in String::from_utf8_lossy(&output.stderr).lines() {
                    self.report.detail(line);
                }
            }
        }
        Ok(request)
    }

    fn uv(&self, uv: &Utf8Path, request: &WheelRequest) -> std::process::Command {
        let mut command = self.host.command(uv);
        command
            .current_dir(&request.project)
            // Companies behind an inspecting proxy have their own certificates.
            .env("UV_SYSTEM_CERTS", "1")
            .env("UV_PYTHON_DOWNLOADS", "never")
            .env_remove("VIRTUAL_ENV");
        for (pip, uv) in TRANSLATED {
            if let Some(value) = self.host.variable(pip)
                && self.host.variable(uv).is_none()
            {
                // pip separates with spaces; uv takes both.
                command.env(uv, value);
            }
        }
        command
    }

    /// uv reads no pip.conf: an index which stands there would not be asked.
    fn pip_is_configured_by_file(&self) -> bool {
        pip_configuration(&self.host).iter().any(|file| {
            fs_err::read_to_string(file).is_ok_and(|text| {
                ["index", "find-links", "constraint"]
                    .iter()
                    .any(|word| text.contains(word))
            })
        })
    }
}

/// uv's name for a platform, with the glibc of the bundled interpreter.
fn platform_name(platform: Platform) -> &'static str {
    match platform {
        Platform::LinuxX86_64 => "x86_64-manylinux_2_35",
        Platform::MacosX86_64 => "x86_64-apple-darwin",
        Platform::MacosArm64 => "aarch64-apple-darwin",
        Platform::WindowsX86_64 => "x86_64-pc-windows-msvc",
    }
}
