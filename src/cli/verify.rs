//! `djwar verify`: deploys a WAR in real containers and says what each served.

use std::num::NonZeroUsize;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use serde::Serialize;

use super::{Common, Outcome, common, verify_report};
use crate::config::{Config, RawValues};
use crate::deploy::{
    self, CellOutcome, Container, DeployError, Deployment, Distributions, Expectation, Java, Look,
    StopSignal,
};
use crate::error::{Failure, Kind};
use crate::interrupt;
use crate::report::{Report, Stderr};
use crate::resolve::{Cache, Host, Maven};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The WAR
    war: Utf8PathBuf,

    /// The containers, or lines of them: tomcat-9, jetty-12, wildfly, payara, liberty, …
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "tomcat,jetty"
    )]
    container: Vec<String>,

    /// A page that must be there, and a text that it must show: `/polls/=Your town`
    /// (default: `expect` of the configuration in the current folder)
    #[arg(long, value_name = "PATH[=TEXT]", value_parser = expectation)]
    expect: Vec<Expectation>,

    /// An environment variable of the deployed project
    #[arg(long, value_name = "NAME[=VALUE]", value_parser = common::pair)]
    env: Vec<(String, String)>,

    /// How many containers run at a time (default: one for two processors)
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,

    /// Write the result as `JUnit` XML, too
    #[arg(long, value_name = "FILE")]
    junit: Option<Utf8PathBuf>,
}

fn expectation(text: &str) -> Result<Expectation, String> {
    let (path, wanted) = match text.split_once('=') {
        Some((path, wanted)) => (path, Some(wanted.to_owned())),
        None => (text, None),
    };
    if !path.starts_with('/') {
        return Err("it has the form /PATH or /PATH=TEXT".to_owned());
    }
    // It would be another request (RFC 9112 §3).
    if path.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        return Err("a path has no spaces and no line ends: write `%20`".to_owned());
    }
    Ok(Expectation {
        path: path.to_owned(),
        text: wanted,
    })
}

#[derive(Serialize)]
struct Verdict<'a> {
    works: bool,
    cells: &'a [CellOutcome],
}

pub(super) fn run(options: &Common, arguments: &Arguments, report: Stderr) -> Outcome {
    let containers = containers(&arguments.container)?;
    common::refuse_with_war(&arguments.war, &options.build_options())?;
    let war = common::absolute(&arguments.war)?;
    deploy::check_django(&war)?;
    let look = Look::at(&war, &expectations(&arguments.expect)?)?;
    let host = Host::of_this_process();
    let java = Java::find(&host)?;
    let cache = Cache::of_user(&host)?;
    let maven = Maven::new(host.clone(), cache.clone(), options.offline, &report);
    let distributions = Distributions::new(&maven, &cache);
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
    // Ctrl-C waits for the deployments at hand, so that no container is left behind.
    let stop = StopSignal::default();
    let raised = stop.clone();
    interrupt::call(move || raised.raise());
    for &container in &containers {
        // Once for all of its cells; two that unpack it at the same time would be in each other's way.
        distributions.home(container)?;
    }
    let wanted = deploy::cells(&deployment, &containers);
    let jobs = arguments.jobs.unwrap_or_else(deploy::default_jobs);
    let is_over = |outcome: &Result<CellOutcome, _>| outcome.is_err() || stop.is_raised();
    let cells = deploy::side_by_side(&wanted, jobs, is_over, |cell| {
        let outcome = deploy::verify(cell, &look, &distributions, &java)?;
        tell(report, &cell.description(), &outcome);
        Ok::<_, DeployError>(outcome)
    });
    let cells: Vec<CellOutcome> = cells.into_iter().collect::<Result<_, _>>()?;
    if stop.is_raised() || cells.len() < wanted.len() {
        return Err(Failure::new(Kind::Environment, "interrupted"));
    }
    if let Some(file) = &arguments.junit {
        write_junit(&common::absolute(file)?, &cells)?;
    }
    let works = cells.iter().all(CellOutcome::works);
    if options.json {
        common::say_json(&Verdict {
            works,
            cells: &cells,
        })?;
    } else {
        common::say(&verify_report::table(&cells))?;
    }
    Ok(u8::from(!works))
}

fn containers(names: &[String]) -> Result<Vec<Container>, Failure> {
    let mut containers: Vec<Container> = Vec::new();
    for name in names {
        let matching = Container::matching(name)
            .map_err(|error| Failure::new(Kind::Usage, error.to_string()))?;
        for container in matching {
            if !containers.contains(&container) {
                containers.push(container);
            }
        }
    }
    Ok(containers)
}

/// Those of the flags, else those of the configuration in the current folder.
fn expectations(flags: &[Expectation]) -> Result<Vec<Expectation>, Failure> {
    if !flags.is_empty() {
        return Ok(flags.to_vec());
    }
    let here = common::absolute(Utf8Path::new("."))?;
    let environment = |name: &str| std::env::var(name).ok();
    let config = Config::load(&here, &environment, RawValues::new())?;
    let Some(expect) = config.expect else {
        return Ok(Vec::new());
    };
    let parse = |text: &String| {
        expectation(text).map_err(|reason| {
            Failure::new(
                Kind::Usage,
                format!("`{text}` in `expect` ({}): {reason}", expect.origin),
            )
        })
    };
    expect.value.iter().map(parse).collect()
}

fn tell(report: Stderr, description: &str, outcome: &CellOutcome) {
    if outcome.works() {
        report.status(&format!("Works in {description}"));
        return;
    }
    let problems: Vec<&str> = outcome.problems().collect();
    let log = outcome
        .log
        .as_deref()
        .map(|log| format!("\n  its log ends with:\n{log}"))
        .unwrap_or_default();
    report.warning(&format!(
        "fails in {description}: {}{log}",
        problems.join("\n  ")
    ));
}

fn write_junit(file: &Utf8Path, cells: &[CellOutcome]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::new(Kind::Environment, error.to_string());
    let text = verify_report::junit(cells).map_err(failed)?;
    if let Some(parent) = file.parent() {
        fs_err::create_dir_all(parent).map_err(failed)?;
    }
    fs_err::write(file, text).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expectation_is_one_request_and_its_text_is_free() {
        let read = |text: &str| expectation(text).map(|one| (one.path, one.text));
        let expected = ("/a".to_owned(), Some("b = c\n".to_owned()));
        assert_eq!(read("/a=b = c\n"), Ok(expected));
        for refused in ["a", "/a b", "/\nX: 1=2", "/\u{1}", ""] {
            assert!(read(refused).is_err(), "{refused:?}");
        }
    }
}
