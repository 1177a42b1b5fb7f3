//! The runtime's jar: rebuilt by Maven, committed in `runtime/dist`, compared by CI.

use anyhow::{Result, bail};
use clap::Args;

use crate::shell::{command, root};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Compare with the committed jar instead of replacing it
    #[arg(long)]
    check: bool,

    /// Leave out the `JUnit` tests
    #[arg(long)]
    skip_tests: bool,
}

pub(crate) fn run_check() -> Result<()> {
    run(&Arguments {
        check: true,
        skip_tests: false,
    })
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut maven = command(
        "mvn",
        &[
            "--batch-mode",
            "--no-transfer-progress",
            "-f",
            "runtime/java",
        ],
    );
    if arguments.skip_tests {
        maven.arg("-DskipTests");
    }
    crate::shell::run(maven.args(["clean", "package"]))?;
    let built = root().join("runtime/java/target/djwar-runtime.jar");
    let committed = root().join("runtime/dist/djwar-runtime.jar");
    if arguments.check {
        if fs_err::read(&built)? != fs_err::read(&committed)? {
            bail!(
                "runtime/dist/djwar-runtime.jar isn't what runtime/java makes: run `cargo xtask \
                 runtime` with JDK 17 and commit the result"
            );
        }
    } else {
        fs_err::copy(&built, &committed)?;
    }
    Ok(())
}
