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
use super::specification::{Project, Serve};

/// Large projects import for a minute on a loaded machine.
const PATIENCE: Duration = Duration::from_mins(4);

pub(super) fn serve(
    project: &Project,
    wanted: &Serve,
    folder: &Utf8Path,
    work: Option<&Utf8Path>,
) -> Result<()> {
    let work = work.context("a temporary folder whose name is UTF-8")?;
    let wanted = &placed(wanted, work);
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
    let outcome = pages(wanted, &mut server);
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

/// `{work}` in a variable is the temporary folder of this run.
fn placed(wanted: &Serve, work: &Utf8Path) -> Serve {
    let mut placed = wanted.clone();
    for value in placed.environment.values_mut() {
        *value = value.replace("{work}", work.as_str());
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
        server
            .wait_until(page, PATIENCE, |answer| answer.text().contains(words))
            .map_err(|error| anyhow!("`{page}` never said {words:?}: {}", Failure::from(error)))?;
    }
    Ok(())
}

/// Runs djwar; a failure shows what it said.
fn run(arguments: &[&str], wanted: &Serve) -> Result<()> {
    let output = Command::new(djwar())
        .args(arguments)
        .envs(&wanted.environment)
        .output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        bail!("`djwar {}`: {}\n{said}", arguments.join(" "), output.status);
    }
    Ok(())
}
