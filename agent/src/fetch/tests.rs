//! Against servers that answer, and servers that do not.

use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
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

/// A server over TLS with a certificate of its own for these names, which answers every connection; with that certificate in PEM.
fn secure_server(names: &[&str]) -> (u16, tempfile::NamedTempFile) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let own = rcgen::generate_simple_self_signed(names).unwrap();
    let mut pem = tempfile::NamedTempFile::new().unwrap();
    pem.write_all(own.cert.pem().as_bytes()).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)
            .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for mut socket in listener.incoming().map_while(Result::ok) {
            let mut session = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::Stream::new(&mut session, &mut socket);
            // A client that does not believe the certificate breaks off.
            if stream.read(&mut [0; 4096]).is_ok() {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
            }
        }
    });
    (port, pem)
}

#[test]
fn a_certificate_is_believed_for_its_own_name_and_from_known_authorities_only() {
    let (port, pem) = secure_server(&["localhost"]);
    let (other_port, other) = secure_server(&["example.org"]);
    let ask = |authorities: Option<&Path>, port: u16| {
        let client = Client::new(authorities)
            .unwrap()
            .with_timeout(Duration::from_secs(5));
        let request = Request {
            secret: Some(("authorization".into(), "Bearer x".to_owned())),
            ..Request::get(format!("https://localhost:{port}/").parse().unwrap())
        };
        runtime()
            .unwrap()
            .block_on(client.fetch(request))
            .map(|reply| reply.status)
    };
    assert_eq!(ask(Some(pem.path()), port).unwrap(), 200);
    for (authorities, port) in [
        (None, port),
        (Some(other.path()), port),
        (Some(other.path()), other_port),
    ] {
        assert!(
            matches!(ask(authorities, port), Err(FetchError::Tls(_))),
            "{authorities:?}"
        );
    }
    let nothing = tempfile::NamedTempFile::new().unwrap();
    for file in [nothing.path(), Path::new("/nonexistent")] {
        assert!(matches!(
            Client::new(Some(file)),
            Err(FetchError::Authorities { .. })
        ));
    }
}
