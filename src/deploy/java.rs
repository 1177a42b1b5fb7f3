//! Finds the Java that runs the containers.

use camino::{Utf8Path, Utf8PathBuf};

use super::error::DeployError;
use crate::resolve::Host;

/// The oldest Java that all containers of the table run on: Tomcat 11 and Jetty
/// 12 need it.
const OLDEST: u32 = 17;

/// A Java that is new enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Java {
    executable: Utf8PathBuf,
}

impl Java {
    /// `JAVA_HOME`'s, else the PATH's. A `JAVA_HOME` without a Java is an error
    /// rather than passed over: who sets it means it.
    ///
    /// # Errors
    /// When there is none, or when it is too old.
    pub fn find(host: &Host) -> Result<Self, DeployError> {
        let name = if cfg!(windows) { "java.exe" } else { "java" };
        let executable = match host.variable("JAVA_HOME") {
            Some(home) => {
                let executable = Utf8Path::new(home).join("bin").join(name);
                if !executable.is_file() {
                    return Err(DeployError::NoJava {
                        looked: format!("`JAVA_HOME` is set, but there is no `{executable}`"),
                    });
                }
                executable
            }
            None => host.find("java").ok_or_else(|| DeployError::NoJava {
                looked: "`JAVA_HOME` is not set, and `java` is not on the PATH".to_owned(),
            })?,
        };
        let version = version(host, &executable)?;
        match major(&version) {
            Some(number) if number >= OLDEST => Ok(Self { executable }),
            _ => Err(DeployError::OldJava {
                path: executable,
                version,
            }),
        }
    }

    /// The program to start.
    pub fn executable(&self) -> &Utf8Path {
        &self.executable
    }
}

/// From the `release` file of the installation (there since Java 8), which costs
/// no JVM; else Java is asked.
fn version(host: &Host, executable: &Utf8Path) -> Result<String, DeployError> {
    // Through the links: Debian's `/usr/bin/java` is one.
    let real = executable.canonicalize_utf8()?;
    let release = real
        .ancestors()
        .nth(2)
        .map(|home| home.join("release"))
        .and_then(|file| fs_err::read_to_string(file).ok());
    let written = release.as_deref().and_then(|text| {
        text.lines()
            .find_map(|line| line.strip_prefix("JAVA_VERSION="))
    });
    if let Some(version) = written {
        return Ok(version.trim_matches('"').to_owned());
    }
    let output = host.command(executable).arg("-version").output();
    let output = output.map_err(|source| DeployError::Io {
        doing: format!("can't run `{executable} -version`"),
        source,
    })?;
    // `openjdk version "17.0.15" 2025-04-15`, on standard error.
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let version = said.split('"').nth(1);
    version
        .map(str::to_owned)
        .ok_or_else(|| DeployError::NoJava {
            looked: format!(
                "`{executable} -version` answers `{}`",
                said.lines().next().unwrap_or_default()
            ),
        })
}

/// `1.8.0_402` is 8, `17.0.15` is 17, `25-ea` is 25.
fn major(version: &str) -> Option<u32> {
    let version = version.strip_prefix("1.").unwrap_or(version);
    let digits = version
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(version.len());
    version[..digits].parse().ok()
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::error::Failure;

    /// A Java home whose `java` is the given shell script.
    fn home(release: Option<&str>, script: &str) -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().expect("temp dir");
        let home = Utf8Path::from_path(folder.path())
            .expect("UTF-8")
            .to_owned();
        let java = home.join("bin/java");
        fs_err::create_dir(home.join("bin")).expect("folder");
        fs_err::write(&java, format!("#!/bin/sh\n{script}\n")).expect("script");
        fs_err::set_permissions(&java, std::fs::Permissions::from_mode(0o755)).expect("mode");
        if let Some(release) = release {
            fs_err::write(home.join("release"), release).expect("release");
        }
        (folder, home.to_string())
    }

    fn find(variables: &[(&str, &str)]) -> Result<Java, DeployError> {
        Java::find(&Host::with_variables(variables.iter().copied()))
    }

    #[test]
    fn java_home_goes_before_the_path() {
        let (_one, wanted) = home(Some("JAVA_VERSION=\"21.0.2\"\n"), "exit 1");
        let (_two, other) = home(Some("JAVA_VERSION=\"17\"\n"), "exit 1");
        let path = format!("{other}/bin");
        let found = find(&[("JAVA_HOME", &wanted), ("PATH", &path)]).expect("found");
        assert_eq!(found.executable(), format!("{wanted}/bin/java").as_str());
        let found = find(&[("PATH", &path)]).expect("found");
        assert_eq!(found.executable(), format!("{path}/java").as_str());
    }

    #[test]
    fn without_a_release_file_java_is_asked() {
        let (_folder, old) = home(None, "echo 'java version \"1.8.0_402\"' >&2");
        let failure = Failure::from(find(&[("JAVA_HOME", &old)]).expect_err("too old"));
        assert_eq!(failure.kind.exit_status(), 3);
        assert!(failure.message.contains("is Java 1.8.0_402"), "{failure}");
        let (_folder, new) = home(None, "echo 'openjdk version \"17.0.15\" 2025' >&2");
        find(&[("JAVA_HOME", &new)]).expect("new enough");
    }

    #[test]
    fn no_java_is_an_error_of_the_environment_with_a_hint() {
        for variables in [
            &[("PATH", "/nowhere")][..],
            &[("JAVA_HOME", "/nowhere"), ("PATH", "/usr/bin")],
        ] {
            let failure = Failure::from(find(variables).expect_err("no Java"));
            assert_eq!(failure.kind.exit_status(), 3);
            assert!(failure.hint.is_some_and(|hint| hint.contains("JAVA_HOME")));
        }
    }
}
