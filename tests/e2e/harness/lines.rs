//! The log lines of everything in this process, as text, for tests that look what is in them and what is not.

use std::io;
use std::sync::{Mutex, PoisonError};

use tracing_subscriber::EnvFilter;

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Sink;

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Everything that our packages say, down to trace.
pub(super) fn listen() {
    let filter = EnvFilter::new("info,silta=trace,xroad=trace,silta_client=trace");
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(|| Sink);
    subscriber.try_init().expect("nobody else listens");
}

/// All lines so far.
pub(super) fn all() -> Vec<u8> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The lines so far that hold this text.
pub(crate) fn lines_about(text: &str) -> Vec<String> {
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(&lines).lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
}
