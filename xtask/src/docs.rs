//! docs/reference from the code: configuration keys and runtime parameters have
//! one home each, and these pages are made from it.

use std::fmt::Write as _;

use anyhow::{Result, bail};
use clap::Args;
use djwar::config::key::{self, KEYS};
use djwar::runtime;

use crate::projects;
use crate::shell::root;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Compare with the committed pages instead of writing them
    #[arg(long)]
    check: bool,
}

pub(crate) fn run_check() -> Result<()> {
    run(&Arguments { check: true })
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    for (name, text) in [
        ("configuration.md", configuration()?),
        ("djwar.schema.json", schema()?),
        ("parameters.md", parameters()?),
        ("projects.md", projects::table(NOTE)?),
    ] {
        let path = root().join("docs/reference").join(name);
        if !arguments.check {
            fs_err::write(&path, text)?;
        } else if fs_err::read_to_string(&path).ok().as_deref() != Some(&text) {
            bail!("docs/reference/{name} is stale: run `cargo xtask docs` and commit the result");
        }
    }
    Ok(())
}

const NOTE: &str = "<!-- Made by `cargo xtask docs`. Change the code, not this page. -->\n\n";

fn configuration() -> Result<String> {
    let mut text = String::from(NOTE);
    text.push_str(
        "# Configuration of a build\n\n\
         Keys of `[tool.djwar]` in `pyproject.toml`, or of `djwar.toml` beside it (one of the two, \
         not both). Flags beat environment variables, which beat the file, which beats what djwar \
         detects; `djwar plan` says where each value came from. [djwar.schema.json](djwar.schema.json) describes \
         `djwar.toml` for editors and other tools. `djwar init` writes one. A list in an environment variable \
         is comma-separated; tables have no environment variable.\n",
    );
    for key in KEYS {
        write!(
            text,
            "\n## `{}`\n\n{}\n\n```toml\n{} = {}\n```\n",
            key.name, key.doc, key.name, key.example
        )?;
        if key.shape != key::Shape::Table {
            write!(
                text,
                "\nEnvironment: `{}`\n",
                key::environment_name(key.name)
            )?;
        }
    }
    Ok(text)
}

/// For editors: a comment `#:schema PATH` at the top of `djwar.toml` names it.
fn schema() -> Result<String> {
    let mut text = serde_json::to_string_pretty(&djwar::config::schema())?;
    text.push('\n');
    Ok(text)
}

fn parameters() -> Result<String> {
    let mut text = String::from(NOTE);
    text.push_str(
        "# Parameters of the deployed application\n\n\
         A parameter may be given in four places; the outermost wins:\n\n\
         1. an environment variable of the container: `DJWAR_PROCESSES=4` (capitals, `_` for `.` \
         and `-`),\n\
         2. a system property of the JVM: `-Ddjwar.processes=4`,\n\
         3. a JNDI environment entry: `java:comp/env/djwar.processes`,\n\
         4. a context parameter: in `web.xml` (`[tool.djwar.runtime]` writes them), or in the \
         container's own context file.\n\n\
         | parameter | type | default | meaning |\n|---|---|---|---|\n",
    );
    for parameter in runtime::parameters() {
        let default = match parameter.default {
            "" => String::new(),
            default => format!("`{default}`"),
        };
        writeln!(
            text,
            "| `{}` | {} | {default} | {} |",
            parameter.name,
            match parameter.kind {
                "family" => "text, one each",
                kind => kind,
            },
            parameter.doc.replace('|', "\\|")
        )?;
    }
    Ok(text)
}
