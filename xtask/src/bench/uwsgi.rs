//! `uWSGI`, built from its source release against the interpreter under measurement:
//! distributions bring it for their own Python only.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::interpreter::Interpreter;
use super::{artifacts, tools};
use crate::shell;

const VERSION: &str = "2.0.31";

/// Only what serves WSGI: its own OpenSSL would meet the interpreter's in one
/// process.
const PROFILE: &str = "[uwsgi]\nmain_plugin = python\ninherit = base\nssl = false\nxml = false\n";

/// The path of a uWSGI that embeds the interpreter; made once.
pub(crate) fn program(interpreter: &Interpreter) -> Result<PathBuf> {
    tools::find("gcc", "gcc")?;
    let name = format!("uwsgi-{VERSION}-{}", interpreter.key());
    let folder = artifacts::kept_or_made(&name, |folder| build(interpreter, folder))?;
    Ok(folder.join("uwsgi"))
}

fn build(interpreter: &Interpreter, folder: &Path) -> Result<()> {
    let include = interpreter.ask("import sysconfig; print(sysconfig.get_path('include'))")?;
    if !Path::new(&include).join("Python.h").exists() {
        bail!(
            "uWSGI can't be built: no `{include}/Python.h` (Debian's own Python: `apt-get install python{}-dev`)",
            interpreter.line
        );
    }
    let sources = unpack_sources(folder)?;
    fs_err::write(sources.join("buildconf/djwar.ini"), PROFILE)?;
    let mut make = interpreter.command();
    if let Some(home) = &interpreter.home {
        // The jar has the library under its soname only, and the compiler flags
        // that it remembers name the folders of the machine that built it.
        let library = format!("libpython{}.so", interpreter.line);
        let shared = home.join(format!("{library}.1.0"));
        std::os::unix::fs::symlink(&shared, folder.join(&library))
            .with_context(|| format!("can't link `{}`", shared.display()))?;
        make.env("CFLAGS", format!("-I{include}")).env(
            "LDFLAGS",
            format!("-L{} -Wl,-rpath,{}", folder.display(), home.display()),
        );
    }
    make.args(["uwsgiconfig.py", "--build", "djwar"])
        .current_dir(&sources);
    let output = make.output()?;
    let program = sources.join("uwsgi");
    if !output.status.success() || !program.exists() {
        bail!(
            "uWSGI's build failed:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    fs_err::copy(program, folder.join("uwsgi"))?;
    Ok(())
}

fn unpack_sources(folder: &Path) -> Result<PathBuf> {
    let mut pip = shell::command(
        "python3",
        &["-m", "pip", "download", "--quiet", "--no-deps"],
    );
    pip.args(["--disable-pip-version-check", "--no-binary", "uwsgi"])
        .arg(format!("uwsgi=={VERSION}"))
        .arg("--dest")
        .arg(folder);
    shell::run(&mut pip)?;
    let mut tar = shell::command("tar", &["--extract", "--file"]);
    tar.arg(folder.join(format!("uwsgi-{VERSION}.tar.gz")))
        .arg("--directory")
        .arg(folder);
    shell::run(&mut tar)?;
    Ok(folder.join(format!("uwsgi-{VERSION}")))
}
