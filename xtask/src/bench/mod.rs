//! Measurements, for people: djwar's WAR beside other servers in one run, with
//! ratios. Nothing here is a test, and no test asserts a time.

mod artifacts;
mod build;
mod faults;
mod http;
mod interpreter;
mod jetty;
mod jython;
mod load;
mod memory;
mod options;
mod paced;
mod pack;
mod peers;
mod process_tree;
mod sample;
mod scan;
mod serve;
mod server;
mod site;
mod start;
mod targets;
mod tomcat;
mod tools;
mod uwsgi;
mod war;

use anyhow::Result;
use clap::{Args, Subcommand};

pub(crate) use site::GUNICORN;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// CPU a request, requests a second and latency, beside gunicorn, granian and nginx + uWSGI
    Serve(serve::Arguments),
    /// CPU from the container's start to the first 200, beside an empty WAR
    Start(start::Arguments),
    /// The engine `jython` beside modjy, and what byte code saves of a start
    Jython(jython::Arguments),
    /// Private memory of each idle worker
    Memory(memory::Arguments),
    /// Workers killed under load, and memory while large bodies pass
    Faults(faults::Arguments),
    /// Time of `djwar build` with everything cached, and the WAR's size
    Build(build::Arguments),
    /// Time of `djwar scan` in a repository of 20,000 files
    Scan(scan::Arguments),
    /// Packing: wall, CPU, memory, size, beside jar, zip, zipfile and maven-war-plugin
    Pack(pack::Arguments),
    /// From the copy of a WAR to its first page: packages as loose files and as one archive
    Deploy(pack::deploy::Arguments),
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.what {
        What::Serve(arguments) => serve::run(arguments),
        What::Start(arguments) => start::run(arguments),
        What::Jython(arguments) => jython::run(arguments),
        What::Memory(arguments) => memory::run(arguments),
        What::Faults(arguments) => faults::run(arguments),
        What::Build(arguments) => build::run(arguments),
        What::Scan(arguments) => scan::run(arguments),
        What::Pack(arguments) => pack::run(arguments),
        What::Deploy(arguments) => pack::deploy::run(arguments),
    }
}

/// A result, on standard output.
#[expect(clippy::print_stdout, reason = "xtask talks to developers")]
fn result(line: &str) {
    println!("{line}");
}

/// What is being done, on standard error.
#[expect(clippy::print_stderr, reason = "xtask talks to developers")]
fn progress(line: &str) {
    eprintln!("{line}");
}
