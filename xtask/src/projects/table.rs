//! docs/reference/projects.md from `tests/projects.toml`.

use std::fmt::Write as _;

use anyhow::Result;

use super::specification::{Project, Specification};

/// The page.
pub(crate) fn table(note: &str) -> Result<String> {
    let mut text = String::from(note);
    text.push_str(
        "# Public projects that djwar is tested with\n\n\
         `cargo xtask test projects` downloads them through pip, compares `djwar scan` with what \
         somebody wrote in `tests/projects.toml` who had read them, and builds, deploys (Tomcat 10.1) \
         and visits those that say so. Nothing of them is in this repository.\n\n\
         | project | shape | tested | what came of it |\n|---|---|---|---|\n",
    );
    for project in &Specification::read()?.project {
        writeln!(
            text,
            "| {} {} ({}) | {} | {} | {} |",
            project.package,
            project.version,
            project.year,
            project.shape,
            tested(project),
            project.result
        )?;
    }
    text.push_str(
        "\nOthers, found in public repositories, were tried by hand: [projects-by-hand.md](projects-by-hand.md).\n",
    );
    Ok(text)
}

fn tested(project: &Project) -> String {
    match (&project.serve, &project.refused) {
        (Some(serve), _) => {
            let services = serve.services.iter().map(|service| service.as_str());
            let services: Vec<&str> = services.collect();
            let with = match services.as_slice() {
                [] => String::new(),
                services => format!(" with {}", services.join(" and ")),
            };
            let compared = if serve.compare {
                ", equal to gunicorn's"
            } else {
                ""
            };
            format!(
                "scan, build, {} pages at `{}`{with}{compared}",
                serve.pages.len(),
                serve.context
            )
        }
        (None, Some(_)) => "refused, with the reason".to_owned(),
        (None, None) => "scan".to_owned(),
    }
}
