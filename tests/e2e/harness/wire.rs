//! One connection as a security server has it, written and read piece by piece: for messages larger than memory.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{TENANT, pki};

#[path = "../../benches/measured/tls.rs"]
#[expect(dead_code, reason = "the bench's own servers use the rest")]
mod tls;

/// A connection in the middle of a request.
pub(crate) struct Wire {
    stream: TlsStream<TcpStream>,
}

/// An answer whose body is still to be read.
pub(crate) struct Head {
    pub(crate) text: String,
    pub(crate) length: u64,
    /// What came of the body with the head.
    pub(crate) begun: Vec<u8>,
}

impl Head {
    pub(crate) fn status(&self) -> &str {
        self.text.split(' ').nth(1).unwrap_or_default()
    }
}

impl Wire {
    /// Opens a request to the letters' SOAP address; its body is sent in chunks.
    pub(crate) async fn open(address: SocketAddr, content_type: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("connected");
        let config = Arc::new(tls::client(pki()).expect("TLS"));
        let name = "localhost".try_into().expect("a name");
        let mut stream = TlsConnector::from(config).connect(name, stream).await.expect("a handshake");
        let head = format!(
            "POST /{TENANT}/messages/soap/v1 HTTP/1.1\r\nHost: localhost\r\nSOAPAction: \r\naccept-encoding: \r\n\
             Content-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.expect("written");
        Self { stream }
    }

    /// Sends a chunk; false when nobody takes it any more.
    pub(crate) async fn chunk(&mut self, bytes: &[u8]) -> bool {
        let size = format!("{:x}\r\n", bytes.len());
        for piece in [size.as_bytes(), bytes, b"\r\n"] {
            if self.stream.write_all(piece).await.is_err() {
                return false;
            }
        }
        self.stream.flush().await.is_ok()
    }

    /// Ends the request and reads the answer's head.
    pub(crate) async fn finish(&mut self) -> Head {
        // Whoever was refused before the end may be gone; the answer is there all the same.
        let _ = self.stream.write_all(b"0\r\n\r\n").await;
        let _ = self.stream.flush().await;
        let mut bytes = Vec::new();
        loop {
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                let begun = bytes.split_off(end + 4);
                let text = String::from_utf8(bytes).expect("a head");
                let length = text.lines().find_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().expect("a number"))
                });
                return Head { length: length.expect("a length"), text, begun };
            }
            let read = self.stream.read_buf(&mut bytes).await.expect("read");
            assert!(read > 0, "no answer: {}", String::from_utf8_lossy(&bytes));
        }
    }

    /// Hands the body to `take`, piece by piece; stops early when that says so. Returns what was read of it.
    pub(crate) async fn body(&mut self, head: &Head, mut take: impl FnMut(&[u8]) -> bool) -> u64 {
        let mut read = head.begun.len() as u64;
        let mut buffer = vec![0; 64 << 10];
        let mut goes_on = take(&head.begun);
        while goes_on && read < head.length {
            let count = self.stream.read(&mut buffer).await.expect("read");
            assert!(count > 0, "the answer broke off after {read} of {} bytes", head.length);
            read += count as u64;
            goes_on = take(&buffer[..count]);
        }
        read
    }
}
