//! `cargo xtask bench start`: what the container's start costs with the WAR,
//! beside the same container with an empty one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use clap::Args;

use super::artifacts::temporary;
use super::interpreter::Interpreter;
use super::sample::{Samples, heading, row, verdict};
use super::tomcat::{Settings, Tomcat};
use super::{progress, result, war};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Deploy this WAR instead of building the fixture's
    #[arg(long, value_name = "FILE")]
    war: Option<PathBuf>,

    /// Rounds
    #[arg(long, default_value_t = 5)]
    rounds: u32,
}

const TIMEOUT: Duration = Duration::from_mins(2);
/// CPU seconds more than with an empty WAR.
const AIM: f64 = 3.0;

/// One kind of WAR, and what its starts took.
struct Subject {
    title: &'static str,
    war: PathBuf,
    path: &'static str,
    text: &'static str,
    /// CPU and wall seconds of the first start, which unpacks, and of the second.
    first: [Samples; 2],
    second: [Samples; 2],
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let folder = temporary()?;
    let war = match &arguments.war {
        Some(war) => war.clone(),
        None => war::build(&Interpreter::bundled()?, folder.path())?,
    };
    let subject = |title, war, path, text| Subject {
        title,
        war,
        path,
        text,
        first: Default::default(),
        second: Default::default(),
    };
    let mut subjects = [
        subject("empty", war::empty(folder.path())?, "/", war::EMPTY_PAGE),
        subject("djwar", war, "/hello/", "Hello, world"),
    ];
    for round in 1..=arguments.rounds {
        progress(&format!("round {round} of {}", arguments.rounds));
        for subject in &mut subjects {
            subject.measure(&folder.path().join(format!("{}-{round}", subject.title)))?;
        }
    }
    result("Tomcat 10.1, from the start of the JVM to the first 200, least / median:\n");
    result(&heading(&[
        "WAR",
        "fresh: CPU s",
        "wall s",
        "unpacked: CPU s",
        "wall s",
    ]));
    for subject in &subjects {
        let cells = [
            &subject.first[0],
            &subject.first[1],
            &subject.second[0],
            &subject.second[1],
        ];
        let cells = cells.map(|samples| samples.least_and_median(2));
        result(&row(&[&[subject.title.to_owned()][..], &cells].concat()));
    }
    let [empty, djwar] = &subjects;
    for (what, more) in [
        ("fresh", djwar.first[0].median() - empty.first[0].median()),
        (
            "unpacked",
            djwar.second[0].median() - empty.second[0].median(),
        ),
    ] {
        result(&format!(
            "\n{what}: {more:.2} CPU s more than the empty WAR, {}",
            verdict(more, AIM)
        ));
    }
    Ok(())
}

impl Subject {
    /// A fresh deployment, and a restart of what was unpacked by it.
    fn measure(&mut self, base: &Path) -> Result<()> {
        let settings = Settings {
            environment: vec![(
                "DATA_DIR".to_owned(),
                base.join("data").display().to_string(),
            )],
            ..Settings::default()
        };
        let tomcat = Tomcat::new(base, &self.war, settings)?;
        for samples in [&mut self.first, &mut self.second] {
            let mut server = tomcat.start(self.title)?;
            let wall = server.wait_for(self.path, self.text, TIMEOUT)?;
            let cpu = server.cpu_seconds()?;
            progress(&format!("  {:6} {cpu:.2} CPU s, {wall:.2} s", self.title));
            samples[0].add(cpu);
            samples[1].add(wall);
        }
        fs_err::remove_dir_all(base)?;
        Ok(())
    }
}
