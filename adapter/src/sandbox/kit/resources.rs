//! The act `resources`: what the adapter holds at the moment, by its own metrics and the operating system's.

use std::net::SocketAddr;

use conformance::kit::ActError;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The gauge of open connections.
const CONNECTIONS: &str = "silta_connections_open{listener=\"xroad\"} ";

pub(super) async fn resources(metrics: SocketAddr) -> Result<Value, ActError> {
    let text = scraped(metrics).await.map_err(|error| ActError::Failed(format!("no metrics: {error}")))?;
    let connections =
        text.lines().find_map(|line| line.strip_prefix(CONNECTIONS)).and_then(|it| it.trim().parse::<u64>().ok());
    // The sandbox, the simulators and the kit are in the same process: it can only be too much.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = resident.and_then(|it| it.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    Ok(json!({ "connections": connections, "memory": kibibytes.map(|it| it * 1024) }))
}

/// The adapter's metrics page.
pub(super) async fn scraped(metrics: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(metrics).await?;
    stream
        .write_all(format!("GET /metrics HTTP/1.1\r\nHost: {metrics}\r\nConnection: close\r\n\r\n").as_bytes())
        .await?;
    let mut text = Vec::new();
    stream.read_to_end(&mut text).await?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
