//! Every limit of a connection, hit.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;

use super::rig::*;
use crate::listen::*;
use crate::telemetry::Metrics;

fn short() -> Options {
    Options {
        handshake: Duration::from_millis(300),
        header: Duration::from_millis(300),
        idle: Duration::from_millis(600),
        write_stall: Duration::from_millis(300),
        ..Options::default()
    }
}

#[tokio::test]
async fn xroad_tr_05_large_heads_are_refused() {
    let rig = Rig::plain(Options::default());
    let many = "X: y\r\n".repeat(200);
    for (name, request, status) in [
        ("header block", format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "y".repeat(33 * 1024)), 431),
        ("URI", format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "y".repeat(9 * 1024)), 414),
        ("headers", format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n"), 431),
    ] {
        let answer = rig.raw(request.as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{name}: {answer}");
    }
    let fits = format!(
        "GET /{} HTTP/1.1\r\nHost: a\r\nX: {}\r\nConnection: close\r\n\r\n",
        "y".repeat(8000),
        "y".repeat(20_000)
    );
    assert!(rig.raw(fits.as_bytes()).await.starts_with("HTTP/1.1 200 "));
    rig.quiet().await;
    assert_eq!((rig.metrics.limit_hits("uri"), rig.metrics.limit_hits("header_block")), (1, 2));
}

#[tokio::test]
async fn xroad_tr_07_slow_senders_meet_their_deadlines() {
    let rig = Rig::plain(short());
    // No byte at all; and a head that trickles, byte by byte.
    for trickle in ["", "GET / HTTP/1.1\r\nHost: a\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"] {
        let before = Instant::now();
        let stream = rig.connect().await;
        let (mut read, mut write) = stream.into_split();
        let writer = tokio::spawn(async move {
            for byte in trickle.bytes() {
                if write.write_all(&[byte]).await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
            write
        });
        assert_eq!(read_to_end(&mut read).await, "");
        let took = before.elapsed();
        assert!(took >= Duration::from_millis(250) && took < Duration::from_secs(5), "{took:?}");
        drop(writer.await);
    }
    assert_eq!(rig.metrics.limit_hits("header"), 2);
}

#[tokio::test]
async fn a_silent_handshake_and_a_silent_first_request_are_closed() {
    let rig = Rig::tls(&SERVER, &[&CLIENT], false);
    let silent = {
        let gate = rig.gate.clone();
        Rig::with(short(), gate, echo)
    };
    let mut stream = silent.connect().await;
    assert_eq!(read_to_end(&mut stream).await, "");
    assert_eq!(silent.metrics.limit_hits("handshake"), 1);
    let own = client(&Shows::Own(&CLIENT), &[&rustls::version::TLS12]);
    let stream = silent.connect_tls(&own).await.expect("connected");
    silent.quiet().await;
    drop(stream);
    assert_eq!(silent.metrics.limit_hits("header"), 1);
}

#[tokio::test]
async fn idle_connections_are_closed_quietly() {
    let rig = Rig::plain(short());
    let mut stream = rig.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
    read_response(&mut stream).await;
    let before = Instant::now();
    assert_eq!(read_to_end(&mut stream).await, "");
    assert!(before.elapsed() >= Duration::from_millis(500));
    assert_eq!(rig.metrics.limit_hits("header"), 0);
}

#[tokio::test]
async fn a_connection_at_rest_speaks_again_and_ends_as_others_do() {
    let lines = Lines::default();
    let _listening = lines.listen_to(tracing::Level::DEBUG);
    let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let options = Options { rest: Duration::from_millis(20), ..Options::default() };
    let rest = async |times: usize| {
        for _ in 0..1000 {
            if lines.text().matches("connection at rest").count() >= times {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("no {times} times at rest: {}", lines.text());
    };
    let own = client(&Shows::Own(&CLIENT), &[&rustls::version::TLS12]);
    let rig = Rig::with(options, Rig::tls(&SERVER, &[&CLIENT], false).gate.clone(), echo);
    let mut stream = rig.connect_tls(&own).await.expect("connected");
    stream.write_all(request).await.expect("sent");
    assert!(read_response(&mut stream).await.starts_with("HTTP/1.1 200 "));
    rest(1).await;
    // Half a request is the beginning of one, and the limits of heads hold for it.
    stream.write_all(b"GET / HT").await.expect("sent");
    tokio::time::sleep(Duration::from_millis(60)).await;
    stream.write_all(b"TP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
    assert!(read_response(&mut stream).await.starts_with("HTTP/1.1 200 "));
    rest(2).await;
    rig.stages.soft.cancel();
    assert_eq!(read_to_end(&mut stream).await, "", "TLS says goodbye");
    rig.quiet().await;

    let idle = Options { rest: Duration::from_millis(20), idle: Duration::from_secs(2), ..Options::default() };
    let rig = Rig::plain(idle);
    let (mut lingers, mut leaves) = (rig.connect().await, rig.connect().await);
    for stream in [&mut lingers, &mut leaves] {
        stream.write_all(request).await.expect("sent");
        read_response(stream).await;
    }
    rest(4).await;
    drop(leaves);
    assert_eq!(read_to_end(&mut lingers).await, "");
    rig.quiet().await;
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_dropped() {
    let large = |_, _| async { http::Response::new(full(vec![b'x'; 64 << 20])) };
    let rig = Rig::with(short(), None, large);
    let mut stream = rig.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
    tokio::io::AsyncReadExt::read_u8(&mut stream).await.expect("begun");
    rig.quiet().await;
    assert_eq!(rig.metrics.limit_hits("write_stall"), 1);
}

#[tokio::test]
async fn further_connections_wait_for_a_place() {
    let rig = Rig::plain(Options { connections: 2, ..Options::default() });
    let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = rig.connect().await;
        stream.write_all(request).await.expect("sent");
        read_response(&mut stream).await;
        held.push(stream);
    }
    let mut third = rig.connect().await;
    third.write_all(request).await.expect("sent");
    let early = tokio::time::timeout(Duration::from_millis(200), read_response(&mut third)).await;
    assert!(early.is_err(), "the third connection was served beyond the limit");
    assert_eq!(rig.metrics.open_connections(DOOR), 2);
    assert!(rig.metrics.limit_hits("connections") >= 1);
    drop(held.pop());
    assert!(read_response(&mut third).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_taken_port_names_itself_and_its_holder() {
    let held = any_port();
    let error = bind(held.address()).expect_err("taken");
    let text = error.to_string();
    assert!(text.starts_with(&format!("port {} on 127.0.0.1 is taken", held.address().port())), "{text}");
    if std::path::Path::new("/proc/net/tcp").exists() {
        assert!(text.contains(&format!("(process {})", std::process::id())), "{text}");
    }
    let elsewhere = bind(SocketAddr::from(([192, 0, 2, 1], 0))).expect_err("not ours");
    assert!(matches!(elsewhere, BindError::Refused { .. }), "{elsewhere}");
}

#[tokio::test]
async fn places_queue_and_overflow() {
    let metrics = Metrics::new();
    let door = InFlight::new(1, 1, Duration::from_millis(200), metrics.clone());
    let first = door.enter().await.expect("free");
    let waiting = tokio::spawn({
        let door = door.clone();
        async move { door.enter().await.map(drop) }
    });
    // The test runs on one thread: the task has begun to wait when the next line returns.
    tokio::task::yield_now().await;
    assert_eq!(door.enter().await.err(), Some(Full::Queue));
    assert_eq!(metrics.limit_hits("queue"), 1);
    drop(first);
    assert_eq!(waiting.await.expect("not panicked"), Ok(()));
    let _first = door.enter().await.expect("free");
    assert_eq!(door.enter().await.err(), Some(Full::Patience));
    assert_eq!(metrics.limit_hits("in_flight"), 1);
}
