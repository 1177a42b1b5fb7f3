//! `fixtures/probes` as a WAR: made once per test program.

use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use djwar::deploy::Container;

use super::served::{Wanted, copy_folder, djwar, fixture};

/// Said by the page `/` when the site is up.
pub(crate) const SIGN: (&str, &str) = ("/", "probes are served");

/// The WAR, for the engine that `DJWAR_TEST_ENGINE` names (default: cpython).
pub(crate) fn war() -> &'static Utf8Path {
    static WAR: OnceLock<Utf8PathBuf> = OnceLock::new();
    WAR.get_or_init(|| build("probes", |_| {}))
}

/// Another one: `change` edits the project first.
pub(crate) fn build(name: &str, change: impl FnOnce(&Utf8Path)) -> Utf8PathBuf {
    // Not a temporary folder: a static value is never dropped.
    let folder = Utf8Path::new(env!("CARGO_TARGET_TMPDIR")).join(env!("CARGO_CRATE_NAME"));
    let project = folder.join(name);
    if project.exists() {
        fs_err::remove_dir_all(&project).expect("old folder removed");
    }
    copy_folder(&fixture("probes"), &project);
    let engine = std::env::var("DJWAR_TEST_ENGINE").unwrap_or_else(|_| "cpython".to_owned());
    if engine == "jython" {
        fs_err::write(project.join("requirements.txt"), "Django==1.11.29\n").expect("written");
    }
    change(&project);
    let war = folder.join(format!("{name}.war"));
    djwar(
        &[
            "build",
            project.as_str(),
            "-o",
            war.as_str(),
            "--engine",
            &engine,
        ],
        &[],
    );
    war
}

/// The probes at `context` of `container`, by so many processes and threads.
pub(crate) fn probes(container: Container, context: &str, processes: u32, threads: u32) -> Wanted {
    Wanted::war(war(), container, context, SIGN)
        .property("djwar.processes", &processes.to_string())
        .property("djwar.threads", &threads.to_string())
}
