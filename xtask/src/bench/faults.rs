//! `cargo xtask bench faults`: what visitors notice of workers that are killed under
//! load, and what large bodies cost each process in memory. `fixtures/probes` in
//! Tomcat as it comes.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use rustix::process::{Pid, Signal, kill_process};

use super::artifacts::temporary;
use super::http::Connection;
use super::options::{Deployed, JavaOptions};
use super::process_tree::{Resident, members, workers};
use super::sample::{heading, row, verdict};
use super::server::Server;
use super::tomcat::{Settings, Tomcat};
use super::{progress, result, war};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    deployed: Deployed,

    /// How many workers are killed
    #[arg(long, default_value_t = 10)]
    kills: u32,

    #[command(flatten)]
    java: JavaOptions,
}

const TIMEOUT: Duration = Duration::from_mins(2);
const VISITORS: u32 = 16;
/// djwar's default.
const PROCESSES: usize = 2;
const UPLOAD: usize = 100_000_000;
const DOWNLOAD: u64 = 1 << 30;
/// MB by which a process may grow while a large body passes.
const AIM: f64 = 20.0;

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let folder = temporary()?;
    let war = arguments
        .deployed
        .or_build(|| war::of_fixture("probes", folder.path()))?;
    let settings = Settings {
        environment: vec![(
            "DJWAR_DATA_DIR".to_owned(),
            folder.path().join("data").display().to_string(),
        )],
        java_options: arguments.java.options.clone(),
        ..Settings::default()
    };
    let mut server = Tomcat::new(&folder.path().join("base"), &war, settings)?.start("Tomcat")?;
    server.wait_for("/", "probes are served", TIMEOUT)?;
    kills(&server, arguments.kills)?;
    transfers(&server)
}

/// What the visitors saw.
#[derive(Default)]
struct Seen {
    served: AtomicU64,
    crossed: AtomicU64,
    failures: Mutex<Vec<String>>,
    is_over: AtomicBool,
}

/// Each page shows the words it was asked with, 50 times.
fn visit(port: u16, number: u32, seen: &Seen) -> Result<()> {
    let mut connection = Connection::open(port)?;
    let mut body = Vec::new();
    for turn in 0u64.. {
        if seen.is_over.load(Ordering::Relaxed) {
            break;
        }
        if !connection.stays {
            connection = Connection::open(port)?;
        }
        let token = format!("v{number}-{turn}");
        let answer = connection.get(&format!("/page/{token}/"), &mut body);
        let text = String::from_utf8_lossy(&body);
        match answer {
            Ok(200) if text.contains(&format!("<li>{token} 49</li>")) => {
                seen.served.fetch_add(1, Ordering::Relaxed);
            }
            Ok(200) => {
                seen.crossed.fetch_add(1, Ordering::Relaxed);
            }
            other => {
                let mut failures = seen.failures.lock().expect("nobody panics with it");
                failures.push(format!("{other:?}"));
                connection = Connection::open(port)?;
            }
        }
    }
    Ok(())
}

fn kills(server: &Server, count: u32) -> Result<()> {
    let seen = Seen::default();
    let mut longest = Duration::ZERO;
    let port = server.port;
    std::thread::scope(|scope| {
        let visitors: Vec<_> = (0..VISITORS)
            .map(|number| {
                scope.spawn({
                    let seen = &seen;
                    move || visit(port, number, seen)
                })
            })
            .collect();
        let killed = kill_one_after_another(server, count, &seen, &mut longest);
        seen.is_over.store(true, Ordering::Relaxed);
        for visitor in visitors {
            match visitor.join() {
                Ok(done) => done?,
                Err(_) => bail!("a visitor has panicked"),
            }
        }
        killed
    })?;
    let failures = seen.failures.into_inner().expect("nobody panicked with it");
    let crossed = seen.crossed.into_inner();
    result(&heading(&["`kill -9` of a worker under load", "", "aim"]));
    let cell =
        |name: &str, value: String, aim: String| result(&row(&[name.to_owned(), value, aim]));
    cell("workers killed", count.to_string(), String::new());
    cell(
        "GETs served",
        seen.served.into_inner().to_string(),
        String::new(),
    );
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    {
        cell(
            "GETs that failed",
            failures.len().to_string(),
            verdict(failures.len() as f64, 0.0),
        );
        cell(
            "crossed responses",
            crossed.to_string(),
            verdict(crossed as f64, 0.0),
        );
    }
    cell(
        "longest until both workers served again",
        format!("{} ms", longest.as_millis()),
        String::new(),
    );
    result("");
    for failure in failures.iter().take(10) {
        result(&format!("- {failure}"));
    }
    Ok(())
}

fn kill_one_after_another(
    server: &Server,
    count: u32,
    seen: &Seen,
    longest: &mut Duration,
) -> Result<()> {
    for number in 0..count as usize {
        // Each has load again before the next one goes.
        let before = seen.served.load(Ordering::Relaxed);
        wait_until(|| seen.served.load(Ordering::Relaxed) > before + 500)?;
        let (_, all) = workers(server, PROCESSES, TIMEOUT)?;
        let victim = all[number % PROCESSES];
        progress(&format!("kill -9 {victim}"));
        let pid = Pid::from_raw(i32::try_from(victim)?).context("a pid")?;
        kill_process(pid, Signal::KILL)?;
        let killed = Instant::now();
        wait_until(|| {
            workers(server, PROCESSES, TIMEOUT).is_ok_and(|(_, now)| !now.contains(&victim))
        })?;
        *longest = (*longest).max(killed.elapsed());
    }
    Ok(())
}

fn wait_until(mut is_so: impl FnMut() -> bool) -> Result<()> {
    let deadline = Instant::now() + TIMEOUT;
    while !is_so() {
        ensure!(Instant::now() < deadline, "the site is not served any more");
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Who took part, by the roots' order: the JVM, the parent, the workers.
fn transfers(server: &Server) -> Result<()> {
    result(&heading(&[
        "growth in MB",
        "JVM",
        "parent",
        "largest worker",
        "aim",
    ]));
    for round in ["first", "second"] {
        grow(server, &format!("{round} upload of 100 MB"), |connection| {
            let mut body = Vec::new();
            let status = connection.post("/upload/large/", UPLOAD, &mut body)?;
            let text = String::from_utf8_lossy(&body);
            ensure!(
                status == 200 && text.contains(&UPLOAD.to_string()),
                "{status}: {text}"
            );
            Ok(())
        })?;
        for (name, path) in [
            ("a file of 1 GB", format!("/raw/huge/{DOWNLOAD}")),
            (
                "a stream of 1 GB",
                format!("/stream/large/4096/{}/", DOWNLOAD / 4096),
            ),
        ] {
            grow(
                server,
                &format!("{round} download of {name}"),
                |connection| {
                    let (status, got) = connection.count(&path)?;
                    ensure!(status == 200 && got >= DOWNLOAD, "{status}: {got} bytes");
                    Ok(())
                },
            )?;
        }
    }
    result("");
    Ok(())
}

/// How much more each process held at most during the transfer than before.
fn grow(
    server: &Server,
    name: &str,
    transfer: impl FnOnce(&mut Connection) -> Result<()>,
) -> Result<()> {
    let (parent, _) = workers(server, PROCESSES, TIMEOUT)?;
    let java = server.pids()[0];
    let before: Vec<(u32, Resident)> = members(&server.pids())?
        .into_iter()
        .map(|pid| Ok((pid, Resident::from_now_on(pid)?)))
        .collect::<Result<_>>()?;
    transfer(&mut Connection::open(server.port)?)?;
    let (mut of_java, mut of_parent, mut of_workers) = (0.0, 0.0, 0.0_f64);
    for (pid, resident) in &before {
        let grown = resident.growth()?;
        if *pid == java {
            of_java = grown;
        } else if *pid == parent {
            of_parent = grown;
        } else {
            of_workers = of_workers.max(grown);
        }
    }
    let most = of_java.max(of_parent).max(of_workers);
    let cell = |value: f64| format!("{value:.1}");
    result(&row(&[
        name.to_owned(),
        cell(of_java),
        cell(of_parent),
        cell(of_workers),
        verdict(most, AIM),
    ]));
    Ok(())
}
