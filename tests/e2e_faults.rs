//! What happens to a served application: its processes die, its files disappear,
//! the disk is full, the container is stopped, killed, redeployed. Each time the
//! next visitor must be served.
#![cfg(target_os = "linux")]

mod site;

use camino::{Utf8Path, Utf8PathBuf};
use djwar::deploy::Container::{Jetty12Ee10, Tomcat10};
use djwar::deploy::Member;
use rustix::process::Signal;
use site::faults::{self, pythons_or_none, serves, signal, wait_until};
use site::jumping_clock::JumpingClock;
use site::probes::{self, Engine, SIGN, probes};
use site::served::{Site, Wanted};
use site::skip;
use site::skip::skipped;
use site::small_memory::SmallMemory;
use site::wire::Wire;

fn parent_of(process: u32) -> Option<u32> {
    let stat = fs_err::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.split(' ').nth(1)?.parse().ok()
}

/// The process that imported the project, and those forked from it.
fn pythons(site: &mut Site) -> (u32, Vec<u32>) {
    let all: Vec<Member> = site.server().processes();
    let java = all[0].process;
    let of = |wanted: u32| -> Vec<u32> {
        let children = all
            .iter()
            .filter(|member| parent_of(member.process) == Some(wanted));
        children.map(|member| member.process).collect()
    };
    let parent = *of(java).first().expect("a parent process");
    (parent, of(parent))
}

/// The worker that said in the log that it holds a request of this name.
fn holder(site: &mut Site, name: &str) -> u32 {
    let mark = format!("mark held {name} by ");
    site.wait_for_log(&mark);
    let log = site.log();
    let (_, rest) = log.rsplit_once(&mark).expect("the mark");
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().expect("a process id")
}

#[test]
fn workers_that_die_or_hang_cost_at_most_their_own_request() {
    let mut site = probes(Tomcat10, "/", 2, 2)
        .property("djwar.request-timeout", "4")
        .start();
    // Idle.
    let idle = Wire::to(&mut site).get("/raw/pid").expect(200).text();
    signal(idle.parse().expect("a pid"), Signal::KILL);
    serves(&mut site);

    // Busy with a GET, which is sent to another one.
    let mut get = Wire::to(&mut site);
    get.ask("GET", "/raw/held/get", &[]);
    let first = holder(&mut site, "get");
    signal(first, Signal::KILL);
    wait_until("the second worker has it", || {
        site.log().matches("mark held get by").count() == 2
    });
    Wire::to(&mut site).get("/raw/open/get").expect(200);
    assert_eq!(get.answer("GET").expect(200).text(), "released get");

    // Busy with a POST, which may have had its effect.
    let mut post = Wire::to(&mut site);
    post.ask("POST", "/raw/held/post", &["Content-Length: 0"]);
    let first = holder(&mut site, "post");
    signal(first, Signal::KILL);
    let answer = post.answer("POST").expect(502);
    assert!(
        answer
            .text()
            .contains("The process that worked on this request has ended")
    );
    assert_eq!(site.log().matches("mark held post by").count(), 1);
    serves(&mut site);

    // A crash in C takes the second attempt along, and then it ends.
    Wire::to(&mut site).get("/raw/segfault").expect(502);
    site.wait_for_log("ended with status -11");
    serves(&mut site);
    Wire::to(&mut site)
        .post("/raw/crash/ABRT", b"x")
        .expect(502);
    site.wait_for_log("ended with status -6");
    serves(&mut site);

    // In C code that holds the interpreter's lock: no signal handler would run.
    Wire::to(&mut site).get("/raw/stuck").expect(504);
    assert_eq!(
        site.log().matches("mark stuck").count(),
        1,
        "not sent again"
    );
    serves(&mut site);

    // Out of memory: Python's own error is an ordinary failure.
    Wire::to(&mut site).get("/raw/memory").expect(500);
    Wire::to(&mut site).get("/raw/exhaust").expect(500);
    site.wait_for_log("MemoryError");
    serves(&mut site);
    site.stop();
}

#[test]
fn a_worker_that_the_kernel_kills_for_its_memory_is_replaced() {
    let Some(group) = SmallMemory::of(200 << 20) else {
        return skipped("this user can't make a control group with a limit of memory");
    };
    let mut site = probes(Tomcat10, "/", 1, 2).start();
    let (_, workers) = pythons(&mut site);
    group.take(workers[0]);
    // A POST: it is not sent to another worker, which nothing would bind.
    Wire::to(&mut site).post("/raw/devour", b"").expect(502);
    site.wait_for_log("ended with status -9");
    serves(&mut site);
    site.stop();
}

#[test]
fn a_parent_that_dies_or_hangs_is_replaced() {
    let mut site = probes(Jetty12Ee10, "/ctx", 2, 2)
        .property("djwar.start-timeout", "10")
        .start();
    let (parent, workers) = pythons(&mut site);
    signal(parent, Signal::KILL);
    wait_until("its workers have gone", || {
        let now = pythons_or_none(&mut site);
        workers.iter().all(|worker| !now.contains(worker))
    });
    serves(&mut site);
    site.wait_for_log("the parent process has gone");

    // Alive, and deaf: it neither reaps nor forks.
    wait_until("a new pool", || pythons_or_none(&mut site).len() == 3);
    let (parent, workers) = pythons(&mut site);
    signal(parent, Signal::STOP);
    for worker in workers {
        signal(worker, Signal::KILL);
    }
    serves(&mut site);
    assert!(!pythons_or_none(&mut site).contains(&parent));
    site.stop();
}

/// The socket's folder, somewhere below the container's.
fn socket(site: &mut Site) -> Utf8PathBuf {
    use std::os::unix::fs::FileTypeExt as _;
    let base = site.server().base().to_owned();
    let found = walkdir::WalkDir::new(&base)
        .into_iter()
        .filter_map(Result::ok)
        .find(|entry| entry.file_type().is_socket());
    let path = found.expect("a socket").into_path();
    Utf8PathBuf::from_path_buf(path).expect("UTF-8")
}

#[test]
fn a_socket_folder_that_was_deleted_comes_back() {
    let mut site = probes(Tomcat10, "/", 2, 2).start();
    let socket = socket(&mut site);
    let folder = socket.parent().expect("a folder").to_owned();
    fs_err::remove_dir_all(&folder).expect("removed");
    let (_, workers) = pythons(&mut site);
    for worker in workers {
        signal(worker, Signal::KILL);
    }
    serves(&mut site);
    site.wait_for_log("it has been bound anew");
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &fs_err::metadata(&folder).expect("there").permissions(),
    );
    assert_eq!(mode & 0o777, 0o700);
    // And all of the work folder: spooling makes it again as well.
    fs_err::remove_dir_all(folder.parent().expect("the work folder")).expect("removed");
    let length = Wire::to(&mut site)
        .post("/raw/count", &vec![b'x'; 1_000_000])
        .expect(200)
        .json();
    assert_eq!(length["length"], 1_000_000);
    let (parent, _) = pythons(&mut site);
    signal(parent, Signal::KILL);
    serves(&mut site);
    site.stop();
}

#[test]
fn a_stopping_container_lets_requests_end_and_a_killed_one_leaves_nobody() {
    let mut site = probes(Tomcat10, "/", 2, 1).start();
    let mut slow = Wire::to(&mut site);
    slow.ask("GET", "/raw/sleep/2", &[]);
    site.wait_for_log("mark asleep");
    site.stop();
    assert_eq!(slow.answer("GET").expect(200).text(), "rested");

    // Longer than `djwar.stop-timeout`: broken off, and still nothing is left.
    let mut site = probes(Tomcat10, "/", 1, 1)
        .property("djwar.stop-timeout", "1")
        .start();
    let mut slow = Wire::to(&mut site);
    slow.ask("GET", "/raw/sleep/600", &[]);
    site.wait_for_log("mark asleep");
    site.stop();
    assert!(!slow.until_closed().contains("rested"));

    let mut site = probes(Tomcat10, "/", 2, 1).start();
    let mut slow = Wire::to(&mut site);
    slow.ask("GET", "/raw/sleep/600", &[]);
    site.wait_for_log("mark asleep");
    let all: Vec<u32> = site
        .server()
        .processes()
        .iter()
        .map(|member| member.process)
        .collect();
    assert!(all.len() >= 4, "the JVM, a parent, two workers: {all:?}");
    signal(all[0], Signal::KILL);
    wait_until("everybody has gone", || {
        // The JVM itself is this process's child, and a zombie until it is waited for.
        all[1..]
            .iter()
            .all(|process| !Utf8Path::new(&format!("/proc/{process}/exe")).exists())
    });
}

/// The year that the container believes in. None where the clock was set between the
/// connection and its request: Tomcat measures a connection's silence by the machine's
/// clock, and closes one that seems to have been silent for years.
fn year(site: &mut Site) -> Option<i32> {
    let mut wire = Wire::to(site);
    wire.ask("GET", "/raw/pid", &[]);
    let answer = wire.head()?.expect(200);
    // `Mon, 23 Nov 2026 17:40:29 GMT`
    let date = answer.header("date");
    let year = date.split(' ').nth(3).and_then(|year| year.parse().ok());
    Some(year.unwrap_or_else(|| panic!("no date: {date:?}")))
}

#[test]
fn a_machine_clock_that_is_set_kills_no_worker_and_lets_none_hang() {
    let Some(clock) = JumpingClock::find() else {
        return skip::skipped("a clock that jumps needs Debian's package `libfaketime`");
    };
    let wanted = probes(Tomcat10, "/", 1, 2).property("djwar.request-timeout", "20");
    let mut site = clock.on(wanted).start();
    let worker = Wire::to(&mut site).get("/raw/pid").expect(200).text();
    let now = year(&mut site).expect("a year");
    let mut held = Wire::to(&mut site);
    held.ask("GET", "/raw/held/clock", &[]);
    holder(&mut site, "clock");
    clock.set("+4000d");
    wait_until("the clock is ahead", || {
        year(&mut site).is_some_and(|year| year > now)
    });
    Wire::to(&mut site).get("/raw/open/clock").expect(200);
    assert_eq!(held.answer("GET").expect(200).text(), "released clock");
    let last = Wire::to(&mut site).get("/raw/pid").expect(200).text();
    assert_eq!(last, worker, "the same one all the time");

    // And a time-out is one although the clock goes back.
    let mut stuck = Wire::to(&mut site);
    stuck.ask("GET", "/raw/stuck", &[]);
    site.wait_for_log("mark stuck");
    clock.set("-4000d");
    stuck.answer("GET").expect(504);
    serves(&mut site);
    assert!(year(&mut site) < Some(now), "the clock is behind");
    site.stop();
}

#[test]
fn no_time_out_reads_the_machines_clock() {
    // So changing it, by hand or by NTP, kills no worker and lets none hang.
    let runtime = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("runtime");
    let mut seen = 0;
    for folder in [
        "java/src/main/java/org/djwar/runtime/cpython",
        "python/djwar_handler",
    ] {
        for entry in walkdir::WalkDir::new(runtime.join(folder)) {
            let entry = entry.expect("readable");
            if entry.file_type().is_file()
                && entry
                    .path()
                    .extension()
                    .is_some_and(|ending| ending == "java" || ending == "py")
            {
                let text = fs_err::read_to_string(entry.path()).expect("text");
                for clock in ["currentTimeMillis", "Instant.now", "time.time(", "datetime"] {
                    assert!(
                        !text.contains(clock),
                        "{} uses {clock}",
                        entry.path().display()
                    );
                }
                seen += 1;
            }
        }
    }
    assert!(seen > 30, "{seen} files");
}

#[test]
fn two_wars_side_by_side_have_each_its_own_python() {
    let other = probes::build("older", |project| {
        fs_err::write(project.join("djwar.toml"), "python = \"3.12\"\n").expect("written");
    });
    let mut site: Site = Wanted::war(probes::war(), Tomcat10, "/", SIGN)
        .property("djwar.processes", "1")
        .redeploying()
        .start();
    let webapps = site.server().base().join("webapps");
    let beside = site.server().base().join("older.war.part");
    fs_err::copy(&other, &beside).expect("copied");
    fs_err::rename(&beside, webapps.join("older.war")).expect("dropped");
    let port = site.server().port();
    let mut versions = Vec::new();
    wait_until("the second is up", || {
        Wire::open(port, "/older".to_owned()).get("/").status == 200
    });
    for context in ["", "/older"] {
        let page = Wire::open(port, context.to_owned())
            .get("/raw/python")
            .expect(200);
        versions.push(page.text());
    }
    assert_eq!(versions, ["3.13", "3.12"]);
    site.stop();
}

#[test]
fn a_full_disk_is_a_507_and_the_next_small_upload_is_served() {
    faults::full_disk(Engine::Cpython);
}

#[test]
fn redeploys_under_load_leave_nothing_behind() {
    faults::redeploys_under_load(Engine::Cpython, 4_000);
}

#[test]
fn a_broken_war_says_so_and_a_good_one_takes_its_place() {
    faults::broken_war(Engine::Cpython);
}
