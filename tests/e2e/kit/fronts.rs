//! Broken adapters below HTTP: a front that passes bytes on, or does with a connection what the adapter would not.

use std::net::SocketAddr;
use std::sync::Arc;

use conformance::ca::DevelopmentPki;
use conformance::security_server::{Door, TlsTweaks};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use silta::sandbox::Stage;
use tokio::io::{AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What is wrong with a front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Defect {
    /// Nothing.
    None,
    /// Takes versions of TLS before 1.2.
    OldVersions,
    /// Serves plain HTTP on the TLS port.
    PlainHttp,
    /// Asks for no client certificate.
    AnyClient,
}

/// Each defect with the cases that must say so.
pub(super) const TLS: &[(Defect, &[&str])] = &[
    (Defect::OldVersions, &["TL-09"]),
    (Defect::PlainHttp, &["TL-13"]),
    (Defect::AnyClient, &["TL-03", "TL-04", "TL-05", "TL-07"]),
];

pub(super) struct Front {
    pub(super) address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Front {
    pub(super) async fn start(stage: &Stage, defect: Defect) -> Self {
        let pki = DevelopmentPki::load(&stage.data().join("pki")).expect("certificates");
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![pki.adapter.certificate().clone()], pki.adapter.key())
            .expect("a configuration");
        let behind = Behind {
            defect,
            adapter: stage.address("xroad"),
            acceptor: TlsAcceptor::from(Arc::new(config)),
            door: Door::new(Some(&pki.security_server), TlsTweaks::default()).expect("a door"),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let behind = behind.clone();
                // How a connection ends is the two peers' matter.
                connections.spawn(async move { drop(behind.pass(stream).await) });
                while connections.try_join_next().is_some() {}
            }
        });
        Self { address, task }
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Behind {
    defect: Defect,
    adapter: SocketAddr,
    acceptor: TlsAcceptor,
    door: Door,
}

impl Behind {
    async fn pass(self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut first = [0; 11];
        match self.defect {
            Defect::OldVersions if stream.peek(&mut first).await? == 11 && first[0] == 22 && first[10] < 3 => {
                let mut hello = vec![2, 0, 0, 38, first[9], first[10]];
                hello.extend([7; 32]);
                hello.extend([0, 0xC0, 0x13, 0]);
                let record = [[22, 3, 1, 0, 42].as_slice(), &hello].concat();
                return stream.write_all(&record).await;
            }
            Defect::PlainHttp if stream.peek(&mut first).await? > 0 && first[0] != 22 => {
                return stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
            }
            Defect::AnyClient => {
                let mut stream = self.acceptor.accept(stream).await?;
                let behind = self.door.connect(&format!("https://{}", self.adapter)).await;
                let mut behind = behind.map_err(|error| std::io::Error::other(error.text))?;
                copy_bidirectional(&mut stream, &mut behind).await?;
                return Ok(());
            }
            _ => {}
        }
        let mut behind = TcpStream::connect(self.adapter).await?;
        copy_bidirectional(&mut stream, &mut behind).await.map(drop)
    }
}
