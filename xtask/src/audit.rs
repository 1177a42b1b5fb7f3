//! Known holes in what the repository depends on. A tool or a database that is
//! not to be had here is named and is no failure: a build machine without the
//! network must be able to run the tests. What was looked up and is bad, is one.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::shell::{self, command, root};

/// The crates by cargo-deny, the Python packages by pip-audit, the jars by hand:
/// the runtime's jar may hold nobody else's classes.
pub(crate) fn run() -> Result<()> {
    let outcomes = [
        ("crates", crates()),
        ("Python packages", packages()),
        ("jars", jars()),
    ];
    let mut bad = Vec::new();
    for (what, outcome) in outcomes {
        match outcome {
            Ok(said) => say(&format!("audit of {what}: {said}")),
            Err(error) => bad.push(format!("{what}: {error:#}")),
        }
    }
    if !bad.is_empty() {
        bail!("{}", bad.join("\n"));
    }
    Ok(())
}

fn say(text: &str) {
    #[expect(clippy::print_stderr, reason = "xtask talks to developers")]
    {
        eprintln!("{text}");
    }
}

/// Whether a tool said that it could not look, rather than what it saw.
fn is_out_of_reach(said: &str) -> bool {
    let signs = [
        "failed to fetch advisory database",
        "failed to open advisory database",
        "ConnectionError",
        "Failed to resolve",
        "Could not connect",
        "failed to query the index",
    ];
    signs.iter().any(|sign| said.contains(sign))
}

fn output(command: &mut Command) -> Result<(bool, String)> {
    let output = command.output().context("can't be started")?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = text(&output.stdout) + &text(&output.stderr);
    Ok((output.status.success(), said))
}

fn crates() -> Result<String> {
    if !output(&mut command("cargo", &["deny", "--version"])).is_ok_and(|(is_there, _)| is_there) {
        return Ok("SKIPPED, there is no cargo-deny (`cargo install cargo-deny`)".to_owned());
    }
    let line = ["deny", "--locked", "check", "licenses", "bans", "sources"];
    shell::run(&mut command("cargo", &line))?;
    let (is_good, said) = output(&mut command(
        "cargo",
        &["deny", "--locked", "check", "advisories"],
    ))?;
    match (is_good, is_out_of_reach(&said)) {
        (true, _) => Ok("no advisory; licences and sources as deny.toml wants them".to_owned()),
        (_, true) => Ok(
            "licences and sources are good; SKIPPED, the advisory database can't be reached"
                .to_owned(),
        ),
        _ => bail!("{said}"),
    }
}

fn packages() -> Result<String> {
    let environment = root().join("target/python-audit");
    let python = environment.join("bin/python");
    if !python.exists() {
        shell::run(command("python3", &["-m", "venv"]).arg(&environment))?;
    }
    let python = python.to_string_lossy().into_owned();
    let install = ["-m", "pip", "install", "--quiet", "pip-audit==2.9.0"];
    let (is_there, _) = output(&mut command(&python, &install))?;
    if !is_there {
        return Ok("SKIPPED, pip-audit can't be had".to_owned());
    }
    let requirements = "runtime/python/requirements-dev.txt";
    let line = [
        "-m",
        "pip_audit",
        "--no-deps",
        "--disable-pip",
        "--requirement",
        requirements,
    ];
    let (is_good, said) = output(&mut command(&python, &line))?;
    if said.contains("could not be audited") || is_out_of_reach(&said) {
        return Ok("SKIPPED, the index answers without advisories, or not at all".to_owned());
    }
    if !is_good {
        bail!("{said}");
    }
    Ok(format!("none known in {requirements}"))
}

/// No database is asked: there is nothing of others in the jar to ask about.
fn jars() -> Result<String> {
    let jar = fs_err::File::open(root().join("runtime/dist/djwar-runtime.jar"))?;
    let zip = zip::ZipArchive::new(jar)?;
    let mut names = Vec::new();
    for name in zip.file_names() {
        names.push(name?.into_owned());
    }
    let foreign: Vec<&String> = names
        .iter()
        .filter(|name| name.ends_with(".class") && !name.starts_with("org/djwar/"))
        .collect();
    if !foreign.is_empty() {
        bail!("others' classes in the runtime's jar: {foreign:?}");
    }
    Ok("nobody else's classes in djwar-runtime.jar; SKIPPED, no database of Java advisories is asked about Jython and Netty".to_owned())
}
