//! Load at a constant rate. wrk sends its next request when the last was answered,
//! so that a server which stalls is asked less and looks better (coordinated
//! omission); here each request has its time, and its latency counts from then.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use super::http::Connection;
use super::sample::{Samples, heading, row};
use super::server::Server;
use super::targets::Target;
use super::{progress, result};

/// Of a server's own requests a second under wrk.
pub(crate) const SHARE: f64 = 0.7;
/// Who the aim of the 99th percentile is about, and how much more it may be.
const PEER: (Target, f64) = (Target::GunicornThreads, 1.2);
/// More than any server has threads, so that it is the server where requests wait.
const CONNECTIONS: u32 = 32;

/// What one run saw.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paced {
    /// Requests a second that were answered.
    pub(crate) rate: f64,
    pub(crate) p50_milliseconds: f64,
    pub(crate) p99_milliseconds: f64,
    pub(crate) failed: usize,
}

/// Asks for `path` so many times a second, each time when it is due.
pub(crate) fn run(port: u16, path: &str, rate: f64, seconds: u32) -> Result<Paced> {
    let seconds = f64::from(seconds);
    // Connections are made before the first request is due.
    let start = Instant::now() + Duration::from_millis(200);
    let visitors: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let path = path.to_owned();
            std::thread::spawn(move || visitor(port, &path, number, rate, start, seconds))
        })
        .collect();
    let (mut latencies, mut failed) = (Vec::new(), 0);
    for visitor in visitors {
        let Ok((more, broken)) = visitor.join() else {
            bail!("a thread of the load generator has panicked");
        };
        latencies.extend(more);
        failed += broken;
    }
    let took = start.elapsed().as_secs_f64().max(seconds);
    latencies.sort_unstable();
    ensure!(!latencies.is_empty(), "nothing was answered at `{path}`");
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    Ok(Paced {
        rate: latencies.len() as f64 / took,
        p50_milliseconds: percentile(&latencies, 50),
        p99_milliseconds: percentile(&latencies, 99),
        failed,
    })
}

fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)].as_secs_f64() * 1e3
}

/// The latencies of one connection's requests, and how many failed.
fn visitor(
    port: u16,
    path: &str,
    number: u32,
    rate: f64,
    start: Instant,
    seconds: f64,
) -> (Vec<Duration>, usize) {
    let (mut latencies, mut failed) = (Vec::new(), 0);
    let mut connection = Connection::open(port);
    let mut body = Vec::new();
    for turn in 0u32.. {
        let at = (f64::from(number) + f64::from(turn) * f64::from(CONNECTIONS)) / rate;
        if at >= seconds {
            break;
        }
        let due = start + Duration::from_secs_f64(at);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let status = match &mut connection {
            Ok(open) => open.get(path, &mut body).unwrap_or(0),
            Err(_) => 0,
        };
        if status == 200 {
            latencies.push(due.elapsed());
        } else {
            failed += 1;
        }
        if status != 200 || !connection.as_ref().is_ok_and(|open| open.stays) {
            connection = Connection::open(port);
        }
    }
    (latencies, failed)
}

/// What the rounds found, by target and page.
#[derive(Default)]
pub(crate) struct Findings {
    p50: BTreeMap<(Target, &'static str), Samples>,
    p99: BTreeMap<(Target, &'static str), Samples>,
    rates: BTreeMap<(Target, &'static str), Samples>,
    failed: usize,
}

impl Findings {
    /// One load of one server; `capacity` is what wrk had of it.
    pub(crate) fn measure(
        &mut self,
        (target, server): (Target, &Server),
        (page, path): (&'static str, &str),
        capacity: f64,
        seconds: u32,
    ) -> Result<()> {
        let paced = run(server.port, path, SHARE * capacity, seconds)?;
        progress(&format!(
            "  {:24} {page:20} at {:6.0}/s: p99 {:.1} ms",
            target.title(),
            paced.rate,
            paced.p99_milliseconds
        ));
        let key = (target, page);
        self.p50.entry(key).or_default().add(paced.p50_milliseconds);
        self.p99.entry(key).or_default().add(paced.p99_milliseconds);
        self.rates.entry(key).or_default().add(paced.rate);
        self.failed += paced.failed;
        Ok(())
    }

    pub(crate) fn tell(&self) {
        if self.p99.is_empty() {
            return;
        }
        result(&format!(
            "Latency at {:.0} % of each server's own requests a second, {CONNECTIONS} connections, each request at its time, least / median:\n",
            SHARE * 100.0
        ));
        result(&heading(&[
            "page",
            "server",
            "requests a second",
            "p50 ms",
            "p99 ms",
            "p99, of gunicorn gthread's",
        ]));
        for (key, p99) in &self.p99 {
            let (target, page) = key;
            let peer = self.p99.get(&(PEER.0, *page));
            let ratio = peer.map_or_else(String::new, |peer| {
                let ratio = p99.median() / peer.median();
                let verdict = super::sample::verdict(ratio, PEER.1);
                if target.is_ours() {
                    format!("{ratio:.2}, {verdict}")
                } else {
                    format!("{ratio:.2}")
                }
            });
            result(&row(&[
                (*page).to_owned(),
                target.title().to_owned(),
                format!("{:.0}", self.rates[key].median()),
                self.p50[key].least_and_median(2),
                p99.least_and_median(1),
                ratio,
            ]));
        }
        if self.failed > 0 {
            result(&format!(
                "\n{} requests failed at a constant rate",
                self.failed
            ));
        }
        result("");
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Write as _};

    use super::*;

    /// Answers so many requests, the first after a while.
    fn stalling(stall: Duration) -> u16 {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("bound").port();
        std::thread::spawn(move || {
            let stalled = Instant::now() + stall;
            for stream in listener.incoming() {
                let stream = stream.expect("a connection");
                std::thread::spawn(move || {
                    let mut reader = BufReader::new(stream);
                    let mut line = String::new();
                    while matches!(reader.read_line(&mut line), Ok(1..)) {
                        if line.trim().is_empty() {
                            std::thread::sleep(stalled.saturating_duration_since(Instant::now()));
                            let answer = b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok";
                            reader.get_mut().write_all(answer).expect("sent");
                        }
                        line.clear();
                    }
                });
            }
        });
        port
    }

    #[test]
    fn a_server_that_stalls_is_not_asked_less() {
        // Stalled for as long as the load lasts: a closed loop would have sent one
        // request a connection, and have called most of them slow or none.
        let port = stalling(Duration::from_millis(1200));
        let paced = run(port, "/", 200.0, 1).expect("answers");
        assert_eq!(paced.failed, 0);
        assert!(paced.p50_milliseconds > 100.0, "{paced:?}");
        assert!(paced.rate > 100.0, "all requests are sent: {paced:?}");
    }
}
