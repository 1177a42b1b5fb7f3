//! Faults that both engines must survive; `e2e_faults.rs` and `e2e_faults_jython.rs` call them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use djwar::deploy::Client;
use djwar::deploy::Container::Tomcat10;
use rustix::process::{Pid, Signal, kill_process};

use super::memory::{Holdings, counted};
use super::probes::{Engine, SIGN, build_for, probes_on, war_for};
use super::served::Site;
use super::skip;
use super::small_disk::SmallDisk;
use super::wire::Wire;

pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::yield_now();
    }
}

pub(crate) fn signal(process: u32, signal: Signal) {
    let process = Pid::from_raw(i32::try_from(process).expect("small")).expect("a pid");
    kill_process(process, signal).expect("signalled");
}

/// Every one of some requests is served.
#[track_caller]
pub(crate) fn serves(site: &mut Site) {
    for number in 0..30 {
        let token = format!("f{number}");
        let page = Wire::to(site).get(&format!("/page/{token}/")).expect(200);
        assert!(page.is_whole && page.text().contains(&format!("<li>{token} 49</li>")));
    }
}

pub(crate) fn pythons_or_none(site: &mut Site) -> Vec<u32> {
    site.server().processes()[1..]
        .iter()
        .map(|member| member.process)
        .collect()
}

/// What does not fit is a 507, and the next small upload is served.
pub(crate) fn full_disk(engine: Engine) {
    let Some(disk) = SmallDisk::mount() else {
        return skip::skipped(
            "only root can mount a small file system (DispatcherTest has the rest)",
        );
    };
    let mut site = probes_on(engine, Tomcat10, "/")
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

/// How often: `DJWAR_TEST_REDEPLOYS=20` for the long version.
fn redeploys() -> usize {
    std::env::var("DJWAR_TEST_REDEPLOYS").map_or(4, |number| number.parse().expect("a number"))
}

/// Deployed again and again while four visitors come: threads, files, processes, classes and objects stay as they are.
/// `classes`: KiB of metaspace that one old class loader may hold.
pub(crate) fn redeploys_under_load(engine: Engine, classes: u64) {
    let wanted = probes_on(engine, Tomcat10, "/").redeploying();
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
            .redeploy(war_for(engine))
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
    assert_eq!(after.pythons, before.pythons, "processes");
    // Tomcat's own pool grows by a few; a leak of ours would be five threads and
    // nine files each time.
    assert!(after.threads <= before.threads + 4, "{before:?} {after:?}");
    assert!(after.files <= before.files + 8, "{before:?} {after:?}");
    // One old loader may stay (Tomcat's); a leak would be one more each time.
    assert!(
        after.metaspace <= before.metaspace + classes,
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

/// A broken WAR says so, and a good one takes its place.
pub(crate) fn broken_war(engine: Engine) {
    let broken = build_for(engine, "broken", |project| {
        let wsgi = project.join("probes/wsgi.py");
        let text = fs_err::read_to_string(&wsgi).expect("text");
        fs_err::write(&wsgi, format!("{text}\nimport nothing_of_that_name\n")).expect("written");
    });
    let mut site = probes_on(engine, Tomcat10, "/").redeploying().start();
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
    // Python 2 names it without quotes.
    site.wait_for_log("No module named ");
    site.wait_for_log("nothing_of_that_name");
    assert_eq!(
        pythons_or_none(&mut site),
        [] as [u32; 0],
        "nobody is kept for it"
    );
    site.server()
        .redeploy(war_for(engine))
        .unwrap_or_else(|error| panic!("{error}"));
    let answer = site
        .server()
        .wait_until("/", PATIENCE, |answer| answer.status == 200);
    answer.unwrap_or_else(|error| panic!("{error}"));
    serves(&mut site);
    site.stop();
}
