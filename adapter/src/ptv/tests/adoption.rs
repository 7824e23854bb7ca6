//! What PTV holds before the catalogue does: read, taken in, adopted, and written to, never created anew.

use serde_json::Value;

use super::super::adopt::Adopted;
use super::super::plan::Planned;
use super::{Bench, key, slice};
use crate::catalogue::import;
use crate::model::Kind;
use crate::model::evidence::{Evidence, RecordKind};
use crate::store::evidence;

const NOWHERE: &str = "99999999-8888-4777-8666-555555555555";

impl Bench {
    /// What the OUT interface gives of everything that is there.
    fn out(&self) -> Vec<Value> {
        let dump = self.sim.dump();
        let mut read = Vec::new();
        for id in dump["entities"].as_object().expect("entities").keys() {
            for path in ["Organization", "Service", "ServiceChannel"] {
                let (status, body) = self.sim.handle("GET", &format!("/api/v11/{path}/{id}"), None, None);
                if status == 200 && body["id"] == id.as_str() {
                    read.push(body);
                }
            }
        }
        read
    }

    fn posts(&self) -> u64 {
        self.sim
            .writes()
            .0
            .iter()
            .filter(|((_, method, status), _)| method == "POST" && *status == 200)
            .map(|(_, count)| count)
            .sum()
    }

    fn puts(&self) -> u64 {
        self.sim
            .writes()
            .0
            .iter()
            .filter(|((_, method, status), _)| method == "PUT" && *status == 200)
            .map(|(_, count)| count)
            .sum()
    }

    async fn acts(&self) -> Vec<String> {
        let mut acts = Vec::new();
        for (writer, _) in evidence::writers(&self.store).await.expect("read") {
            for record in evidence::page(&self.store, &writer, 0, 500).await.expect("read") {
                let draft = Evidence::decode(&record.record).expect("a record").draft;
                if draft.kind == RecordKind::Act {
                    acts.push(format!("{} {}", draft.operation.unwrap_or_default(), draft.subject.unwrap_or_default()));
                }
            }
        }
        acts
    }
}

/// The whole way of a first load: PTV's content in, its twins adopted, and from then on every write is a PUT.
#[tokio::test]
async fn seed_b30_what_ptv_has_is_adopted_and_never_created_a_second_time() {
    let mut bench = Bench::new().await;
    bench.sync(slice(&["101", "102", "103"])).await;
    let out = bench.out();
    let (posted, connections) = (bench.posts(), bench.connections());
    assert!(posted > 5 && connections > 0);
    let document = serde_json::to_string(&out).expect("JSON");
    let import = import::read_document("ptv.json", &document).expect("PTV's content");
    assert_eq!(import.format, import::Format::Ptv);
    // Another process, whose catalogue is empty and whose PTV is the same.
    bench.emptied().await;
    bench.accept(import.records).await;
    let view = bench.catalogue.view("turku").expect("a view");
    let adoptable = bench.worker.adoptable();
    let mirrored = [Kind::Organisation, Kind::Channel, Kind::ServicePoint, Kind::Service];
    let all: usize = mirrored.into_iter().map(|kind| view.all(kind).count()).sum();
    assert_eq!(adoptable.len(), all, "every record carries PTV's GUID");
    for (key, guid) in &adoptable {
        assert_eq!(bench.worker.adopt(key, guid).await.expect("adopts"), Adopted::Adopted, "{key}");
        assert_eq!(bench.worker.adopt(key, guid).await.expect("adopts"), Adopted::Same);
    }
    assert_eq!(bench.acts().await.len(), all, "each is an act in the message log");
    let planned = bench.worker.plan();
    assert!(planned.iter().all(|step| step.kind == "connections" || step.act != Planned::Create), "{planned:?}");
    let (before, put) = (bench.posts(), bench.puts());
    bench.run().await;
    assert_eq!(bench.posts(), before, "nothing is created");
    assert!(bench.puts() - put >= all as u64 / 2, "{} of {all}: {:?}", bench.puts() - put, bench.troubles().await);
    assert_eq!(bench.refused(), []);
    assert_eq!(bench.connections(), connections, "the connections are those that were there");
    let asked = bench.sim.requests();
    bench.worker.want_all().await.expect("wanted");
    bench.run().await;
    assert_eq!(bench.sim.requests(), asked, "and equal from then on");
}

#[tokio::test]
async fn a_guid_that_ptv_does_not_have_is_parked_and_not_posted() {
    let bench = Bench::new().await;
    bench.accept(slice(&["101"])).await;
    let service = key(Kind::Service, "101");
    assert_eq!(bench.worker.adopt(&service, NOWHERE).await.expect("adopts"), Adopted::Adopted);
    bench.run().await;
    assert_eq!(bench.count("Service", "POST", 200), 0);
    let troubles = bench.troubles().await;
    assert!(troubles.iter().any(|it| format!("{it:?}").contains("does not have what was adopted")), "{troubles:?}");
    // Put right, it goes on; another record cannot have the same.
    let other = key(Kind::Service, "102");
    bench.accept(slice(&["102"])).await;
    assert_eq!(bench.worker.adopt(&other, NOWHERE).await.expect("asks"), Adopted::Taken(service));
    assert_eq!(bench.worker.adopt(&key(Kind::Service, "nobody"), NOWHERE).await.expect("asks"), Adopted::Unknown);
    assert_eq!(bench.worker.adopt(&other, "740").await.expect("asks"), Adopted::NotGuid);
    bench.run().await;
    assert_eq!(bench.count("Service", "POST", 200), 1, "service 102 is another one, and new");
    let held = bench.guid(Kind::Service, "102");
    let free = NOWHERE.replace('9', "7");
    assert_eq!(bench.worker.adopt(&other, &free).await.expect("asks"), Adopted::OtherTwin(held));
    let class =
        bench.catalogue.view("turku").expect("a view").all(Kind::Class).next().expect("a class").entity.key.clone();
    assert_eq!(bench.worker.adopt(&class, &free).await.expect("asks"), Adopted::NoTwin);
}
