//! The process is killed in the middle of its work, again and again: nothing that it has acknowledged is lost, no letter
//! goes out twice, and the log stays whole.
//!
//! Two callers go on as real ones do: an agency that sends an order again until it is acknowledged, and a CMS that pushes
//! newer and newer records.
//!
//! This is about the whole process: both databases, files beside them, the catalogue, and a log that has every exchange that
//! was answered. `delivered.rs` kills more often, with answers of Viestit lost, and looks at each recipient's letters only.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use conformance::security_server::{Door, RawBody, RawRequest, TlsTweaks};
use conformance::viestit::Fault;
use http::Method;
use serde_json::{Value, json};
use silta::control::{self, call};
use silta::model::evidence::Evidence;
use silta::store::testing::Scratch;
use silta::store::{Store, evidence};
use silta::world::World;

use super::database;
use super::xroad::rest::{form, order_json};
use crate::harness::{
    Call, Ground, INTAKE_KEY, Setup, TENANT, Victim, messages_call, pdf, pki, plain_door, run, services_call,
};

const KILLS: usize = 10;
const NAME: &str = "viestit_idm_09_a_process_killed_again_and_again_loses_nothing_and_sends_nothing_twice";
/// After the first acknowledgement of a round, in milliseconds: now in the middle of one thing, now of another.
const LATER: [u64; KILLS] = [0, 7, 40, 3, 110, 260, 15, 75, 160, 25];
const ELECTRONIC: &str = "/v2/messages/electronic";
const RECORDS: usize = 5;

#[test]
fn viestit_idm_09_a_process_killed_again_and_again_loses_nothing_and_sends_nothing_twice() {
    if Victim::is_here() {
        return;
    }
    run(async {
        let ground = Ground::lay(&std::env::temp_dir(), Setup::on(database())).await;
        // Slow enough for letters to be under way at any moment.
        ground.viestit.control.fault(ELECTRONIC, Fault::Delay(Duration::from_millis(80)), usize::MAX);
        let callers = Callers::default();
        for later in LATER {
            let mut victim = Victim::start(&ground, module_path!(), NAME).await;
            let before = callers.acknowledged();
            let addresses = victim.addresses.clone();
            let (agency, cms) = (callers.agency(&addresses), callers.cms(&addresses));
            let killing = async {
                while callers.acknowledged() < before + 2 {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                tokio::time::sleep(Duration::from_millis(later)).await;
                victim.kill();
            };
            tokio::join!(agency, cms, killing);
            time_passes(&ground).await;
        }
        ground.viestit.control.clear_faults();
        let mut last = Victim::start(&ground, module_path!(), NAME).await;
        callers.resend(&last.addresses).await;
        let orders = callers.orders();
        println!("{} orders and {} pushes acknowledged", orders.len(), callers.acknowledged() - orders.len());
        assert!(orders.len() > KILLS, "there was work to interrupt");

        // Each order is there under the id that was acknowledged, and its letter has gone out.
        for (order_id, id) in &orders {
            let gone = || async {
                let state = ask(&last.addresses, Call::new(Method::GET, "messages", &format!("/messages/{id}"))).await;
                assert_eq!(state["orderId"], *order_id);
                !["accepted", "submitting"].contains(&state["sends"][0]["state"].as_str().expect("a state"))
            };
            let mut tries = 0;
            while !gone().await {
                tries += 1;
                assert!(tries < 600, "{order_id} does not go out");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        let mut sent: Vec<String> = ground.viestit.control.messages().into_iter().map(|it| it.external_id).collect();
        sent.sort();
        let mut expected: Vec<String> = orders.values().map(|id| format!("{TENANT}:{id}:1")).collect();
        expected.sort();
        assert_eq!(sent, expected, "each letter once");

        // Each record is as new as was acknowledged, or newer.
        for (record, (acknowledged, pushed)) in callers.records() {
            let service = ask(&last.addresses, services_call(&format!("/killed-{record}"))).await;
            let name = service["name"]["fi"].as_str().expect("a name");
            let stored: usize = name.strip_prefix("Palvelu ").and_then(|it| it.parse().ok()).expect("a number");
            assert!((acknowledged..=pushed).contains(&stored), "{record}: {acknowledged} ≤ {stored} ≤ {pushed}");
        }
        let report = call(&ground.data().join("silta.sock"), &control::Command::LogVerify {}).await.expect("verified");
        assert_eq!(report["clean"], true, "{report}");
        call(&ground.data().join("silta.sock"), &control::Command::Shutdown {}).await.expect("told to stop");
        assert!(last.ended_well());
        recorded(&ground, &callers).await;
        ground.end().await;
    });
}

/// What the agency and the CMS have sent, and what was acknowledged.
#[derive(Default)]
struct Callers {
    number: AtomicUsize,
    acknowledged: AtomicUsize,
    /// Our order ids with the adapter's; none while nobody knows.
    orders: Mutex<BTreeMap<String, Option<String>>>,
    /// X-Road ids of exchanges that were answered.
    answered: Mutex<Vec<String>>,
    /// Record → the newest number that was acknowledged, and the newest that was pushed.
    records: Mutex<BTreeMap<usize, (usize, usize)>>,
}

impl Callers {
    fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::SeqCst)
    }

    fn orders(&self) -> BTreeMap<String, String> {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner).clone();
        orders.into_iter().map(|(ours, id)| (ours, id.expect("acknowledged"))).collect()
    }

    fn records(&self) -> BTreeMap<usize, (usize, usize)> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends orders until the connection breaks: first those again of which nobody knows.
    async fn agency(&self, addresses: &BTreeMap<String, SocketAddr>) {
        if !self.resend(addresses).await {
            return;
        }
        loop {
            let number = self.number.fetch_add(1, Ordering::SeqCst);
            if !self.order(addresses, &format!("order-{number}")).await {
                return;
            }
        }
    }

    async fn resend(&self, addresses: &BTreeMap<String, SocketAddr>) -> bool {
        let known = self.orders.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (order_id, _) in known.iter().filter(|(_, id)| id.is_none()) {
            if !self.order(addresses, order_id).await {
                return false;
            }
        }
        true
    }

    /// One order; every second one has a file that is too large for the database's rows. False when no answer came.
    async fn order(&self, addresses: &BTreeMap<String, SocketAddr>, order_id: &str) -> bool {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner).entry(order_id.to_owned()).or_default();
        let with_file = order_id.ends_with(['1', '3', '5', '7', '9']);
        let call = if with_file {
            let files = json!([{"name": "päätös.pdf", "mediaType": "application/pdf", "part": "file"}]);
            let mut call = messages_call("").without("content-type");
            call = call.with("content-type", "multipart/form-data; boundary=xx");
            call.body = RawBody::Sized(form(&order_json(order_id, &files), &[("file", &pdf(300_000))]).into());
            call
        } else {
            messages_call(order_json(order_id, &json!([])).to_string())
        };
        let xroad_id = call.header("x-road-id");
        let Ok(answer) = door().send(call.raw(&format!("https://{}", addresses["xroad"]))).await else {
            return false;
        };
        assert_eq!(answer.status, 202, "{}", answer.text());
        let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
        let id = body["id"].as_str().expect("an id").to_owned();
        let before =
            self.orders.lock().unwrap_or_else(PoisonError::into_inner).insert(order_id.to_owned(), Some(id.clone()));
        assert!(matches!(before, Some(None)), "acknowledged once");
        self.answered.lock().unwrap_or_else(PoisonError::into_inner).push(xroad_id);
        self.acknowledged.fetch_add(1, Ordering::SeqCst);
        true
    }

    /// Pushes newer and newer records until the connection breaks.
    async fn cms(&self, addresses: &BTreeMap<String, SocketAddr>) {
        loop {
            let number = self.number.fetch_add(1, Ordering::SeqCst);
            let records: Vec<Value> = (0..RECORDS)
                .map(|record| {
                    let name = format!("Palvelu {number}");
                    json!({"laji": "palvelu", "koodi": format!("killed-{record}"), "nimi_kieliversiot": {"fi": name}})
                })
                .collect();
            for record in 0..RECORDS {
                let mut known = self.records.lock().unwrap_or_else(PoisonError::into_inner);
                known.entry(record).or_insert((number, number)).1 = number;
            }
            let request = RawRequest {
                method: Method::PUT,
                url: format!("http://{}/intake/v1/{TENANT}/entities", addresses["intake"]),
                headers: vec![
                    ("authorization".to_owned(), format!("Bearer {INTAKE_KEY}").into_bytes()),
                    ("content-type".to_owned(), b"application/json".to_vec()),
                ],
                body: RawBody::Sized(Bytes::from(Value::from(records).to_string())),
            };
            let Ok(answer) = plain_door().send(request).await else { return };
            let said: Value = serde_json::from_slice(&answer.body).expect("JSON");
            assert_eq!((answer.status.as_u16(), &said["refused"]), (200, &json!(0)), "{said}");
            for record in 0..RECORDS {
                let mut known = self.records.lock().unwrap_or_else(PoisonError::into_inner);
                known.entry(record).or_insert((number, number)).0 = number;
            }
            self.acknowledged.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// A door with the security server's certificate.
fn door() -> Door {
    Door::new(Some(&pki().security_server), TlsTweaks::default()).expect("a door")
}

async fn ask(addresses: &BTreeMap<String, SocketAddr>, call: Call) -> Value {
    let answer = door().send(call.raw(&format!("https://{}", addresses["xroad"]))).await.expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_slice(&answer.body).expect("JSON")
}

/// What the dead process had claimed is free after some minutes; the test does not wait for them.
async fn time_passes(ground: &Ground) {
    let folder = tempfile::tempdir().expect("a folder");
    let scratch = Scratch::open(folder, ground.store.clone()).await.expect("beside nobody");
    scratch.tamper("UPDATE send SET lease_until = 0 WHERE lease_owner IS NOT NULL").await.expect("free");
    scratch.store.close().await;
}

/// Every exchange that was answered is in the log, committed before its answer.
async fn recorded(ground: &Ground, callers: &Callers) {
    let store = Store::open(ground.store.clone(), &World::system()).await.expect("the store");
    let mut ids = Vec::new();
    for (writer, _) in evidence::writers(&store).await.expect("writers") {
        let mut after = 0;
        loop {
            let page = evidence::page(&store, &writer, after, 500).await.expect("a page");
            let Some(last) = page.last() else { break };
            after = last.sequence;
            ids.extend(page.iter().filter_map(|it| Evidence::decode(&it.record).expect("a record").draft.xroad_id));
        }
    }
    store.close().await;
    for id in callers.answered.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        assert!(ids.contains(id), "the exchange {id} was answered and is not in the log");
    }
}
