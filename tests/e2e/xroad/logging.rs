//! xroad.md §9.11: what the log holds, and what no sink does.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use conformance::security_server::hash;
use http::Method;
use jiff::Timestamp;
use silta::config::Operations;
use silta::log::verify;
use silta::store::testing::Scratch;

use super::rest::order_json;
use super::{database, own, shared, start};
use crate::harness::{
    Call, Case, Database, Multipart, RECIPIENT, SERVICE, Setup, TestAdapter, child_text, lines_about, messages_call,
    on, order, pdf, replaced, run, service_request, services_call, sha512,
};

#[test]
fn xroad_lo_01_the_logged_digest_is_the_request_hash() {
    shared(async |case| {
        let content = pdf(1000);
        let order = order().with_xop("a.pdf", "application/pdf", "cid:a");
        let soap = format!("\u{feff}{}", order.soap());
        let message = Multipart::mtom(soap.clone()).file("a", content);
        let seen = case.consume("messages", &message.content_type(), message.bytes()).await;
        let hash = child_text(&seen.text(), "requestHash").expect("a request hash");
        assert_eq!(hash, hash::soap(soap.as_bytes()));
        let exchanges = case.adapter.exchanges_of(&child_text(&order_id_of(&soap), "id").expect("an id")).await;
        assert_eq!(exchanges.len(), 1);
        let digest = exchanges[0].draft.request_digest.clone().expect("a digest");
        assert_eq!(STANDARD.encode(digest), hash);
    });
}

/// Without its byte order mark.
fn order_id_of(soap: &str) -> String {
    soap.trim_start_matches('\u{feff}').to_owned()
}

#[test]
fn xroad_lo_02_a_rest_exchange_is_found_by_both_ids() {
    shared(async |case| {
        let call = services_call("/101?lang=fi");
        let (id, request_id) = (call.header("x-road-id"), call.header("x-road-request-id"));
        case.rest(call).await;
        let all = case.adapter.evidence().await;
        let by_id: Vec<_> = all.iter().filter(|it| it.draft.xroad_id.as_deref() == Some(id.as_str())).collect();
        let by_request: Vec<_> =
            all.iter().filter(|it| it.draft.request_id.as_deref() == Some(request_id.as_str())).collect();
        assert_eq!(by_id.len(), 1);
        assert_eq!(by_id, by_request);
        let record = &by_id[0].draft;
        assert_eq!((record.method.as_deref(), record.status), (Some("GET"), Some(200)));
        assert!(record.query_digest.is_some(), "the query as a keyed digest only");
    });
}

#[test]
fn xroad_lo_04_a_tampered_record_is_found() {
    run(async {
        let adapter = start().await;
        on(&adapter, async |case| {
            for _ in 0..3 {
                assert_eq!(case.rest(services_call("/101")).await.status, 200);
            }
            let report = case.adapter.verify_log().await;
            assert_eq!(report["clean"], true, "{report}");
        })
        .await;
        let (_folder, config) = adapter.stop_and_keep().await;
        let scratch = Scratch::open(tempfile::tempdir().expect("a folder"), config).await.expect("the store");
        let whole = verify(&scratch.store).await.expect("verified");
        assert!(whole.is_clean() && whole.records >= 3, "{whole:?}");
        // The change keeps the length: only a recomputation finds it.
        let tampering = match database() {
            Database::Sqlite => {
                "UPDATE evidence SET record = CAST(REPLACE(CAST(record AS TEXT), 'getService', 'getServicf') AS BLOB) \
                 WHERE sequence = (SELECT MAX(sequence) - 1 FROM evidence)"
            }
            Database::Postgres => {
                "UPDATE evidence SET record = OVERLAY(record PLACING '\\x00'::bytea FROM LENGTH(record) / 2 FOR 1) \
                 WHERE sequence = (SELECT MAX(sequence) - 1 FROM evidence)"
            }
        };
        scratch.tamper(tampering).await.expect("tampered");
        let report = verify(&scratch.store).await.expect("verified");
        assert!(!report.is_clean(), "{report:?}");
        let problem = report.first_problem.expect("a problem");
        assert_eq!(problem.sequence, whole.records - 1, "{problem}");
        scratch.store.close().await;
    });
}

#[test]
fn xroad_lo_06_tokens_and_persons_are_in_no_sink() {
    own(
        |_| {},
        async |case| {
            let token = "eyJhbGciOiJFUzI1NiJ9.lo06.c2lnbmF0dXJl";
            let (user, issue, title) = ("010594Y901W", "lo-06-issue", "lo-06-title");
            let block = format!(
                "<st:securityToken xmlns:st=\"http://x-road.eu/xsd/security-token.xsd\">{token}</st:securityToken></soap:Header>"
            );
            let spoil = |order: &crate::harness::Order| {
                let message = replaced(&order.soap(), "</soap:Header>", &block);
                let message = replaced(&message, "EE12345678901", user);
                replaced(&replaced(&message, ">A-1<", &format!(">{issue}<")), "Päätös", title)
            };
            // One that goes well, and some that fail at different places.
            let good = order();
            let message = spoil(&good);
            let answer = case.soap("messages", message.clone()).await;
            let id = case.ordered(&good, message.as_bytes(), &answer).await;
            case.letter(&id).await;
            let bad = order();
            for message in [
                replaced(&spoil(&bad), "4.0", "3.1"),
                replaced(&spoil(&bad), RECIPIENT, "010594Y903X"),
                replaced(&spoil(&bad), "</c:body>", "</c:body><c:x/>"),
                replaced(&spoil(&bad), "</soap:Body>", ""),
            ] {
                case.soap("messages", message).await;
            }
            case.nothing_ordered(&bad).await;
            let call = services_call("/search?q=010594Y901W").with("X-Road-UserId", user).with("X-Road-Issue", issue);
            assert_eq!(case.rest(call).await.status, 200);
            let body = order_json("lo-06", &serde_json::json!([])).to_string();
            let body = replaced(&replaced(&body, "Päätös", title), RECIPIENT, "010594Y904X");
            case.rest(messages_call(body).with("Authorization", token)).await;

            let secrets = [token, user, issue, title, RECIPIENT, "010594Y903X", "010594Y904X"];
            let metrics = case.adapter.metrics().await;
            for secret in secrets {
                // Another test of this process may order a letter for the same recipient; it may not be logged either.
                assert_eq!(lines_about(secret), Vec::<String>::new(), "{secret} in a log line");
                assert!(!metrics.contains(secret), "{secret} in a metric");
                assert_eq!(stored(case, secret).await, Vec::<String>::new(), "{secret} is stored");
            }
            assert!(!stored(case, &id).await.is_empty(), "the search finds what is there");
        },
    );
}

/// The files and the tables that hold a text.
async fn stored(case: &Case<'_>, text: &str) -> Vec<String> {
    let mut found = holding(&case.adapter.data(), text);
    let tables = Scratch::tables_holding(&case.adapter.store_config(), text).await;
    found.extend(tables.expect("the tables are read"));
    found
}

/// The files below a folder that hold a text.
fn holding(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path, text));
        } else if let Ok(content) = std::fs::read(&path)
            && content.windows(text.len()).any(|window| window == text.as_bytes())
        {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn xroad_lo_03_no_values_of_a_service_whose_logging_is_off() {
    let setup = |config: &mut silta::config::Config| {
        config.tenants[0].unlogged = Operations::Only(vec!["getService".to_owned()]);
    };
    own(setup, async |case| {
        let call = services_call("/lo03-path?lang=lo03-query").with("X-Road-UserId", "lo03-user");
        let (id, request_id) = (call.header("x-road-id"), call.header("x-road-request-id"));
        assert_eq!(case.rest(call).await.status.as_u16() / 100, 4);
        assert_eq!(case.rest(services_call("/search?q=lo03-search")).await.status, 200);
        // Refused before anything of it is served.
        let early = services_call("/lo03-early").without("x-road-client");
        assert_eq!(case.rest(early).await.status, 400);
        let soap = service_request("lo03-body");
        case.soap("catalogue", soap.clone()).await;
        // Ids and digests are kept.
        let exchanges = case.adapter.exchanges_of(&id).await;
        let [record] = &exchanges[..] else { panic!("{exchanges:?}") };
        let record = &record.draft;
        assert_eq!(record.path.as_deref(), Some("/turku/catalogue/rest/v1/services/…"));
        assert_eq!(record.request_id.as_deref(), Some(request_id.as_str()));
        assert!(record.query_digest.is_some() && record.user_digest.is_some() && record.response_digest.is_some());
        let exchanges = case.adapter.exchanges_of(&child_text(&soap, "id").expect("an id")).await;
        assert_eq!(exchanges[0].draft.request_digest, Some(sha512(soap.as_bytes())));
        for secret in ["lo03-path", "lo03-query", "lo03-body", "lo03-user", "lo03-search", "lo03-early"] {
            assert_eq!(lines_about(secret), Vec::<String>::new(), "{secret} in a log line");
            assert_eq!(stored(case, secret).await, Vec::<String>::new(), "{secret} in a file");
        }
        // Of another operation the path is there, so that the search can find something.
        let other = Call::new(Method::GET, "catalogue", "/channels/lo03-other");
        case.rest(other).await;
        assert!(!stored(case, "lo03-other").await.is_empty());
    });
}

/// A file system of its own for the store, taken away with the value; none where this user may not mount.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mount(at: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(at).expect("a folder");
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(at)
            .stderr(std::process::Stdio::null())
            .status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn xroad_lo_05_a_full_disk_refuses_everything_and_raises_an_alarm() {
    if database() == Database::Postgres {
        println!("not applicable: the small disk is the adapter's own; this database stands elsewhere");
        return;
    }
    run(async {
        let place = tempfile::tempdir().expect("a folder");
        let Some(disk) = SmallDisk::mount(&place.path().join("disk"), "24m") else {
            println!("skipped: only root may mount a small disk");
            return;
        };
        let adapter = TestAdapter::start_in(&disk.0, Setup::on(Database::Sqlite)).await;
        on(&adapter, async |case| {
            let alarm = "silta_alarm{alarm=\"message log\"} ";
            let alarmed = async || case.adapter.metrics().await.contains(&format!("{alarm}1"));
            assert!(case.adapter.metrics().await.contains(&format!("{alarm}0")), "there before it is needed");
            assert_eq!(case.rest(services_call("/101")).await.status, 200);
            let before = case.adapter.evidence().await.len();
            let filler = disk.0.join("filler");
            fill(&filler);
            // Pages that the store has already may take some more records; then nothing is answered but refusals.
            let mut answer = case.rest(services_call("/101")).await;
            for _ in 0..20_000 {
                if answer.status != 200 {
                    break;
                }
                fill(&filler);
                answer = case.rest(services_call("/101")).await;
            }
            assert_eq!(Case::problem(&answer, 503).code, "unavailable", "closed: no answer without a record");
            assert!(alarmed().await);
            let order = order();
            let answer = case.soap("messages", order.soap()).await;
            assert_eq!(answer.status, 500);
            assert!(answer.text().contains("<faultcode>soap:Server</faultcode>"), "{}", answer.text());
            case.nothing_ordered(&order).await;
            let lines = lines_about("the message log cannot be written");
            assert_eq!(lines.iter().filter(|line| line.contains("ERROR")).count(), 1, "once, not for each: {lines:?}");
            // Room again: the next exchange is served and ends the alarm, without a restart.
            std::fs::remove_file(&filler).expect("removed");
            let message = order.soap();
            let answer = case.soap("messages", message.clone()).await;
            case.ordered(&order, message.as_bytes(), &answer).await;
            assert!(!alarmed().await);
            let report = case.adapter.verify_log().await;
            assert_eq!(report["clean"], true, "{report}");
            assert!(case.adapter.evidence().await.len() > before);
        })
        .await;
        adapter.stop().await;
        drop(disk);
    });
}

/// Writes until nothing more fits.
fn fill(path: &Path) {
    use std::io::Write as _;
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).expect("a file");
    for size in [1 << 20, 1 << 14, 1 << 10, 1] {
        let piece = vec![0_u8; size];
        while file.write_all(&piece).is_ok() {}
    }
}

#[test]
fn xroad_lo_07_times_lie_within_what_the_security_server_sees() {
    shared(async |case| {
        let mut last = None;
        for _ in 0..3 {
            // What operational monitoring notes at the security server: the request goes out, the answer comes in.
            let (message, out) = (service_request(SERVICE.0), Timestamp::now());
            case.soap("catalogue", message.clone()).await;
            let back = Timestamp::now();
            let exchanges = case.adapter.exchanges_of(&child_text(&message, "id").expect("an id")).await;
            let record = &exchanges[0].draft;
            let (out, back) = (out.as_millisecond(), back.as_millisecond());
            let (time_in, time_out) = (record.time_in.as_millisecond(), record.time_out.as_millisecond());
            assert!(out <= time_in && time_in <= time_out && time_out <= back, "{out} {time_in} {time_out} {back}");
            assert!(last.is_none_or(|last| last <= time_in), "in the order of the calls");
            last = Some(time_out);
        }
        let call = services_call("/101");
        let (id, out) = (call.header("x-road-id"), Timestamp::now());
        case.rest(call).await;
        let back = Timestamp::now();
        let record = &case.adapter.exchanges_of(&id).await[0].draft;
        assert!(out.as_microsecond() <= record.time_in.as_microsecond() && record.time_out <= back);
        // UTC: the form says so, wherever this machine stands.
        assert!(record.time_in.to_string().ends_with('Z'));
    });
}
