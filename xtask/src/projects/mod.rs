//! `cargo xtask test projects`: public Django projects, named in
//! `tests/projects.toml`, downloaded through pip into a cache outside of the
//! repository; their scan, and a build and some pages of those that can run.

mod download;
mod expect;
mod gunicorn;
mod serve;
mod services;
mod specification;
mod table;

use std::time::Instant;

use anyhow::{Context, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use crate::shell::{self, command, root};
use specification::{Project, Specification};
pub(crate) use table::table;

#[derive(Args)]
pub(crate) struct Arguments {
    /// These projects only
    names: Vec<String>,

    /// Check what reading them tells, and build none
    #[arg(long)]
    scan_only: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let specification = Specification::read()?;
    for name in &arguments.names {
        if !specification.project.iter().any(|one| one.name == *name) {
            bail!("tests/projects.toml names no `{name}`");
        }
    }
    shell::run(&mut command(
        "cargo",
        &["build", "--locked", "--bin", "djwar"],
    ))?;
    let mut lines = Vec::new();
    let mut failed = 0;
    for project in &specification.project {
        if !arguments.names.is_empty() && !arguments.names.contains(&project.name) {
            continue;
        }
        let started = Instant::now();
        let outcome = check(project, arguments.scan_only);
        let seconds = started.elapsed().as_secs();
        lines.push(match outcome {
            Ok(what) => format!("{}: {what} ({seconds} s)", project.name),
            Err(error) => {
                failed += 1;
                format!("{}: FAILED ({seconds} s): {error:#}", project.name)
            }
        });
        #[expect(clippy::print_stdout, reason = "xtask talks to developers")]
        if let Some(line) = lines.last() {
            println!("{line}");
        }
    }
    if failed > 0 {
        bail!("{failed} of {} projects failed", lines.len());
    }
    Ok(())
}

fn check(project: &Project, scan_only: bool) -> Result<String> {
    let source = download::source(project).context("it can't be had")?;
    // A copy: nothing of one run may be left for the next.
    let work = tempfile::tempdir()?;
    let copy = Utf8PathBuf::try_from(work.path().join("project"))?;
    shell::run(command("cp", &["-R"]).arg(&source).arg(&copy))?;
    let folder = copy.join(&project.folder);
    for (path, text) in &project.files {
        let path = folder.join(path);
        fs_err::create_dir_all(path.parent().unwrap_or(&folder))?;
        fs_err::write(path, text)?;
    }
    expect::scan(project, &folder)?;
    match &project.serve {
        Some(pages) if !scan_only => {
            serve::serve(project, pages, &folder, Utf8Path::from_path(work.path()))?;
            Ok(
                format!("scanned, built, {} pages served", pages.pages.len())
                    + if pages.compare {
                        ", as gunicorn serves them"
                    } else {
                        ""
                    },
            )
        }
        _ => Ok("scanned".to_owned()),
    }
}

/// The binary under test.
fn djwar() -> Utf8PathBuf {
    Utf8PathBuf::from(
        root()
            .join("target/debug/djwar")
            .to_string_lossy()
            .into_owned(),
    )
}
