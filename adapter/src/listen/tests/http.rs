//! xroad.md §9.9: framing, targets, drain, panics, deliveries.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use tokio::io::AsyncWriteExt;
use tokio::sync::{Notify, mpsc};

use super::rig::*;
use crate::listen::*;

#[tokio::test]
async fn xroad_tr_01_idle_connections_that_the_peer_closes_leave_nothing() {
    let rig = Rig::plain(Options::default());
    for _ in 0..1_000 {
        let mut stream = rig.connect().await;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
        assert!(read_response(&mut stream).await.starts_with("HTTP/1.1 200 OK"));
    }
    rig.quiet().await;
    assert_eq!(rig.metrics.limit_hits("idle"), 0);
}

#[tokio::test]
async fn xroad_tr_02_a_drain_finishes_what_is_there_and_announces_the_close() {
    let (started, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = {
        let (started, go) = (Arc::clone(&started), Arc::clone(&go));
        move |request: Request<Incoming>, _: Peer| {
            let (started, go) = (Arc::clone(&started), Arc::clone(&go));
            async move {
                if request.uri().path() == "/slow" {
                    started.notify_one();
                    go.notified().await;
                }
                Response::new(full("done"))
            }
        }
    };
    let rig = Rig::with(Options::default(), None, handler);
    let (mut slow, mut kept, mut idle) = (rig.connect().await, rig.connect().await, rig.connect().await);
    for stream in [&mut kept, &mut idle] {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
        assert!(!read_response(stream).await.contains("connection: close"));
    }
    slow.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
    started.notified().await;
    rig.stages.soft.cancel();
    // A request that is under way on a kept connection still finds us.
    kept.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
    let answer = read_to_end(&mut kept).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("connection: close"), "{answer}");
    assert_eq!(read_to_end(&mut idle).await, "");
    assert!(!rig.serving.is_finished());
    go.notify_one();
    let answer = read_to_end(&mut slow).await;
    assert!(answer.contains("connection: close") && answer.ends_with("done"), "{answer}");
    tokio::time::timeout(Duration::from_secs(5), rig.serving).await.expect("drained").expect("not panicked");
}

#[tokio::test]
async fn the_hard_stage_ends_what_does_not_finish() {
    let rig = Rig::with(Options::default(), None, |_, _| std::future::pending());
    let mut stream = rig.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
    tokio::time::sleep(Duration::from_millis(50)).await;
    rig.stages.soft.cancel();
    rig.stages.hard.cancel();
    tokio::time::timeout(Duration::from_secs(5), rig.serving).await.expect("ended").expect("not panicked");
    read_to_end(&mut stream).await;
}

#[tokio::test]
async fn xroad_tr_03_chunks_of_every_kind() {
    let rig = Rig::plain(Options::default());
    let mut tiny = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..500 {
        tiny.extend_from_slice(b"1\r\nx\r\n");
    }
    tiny.extend_from_slice(b"0\r\n\r\n");
    for (bytes, length) in [
        (&tiny[..], 500),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b;c=\"d\"\r\nhello\r\n0\r\n\r\n", 5),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n", 5),
    ] {
        let mut stream = rig.connect().await;
        // Twice on the same connection: the end of the body was found.
        for _ in 0..2 {
            stream.write_all(bytes).await.expect("sent");
            let answer = read_response(&mut stream).await;
            assert!(answer.ends_with(&format!("\r\n{length} bytes")), "{answer}");
        }
    }
}

#[tokio::test]
async fn xroad_tr_04_what_two_readers_could_understand_in_two_ways_is_refused() {
    let rig = Rig::plain(Options::default());
    for (name, head) in [
        ("both lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ("both lengths", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"),
        ("two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"),
        ("xchunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n"),
        ("gzip, chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
        ("bare LF", "POST / HTTP/1.1\r\nHost: a\nContent-Length: 5\r\n\r\n"),
        ("bare LF at the end", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\n"),
        ("obs-fold", "POST / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\nContent-Length: 5\r\n\r\n"),
        ("space before colon", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\n"),
        ("NUL", "POST / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\nContent-Length: 5\r\n\r\n"),
    ] {
        // A smuggled request that must never be answered.
        let text = format!("{head}0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
        let answer = rig.raw(text.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{name}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{name}: {answer}");
    }
    for (name, body) in [
        ("bare LF", "5\nhello\r\n0\r\n\r\n"),
        ("size", "0x5\r\nhello\r\n0\r\n\r\n"),
        ("long", "5\r\nhello!\r\n0\r\n\r\n"),
    ] {
        let text = format!(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        );
        let answer = rig.raw(text.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "chunks, {name}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "chunks, {name}: {answer}");
    }
}

#[tokio::test]
async fn xroad_tr_10_expectations() {
    let rig = Rig::plain(Options::default());
    let mut stream = rig.connect().await;
    stream
        .write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        .await
        .expect("sent");
    let answer = read_response(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 100 Continue"), "{answer}");
    stream.write_all(b"hello").await.expect("sent");
    assert!(read_response(&mut stream).await.ends_with("5 bytes"));
    let answer = rig.raw(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: wonders\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 417 "), "{answer}");
}

#[tokio::test]
async fn xroad_tr_11_no_other_protocol_and_no_proxy() {
    let options = Options { hosts: vec!["silta.example.fi".into()], ..Options::default() };
    let rig = Rig::plain(options);
    for (request, status) in [
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (
            "GET / HTTP/1.1\r\nHost: silta.example.fi\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
            400,
        ),
        ("CONNECT other.example:443 HTTP/1.1\r\nHost: other.example:443\r\n\r\n", 405),
        ("GET http://other.example/ HTTP/1.1\r\nHost: silta.example.fi\r\n\r\n", 400),
        ("OPTIONS * HTTP/1.1\r\nHost: silta.example.fi\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: other.example\r\n\r\n", 421),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: silta.example.fi\r\nHost: silta.example.fi\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: user@silta.example.fi\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: SILTA.example.fi\r\nConnection: close\r\n\r\n", 200),
    ] {
        let answer = rig.raw(request.as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request:?}: {answer}");
        assert!(!answer.contains("101 "), "{answer}");
    }
}

#[tokio::test]
async fn a_panic_ends_its_own_exchange_only() {
    let handler = |request: Request<Incoming>, _: Peer| async move {
        assert!(request.uri().path() != "/boom", "boom");
        Response::new(full("fine"))
    };
    let rig = Rig::with(Options::default(), None, handler);
    let mut other = rig.connect().await;
    other.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
    assert!(read_response(&mut other).await.ends_with("fine"));
    let answer = rig.raw(b"GET /boom HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 500 ") && !answer.contains("boom"), "{answer}");
    assert_eq!(rig.metrics.panics(DOOR), 1);
    other.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
    assert!(read_response(&mut other).await.ends_with("fine"));
}

#[tokio::test]
async fn xroad_tr_08_the_handler_learns_whether_its_response_left() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let (started, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let gone = Arc::new(Mutex::new(None));
    let handler = {
        let (started, go, gone) = (Arc::clone(&started), Arc::clone(&go), Arc::clone(&gone));
        move |request: Request<Incoming>, peer: Peer| {
            let (tell, started, go, gone) = (tell.clone(), Arc::clone(&started), Arc::clone(&go), Arc::clone(&gone));
            async move {
                let path = request.uri().path().to_owned();
                if path == "/slow" {
                    started.notify_one();
                    *gone.lock().expect("lock") = Some(peer.gone.clone());
                    go.notified().await;
                }
                let size = if path == "/large" { 64 << 20 } else { 4 };
                let mut response = Response::new(full(vec![b'x'; size]));
                response.extensions_mut().insert(Delivery::new(move |delivered| {
                    let _ = tell.send((path, delivered));
                }));
                response
            }
        }
    };
    let rig = Rig::with(Options::default(), None, handler);

    for method in ["GET", "HEAD"] {
        let answer =
            rig.raw(format!("{method} /small HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert_eq!(told.recv().await, Some(("/small".to_owned(), Delivered::Yes)), "{method}");
    }

    // Gone while the handler works: it finishes, and learns both.
    let mut stream = rig.connect().await;
    stream.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
    started.notified().await;
    drop(stream);
    let token = gone.lock().expect("lock").clone().expect("started");
    tokio::time::timeout(Duration::from_secs(5), token.cancelled()).await.expect("told");
    go.notify_one();
    assert_eq!(told.recv().await, Some(("/slow".to_owned(), Delivered::No)));

    // Gone in the middle of the response.
    let mut stream = rig.connect().await;
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
    let mut some = [0; 1024];
    tokio::io::AsyncReadExt::read_exact(&mut stream, &mut some).await.expect("begun");
    drop(stream);
    let delivered = tokio::time::timeout(Duration::from_secs(5), told.recv()).await.expect("told");
    assert_eq!(delivered, Some(("/large".to_owned(), Delivered::No)));
}

/// Whoever vanishes behind a whole request is answered into the void, but the request has come: it is handled, and the
/// handler learns that nobody took the answer.
#[tokio::test]
async fn xroad_tr_08_a_whole_request_is_handled_though_its_sender_is_gone() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let handler = move |request: Request<Incoming>, _: Peer| {
        let tell = tell.clone();
        async move {
            let path = request.uri().path().to_owned();
            let body = request.into_body().collect().await;
            // As long as a commit takes.
            tokio::time::sleep(Duration::from_millis(5)).await;
            let mut response = Response::new(full("done"));
            let length = body.map(|body| body.to_bytes().len()).map_err(|error| error.to_string());
            response.extensions_mut().insert(Delivery::new(move |delivered| {
                let _ = tell.send((path, length, delivered));
            }));
            response
        }
    };
    let rig = Rig::tls_with(&SERVER, &[&CLIENT], handler);
    let own = client(&Shows::Own(&CLIENT), &[&rustls::version::TLS12]);
    for number in 0..20 {
        for (request, length) in [
            (format!("GET /{number} HTTP/1.1\r\nHost: a\r\n\r\n"), 0),
            (format!("DELETE /{number} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), 0),
            (format!("POST /{number} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"), 5),
            (
                format!(
                    "POST /{number} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
                ),
                5,
            ),
        ] {
            let mut stream = rig.connect_tls(&own).await.expect("connected");
            stream.write_all(request.as_bytes()).await.expect("sent");
            stream.flush().await.expect("sent");
            drop(stream);
            let one = tokio::time::timeout(Duration::from_secs(5), told.recv()).await;
            let one = one.unwrap_or_else(|_| panic!("nobody handled {request:?}"));
            assert_eq!(one, Some((format!("/{number}"), Ok(length), Delivered::No)), "{request:?}");
        }
    }
    rig.quiet().await;
}

/// A connection whose request is still arriving is not at rest, even if its answer has been sent: what arrives later is
/// the body, and must never be read as a request.
#[tokio::test]
async fn a_body_that_comes_long_after_its_answer_is_no_next_request() {
    const REST: &str = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
    let (tell, mut told) = mpsc::unbounded_channel();
    let handler = move |request: Request<Incoming>, _: Peer| {
        let tell = tell.clone();
        tokio::spawn(async move {
            let (parts, mut body) = request.into_parts();
            let mut read = Vec::new();
            // By its length: hyper tells the end of a body that outlasts its answer only with the next request.
            while !body.is_end_stream()
                && let Some(frame) = body.frame().await
            {
                read.extend(frame.expect("no error").into_data().expect("data"));
            }
            tell.send((parts.uri.path().to_owned(), String::from_utf8(read).expect("text"))).expect("told");
        });
        async { Response::new(full("early")) }
    };
    let rig = Rig::with(Options { rest: Duration::from_millis(100), ..Options::default() }, None, handler);
    let (mut sized, mut chunked) = (rig.connect().await, rig.connect().await);
    let head = format!("POST /sized HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\nab", 2 + REST.len());
    sized.write_all(head.as_bytes()).await.expect("sent");
    let head = "POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n";
    chunked.write_all(format!("{head}{:x}\r\n", REST.len()).as_bytes()).await.expect("sent");
    assert!(read_response(&mut sized).await.ends_with("early"));
    assert!(read_response(&mut chunked).await.ends_with("early"));
    // Long enough for the watchdog to look.
    tokio::time::sleep(Duration::from_millis(1_300)).await;
    for (mut stream, path, end) in [(sized, "/sized", ""), (chunked, "/chunked", "\r\n0\r\n\r\n")] {
        stream.write_all(format!("{REST}{end}").as_bytes()).await.expect("sent");
        assert_eq!(told.recv().await.expect("told"), (path.to_owned(), format!("ab{REST}")));
        stream.write_all(b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
        assert!(read_response(&mut stream).await.ends_with("early"));
        assert_eq!(told.recv().await.expect("told"), ("/next".to_owned(), String::new()));
    }
}
