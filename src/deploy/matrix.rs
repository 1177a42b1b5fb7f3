//! One WAR in many containers: the cells of the matrix, and what each gave.
//! Behind `djwar verify`.

use std::time::Duration;

use serde::Serialize;

use super::container::Container;
use super::context_path::ContextPath;
use super::deployment::Deployment;
use super::distribution::Distributions;
use super::error::DeployError;
use super::java::Java;
use super::probe::Response;
use super::server::Server;

/// How long the first answer may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// A page that must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Below the context path, with `/` in front.
    pub path: String,
    /// What the body must hold; without it any status below 400 will do.
    pub text: Option<String>,
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
    /// Everything that was wrong, in the order in which it showed; empty when the
    /// WAR works there.
    pub problems: Vec<String>,
}

/// The cells for these containers: each at `/` and at `/ctx`, unpacked, and packed
/// where the container can.
pub fn cells(war: &Deployment, containers: &[Container]) -> Vec<Deployment> {
    let mut cells = Vec::new();
    for &container in containers {
        for context in ["/", "/ctx"] {
            let context: ContextPath = context.parse().unwrap_or_default();
            let cell = war.clone().on(container).at(context);
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
    expectations: &[Expectation],
    distributions: &Distributions<'_>,
    java: &Java,
) -> Result<Outcome, DeployError> {
    let mut problems = Vec::new();
    match cell.start(distributions, java) {
        Ok(mut server) => {
            look(&mut server, expectations, &mut problems);
            let stopped = server.stop()?;
            if stopped.killed {
                problems.push("it did not stop when asked, and had to be killed".to_owned());
            }
            for process in stopped.survivors {
                problems.push(format!("a process outlived it: `{}`", process.command));
            }
            if !problems.is_empty() {
                let lines: Vec<&str> = stopped.log.lines().rev().take(20).collect();
                let tail: Vec<&str> = lines.into_iter().rev().collect();
                problems.push(format!("its log ends with:\n{}", tail.join("\n")));
            }
        }
        Err(error @ (DeployError::NotDeployed { .. } | DeployError::Ended { .. })) => {
            let log = std::error::Error::source(&error).map(ToString::to_string);
            problems.push(error.to_string());
            problems.extend(log);
        }
        Err(error) => return Err(error),
    }
    Ok(Outcome {
        container: cell.container.as_str(),
        context: cell.context.to_string(),
        packed: cell.packed,
        problems,
    })
}

fn look(server: &mut Server, expectations: &[Expectation], problems: &mut Vec<String>) {
    let first = expectations.first().map_or("/", |one| one.path.as_str());
    // Any answer: what it says is looked at below.
    if let Err(error) = server.wait_until(first, PATIENCE, |_| true) {
        problems.push(error.to_string());
        return;
    }
    for expectation in expectations {
        let url = format!("{}{}", server.base_url(), expectation.path);
        match server.client().get(&url) {
            Ok(answer) => problems.extend(judge(expectation, &answer)),
            Err(error) => problems.push(error.to_string()),
        }
    }
    for path in ["/WEB-INF/web.xml", "/META-INF/MANIFEST.MF"] {
        let url = format!("{}{path}", server.base_url());
        match server.client().get(&url) {
            Ok(answer) if answer.status < 400 => {
                problems.push(format!("`{path}` is served to everybody"));
            }
            _ => {}
        }
    }
}

fn judge(expectation: &Expectation, answer: &Response) -> Option<String> {
    let path = &expectation.path;
    match &expectation.text {
        Some(text) if !answer.text().contains(text) => Some(format!(
            "`{path}` (status {}) does not show `{text}`",
            answer.status
        )),
        None if answer.status >= 400 => Some(format!("`{path}` answers {}", answer.status)),
        // Jetty without a filter answers with its own page: Django's absence shows
        // in the text alone, which is why `--expect` is worth giving.
        _ => None,
    }
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

    #[test]
    fn a_page_is_judged_by_its_text() {
        let answer = Response {
            status: 200,
            headers: Vec::new(),
            body: b"It works".to_vec(),
        };
        let wanted = |text: &str| Expectation {
            path: "/".to_owned(),
            text: Some(text.to_owned()),
        };
        assert_eq!(judge(&wanted("works"), &answer), None);
        assert_eq!(
            judge(&wanted("Polls"), &answer).as_deref(),
            Some("`/` (status 200) does not show `Polls`")
        );
    }
}
