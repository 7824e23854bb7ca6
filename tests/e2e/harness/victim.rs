//! An adapter in a process of its own, which a test may kill.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use super::Ground;

/// Tells a process of this program that it is the one to be killed, and names its configuration file.
const VICTIM: &str = "SILTA_E2E_VICTIM";

/// The process that is killed.
pub(crate) struct Victim {
    child: Child,
    pub(crate) addresses: BTreeMap<String, SocketAddr>,
}

impl Victim {
    /// Whether this process is one; then it has served until it was told to end. A test that starts victims asks first.
    pub(crate) fn is_here() -> bool {
        let Some(file) = std::env::var_os(VICTIM) else { return false };
        let ended = silta::cli::run(["silta".into(), "serve".into(), "--config".into(), file]);
        assert_eq!(format!("{ended:?}"), format!("{:?}", ExitCode::SUCCESS));
        true
    }

    /// Starts one by this program's test `name` of a `module_path!()`.
    pub(crate) async fn start(ground: &Ground, module: &str, name: &str) -> Self {
        let ports = ground.data().join("ports.json");
        let _ = std::fs::remove_file(&ports);
        let mut said = std::fs::OpenOptions::new();
        let said = said.create(true).append(true).open(Self::said(ground)).expect("a file");
        let here = module.split_once("::").map_or("", |(_, module)| module);
        // Where it works a dump of its memory would be left, and it begins with leave for any.
        let work = Self::work(ground);
        std::fs::create_dir_all(&work).expect("a folder");
        let mut child = Command::new("sh")
            .args(["-c", "ulimit -S -c \"$(ulimit -H -c)\"; exec \"$0\" \"$@\""])
            .arg(std::env::current_exe().expect("this program"))
            .args(["--exact", &format!("{here}::{name}"), "--nocapture"])
            .current_dir(&work)
            .env(VICTIM, &ground.file)
            .stdout(Stdio::null())
            .stderr(said)
            .spawn()
            .expect("started");
        // The operator's socket comes after the addresses of the others.
        let socket = ground.data().join("silta.sock");
        for _ in 0..1_200 {
            if let Ok(text) = std::fs::read(&ports)
                && UnixStream::connect(&socket).is_ok()
            {
                let addresses = serde_json::from_slice(&text).expect("ports.json is written whole");
                return Self { child, addresses };
            }
            if child.try_wait().expect("a child").is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        let said = std::fs::read_to_string(Self::said(ground)).expect("what it said");
        panic!("it does not start: {said}");
    }

    /// Where all victims of a ground write their log lines, and whatever else they say.
    pub(crate) fn said(ground: &Ground) -> PathBuf {
        ground.folder.path().join("said.txt")
    }

    /// The folder that it runs in.
    pub(crate) fn work(ground: &Ground) -> PathBuf {
        ground.folder.path().join("work")
    }

    /// The most memory that it has held, in bytes.
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a figure");
        let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().expect("a number");
        kibibytes << 10
    }

    /// As `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// Has it abort, as a defect would.
    pub(crate) fn abort(&mut self) -> ExitStatus {
        let told = Command::new("kill").args(["-s", "ABRT", &self.child.id().to_string()]).status().expect("kill");
        assert!(told.success());
        self.child.wait().expect("gone")
    }

    /// What it may write of its memory when it crashes: the soft and the hard limit.
    pub(crate) fn core_limits(&self) -> Vec<String> {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", self.child.id())).expect("it runs");
        let line = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).expect("a limit");
        line.split_whitespace().take(2).map(str::to_owned).collect()
    }

    /// Waits for its end, after it was told to stop.
    pub(crate) fn ended_well(&mut self) -> bool {
        self.child.wait().expect("ended").success()
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        // A test that fails leaves no process.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
