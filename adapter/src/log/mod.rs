//! The message log as evidence: chain, verification.
