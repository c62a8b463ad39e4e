//! Against servers that answer, and servers that do not.

use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

use super::Client;
use super::FetchError;
use super::Reply;
use super::Request;
use super::Url;
use super::runtime;

/// Answers one connection with these bytes, then closes it, or holds it open.
fn server(answer: Vec<u8>, hold: bool) -> (Url, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/path?q=1", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut chunk = [0; 1024];
        while !request.windows(4).any(|four| four == b"\r\n\r\n") {
            match stream.read(&mut chunk) {
                Ok(0) | Err(_) => break,
                Ok(count) => request.extend_from_slice(&chunk[..count]),
            }
        }
        // The client may have had enough.
        let _ = stream.write_all(&answer);
        if hold {
            let _ = stream.read_to_end(&mut Vec::new());
        }
        String::from_utf8(request).unwrap()
    });
    (url.parse().unwrap(), thread)
}

fn fetch(request: Request) -> Result<Reply, FetchError> {
    let client = Client::new(None)
        .unwrap()
        .with_timeout(Duration::from_millis(500));
    runtime().unwrap().block_on(client.fetch(request))
}

#[test]
fn an_answer_comes_whole_with_its_status() {
    for (answer, status, body) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", 200, "ok"),
        (
            "HTTP/1.1 429 No\r\nretry-after: 7\r\n\r\nuntil the end",
            429,
            "until the end",
        ),
        (
            "HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            500,
            "abc",
        ),
    ] {
        let (url, thread) = server(answer.as_bytes().to_vec(), false);
        let reply = fetch(Request {
            secret: Some(("authorization".into(), "Bearer x".to_owned())),
            ..Request::get(url)
        })
        .unwrap();
        assert_eq!((reply.status, &reply.body[..]), (status, body.as_bytes()));
        assert_eq!(reply.retry_after.is_some(), status == 429);
        let request = thread.join().unwrap();
        assert!(request.starts_with("GET /path?q=1 HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("authorization: Bearer x\r\n"), "{request}");
    }
}

#[test]
fn what_never_ends_is_given_up() {
    let (url, thread) = server(Vec::new(), true);
    assert!(matches!(fetch(Request::get(url)), Err(FetchError::Timeout)));
    thread.join().unwrap();
    let (url, thread) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhal".to_vec(), true);
    assert!(matches!(fetch(Request::get(url)), Err(FetchError::Timeout)));
    thread.join().unwrap();
}

#[test]
fn what_is_no_answer_or_too_long_is_an_error() {
    let (url, _thread) = server(b"SSH-2.0-OpenSSH\r\n\r\n".to_vec(), false);
    assert!(matches!(fetch(Request::get(url)), Err(FetchError::Http(_))));
    let mut endless = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    endless.resize(5 << 20, b'x');
    let (url, _thread) = server(endless, false);
    assert!(matches!(fetch(Request::get(url)), Err(FetchError::Body)));
    let (url, _thread) = server(
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhal".to_vec(),
        false,
    );
    assert!(matches!(
        fetch(Request::get(url)),
        Err(FetchError::Body | FetchError::Http(_))
    ));
}

#[test]
fn a_secret_goes_over_an_open_line_to_this_machine_only() {
    let request = Request {
        secret: Some(("authorization".into(), "Bearer x".to_owned())),
        ..Request::get("http://192.0.2.1/".parse().unwrap())
    };
    assert!(matches!(fetch(request), Err(FetchError::Open)));
}
