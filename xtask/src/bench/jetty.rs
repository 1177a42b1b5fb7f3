//! A Jetty 12 with a base folder of its own, ee10 without its annotations module.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use djwar::deploy::Container;

use super::server::{Server, free_port};
use super::{artifacts, tools};

/// Starts it with `war` at the root, in `base`.
///
/// `threads` is the most that may serve requests; the acceptor and the selector come
/// on top of them, as Tomcat counts.
pub(crate) fn start(
    name: &str,
    base: &Path,
    war: &Path,
    threads: u32,
    environment: &[(String, String)],
    java_options: &[String],
) -> Result<Server> {
    for folder in ["temp", "webapps", "work"] {
        fs_err::create_dir_all(base.join(folder))?;
    }
    fs_err::write(
        base.join("start.ini"),
        "--module=http\n--module=ee10-deploy\n",
    )?;
    fs_err::copy(war, base.join("webapps/ROOT.war"))?;
    let coordinates = Container::Jetty12Ee10.coordinates();
    let home = artifacts::unpacked(&coordinates.to_string())?
        .join(format!("jetty-home-{}", coordinates.version));
    let port = free_port()?;
    let mut command = Command::new(tools::java()?);
    command
        .env_clear()
        .envs([("PATH", "/usr/bin:/bin"), ("LANG", "C.UTF-8")])
        .envs(environment.iter().cloned())
        .current_dir(base)
        .args(java_options)
        .arg(format!("-Djava.io.tmpdir={}", base.join("temp").display()))
        .arg("-jar")
        .arg(home.join("start.jar"))
        .arg(format!("jetty.home={}", home.display()))
        .arg(format!("jetty.base={}", base.display()))
        .args(["jetty.http.host=127.0.0.1", "jetty.deploy.scanInterval=0"])
        .arg(format!("jetty.http.port={port}"))
        .args(["jetty.http.acceptors=1", "jetty.http.selectors=1"])
        .arg("jetty.threadPool.minThreads=4")
        .arg(format!("jetty.threadPool.maxThreads={}", threads + 2));
    Server::start(name, port, base, vec![command])
}
