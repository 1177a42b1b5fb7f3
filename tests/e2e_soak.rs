//! Twice as many visitors as the pool serves, of every kind, for a while: each
//! answer must be its asker's own and whole, a full pool says so, memory stays
//! flat. `cargo xtask soak --minutes 30` is the long version.
#![cfg(target_os = "linux")]

mod site;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use djwar::deploy::Container::Tomcat10;
use sha2::{Digest as _, Sha256};
use site::memory::{Memory, counted, live_heap};
use site::probes::{Engine, probes, probes_on};
use site::served::Wanted;
use site::skip;
use site::wire::{Answer, Wire};

const PROCESSES: u32 = 2;
const THREADS: u32 = 2;
const QUEUE_SECONDS: u64 = 10;

/// What a visitor does, again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Page,
    Upload,
    Stream,
    SlowReader,
    SlowWriter,
    LeavingReader,
    LeavingWriter,
}

/// Twice the pool's capacity of those who want all of an answer, and some who leave.
const VISITORS: [Kind; 10] = [
    Kind::Page,
    Kind::Page,
    Kind::Page,
    Kind::Upload,
    Kind::Upload,
    Kind::Stream,
    Kind::SlowReader,
    Kind::SlowWriter,
    Kind::LeavingReader,
    Kind::LeavingWriter,
];

#[derive(Default)]
struct Tally {
    served: BTreeMap<Kind, u64>,
    refused: u64,
    longest_refusal: Duration,
    wrong: Vec<String>,
}

/// Bytes that no other request sends.
fn body(token: &str, length: usize) -> Vec<u8> {
    token.bytes().chain(*b"\r\n").cycle().take(length).collect()
}

fn lines_of_stream(token: &str, count: usize, size: usize) -> Vec<u8> {
    let mut whole = Vec::new();
    for number in 0..count {
        whole.extend_from_slice(format!("{token} {number}\n").as_bytes());
        whole.resize(whole.len() + size, b'.');
    }
    whole
}

/// What is wrong with an answer, or whether it was served.
fn judge(answer: &Answer, token: &str, wanted: &[u8]) -> Result<bool, String> {
    if answer.status == 503 && !answer.header("retry-after").is_empty() {
        return Ok(false);
    }
    if answer.status != 200 {
        return Err(format!("{token}: {} {:.300}", answer.status, answer.text()));
    }
    if answer.header("x-token") != token {
        return Err(format!(
            "{token} got the head of {}",
            answer.header("x-token")
        ));
    }
    if !answer.is_whole || answer.body != wanted {
        let (got, all) = (answer.body.len(), wanted.len());
        return Err(format!(
            "{token}: {got} of {all} bytes, or others: {:.200}",
            answer.text()
        ));
    }
    Ok(true)
}

fn page(token: &str) -> Vec<u8> {
    let lines: Vec<String> = (0..50)
        .map(|number| format!("<li>{token} {number}</li>"))
        .collect();
    format!("<ul>\n{}\n</ul>\n", lines.join("\n")).into_bytes()
}

/// One visit; `None` when there is no answer to judge.
fn visit(kind: Kind, port: u16, token: &str, number: usize) -> Option<Result<bool, String>> {
    let mut wire = Wire::open(port, String::new());
    match kind {
        Kind::Page => Some(judge(
            &wire.get(&format!("/page/{token}/")),
            token,
            &page(token),
        )),
        Kind::Upload | Kind::SlowWriter => {
            let sent = body(token, [100, 30_000, 60_000, 400_000][number % 4]);
            let length = format!("Content-Length: {}", sent.len());
            wire.ask("POST", &format!("/upload/{token}/"), &[&length]);
            if kind == Kind::SlowWriter {
                for piece in sent.chunks(sent.len().div_ceil(20)) {
                    wire.send(piece);
                    std::thread::sleep(Duration::from_millis(20));
                }
            } else {
                wire.send(&sent);
            }
            let answer = wire.answer("POST");
            let hex = Sha256::digest(&sent)
                .iter()
                .fold(String::new(), |mut text, byte| {
                    let _ = write!(text, "{byte:02x}");
                    text
                });
            if answer.status == 200 && !answer.text().contains(&hex) {
                return Some(Err(format!(
                    "{token}: another body arrived: {}",
                    answer.text()
                )));
            }
            Some(judge(&answer, token, &answer.body.clone()))
        }
        Kind::Stream | Kind::SlowReader => {
            let (count, size) = if kind == Kind::Stream {
                (20, 5_000)
            } else {
                (40, 100_000)
            };
            wire.ask("GET", &format!("/stream/{token}/{count}/{size}/"), &[]);
            if kind == Kind::SlowReader {
                // The container's buffers fill, and the worker is taken off.
                std::thread::sleep(Duration::from_millis(1500));
            }
            let answer = wire.answer("GET");
            Some(judge(&answer, token, &lines_of_stream(token, count, size)))
        }
        Kind::LeavingReader => {
            wire.ask("GET", &format!("/stream/{token}/200/100000/"), &[]);
            let _ = wire.count(100_000 * (number as u64 % 5));
            None
        }
        Kind::LeavingWriter => {
            wire.ask(
                "POST",
                &format!("/upload/{token}/"),
                &["Content-Length: 200000"],
            );
            wire.send(body(token, 40_000 * (number % 5)));
            None
        }
    }
}

fn seconds() -> u64 {
    std::env::var("DJWAR_TEST_SOAK_SECONDS").map_or(15, |text| text.parse().expect("seconds"))
}

/// What a soak has found; the parts of the JVM that matter most.
#[expect(clippy::print_stderr, reason = "for whoever runs it")]
fn tell(tally: &Tally, samples: &[Memory], live: (u64, u64)) {
    eprintln!("KiB of objects in use, at the half and at the end: {live:?}");
    eprintln!("served {:?}, refused {}", tally.served, tally.refused);
    eprintln!("longest wait of a refused one: {:?}", tally.longest_refusal);
    for sample in samples {
        let parts = &sample.parts;
        eprintln!(
            "KiB: JVM {}, its heap {}, threads {}, code {}, classes {}, direct buffers {}, beside the heap {}; Pythons {}",
            sample.java,
            parts["Java Heap"],
            parts["Thread"],
            parts["Code"],
            parts["Class"] + parts.get("Metaspace").unwrap_or(&0),
            parts["Other"],
            sample.beside_heap(),
            sample.pythons
        );
    }
}

#[test]
fn every_visitor_gets_its_own_whole_answer_while_twice_the_capacity_comes() {
    if Engine::of_environment() == Engine::Jython {
        return skip::skipped("the pool's soak: there is none on Jython");
    }
    let wanted = probes(Tomcat10, "/", PROCESSES, THREADS)
        .property("djwar.queue-timeout", &QUEUE_SECONDS.to_string());
    soak(wanted);
}

/// There the capacity is the container's threads, and who comes when all are busy waits in its queue.
#[test]
fn every_visitor_of_jython_gets_its_own_whole_answer() {
    if Engine::of_environment() != Engine::Jython {
        return skip::skipped("the soak of Jython: DJWAR_TEST_ENGINE=jython runs it");
    }
    soak(probes_on(Engine::Jython, Tomcat10, "/"));
}

fn soak(wanted: Wanted) {
    let mut site = counted(wanted).start();
    let port = site.server().port();
    let (is_over, tally) = (AtomicBool::new(false), Mutex::new(Tally::default()));
    let (mut samples, mut half) = (Vec::new(), 0);
    std::thread::scope(|scope| {
        for (visitor, kind) in VISITORS.into_iter().enumerate() {
            let (is_over, tally) = (&is_over, &tally);
            scope.spawn(move || {
                let mut number = 0;
                while !is_over.load(Ordering::Relaxed) {
                    let token = format!("v{visitor}-{number}");
                    let began = Instant::now();
                    let outcome = visit(kind, port, &token, number);
                    let mut tally = tally.lock().expect("nobody panics with it");
                    match outcome {
                        Some(Ok(false)) => {
                            tally.refused += 1;
                            tally.longest_refusal = tally.longest_refusal.max(began.elapsed());
                        }
                        Some(Err(wrong)) => {
                            tally.wrong.push(wrong);
                            is_over.store(true, Ordering::Relaxed);
                        }
                        Some(Ok(true)) | None => *tally.served.entry(kind).or_default() += 1,
                    }
                    number += 1;
                }
            });
        }
        // How long it lasts, not how long something may take.
        let tenth = Duration::from_secs(seconds()) / 10;
        for round in 0..10 {
            std::thread::sleep(tenth);
            samples.push(Memory::of(&mut site));
            if round == 4 {
                half = live_heap(&mut site);
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
    let end = live_heap(&mut site);
    let tally = tally.into_inner().expect("nobody panicked with it");
    tell(&tally, &samples, (half, end));
    assert!(tally.wrong.is_empty(), "{:#?}\n{}", tally.wrong, site.log());
    assert_eq!(
        tally.served.len(),
        7,
        "every kind was served: {:?}",
        tally.served
    );
    // From the half on nothing grows but by noise. The heap is filled up to its limit
    // (192 MiB) before anything is collected: what is in use counts, not its size. Tomcat
    // itself keeps up to 10 MiB of paths that are no files.
    let most = |of: fn(&Memory) -> u64| samples[4..9].iter().map(of).max().expect("five");
    let last = &samples[9];
    assert!(end < half + 24_000, "objects are kept: {half}, {end} KiB");
    assert!(
        last.beside_heap() < most(Memory::beside_heap) + 16_000,
        "the JVM grows beside its heap: {samples:?}"
    );
    assert!(
        last.pythons < most(|sample| sample.pythons) + 20_000,
        "Python grows: {samples:?}"
    );
    let page = Wire::to(&mut site).get("/page/after/").expect(200);
    assert!(page.text().contains("after 49"));
    site.stop();
}
