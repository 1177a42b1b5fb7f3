//! `djwar init`: a `djwar.toml` with what was detected.

use std::io::Write as _;

use camino::Utf8PathBuf;
use clap::Args;

use super::{Common, Outcome, common};
use crate::config::{CONFIGURATION_FILE, RawValues, is_configured};
use crate::error::{Failure, Kind};
use crate::plan::plan;
use crate::render::configuration;
use crate::report::{Report, Stderr};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The project's folder
    #[arg(default_value = ".")]
    project: Utf8PathBuf,
}

pub(super) fn run(options: &Common, arguments: &Arguments, report: Stderr) -> Outcome {
    let root = common::absolute(&arguments.project)?;
    if let Some(file) = is_configured(&root)? {
        return Err(Failure::new(
            Kind::Usage,
            format!("`{file}` holds a configuration of djwar already"),
        )
        .with_hint("change it there, or remove it and run `djwar init` again"));
    }
    let (project, config) = options.project(&arguments.project, RawValues::new())?;
    let plan = plan(&project, &config)?;
    let path = root.join(CONFIGURATION_FILE);
    let text = configuration(&project, &plan);
    // Never over a file that came in the meantime.
    fs_err::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Failure::new(Kind::Environment, error.to_string()))?;
    report.status("Wrote what was detected; `djwar plan` says what a build makes of it");
    common::say(path.as_str())?;
    Ok(0)
}
