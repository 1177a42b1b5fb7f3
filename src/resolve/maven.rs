//! Artifacts by coordinates: from the local repository, else through `mvn` or
//! the project's `mvnw`, all missing ones in one run. Never names a repository's
//! host; Maven knows them, with the user's mirrors and proxies.

use camino::{Utf8Path, Utf8PathBuf};

use super::cache::{Cache, Key, utf8};
use super::error::{ResolveError, Said};
use super::host::{Host, is_executable, run};
use super::local_repository;
use super::maven_words::{failure, without_escapes};
use crate::model::Coordinates;
use crate::report::Report;

/// Pinned, so that the same run brings the same plug-in everywhere. `get` takes
/// one artifact with no regard to others: two versions of one container, say.
const DEPENDENCY_PLUGIN: &str = "3.8.1";

/// Changes when the same pom would be resolved otherwise.
const CLASS_PATH: &str = "class path 1";

/// The paths of a class path in the cache.
const LIST: &str = "class-path";

/// Jars in the order of the class path.
#[derive(Clone, Debug, Default)]
pub struct ClassPath {
    /// The jars.
    pub jars: Vec<JarFile>,
}

/// A jar of the local repository.
#[derive(Clone, Debug)]
pub struct JarFile {
    /// `artifact-version.jar`.
    pub name: String,
    /// Where it is.
    pub path: Utf8PathBuf,
    /// Of its bytes.
    pub sha256: String,
}

/// Brings artifacts.
pub struct Maven<'a> {
    host: Host,
    cache: Cache,
    offline: bool,
    project: Option<Utf8PathBuf>,
    report: &'a dyn Report,
}

impl<'a> Maven<'a> {
    /// A Maven of that host. `cache` remembers which files were checked.
    pub fn new(host: Host, cache: Cache, offline: bool, report: &'a dyn Report) -> Self {
        Self {
            host,
            cache,
            offline,
            project: None,
            report,
        }
    }

    /// The same, with the `mvnw` and `.mvn` of a project's folder, if it has them.
    #[must_use]
    pub fn in_project(mut self, folder: impl Into<Utf8PathBuf>) -> Self {
        self.project = Some(folder.into());
        self
    }

    /// The path of one artifact in the local repository.
    ///
    /// # Errors
    /// When it can't be had, or is damaged.
    pub fn artifact(&self, coordinates: &Coordinates) -> Result<Utf8PathBuf, ResolveError> {
        let mut paths = self.artifacts(std::slice::from_ref(coordinates))?;
        Ok(paths.swap_remove(0))
    }

    /// The paths of artifacts in the local repository, in the order asked for.
    ///
    /// # Errors
    /// When one can't be had, or is damaged.
    pub fn artifacts(&self, wanted: &[Coordinates]) -> Result<Vec<Utf8PathBuf>, ResolveError> {
        let repository = local_repository::find(&self.host, self.project.as_deref())
            .ok_or(ResolveError::NoCacheFolder)?;
        let missing: Vec<Coordinates> = wanted
            .iter()
            .filter(|one| local_repository::existing(&repository, one).is_none())
            .cloned()
            .collect();
        if !missing.is_empty() {
            self.bring(&repository, &missing)?;
        }
        wanted
            .iter()
            .map(|one| {
                let path = local_repository::existing(&repository, one).ok_or_else(|| {
                    ResolveError::Maven {
                        coordinates: vec![one.clone()],
                        said: Said(format!(
                            "it said that all is well, but `{}` is not there",
                            repository.join(one.repository_path())
                        )),
                    }
                })?;
                self.cache.digest_of(&path, local_repository::check)?;
                Ok(path)
            })
            .collect()
    }

    fn bring(&self, repository: &Utf8Path, missing: &[Coordinates]) -> Result<(), ResolveError> {
        let names = missing.iter().map(ToString::to_string);
        if self.offline {
            return Err(ResolveError::Offline {
                missing: names.map(|name| format!("`{name}`")).collect(),
            });
        }
        let program = self.program(missing)?;
        for name in names {
            self.report
                .status(&format!("Downloading {name} through Maven"));
        }
        // -U: Maven remembers for a day that something was not found.
        let goals = ["-U", "validate"].map(str::to_owned);
        self.run(&program, repository, &pom_for(missing), &goals, missing)
    }

    /// Runs goals of a pom, for the sake of the artifacts `wanted`.
    fn run(
        &self,
        program: &Utf8Path,
        repository: &Utf8Path,
        pom: &str,
        goals: &[String],
        wanted: &[Coordinates],
    ) -> Result<(), ResolveError> {
        let folder = tempfile::tempdir().map_err(ResolveError::io("can't make a folder"))?;
        let folder = utf8(folder.path())?;
        let file = folder.join("pom.xml");
        fs_err::write(&file, pom)?;
        let mut command = self.host.command(program);
        command
            // -C: a download with a wrong checksum is an error, not a warning.
            .args(["-q", "-B", "-C", "-ntp", "-f", file.as_str()])
            // Maven 3 writes escape sequences into a pipe, too.
            .arg("-Dstyle.color=never")
            .arg(format!("-Dmaven.repo.local={repository}"))
            .args(goals)
            .current_dir(self.project.as_deref().unwrap_or(&folder));
        let output = run(&mut command)?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        let said = without_escapes(&said);
        for line in said.lines() {
            self.report.detail(line);
        }
        if output.status.success() {
            Ok(())
        } else {
            Err(failure(wanted, &said))
        }
    }

    /// The jars that a `pom.xml` means, with all that they depend on, in the order of
    /// the class path. The same pom gives what the cache has, and starts no JVM.
    ///
    /// # Errors
    /// When one can't be had, or is damaged.
    pub fn class_path(&self, pom: &str, wanted: &[Coordinates]) -> Result<ClassPath, ResolveError> {
        if wanted.is_empty() {
            return Ok(ClassPath::default());
        }
        let repository = local_repository::find(&self.host, self.project.as_deref())
            .ok_or(ResolveError::NoCacheFolder)?;
        let key = Key::of([CLASS_PATH, pom]);
        if let Some(known) = self.known(&repository, &key) {
            return Ok(known);
        }
        if self.offline {
            return Err(ResolveError::Offline {
                missing: wanted.iter().map(|one| format!("`{one}`")).collect(),
            });
        }
        for one in wanted {
            self.report
                .status(&format!("Resolving {one} through Maven"));
        }
        self.cache.remove("class-paths", &key)?;
        let list = self
            .cache
            .file_or_make("class-paths", &key, LIST, |target| {
                let paths = self.ask_for_class_path(&repository, pom, wanted)?;
                Ok(fs_err::write(target, paths.join("\n"))?)
            })?;
        self.known(&repository, &key)
            .ok_or_else(|| ResolveError::CorruptArtifact {
                path: list,
                reason: "it names jars that are not in the local repository".to_owned(),
            })
    }

    /// Paths below the repository.
    fn ask_for_class_path(
        &self,
        repository: &Utf8Path,
        pom: &str,
        wanted: &[Coordinates],
    ) -> Result<Vec<String>, ResolveError> {
        let program = self.program(wanted)?;
        let folder = tempfile::tempdir().map_err(ResolveError::io("can't make a folder"))?;
        let list = utf8(folder.path())?.join("class-path");
        let goals = [
            format!("-Dmdep.outputFile={list}"),
            "-Dmdep.includeScope=runtime".to_owned(),
            "-Dmdep.pathSeparator=|".to_owned(),
            format!(
                "org.apache.maven.plugins:maven-dependency-plugin:{DEPENDENCY_PLUGIN}:build-classpath"
            ),
        ];
        self.run(&program, repository, pom, &goals, wanted)?;
        let text = fs_err::read_to_string(list)?;
        Ok(text
            .trim()
            .split('|')
            .map(|path| {
                let path = Utf8Path::new(path);
                path.strip_prefix(repository).unwrap_or(path).to_string()
            })
            .collect())
    }

    /// The class path of the cache, when all of it is there.
    fn known(&self, repository: &Utf8Path, key: &Key) -> Option<ClassPath> {
        let list = self.cache.existing("class-paths", key)?.join(LIST);
        let mut jars = Vec::new();
        for path in fs_err::read_to_string(list).ok()?.lines() {
            let path = repository.join(path);
            let sha256 = self.cache.digest_of(&path, local_repository::check).ok()?;
            jars.push(JarFile {
                name: path.file_name()?.to_owned(),
                path,
                sha256,
            });
        }
        Some(ClassPath { jars })
    }

    fn program(&self, missing: &[Coordinates]) -> Result<Utf8PathBuf, ResolveError> {
        let wrapper = if cfg!(windows) { "mvnw.cmd" } else { "mvnw" };
        if let Some(project) = &self.project {
            let wrapper = project.join(wrapper);
            if is_executable(&wrapper) {
                return Ok(wrapper);
            }
        }
        self.host.find("mvn").ok_or_else(|| {
            let names: Vec<String> = missing.iter().map(|one| format!("`{one}`")).collect();
            ResolveError::MissingProgram {
                program: "mvn",
                purpose: format!("download {}", names.join(", ")),
                help: "install Maven (Debian: `apt-get install maven`), or put the artifacts into the local repository from another machine"
                    .to_owned(),
            }
        })
    }
}

/// A project which does nothing but get them, one execution each.
fn pom_for(missing: &[Coordinates]) -> String {
    use std::fmt::Write as _;
    // Coordinates hold letters, digits and `._-+` only: nothing to escape.
    let mut executions = String::new();
    for (number, one) in missing.iter().enumerate() {
        let _ = write!(
            executions,
            "<execution><id>get-{number}</id><phase>validate</phase><goals><goal>get</goal></goals>\
             <configuration><artifact>{one}</artifact><transitive>false</transitive></configuration></execution>"
        );
    }
    format!(
        "<project><modelVersion>4.0.0</modelVersion><groupId>org.djwar</groupId><artifactId>artifacts</artifactId>\
         <version>1</version><packaging>pom</packaging><build><plugins><plugin>\
         <groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId>\
         <version>{DEPENDENCY_PLUGIN}</version><executions>{executions}</executions></plugin></plugins></build></project>\n"
    )
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::error::{Diagnose, Kind};
    use crate::report::Silent;
    use std::os::unix::fs::PermissionsExt;

    /// A home with a `bin/mvn` that is the given shell script.
    struct Fake {
        _folder: tempfile::TempDir,
        home: Utf8PathBuf,
    }

    impl Fake {
        fn with_mvn(script: &str) -> Self {
            let fake = Self::without_mvn();
            let program = fake.home.join("bin/mvn");
            fs_err::write(&program, format!("#!/bin/sh\n{script}\n")).expect("script");
            fs_err::set_permissions(&program, std::fs::Permissions::from_mode(0o755))
                .expect("mode");
            fake
        }

        fn without_mvn() -> Self {
            let folder = tempfile::tempdir().expect("temp dir");
            let home = utf8(folder.path()).expect("UTF-8");
            fs_err::create_dir(home.join("bin")).expect("folder");
            Self {
                _folder: folder,
                home,
            }
        }

        fn maven(&self, offline: bool) -> Maven<'static> {
            let host = Host::with_variables([
                ("HOME", self.home.to_string()),
                ("PATH", self.home.join("bin").to_string()),
            ]);
            Maven::new(host, Cache::at(self.home.join("cache")), offline, &Silent)
        }
    }

    fn coordinates() -> Coordinates {
        "org.example:thing:1.0:txt".parse().expect("well-formed")
    }

    #[test]
    fn all_missing_artifacts_come_with_one_run() {
        let fake = Fake::with_mvn(
            r#"echo run >> "$HOME/runs"
            for version in 1.0 2.0; do
              folder="$HOME/.m2/repository/org/example/thing/$version"
              /bin/mkdir -p "$folder"; echo x > "$folder/thing-$version.txt"
            done"#,
        );
        let second = "org.example:thing:2.0:txt".parse().expect("well-formed");
        let wanted = [coordinates(), second];
        let paths = fake.maven(false).artifacts(&wanted).expect("brought");
        assert!(paths[1].ends_with("org/example/thing/2.0/thing-2.0.txt"));
        fake.maven(false).artifacts(&wanted).expect("there");
        let runs = fs_err::read_to_string(fake.home.join("runs")).expect("runs");
        assert_eq!(runs, "run\n");
    }

    #[test]
    fn offline_names_what_is_missing_and_starts_nothing() {
        let fake = Fake::with_mvn(r#"echo run >> "$HOME/runs""#);
        let error = fake
            .maven(true)
            .artifact(&coordinates())
            .expect_err("missing");
        assert!(
            error.to_string().contains("`org.example:thing:1.0:txt`"),
            "{error}"
        );
        assert_eq!(error.kind(), Kind::Environment);
        assert!(!fake.home.join("runs").exists());
    }

    #[test]
    fn without_mvn_the_error_names_program_and_artifact() {
        let fake = Fake::without_mvn();
        let error = fake
            .maven(false)
            .artifact(&coordinates())
            .expect_err("no mvn");
        assert_eq!(
            error.to_string(),
            "`mvn` is not on the PATH, and it is needed to download `org.example:thing:1.0:txt`"
        );
        assert_eq!(error.kind().exit_status(), 3);
    }

    #[test]
    fn an_unknown_artifact_is_told_from_a_dead_network() {
        let fake = Fake::with_mvn(
            "echo '[ERROR] Failed: Could not find artifact org.example:thing:txt:1.0 in central'; exit 1",
        );
        let error = fake
            .maven(false)
            .artifact(&coordinates())
            .expect_err("unknown");
        assert!(
            matches!(error, ResolveError::NoSuchArtifact { .. }),
            "{error:?}"
        );

        let fake =
            Fake::with_mvn("echo '[ERROR] Could not transfer artifact: Unknown host'; exit 1");
        let error = fake
            .maven(false)
            .artifact(&coordinates())
            .expect_err("no network");
        assert_eq!(error.kind(), Kind::Environment, "{error:?}");
    }

    #[test]
    fn maven_s_words_come_without_its_escape_codes_and_advice() {
        let fake = Fake::with_mvn(
            r"printf '\033[0m\033[0m[ERROR] Failed to execute goal org.apache.maven.plugins:maven-dependency-plugin:3.8.1:get (get-0) on project artifacts: Could not transfer artifact: Unknown host -> [Help 1]\n[ERROR] \n[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.\n\033[0m'; exit 1",
        );
        let error = fake
            .maven(false)
            .artifact(&coordinates())
            .expect_err("no network");
        let ResolveError::Maven { said, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!(said.0, "Could not transfer artifact: Unknown host");
    }

    #[test]
    fn a_damaged_artifact_is_not_handed_out() {
        let fake = Fake::without_mvn();
        let path = fake
            .home
            .join(".m2/repository")
            .join(coordinates().repository_path());
        fs_err::create_dir_all(path.parent().expect("folder")).expect("folder");
        fs_err::write(&path, "half").expect("write");
        fs_err::write(format!("{path}.sha1"), "00").expect("write");
        let error = fake
            .maven(true)
            .artifact(&coordinates())
            .expect_err("damaged");
        assert!(
            matches!(error, ResolveError::CorruptArtifact { .. }),
            "{error:?}"
        );
    }
}
