//! What operators see and do while the polls site runs in Tomcat: health, JMX, access
//! log, recycling, stacks.

mod site;

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use djwar::deploy::Container::Tomcat10;
use site::probes::{Engine, probes_on};
use site::served::{Polls, Site, Wanted};

/// How long workers may take to be replaced on a loaded machine.
const PATIENCE: Duration = Duration::from_mins(2);

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.local_addr().expect("an address").port()
}

/// The JMX port of a container of its own.
struct Jmx(u16);

impl Jmx {
    fn open(wanted: Wanted) -> (Self, Wanted) {
        let port = free_port().to_string();
        let prefix = "com.sun.management.jmxremote";
        let wanted = wanted
            .property(&format!("{prefix}.port"), &port)
            .property(&format!("{prefix}.rmi.port"), &port)
            .property(&format!("{prefix}.host"), "127.0.0.1")
            .property(&format!("{prefix}.authenticate"), "false")
            .property(&format!("{prefix}.ssl"), "false")
            .property("java.rmi.server.hostname", "127.0.0.1");
        (Self(port.parse().expect("a number")), wanted)
    }

    #[track_caller]
    fn ask(&self, words: &[&str]) -> String {
        let client = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/site/Jmx.java");
        let output = Command::new("java")
            .args([client.as_str(), &self.0.to_string()])
            .args(words)
            .output()
            .expect("java starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    #[track_caller]
    fn number(&self, name: &str) -> f64 {
        let text = self.ask(&["get", name]);
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is {text:?}"))
    }
}

/// The processes that serve, but for the JVM and the parent.
fn workers(site: &mut Site) -> BTreeSet<u32> {
    let processes = site.server().processes();
    processes.iter().skip(2).map(|one| one.process).collect()
}

/// Asks for pages until all of `old` have gone; each page must be right.
#[track_caller]
fn wait_for_others(site: &mut Site, old: &BTreeSet<u32>) {
    let deadline = Instant::now() + PATIENCE;
    while !workers(site).is_disjoint(old) {
        assert!(Instant::now() < deadline, "{old:?} are still there");
        site.browser.get("/hello/").expect(200).shows("Hello");
    }
}

#[test]
fn operators_see_and_replace_the_workers() {
    let folder = tempfile::tempdir().expect("temp dir");
    let touched = folder.path().join("recycle");
    let wanted = Wanted::polls(Tomcat10, "/ctx")
        .redeploying()
        .property("djwar.health-path", "/-/health")
        .property("djwar.access-log", "true")
        .property("djwar.recycle-file", &touched.to_string_lossy());
    let (jmx, wanted) = Jmx::open(wanted);
    let mut site = wanted.start();

    let health = site.browser.get("/-/health").expect(200).json();
    assert_eq!(health["ready"], true);
    assert_eq!(health["status"], "up");
    assert!(health["processes"].as_u64() >= Some(1), "{health}");
    site.browser.get("/-/health/live").expect(200);
    // Any other path below it is the project's.
    site.browser.get("/-/health/x").expect(404);
    site.wait_for_log("\"GET /ctx/hello/\" 200");
    assert!(site.log().contains(" queue "), "{}", site.log());

    assert_eq!(
        jmx.ask(&["names"]),
        "org.djwar:type=Application,name=\"ctx\""
    );
    assert_eq!(jmx.ask(&["get", "State"]), "serving");
    let before = jmx.number("Requests");
    for _ in 0..5 {
        site.browser.get("/hello/").expect(200);
    }
    site.browser.get("/diagnostics/error/").expect(500);
    assert!(jmx.number("Requests") >= before + 6.0);
    assert!(jmx.number("Errors") >= 1.0);
    assert!(jmx.number("LatencyP99") >= jmx.number("LatencyP50"));
    assert!(jmx.number("LatencyP50") > 0.0);
    assert_eq!(jmx.ask(&["get", "LogLevel"]), "info");
    jmx.ask(&["set", "LogLevel", "debug"]);
    assert_eq!(jmx.ask(&["get", "LogLevel"]), "debug");

    let old = workers(&mut site);
    jmx.ask(&["call", "recycle"]);
    wait_for_others(&mut site, &old);
    assert!(jmx.number("Restarts") >= 2.0);
    let old = workers(&mut site);
    fs_err::write(&touched, "").expect("touched");
    wait_for_others(&mut site, &old);

    jmx.ask(&["call", "dumpThreads"]);
    site.wait_for_log("stacks of worker ");
    site.wait_for_log("stacks of the parent");
    site.wait_for_log("(most recent call first):");
    site.browser.get("/hello/").expect(200);

    // The bean of the old application has gone with it.
    site.server().redeploy(&Polls::get().war).expect("taken");
    site.server()
        .wait_until("/hello/", PATIENCE, |answer| answer.status == 200)
        .expect("served");
    assert_eq!(
        jmx.ask(&["names"]),
        "org.djwar:type=Application,name=\"ctx\""
    );
    assert_eq!(jmx.ask(&["get", "LogLevel"]), "info");
    site.stop();
}

#[test]
fn operators_see_jython_as_well() {
    let wanted = probes_on(Engine::Jython, Tomcat10, "/ctx")
        .property("djwar.health-path", "/-/health")
        .property("djwar.access-log", "true");
    let (jmx, wanted) = Jmx::open(wanted);
    let mut site = wanted.start();
    let health = site.browser.get("/-/health").expect(200).json();
    assert_eq!(health["ready"], true, "{health}");
    site.browser.get("/-/health/live").expect(200);
    assert_eq!(jmx.ask(&["get", "State"]), "serving");
    let before = jmx.number("Requests");
    site.browser.get("/page/seen/").expect(200).shows("seen 49");
    site.browser.get("/error/").expect(500);
    site.wait_for_log("\"GET /ctx/page/seen/\" 200");
    assert!(jmx.number("Requests") >= before + 2.0);
    assert!(jmx.number("Errors") >= 1.0);
    assert!(jmx.number("LatencyP99") >= jmx.number("LatencyP50"));
    jmx.ask(&["set", "LogLevel", "debug"]);
    assert_eq!(jmx.ask(&["get", "LogLevel"]), "debug");
    // What is about processes says that there are none.
    jmx.ask(&["call", "recycle"]);
    site.wait_for_log("this engine has no workers to replace");
    jmx.ask(&["call", "dumpThreads"]);
    site.wait_for_log("its own thread dump shows them");
    site.stop();
}

#[test]
fn a_site_that_can_not_start_is_live_and_not_ready() {
    let wanted = Wanted::war(&Polls::get().war, Tomcat10, "/", ("/-/health", "down"))
        .property("djwar.health-path", "/-/health")
        .property("djwar.settings", "nowhere.settings");
    let mut site = wanted.start();
    let health = site.browser.get("/-/health").expect(503).json();
    assert_eq!(health["live"], true);
    assert_eq!(health["ready"], false);
    site.browser.get("/-/health/live").expect(200);
    site.stop();
}

#[test]
fn health_and_access_log_are_off_by_default() {
    let mut site = Wanted::polls(Tomcat10, "/").start();
    site.browser.get("/-/health").expect(404).lacks("ready");
    site.browser.get("/hello/").expect(200);
    let log = site.stop();
    assert!(!log.contains(" queue "), "{log}");
}
