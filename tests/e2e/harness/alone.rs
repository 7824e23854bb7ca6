//! A test in a process of its own, whose memory nobody else uses.

use std::process::Command;

/// Runs this test again in a process of its own, and gives what that has said; none there. `module` is the
/// `module_path!()` of the test.
pub(crate) fn alone(module: &str, name: &str, test: impl FnOnce()) -> Option<String> {
    const ALONE: &str = "SILTA_E2E_ALONE";
    if std::env::var_os(ALONE).is_some() {
        test();
        return None;
    }
    let program = std::env::current_exe().expect("this program");
    let here = module.split_once("::").map_or("", |(_, module)| module);
    let name = format!("{here}::{name}");
    let done = Command::new(program).args(["--exact", &name, "--nocapture"]).env(ALONE, "1").output().expect("started");
    let (said, complaints) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    println!("{said}");
    assert!(done.status.success() && said.contains("1 passed"), "{said}\n{complaints}");
    Some(format!("{said}\n{complaints}"))
}

/// A figure of this process, in bytes: `VmRSS`, what is resident; `VmHWM`, the most since the mark.
pub(crate) fn memory(line: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let found = text.lines().find_map(|it| it.strip_prefix(line)?.strip_prefix(':')?.split_whitespace().next());
    found.and_then(|it| it.parse::<u64>().ok()).expect("kibibytes") * 1024
}

/// Starts to measure anew: the highest resident memory from now on. Returns what there is now.
pub(crate) fn mark() -> u64 {
    std::fs::write("/proc/self/clear_refs", "5").expect("the mark is set");
    memory("VmRSS")
}
