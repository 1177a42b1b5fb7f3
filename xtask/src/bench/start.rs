//! `cargo xtask bench start`: what the container's start costs with the WAR,
//! beside the same container with an empty one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use djwar::deploy::Container;

use super::artifacts::temporary;
use super::interpreter::Interpreter;
use super::options::{Deployed, Rounds};
use super::sample::{Samples, heading, row, verdict};
use super::tomcat::{Settings, Tomcat};
use super::{progress, result, war};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    deployed: Deployed,

    #[command(flatten)]
    rounds: Rounds,
}

// The engine `jython` takes its time on a busy machine.
const TIMEOUT: Duration = Duration::from_mins(6);
/// CPU seconds more than with an empty WAR.
const AIM: f64 = 3.0;

/// One kind of WAR, and what its starts took.
pub(crate) struct Subject {
    title: &'static str,
    war: PathBuf,
    container: Container,
    path: &'static str,
    text: &'static str,
    /// CPU and wall seconds of the first start, which unpacks, and of the second.
    first: [Samples; 2],
    second: [Samples; 2],
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let folder = temporary()?;
    let war = arguments
        .deployed
        .or_build(|| war::build(&Interpreter::bundled()?, folder.path()))?;
    let empty = war::empty(folder.path())?;
    let tomcat = Container::Tomcat10;
    let mut subjects = [
        Subject::new("empty", empty, tomcat, ("/", war::EMPTY_PAGE)),
        Subject::new("djwar", war, tomcat, ("/hello/", "Hello, world")),
    ];
    for round in 1..=arguments.rounds.number {
        progress(&format!("round {round} of {}", arguments.rounds.number));
        for subject in &mut subjects {
            subject.measure(folder.path())?;
        }
    }
    result("Tomcat 10.1, from the start of the JVM to the first 200, least / median:\n");
    tell(&subjects);
    let [empty, djwar] = &subjects;
    let (first, second) = (djwar.cpu_seconds(), empty.cpu_seconds());
    for (what, more) in [
        ("fresh", first[0] - second[0]),
        ("unpacked", first[1] - second[1]),
    ] {
        result(&format!(
            "\n{what}: {more:.2} CPU s more than the empty WAR, {}",
            verdict(more, AIM)
        ));
    }
    Ok(())
}

/// A table of all subjects.
pub(crate) fn tell(subjects: &[Subject]) {
    result(&heading(&[
        "WAR",
        "fresh: CPU s",
        "wall s",
        "unpacked: CPU s",
        "wall s",
    ]));
    for subject in subjects {
        let cells = [
            &subject.first[0],
            &subject.first[1],
            &subject.second[0],
            &subject.second[1],
        ];
        let cells = cells.map(|samples| samples.least_and_median(2));
        result(&row(&[&[subject.title.to_owned()][..], &cells].concat()));
    }
}

impl Subject {
    /// A WAR that is up when the page says the text.
    pub(crate) fn new(
        title: &'static str,
        war: PathBuf,
        container: Container,
        (path, text): (&'static str, &'static str),
    ) -> Self {
        Self {
            title,
            war,
            container,
            path,
            text,
            first: Default::default(),
            second: Default::default(),
        }
    }

    /// The median CPU seconds of a fresh start, and of one of what was unpacked before.
    pub(crate) fn cpu_seconds(&self) -> [f64; 2] {
        [self.first[0].median(), self.second[0].median()]
    }

    /// A fresh deployment, and a restart of what was unpacked by it.
    pub(crate) fn measure(&mut self, folder: &Path) -> Result<()> {
        let base = folder.join("start");
        let settings = Settings {
            container: self.container,
            environment: vec![(
                "DATA_DIR".to_owned(),
                base.join("data").display().to_string(),
            )],
            ..Settings::default()
        };
        let tomcat = Tomcat::new(&base, &self.war, settings)?;
        for samples in [&mut self.first, &mut self.second] {
            let mut server = tomcat.start(self.title)?;
            let wall = server.wait_for(self.path, self.text, TIMEOUT)?;
            let cpu = server.cpu_seconds()?;
            progress(&format!("  {:20} {cpu:.2} CPU s, {wall:.2} s", self.title));
            samples[0].add(cpu);
            samples[1].add(wall);
        }
        fs_err::remove_dir_all(base)?;
        Ok(())
    }
}
