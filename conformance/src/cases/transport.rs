//! Transport (xroad.md §9.9): bytes on connections as security servers, and others, send them.

mod framing;
mod kept;
mod load;
mod time;

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{Case, case};
use crate::kit::{Probe, Stop, TEXT_XML};
use crate::security_server::AdapterStream;

pub(super) const CASES: &[Case] = &[
    case!(
        Transport,
        "TR-01",
        "I ServerProxy",
        "thousands of connections that the peer closes when idle leave nothing",
        "Security servers close idle connections after 50 ms: what each leaves behind adds up within hours.",
        load::tr_01
    ),
    case!(
        Transport,
        "TR-02",
        "I HttpClientCreator",
        "a restart under traffic fails no request",
        "Security servers do not send a request again: each one that meets a closed door is an error at a consumer.",
        load::tr_02
    ),
    case!(
        Transport,
        "TR-03",
        "RFC 9112",
        "chunks with extensions, trailers and of one byte are accepted",
        "Security servers send chunked bodies, and how they cut them is nobody's promise.",
        framing::tr_03
    ),
    case!(
        Transport,
        "TR-04",
        "RFC 9112",
        "what two readers could frame in two ways is refused, and the connection closed",
        "The other reading is a request that no security server has seen.",
        framing::tr_04
    ),
    case!(
        Transport,
        "TR-05",
        "RFC 9112",
        "a header block of 33 KiB, a target of 9 KiB and 200 headers are refused",
        "What is not bounded is held in memory for as long as somebody cares to send.",
        framing::tr_05
    ),
    case!(
        Transport,
        "TR-06",
        "UG-SS 6.6",
        "a handler slower than its deadline ends in an error before the security server's time is up",
        "After the security server's timeout the consumer learns nothing of what has become of the request.",
        time::tr_06
    ),
    case!(
        Transport,
        "TR-07",
        "RFC 9112",
        "heads and bodies that trickle meet a deadline",
        "A few hundred slow senders otherwise hold every connection.",
        time::tr_07
    ),
    case!(
        Transport,
        "TR-08",
        "xroad.md 7",
        "a request whose sender vanishes is logged, and its response as not delivered",
        "In a dispute, “we answered” and “you got it” are two things.",
        time::tr_08
    ),
    case!(
        Transport,
        "TR-09",
        "I pool",
        "2 500 connections at once are served or told that it is too much",
        "So many a security server may open to one adapter.",
        load::tr_09
    ),
    case!(
        Transport,
        "TR-10",
        "RFC 9110",
        "Expect: 100-continue is met with 100 or with the final answer",
        "A sender that waits for neither hangs until its timeout.",
        framing::tr_10
    ),
    case!(
        Transport,
        "TR-11",
        "RFC 9110",
        "no other protocol is spoken, and nothing is passed on to other hosts",
        "An adapter that works as a proxy is a way around the security server.",
        framing::tr_11
    ),
];

/// Longest time for an answer to bytes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Authority and path of an address.
fn split(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or((rest, "/"), |at| rest.split_at(at))
}

/// The address of a description, which any GET reads, and its authority and path.
fn place(probe: &Probe<'_>) -> (String, String, String) {
    let url = probe.target.urls.first().cloned().unwrap_or_default();
    let (authority, path) = split(&url);
    let (authority, path) = (authority.to_owned(), path.to_owned());
    (url, authority, path)
}

/// A SOAP request as bytes on a connection; `framing` is the last header lines, each with its end.
fn soap_head(url: &str, framing: &str) -> String {
    let (authority, path) = split(url);
    format!("POST {path} HTTP/1.1\r\nHost: {authority}\r\nSOAPAction: \r\nContent-Type: {TEXT_XML}\r\n{framing}\r\n")
}

async fn connect(probe: &Probe<'_>) -> Result<AdapterStream, Stop> {
    let (url, ..) = place(probe);
    let connected = probe.target.door.connect(&url).await;
    connected.map_err(|error| Stop::failed(format!("no connection: {}", error.text)))
}

fn broken(error: &std::io::Error) -> Stop {
    Stop::failed(format!("the connection broke: {error}"))
}

/// Writes and flushes.
async fn write(stream: &mut AdapterStream, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// What comes until the adapter closes, and whether it did.
async fn to_the_end(stream: &mut AdapterStream, patience: Duration) -> (String, bool) {
    let (mut came, mut piece) = (Vec::new(), vec![0; 16 * 1024]);
    let reading = async {
        // A reset, or an end without close_notify, is an end.
        while let Ok(read) = stream.read(&mut piece).await {
            match piece.get(..read) {
                Some(bytes) if !bytes.is_empty() => came.extend_from_slice(bytes),
                _ => break,
            }
        }
    };
    let closed = tokio::time::timeout(patience, reading).await.is_ok();
    (String::from_utf8_lossy(&came).into_owned(), closed)
}

/// Writes bytes on a connection of their own and reads until it is closed.
async fn exchange(probe: &mut Probe<'_>, bytes: &[u8]) -> Result<(String, bool), Stop> {
    probe.sent(crate::kit::printable(bytes));
    let mut stream = connect(probe).await?;
    // The adapter may answer and close before it has read all.
    let _ = write(&mut stream, bytes).await;
    let (came, closed) = to_the_end(&mut stream, PATIENCE).await;
    probe.note(crate::kit::printable(came.as_bytes()));
    Ok((came, closed))
}

/// The status of an answer's first line; 0 when there is none.
fn status(answer: &str) -> u16 {
    answer.strip_prefix("HTTP/1.1 ").and_then(|it| it.get(..3)).and_then(|it| it.parse().ok()).unwrap_or_default()
}

/// How many answers there are.
fn answers(text: &str) -> usize {
    text.matches("HTTP/1.1 ").count()
}
