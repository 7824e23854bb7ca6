//! viestit.md §6.2, the client's rows.

use super::privacy::Lines;
use super::*;
use crate::model::letter::Recipient;
use crate::telemetry::Metrics;
use crate::viestit::mailboxes::{CheckError, MAX_CHECKED, Mailboxes};

const CHECK: &str = "/v1/mailboxes/active";

impl Bench {
    fn mailboxes(&self, metrics: &Metrics) -> Mailboxes {
        let account = Arc::new(Account::new(&self.settings, &[], &self.scratch.store, &self.scratch.world).unwrap());
        Mailboxes::new([(Arc::from("turku"), account)], metrics.clone())
    }
}

fn recipients(ids: &[&str]) -> Vec<Recipient> {
    ids.iter().map(|id| Recipient::parse(id).unwrap()).collect()
}

#[tokio::test]
async fn viestit_mbx_07_more_than_ten_thousand_are_refused_by_us() {
    let bench = Bench::new().await;
    let metrics = Metrics::new();
    let mailboxes = bench.mailboxes(&metrics);
    let many = vec![recipients(&[AINO]).remove(0); MAX_CHECKED + 1];
    assert!(matches!(mailboxes.check("turku", &many).await, Err(CheckError::TooMany)));
    assert_eq!((bench.calls(CHECK), metrics.limit_hits("mailbox_check")), (0, 1));
    assert_eq!(mailboxes.check("turku", &many[..MAX_CHECKED]).await.unwrap(), vec![true; MAX_CHECKED]);
    assert_eq!(bench.calls(CHECK), 1, "one call for all of them");
    assert!(matches!(mailboxes.check("naantali", &many[..1]).await, Err(CheckError::NoAccount)));
}

#[tokio::test]
async fn viestit_mbx_08_ids_stand_in_the_body_alone_and_nothing_is_kept() {
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(lines.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let mut bench = Bench::with(|config| config.switches.echo_input = true, |_| {}).await;
    let metrics = Metrics::new();
    let mailboxes = bench.mailboxes(&metrics);
    let asked = recipients(&[AINO, WITHOUT_MAILBOX, FIRM]);
    assert_eq!(mailboxes.check("turku", &asked).await.unwrap(), [true, false, true]);
    // Asked again it is asked again: no answer is remembered.
    bench.sim.control.set_mailbox(AINO, false);
    assert_eq!(mailboxes.check("turku", &asked).await.unwrap(), [false, false, true]);
    for fault in [Fault::Status(502), Fault::HtmlPage(400), Fault::BrokenJson] {
        bench.fault(CHECK, fault, 1);
        let error = mailboxes.check("turku", &asked).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains(AINO));
    }
    assert_eq!(bench.calls(CHECK), 5);
    drop(guard);
    let log = lines.text();
    assert!(log.contains("mailboxes could not be checked"), "{log}");
    let page = metrics.encode();
    assert!(page.contains(r#"silta_mailboxes_checked_total{tenant="turku"} 15"#), "{page}");
    bench.scratch.reopen().await.unwrap();
    let mut folders = vec![bench.scratch.folder().to_owned()];
    let mut kept = Vec::new();
    while let Some(path) = folders.pop() {
        if path.is_dir() {
            folders.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            kept.extend(std::fs::read(&path).unwrap());
        }
    }
    for id in [AINO, WITHOUT_MAILBOX, FIRM] {
        assert!(!log.contains(id) && !page.contains(id), "{id}");
        assert!(!kept.windows(id.len()).any(|window| window == id.as_bytes()), "{id} is kept");
    }
}
