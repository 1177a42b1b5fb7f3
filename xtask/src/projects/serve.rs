//! Builds a WAR, deploys it in Tomcat and reads some pages.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use camino::{Utf8Path, Utf8PathBuf};
use djwar::deploy::{Container, Deployment, Distributions, Java, Server};
use djwar::error::{Failure, Kind};
use djwar::report::Silent;
use djwar::resolve::{Cache, Host, Maven};

use super::djwar;
use super::gunicorn::Gunicorn;
use super::services::Services;
use super::specification::{Project, Serve};

/// Large projects import for a minute on a loaded machine.
const PATIENCE: Duration = Duration::from_mins(4);

/// Of a page that is not what it should be.
const SHOWN: usize = 3000;

pub(super) fn serve(
    project: &Project,
    wanted: &Serve,
    folder: &Utf8Path,
    work: Option<&Utf8Path>,
) -> Result<()> {
    let work = work.context("a temporary folder whose name is UTF-8")?;
    let services = Services::start(wanted)?;
    let wanted = &placed(wanted, work, &services);
    let war = work.join(format!("{}.war", project.name));
    let data = work.join("data");
    let mut build = vec!["build", folder.as_str(), "-o", war.as_str()];
    let pairs: Vec<String> = wanted
        .environment
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    for pair in &pairs {
        build.extend(["--build-env", pair]);
    }
    run(&build, wanted)?;
    for words in &wanted.manage {
        let mut manage = vec!["manage", war.as_str(), "--data-dir", data.as_str(), "--"];
        manage.extend(words.iter().map(String::as_str));
        run(&manage, wanted)?;
    }
    let mut server = start(wanted, &war, &data).map_err(|failure| anyhow!("{failure}"))?;
    let mut outcome = pages(wanted, &mut server);
    if wanted.compare && outcome.is_ok() {
        outcome = Gunicorn::start(wanted, &war, folder, &data, work)
            .and_then(|mut peer| peer.compare(wanted, &server.base_url()));
    }
    let stopped = server
        .stop()
        .map_err(|error| anyhow!("{}", Failure::from(error)))?;
    if let Err(error) = outcome {
        let lines: Vec<&str> = stopped.log.lines().collect();
        let tail = &lines[lines.len().saturating_sub(40)..];
        bail!("{error:#}\nthe log ends with:\n{}", tail.join("\n"));
    }
    Ok(())
}

/// `{work}` in a variable is the temporary folder of this run; the services have their
/// own words.
fn placed(wanted: &Serve, work: &Utf8Path, services: &Services) -> Serve {
    let mut placed = wanted.clone();
    for value in placed.environment.values_mut() {
        *value = services.placed(value).replace("{work}", work.as_str());
    }
    placed
}

fn start(wanted: &Serve, war: &Utf8Path, data: &Utf8PathBuf) -> Result<Server, Failure> {
    let host = Host::of_this_process();
    let cache = Cache::of_user(&host)?;
    let maven = Maven::new(host.clone(), cache.clone(), false, &Silent);
    let java = Java::find(&host)?;
    let context = wanted
        .context
        .parse()
        .map_err(|error| Failure::new(Kind::Usage, format!("`{}`: {error}", wanted.context)))?;
    let mut deployment = Deployment::of(war)
        .on(Container::Tomcat10)
        .at(context)
        .variable("DJWAR_DATA_DIR", data.as_str())
        .variable("DJWAR_START_TIMEOUT", "240")
        .variable("LANG", "C.UTF-8")
        .java_option("-Xmx256m");
    for (name, value) in &wanted.environment {
        deployment = deployment.variable(name, value);
    }
    Ok(deployment.start(&Distributions::new(&maven, &cache), &java)?)
}

fn pages(wanted: &Serve, server: &mut Server) -> Result<()> {
    for (page, words) in &wanted.pages {
        let answer = server
            // The project is still being imported.
            .wait_until(page, PATIENCE, |answer| answer.status != 503)
            .map_err(|error| anyhow!("`{page}`: {}", Failure::from(error)))?;
        if !answer.text().contains(words) {
            let text: String = answer.text().chars().take(SHOWN).collect();
            bail!("`{page}` ({}) lacks {words:?}:\n{text}", answer.status);
        }
    }
    Ok(())
}

/// Runs djwar; a failure shows what it said.
fn run(arguments: &[&str], wanted: &Serve) -> Result<()> {
    let output = Command::new(djwar())
        .args(arguments)
        .envs(&wanted.environment)
        // Wheels that somebody built for this machine are not everybody's.
        .env_remove("PIP_FIND_LINKS")
        .output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        bail!("`djwar {}`: {}\n{said}", arguments.join(" "), output.status);
    }
    Ok(())
}
