//! Many letters from a process of its own: killed again and again with answers lost, each recipient's letters still come
//! once and in order; a bulletin keeps exactly its pace, over a restart too.

use std::collections::BTreeMap;
use std::io::{Seek as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use conformance::security_server::{Door, TlsTweaks};
use conformance::viestit::Fault;
use e2e::crowd;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use silta::config::Config;
use silta::control::{self, call};
use silta::store::testing::Scratch;

use crate::harness::{Database, Ground, Setup, TENANT, Victim, messages_call, pki, run};

const ELECTRONIC: &str = "/v2/messages/electronic";
/// Recipients of one order.
const CHUNK: usize = 100;

const KILLS: usize = 50;
const KILLS_LONG: usize = 1_000;
const KILLED: &str = "viestit_idm_09_kills_with_lost_answers_leave_each_recipients_letters_whole_and_in_order";
/// Letters of each order, to the same people every time.
const PEOPLE: usize = 4;

const LETTERS: usize = 10_000;
const LETTERS_LONG: usize = 200_000;
const RATE: usize = 200;
/// How long a pause of the machine the pace evens out, whatever else holds it up.
const PATIENCE: Duration = Duration::from_millis(100);
const BULLETIN: &str = "viestit_idm_19_a_bulletin_keeps_its_pace_to_two_percent_and_a_restart_costs_nothing";

#[test]
fn viestit_idm_09_kills_with_lost_answers_leave_each_recipients_letters_whole_and_in_order() {
    if Victim::is_here() {
        return;
    }
    run(async {
        let kills = if is_long() { KILLS_LONG } else { KILLS };
        let ground =
            Ground::lay(&std::env::temp_dir(), Setup::with(Database::Sqlite, |config| pace(config, 500))).await;
        let people = crowd(PEOPLE);
        for id in &people {
            ground.viestit.control.set_mailbox(id, true);
        }
        // The caller's order ids with ours; none while nobody knows.
        let mut orders: BTreeMap<usize, Option<String>> = BTreeMap::new();
        let (mut number, mut lost) = (0, 0);
        for round in 0..kills {
            let mut victim = Victim::start(&ground, module_path!(), KILLED).await;
            let control = &ground.viestit.control;
            control.clear_faults();
            // Two answers are lost, one letter is, and those around them take their time.
            control.fault(ELECTRONIC, Fault::CutAfterCommit, 1);
            control.fault(ELECTRONIC, Fault::Delay(Duration::from_millis(40)), 2);
            control.fault(ELECTRONIC, Fault::CutBeforeCommit, 1);
            control.fault(ELECTRONIC, Fault::CutAfterCommit, 1);
            control.fault(ELECTRONIC, Fault::Delay(Duration::from_millis(25)), usize::MAX);
            let before = control.messages().len();
            let url = format!("https://{}", victim.addresses["xroad"]);
            // First the one again of which nobody knows, as a caller does.
            for again in orders.iter().filter(|(_, id)| id.is_none()).map(|(again, _)| *again).collect::<Vec<_>>() {
                orders.insert(again, ask(&url, again, &people).await);
            }
            for _ in 0..2 {
                orders.insert(number, ask(&url, number, &people).await);
                number += 1;
            }
            // Anywhere in the work, in steps that never meet: 618 of 1000 is the golden section.
            let later = Duration::from_millis(u64::try_from(round * 618 % 1_000 * 160 / 1_000).expect("small"));
            if round % 4 == 3 {
                // And in the middle of an order's acceptance.
                let asking = ask(&url, number, &people);
                let killing = async {
                    tokio::time::sleep(later / 8).await;
                    victim.kill();
                };
                let (id, ()) = tokio::join!(asking, killing);
                orders.insert(number, id);
                number += 1;
            } else {
                tokio::time::sleep(later).await;
                victim.kill();
            }
            lost += usize::from(ground.viestit.control.messages().len() > before);
            time_passes(&ground).await;
        }
        ground.viestit.control.clear_faults();
        let mut last = Victim::start(&ground, module_path!(), KILLED).await;
        let url = format!("https://{}", last.addresses["xroad"]);
        for again in orders.iter().filter(|(_, id)| id.is_none()).map(|(again, _)| *again).collect::<Vec<_>>() {
            orders.insert(again, ask(&url, again, &people).await);
        }
        let expected = orders.len() * PEOPLE;
        settled(&ground, expected, Duration::from_mins(2)).await;
        let report = call(&ground.data().join("silta.sock"), &control::Command::LogVerify {}).await.expect("verified");
        assert_eq!(report["clean"], true, "{report}");
        call(&ground.data().join("silta.sock"), &control::Command::Shutdown {}).await.expect("told to stop");
        assert!(last.ended_well());

        // In the order of acceptance, which is that of our ids.
        let accepted: Vec<String> = orders.into_values().map(|id| id.expect("acknowledged")).collect();
        let mut in_order = accepted.clone();
        in_order.sort();
        assert_eq!(in_order, accepted, "a caller that waits for its answers is served in order");
        let mut inboxes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for message in ground.viestit.control.messages() {
            let own = message.external_id.strip_prefix(&format!("{TENANT}:")).expect("ours").to_owned();
            let (order, recipient) = own.rsplit_once(':').expect("a recipient");
            inboxes.entry(recipient.to_owned()).or_default().push(order.to_owned());
        }
        assert_eq!(inboxes.len(), PEOPLE);
        for (recipient, inbox) in &inboxes {
            assert_eq!(*inbox, accepted, "recipient {recipient}: each letter once, in order");
        }
        println!("{kills} kills, {lost} of them with letters under way; {expected} letters, each once and in order");
        assert!(lost * 2 > kills, "the kills met work: {lost} of {kills}");
        ground.end().await;
    });
}

#[test]
fn viestit_idm_19_a_bulletin_keeps_its_pace_to_two_percent_and_a_restart_costs_nothing() {
    if Victim::is_here() {
        return;
    }
    run(async {
        let letters = if is_long() { LETTERS_LONG } else { LETTERS };
        let setup = Setup::with(Database::Sqlite, |config| pace(config, u32::try_from(RATE).expect("small")));
        let ground = Ground::lay(&std::env::temp_dir(), setup).await;
        let people = crowd(letters);
        for id in &people {
            ground.viestit.control.set_mailbox(id, true);
        }
        let pauses = Pauses::watch();
        let mut victim = Victim::start(&ground, module_path!(), BULLETIN).await;
        let url = format!("https://{}", victim.addresses["xroad"]);
        let began = Instant::now();
        let mut ids = Vec::new();
        for (number, people) in people.chunks(CHUNK).enumerate() {
            ids.push(ask(&url, number, people).await.expect("acknowledged"));
        }
        println!("{letters} letters accepted in {:?}", began.elapsed());
        let memory = victim.memory();
        // Its progress is told in counts.
        let mut known = 0;
        while known < letters / 2 {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let sent = progress(&ground).await;
            assert!(sent >= known, "never backwards: {known}, {sent}");
            known = sent;
        }
        let first = control::Command::Messages { tenant: None, after: None, limit: 1 };
        let page = call(&ground.data().join("silta.sock"), &first).await.expect("a page");
        // The event feed may have told of some of them already.
        let states = &page["messages"][0]["states"];
        let sent: u64 = ["submitted", "delivered"].iter().filter_map(|state| states[state].as_u64()).sum();
        assert_eq!(usize::try_from(sent).expect("small"), CHUNK, "{page}");
        let first_half = memory.max(victim.memory());
        call(&ground.data().join("silta.sock"), &control::Command::Shutdown {}).await.expect("told to stop");
        assert!(victim.ended_well());
        let before: Vec<Timestamp> = arrivals(&ground);
        let stalled_before = pauses.stalled();

        let mut victim = Victim::start(&ground, module_path!(), BULLETIN).await;
        settled(&ground, letters, Duration::from_secs(u64::try_from(letters / 50).expect("small"))).await;
        let second_half = victim.memory();
        call(&ground.data().join("silta.sock"), &control::Command::Shutdown {}).await.expect("told to stop");
        assert!(victim.ended_well());

        let all = arrivals(&ground);
        assert_eq!(all.len(), letters, "no letter was called for twice");
        let (before, after) = all.split_at(before.len());
        let stalled_after = pauses.stalled().saturating_sub(stalled_before);
        let halves = [("before the restart", before, stalled_before), ("after it", after, stalled_after)];
        for (what, times, stalled) in halves {
            let stalled = stalled.as_secs_f64();
            let span = times[times.len() - 1].duration_since(times[0]).as_secs_f64();
            let rate = f64::from(u32::try_from(times.len() - 1).expect("small")) / span;
            println!("{what}: {} letters at {rate:.1} a second; the disk stood still for {stalled:.3} s", times.len());
            let wanted = f64::from(u32::try_from(RATE).expect("small"));
            assert!(rate <= wanted, "{what}: {rate:.1} a second");
            // Nothing can be committed, and so nothing sent, while the disk stands still.
            let least = wanted * 0.98 * (1.0 - stalled / span).max(0.9);
            assert!(rate >= least, "{what}: {rate:.1} a second; {stalled:.3} s the disk stood still");
        }
        let calls: Vec<Timestamp> = ground.viestit.control.calls().into_iter().map(|call| call.at).collect();
        let most = most_in_a_second(&calls);
        println!("at most {most} calls in any second; {} MB of memory", first_half.max(second_half) >> 20);
        // The pace waits for answers as long as it is not late itself (`outbox::pace` has the tests, by a clock of its own):
        // what a machine that stands still for longer lets bunch is not its doing.
        let pause = pauses.longest();
        assert!(
            pause < Duration::from_millis(500),
            "nothing can be measured on a machine that stands still: {pause:?}"
        );
        let bunched = pause.saturating_sub(PATIENCE).as_secs_f64() * f64::from(u32::try_from(RATE).expect("small"));
        println!("the machine's longest pause was {pause:?}");
        let most = f64::from(u32::try_from(most).expect("small"));
        let allowed = f64::from(u32::try_from(RATE).expect("small")) + bunched;
        assert!(most <= allowed, "{most} calls in one second, log-ins and event feed included");
        assert!(first_half.max(second_half) < 300 << 20, "memory is bounded");
        ground.end().await;
    });
}

fn is_long() -> bool {
    std::env::var_os("SILTA_LONG").is_some()
}

fn pace(config: &mut Config, per_second: u32) {
    for tenant in &mut config.tenants {
        if let Some(viestit) = &mut tenant.viestit {
            viestit.pace_per_second = per_second;
        }
    }
}

/// Sends one order; our id of it, or none when no answer came.
async fn ask(url: &str, number: usize, people: &[String]) -> Option<String> {
    let recipients: Vec<Value> = people.iter().map(|id| json!({ "id": id })).collect();
    let order = json!({
        "orderId": format!("order-{number:06}"), "recipients": recipients,
        "title": "Tiedote", "body": "Vesi on poikki tiistaina kello 9–12.", "attachments": [],
    });
    let door = Door::new(Some(&pki().security_server), TlsTweaks::default()).expect("a door");
    let answer = door.send(messages_call(order.to_string()).raw(url)).await.ok()?;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
    Some(body["id"].as_str().expect("an id").to_owned())
}

/// Letters of the tenant that Viestit has.
async fn progress(ground: &Ground) -> usize {
    let status = call(&ground.data().join("silta.sock"), &control::Command::Status {}).await.expect("a status");
    let letters = &status["viestit"][TENANT];
    let count = |state: &str| letters[state].as_u64().unwrap_or_default();
    assert_eq!((count("failed"), count("parked")), (0, 0), "{letters}");
    usize::try_from(count("submitted") + count("delivered")).expect("small")
}

/// Waits until all letters are with Viestit.
async fn settled(ground: &Ground, letters: usize, limit: Duration) {
    let began = Instant::now();
    while progress(ground).await < letters {
        assert!(began.elapsed() < limit, "not all letters go out: {} of {letters}", progress(ground).await);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn arrivals(ground: &Ground) -> Vec<Timestamp> {
    let calls = ground.viestit.control.calls().into_iter();
    calls.filter(|call| call.path == ELECTRONIC).map(|call| call.at).collect()
}

/// The most of ascending times that any second holds, wherever it begins.
fn most_in_a_second(times: &[Timestamp]) -> usize {
    let mut first = 0;
    let mut most = 0;
    for (last, at) in times.iter().enumerate() {
        while at.duration_since(times[first]) >= SignedDuration::from_secs(1) {
            first += 1;
        }
        most = most.max(last + 1 - first);
    }
    most
}

/// How long this machine lets a program wait that has something to do or to write.
struct Pauses {
    longest: Arc<AtomicU64>,
    stalled: Arc<AtomicU64>,
    ended: Arc<AtomicBool>,
}

impl Pauses {
    const EVERY: Duration = Duration::from_millis(1);
    /// How long a disk may take for a block.
    const USUAL_WRITE: Duration = Duration::from_millis(100);

    /// Watches from a thread of its own, from a task beside the one that receives the calls, and at the disk.
    fn watch() -> Pauses {
        let pauses = Pauses { longest: Arc::default(), stalled: Arc::default(), ended: Arc::default() };
        let (stalled, ended) = (Arc::clone(&pauses.stalled), Arc::clone(&pauses.ended));
        std::thread::spawn(move || {
            let mut file = tempfile::tempfile().expect("a file");
            while !ended.load(Ordering::Relaxed) {
                let began = Instant::now();
                file.write_all(&[0; 512]).and_then(|()| file.sync_data()).expect("written");
                file.rewind().expect("a file");
                if began.elapsed() > Pauses::USUAL_WRITE {
                    stalled.fetch_add(micros(began.elapsed()), Ordering::Relaxed);
                }
                std::thread::sleep(Duration::from_millis(25));
            }
        });
        let (longest, ended) = (Arc::clone(&pauses.longest), Arc::clone(&pauses.ended));
        std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                let began = Instant::now();
                std::thread::sleep(Pauses::EVERY);
                Pauses::note(&longest, began);
            }
        });
        let (longest, ended) = (Arc::clone(&pauses.longest), Arc::clone(&pauses.ended));
        tokio::spawn(async move {
            while !ended.load(Ordering::Relaxed) {
                let began = Instant::now();
                tokio::time::sleep(Pauses::EVERY).await;
                Pauses::note(&longest, began);
            }
        });
        pauses
    }

    fn note(longest: &AtomicU64, began: Instant) {
        let late = began.elapsed().saturating_sub(Pauses::EVERY);
        longest.fetch_max(micros(late), Ordering::Relaxed);
    }

    fn longest(&self) -> Duration {
        Duration::from_micros(self.longest.load(Ordering::Relaxed))
    }

    fn stalled(&self) -> Duration {
        Duration::from_micros(self.stalled.load(Ordering::Relaxed))
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Drop for Pauses {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

/// What the dead process had claimed, and what is to be tried again, is due after some minutes; the test does not wait.
async fn time_passes(ground: &Ground) {
    let folder = tempfile::tempdir().expect("a folder");
    let scratch = Scratch::open(folder, ground.store.clone()).await.expect("beside nobody");
    let free = "UPDATE send SET lease_until = 0, due_at = 0 WHERE state IN ('waiting', 'unknown')";
    scratch.tamper(free).await.expect("free");
    scratch.store.close().await;
}
