//! viestit.md §6.11, PRIV rows: nothing personal in logs, errors, status or tables.

use std::io;
use std::sync::Mutex;

use tracing_subscriber::fmt::MakeWriter;

use super::*;

/// Collects log lines of this thread at the finest level.
#[derive(Clone, Default)]
pub(super) struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Lines;

    fn make_writer(&'a self) -> Lines {
        self.clone()
    }
}

impl Lines {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

#[tokio::test]
async fn viestit_priv_01_02_07_markers_appear_in_no_log_or_error() {
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(lines.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);

    // PRIV-02: the remote repeats the recipient's code in its error texts.
    let bench = Bench::with(|config| config.switches.echo_input = true, |_| {}).await;
    let secret = |order: &str, recipient: &str| {
        let mut draft = with_pdf(order, &[recipient]);
        draft.title = "MARKER-TITLE".to_owned();
        draft.body = "MARKER-BODY".to_owned();
        draft.attachments[0].name = "MARKER-FILE.pdf".to_owned();
        draft
    };
    let mut shown = Vec::new();
    for fault in [
        Fault::Status(500),
        Fault::CutAfterCommit,
        Fault::BrokenJson,
        Fault::HtmlPage(400),
        Fault::TooManyRequests(None),
        Fault::Status(403),
        Fault::TooLargeText,
    ] {
        bench.fault(ELECTRONIC, fault.clone(), 1);
        let order = format!("o-{}", bench.calls(ELECTRONIC));
        let accepted = bench.accept(secret(&order, AINO)).await;
        bench.run().await;
        shown.push(format!("{:?} {:?}", bench.status(&accepted).await, bench.worker.status().await.unwrap()));
        bench.next().await;
    }
    let refused = bench.accept(secret("o-refused", WITHOUT_MAILBOX)).await;
    bench.run().await;
    assert_eq!(bench.states(&refused).await, [SendState::Failed]);
    shown.push(format!("{:?} {:?}", bench.status(&refused).await, bench.worker.status().await.unwrap()));
    for error in [
        bench.accept_from(CLIENT, secret("o-refused", AINO)).await.unwrap_err(),
        bench
            .accept_from(CLIENT, OrderDraft { title: "MARKER".repeat(99), ..secret("o-x", "010594-MARK") })
            .await
            .unwrap_err(),
    ] {
        shown.push(format!("{error} {error:?}"));
    }
    bench.sim.control.drop_tokens();
    bench.feed.poll().await.unwrap();
    shown.push(format!("{:?}", bench.settings));
    drop(guard);
    let shown = shown.join("\n");

    let log = lines.text();
    assert!(log.contains("trace_id") && log.contains("MAILBOX_NOT_IN_USE"), "the log tells what support asks for");
    for marker in ["MARKER", AINO, WITHOUT_MAILBOX, "010594", PASSWORD] {
        assert!(!log.contains(marker), "{marker} is in the log");
        assert!(!shown.contains(marker), "{marker} is shown: {shown}");
    }
    // PRIV-07: a token is 64 hexadecimal digits in the simulator.
    assert!(!has_run_of_hex(&log, 64), "a token is in the log");
}

#[tokio::test]
async fn nothing_personal_lies_open_in_the_store() {
    let mut bench = Bench::new().await;
    let mut order = with_pdf("o-1", &[AINO]);
    order.body = "MARKER-BODY".to_owned();
    order.attachments[0].name = "MARKER-NAME.pdf".to_owned();
    order.attachments[0].content = Bytes::from_static(b"%PDF-1.7 MARKER-CONTENT");
    bench.accept(order).await;
    bench.run().await;
    bench.feed.poll().await.unwrap();
    bench.scratch.reopen().await.unwrap();
    let mut files = vec![bench.scratch.folder().to_owned()];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let content = std::fs::read(&path).unwrap();
        for marker in ["MARKER", AINO] {
            let found = content.windows(marker.len()).any(|window| window == marker.as_bytes());
            assert!(!found, "{marker} lies open in {}", path.display());
        }
    }
}

#[tokio::test]
async fn a_letter_that_an_older_version_accepted_goes_out_with_its_files() {
    let mut bench = Bench::new().await;
    let mut order = with_pdf("o-1", &[AINO]);
    order.attachments.push(AttachmentDraft {
        name: "liite.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        content: Bytes::from_static(b"liite"),
    });
    let accepted = bench.accept(order).await;
    bench.scratch.close_as_before_18("MARKER").await.unwrap();
    bench.scratch.reopen().await.unwrap();
    let upgraded = worker(&bench.settings, &bench.scratch.store, &bench.scratch.world);
    while upgraded.run_due().await.unwrap() {}
    let sent = bench.sim.control.messages();
    assert_eq!(bench.stored(), [format!("turku:{}:1", accepted.id)]);
    let files: Vec<_> = sent[0].files.iter().map(|file| (&*file.name, &*file.media_type)).collect();
    assert_eq!(files, [("päätös.pdf", "application/pdf"), ("liite.txt", "text/plain")]);
}

fn has_run_of_hex(text: &str, length: usize) -> bool {
    text.split(|c: char| !c.is_ascii_hexdigit()).any(|run| run.len() >= length)
}
