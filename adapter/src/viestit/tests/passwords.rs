//! viestit.md §6.1, the client's rows about the password, and what the operator's file means beside a changed one.

use secrecy::ExposeSecret as _;

use super::privacy::Lines;
use super::*;
use crate::store::passwords;

const CHANGE: &str = "/v1/change-password";

/// A worker as after a restart, with the password of the file.
fn restarted(bench: &Bench, password: &str) -> Worker {
    let settings = Settings { password: SecretString::from(password), ..Settings::clone(&bench.settings) };
    worker(&Arc::new(settings), &bench.scratch.store, &bench.scratch.world)
}

/// Sends a letter with it, and says whether it went out.
async fn sends(bench: &Bench, worker: &Worker, order: &str) -> bool {
    let before = bench.stored().len();
    bench.accept(draft(order, &[AINO])).await;
    while worker.run_due().await.unwrap() {}
    bench.stored().len() == before + 1
}

async fn kept(bench: &Bench) -> passwords::Kept {
    let account = format!("{} {SYSTEM}", bench.sim.base_url);
    passwords::get(&bench.scratch.store, &account).await.unwrap().unwrap()
}

#[tokio::test]
async fn viestit_pwd_06_whichever_password_works_after_a_crash_becomes_the_one_in_use() {
    // The change was made and nobody heard of it; the change was never made.
    for (fault, logins) in [(Fault::CutAfterCommit, 2), (Fault::CutBeforeCommit, 1)] {
        let bench = Bench::new().await;
        assert!(sends(&bench, &bench.worker, "o-1").await);
        bench.fault(CHANGE, fault, 1);
        assert!(matches!(bench.worker.account.rotate(None).await, Err(RotationError::Unknown(_))));
        assert!(kept(&bench).await.pending.is_some(), "both are kept");
        // The process that knew is gone.
        let before = bench.calls(TOKEN);
        let after = restarted(&bench, PASSWORD);
        assert!(sends(&bench, &after, "o-2").await);
        assert_eq!(bench.calls(TOKEN) - before, logins, "the one in use is tried first, then the other");
        assert_eq!(kept(&bench).await.pending, None, "settled");
        // And from then on one log-in is enough.
        let before = bench.calls(TOKEN);
        assert!(sends(&bench, &restarted(&bench, PASSWORD), "o-3").await);
        assert_eq!(bench.calls(TOKEN) - before, 1);
    }
}

#[tokio::test]
async fn viestit_pwd_06_a_change_whose_answer_is_lost_is_settled_without_a_restart_too() {
    let bench = Bench::new().await;
    bench.fault(CHANGE, Fault::CutAfterCommit, 1);
    bench.worker.account.rotate(None).await.unwrap_err();
    assert!(sends(&bench, &bench.worker, "o-1").await);
    assert!(bench.worker.status().await.unwrap().stopped.is_none());
    assert_eq!(kept(&bench).await.pending, None);
}

#[tokio::test]
async fn viestit_pwd_08_after_a_change_the_old_token_is_dropped() {
    for drops in [true, false] {
        let bench = Bench::new().await;
        bench.switch(|switches| switches.password_change_drops_tokens = drops);
        assert!(sends(&bench, &bench.worker, "o-1").await);
        bench.advance(Duration::from_mins(5));
        bench.worker.account.rotate(Some("operator")).await.unwrap();
        let before = bench.calls(TOKEN);
        assert!(sends(&bench, &bench.worker, "o-2").await);
        assert_eq!(bench.calls(TOKEN) - before, 1, "a new one, also where the old one would still do: {drops}");
        assert_eq!(bench.calls(ELECTRONIC), 2, "no letter was tried with the old one");
        let changed = bench.worker.status().await.unwrap().password_changed_at.unwrap();
        assert_eq!(changed, bench.scratch.world.now().to_string());
        // The file's password does not work any more; the one that is kept does.
        assert!(sends(&bench, &restarted(&bench, PASSWORD), "o-3").await);
    }
}

#[tokio::test]
async fn viestit_pwd_07_no_password_is_ever_logged_or_kept_in_clear() {
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(lines.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let bench = Bench::new().await;
    let mut known = vec![PASSWORD.to_owned()];
    bench.fault(CHANGE, Fault::CutAfterCommit, 1);
    bench.worker.account.rotate(None).await.unwrap_err();
    for _ in 0..3 {
        bench.worker.account.rotate(None).await.unwrap();
        let current = bench.worker.account.client.password_in_use().await.unwrap();
        known.push(current.expose_secret().to_owned());
    }
    // Refused by everybody, with the text of the refusal.
    bench.fault(CHANGE, Fault::Status(400), usize::MAX);
    let shown = format!("{:?}", bench.worker.account.rotate(None).await.unwrap_err());
    let status = format!("{:?}", bench.worker.status().await.unwrap());
    drop(guard);
    let text = lines.text();
    assert!(text.contains("password of the account was changed"), "the change itself is logged");
    known.dedup();
    assert_eq!(known.len(), 4, "each change brings another one");
    for password in known {
        for (place, said) in [("log", &text), ("error", &shown), ("status", &status)] {
            assert!(!said.contains(&password), "a password stands in the {place}");
        }
        let tables = Scratch::tables_holding(&bench.scratch.config, &password).await.unwrap();
        assert_eq!(tables, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_fresh_token_that_is_not_good_yet_is_waited_for() {
    let (world, hand) = World::seeded(7, "2026-03-01T08:00:00Z".parse().unwrap());
    hand.flow();
    let configure = |config: &mut ViestitConfig| {
        config.clock = Arc::new(Same(world.clone()));
        config.switches.fresh_token_wait = SignedDuration::from_secs(2);
    };
    let bench = Bench::with(configure, |_| {}).await;
    let worker = worker(&bench.settings, &bench.scratch.store, &world);
    worker.account.rotate(None).await.unwrap();
    assert_eq!((bench.calls(CHANGE), bench.calls(TOKEN)), (2, 1));
    assert!(world.now() >= "2026-03-01T08:00:02Z".parse().unwrap());
}

#[tokio::test]
async fn a_refused_change_leaves_the_old_password_in_use() {
    let bench = Bench::new().await;
    bench.fault(CHANGE, Fault::Status(400), usize::MAX);
    let hand = bench.scratch.clock.clone();
    hand.flow();
    assert!(matches!(bench.worker.account.rotate(None).await, Err(RotationError::Refused(_))));
    assert_eq!(bench.calls(CHANGE), 4, "no hammering");
    assert_eq!(kept(&bench).await.pending, None);
    assert!(sends(&bench, &bench.worker, "o-1").await);
}

#[tokio::test]
async fn a_changed_file_is_the_operators_word() {
    let bench = Bench::new().await;
    bench.worker.account.rotate(None).await.unwrap();
    // Another one in the file than before: it counts, even where the kept one would do.
    let wrong = restarted(&bench, "wrong-Password-000000000000000000");
    assert!(!sends(&bench, &wrong, "o-1").await);
    assert!(wrong.status().await.unwrap().stopped.unwrap().contains("login"));
    // The file as it was: the kept one again.
    let right = restarted(&bench, PASSWORD);
    while right.run_due().await.unwrap() {}
    assert_eq!(bench.stored().len(), 1);
    // Somebody changed it in Viestit by hand and wrote it into the file.
    let current = bench.worker.account.client.password_in_use().await.unwrap();
    let by_hand = restarted(&bench, current.expose_secret());
    assert!(sends(&bench, &by_hand, "o-2").await);
    assert!(sends(&bench, &restarted(&bench, current.expose_secret()), "o-3").await, "and it is the first one now");
}

#[tokio::test]
async fn a_password_that_has_grown_old_is_changed_by_itself() {
    let days = |days: u64| Duration::from_hours(24 * days);
    let bench = Bench::with(|_| {}, |settings| settings.rotate_every = Some(days(90))).await;
    let account = Arc::clone(&bench.worker.account);
    assert!(!account.rotate_due().await.unwrap(), "nobody knows how old it is before the first log-in");
    assert!(sends(&bench, &bench.worker, "o-1").await);
    bench.advance(days(89));
    assert!(!account.rotate_due().await.unwrap());
    assert_eq!(account.until_rotation(days(9)).await, days(1));
    bench.advance(days(1));
    // A refusal is not repeated at once.
    bench.fault(CHANGE, Fault::Status(403), 1);
    account.rotate_due().await.unwrap_err();
    assert!(!account.rotate_due().await.unwrap());
    bench.advance(Duration::from_hours(7));
    assert!(account.rotate_due().await.unwrap());
    assert_eq!((bench.calls(CHANGE), account.until_rotation(days(365)).await), (2, days(90)));
    assert!(sends(&bench, &bench.worker, "o-2").await);
}
