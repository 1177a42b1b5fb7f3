//! `fixtures/hydrant` on Jython, deployed again and again in one Tomcat: what an
//! application leaves behind in the container's JVM.

mod site;

use std::process::Command;
use std::time::{Duration, Instant};

use djwar::deploy::Client;
use djwar::deploy::Container::Tomcat10;
use site::hydrant::{self, Hydrant, SIGN};
use site::served::{Site, Wanted};

const PATIENCE: Duration = Duration::from_mins(3);
/// More than Tomcat has threads at its start.
const VISITORS: usize = 16;

/// What the JVM holds after a full collection.
#[derive(Clone, Copy, Debug)]
struct Holdings {
    /// Web applications' class loaders: the served one's, and those of stopped ones.
    loaders: usize,
    classes: usize,
    metaspace_kilobytes: usize,
    heap_kilobytes: usize,
    threads: usize,
}

impl Holdings {
    fn of(site: &mut Site) -> Self {
        let process = site.server().processes()[0].process;
        // Twice: what the first one has enqueued is let go by then.
        jcmd(process, "GC.class_histogram");
        let histogram = jcmd(process, "GC.class_histogram");
        let heap = jcmd(process, "GC.heap_info");
        let counted = |class: &str| {
            let line = histogram.lines().find(|line| line.contains(class));
            line.map_or(0, |line| word(line, 1))
        };
        let used = |what: &str| {
            let line = heap
                .lines()
                .find(|line| line.trim_start().starts_with(what));
            after(
                line.unwrap_or_else(|| panic!("no {what:?} in {heap}")),
                "used ",
            )
        };
        let tasks = fs_err::read_dir(format!("/proc/{process}/task"));
        Self {
            loaders: counted("org.apache.catalina.loader.ParallelWebappClassLoader"),
            classes: counted("java.lang.Class "),
            metaspace_kilobytes: used("Metaspace"),
            heap_kilobytes: used("def new generation") + used("tenured generation"),
            threads: tasks.expect("the JVM lives").count(),
        }
    }
}

fn word(line: &str, at: usize) -> usize {
    let word = line.split_whitespace().nth(at).unwrap_or_default();
    word.parse().unwrap_or_else(|_| panic!("no number: {line}"))
}

/// `used 55123K` after `used `.
fn after(line: &str, what: &str) -> usize {
    let (_, rest) = line.split_once(what).unwrap_or_else(|| panic!("{line}"));
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("{line}"))
}

/// The figures of `docs/concepts/jython-engine.md`: `--nocapture` shows them.
fn tell(text: &str) {
    #[expect(clippy::print_stderr, reason = "shown when asked for")]
    {
        eprintln!("{text}");
    }
}

#[track_caller]
fn jcmd(process: u32, command: &str) -> String {
    let output = Command::new("jcmd")
        .args([&process.to_string(), command])
        .output()
        .expect("the JDK's `jcmd` starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command}: {text}");
    text
}

/// How often: `DJWAR_TEST_REDEPLOYS=20` for the long version.
fn redeploys() -> usize {
    std::env::var("DJWAR_TEST_REDEPLOYS").map_or(2, |number| number.parse().expect("a number"))
}

/// Pages and the admin, and then many visitors at once, so that every thread of the
/// container has been in the application.
fn visit(site: &mut Site) {
    hydrant::pages(site);
    hydrant::admin(site);
    let address = format!("{}/rows/", site.server().base_url());
    std::thread::scope(|scope| {
        for _ in 0..VISITORS {
            scope.spawn(|| {
                let answer = Client::new(PATIENCE).get(&address).expect("an answer");
                assert!(answer.text().contains("Headline 050"), "{}", answer.text());
            });
        }
    });
}

/// What is held when the stopped application has let go: a thread pool of Jython's
/// Netty ends some seconds after it.
fn settled(site: &mut Site) -> Holdings {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let held = Holdings::of(site);
        if held.loaders == 1 || Instant::now() > deadline {
            return held;
        }
    }
}

#[test]
fn redeploys_of_a_jython_war_leave_metaspace_and_threads_flat() {
    let hydrant = Hydrant::get();
    let mut site = Wanted::war(&hydrant.war, Tomcat10, "/ctx", SIGN)
        .data(&hydrant.data)
        .redeploying()
        .start();
    let mut seen = Vec::new();
    for round in 0..=redeploys() {
        if round > 0 {
            site.server()
                .redeploy(&hydrant.war)
                .unwrap_or_else(|error| panic!("{error}"));
            site.server()
                .wait_until(SIGN.0, PATIENCE, |answer| answer.text().contains(SIGN.1))
                .unwrap_or_else(|error| panic!("{error}"));
        }
        visit(&mut site);
        seen.push(settled(&mut site));
        tell(&format!("after {round} redeploys: {:?}", seen[round]));
    }
    let (first, last) = (seen[0], seen[seen.len() - 1]);
    for held in &seen {
        assert_eq!(held.loaders, 1, "a stopped application is kept: {seen:?}");
    }
    // One application takes about half of it.
    assert!(
        last.metaspace_kilobytes < first.metaspace_kilobytes * 11 / 10,
        "{seen:?}"
    );
    assert!(last.classes < first.classes * 11 / 10, "{seen:?}");
    assert!(
        last.heap_kilobytes < first.heap_kilobytes * 3 / 2,
        "{seen:?}"
    );
    // Tomcat's own pool may grow by a few.
    assert!(last.threads <= first.threads + 4, "{seen:?}");
    let log = site.stop();
    for leak in [
        "OutOfMemoryError",
        "memory leak",
        "appears to have started a thread",
    ] {
        assert!(!log.contains(leak), "{log}");
    }
}
