//! What stands in memory reaches no disk by a crash: a core dump would hold letters, keys and tokens in clear.

use std::io;

use rustix::process::{Resource, Rlimit, setrlimit};

/// Turns core dumps of this process off, wherever the system would write them to or hand them to.
pub(super) fn off() -> io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    // A program that the kernel hands dumps to is not bound by the limit.
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}
