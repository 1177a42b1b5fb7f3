//! `cargo xtask bench deploy`: from the copy of a WAR to Django's first page, with the
//! packages as loose files and as one archive, for a first deployment and for a new
//! version of the project with the same packages.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use djwar::deploy::{Container, Deployment, Distributions, Java};
use djwar::report::Silent;
use djwar::resolve::{Cache, Host, Maven};

use super::super::artifacts::{copy_project, temporary};
use super::super::options::Rounds;
use super::super::sample::{Samples, heading, row};
use super::super::{progress, result, war};
use super::workload::Workload;
use super::{Size, remove};
use crate::shell::{command, run as run_command};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    rounds: Rounds,

    /// These workloads only
    #[arg(long, value_enum)]
    only: Vec<Size>,

    /// These containers only (`tomcat-10`, `jetty-12`)
    #[arg(long)]
    container: Vec<String>,
}

const LIMIT: Duration = Duration::from_mins(5);
const CONTAINERS: [Container; 2] = [Container::Tomcat10, Container::Jetty12Ee10];

/// How the packages lie in the WAR, and whether the runtime's work folder outlives a
/// deployment.
const FORMS: [(&str, &str, bool); 3] = [
    ("loose", "loose", false),
    ("nested", "nested", false),
    ("nested, with `djwar.work-dir`", "nested", true),
];

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let djwar = war::djwar()?;
    let folder = temporary()?;
    let folder = Utf8Path::from_path(folder.path()).context("a temporary folder in UTF-8")?;
    for &size in <Size as clap::ValueEnum>::value_variants() {
        if !arguments.only.is_empty() && !arguments.only.contains(&size) {
            continue;
        }
        let workload = Workload::made(size, &djwar)?;
        result(&format!("\n## {size:?}: {}\n", workload.describe()?));
        result("Seconds from the copy to the first page, least / median:\n");
        result(&heading(&["", "", "first", "new version"]));
        let wars = |packages: &str| -> Result<[Utf8PathBuf; 2]> {
            let built = |version: &str| built(&workload, &djwar, folder, packages, version);
            Ok([built("one")?, built("two")?])
        };
        for container in CONTAINERS {
            let name = container.to_string();
            let is_asked = |asked: &String| name.starts_with(asked.as_str());
            if !arguments.container.is_empty() && !arguments.container.iter().any(is_asked) {
                continue;
            }
            for (title, packages, has_work_folder) in FORMS {
                let wars = wars(packages)?;
                let mut samples = [Samples::default(), Samples::default()];
                for _ in 0..arguments.rounds.number {
                    let work = folder.join("work");
                    remove(work.as_std_path())?;
                    let seconds = deployed(container, &wars, has_work_folder.then_some(&work))?;
                    progress(&format!("  {container} {title}: {seconds:.1?} s"));
                    for (samples, seconds) in samples.iter_mut().zip(seconds) {
                        samples.add(seconds);
                    }
                }
                let [first, second] = samples.map(|samples| samples.least_and_median(1));
                result(&row(&[
                    container.to_string(),
                    title.to_owned(),
                    first,
                    second,
                ]));
            }
        }
    }
    Ok(())
}

/// The workload with a page that says its version.
fn built(
    workload: &Workload,
    djwar: &std::path::Path,
    folder: &Utf8Path,
    packages: &str,
    version: &str,
) -> Result<Utf8PathBuf> {
    let project = folder.join("project");
    remove(project.as_std_path())?;
    copy_project(&workload.project(), project.as_std_path())?;
    let view = format!(
        "from django.http import HttpResponse\n\n\ndef index(request):\n    return HttpResponse('{version}')\n"
    );
    fs_err::write(project.join("notes/views.py"), view)?;
    let war = folder.join(format!("{packages}-{version}.war"));
    let mut build = command(
        &djwar.display().to_string(),
        &["build", project.as_str(), "--quiet", "-o", war.as_str()],
    );
    build
        .stdout(std::process::Stdio::null())
        .env("DJWAR_CACHE_DIR", workload.cache())
        .env("DJWAR_PACKAGES", packages);
    run_command(&mut build)?;
    Ok(war)
}

/// Seconds of the first deployment, with the container's own start, and of the second,
/// with the stop of the first.
fn deployed(
    container: Container,
    [first, second]: &[Utf8PathBuf; 2],
    work: Option<&Utf8PathBuf>,
) -> Result<[f64; 2]> {
    let host = Host::of_this_process();
    let cache = Cache::of_user(&host)?;
    let maven = Maven::new(host.clone(), cache.clone(), false, &Silent);
    let mut deployment = Deployment::of(first.clone())
        .on(container)
        .redeploying()
        .variable("PATH", "/usr/bin:/bin")
        .variable("LANG", "C.UTF-8")
        .variable("DJWAR_DATA_DIR", first.with_extension("data").as_str());
    if let Some(work) = work {
        deployment = deployment.java_option(format!("-Ddjwar.work-dir={work}"));
    }
    let start = Instant::now();
    let mut server = deployment.start(&Distributions::new(&maven, &cache), &Java::find(&host)?)?;
    server.wait_until("/", LIMIT, |answer| answer.text() == "one")?;
    let one = start.elapsed().as_secs_f64();
    let start = Instant::now();
    server.redeploy(second)?;
    server.wait_until("/", LIMIT, |answer| answer.text() == "two")?;
    let two = start.elapsed().as_secs_f64();
    server.stop()?;
    Ok([one, two])
}
