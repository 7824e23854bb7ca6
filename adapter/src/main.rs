//! The command line. What it does stands in the library, so that tests can call it.

use std::process::ExitCode;

fn main() -> ExitCode {
    silta::cli::run(std::env::args_os())
}
