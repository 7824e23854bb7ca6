//! xroad.md §9.9: the cases that need a whole adapter; the others stand with the listener (`adapter/src/listen/tests`).

use std::time::Duration;

use conformance::security_server::AdapterStream;
use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::own;
use super::responses::hold_a_place;
use crate::harness::{Case, SERVICE, TENANT, service_request};

/// As many as a security server may open towards one adapter.
const CONNECTIONS: usize = 2_500;
/// Handshakes under way at the same time, so that none meets its deadline on a slow machine.
const OPENING: usize = 32;
const QUEUE: usize = 200;

#[test]
fn xroad_tr_09_2500_connections_are_queued_or_told_that_it_is_too_much() {
    // Both ends are in this process.
    if open_files() < 2 * CONNECTIONS + 500 {
        println!("skipped: 2 500 connections need {} open files (ulimit -n)", 2 * CONNECTIONS + 500);
        return;
    }
    let setup = |config: &mut silta::config::Config| {
        config.limits.in_flight = 1;
        config.limits.queue = QUEUE;
        // All of them are opened before the first one speaks, and then wait for one another.
        config.limits.header = silta::config::Period(Duration::from_mins(5));
    };
    own(setup, async |case| {
        let url = case.adapter.soap_url("catalogue");
        let door = case.adapter.provider.door();
        let opening = stream::iter(0..CONNECTIONS).map(|_| door.connect(&url)).buffer_unordered(OPENING);
        let mut connections: Vec<AdapterStream> = opening.map(|it| it.expect("a connection")).collect().await;
        assert!(open_connections(case).await >= CONNECTIONS, "all are open at once");
        // The one place is taken: what comes now waits, at most 200 of it and at most five seconds.
        let held = hold_a_place(case).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        let message = service_request(SERVICE.0);
        let request = format!(
            "POST /{TENANT}/catalogue/soap/v1 HTTP/1.1\r\nHost: x\r\nSOAPAction: \r\nContent-Type: text/xml\r\n\
             Content-Length: {}\r\n\r\n{message}",
            message.len()
        );
        let asking = connections.iter_mut().map(|connection| ask(connection, request.as_bytes()));
        let asked = futures_util::future::join_all(asking);
        let release = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            drop(held);
        };
        let (answers, ()) = tokio::join!(asked, release);
        let of = |wanted: &str| answers.iter().filter(|answer| answer.contains(wanted)).count();
        let (served, refused) = (of("HTTP/1.1 200 OK"), of("HTTP/1.1 500 "));
        println!("{served} were served, {refused} were told that it is too much");
        assert_eq!(served + refused, CONNECTIONS, "everybody gets an answer, and no other status");
        assert_eq!(of("<faultcode>soap:Server</faultcode>"), refused);
        assert_eq!(of("overloaded"), refused);
        assert!(served > 0 && refused > 0, "{served} served, {refused} refused");
        // Nothing is left of it: the connections end, and the next request is served.
        drop(connections);
        for _ in 0..500 {
            if open_connections(case).await < 10 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(open_connections(case).await < 10);
        assert_eq!(case.soap("catalogue", message).await.status, 200);
    });
}

/// Sends a request and reads its answer.
async fn ask(connection: &mut AdapterStream, request: &[u8]) -> String {
    connection.write_all(request).await.expect("written");
    connection.flush().await.expect("sent");
    let (mut answer, mut piece) = (Vec::new(), vec![0; 4096]);
    loop {
        let read = connection.read(&mut piece).await.expect("an answer");
        assert!(read > 0, "the connection ended after {:?}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&answer);
        if text.contains("</soap:Envelope>") || text.contains(":Envelope>") && text.trim_end().ends_with("Envelope>") {
            return text.into_owned();
        }
    }
}

async fn open_connections(case: &Case<'_>) -> usize {
    let metrics = case.adapter.metrics().await;
    let line = metrics.lines().find_map(|line| line.strip_prefix("silta_connections_open{listener=\"xroad\"} "));
    line.expect("the figure").trim().parse().expect("a number")
}

fn open_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
