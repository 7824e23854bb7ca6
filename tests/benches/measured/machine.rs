//! What Linux says of processes and of the machine: processor time, memory, cores.

use std::time::Duration;

use anyhow::{Context as _, Result};

/// Linux counts processor time for programs in hundredths of a second, whatever its own clock is (`USER_HZ`, proc(5)).
const TICKS: u64 = 100;

/// The processor time that a process has used, in itself and in the system for it.
pub(crate) fn used_by(process: u32) -> Result<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).context("processor time of a process")?;
    // The name stands in brackets and may hold anything; user and system time are the 12th and 13th field behind it.
    let fields = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 1000 / TICKS))
}

/// The processor time that everybody has used since the start of the machine, all cores together.
pub(crate) fn used_by_all() -> Result<Duration> {
    let text = std::fs::read_to_string("/proc/stat").context("processor time of the machine")?;
    let fields = text.lines().next().unwrap_or_default().split_whitespace().skip(1).take(8);
    // user, nice, system, idle, iowait, irq, softirq, steal: the fourth and fifth are rest.
    let busy = fields.enumerate().filter(|(index, _)| !matches!(index, 3 | 4)).map(|(_, field)| field);
    let ticks: u64 = busy.filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 1000 / TICKS))
}

/// A line of a process's memory (`VmRSS` resident now, `VmHWM` at its highest), in bytes.
pub(crate) fn memory(process: u32, line: &str) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).context("memory of a process")?;
    let found = text.lines().find_map(|it| it.strip_prefix(line)?.strip_prefix(':'));
    let kibibytes = found.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.map(|number| number * 1024).with_context(|| format!("{line} of a process"))
}

/// How many files this process and those that it starts may have open.
pub(crate) fn open_files() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/self/limits").context("limits of this process")?;
    let line = text.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    soft.context("the limit of open files")
}

pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
