//! What happens to a served application: its processes die, its files disappear,
//! the disk is full, the container is stopped, killed, redeployed. Each time the
//! next visitor must be served.
#![cfg(target_os = "linux")]

mod site;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use djwar::deploy::Container::{Jetty12Ee10, Tomcat10};
use djwar::deploy::{Client, Member};
use rustix::process::{Pid, Signal, kill_process};
use site::memory::{Holdings, counted};
use site::probes::{self, SIGN, probes};
use site::served::{Site, Wanted};
use site::skip::skipped;
use site::small_disk::SmallDisk;
use site::small_memory::SmallMemory;
use site::wire::Wire;

const PATIENCE: Duration = Duration::from_mins(2);

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::yield_now();
    }
}

fn signal(process: u32, signal: Signal) {
    let process = Pid::from_raw(i32::try_from(process).expect("small")).expect("a pid");
    kill_process(process, signal).expect("signalled");
}

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

/// Every one of some requests is served.
#[track_caller]
fn serves(site: &mut Site) {
    for number in 0..30 {
        let token = format!("f{number}");
        let page = Wire::to(site).get(&format!("/page/{token}/")).expect(200);
        assert!(page.is_whole && page.text().contains(&format!("<li>{token} 49</li>")));
    }
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

fn pythons_or_none(site: &mut Site) -> Vec<u32> {
    site.server().processes()[1..]
        .iter()
        .map(|member| member.process)
        .collect()
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
fn a_full_disk_is_a_507_and_the_next_small_upload_is_served() {
    let Some(disk) = SmallDisk::mount() else {
        return skipped("only root can mount a small file system (DispatcherTest has the rest)");
    };
    let mut site = probes(Tomcat10, "/", 1, 2)
        .property("djwar.work-dir", disk.path().as_str())
        .start();
    for _ in 0..2 {
        let large = Wire::to(&mut site)
            .post("/raw/count", &vec![b'x'; 6_000_000])
            .expect(507);
        assert!(large.text().contains("no room"), "{}", large.text());
        // What was written has been given back.
        let fits = Wire::to(&mut site)
            .post("/raw/count", &vec![b'x'; 2_000_000])
            .expect(200)
            .json();
        assert_eq!(fits["length"], 2_000_000);
    }
    site.wait_for_log("can't be kept on disk");
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

/// How often: `DJWAR_TEST_REDEPLOYS=20` for the long version.
fn redeploys() -> usize {
    std::env::var("DJWAR_TEST_REDEPLOYS").map_or(4, |number| number.parse().expect("a number"))
}

#[test]
fn redeploys_under_load_leave_nothing_behind() {
    let wanted = probes(Tomcat10, "/", 2, 1).redeploying();
    let mut site = counted(wanted).start();
    let is_over = Arc::new(AtomicBool::new(false));
    let served = Arc::new(AtomicUsize::new(0));
    let base = site.server().base_url();
    let visitors: Vec<_> = (0..4)
        .map(|visitor| {
            let (is_over, served, base) = (is_over.clone(), served.clone(), base.clone());
            std::thread::spawn(move || {
                let client = Client::new(Duration::from_mins(1));
                for number in 0.. {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    let token = format!("r{visitor}-{number}");
                    // Between two deployments the container itself says 404 or refuses.
                    if let Ok(answer) = client.get(&format!("{base}/page/{token}/"))
                        && answer.status == 200
                    {
                        assert!(
                            answer.text().contains(&format!("<li>{token} 49</li>")),
                            "another's page"
                        );
                        served.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    let mut before = None;
    for round in 0..redeploys() {
        site.server()
            .redeploy(probes::war())
            .unwrap_or_else(|error| panic!("{error}"));
        site.server()
            .wait_until(SIGN.0, PATIENCE, |answer| answer.text().contains(SIGN.1))
            .unwrap_or_else(|error| panic!("{error}"));
        let seen = served.load(Ordering::Relaxed);
        wait_until("visitors are served again", || {
            served.load(Ordering::Relaxed) > seen + 20
        });
        if round == 1 {
            before = Some(Holdings::of(&mut site));
        }
        if round % 5 == 4 {
            #[expect(clippy::print_stderr, reason = "for the long version")]
            {
                eprintln!("{} redeploys: {:?}", round + 1, Holdings::of(&mut site));
            }
        }
    }
    is_over.store(true, Ordering::Relaxed);
    for visitor in visitors {
        visitor.join().expect("no crossed page");
    }
    let (before, after) = (before.expect("at least two"), Holdings::of(&mut site));
    assert_eq!(after.pythons, 3, "a parent and two workers");
    // Tomcat's own pool grows by a few; a leak of ours would be five threads and
    // nine files each time.
    assert!(after.threads <= before.threads + 4, "{before:?} {after:?}");
    assert!(after.files <= before.files + 8, "{before:?} {after:?}");
    // One old loader may stay (Tomcat's); a leak of each would be two MiB a time.
    assert!(
        after.metaspace <= before.metaspace + 4_000,
        "{before:?} {after:?}"
    );
    assert!(
        after.live_heap <= before.live_heap + 24_000,
        "{before:?} {after:?}"
    );
    let log = site.stop();
    for leak in [
        "OutOfMemoryError",
        "appears to have started a thread named [djwar",
    ] {
        assert!(!log.contains(leak), "{leak}");
    }
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
fn a_broken_war_says_so_and_a_good_one_takes_its_place() {
    let broken = probes::build("broken", |project| {
        let wsgi = project.join("probes/wsgi.py");
        let text = fs_err::read_to_string(&wsgi).expect("text");
        fs_err::write(&wsgi, format!("{text}\nimport nothing_of_that_name\n")).expect("written");
    });
    let mut site = probes(Tomcat10, "/", 1, 1).redeploying().start();
    site.server()
        .redeploy(&broken)
        .unwrap_or_else(|error| panic!("{error}"));
    let answer = site
        .server()
        .wait_until("/", PATIENCE, |answer| answer.status == 503);
    let page = answer.unwrap_or_else(|error| panic!("{error}"));
    assert!(page.text().contains("could not start"), "{}", page.text());
    assert!(
        !page.text().contains("nothing_of_that_name"),
        "{}",
        page.text()
    );
    site.wait_for_log("No module named 'nothing_of_that_name'");
    assert_eq!(
        pythons_or_none(&mut site),
        [] as [u32; 0],
        "nobody is kept for it"
    );
    site.server()
        .redeploy(probes::war())
        .unwrap_or_else(|error| panic!("{error}"));
    let answer = site
        .server()
        .wait_until("/", PATIENCE, |answer| answer.status == 200);
    answer.unwrap_or_else(|error| panic!("{error}"));
    serves(&mut site);
    site.stop();
}
