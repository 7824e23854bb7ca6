//! A remote of a few lines, for answers that the simulator never gives.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Answers `/v1/token` itself and every other call with the next of the given answers.
pub(super) struct Raw {
    pub(super) url: String,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Raw {
    /// Each answer is a status, more header lines, and a JSON body.
    pub(super) async fn start(answers: Vec<(u16, &'static str, String)>) -> Raw {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut answers = VecDeque::from(answers);
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                while !is_whole(&request) {
                    let mut buffer = [0; 8192];
                    let read = stream.read(&mut buffer).await.unwrap();
                    request.extend_from_slice(&buffer[..read]);
                }
                let line = String::from_utf8_lossy(&request).lines().next().unwrap_or_default().to_owned();
                seen.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
                let (status, headers, body) = if line.contains("/v1/token") {
                    (200, "", r#"{"access_token": "t", "expires_in": 3600, "token_type": "Bearer"}"#.to_owned())
                } else {
                    answers.pop_front().expect("an answer is left")
                };
                let answer = format!(
                    "HTTP/1.1 {status} X\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {}\r\n\
                     Connection: close\r\n{headers}\r\n{body}",
                    body.len()
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
                stream.shutdown().await.unwrap();
            }
        });
        Raw { url, requests, task }
    }

    /// What was asked for, path and query as they came.
    pub(super) fn targets(&self) -> Vec<String> {
        let target = |request: &String| request.split(' ').nth(1).map(str::to_owned);
        self.requests.lock().unwrap().iter().filter_map(target).collect()
    }

    /// Every request whole.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    body.len() >= length.unwrap_or(0)
}
