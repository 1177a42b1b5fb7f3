//! `djwar verify`: deploys a WAR in real containers and says what each served.

use camino::Utf8PathBuf;
use clap::Args;
use serde::Serialize;

use super::{Common, Outcome, common};
use crate::deploy::{self, Container, Deployment, Distributions, Expectation, Java, StopSignal};
use crate::error::{Failure, Kind};
use crate::interrupt;
use crate::report::{Report, Stderr};
use crate::resolve::{Cache, Host, Maven};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The WAR
    war: Utf8PathBuf,

    /// The containers, or lines of them: tomcat-9, tomcat, jetty-12, jetty-12-ee10, …
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "tomcat-9,tomcat-10,tomcat-11,jetty-12"
    )]
    container: Vec<String>,

    /// A page that must be there, and a text that it must show: `/polls/=Your town`
    #[arg(long, value_name = "PATH[=TEXT]", value_parser = expectation)]
    expect: Vec<Expectation>,

    /// An environment variable of the deployed project
    #[arg(long, value_name = "NAME[=VALUE]", value_parser = common::pair)]
    env: Vec<(String, String)>,
}

fn expectation(text: &str) -> Result<Expectation, String> {
    let (path, wanted) = match text.split_once('=') {
        Some((path, wanted)) => (path, Some(wanted.to_owned())),
        None => (text, None),
    };
    if !path.starts_with('/') {
        return Err("it has the form /PATH or /PATH=TEXT".to_owned());
    }
    Ok(Expectation {
        path: path.to_owned(),
        text: wanted,
    })
}

#[derive(Serialize)]
struct Verdict {
    works: bool,
    cells: Vec<deploy::CellOutcome>,
}

pub(super) fn run(options: &Common, arguments: &Arguments, report: Stderr) -> Outcome {
    let mut containers: Vec<Container> = Vec::new();
    for name in &arguments.container {
        let matching = Container::matching(name)
            .map_err(|error| Failure::new(Kind::Usage, error.to_string()))?;
        for container in matching {
            if !containers.contains(&container) {
                containers.push(container);
            }
        }
    }
    common::refuse_with_war(&arguments.war, &options.build_options())?;
    let war = common::absolute(&arguments.war)?;
    deploy::check_django(&war)?;
    let host = Host::of_this_process();
    let java = Java::find(&host)?;
    let cache = Cache::of_user(&host)?;
    let maven = Maven::new(host.clone(), cache.clone(), options.offline, &report);
    let distributions = Distributions::new(&maven, &cache);
    let root = [Expectation {
        path: "/".to_owned(),
        text: None,
    }];
    let expectations = if arguments.expect.is_empty() {
        &root[..]
    } else {
        &arguments.expect
    };
    // Nothing of this machine but what is named: no Python on the PATH, so that
    // what works here works on a host without one.
    let empty = tempfile::tempdir().map_err(|error| {
        Failure::new(
            Kind::Environment,
            format!("can't make a temporary folder: {error}"),
        )
    })?;
    let mut deployment = Deployment::of(war)
        .variable("PATH", empty.path())
        .variable("HOME", empty.path())
        .variable("LANG", "C.UTF-8");
    for (name, value) in &arguments.env {
        deployment = deployment.variable(name, value);
    }
    // Ctrl-C waits for the deployment at hand, so that no container is left behind.
    let stop = StopSignal::default();
    let raised = stop.clone();
    interrupt::call(move || raised.raise());
    let mut cells = Vec::new();
    for cell in deploy::cells(&deployment, &containers) {
        let outcome = deploy::verify(&cell, expectations, &distributions, &java)?;
        if outcome.problems.is_empty() {
            report.status(&format!("Works in {}", cell.description()));
        } else {
            report.warning(&format!(
                "fails in {}: {}",
                cell.description(),
                outcome.problems.join("\n  ")
            ));
        }
        cells.push(outcome);
        if stop.is_raised() {
            return Err(Failure::new(Kind::Environment, "interrupted"));
        }
    }
    let failed = cells
        .iter()
        .filter(|cell| !cell.problems.is_empty())
        .count();
    let verdict = Verdict {
        works: failed == 0,
        cells,
    };
    if options.json {
        common::say_json(&verdict)?;
    } else {
        common::say(&format!(
            "{} of {} deployments work",
            verdict.cells.len() - failed,
            verdict.cells.len()
        ))?;
    }
    Ok(u8::from(failed > 0))
}
