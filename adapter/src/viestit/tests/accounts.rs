//! Tenants that send through one system account.

use super::*;
use crate::store::Commit;

const TURKU: &str = "turku";
const NAANTALI: &str = "naantali";

struct Shared {
    bench: Bench,
    orders: Orders,
    workers: [Worker; 2],
}

impl Shared {
    async fn new(configure: impl FnOnce(&mut ViestitConfig), pace: [u32; 2], world: Option<&World>) -> Shared {
        let bench = Bench::with(configure, |_| {}).await;
        let settings = [(TURKU, pace[0]), (NAANTALI, pace[1])].map(|(tenant, pace_per_second)| {
            let base = settings(&bench.sim.base_url);
            Arc::new(Settings { tenant: tenant.into(), external_prefix: tenant.to_owned(), pace_per_second, ..base })
        });
        let (store, world) = (&bench.scratch.store, world.unwrap_or(&bench.scratch.world).clone());
        let account = Arc::new(Account::new(&settings[0], &[&settings[1]], store, &world).unwrap());
        let orders = Orders::new(store.clone(), world.clone(), settings.clone());
        let workers = settings.each_ref().map(|of| worker_of(Arc::clone(&account), of, store, &world));
        Shared { bench, orders, workers }
    }

    async fn accept(&self, tenant: &str, draft: OrderDraft) {
        let order = LetterOrder::parse(draft).unwrap();
        let mut accepted = self.orders.accept(tenant, CLIENT, &order).await.unwrap();
        let mut commit = Commit::new().with(accepted.statements.drain(..));
        commit.evidence = accepted.evidence.clone();
        self.bench.scratch.store.commit(commit).await.unwrap();
    }

    async fn run(&self) {
        let [one, other] = &self.workers;
        while one.run_due().await.unwrap() | other.run_due().await.unwrap() {}
    }
}

#[tokio::test]
async fn two_tenants_of_one_account_keep_its_pace_together() {
    let people = people(40);
    let configure = |config: &mut ViestitConfig| {
        config.active_mailboxes.clone_from(&people);
        config.clock = Arc::new(conformance::viestit::SystemClock);
    };
    let shared = Shared::new(configure, [100, 400], Some(&World::system())).await;
    let recipients: Vec<&str> = people.iter().map(String::as_str).collect();
    for tenant in [TURKU, NAANTALI] {
        shared.accept(tenant, draft("o-1", &recipients)).await;
    }
    let [one, other] = &shared.workers;
    let work = async |worker: &Worker| while worker.run_due().await.unwrap() {};
    tokio::join!(work(one), work(other));
    let arrivals = shared.bench.arrivals(ELECTRONIC);
    assert_eq!((arrivals.len(), shared.bench.calls(TOKEN)), (80, 1));
    let span = arrivals[79].duration_since(arrivals[0]);
    // The slower of the two paces, 100 a second; 10 % for what the machine is late with at the ends.
    assert!(span >= SignedDuration::from_millis(79 * 9), "{span:?}");
    for (worker, other) in [(one, NAANTALI), (other, TURKU)] {
        let status = worker.status().await.unwrap();
        assert_eq!((status.submitted, status.shared_with.as_slice()), (40, [other.to_owned()].as_slice()));
    }
}

#[tokio::test]
async fn what_stops_or_holds_an_account_holds_for_all_its_tenants() {
    let shared = Shared::new(|_| {}, [1_000_000; 2], None).await;
    shared.bench.fault(ELECTRONIC, Fault::TooManyRequests(Some(30)), 1);
    shared.accept(TURKU, draft("o-1", &[AINO])).await;
    shared.accept(NAANTALI, draft("o-1", &[AINO])).await;
    shared.run().await;
    assert_eq!(shared.bench.calls(ELECTRONIC), 1, "the other tenant waits as well");
    shared.bench.advance(Duration::from_secs(40));
    shared.run().await;
    assert_eq!(shared.bench.stored().len(), 2);
    shared.bench.fault(ELECTRONIC, Fault::Status(401), 2);
    shared.accept(TURKU, draft("o-2", &[AINO])).await;
    shared.accept(NAANTALI, draft("o-2", &[AINO])).await;
    shared.run().await;
    assert_eq!((shared.bench.stored().len(), shared.bench.calls(TOKEN)), (2, 2));
    for worker in &shared.workers {
        let status = worker.status().await.unwrap();
        assert!(status.stopped.unwrap().contains("401"));
        assert_eq!(status.accepted, 1, "nothing is lost");
    }
}

#[tokio::test]
async fn a_tenant_alone_shares_with_nobody() {
    let bench = Bench::new().await;
    assert_eq!(bench.worker.status().await.unwrap().shared_with, Vec::<String>::new());
}
