//! The thin binary: hands the arguments to the library and exits with its status.

use std::process::ExitCode;

fn main() -> ExitCode {
    djwar::cli::run(std::env::args_os())
}
