//! What happens to an application on Jython: the faults of `e2e_faults.rs` that are none of worker
//! processes. It lives and dies with its container, and a thread that is stuck stays stuck; nobody
//! else may notice.
#![cfg(target_os = "linux")]

mod site;

use camino::Utf8Path;
use djwar::deploy::Container::Tomcat10;
use rustix::process::Signal;
use site::faults::{self, PATIENCE, serves, signal, wait_until};
use site::probes::{Engine, probes_on, war_for};
use site::skip;
use site::wire::Wire;

/// Each start of Jython costs ten seconds of a processor: most of this is asked for by `DJWAR_TEST_ENGINE=jython`.
fn is_long() -> bool {
    let is_long = Engine::of_environment() != Engine::Jython;
    if is_long {
        skip::skipped("one of the long tests of Jython: DJWAR_TEST_ENGINE=jython runs them");
    }
    is_long
}

#[test]
fn a_failure_a_stuck_thread_and_a_lost_folder_cost_their_own_request_at_most() {
    let folder = tempfile::tempdir().expect("temp dir");
    let work = Utf8Path::from_path(folder.path())
        .expect("UTF-8")
        .join("work");
    let mut site = probes_on(Engine::Jython, Tomcat10, "/")
        .property("djwar.stop-timeout", "2")
        .property("djwar.work-dir", work.as_str())
        .start();
    // Out of memory is an ordinary failure, as long as Python can say so.
    Wire::to(&mut site).get("/raw/memory").expect(500);
    site.wait_for_log("MemoryError");
    serves(&mut site);

    // Not even the folder for bodies need be there.
    assert!(
        fs_err::read_dir(&work)
            .expect("it is there")
            .next()
            .is_some(),
        "nothing below {work}"
    );
    fs_err::remove_dir_all(&work).expect("removed");
    let length = Wire::to(&mut site)
        .post("/raw/count", &vec![b'x'; 1_000_000])
        .expect(200)
        .json();
    assert_eq!(length["length"], 1_000_000);

    // One that has a client waits for it; one that is stuck for good is left behind.
    let mut slow = Wire::to(&mut site);
    slow.ask("GET", "/raw/held/drained", &[]);
    site.wait_for_log("mark held drained by");
    let mut stuck = Wire::to(&mut site);
    stuck.ask("GET", "/raw/sleep/600", &[]);
    site.wait_for_log("mark asleep");
    serves(&mut site);
    Wire::to(&mut site).get("/raw/open/drained").expect(200);
    assert_eq!(slow.answer("GET").expect(200).text(), "released drained");
    site.stop();
    assert!(!stuck.until_closed().contains("rested"));
}

#[test]
fn a_stopping_container_lets_requests_end_and_a_killed_one_leaves_nobody() {
    if is_long() {
        return;
    }
    let mut site = probes_on(Engine::Jython, Tomcat10, "/").start();
    let mut slow = Wire::to(&mut site);
    slow.ask("GET", "/raw/sleep/2", &[]);
    site.wait_for_log("mark asleep");
    site.stop();
    assert_eq!(slow.answer("GET").expect(200).text(), "rested");

    let mut site = probes_on(Engine::Jython, Tomcat10, "/").start();
    let all = site.server().processes();
    assert_eq!(all.len(), 1, "no process but the JVM: {all:?}");
    signal(all[0].process, Signal::KILL);
    wait_until("it has ended", || site.server().ended().is_some());
}

#[test]
fn a_full_disk_is_a_507_and_the_next_small_upload_is_served() {
    if is_long() {
        return;
    }
    faults::full_disk(Engine::Jython);
}

#[test]
fn redeploys_under_load_leave_nothing_behind() {
    if is_long() {
        return;
    }
    // An old loader of Jython's holds 30 MiB.
    faults::redeploys_under_load(Engine::Jython, 16_000);
}

#[test]
fn a_broken_war_says_so_and_a_good_one_takes_its_place() {
    if is_long() {
        return;
    }
    faults::broken_war(Engine::Jython);
}

#[test]
fn both_engines_live_side_by_side() {
    if is_long() {
        return;
    }
    let mut site = probes_on(Engine::Jython, Tomcat10, "/")
        .redeploying()
        .start();
    let base = site.server().base().to_owned();
    let beside = base.join("other.war.part");
    fs_err::copy(war_for(Engine::Cpython), &beside).expect("copied");
    fs_err::rename(&beside, base.join("webapps/other.war")).expect("dropped");
    site.server()
        .wait_until("/other/raw/python", PATIENCE, |answer| {
            answer.text() == "3.13"
        })
        .unwrap_or_else(|error| panic!("{error}"));
    let page = Wire::to(&mut site).get("/raw/python").expect(200);
    assert_eq!(page.text(), "2.7");
    site.stop();
}
