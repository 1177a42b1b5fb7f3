//! `djwar run`: serves a project or a WAR in a private container until Ctrl-C.

use std::ffi::OsStr;
use std::net::IpAddr;

use clap::Args;

use super::manage::{Subject, SubjectArguments};
use super::{Common, Outcome};
use crate::config::key;
use crate::deploy::{
    self, Container, ContextPath, DeployError, Deployment, Distributions, Embedded, Event, Java,
    StopSignal, check_port,
};
use crate::error::{Failure, Kind};
use crate::interrupt;
use crate::report::{Report, Stderr};
use crate::resolve::{Cache, Host, Maven};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    subject: SubjectArguments,

    /// The port
    #[arg(long, default_value_t = 8080)]
    port: u16,

    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,

    /// The context path
    #[arg(long, value_name = "PATH", default_value = "/")]
    context: String,

    /// Run `migrate` first
    #[arg(long)]
    migrate: bool,
}

pub(super) fn run(options: &Common, arguments: &Arguments, report: Stderr) -> Outcome {
    let context: ContextPath = arguments
        .context
        .parse()
        .map_err(DeployError::ContextPath)?;
    let host = Host::of_this_process();
    // Before the build: a missing JDK should not take a minute to be noticed.
    let java = Java::find(&host)?;
    check_port(arguments.host, arguments.port)?;
    let subject = Subject::find(options, &arguments.subject, report)?;
    deploy::check_django(&subject.war)?;
    let data = subject.data(&host)?;
    if arguments.migrate {
        report.status("Migrating the database");
        let status = subject.run_to_end(&data, &["migrate".to_owned()], &report)?;
        if status != 0 {
            return Err(Failure::new(
                Kind::Project,
                format!("`migrate` ended with status {status}"),
            )
            .with_hint("its own output above says why"));
        }
    }
    let cache = Cache::of_user(&host)?;
    let maven = Maven::new(host.clone(), cache.clone(), options.offline, &report);
    let distributions = Distributions::new(&maven, &cache);
    let mut deployment = Deployment::of(subject.war.clone())
        .on(Container::Tomcat11)
        .at(context)
        .listening_on(arguments.host, arguments.port);
    for (name, value) in std::env::vars_os() {
        if !(subject.is_built && configures_the_build(&name)) {
            deployment = deployment.variable(name, value);
        }
    }
    for (name, value) in &subject.environment {
        deployment = deployment.variable(name, value);
    }
    deployment = deployment.variable("DJWAR_DATA_DIR", data.as_str());
    let stop = StopSignal::default();
    let raised = stop.clone();
    interrupt::call(move || raised.raise());
    Embedded::new(deployment).serve(&distributions, &java, &stop, &mut |event| {
        tell(report, event);
    })?;
    Ok(0)
}

/// `DJWAR_PYTHON=3.13` chose the WAR's Python when it was built just now; the
/// runtime's parameter of the same name means an executable.
fn configures_the_build(name: &OsStr) -> bool {
    key::KEYS
        .iter()
        .any(|key| name == OsStr::new(&key::environment_name(key.name)))
}

fn tell(report: Stderr, event: Event) {
    match event {
        Event::Log(line) => report.line_of_log(&line),
        Event::Serving { url } => report.status(&format!("Serving at {url} (Ctrl-C stops it)")),
        Event::Unavailable { url } => report.warning(&format!(
            "the project could not be started: {url} answers 503; the log above says why"
        )),
        Event::Stopping => report.status("Stopping"),
    }
}
