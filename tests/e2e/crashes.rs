//! Crashes with a letter in memory (viestit.md §6.11, PRIV-03): nothing of it is in what they leave behind.

use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use conformance::security_server::{Door, TlsTweaks};
use conformance::viestit::Fault;
use serde_json::json;

use crate::harness::alone::alone;
use crate::harness::{
    Database, Ground, Multipart, RECIPIENT, Search, Setup, Victim, echo, lines_about, messages_call, own, pki, run,
};

const ABORTS: &str = "viestit_priv_03_a_process_that_aborts_leaves_nothing_of_a_letter_behind";
const PANICS: &str = "viestit_priv_03_a_panic_with_a_letter_in_memory_tells_nothing_of_it";
const ELECTRONIC: &str = "/v2/messages/electronic";
const MARKERS: [&str; 3] = ["MERKKIOTSIKKO", "MERKKITEKSTI", "MERKKITIEDOSTO"];
const SIGABRT: i32 = 6;

fn markers() -> Search {
    Search::of(MARKERS.map(|marker| ("a marker", marker.to_owned())))
}

#[test]
fn viestit_priv_03_a_process_that_aborts_leaves_nothing_of_a_letter_behind() {
    if Victim::is_here() {
        return;
    }
    run(async {
        let ground = Ground::lay(&std::env::temp_dir(), Setup::on(Database::Sqlite)).await;
        // The letter is under way until the end.
        ground.viestit.control.fault(ELECTRONIC, Fault::Delay(Duration::from_mins(2)), usize::MAX);
        let mut victim = Victim::start(&ground, module_path!(), ABORTS).await;
        let order = json!({
            "orderId": "order-1", "recipients": [{"id": RECIPIENT}], "title": "MERKKIOTSIKKO", "body": "MERKKITEKSTI",
            "attachments": [{"name": "MERKKITIEDOSTO.txt", "mediaType": "text/plain", "content": "TUVSS0tJVEVLU1RJ"}],
        });
        let url = format!("https://{}", victim.addresses["xroad"]);
        let door = Door::new(Some(&pki().security_server), TlsTweaks::default()).expect("a door");
        let answer = door.send(messages_call(order.to_string()).raw(&url)).await.expect("an answer");
        assert_eq!(answer.status, 202, "{}", answer.text());
        let mut waits = 0;
        while ground.viestit.control.call_count(ELECTRONIC) == 0 {
            waits += 1;
            assert!(waits < 600, "the letter is never sent");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(victim.core_limits(), ["0", "0"]);
        let ended = victim.abort();
        assert_eq!((ended.signal(), ended.core_dumped()), (Some(SIGABRT), false), "{ended:?}");
        assert_eq!(std::fs::read_dir(Victim::work(&ground)).expect("its folder").count(), 0, "it leaves no file");
        // Everything around it, and what it said.
        let mut search = markers();
        search.folder(ground.folder.path());
        search.end();
        ground.end().await;
    });
}

#[test]
fn viestit_priv_03_a_panic_with_a_letter_in_memory_tells_nothing_of_it() {
    let said = alone(module_path!(), PANICS, || {
        // As `silta serve` does.
        silta::telemetry::hush_panics();
        own(Setup::echoing(Database::Sqlite, |_| {}), async |case| {
            // The panic quotes the whole body of the request.
            let message = Multipart::swa(echo::request(&format!("MERKKIOTSIKKO MERKKITEKSTI {RECIPIENT}")))
                .file("MERKKITIEDOSTO", b"MERKKITEKSTI".to_vec());
            let answer = case.multipart(&message).await;
            let fault = case.fault(&answer, "Server").await;
            assert_eq!((fault.text.as_str(), fault.error.as_deref()), ("the service failed", Some("internal")));
            let metrics = case.adapter.metrics().await;
            assert!(metrics.contains("silta_panics_total{place=\"exchange\"} 1"), "{metrics}");
            let lines = lines_about("");
            let told = lines.iter().filter(|line| line.contains("panic") && line.contains("echo.rs:")).count();
            assert_eq!(told, 1, "the log says where");
            let mut search = markers();
            search.text("the fault", answer.text().as_bytes());
            search.text("the metrics", metrics.as_bytes());
            search.text("the log lines", lines.join("\n").as_bytes());
            search.folder(&case.adapter.data());
            search.end();
        });
    });
    if let Some(said) = said {
        let mut search = markers();
        search.text("what the process said", said.as_bytes());
        search.end();
    }
}
