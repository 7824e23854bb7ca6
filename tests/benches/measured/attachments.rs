//! An attachment through MTOM, in and out again, as a share of a raw copy of the same bytes over the same TLS.
//!
//! The raw copy reads everything to its end and then sends it back, as a request and its answer do, without HTTP and
//! without keeping anything. The adapter reads the multipart, hashes and spools the file, commits the evidence, and
//! reads the file back while it sends. Server on core 0, client on core 1, in turns.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use conformance::ca::DevelopmentPki;
use serde::{Deserialize, Serialize};
use silta::exchange::{AnswerFile, FileOperation, SpooledFile};
use silta::operations::registry::{Family, Operation, Shape};
use silta::world::World;
use silta_client::common::Refusal;
use silta_client::messages::NAMESPACE;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use xroad::id::{ClientId, ServiceId};
use xroad::mime::{Flavour, Writer};
use xroad::soap::write::{self, RequestHeader};
use xroad::xml::Element;

use super::exchange::{CLIENT_CORE, Server};
use super::load::ToF64 as _;
use super::report::{Section, median};
use super::roles::Role;
use super::{machine, message, tls};

/// Bytes of the attachment.
const SIZE: u64 = 256 << 20;
const PIECE: usize = 64 << 10;
const RUNS: usize = 5;
/// Issue 3, “Measured”.
const GOAL: f64 = 0.5;

static ECHO: Operation = Operation { family: Family::Messages, name: "echoFiles", shape: Shape::Files };

/// Gives back the files that it gets. No process that serves has it.
pub(crate) struct Echo;

impl FileOperation for Echo {
    fn operation(&self) -> &'static Operation {
        &ECHO
    }

    fn serve(&self, _: &Element, files: Vec<SpooledFile>) -> Result<Vec<AnswerFile>, Refusal> {
        let answered = |content| AnswerFile { media_type: "application/octet-stream".to_owned(), content };
        Ok(files.into_iter().map(answered).collect())
    }

    fn body(&self, references: &[String]) -> String {
        format!("<echoFilesResponse xmlns=\"{NAMESPACE}\">{}</echoFilesResponse>", references.concat())
    }
}

/// One copy there and back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Copy {
    /// Holds the certificates.
    folder: PathBuf,
    address: SocketAddr,
    /// Whether it goes as a raw copy or as an MTOM message.
    raw: bool,
}

/// What it took.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Copied {
    seconds: f64,
}

pub(crate) fn measure() -> Result<Section> {
    ensure!(machine::cores() > CLIENT_CORE, "server and client need a core each; this machine has one");
    let scratch = tempfile::tempdir()?;
    let folder = scratch.path();
    let today = World::system().now().to_zoned(jiff::tz::TimeZone::UTC).date();
    DevelopmentPki::create(today)?.write(folder)?;
    let (silta, raw) = (Server::start(&Role::Silta(folder.to_owned()))?, Server::start(&Role::Raw(folder.to_owned()))?);
    let (mut of_silta, mut of_raw) = (Vec::new(), Vec::new());
    // The first of each warms up.
    for run in 0..=RUNS {
        let raw = copied(folder, raw.address, true)?;
        let mtom = copied(folder, silta.address, false)?;
        if run > 0 {
            of_raw.push(raw);
            of_silta.push(mtom);
        }
    }
    let highest = machine::memory(silta.child.id(), "VmHWM")?;
    silta.stop()?;
    raw.stop()?;
    Ok(section(&of_silta, &of_raw, highest))
}

fn section(silta: &[f64], raw: &[f64], highest: u64) -> Section {
    let mib = (SIZE >> 20).to_f64();
    let rate = |seconds: &[f64]| mib / median(seconds.iter().copied());
    let ratio = rate(silta) / rate(raw);
    let mut text = format!(
        "## Attachments\n\nAn MTOM attachment of {mib:.0} MiB to an echo operation of the bench and back, evidence \
         committed before the answer, against a raw copy there and back over the same TLS (1.2, \
         ECDHE_RSA_AES_128_GCM, both sides with certificates). Server on one core, client on the other, medians of \
         {RUNS} alternating runs; bytes of one direction by the time of both.\n\n| Silta, MiB/s | raw copy, MiB/s | \
         **ratio** | goal | resident memory at most |\n|---|---|---|---|---|\n"
    );
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "| {:.0} | {:.0} | **{ratio:.2}** | ≥ {GOAL:.1} | {:.0} MiB |",
        rate(silta),
        rate(raw),
        (highest >> 20).to_f64()
    );
    let missed = if ratio < GOAL { vec![format!("attachments: ratio {ratio:.2}, goal {GOAL:.1}")] } else { Vec::new() };
    Section { text, missed }
}

fn copied(folder: &Path, address: SocketAddr, raw: bool) -> Result<f64> {
    let copy = Copy { folder: folder.to_owned(), address, raw };
    let output = Role::Copy(copy).start(CLIENT_CORE)?.wait_with_output()?;
    ensure!(output.status.success(), "a copy failed");
    let copied: Copied = serde_json::from_slice(&output.stdout).context("what a copy took")?;
    Ok(copied.seconds)
}

/// The role of the client: prints what it [`Copied`].
pub(crate) fn copy(copy: &Copy) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let took = runtime.block_on(async {
        let config = tls::client(&DevelopmentPki::load(&copy.folder)?)?;
        let stream = TcpStream::connect(copy.address).await?;
        stream.set_nodelay(true)?;
        let stream = TlsConnector::from(Arc::new(config)).connect("localhost".try_into()?, stream).await?;
        let started = Instant::now();
        if copy.raw {
            raw_copy(stream).await?;
        } else {
            mtom_copy(stream).await?;
        }
        anyhow::Ok(started.elapsed())
    })?;
    println!("{}", serde_json::to_string(&Copied { seconds: Duration::as_secs_f64(&took) })?);
    Ok(())
}

async fn raw_copy(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Result<()> {
    send_content(&mut stream).await?;
    stream.flush().await?;
    receive(&mut stream, SIZE).await
}

async fn mtom_copy(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Result<()> {
    let client: ClientId = message::CLIENT.parse().context("the consumer's identifier")?;
    let service = ServiceId::new(message::provider()?, ECHO.name, Some("v1".to_owned())).context("the service")?;
    let header = RequestHeader::new(client, service, "0190b6d2-7c4e-7c6a-9a41-5a8f6f1f2c12");
    let include = format!("<x:Include xmlns:x=\"{}\" href=\"{}\"/>", xroad::soap::xop::NS_XOP, Writer::cid("a@bench"));
    let soap = write::request(&header, &format!("<echoFiles xmlns=\"{NAMESPACE}\"><file>{include}</file></echoFiles>"));
    let writer = Writer::new(Flavour::Mtom, "0190b6d27c4e7c6a9a415a8f6f1f2c12")?;
    let (mut before, mut after) = (Vec::new(), Vec::new());
    writer.soap(&mut before, &soap);
    writer.attachment_head(&mut before, "application/octet-stream", "a@bench")?;
    writer.close(&mut after);
    let length = before.len().to_u64() + SIZE + after.len().to_u64();
    let head = format!(
        "POST /{}/messages/soap/v1 HTTP/1.1\r\nHost: localhost\r\nSOAPAction: \r\nContent-Type: {}\r\nContent-Length: \
         {length}\r\n\r\n",
        message::TENANT,
        writer.content_type()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&before).await?;
    send_content(&mut stream).await?;
    stream.write_all(&after).await?;
    stream.flush().await?;
    let mut head = Vec::new();
    let end = loop {
        ensure!(stream.read_buf(&mut head).await? > 0, "the server hung up");
        if let Some(end) = head.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = String::from_utf8_lossy(head.get(..end).unwrap_or_default()).to_ascii_lowercase();
    ensure!(text.starts_with("http/1.1 200 "), "the server answered {text}");
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<u64>().ok());
    let length = length.context("an answer without Content-Length")?;
    ensure!(length > SIZE, "an answer without its attachment");
    receive(&mut stream, length - (head.len() - end).to_u64()).await
}

async fn send_content(stream: &mut (impl AsyncWrite + Unpin)) -> Result<()> {
    let piece: Vec<u8> = (0..PIECE).map(|at| u8::try_from(at % 251).unwrap_or_default()).collect();
    for _ in 0..SIZE / PIECE.to_u64() {
        stream.write_all(&piece).await?;
    }
    Ok(())
}

async fn receive(stream: &mut (impl AsyncRead + Unpin), length: u64) -> Result<()> {
    let mut buffer = vec![0; PIECE];
    let mut left = length;
    while left > 0 {
        let read = stream.read(&mut buffer).await?;
        ensure!(read > 0, "{left} bytes are missing");
        left = left.checked_sub(read.to_u64()).context("more came than was announced")?;
    }
    Ok(())
}

/// The server of raw copies: takes everything, then sends as much back.
pub(crate) async fn raw_server(folder: &Path) -> Result<SocketAddr> {
    let acceptor = TlsAcceptor::from(Arc::new(tls::server(&DevelopmentPki::load(folder)?)?));
    let socket = TcpListener::bind("127.0.0.1:0").await?;
    let address = socket.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = socket.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let _ = stream.set_nodelay(true);
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                // A client that hangs up ends its connection and nothing else.
                if receive(&mut stream, SIZE).await.is_ok() && send_content(&mut stream).await.is_ok() {
                    let _ = stream.flush().await;
                }
            });
        }
    });
    Ok(address)
}

trait ToU64 {
    fn to_u64(self) -> u64;
}

impl ToU64 for usize {
    fn to_u64(self) -> u64 {
        u64::try_from(self).unwrap_or(u64::MAX)
    }
}
