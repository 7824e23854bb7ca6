//! The command line. What it does stands in the library, so that tests can call it.

use std::process::ExitCode;

/// Many small short-lived values for each exchange are what Silta allocates.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    silta::cli::run(std::env::args_os())
}
