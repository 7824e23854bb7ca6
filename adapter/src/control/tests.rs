//! The socket, both ends of it.

mod transfer;

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio_util::sync::CancellationToken;

use super::{Answering, Command, ControlError, ErrorKind, Limits, Operator, OperatorError, Server, call, reads};
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::store::{Commit, Store, StoreConfig, letters};
use crate::world::World;

/// Answers with the command it got; refuses one tenant and is slow with another.
struct Echo;

impl Operator for Echo {
    fn run(&self, command: Command) -> Answering<'_> {
        Box::pin(async move {
            match command {
                Command::PtvSync { tenant } if tenant == "nowhere" => Err(OperatorError::unknown_tenant(&tenant)),
                Command::PtvSync { tenant } if tenant == "slow" => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    Ok(json!("done"))
                }
                Command::PtvPlan { .. } => std::future::pending().await,
                other => Ok(json!(other)),
            }
        })
    }
}

struct Bench {
    socket: PathBuf,
    stop: CancellationToken,
    served: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

fn start(limits: Limits) -> Bench {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("silta.sock");
    let stop = CancellationToken::new();
    let server = Server::bind(&socket).expect("bound").with_limits(limits);
    let served = tokio::spawn(server.serve(Arc::new(Echo), stop.clone()));
    Bench { socket, stop, served, _folder: folder }
}

/// What stands behind the bytes of a peer that speaks by hand.
async fn spoken(bench: &Bench, bytes: &[u8]) -> Value {
    let mut stream = UnixStream::connect(&bench.socket).await.expect("connected");
    stream.write_all(bytes).await.expect("written");
    stream.shutdown().await.expect("shut");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("read");
    serde_json::from_slice(&answer).expect("JSON")
}

#[tokio::test]
async fn commands_go_there_and_answers_come_back() {
    let bench = start(Limits::default());
    for command in [
        Command::Status {},
        Command::PtvStatus { tenant: None },
        Command::PtvSync { tenant: "turku".into() },
        Command::MessageStatus { tenant: Some("turku".into()), id: "1\n2 ä".into() },
        Command::Messages { tenant: None, after: None, limit: 7 },
        Command::UnmatchedEvents { limit: 7 },
        Command::CatalogueImport {
            tenant: "turku".into(),
            master: "import".into(),
            batch: None,
            records: vec![json!({"nimi": "x".repeat(300_000)}); 3],
        },
        Command::LogVerify {},
        Command::Reload {},
        Command::Shutdown {},
    ] {
        let answer = call(&bench.socket, &command).await.expect("answered");
        assert_eq!(serde_json::from_value::<Command>(answer).expect("a command"), command);
    }
    let refused = call(&bench.socket, &Command::PtvSync { tenant: "nowhere".into() }).await;
    let Err(ControlError::Refused(error)) = refused else { panic!("{refused:?}") };
    assert_eq!(error.kind, ErrorKind::Usage);
    assert!(error.message.contains("\"nowhere\" is not configured"), "{error}");
}

#[tokio::test]
async fn only_its_own_user_may_open_the_socket() {
    let bench = start(Limits::default());
    let mode = std::fs::metadata(&bench.socket).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
    let beside = std::fs::read_dir(bench.socket.parent().expect("a folder")).expect("read").count();
    assert_eq!(beside, 1, "nothing is left of the making");
}

#[tokio::test]
async fn what_is_no_command_is_refused_in_words() {
    let bench = start(Limits { request: 1000, line: Duration::from_millis(100), ..Limits::default() });
    for (line, expected) in [
        ("{\"command\": \"ptv.sync\"}\n", "missing field `tenant`"),
        ("{\"command\": \"ptv.sync\", \"tenant\": \"turku\", \"force\": true}\n", "unknown field `force`"),
        ("{\"command\": \"status\", \"force\": true}\n", "unknown field `force`"),
        ("{\"command\": \"dance\"}\n", "unknown variant `dance`"),
        ("GET / HTTP/1.1\n", "is no command"),
        ("{\"command\": \"status\"}", "does not end with a line end"),
    ] {
        let answer = spoken(&bench, line.as_bytes()).await;
        assert_eq!(answer["error"]["kind"], "usage", "{line}: {answer}");
        assert!(answer["error"]["message"].as_str().expect("text").contains(expected), "{line}: {answer}");
    }
    let answer = spoken(&bench, &[b' '; 1001]).await;
    assert_eq!(answer["error"]["message"], "the request is larger than 1000 bytes");

    let mut silent = UnixStream::connect(&bench.socket).await.expect("connected");
    let mut answer = String::new();
    silent.read_to_string(&mut answer).await.expect("read");
    assert!(answer.contains("did not arrive in time"), "{answer}");
}

#[tokio::test]
async fn connections_and_commands_are_bounded() {
    let bench = start(Limits { connections: 1, command: Duration::from_millis(300), ..Limits::default() });
    let held = UnixStream::connect(&bench.socket).await.expect("connected");
    tokio::time::sleep(Duration::from_millis(50)).await;
    let refused = call(&bench.socket, &Command::Status {}).await;
    assert!(matches!(refused, Err(ControlError::BrokenOff | ControlError::Socket { .. })), "{refused:?}");
    drop(held);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let refused = call(&bench.socket, &Command::PtvPlan { tenant: "turku".into() }).await;
    let Err(ControlError::Refused(error)) = refused else { panic!("{refused:?}") };
    assert_eq!(error.kind, ErrorKind::Failed);
}

#[tokio::test]
async fn the_end_finishes_what_was_begun_and_removes_the_file() {
    let bench = start(Limits::default());
    let idle = UnixStream::connect(&bench.socket).await.expect("connected");
    let socket = bench.socket.clone();
    let slow = tokio::spawn(async move { call(&socket, &Command::PtvSync { tenant: "slow".into() }).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    bench.stop.cancel();
    assert_eq!(slow.await.expect("ran").expect("answered"), json!("done"));
    tokio::time::timeout(Duration::from_secs(5), bench.served)
        .await
        .expect("an idle peer does not hold it")
        .expect("ran");
    drop(idle);
    let gone = call(&bench.socket, &Command::Status {}).await.expect_err("nobody there");
    let text = gone.to_string();
    assert!(text.ends_with("silta.sock: start `silta serve` or give --data DIR"), "{text}");
}

#[tokio::test]
async fn a_dead_processes_socket_is_replaced_and_a_living_ones_is_not() {
    let bench = start(Limits::default());
    assert!(matches!(Server::bind(&bench.socket), Err(ControlError::Taken { .. })));
    let folder = tempfile::tempdir().expect("a folder");
    let left = folder.path().join("silta.sock");
    drop(std::os::unix::net::UnixListener::bind(&left).expect("bound"));
    assert!(left.exists());
    let server = Server::bind(&left).expect("replaced");
    drop(server);
    assert!(!left.exists());
}

#[tokio::test]
async fn orders_and_tenants_are_read_from_the_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::system();
    let store = Store::open(StoreConfig::in_folder(folder.path()), &world).await.expect("a store");
    let mut ids = Vec::new();
    for (tenant, number) in [("turku", "1"), ("espoo", "2"), ("turku", "3")] {
        let id = world.id().expect("an id").to_string();
        let kept = store.keep_body(tenant, b"{}", &format!("letter_order/{id}")).await.expect("kept");
        let order = letters::Order {
            id: id.clone(),
            client: "FI-TEST/GOV/9999906-0/asiointi".into(),
            order_id: number.into(),
            content_digest: vec![1],
            body: kept.body,
            accepted_at: world.now_micros(),
            bulletin_id: None,
            cost_pool: None,
        };
        let draft = EvidenceDraft::new(RecordKind::Intake, tenant, world.now(), world.now());
        let commit = Commit::new().with(kept.statements).with([letters::add(tenant, &order)]).and(draft);
        store.commit(commit).await.expect("committed");
        ids.push(id);
    }
    let tenants = reads::tenants_of_log(&store).await.expect("read");
    assert_eq!(tenants, ["espoo", "turku"]);
    let order = reads::message_status(&store, &tenants, &ids[0]).await.expect("found");
    assert_eq!((&order["tenant"], &order["orderId"], &order["letters"]), (&json!("turku"), &json!("1"), &json!([])));
    let absent = reads::message_status(&store, &["espoo".into()], &ids[0]).await.expect_err("another tenant's");
    assert_eq!(absent.kind, ErrorKind::NotFound);

    let page = reads::messages(&store, &tenants, None, 2).await.expect("read");
    let listed = |page: &Value| -> Vec<String> {
        let orders = page["messages"].as_array().expect("a list");
        orders.iter().map(|order| order["id"].as_str().expect("an id").to_owned()).collect()
    };
    assert_eq!((listed(&page), &page["next"]), (ids[..2].to_vec(), &json!(ids[1])));
    let page = reads::messages(&store, &tenants, page["next"].as_str(), 2).await.expect("read");
    assert_eq!((listed(&page), page.get("next")), (ids[2..].to_vec(), None));

    let report = reads::log_verify(&store).await.expect("verified");
    assert_eq!((&report["clean"], &report["records"], &report["verified"]), (&json!(true), &json!(3), &json!(3)));
}
