//! The running account: what a person reads while the job is done. Plain lines; an output that is closed loses them.

use std::fmt::Display;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// Where the account goes. With `--json` that is standard error, so that standard output holds the object alone.
pub struct Account(Mutex<Box<dyn Write + Send>>);

impl Account {
    pub fn new(out: impl Write + Send + 'static) -> Account {
        Account(Mutex::new(Box::new(out)))
    }

    /// A line at the left edge, with an empty one before it.
    pub fn heading(&self, text: impl Display) {
        self.line(format_args!("\n{text}"));
    }

    /// What happened, below its heading.
    pub fn say(&self, text: impl Display) {
        self.line(format_args!("   {text}"));
    }

    pub fn line(&self, text: impl Display) {
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody reads a closed output, and the job does not depend on being read.
        let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    }
}
