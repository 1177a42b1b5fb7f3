//! One WAR in many containers: the cells of the matrix, and what each gave.
//! Behind `djwar verify`.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::container::Container;
use super::context_path::ContextPath;
use super::deployment::Deployment;
use super::distribution::Distributions;
use super::error::DeployError;
use super::java::Java;
use super::look::Look;
use super::server::Server;

/// How long the first answer may take.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long the processes of an application that was replaced may take to end.
/// Longer than `djwar.stop-timeout`'s default.
const FAREWELL: Duration = Duration::from_secs(30);
/// Lines of a log that explain a failure.
const SHOWN: usize = 20;

/// What is looked at in a cell, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The container takes the application, and something answers.
    Start,
    /// The pages show what they must.
    Pages,
    /// The container serves the WAR's files.
    StaticFiles,
    /// It serves nothing of `WEB-INF` and `META-INF`.
    ClosedFolders,
    /// It takes a newer WAR; pages and files are as before, the old processes gone.
    Redeploy,
    /// It ends when asked, and leaves nothing behind.
    Stop,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Start,
        Self::Pages,
        Self::StaticFiles,
        Self::ClosedFolders,
        Self::Redeploy,
        Self::Stop,
    ];

    /// For people: `static files`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pages => "pages",
            Self::StaticFiles => "static files",
            Self::ClosedFolders => "closed folders",
            Self::Redeploy => "redeploy",
            Self::Stop => "stop",
        }
    }
}

/// How one step went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Result {
    /// As it should.
    Passed,
    /// What was wrong, in the order in which it showed.
    Failed(Vec<String>),
    /// It was not tried, and why.
    Skipped(&'static str),
}

impl Result {
    fn of(problems: Vec<String>) -> Self {
        if problems.is_empty() {
            Self::Passed
        } else {
            Self::Failed(problems)
        }
    }
}

/// One step of a cell.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// The step.
    pub step: Step,
    /// How it went.
    pub result: Result,
    /// How long it took.
    pub seconds: f64,
}

/// What one cell gave.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The container.
    pub container: &'static str,
    /// `/` or `/ctx`.
    pub context: String,
    /// Whether the WAR stayed packed.
    pub packed: bool,
    /// The steps; one that comes after a start that failed is missing.
    pub checks: Vec<Check>,
    /// The end of the container's log, when something failed.
    pub log: Option<String>,
}

impl Outcome {
    /// Whether the WAR works there.
    pub fn works(&self) -> bool {
        self.problems().next().is_none()
    }

    /// Everything that was wrong.
    pub fn problems(&self) -> impl Iterator<Item = &str> {
        self.checks.iter().flat_map(|check| match &check.result {
            Result::Failed(problems) => problems.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        })
    }

    /// How long all of it took.
    pub fn seconds(&self) -> f64 {
        self.checks.iter().map(|check| check.seconds).sum()
    }

    fn record(&mut self, step: Step, result: Result, began: Instant) {
        self.checks.push(Check {
            step,
            result,
            seconds: began.elapsed().as_secs_f64(),
        });
    }
}

/// The cells for these containers: each at `/` and at `/ctx`, unpacked, and packed
/// where the container can.
pub fn cells(war: &Deployment, containers: &[Container]) -> Vec<Deployment> {
    let mut cells = Vec::new();
    for &container in containers {
        for context in ["/", "/ctx"] {
            let context: ContextPath = context.parse().unwrap_or_default();
            let mut cell = war.clone().on(container).at(context);
            if container.redeploys() {
                cell = cell.redeploying();
            }
            cells.push(cell.clone());
            if container.serves_packed() {
                cells.push(cell.packed());
            }
        }
    }
    cells
}

/// Deploys one cell, looks, and stops it.
///
/// # Errors
/// When the cell could not even be tried: no container, no WAR.
pub fn verify(
    cell: &Deployment,
    look: &Look,
    distributions: &Distributions<'_>,
    java: &Java,
) -> std::result::Result<Outcome, DeployError> {
    let mut outcome = Outcome {
        container: cell.container.as_str(),
        context: cell.context.to_string(),
        packed: cell.packed,
        checks: Vec::new(),
        log: None,
    };
    // The download is no part of the start.
    distributions.home(cell.container)?;
    let began = Instant::now();
    match cell.start(distributions, java) {
        Ok(mut server) => {
            walk(cell, look, &mut server, &mut outcome, began);
            stop(server, &mut outcome)?;
        }
        Err(
            error @ (DeployError::NotDeployed { .. }
            | DeployError::Ended { .. }
            | DeployError::TimedOut { .. }),
        ) => {
            outcome.log = std::error::Error::source(&error).map(ToString::to_string);
            let failed = Result::Failed(vec![error.to_string()]);
            outcome.record(Step::Start, failed, began);
        }
        Err(error) => return Err(error),
    }
    Ok(outcome)
}

fn walk(
    cell: &Deployment,
    look: &Look,
    server: &mut Server,
    outcome: &mut Outcome,
    began: Instant,
) {
    // Any answer: what it says is looked at below.
    if let Err(error) = server.wait_until(look.first(), PATIENCE, |_| true) {
        outcome.record(Step::Start, Result::Failed(vec![error.to_string()]), began);
        return;
    }
    outcome.record(Step::Start, Result::Passed, began);
    let base = server.base_url();
    let began = Instant::now();
    let problems = look.pages(server.client(), &base);
    let works = problems.is_empty();
    outcome.record(Step::Pages, Result::of(problems), began);
    let began = Instant::now();
    let result = if look.has_static_files() {
        Result::of(look.static_files(server.client(), &base))
    } else {
        Result::Skipped("the WAR holds no static files")
    };
    outcome.record(Step::StaticFiles, result, began);
    let began = Instant::now();
    let result = Result::of(look.leaks(server.client(), &base));
    outcome.record(Step::ClosedFolders, result, began);
    let began = Instant::now();
    let result = if !cell.redeploys {
        Result::Skipped("the container can't while it runs")
    } else if works {
        Result::of(redeploy(cell, look, server))
    } else {
        Result::Skipped("its pages are wrong before it")
    };
    outcome.record(Step::Redeploy, result, began);
}

/// Puts the same WAR in its own place, as a newer one.
fn redeploy(cell: &Deployment, look: &Look, server: &mut Server) -> Vec<String> {
    let workers = |server: &Server| -> BTreeSet<u32> {
        // The first is the JVM.
        let members = server.processes();
        members.iter().skip(1).map(|one| one.process).collect()
    };
    let before = workers(server);
    if let Err(error) = server.redeploy(&cell.war) {
        return vec![error.to_string()];
    }
    // Some containers answer a 404 for a moment after they say that it has started.
    if let Err(error) = server.wait_until(look.first(), PATIENCE, |answer| look.likes(answer)) {
        return vec![error.to_string()];
    }
    let base = server.base_url();
    let mut problems = look.pages(server.client(), &base);
    problems.extend(look.static_files(server.client(), &base));
    let deadline = Instant::now() + FAREWELL;
    while !workers(server).is_disjoint(&before) {
        if Instant::now() > deadline {
            problems.push("processes of the replaced application are still there".to_owned());
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    problems
}

fn stop(server: Server, outcome: &mut Outcome) -> std::result::Result<(), DeployError> {
    let began = Instant::now();
    let stopped = server.stop()?;
    let mut problems = Vec::new();
    if stopped.killed {
        problems.push("it did not stop when asked, and had to be killed".to_owned());
    }
    for process in stopped.survivors {
        problems.push(format!("a process outlived it: `{}`", process.command));
    }
    for path in stopped.leftovers {
        problems.push(format!("it left `{path}` behind"));
    }
    outcome.record(Step::Stop, Result::of(problems), began);
    if !outcome.works() {
        let lines: Vec<&str> = stopped.log.lines().rev().take(SHOWN).collect();
        let tail: Vec<&str> = lines.into_iter().rev().collect();
        outcome.log = Some(tail.join("\n"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cells_are_both_paths_and_packed_where_it_works() {
        let war = Deployment::of("x.war");
        let cells = cells(&war, &[Container::Tomcat10, Container::Jetty12Ee10]);
        let described: Vec<String> = cells.iter().map(Deployment::description).collect();
        assert_eq!(
            described,
            [
                "tomcat-10 at /",
                "tomcat-10 at /, packed",
                "tomcat-10 at /ctx",
                "tomcat-10 at /ctx, packed",
                "jetty-12-ee10 at /",
                "jetty-12-ee10 at /ctx",
            ]
        );
    }
}
