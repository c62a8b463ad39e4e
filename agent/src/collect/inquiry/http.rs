//! One request and its answer over a Unix socket: RFC 9112, as HTTP/1.0, so that the answer comes in one piece and the
//! connection ends with it.

use std::path::Path;

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;

/// No answer is longer. What a daemon says of a container has some 20 kB.
const LONGEST: usize = 1 << 20;
/// Nor is its head.
const LONGEST_HEAD: usize = 16 << 10;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// It cannot be reached, or has hung up.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// It took too long.
    #[error("no answer in time")]
    TooLate,
    /// It said too much.
    #[error("an answer of more than {LONGEST} bytes")]
    TooLong,
    /// It said something else than HTTP/1.
    #[error("no answer in HTTP/1")]
    NotUnderstood,
    /// It refused.
    #[error("an answer with the status {0}")]
    Status(u16),
}

/// Where an answer's body is, by its head.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    /// Length of the head itself.
    length: usize,
    /// Length of the body, where it is told.
    body: Option<usize>,
}

/// Asks for `target`, which is safe to stand in a request. `None` where the daemon does not know it.
pub(super) async fn get(socket: &Path, target: &str) -> Result<Option<Vec<u8>>, Failure> {
    let mut stream = UnixStream::connect(socket).await?;
    let request = format!(
        "GET {target} HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut text = Vec::new();
    let head = loop {
        if let Some(head) = head(&text)? {
            break head;
        }
        if text.len() > LONGEST_HEAD || stream.read_buf(&mut text).await? == 0 {
            return Err(Failure::NotUnderstood);
        }
    };
    match head.status {
        200 => {}
        404 => return Ok(None),
        status => return Err(Failure::Status(status)),
    }
    let end = head.body.map(|body| head.length.saturating_add(body));
    while end.is_none_or(|end| text.len() < end) {
        if end.is_some_and(|end| end > LONGEST) || text.len() > LONGEST {
            return Err(Failure::TooLong);
        }
        if stream.read_buf(&mut text).await? == 0 {
            if end.is_some() {
                return Err(Failure::NotUnderstood);
            }
            break;
        }
    }
    text.truncate(end.unwrap_or(text.len()));
    Ok(Some(text.split_off(head.length)))
}

/// The head, once it is all there.
fn head(text: &[u8]) -> Result<Option<Head>, Failure> {
    const END: &[u8] = b"\r\n\r\n";
    if !text.starts_with(&b"HTTP/1."[..text.len().min(7)]) {
        return Err(Failure::NotUnderstood);
    }
    let Some(end) = text.windows(END.len()).position(|window| window == END) else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&text[..end]).map_err(|_| Failure::NotUnderstood)?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let mut body = None;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            body = Some(value.trim().parse().map_err(|_| Failure::NotUnderstood)?);
        }
        // Not in an answer to HTTP/1.0.
        if name.eq_ignore_ascii_case("transfer-encoding") {
            return Err(Failure::NotUnderstood);
        }
    }
    Ok(Some(Head {
        status: status.ok_or(Failure::NotUnderstood)?,
        length: end + END.len(),
        body,
    }))
}
