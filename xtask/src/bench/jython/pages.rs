//! CPU a request and latency of pages, djwar's and modjy's in turn.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::super::load::Wrk;
use super::super::sample::{Samples, heading, row, verdict};
use super::super::server::Server;
use super::super::tomcat::{Settings, Tomcat};
use super::super::{progress, result};
use super::{Arguments, TOMCAT, wars};

/// A measured page; neither touches the database.
pub(super) struct Page {
    name: &'static str,
    pub(super) path: &'static str,
    /// What its body must have.
    pub(super) text: &'static str,
    /// The most of modjy's CPU a request.
    aim: f64,
}

/// Seven middlewares, no template.
pub(super) const HELLO: Page = Page {
    name: "hello",
    path: "/hello/",
    text: "Hello from the hydrant",
    aim: 0.7,
};

const PAGES: [Page; 2] = [
    HELLO,
    Page {
        name: "template of 50 rows",
        path: "/rows/",
        text: "Headline 050",
        aim: 0.8,
    },
];

const CONNECTIONS: u32 = 16;
const START_TIMEOUT: Duration = Duration::from_mins(6);
/// p99 of modjy's.
const P99_AIM: f64 = 1.0;

/// What the rounds found of one server's page.
#[derive(Default)]
struct Finding {
    microseconds: Samples,
    rate: Samples,
    p50: Samples,
    p99: Samples,
}

/// One side.
struct Side {
    title: &'static str,
    server: Server,
    findings: [Finding; PAGES.len()],
    failed: f64,
}

pub(super) fn run(arguments: &Arguments, war: &Path, folder: &Path) -> Result<()> {
    let modjy = wars::modjy(war, folder)?;
    let mut sides = [
        Side::start("djwar", war, arguments, folder)?,
        Side::start("modjy", &modjy, arguments, folder)?,
    ];
    let wrk = Wrk::new(folder)?;
    for side in &sides {
        progress(&format!("warming {}", side.title));
        for page in &PAGES {
            let url = side.server.url(page.path);
            wrk.run(&url, CONNECTIONS, arguments.loads.warm_up, 0)?;
        }
    }
    for round in 1..=arguments.rounds.number {
        progress(&format!("round {round} of {}", arguments.rounds.number));
        for (index, page) in PAGES.iter().enumerate() {
            for side in &mut sides {
                side.measure(&wrk, index, page, arguments.loads.seconds)?;
            }
        }
    }
    result(&format!(
        "Tomcat 9, one Jython, one Django; {} rounds of {} s after {} s on each page, {CONNECTIONS} connections, least / median:\n",
        arguments.rounds.number, arguments.loads.seconds, arguments.loads.warm_up
    ));
    tell(&sides);
    Ok(())
}

impl Side {
    /// Starts Tomcat with the WAR, and waits for both pages.
    fn start(
        title: &'static str,
        war: &Path,
        arguments: &Arguments,
        folder: &Path,
    ) -> Result<Self> {
        progress(&format!("starting {title}"));
        let base = folder.join(title);
        let settings = Settings {
            container: TOMCAT,
            environment: vec![(
                "DJWAR_DATA_DIR".to_owned(),
                base.join("data").display().to_string(),
            )],
            java_options: arguments.java.options.clone(),
            ..Settings::default()
        };
        let mut server = Tomcat::new(&base, war, settings)?.start(title)?;
        for page in &PAGES {
            server.wait_for(page.path, page.text, START_TIMEOUT)?;
        }
        Ok(Self {
            title,
            server,
            findings: Default::default(),
            failed: 0.0,
        })
    }

    fn measure(&mut self, wrk: &Wrk, index: usize, page: &Page, seconds: u32) -> Result<()> {
        let before = self.server.cpu_seconds()?;
        let load = wrk.run(&self.server.url(page.path), CONNECTIONS, seconds, 0)?;
        let microseconds = (self.server.cpu_seconds()? - before) * 1e6 / load.requests;
        let rate = load.requests / load.seconds;
        progress(&format!(
            "  {:6} {:20} {microseconds:6.0} µs  {rate:7.0}/s  p99 {:.1} ms",
            self.title, page.name, load.p99_milliseconds
        ));
        let finding = &mut self.findings[index];
        finding.microseconds.add(microseconds);
        finding.rate.add(rate);
        finding.p50.add(load.p50_milliseconds);
        finding.p99.add(load.p99_milliseconds);
        self.failed += load.refused + load.broken;
        Ok(())
    }
}

fn tell(sides: &[Side; 2]) {
    result(&heading(&[
        "page",
        "server",
        "CPU µs a request",
        "requests a second",
        "p50 ms",
        "p99 ms",
    ]));
    for (index, page) in PAGES.iter().enumerate() {
        for side in sides {
            let finding = &side.findings[index];
            result(&row(&[
                page.name.to_owned(),
                side.title.to_owned(),
                finding.microseconds.least_and_median(0),
                finding.rate.least_and_median(0),
                finding.p50.least_and_median(2),
                finding.p99.least_and_median(1),
            ]));
        }
    }
    result("\ndjwar's of modjy's, of the medians (of the least):\n");
    result(&heading(&["page", "what", "ratio", "aim"]));
    let [ours, peer] = sides;
    for (index, page) in PAGES.iter().enumerate() {
        let (ours, peer) = (&ours.findings[index], &peer.findings[index]);
        for (what, ours, peer, aim) in [
            (
                "CPU a request",
                &ours.microseconds,
                &peer.microseconds,
                page.aim,
            ),
            ("p99", &ours.p99, &peer.p99, P99_AIM),
        ] {
            let ratio = ours.median() / peer.median();
            result(&row(&[
                page.name.to_owned(),
                what.to_owned(),
                format!("{ratio:.2} ({:.2})", ours.minimum() / peer.minimum()),
                verdict(ratio, aim),
            ]));
        }
    }
    result("");
    for side in sides.iter().filter(|side| side.failed > 0.0) {
        result(&format!("{}: {} failed requests", side.title, side.failed));
    }
}
