//! Peers from a server that speaks Prometheus' HTTP service discovery.

use std::time::Duration;

use http_body_util::BodyExt;
use http_body_util::Empty;
use http_body_util::Limited;
use hyper::Request;
use hyper::Uri;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::Entry;
use super::targets;

/// From the connection to the last octet.
const PATIENCE: Duration = Duration::from_secs(10);
/// No list is longer, in octets.
const LONGEST: usize = 8 << 20;

/// Asks once.
pub(super) fn ask(url: &str) -> Result<Vec<Entry>, String> {
    let failed = |problem: String| format!("{url}: {problem}");
    let uri: Uri = url.parse().map_err(|error| failed(format!("{error}")))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(error.to_string()))?;
    let answer = runtime.block_on(async { tokio::time::timeout(PATIENCE, fetch(&uri)).await });
    // A name server that hangs does not hold up the next question.
    runtime.shutdown_background();
    let body = answer
        .map_err(|_| failed(format!("no answer within {} s", PATIENCE.as_secs())))?
        .map_err(|error| failed(error.to_string()))?;
    let text = String::from_utf8(body).map_err(|error| failed(error.to_string()))?;
    targets::parse(&text).map_err(failed)
}

/// Whether a URL can be asked.
pub fn check(url: &str) -> Result<(), String> {
    let uri: Uri = url.parse().map_err(|error| format!("{url:?}: {error}"))?;
    if uri.scheme_str() == Some("http") && uri.host().is_some() {
        return Ok(());
    }
    Err(format!(
        "{url:?} is no address such as http://192.0.2.1:8000/peers"
    ))
}

async fn fetch(uri: &Uri) -> anyhow::Result<Vec<u8>> {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(80))).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let request = Request::get(path)
        .header("Host", authority)
        .header("Accept", "application/json")
        .header("User-Agent", concat!("wattle-agent/", env!("CARGO_PKG_VERSION")))
        .body(Empty::<Bytes>::new())?;
    let answer = sender.send_request(request).await?;
    anyhow::ensure!(answer.status().as_u16() == 200, "status {}", answer.status());
    let body = Limited::new(answer.into_body(), LONGEST).collect().await;
    let body = body.map_err(|error| anyhow::anyhow!("the body: {error}"))?;
    Ok(body.to_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;

    /// Answers one question with these octets.
    fn server(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/peers?site=a", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut buffer = [0; 1024];
            let length = stream.read(&mut buffer).unwrap();
            assert!(buffer[..length].starts_with(b"GET /peers?site=a HTTP/1.1\r\n"));
            stream.write_all(answer.as_bytes()).unwrap();
        });
        url
    }

    #[test]
    fn a_list_comes_whole_or_not_at_all() {
        let list = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1b\r\n[{\"targets\":[\"192.0.2.1\"]}]\r\n0\r\n\r\n";
        assert_eq!(ask(&server(list)).unwrap().len(), 1);
        for answer in [
            "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n[]",
            "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[]",
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[{]",
            "nonsense",
        ] {
            assert!(ask(&server(answer)).is_err(), "{answer}");
        }
    }

    #[test]
    fn only_what_can_be_asked_is_taken() {
        assert!(check("http://[::1]:80/x").is_ok());
        for url in ["", "peers.example", "https://peers.example/", "ftp://x/"] {
            assert!(check(url).is_err(), "{url}");
        }
    }
}
