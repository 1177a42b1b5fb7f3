//! `cargo xtask bench serve`: whole-tree CPU a request, requests a second and
//! latency of djwar's WAR beside gunicorn, granian and nginx + uWSGI, on one interpreter.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum as _};

use super::artifacts::temporary;
use super::interpreter::Interpreter;
use super::load::{Load, Wrk};
use super::options::{Deployed, JavaOptions, Loads, Rounds};
use super::sample::{Samples, heading, row, verdict};
use super::server::Server;
use super::site::Site;
use super::targets::{Setting, Target};
use super::{paced, progress, result, war};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Measure these only
    #[arg(long, value_enum)]
    only: Vec<Target>,

    /// Both sides run on this interpreter instead of the bundled one
    #[arg(long, value_name = "PATH")]
    interpreter: Option<PathBuf>,

    #[command(flatten)]
    deployed: Deployed,

    #[command(flatten)]
    rounds: Rounds,

    #[command(flatten)]
    loads: Loads,

    /// Leave out the pages: only hello's latency at 64 and 200 connections
    #[arg(long, conflicts_with = "skip_latency")]
    skip_pages: bool,

    /// Leave out the latency at 64 and 200 connections, and at a constant rate
    #[arg(long)]
    skip_latency: bool,

    /// maxThreads of the tuned Tomcat; threads of Jetty
    #[arg(long, default_value_t = 8)]
    max_threads: u32,

    #[command(flatten)]
    java: JavaOptions,

    /// One more attribute of the tuned Tomcat's connector
    #[arg(long = "connector", value_name = "NAME=VALUE")]
    connector: Vec<String>,

    /// A runtime parameter of djwar, as `djwar.threads=1`
    #[arg(long = "parameter", value_name = "NAME=VALUE")]
    parameters: Vec<String>,
}

/// A measured page.
struct Page {
    name: &'static str,
    path: &'static str,
    /// What its body must have.
    text: &'static str,
    /// Bytes that are posted; 0 is a GET.
    body: usize,
    /// The most that djwar may cost of each peer's CPU a request.
    aims: &'static [(Target, f64)],
}

const PAGES: [Page; 3] = [
    Page {
        name: "hello",
        path: "/hello/",
        text: "Hello, world",
        body: 0,
        aims: &[(Target::GunicornSync, 0.75), (Target::NginxUwsgi, 1.15)],
    },
    Page {
        name: "template of 50 rows",
        path: "/polls/board/",
        text: "Notice 001",
        body: 0,
        aims: &[(Target::GunicornSync, 1.0), (Target::NginxUwsgi, 1.0)],
    },
    Page {
        name: "POST 10 KB",
        path: "/diagnostics/request/",
        text: "\"method\"",
        body: 10 * 1024,
        aims: &[],
    },
];

/// Of [`PAGES`].
const TEMPLATE: usize = 1;
const CONNECTIONS: u32 = 16;
const CROWDS: [u32; 2] = [64, 200];
const START_TIMEOUT: Duration = Duration::from_mins(2);

/// What the rounds found, by target and by page or crowd.
#[derive(Default)]
struct Findings {
    microseconds: BTreeMap<(Target, usize), Samples>,
    rates: BTreeMap<(Target, usize), Samples>,
    p50: BTreeMap<(Target, usize), Samples>,
    p99: BTreeMap<(Target, usize), Samples>,
    crowd_p99: BTreeMap<(Target, u32), Samples>,
    errors: BTreeMap<Target, f64>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let folder = temporary()?;
    let interpreter = match &arguments.interpreter {
        Some(path) => Interpreter::at(path)?,
        None => Interpreter::bundled()?,
    };
    let targets = if arguments.only.is_empty() {
        Target::value_variants().to_vec()
    } else {
        arguments.only.clone()
    };
    let wrk = Wrk::new(folder.path())?;
    let site = Site::new(&interpreter, folder.path())?;
    let is_ours = targets.iter().any(|target| target.is_ours());
    let war = (arguments.deployed.is_named() || is_ours)
        .then(|| {
            let deployed = &arguments.deployed;
            deployed.or_build(|| war::build(&interpreter, folder.path()))
        })
        .transpose()?;
    let environment = environment(arguments, &interpreter, folder.path())?;
    let setting = Setting {
        interpreter: &interpreter,
        site: &site,
        war: war.as_deref(),
        environment: &environment,
        max_threads: arguments.max_threads,
        connector: &arguments.connector,
        java_options: &arguments.java.options,
        folder: folder.path(),
    };

    let pages = if arguments.skip_pages {
        &[]
    } else {
        &PAGES[..]
    };
    let mut servers = Vec::new();
    for target in targets {
        progress(&format!("starting {}", target.title()));
        let mut server = target.start(&setting)?;
        for page in &PAGES {
            server.wait_for(page.path, page.text, START_TIMEOUT)?;
        }
        servers.push((target, server));
    }
    warm_up(&wrk, &servers, arguments.loads.warm_up)?;
    let mut findings = Findings::default();
    for round in 1..=arguments.rounds.number {
        progress(&format!("round {round} of {}", arguments.rounds.number));
        for (index, page) in pages.iter().enumerate() {
            for (target, server) in &servers {
                findings.measure(&wrk, *target, server, index, page, arguments.loads.seconds)?;
            }
        }
        if !arguments.skip_latency {
            for (target, server) in &servers {
                findings.crowd(&wrk, *target, server, arguments.loads.seconds)?;
            }
        }
    }
    let mut paced = paced::Findings::default();
    if !arguments.skip_latency && !arguments.skip_pages {
        for round in 1..=arguments.rounds.number {
            progress(&format!("constant rate, round {round}"));
            for (index, page) in PAGES[..2].iter().enumerate() {
                for (target, server) in &servers {
                    let capacity = findings.rates[&(*target, index)].median();
                    let page = (page.name, page.path);
                    paced.measure((*target, server), page, capacity, arguments.loads.seconds)?;
                }
            }
        }
    }
    drop(servers);

    result(&format!(
        "Both sides on {}; {} rounds of {} s.\n",
        interpreter.description, arguments.rounds.number, arguments.loads.seconds
    ));
    if !arguments.skip_pages {
        findings.tell_pages();
    }
    findings.tell_crowds();
    findings.tell_errors();
    paced.tell();
    Ok(())
}

/// The environment of the WAR.
fn environment(
    arguments: &Arguments,
    interpreter: &Interpreter,
    folder: &std::path::Path,
) -> Result<Vec<(String, String)>> {
    let mut environment = vec![
        (
            "DATA_DIR".to_owned(),
            folder.join("data").display().to_string(),
        ),
        (
            "DJWAR_DATA_DIR".to_owned(),
            folder.join("djwar-data").display().to_string(),
        ),
    ];
    if interpreter.home.is_none() {
        environment.push((
            "DJWAR_PYTHON".to_owned(),
            interpreter.program.display().to_string(),
        ));
    }
    for parameter in &arguments.parameters {
        let Some((name, value)) = parameter.split_once('=') else {
            bail!("`{parameter}` is not `djwar.name=value`");
        };
        environment.push((
            name.to_uppercase().replace(['.', '-'], "_"),
            value.to_owned(),
        ));
    }
    Ok(environment)
}

fn warm_up(wrk: &Wrk, servers: &[(Target, Server)], seconds: u32) -> Result<()> {
    for (target, server) in servers {
        progress(&format!("warming {}", target.title()));
        // Only the JVM compiles while it runs.
        let seconds = if target.is_ours() { seconds } else { 2 };
        for page in &PAGES {
            wrk.run(&server.url(page.path), CONNECTIONS, seconds, page.body)?;
        }
    }
    Ok(())
}

impl Findings {
    fn measure(
        &mut self,
        wrk: &Wrk,
        target: Target,
        server: &Server,
        index: usize,
        page: &Page,
        seconds: u32,
    ) -> Result<()> {
        let before = server.cpu_seconds()?;
        let load = wrk.run(&server.url(page.path), CONNECTIONS, seconds, page.body)?;
        let used = server.cpu_seconds()? - before;
        let key = (target, index);
        let microseconds = used * 1e6 / load.requests;
        progress(&format!(
            "  {:24} {:20} {microseconds:6.0} µs  {:7.0}/s  p99 {:.1} ms",
            target.title(),
            page.name,
            load.requests / load.seconds,
            load.p99_milliseconds
        ));
        self.microseconds.entry(key).or_default().add(microseconds);
        self.rates
            .entry(key)
            .or_default()
            .add(load.requests / load.seconds);
        self.p50.entry(key).or_default().add(load.p50_milliseconds);
        self.p99.entry(key).or_default().add(load.p99_milliseconds);
        self.count_errors(target, load);
        Ok(())
    }

    fn crowd(&mut self, wrk: &Wrk, target: Target, server: &Server, seconds: u32) -> Result<()> {
        for connections in CROWDS {
            let load = wrk.run(&server.url(PAGES[0].path), connections, seconds, 0)?;
            progress(&format!(
                "  {:24} {connections:3} connections {:7.0}/s  p50 {:.1} ms  p99 {:.1} ms",
                target.title(),
                load.requests / load.seconds,
                load.p50_milliseconds,
                load.p99_milliseconds
            ));
            self.crowd_p99
                .entry((target, connections))
                .or_default()
                .add(load.p99_milliseconds);
            self.count_errors(target, load);
        }
        Ok(())
    }

    fn count_errors(&mut self, target: Target, load: Load) {
        *self.errors.entry(target).or_default() += load.refused + load.broken;
    }

    fn targets(&self) -> impl Iterator<Item = Target> {
        self.errors.keys().copied()
    }

    fn tell_pages(&self) {
        for (index, page) in PAGES.iter().enumerate() {
            result(&format!(
                "{} ({}), {CONNECTIONS} connections, least / median:\n",
                page.name, page.path
            ));
            result(&heading(&[
                "server",
                "CPU µs a request",
                "requests a second",
                "p50 ms",
                "p99 ms",
            ]));
            for target in self.targets() {
                let key = (target, index);
                result(&row(&[
                    target.title().to_owned(),
                    self.microseconds[&key].least_and_median(0),
                    self.rates[&key].least_and_median(0),
                    self.p50[&key].least_and_median(2),
                    self.p99[&key].least_and_median(1),
                ]));
            }
            result("");
        }
        self.tell_ratios();
        self.tell_throughput();
    }

    fn tell_errors(&self) {
        for (target, errors) in self.errors.iter().filter(|(_, errors)| **errors > 0.0) {
            result(&format!("{}: {errors} failed requests", target.title()));
        }
    }

    /// Of the medians, and in parentheses of the least values.
    fn tell_ratios(&self) {
        result("CPU a request, djwar's of the peer's, of the medians (of the least):\n");
        result(&heading(&["page", "ours", "peer", "ratio", "aim"]));
        for (index, page) in PAGES.iter().enumerate() {
            for ours in self.targets().filter(|target| target.is_ours()) {
                for peer in self.targets().filter(|target| !target.is_ours()) {
                    let (a, b) = (
                        &self.microseconds[&(ours, index)],
                        &self.microseconds[&(peer, index)],
                    );
                    let ratio = a.median() / b.median();
                    let aim = page.aims.iter().find(|(target, _)| *target == peer);
                    result(&row(&[
                        page.name.to_owned(),
                        ours.title().to_owned(),
                        peer.title().to_owned(),
                        format!("{ratio:.2} ({:.2})", a.minimum() / b.minimum()),
                        aim.map_or_else(String::new, |(_, most)| verdict(ratio, *most)),
                    ]));
                }
            }
        }
        result("");
    }

    /// On the template page, for there the servers' own costs hardly count.
    fn tell_throughput(&self) {
        let Some(peer) = self.rates.get(&(Target::GunicornSync, TEMPLATE)) else {
            return;
        };
        for ours in self.targets().filter(|target| target.is_ours()) {
            let ratio = self.rates[&(ours, TEMPLATE)].median() / peer.median();
            let word = if ratio >= 1.0 { "kept" } else { "MISSED" };
            result(&format!(
                "{}: {ratio:.2} of gunicorn sync's requests a second on the template (at least 1: {word})\n",
                ours.title()
            ));
        }
    }

    fn tell_crowds(&self) {
        if self.crowd_p99.is_empty() {
            return;
        }
        result(
            "p99 of hello in ms under more connections, least / median; djwar's aim is nginx + uWSGI's:\n",
        );
        result(&heading(&["server", "64 connections", "200 connections"]));
        for target in self.targets() {
            let cells = CROWDS.map(|crowd| {
                let p99 = &self.crowd_p99[&(target, crowd)];
                let text = p99.least_and_median(1);
                match self.crowd_p99.get(&(Target::NginxUwsgi, crowd)) {
                    Some(peer) if target.is_ours() => {
                        let ratio = p99.median() / peer.median();
                        format!("{text} ({ratio:.2}, {})", verdict(ratio, 1.0))
                    }
                    _ => text,
                }
            });
            result(&row(&[&[target.title().to_owned()][..], &cells].concat()));
        }
        result("");
    }
}
