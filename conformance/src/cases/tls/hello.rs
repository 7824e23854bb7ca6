//! What the adapter makes of offers that no library of today makes: `ClientHello` messages by hand (RFC 5246 §7.4.1.2).

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{door, get, pinned, url};
use crate::kit::{Probe, Stop, Verdict};

/// The suites that a security server offers, in its order (xroad.md §5.2).
const OFFERED: [u16; 8] = [0xC02F, 0xC027, 0xC030, 0xC028, 0x009E, 0x0067, 0x006B, 0x009F];
/// ECDHE_RSA with AES-GCM: 128 bits with SHA-256, 256 bits with SHA-384.
const GOOD: [u16; 2] = [0xC02F, 0xC030];
/// Everything that an old library would offer.
const OLD: [u16; 8] = [0xC013, 0xC014, 0x0033, 0x0039, 0x002F, 0x0035, 0xC02F, 0xC030];
const RSA_KEY_EXCHANGE: [u16; 5] = [0x009C, 0x009D, 0x003C, 0x003D, 0x002F];
const CBC: [u16; 4] = [0xC027, 0xC028, 0xC013, 0xC014];
const PATIENCE: Duration = Duration::from_secs(20);

/// What came back.
enum Reply {
    /// Version and suite of a `ServerHello`.
    Hello(u16, u16),
    /// An alert's description.
    Alert(u8),
    /// The connection ended, or something else came.
    Nothing,
}

pub(super) async fn tl_01(probe: &mut Probe<'_>) -> Verdict {
    let own = pinned(probe)?;
    let url = url(probe);
    probe.step("the eight suites, no ALPN, no server name");
    let reply = offer(probe, &url, 0x0303, &OFFERED).await?;
    let chosen = match reply {
        Reply::Hello(0x0303, suite) => Some(suite),
        _ => None,
    };
    probe.check("TLS 1.2 with ECDHE_RSA and AES-GCM", chosen.is_some_and(|suite| GOOD.contains(&suite)))?;

    probe.step("the whole handshake, and a request");
    probe.sent(format!("GET {url}"));
    let own = door(Some(own), false)?;
    match own.handshake(&url).await {
        Ok((_, Some(handshake))) => {
            probe.note(format!("{}, ALPN {:?}", handshake.suite, handshake.alpn));
            probe.check("a suite of ECDHE_RSA with AES-GCM", handshake.suite.contains("ECDHE_RSA_WITH_AES"))?;
            probe.check("no ALPN, for none was offered", handshake.alpn.is_none())?;
        }
        Ok((_, None)) => return Err(Stop::not_applicable("the first --target is called without TLS")),
        Err(error) => return probe.check(format!("a handshake: {}", error.text), false),
    }
    let answer = get(&own, &url).await;
    probe.check("HTTP/1.1 is served", answer.is_ok_and(|it| it.status == 200))
}

pub(super) async fn tl_09(probe: &mut Probe<'_>) -> Verdict {
    pinned(probe)?;
    let url = url(probe);
    for (label, version, suites) in [
        ("TLS 1.0", 0x0301, OLD.as_slice()),
        ("TLS 1.1", 0x0302, OLD.as_slice()),
        ("RSA key exchange only", 0x0303, RSA_KEY_EXCHANGE.as_slice()),
        ("CBC only", 0x0303, CBC.as_slice()),
    ] {
        probe.step(label);
        let reply = offer(probe, &url, version, suites).await?;
        probe.check("no handshake", !matches!(reply, Reply::Hello(..)))?;
    }
    probe.step("the same by hand with a good suite: the refusals were the suites'");
    let reply = offer(probe, &url, 0x0303, &GOOD).await?;
    probe.check("a handshake", matches!(reply, Reply::Hello(0x0303, suite) if GOOD.contains(&suite)))
}

async fn offer(probe: &mut Probe<'_>, url: &str, version: u16, suites: &[u16]) -> Result<Reply, Stop> {
    let authority = authority(url)?;
    let names: Vec<String> = suites.iter().map(|suite| format!("{suite:04x}")).collect();
    probe.sent(format!("ClientHello of version {version:04x} with the suites {} to {authority}", names.join(" ")));
    let unreachable = |error: std::io::Error| Stop::failed(format!("{authority} cannot be reached: {error}"));
    let mut stream = TcpStream::connect(authority).await.map_err(unreachable)?;
    stream.write_all(&client_hello(version, suites)).await.map_err(unreachable)?;
    let reading = async {
        let mut head = [0; 5];
        stream.read_exact(&mut head).await.ok()?;
        let [kind, _, _, high, low] = head;
        let mut record = vec![0; usize::from(u16::from_be_bytes([high, low]))];
        stream.read_exact(&mut record).await.ok()?;
        Some((kind, record))
    };
    let record = tokio::time::timeout(PATIENCE, reading).await;
    let record =
        record.map_err(|_| Stop::failed("neither an answer to the ClientHello nor an end of the connection"))?;
    let reply = record.map_or(Reply::Nothing, |(kind, record)| read(kind, &record));
    probe.note(match reply {
        Reply::Hello(version, suite) => format!("ServerHello of version {version:04x} with the suite {suite:04x}"),
        Reply::Alert(description) => format!("alert {description}"),
        Reply::Nothing => "the connection ended".to_owned(),
    });
    Ok(reply)
}

/// Reads the first record: an alert (21) or a handshake message (22), which begins with its type and length.
fn read(kind: u8, record: &[u8]) -> Reply {
    let pair = |at: usize| match record.get(at..at + 2) {
        Some([high, low]) => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    };
    match (kind, record.first(), record.get(1)) {
        (21, _, Some(description)) => Reply::Alert(*description),
        (22, Some(2), _) => {
            let session = record.get(38).copied().map_or(0, usize::from);
            match (pair(4), pair(39 + session)) {
                (Some(version), Some(suite)) => Reply::Hello(version, suite),
                _ => Reply::Nothing,
            }
        }
        _ => Reply::Nothing,
    }
}

/// A record with a `ClientHello`: no server name, no ALPN, the groups and signatures of a security server.
fn client_hello(version: u16, suites: &[u16]) -> Vec<u8> {
    let words = |words: &[u16]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
    let extension = |kind: u16, content: &[u8]| [kind.to_be_bytes().as_slice(), &sized(content)].concat();
    let groups = sized(&words(&[0x001D, 0x0017, 0x0018, 0x0019]));
    let signatures = sized(&words(&[0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0201]));
    let extensions = [
        extension(0x000A, &groups),
        extension(0x000B, &[1, 0]),
        extension(0x000D, &signatures),
        extension(0x0017, &[]),
        extension(0x0023, &[]),
        extension(0xFF01, &[0]),
    ]
    .concat();
    let random = [uuid::Uuid::new_v4().into_bytes(), uuid::Uuid::new_v4().into_bytes()].concat();
    let inside =
        [version.to_be_bytes().as_slice(), &random, &[0], &sized(&words(suites)), &[1, 0], &sized(&extensions)]
            .concat();
    // A handshake message's length has three octets; ours is far below 65 536.
    let message = [[1, 0].as_slice(), &sized(&inside)].concat();
    [[22, 3, 1].as_slice(), &sized(&message)].concat()
}

/// With its length in two octets before it.
fn sized(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
    [length.to_be_bytes().as_slice(), content].concat()
}

/// Host and port of an address.
pub(super) fn authority(url: &str) -> Result<&str, Stop> {
    let rest =
        url.strip_prefix("https://").ok_or_else(|| Stop::not_applicable("the first --target is called without TLS"))?;
    Ok(rest.split('/').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{Reply, client_hello, read};

    #[test]
    fn a_hello_is_framed_by_its_lengths() {
        let hello = client_hello(0x0303, &[0xC02F]);
        let length = |at: usize| usize::from(u16::from_be_bytes([hello[at], hello[at + 1]]));
        assert_eq!((hello[0], length(3)), (22, hello.len() - 5));
        assert_eq!((hello[5], length(7)), (1, hello.len() - 9));
        // Version, random, an empty session id, one suite, no compression, extensions to the end.
        assert_eq!(hello[43..50], [0, 0, 2, 0xC0, 0x2F, 1, 0]);
        assert_eq!(length(50), hello.len() - 52);
    }

    #[test]
    fn reads_alerts_and_hellos() {
        assert!(matches!(read(21, &[2, 40]), Reply::Alert(40)));
        let mut hello = vec![2, 0, 0, 70, 3, 3];
        hello.extend([0; 32]);
        hello.extend([1, 9, 0xC0, 0x30, 0]);
        assert!(matches!(read(22, &hello), Reply::Hello(0x0303, 0xC030)));
        assert!(matches!(read(22, &[2, 0]), Reply::Nothing));
    }
}
