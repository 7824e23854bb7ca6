//! Orders of letters until they are durable: small ones, ones with a PDF against a raw synced write of as many bytes, and
//! a bulletin to 200 000 inhabitants in orders of ten thousand (issue 6, “Measured”). Behind the doors, without HTTP.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow, ensure};
use bytes::Bytes;
use e2e::crowd;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use silta::model::letter::{AttachmentDraft, LetterOrder, OrderDraft};
use silta::store::{Commit, Store, StoreConfig};
use silta::viestit::{Orders, Settings};
use silta::world::World;

use super::machine;
use super::report::{Section, grouped};
use super::roles::Role;

const TENANT: &str = "turku";
const CLIENT: &str = "FI-TEST/GOV/9999906-0/asiointi";
/// Orders under way at the same time.
const AT_ONCE: usize = 64;
const SMALL: usize = 6_000;
/// Bytes of a small order's text.
const TEXT: usize = 2_000;
/// Orders with a file, and raw writes, take turns: how fast a machine takes new pages and a disk syncs them changes by a
/// factor of five within minutes.
const ROUNDS: usize = 5;
/// Files of one turn.
const FILES: usize = 800;
const FILE: usize = 100_000;
const INHABITANTS: usize = 200_000;
const OF_ONE_ORDER: usize = 10_000;
/// Goals: orders a second; the share of a raw write; seconds and megabytes of the bulletin.
const RATE: f64 = 1_500.0;
const SHARE: f64 = 0.4;
const SECONDS: f64 = 60.0;
const RESIDENT: u64 = 300;

#[derive(Debug, Serialize, Deserialize)]
struct Told {
    /// Seconds in which all were accepted.
    small: f64,
    /// Of each round: orders with a file, raw writes.
    rounds: Vec<(f64, f64)>,
    highest: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct ToldOfBulletin {
    seconds: f64,
    highest: u64,
}

pub(crate) fn measure() -> Result<Section> {
    let scratch = tempfile::tempdir()?;
    let told: Told = played(&Role::Orders(scratch.path().join("orders")))?;
    // In a process of its own, because its memory is judged.
    let bulletin: ToldOfBulletin = played(&Role::Bulletin(scratch.path().join("bulletin")))?;
    let rate = |count: usize, seconds: f64| f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / seconds;
    let small = rate(SMALL, told.small);
    let (files, raw): (Vec<f64>, Vec<f64>) = told.rounds.iter().copied().unzip();
    let [files, raw] = [files, raw].map(|seconds| rate(FILES * ROUNDS, seconds.iter().sum()));
    let share = files / raw;
    let shares = told.rounds.iter().map(|(files, raw)| raw / files);
    let (lowest, highest_share) = (shares.clone().fold(f64::MAX, f64::min), shares.fold(0.0, f64::max));
    let highest = bulletin.highest / 1_000_000;
    let mark = |good: bool| if good { "" } else { ", **missed**" };
    let mut missed = Vec::new();
    if share < SHARE {
        missed.push(format!("orders with a PDF come to {share:.2} of raw writes"));
    }
    if highest >= RESIDENT {
        missed.push(format!("a bulletin to {INHABITANTS} held {highest} MB"));
    }
    let text = format!(
        "## Orders of letters\n\n`Orders::accept` and the commit that makes it durable (SQLite, `synchronous=FULL`), {AT_ONCE} at once, \
         each order from its judgement to the end of its commit; the raw writes are {AT_ONCE} at once, too, each a file of its own, \
         synced with its folder; the two take turns, {ROUNDS} of {FILES} each. The bulletin is {} orders of {} recipients, one after another, in a process of its own; memory is that of a whole process.\n\n\
         | what | measured | goal |\n|---|---|---|\n\
         | orders/s, one recipient, text of 2 kB | {}{} | ≥ 1 500 |\n\
         | orders/s with a PDF of 100 kB; raw synced writes of as many bytes | {}; {} (**{share:.2}**{}; {lowest:.2} to {highest_share:.2} by turn) | ≥ {SHARE} |\n\
         | resident memory at its highest, orders with files among the raw writes | {} MB | |\n\
         | a bulletin to 200 000 recipients | {:.1} s{} | ≤ 60 s |\n\
         | resident memory at its highest, the bulletin alone | {highest} MB{} | < 300 MB |\n",
        INHABITANTS / OF_ONE_ORDER,
        grouped(10_000.0),
        grouped(small),
        mark(small >= RATE),
        grouped(files),
        grouped(raw),
        mark(share >= SHARE),
        told.highest / 1_000_000,
        bulletin.seconds,
        mark(bulletin.seconds <= SECONDS),
        mark(highest < RESIDENT),
    );
    Ok(Section { text, missed })
}

fn played<T: DeserializeOwned>(role: &Role) -> Result<T> {
    let output = role.command()?.stdout(Stdio::piped()).spawn()?.wait_with_output()?;
    ensure!(output.status.success(), "the orders failed");
    serde_json::from_slice(&output.stdout).context("what was told of the orders")
}

/// The role: accepts orders of one recipient and tells what that took.
pub(crate) fn run(folder: &Path) -> Result<()> {
    told(accept_all(folder))
}

/// The role: accepts a bulletin and tells what that took.
pub(crate) fn run_bulletin(folder: &Path) -> Result<()> {
    told(accept_bulletin(folder))
}

fn told<T: Serialize>(work: impl Future<Output = Result<T>>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    println!("{}", serde_json::to_string(&runtime.block_on(work)?)?);
    Ok(())
}

async fn accept_all(folder: &Path) -> Result<Told> {
    let desk = Desk::open(folder).await?;
    let text = "ä".repeat(TEXT / 2);
    let person = crowd(1);
    let small = at_once(SMALL, |number| {
        let (desk, draft) = (desk.clone(), draft(format!("small-{number}"), &person, &text));
        async move { desk.accept(draft).await }
    })
    .await?;
    let place = folder.join("raw");
    std::fs::create_dir(&place)?;
    let mut rounds = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS {
        let files = at_once(FILES, |number| {
            let number = round * FILES + number;
            let mut draft = draft(format!("files-{number}"), &person, "Päätös on liitteenä.");
            draft.attachments = vec![AttachmentDraft {
                name: "päätös.pdf".to_owned(),
                media_type: "application/pdf".to_owned(),
                content: pdf(number),
            }];
            let desk = desk.clone();
            async move { desk.accept(draft).await }
        })
        .await?;
        let raw = at_once(FILES, |number| {
            let (number, place) = (round * FILES + number, place.clone());
            let content = pdf(number);
            async move { tokio::task::spawn_blocking(move || synced(&place, number, &content)).await? }
        })
        .await?;
        rounds.push((files, raw));
    }

    desk.store.close().await;
    Ok(Told { small, rounds, highest: machine::memory(std::process::id(), "VmHWM")? })
}

async fn accept_bulletin(folder: &Path) -> Result<ToldOfBulletin> {
    let desk = Desk::open(folder).await?;
    let people = crowd(INHABITANTS);
    let started = Instant::now();
    for (number, some) in people.chunks(OF_ONE_ORDER).enumerate() {
        desk.accept(draft(format!("bulletin-{number}"), some, "Vesi on poikki tiistaina kello 9–12.")).await?;
    }
    let seconds = started.elapsed().as_secs_f64();
    desk.store.close().await;
    Ok(ToldOfBulletin { seconds, highest: machine::memory(std::process::id(), "VmHWM")? })
}

/// Does a task so often, some at once on all threads, as a door does; gives the seconds that all took.
async fn at_once<F>(count: usize, task: impl Fn(usize) -> F) -> Result<f64>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let started = Instant::now();
    let (mut running, mut numbers) = (tokio::task::JoinSet::new(), 0..count);
    for number in numbers.by_ref().take(AT_ONCE) {
        running.spawn(task(number));
    }
    while let Some(ended) = running.join_next().await {
        ended??;
        if let Some(number) = numbers.next() {
            running.spawn(task(number));
        }
    }
    Ok(started.elapsed().as_secs_f64())
}

#[derive(Clone)]
struct Desk {
    orders: Orders,
    store: Store,
}

impl Desk {
    async fn open(folder: &Path) -> Result<Desk> {
        let world = World::system();
        let store = Store::open(StoreConfig::in_folder(folder), &world).await?;
        let password = SecretString::from("nothing is sent");
        let settings = Settings::new(TENANT, "http://127.0.0.1:9", "system", password, "service");
        Ok(Desk { orders: Orders::new(store.clone(), world, [Arc::new(settings)]), store })
    }

    /// As a door does it.
    async fn accept(&self, draft: OrderDraft) -> Result<()> {
        let order = LetterOrder::parse(draft);
        let order = order.map_err(|findings| anyhow!("{} findings", findings.len()))?;
        let accepted = self.orders.accept(TENANT, CLIENT, &order).await?;
        ensure!(!accepted.repeated, "an order came twice");
        let mut commit = Commit::new().with(accepted.statements);
        commit.evidence = accepted.evidence;
        self.store.commit(commit).await?;
        Ok(())
    }
}

fn draft(order_id: String, people: &[String], text: &str) -> OrderDraft {
    OrderDraft {
        order_id,
        recipients: people.iter().cloned().map(Into::into).collect(),
        title: "Tiedote".to_owned(),
        body: text.to_owned(),
        ..OrderDraft::default()
    }
}

/// Each another one, so that none shares its blob.
fn pdf(number: usize) -> Bytes {
    let mut content = format!("%PDF-1.7 {number} ").into_bytes();
    content.resize(FILE, b'x');
    content.into()
}

fn synced(place: &Path, number: usize, content: &[u8]) -> Result<()> {
    let mut file = std::fs::File::create(place.join(number.to_string()))?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::File::open(place)?.sync_all()?;
    Ok(())
}
