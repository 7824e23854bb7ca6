//! Did the response leave? The evidence of an exchange wants to know (xroad.md §9.9 TR-08).
//!
//! *Delivered* means that the operating system has taken every byte of the response; what the peer does with them
//! cannot be known here.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// What became of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivered {
    Yes,
    /// The connection ended before all of it was taken.
    No,
}

/// Put among a response's extensions: is told once what became of the response, whatever happens.
#[derive(Clone)]
pub struct Delivery {
    inner: Arc<Inner>,
}

type Tell = Box<dyn FnOnce(Delivered) + Send>;

struct Inner {
    tell: Mutex<Option<Tell>>,
}

impl Delivery {
    pub fn new(tell: impl FnOnce(Delivered) + Send + 'static) -> Self {
        Self { inner: Arc::new(Inner { tell: Mutex::new(Some(Box::new(tell))) }) }
    }

    pub(crate) fn report(&self, delivered: Delivered) {
        self.inner.report(delivered);
    }
}

impl Inner {
    fn report(&self, delivered: Delivered) {
        let tell = self.tell.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(tell) = tell {
            tell(delivered);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.report(Delivered::No);
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Delivery")
    }
}
