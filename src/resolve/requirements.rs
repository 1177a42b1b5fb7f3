//! What is asked for: files and texts of requirements, with their places. The
//! clients read requirement files; this only follows them to know whether
//! anything changed, and where a name is written.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::cache::Key;
use super::error::{ResolveError, Said};
use super::host::Host;
use super::requirement_lines::{Line, content_of, follow};
use super::wheels::normalized;
use crate::model::project::Dependency;
use crate::model::{Platform, Project, PythonVersion};

/// The hint for a text that is no requirement.
pub(super) const HOW_TO_WRITE: &str =
    "write it as `name==1.2`, `name>=1.2,<2` or `name @ address` (PEP 508)";

/// Where requirements come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequirementSource {
    /// A requirements file, absolute; nested files, constraints, options, markers
    /// and hashes are the client's to read.
    File(Utf8PathBuf),
    /// Requirements read from another kind of file.
    Listed {
        /// That file, absolute.
        origin: Utf8PathBuf,
        /// PEP 508 texts, with their line there.
        requirements: Vec<(String, u32)>,
    },
}

/// Everything that decides which wheels are needed.
#[derive(Clone, Debug)]
pub struct WheelRequest {
    /// The project's folder, absolute: relative paths in requirement files are
    /// relative to it, as for `pip install -r` run there.
    pub project: Utf8PathBuf,
    /// The requirements.
    pub sources: Vec<RequirementSource>,
    /// Application servers that are left out, normalised.
    pub servers: BTreeSet<String>,
    /// The target's Python.
    pub python: PythonVersion,
    /// The target's platform.
    pub platform: Platform,
}

impl WheelRequest {
    /// What the scan found.
    pub fn of_project(project: &Project, python: PythonVersion, platform: Platform) -> Self {
        let mut files = project.requirements.clone();
        // The scan lists nested files too; pip follows them by itself.
        let nested: BTreeSet<Utf8PathBuf> = files
            .iter()
            .flat_map(|file| nested_in(&project.root.join(file)))
            .collect();
        files.retain(|file| !nested.contains(&project.root.join(file)));
        // One hash makes pip ask for all.
        let listed =
            |one: &&Dependency| is_listed(&one.origin.path) && files.contains(&one.origin.path);
        let with_hashes = project
            .dependencies
            .iter()
            .filter(listed)
            .all(|one| !one.hashes.is_empty());
        let sources = files
            .iter()
            .map(|file| {
                if !is_listed(file) {
                    return RequirementSource::File(project.root.join(file));
                }
                let own: Vec<&Dependency> = project
                    .dependencies
                    .iter()
                    .filter(|dependency| dependency.origin.path == *file)
                    .collect();
                RequirementSource::Listed {
                    requirements: own
                        .iter()
                        .map(|one| (written(one, with_hashes), one.origin.line))
                        .collect(),
                    origin: project.root.join(file),
                }
            })
            .collect();
        let servers = project.servers.iter().filter(|one| one.kept.is_none());
        Self {
            project: project.root.clone(),
            sources,
            servers: servers.map(|one| one.name.clone()).collect(),
            python,
            platform,
        }
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.sources.iter().all(|source| match source {
            RequirementSource::File(_) => false,
            RequirementSource::Listed { requirements, .. } => requirements.is_empty(),
        })
    }

    /// For messages: ``the packages of `requirements.txt` ``.
    pub fn describe(&self) -> String {
        let names: Vec<String> = self
            .sources
            .iter()
            .map(|source| match source {
                RequirementSource::File(path) | RequirementSource::Listed { origin: path, .. } => {
                    format!("`{}`", self.shown(path))
                }
            })
            .collect();
        format!("the packages of {} for {}", names.join(", "), self.target())
    }

    /// For messages: `Python 3.13 on linux-x86_64`, `Jython 2.7`.
    pub(crate) fn target(&self) -> String {
        if self.python.major == 2 {
            format!("Jython {}", self.python)
        } else {
            format!("Python {} on {}", self.python, self.platform)
        }
    }

    /// Changes with everything that the resolution depends on and that can be
    /// known without asking an index.
    pub(crate) fn digest(&self, host: &Host) -> Result<String, ResolveError> {
        let mut parts = vec![self.python.to_string(), self.platform.to_string()];
        parts.extend(self.servers.iter().cloned());
        for source in &self.sources {
            if let RequirementSource::Listed { requirements, .. } = source {
                parts.extend(requirements.iter().map(|(text, _)| text.clone()));
            }
        }
        for line in self.lines()? {
            if let Some(path) = line.local_path(&self.project) {
                parts.push(content_of(&path)?);
            }
            parts.push(line.text);
        }
        // Digested, so that an index's password stands nowhere in clear.
        for prefix in ["PIP_", "UV_"] {
            for (name, value) in host.variables_starting_with(prefix) {
                parts.push(format!("{name}={value}"));
            }
        }
        for file in pip_configuration(host) {
            parts.extend(fs_err::read_to_string(file).ok());
        }
        Ok(Key::of(parts.iter().map(String::as_str))
            .as_str()
            .to_owned())
    }

    /// Whether a package of this machine's disk is among the requirements.
    pub(crate) fn has_local_paths(&self) -> Result<bool, ResolveError> {
        let lines = self.lines()?;
        Ok(lines
            .iter()
            .any(|line| line.local_path(&self.project).is_some()))
    }

    /// The packages of this machine's disk among the requirements.
    pub(crate) fn local_paths(&self) -> Vec<Utf8PathBuf> {
        let lines = self.lines().unwrap_or_default();
        let paths = lines
            .iter()
            .filter_map(|line| line.local_path(&self.project));
        paths.collect()
    }

    /// What only the network has, whatever a cache of packages holds: repositories.
    pub(crate) fn repositories(&self) -> Vec<String> {
        let lines = self.lines().unwrap_or_default();
        lines
            .iter()
            .filter(|line| line.text.contains("git+") || line.text.contains("hg+"))
            .map(|line| {
                // An address may hold a token.
                let name = line.name().unwrap_or_else(|| "a repository".to_owned());
                format!(
                    "`{name}` ({}), which comes from a repository",
                    self.place(line)
                )
            })
            .collect()
    }

    /// Where a requirement of that name is written: `requirements.txt:3`.
    pub(crate) fn place_of(&self, name: &str) -> Option<String> {
        let name = normalized(name);
        self.lines()
            .ok()?
            .into_iter()
            .find(|line| line.name().is_some_and(|found| found == name))
            .map(|line| self.place(&line))
    }

    /// Finds what can be no requirement, before the clients see it. They are the
    /// judges; this refuses only what none of them would take.
    pub(crate) fn check_texts(&self) -> Result<(), ResolveError> {
        for line in self.lines()? {
            if let Some(reason) = line.fault() {
                return Err(ResolveError::Requirement {
                    message: format!("`{}` ({}) is no requirement", line.text, self.place(&line)),
                    said: Said(reason.to_owned()),
                    help: HOW_TO_WRITE.to_owned(),
                });
            }
        }
        Ok(())
    }

    pub(super) fn place(&self, line: &Line) -> String {
        format!("{}:{}", self.shown(&line.path), line.number)
    }

    fn shown(&self, path: &Utf8Path) -> String {
        path.strip_prefix(&self.project).unwrap_or(path).to_string()
    }

    /// The lines of all files, nested ones too.
    fn lines(&self) -> Result<Vec<Line>, ResolveError> {
        let mut lines = Vec::new();
        let mut seen = BTreeSet::new();
        for source in &self.sources {
            match source {
                RequirementSource::File(path) => follow(path, &mut lines, &mut seen)?,
                RequirementSource::Listed {
                    origin,
                    requirements,
                } => lines.extend(requirements.iter().map(|(text, number)| Line {
                    path: origin.clone(),
                    number: *number,
                    text: text.clone(),
                })),
            }
        }
        Ok(lines)
    }
}

/// Whether a file of that name is no requirements file: the scan listed what it
/// says.
pub(super) fn is_listed(file: &Utf8Path) -> bool {
    let name = file.file_name().unwrap_or_default();
    matches!(
        name,
        "pyproject.toml"
            | "setup.cfg"
            | "setup.py"
            | "Pipfile"
            | "Pipfile.lock"
            | "poetry.lock"
            | "uv.lock"
            | "METADATA"
            | "PKG-INFO"
    ) || name.starts_with("pylock.")
}

/// A requirement as pip reads it in a file.
pub(super) fn written(dependency: &Dependency, with_hashes: bool) -> String {
    let mut text = match dependency.address() {
        // pip takes no name before a path that is relative.
        Some(path) if path.starts_with(['.', '/']) => path.to_owned(),
        _ => dependency.name.clone(),
    };
    if !dependency.extras.is_empty() {
        text = format!("{text}[{}]", dependency.extras.join(","));
    }
    if !text.starts_with(['.', '/']) {
        text = format!("{text} {}", dependency.specifier);
    }
    if let Some(marker) = &dependency.marker {
        text = format!("{text} ; {marker}");
    }
    if with_hashes {
        for hash in &dependency.hashes {
            text = format!("{text} --hash={hash}");
        }
    }
    text
}

/// The files that a requirements file names, itself not among them. What can't
/// be read is told when it is needed.
fn nested_in(file: &Utf8Path) -> BTreeSet<Utf8PathBuf> {
    let mut seen = BTreeSet::new();
    if !is_listed(file) {
        let _ = follow(file, &mut Vec::new(), &mut seen);
        seen.remove(file);
    }
    seen
}

/// The files that pip reads its configuration from on Linux and macOS.
pub(crate) fn pip_configuration(host: &Host) -> Vec<Utf8PathBuf> {
    let home = host.home();
    let below_home = |path: &str| home.as_ref().map(|home| home.join(path));
    [
        host.variable("PIP_CONFIG_FILE").map(Utf8PathBuf::from),
        Some("/etc/pip.conf".into()),
        Some("/etc/xdg/pip/pip.conf".into()),
        host.variable("XDG_CONFIG_HOME")
            .map(|folder| Utf8Path::new(folder).join("pip/pip.conf"))
            .or_else(|| below_home(".config/pip/pip.conf")),
        below_home(".pip/pip.conf"),
        below_home("Library/Application Support/pip/pip.conf"),
        host.variable("APPDATA")
            .map(|folder| Utf8Path::new(folder).join("pip/pip.ini")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::cache::utf8;
    use super::*;

    fn project(files: &[(&str, &str)]) -> (tempfile::TempDir, WheelRequest) {
        let folder = tempfile::tempdir().expect("temp dir");
        let root = utf8(folder.path()).expect("UTF-8");
        for (path, text) in files {
            let path = root.join(path);
            fs_err::create_dir_all(path.parent().expect("folder")).expect("folder");
            fs_err::write(path, text).expect("write");
        }
        let request = WheelRequest {
            sources: vec![RequirementSource::File(root.join("requirements.txt"))],
            servers: BTreeSet::new(),
            project: root,
            python: PythonVersion::new(3, 13),
            platform: Platform::LinuxX86_64,
        };
        (folder, request)
    }

    #[test]
    fn a_requirement_is_found_in_a_nested_file() {
        let (_folder, request) = project(&[
            ("requirements.txt", "-r requirements/base.txt\ngunicorn\n"),
            (
                "requirements/base.txt",
                "# base\nDjango>=5.2  # the framework\n",
            ),
        ]);
        assert_eq!(
            request.place_of("django"),
            Some("requirements/base.txt:2".to_owned())
        );
        assert_eq!(request.place_of("pillow"), None);
    }

    #[test]
    fn a_line_that_no_client_would_take_is_named_with_its_place() {
        for broken in [
            "dj ango==5.2",
            "django=5.2",
            "django==",
            "django>=5.2,<",
            "!nonsense",
            "django[argon2==5",
            "django==5.2 ;",
            "django==5.2 extra",
        ] {
            let text = format!("# ours\npillow\n{broken}\n");
            let (_folder, request) = project(&[("requirements.txt", &text)]);
            let error = request.check_texts().expect_err(broken);
            assert_eq!(
                error.to_string(),
                format!("`{broken}` (requirements.txt:3) is no requirement")
            );
            assert_eq!(crate::error::Diagnose::kind(&error).exit_status(), 1);
        }
    }

    #[test]
    fn what_a_client_may_understand_is_left_to_it() {
        let text = "django==5.2.*\nDjango >= 5.2, != 5.2.1 ; python_version < '4'\n\
                    psycopg[binary,pool]~=3.2\nx @ https://example.org/x.whl\n./vendor/x\n\
                    -e .\n--pre\nwheel.whl\ny (>=1.0)\nz===1.0+local.1\n\
                    w==1.0 --hash=sha256:00\nv==1 \\\n    --hash=sha256:00\n${PACKAGE}\n.\n";
        let (_folder, request) = project(&[("requirements.txt", text)]);
        request.check_texts().expect("nothing to refuse");
    }

    #[test]
    fn nested_files_are_left_to_pip() {
        let (_folder, request) = project(&[
            ("requirements.txt", "-r requirements/base.txt\n"),
            ("requirements/base.txt", "Django\n"),
        ]);
        let nested = nested_in(&request.project.join("requirements.txt"));
        assert_eq!(
            nested.into_iter().collect::<Vec<_>>(),
            [request.project.join("requirements/base.txt")]
        );
    }

    #[test]
    fn a_change_in_a_nested_file_changes_the_digest() {
        let (_folder, request) = project(&[
            ("requirements.txt", "-rbase.txt\n"),
            ("base.txt", "Django==5.2\n"),
        ]);
        let host = Host::default();
        let before = request.digest(&host).expect("digest");
        fs_err::write(request.project.join("base.txt"), "Django==5.2.1\n").expect("write");
        assert_ne!(before, request.digest(&host).expect("digest"));
    }

    #[test]
    fn a_change_in_a_local_package_changes_the_digest() {
        let (_folder, request) = project(&[
            ("requirements.txt", "./vendor/thing\n"),
            ("vendor/thing/thing.py", "x = 1\n"),
        ]);
        let host = Host::default();
        let before = request.digest(&host).expect("digest");
        fs_err::write(request.project.join("vendor/thing/thing.py"), "x = 12\n").expect("write");
        assert_ne!(before, request.digest(&host).expect("digest"));
    }

    #[test]
    fn another_index_is_another_resolution() {
        let (_folder, request) = project(&[("requirements.txt", "Django\n")]);
        let one = Host::with_variables([("PIP_INDEX_URL", "one")]);
        let other = Host::with_variables([("PIP_INDEX_URL", "other")]);
        assert_ne!(
            request.digest(&one).expect("digest"),
            request.digest(&other).expect("digest")
        );
    }

    #[test]
    fn a_missing_nested_file_is_named() {
        let (_folder, request) = project(&[("requirements.txt", "-r nowhere.txt\n")]);
        let error = request.digest(&Host::default()).expect_err("missing");
        assert!(error.to_string().contains("nowhere.txt"), "{error}");
    }
}
