//! The programs of the host that a measurement needs, each with the Debian
//! package that brings it.

use std::path::PathBuf;

use anyhow::{Result, bail};

/// Where Debian keeps what an ordinary user's PATH leaves out, as nginx.
const ALSO: [&str; 2] = ["/usr/sbin", "/sbin"];

/// The program's absolute path.
pub(crate) fn find(program: &str, package: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .chain(ALSO.map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file());
    match found {
        Some(found) => Ok(found),
        None => bail!("`{program}` isn't installed: `apt-get install {package}` brings it"),
    }
}

/// The servlet container's Java.
pub(crate) fn java() -> Result<PathBuf> {
    if let Some(home) = std::env::var_os("JAVA_HOME") {
        let java = PathBuf::from(home).join("bin/java");
        if java.is_file() {
            return Ok(java);
        }
    }
    find("java", "openjdk-17-jre-headless")
}
