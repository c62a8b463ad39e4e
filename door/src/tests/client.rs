//! A client that sends what it is told, letter by letter.

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;

/// A request without anything special.
pub(super) const GET: &str = "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n";

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Heard {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// Sends `text` and reads one answer.
pub(super) async fn ask<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, text: &str) -> Heard {
    stream.write_all(text.as_bytes()).await.unwrap();
    hear(stream).await
}

/// Reads one answer, with a body as long as it says.
pub(super) async fn hear<S: AsyncRead + Unpin>(stream: &mut S) -> Heard {
    let mut heard = hear_head(stream).await;
    let length = heard.header("content-length").unwrap().parse().unwrap();
    heard.body = vec![0; length];
    stream.read_exact(&mut heard.body).await.unwrap();
    heard
}

/// Reads one answer up to the empty line.
pub(super) async fn hear_head<S: AsyncRead + Unpin>(stream: &mut S) -> Heard {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.trim_end().split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let pair = |line: &str| {
        line.split_once(": ")
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    Heard {
        status,
        headers: lines.filter_map(pair).collect(),
        body: Vec::new(),
    }
}

/// Reads until the door closes the connection, and says how much came.
pub(super) async fn rest<S: AsyncRead + Unpin>(stream: &mut S) -> usize {
    let mut bytes = Vec::new();
    // A connection that is cut and one that is closed are both over.
    let _ = stream.read_to_end(&mut bytes).await;
    bytes.len()
}
