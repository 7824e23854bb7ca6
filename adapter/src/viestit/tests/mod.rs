//! The client's cases of viestit.md §6 against the simulator, with a real store. Time moves by hand on both sides.

mod accounts;
mod attachments;
mod bulletins;
mod decisions;
mod electronic;
mod erasure;
mod events;
mod feeds;
mod idempotency;
mod mailboxes;
mod many;
mod paper;
mod parties;
mod passwords;
mod privacy;
mod raw;
mod receipts;
mod replies;
mod token;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use conformance::viestit::{Clock, Fault, Switches, SystemAccount, TestClock, ViestitConfig, ViestitSimulator};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use super::*;
use crate::model::letter::{AttachmentDraft, LetterOrder, OrderDraft, SendState};
use crate::store::testing::Scratch;
use crate::store::{Commit, Store};
use crate::telemetry::Metrics;
use crate::world::World;

const AINO: &str = "010594Y9032";
const BENGT: &str = "020594X903P";
const FIRM: &str = "1234567-1";
const WITHOUT_MAILBOX: &str = "030594W903B";
const CLIENT: &str = "FI-TEST/GOV/9999906-0/asiointi";
const OTHER_CLIENT: &str = "FI-TEST/MUN/1234567-1/muu";
const SERVICE: &str = "esimerkki_service_1";
const SYSTEM: &str = "esimerkki_rest_system";
const PASSWORD: &str = "not-a-real-password-AAAA-0000-bbbb!";
const TOKEN: &str = "/v1/token";
const ELECTRONIC: &str = "/v2/messages/electronic";
const UPLOADS: &str = "/v2/attachments";
const LOOK_UP: &str = "/v1/messages/id";
const EVENTS: &str = "/v2/events";

/// The simulator by the adapter's clock.
struct Same(World);

impl Clock for Same {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

/// A store, a simulator, and the worker between them.
struct Bench {
    scratch: Scratch,
    sim: ViestitSimulator,
    sim_clock: Arc<TestClock>,
    settings: Arc<Settings>,
    orders: Orders,
    worker: Worker,
    feed: Feed,
    metrics: Metrics,
}

impl Bench {
    async fn new() -> Bench {
        Bench::with(|_| {}, |_| {}).await
    }

    async fn with(configure: impl FnOnce(&mut ViestitConfig), adjust: impl FnOnce(&mut Settings)) -> Bench {
        let scratch = Scratch::sqlite().await.unwrap();
        let sim_clock = Arc::new(TestClock::new(scratch.world.now()));
        let mut config = ViestitConfig {
            clock: Arc::clone(&sim_clock) as Arc<dyn Clock>,
            systems: vec![SystemAccount {
                user_name: SYSTEM.to_owned(),
                password: PASSWORD.to_owned(),
                services: vec![SERVICE.to_owned(), "esimerkki_service_2".to_owned()],
            }],
            active_mailboxes: vec![AINO.to_owned(), BENGT.to_owned(), FIRM.to_owned()],
            ..ViestitConfig::default()
        };
        configure(&mut config);
        let sim = ViestitSimulator::start(config).await.unwrap();
        let mut settings = settings(&sim.base_url);
        adjust(&mut settings);
        let settings = Arc::new(settings);
        let orders = Orders::new(scratch.store.clone(), scratch.world.clone(), [Arc::clone(&settings)]);
        let account = Arc::new(Account::new(&settings, &[], &scratch.store, &scratch.world).unwrap());
        let worker = worker_of(Arc::clone(&account), &settings, &scratch.store, &scratch.world);
        let metrics = Metrics::new();
        let feed = feed_of(account, vec![Arc::clone(&settings)], &scratch.store, &scratch.world, &metrics);
        Bench { scratch, sim, sim_clock, settings, orders, worker, feed, metrics }
    }

    /// Moves both clocks.
    fn advance(&self, by: Duration) {
        self.scratch.clock.advance(by);
        self.sim_clock.advance(SignedDuration::try_from(by).unwrap());
    }

    /// Accepts and commits, as a door does.
    async fn accept(&self, draft: OrderDraft) -> Accepted {
        self.accept_from(CLIENT, draft).await.unwrap()
    }

    async fn accept_from(&self, client: &str, draft: OrderDraft) -> Result<Accepted, AcceptError> {
        let order = LetterOrder::parse(draft).map_err(AcceptError::Findings)?;
        let mut accepted = self.orders.accept("turku", client, &order).await?;
        let mut commit = Commit::new().with(accepted.statements.drain(..));
        commit.evidence = accepted.evidence.clone();
        self.scratch.store.commit(commit).await.unwrap();
        Ok(accepted)
    }

    /// Runs until nothing is due.
    async fn run(&self) {
        for _ in 0..1000 {
            let worked = self.worker.run_due().await.unwrap() | self.feed.run_due().await.unwrap();
            if !worked {
                return;
            }
        }
        panic!("there is always something due");
    }

    /// Moves the clocks to when something is due and runs; gives the pause.
    async fn next(&self) -> Duration {
        let pause = self.worker.idle(Duration::from_hours(100)).await.unwrap();
        self.advance(pause);
        self.run().await;
        pause
    }

    async fn status(&self, accepted: &Accepted) -> OrderStatus {
        self.orders.status("turku", CLIENT, &accepted.id).await.unwrap().unwrap()
    }

    /// The states of an order's Sends.
    async fn states(&self, accepted: &Accepted) -> Vec<SendState> {
        self.status(accepted).await.sends.iter().map(|send| send.state).collect()
    }

    fn fault(&self, path: &str, fault: Fault, times: usize) {
        self.sim.control.fault(path, fault, times);
    }

    /// The external ids that the simulator holds.
    fn stored(&self) -> Vec<String> {
        self.sim.control.messages().into_iter().map(|message| message.external_id).collect()
    }

    fn calls(&self, path: &str) -> usize {
        self.sim.control.call_count(path)
    }

    /// When calls of a path arrived.
    fn arrivals(&self, path: &str) -> Vec<Timestamp> {
        self.sim.control.calls().into_iter().filter(|call| call.path == path).map(|call| call.at).collect()
    }

    fn switch(&self, change: impl FnOnce(&mut Switches)) {
        self.sim.control.switch(change);
    }
}

/// Polls only when told to, so that tests count sending calls alone.
fn settings(url: &str) -> Settings {
    Settings {
        pace_per_second: 1_000_000,
        parallel: Some(1),
        poll_every: Duration::from_hours(1000),
        ..Settings::new("turku", url, SYSTEM, SecretString::from(PASSWORD), SERVICE)
    }
}

fn worker(settings: &Arc<Settings>, store: &Store, world: &World) -> Worker {
    worker_that_waits(Duration::from_mins(1), settings, store, world)
}

fn worker_that_waits(timeout: Duration, settings: &Arc<Settings>, store: &Store, world: &World) -> Worker {
    let account = Arc::new(Account::with_timeout(settings, &[], store, world, timeout).unwrap());
    worker_of(account, settings, store, world)
}

fn worker_of(account: Arc<Account>, settings: &Arc<Settings>, store: &Store, world: &World) -> Worker {
    Worker::new(Arc::clone(settings), account, store.clone(), world.clone()).unwrap()
}

/// A feed whose first reading is not due.
fn feed_of(
    account: Arc<Account>,
    members: Vec<Arc<Settings>>,
    store: &Store,
    world: &World,
    metrics: &Metrics,
) -> Feed {
    let feed = Feed::new(account, members, store.clone(), world.clone(), metrics.clone()).unwrap();
    *worker::lock(&feed.next_poll) = Duration::from_hours(1000);
    feed
}

fn draft(order_id: &str, recipients: &[&str]) -> OrderDraft {
    OrderDraft {
        order_id: order_id.to_owned(),
        recipients: recipients.iter().map(|id| (*id).into()).collect(),
        title: "Päätös".to_owned(),
        body: "Päätös on tehty.".to_owned(),
        ..OrderDraft::default()
    }
}

fn with_pdf(order_id: &str, recipients: &[&str]) -> OrderDraft {
    let content = Bytes::from_static(b"%PDF-1.7 example");
    let file = AttachmentDraft { name: "päätös.pdf".to_owned(), media_type: "application/pdf".to_owned(), content };
    OrderDraft { attachments: vec![file], ..draft(order_id, recipients) }
}

/// `count` codes of people who do not exist, all with an active mailbox after [`Bench::with`] was told so.
fn people(count: usize) -> Vec<String> {
    let code = |number: usize| {
        let check = "0123456789ABCDEFHJKLMNPRSTUVWXY".as_bytes()[(10_594_000 + 900 + number) % 31] as char;
        format!("010594Y{}{check}", 900 + number)
    };
    (0..count).map(code).collect()
}

/// Very many of them.
fn crowd(count: usize) -> Vec<String> {
    let code = |number: usize| {
        let (serial, day, month) = (900 + number % 100, 1 + number / 100 % 28, 1 + number / 2_800 % 12);
        let year = 50 + number / 33_600;
        let digits = ((day * 100 + month) * 100 + year) * 1000 + serial;
        let check = "0123456789ABCDEFHJKLMNPRSTUVWXY".as_bytes()[digits % 31] as char;
        format!("{day:02}{month:02}{year:02}-{serial}{check}")
    };
    (0..count).map(code).collect()
}
