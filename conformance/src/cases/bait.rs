//! An address that nobody may call.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::kit::{Probe, Stop, Verdict};

/// Listens on loopback; a call shows that an adapter on the same machine followed an address.
pub(in crate::cases) struct Bait {
    /// Host and port.
    pub(in crate::cases) address: String,
    calls: Arc<AtomicUsize>,
    waiting: JoinHandle<()>,
}

impl Bait {
    pub(in crate::cases) async fn lay() -> Result<Self, Stop> {
        let failed = |error: std::io::Error| Stop::failed(format!("the kit could not listen: {error}"));
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?.to_string();
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let waiting = tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        Ok(Self { address, calls, waiting })
    }

    /// Nobody has called so far.
    pub(in crate::cases) fn untouched(&self, probe: &mut Probe<'_>) -> Verdict {
        probe.check("nobody called the address in the message", self.calls.load(Ordering::Relaxed) == 0)
    }
}

impl Drop for Bait {
    fn drop(&mut self) {
        self.waiting.abort();
    }
}
