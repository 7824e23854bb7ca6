use std::net::SocketAddr;
use std::path::Path;

use http::Method;

use super::bench::{Bench, REST_PATH, echo, envelope};
use crate::security_server::{ConsumerConfig, FileError, Files, MessageLog};

fn parse(text: &str) -> Result<Files, FileError> {
    Files::parse(Path::new("servers.toml"), text)
}

#[test]
fn what_is_wrong_is_refused_with_its_line() {
    for (text, line, word) in [
        ("[consumer]\n\nlisten = \"127.0.0.1:1\"\nlissen = 1\n", "line 4", "lissen"),
        ("[provider]\nrelease = \"7.9\"\n", "line 2", "7.9"),
        ("[consumer]\n[[consumer.clients]]\nid = \"FI/GOV\"\nconnection = \"http\"\n", "line 3", "FI/GOV"),
        ("[[provider.services]]\nid = \"FI/GOV/1/a\"\nkind = \"soap\"\nurl = \"x\"\n", "line 2", "FI/GOV/1/a"),
        ("[[faults]]\nflow = \"sideways\"\nkind = \"cut\"\n", "line 2", "sideways"),
        ("certificates = \n", "line 1", ""),
    ] {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.starts_with("servers.toml: ") && error.contains(line) && error.contains(word), "{text}: {error}");
    }
    assert!(parse("").is_ok());
}

/// The example of the manual page is read as it stands.
#[test]
fn the_manuals_example_is_read() {
    let page = include_str!("../../../../docs/security-servers.md");
    let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    parse(example).unwrap();
}

#[tokio::test]
async fn both_servers_start_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"
        [consumer]
        release = "7.8"
        [[consumer.clients]]
        id = "FI-TEST/GOV/1/a"
        connection = "http"
        [[provider.services]]
        id = "FI-TEST/MUN/2/b/items"
        kind = "rest"
        url = "http://127.0.0.1:1/"
        disabled = "huolto"
        access = [{ client = "FI-TEST/GOV/1/a", method = "get", path = "/v1/**" }]
    "#;
    let files = parse(text).unwrap();
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    let today = jiff::civil::date(2026, 2, 6);
    let pair = files.start(folder.path(), free, today).await.unwrap();
    assert!(pair.certificate.starts_with(folder.path()) && pair.certificate.exists());
    let call = async |method: Method, path: &str| {
        let headers = [("x-road-client", "FI-TEST/GOV/1/a")];
        let answer = pair.consumer.call_rest(method, path, &headers, "").await.unwrap();
        answer.header("x-road-error").unwrap_or_default().to_owned()
    };
    let path = "/r1/FI-TEST/MUN/2/b/items/v1/x";
    assert_eq!(call(Method::GET, path).await, "Server.ServerProxy.ServiceDisabled");
    assert_eq!(call(Method::PUT, path).await, "Server.ServerProxy.AccessDenied");
    assert_eq!(call(Method::GET, "/r1/FI-TEST/MUN/2/b/items/v2").await, "Server.ServerProxy.AccessDenied");
    let url = format!("{}/listClients", pair.consumer.url());
    let listed = reqwest::get(url).await.unwrap().text().await.unwrap();
    assert_eq!(listed.matches("<ns2:member>").count(), 4, "{listed}");
    pair.shutdown().await;
    // The certificate is kept for the next start.
    let before = std::fs::read(&pair.certificate).unwrap();
    let again = files.start(folder.path(), free, today).await.unwrap();
    assert_eq!(std::fs::read(&again.certificate).unwrap(), before);
    let taken = again.consumer.address;
    let error = files.start(folder.path(), taken, today).await.err().unwrap().to_string();
    assert!(error.starts_with(&format!("cannot listen on {taken}: ")), "{error}");
    again.shutdown().await;
}

#[tokio::test]
async fn message_logs_bound_what_they_keep() {
    for (log, refused) in [(MessageLog::Metadata, false), (MessageLog::Bodies, true)] {
        let bench = Bench::with(|config| config.message_log = log, ConsumerConfig::default()).await;
        bench.adapter.script(echo);
        let body = vec![b'x'; usize::try_from(MessageLog::MAX_BODY).unwrap() + 1];
        let headers = [("x-road-client", "FI-TEST/GOV/9999906-0/asiointi")];
        let answer = bench.consumer.call_rest(Method::POST, REST_PATH, &headers, body).await.unwrap();
        let code = answer.header("x-road-error");
        assert_eq!(code, refused.then_some("Server.ServerProxy.LoggingFailed"), "{log:?}");
    }
    let bench = Bench::start().await;
    bench.adapter.script(echo);
    for (length, expected) in [(255, None), (256, Some("Server.ClientProxy.LoggingFailed"))] {
        let id = format!("<x:id>{}</x:id>", "i".repeat(length));
        let answer = bench.soap(&envelope(&id, "<p:getItem xmlns:p=\"urn:p\"/>")).await;
        assert_eq!(answer.fault_code().await.as_deref(), expected, "{length}");
    }
}
