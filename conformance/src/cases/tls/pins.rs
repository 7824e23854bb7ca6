//! Pins that change while requests come.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use super::doors::refused;
use super::{door, get, internal, pinned, stranger, unmade, url};
use crate::ca::{Identity, hostile};
use crate::kit::{Probe, Stop, Verdict};
use crate::security_server::Door;

/// Certificates in files, for the adapter to read.
pub(super) struct Files(TempDir);

impl Files {
    pub(super) fn new() -> Result<Self, Stop> {
        tempfile::tempdir().map(Self).map_err(|error| Stop::failed(format!("the kit could not make a folder: {error}")))
    }

    /// Writes certificate and key and gives their paths.
    pub(super) fn put(&self, name: &str, identity: &Identity) -> Result<(String, String), Stop> {
        let written = |suffix: &str, text: String| -> Result<String, Stop> {
            let path = self.0.path().join(format!("{name}.{suffix}.pem"));
            std::fs::write(&path, text).map_err(|error| Stop::failed(format!("the kit could not write: {error}")))?;
            Ok(path.display().to_string())
        };
        Ok((written("cert", identity.certificate_pem())?, written("key", identity.key_pem())?))
    }
}

/// Puts pins and certificate back, whatever became of the case.
pub(super) async fn put_back(probe: &mut Probe<'_>, verdict: Verdict) -> Verdict {
    probe.step("what was there at first is put back");
    let back = probe.act("reload", json!({})).await;
    verdict?;
    back.map(drop)
}

pub(super) async fn tl_02(probe: &mut Probe<'_>) -> Verdict {
    let (own, url) = (pinned(probe)?, url(probe));
    // basicConstraints is critical with cA TRUE, and there is no extKeyUsage (their object identifiers in DER).
    let holds = |bytes: &[u8]| memchr::memmem::find(own.certificate(), bytes);
    let authority = holds(&[0x55, 0x1D, 0x13, 0x01, 0x01, 0xFF, 0x04])
        .and_then(|at| own.certificate().get(at + 7..at + 13))
        .is_some_and(|value| matches!(value, [_, 0x30, _, 0x01, 0x01, 0xFF]));
    if authority && holds(&[0x55, 0x1D, 0x25]).is_none() {
        probe.sent(format!("GET {url} with the --client-cert, which is a CA certificate without extended key usage"));
        let answer = get(&door(Some(own), false)?, &url).await;
        return probe.check("it is accepted", answer.is_ok_and(|it| it.status == 200));
    }
    let (files, other) = (Files::new()?, stranger()?);
    let verdict = async {
        probe.act("reload", json!({ "pins": [files.put("other", &other)?.0] })).await?;
        probe.sent(format!("GET {url} with a CA certificate without extended key usage"));
        let answer = get(&door(Some(&other), false)?, &url).await;
        probe.check("it is accepted", answer.is_ok_and(|it| it.status == 200))
    }
    .await;
    put_back(probe, verdict).await
}

/// Requests that go on while something changes; counts them, and those that fail.
struct Traffic {
    busy: Arc<AtomicBool>,
    failed: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<usize>,
}

impl Traffic {
    fn start(door: Door, url: String) -> Self {
        let (busy, failed) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
        let (going, failing) = (Arc::clone(&busy), Arc::clone(&failed));
        let task = tokio::spawn(async move {
            let mut sent = 0;
            while going.load(Ordering::SeqCst) {
                if !get(&door, &url).await.is_ok_and(|answer| answer.status == 200) {
                    failing.fetch_add(1, Ordering::SeqCst);
                }
                sent += 1;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            sent
        });
        Self { busy, failed, task }
    }

    /// Waits for the request under way; how many were sent, and how many failed.
    async fn stop(self) -> (usize, usize) {
        self.busy.store(false, Ordering::SeqCst);
        (self.task.await.unwrap_or_default(), self.failed.load(Ordering::SeqCst))
    }
}

pub(super) async fn tl_06(probe: &mut Probe<'_>) -> Verdict {
    let (own, url) = (pinned(probe)?, url(probe));
    let (files, renewed) = (Files::new()?, stranger()?);
    let (old_file, new_file) = (files.put("old", own)?.0, files.put("new", &renewed)?.0);
    let (old, new) = (door(Some(own), false)?, door(Some(&renewed), false)?);
    let pause = || tokio::time::sleep(Duration::from_millis(300));
    let verdict = async {
        probe.step("the new certificate is pinned beside the old one, under traffic");
        let traffic = Traffic::start(old, url.clone());
        pause().await;
        let both = probe.act("reload", json!({ "pins": [old_file, new_file] })).await;
        pause().await;
        let (sent, failed) = traffic.stop().await;
        both?;
        probe.check(format!("none of {sent} requests failed; {failed} did"), sent > 0 && failed == 0)?;

        probe.step("the security server has changed; the old certificate's pin goes");
        let traffic = Traffic::start(new, url.clone());
        pause().await;
        let one = probe.act("reload", json!({ "pins": [new_file] })).await;
        pause().await;
        let (sent, failed) = traffic.stop().await;
        one?;
        probe.check(format!("none of {sent} requests failed; {failed} did"), sent > 0 && failed == 0)
    }
    .await;
    put_back(probe, verdict).await
}

pub(super) async fn tl_07(probe: &mut Probe<'_>) -> Verdict {
    let (own, url) = (pinned(probe)?, url(probe));
    let (files, removed) = (Files::new()?, stranger()?);
    let (own_file, removed_file) = (files.put("own", own)?.0, files.put("removed", &removed)?.0);
    let theirs = door(Some(&removed), true)?;
    let verdict = async {
        probe.step("pinned");
        probe.act("reload", json!({ "pins": [own_file, removed_file] })).await?;
        let answer = get(&theirs, &url).await;
        probe.check("a request is served", answer.is_ok_and(|it| it.status == 200))?;
        let resumed = match theirs.handshake(&url).await {
            Ok((_, handshake)) => handshake.is_some_and(|it| it.resumed),
            Err(error) => return probe.check(format!("a second handshake: {}", error.text), false),
        };
        probe.note(if resumed { "The session was resumed." } else { "The adapter resumes no session." });

        probe.step("the pin is gone, the session is still held");
        probe.act("reload", json!({ "pins": [own_file] })).await?;
        let holds = match get(&theirs, &url).await {
            Err(rejection) => {
                probe.note(format!("No answer: {}", rejection.text));
                true
            }
            Ok(answer) => (400..500).contains(&answer.status.as_u16()),
        };
        probe.check("the handshake or the request is refused", holds)
    }
    .await;
    put_back(probe, verdict).await
}

pub(super) async fn tl_08(probe: &mut Probe<'_>) -> Verdict {
    let (own, url) = (pinned(probe)?, url(probe));
    let today = jiff::Zoned::now().date();
    let (files, expired) = (Files::new()?, hostile::expired(&internal(), today).map_err(|error| unmade(&error))?);
    let (own_file, expired_file) = (files.put("own", own)?.0, files.put("expired", &expired)?.0);
    let verdict = async {
        probe.step("by default");
        probe.act("reload", json!({ "pins": [own_file, expired_file] })).await?;
        let answer = get(&door(Some(&expired), false)?, &url).await;
        probe.check("the expired certificate is accepted", answer.is_ok_and(|it| it.status == 200))?;
        probe.step("in strict mode");
        match probe.act("reload", json!({ "pins": [own_file, expired_file], "strict": true })).await {
            Ok(_) => refused(probe, "the expired certificate", Some(&expired)).await,
            Err(Stop::NotApplicable(why)) => {
                probe.note(format!("Not looked at: {why}"));
                Ok(())
            }
            Err(other) => Err(other),
        }
    }
    .await;
    put_back(probe, verdict).await
}
