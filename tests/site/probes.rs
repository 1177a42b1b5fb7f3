//! `fixtures/probes` as a WAR: made once per test program.

use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use djwar::deploy::Container;

use super::served::{Wanted, copy_folder, djwar, fixture, own_folder};

/// Said by the page `/` when the site is up.
pub(crate) const SIGN: (&str, &str) = ("/", "probes are served");

/// Who runs the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Cpython,
    Jython,
}

impl Engine {
    /// The one that `DJWAR_TEST_ENGINE` names (default: cpython).
    pub(crate) fn of_environment() -> Self {
        match std::env::var("DJWAR_TEST_ENGINE").as_deref() {
            Err(_) | Ok("cpython") => Self::Cpython,
            Ok("jython") => Self::Jython,
            Ok(other) => panic!("DJWAR_TEST_ENGINE is `{other}`"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Cpython => "cpython",
            Self::Jython => "jython",
        }
    }

    /// Whether a test of worker processes has nothing to look at; says so.
    #[expect(clippy::print_stderr, reason = "a skip says why")]
    pub(crate) fn has_no_workers(self) -> bool {
        if self == Self::Jython {
            eprintln!("skipped: the engine `jython` has no processes, no pool and no socket");
        }
        self == Self::Jython
    }
}

/// The WAR, for the engine that the environment names.
pub(crate) fn war() -> &'static Utf8Path {
    war_for(Engine::of_environment())
}

pub(crate) fn war_for(engine: Engine) -> &'static Utf8Path {
    static CPYTHON: OnceLock<Utf8PathBuf> = OnceLock::new();
    static JYTHON: OnceLock<Utf8PathBuf> = OnceLock::new();
    match engine {
        Engine::Cpython => CPYTHON.get_or_init(|| build_for(engine, "probes", |_| {})),
        Engine::Jython => JYTHON.get_or_init(|| build_for(engine, "probes-jython", |_| {})),
    }
}

/// Another one: `change` edits the project first.
pub(crate) fn build(name: &str, change: impl FnOnce(&Utf8Path)) -> Utf8PathBuf {
    build_for(Engine::of_environment(), name, change)
}

pub(crate) fn build_for(engine: Engine, name: &str, change: impl FnOnce(&Utf8Path)) -> Utf8PathBuf {
    let folder = own_folder(name);
    let project = folder.join(name);
    copy_folder(&fixture("probes"), &project);
    if engine == Engine::Jython {
        fs_err::write(project.join("requirements.txt"), "Django==1.11.29\n").expect("written");
    }
    change(&project);
    let war = folder.join(format!("{name}.war"));
    let (from, to) = (project.as_str(), war.as_str());
    djwar(&["build", from, "-o", to, "--engine", engine.name()], &[]);
    war
}

/// The probes at `context` of `container`, by so many processes and threads.
pub(crate) fn probes(container: Container, context: &str, processes: u32, threads: u32) -> Wanted {
    Wanted::war(war(), container, context, SIGN)
        .property("djwar.processes", &processes.to_string())
        .property("djwar.threads", &threads.to_string())
}

/// The same with four threads in one process, or with as many as the container has.
pub(crate) fn probes_on(engine: Engine, container: Container, context: &str) -> Wanted {
    let wanted = Wanted::war(war_for(engine), container, context, SIGN);
    match engine {
        Engine::Jython => wanted,
        Engine::Cpython => wanted
            .property("djwar.processes", "1")
            .property("djwar.threads", "4"),
    }
}
