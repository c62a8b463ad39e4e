//! One request and its answer.

use std::borrow::Cow;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use http_body_util::Full;
use http_body_util::Limited;
use hyper::Method;
use hyper::client::conn::http1;
use hyper::header;
use hyper::header::HeaderValue;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::Url;
use super::tls;

/// No answer is longer: the longest known, a region's forecast for two days, has some 200 KiB.
const LARGEST: usize = 4 << 20;
/// A request and its answer take no longer, whatever the server does.
const TIMEOUT: Duration = Duration::from_secs(20);
const USER_AGENT: &str = concat!("wattle-agent/", env!("CARGO_PKG_VERSION"));

/// Why there is no answer. An answer of whatever status is an answer.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The file of authorities is of no use.
    #[error("{}: {text}", file.display())]
    Authorities {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        text: String,
    },
    /// TLS failed: most often the certificate is not the server's, or nobody known vouches for it.
    #[error("TLS: {0}")]
    Tls(String),
    /// A secret would have gone over an open line.
    #[error("a password or token is not sent over plain HTTP to another machine: use https")]
    Open,
    /// A header cannot be written.
    #[error("the password or token has letters that no header can have")]
    Header,
    /// Nobody there.
    #[error("{host}:{port}: {source}")]
    Connect {
        /// The host.
        host: String,
        /// The port.
        port: u16,
        /// What the system answered.
        source: std::io::Error,
    },
    /// The connection broke, or what came was no HTTP.
    #[error("HTTP: {0}")]
    Http(#[from] hyper::Error),
    /// The body broke off or is too long.
    #[error("the answer breaks off or is longer than {} MiB", LARGEST >> 20)]
    Body,
    /// It took too long.
    #[error("no answer within {} s", TIMEOUT.as_secs())]
    Timeout,
    /// The system has no room for it.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// What to ask.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where.
    pub url: Url,
    /// Headers beside those that every request has.
    pub headers: Vec<(&'static str, String)>,
    /// A header whose value is a secret.
    pub secret: Option<(Cow<'static, str>, String)>,
    /// What to send, by `POST`; nothing is asked by `GET`.
    pub body: Option<Bytes>,
    /// There is a secret in the body.
    pub confidential: bool,
}

impl Request {
    /// Asks for what is at `url`.
    pub fn get(url: Url) -> Self {
        Self {
            url,
            headers: Vec::new(),
            secret: None,
            body: None,
            confidential: false,
        }
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The header `Retry-After`.
    pub retry_after: Option<String>,
    /// The body, whole.
    pub body: Bytes,
}

/// Asks others.
#[derive(Clone)]
pub struct Client {
    tls: TlsConnector,
    timeout: Duration,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Client")
    }
}

impl Client {
    /// A client that believes the authorities in `file` alone, or those of the system.
    pub fn new(authorities: Option<&Path>) -> Result<Self, FetchError> {
        Ok(Self {
            tls: TlsConnector::from(tls::config(authorities)?),
            timeout: TIMEOUT,
        })
    }

    /// The same with less patience.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Asks, and waits for the whole answer.
    pub async fn fetch(&self, request: Request) -> Result<Reply, FetchError> {
        tokio::time::timeout(self.timeout, self.converse(request))
            .await
            .map_err(|_| FetchError::Timeout)?
    }

    async fn converse(&self, request: Request) -> Result<Reply, FetchError> {
        let url = &request.url;
        let open = !url.is_https() && (request.confidential || request.secret.is_some());
        if open && url.is_elsewhere() {
            return Err(FetchError::Open);
        }
        let (host, port) = (url.host().to_owned(), url.port());
        let stream = TcpStream::connect((host.as_str(), port))
            .await
            .map_err(|source| FetchError::Connect {
                host: host.clone(),
                port,
                source,
            })?;
        if open && !stream.peer_addr()?.ip().to_canonical().is_loopback() {
            return Err(FetchError::Open);
        }
        if !url.is_https() {
            return exchange(stream, request).await;
        }
        let name = ServerName::try_from(host).map_err(|error| FetchError::Tls(error.to_string()))?;
        let stream = self
            .tls
            .connect(name, stream)
            .await
            .map_err(|error| FetchError::Tls(error.to_string()))?;
        exchange(stream, request).await
    }
}

async fn exchange<S>(stream: S, request: Request) -> Result<Reply, FetchError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(64 << 10)
        .handshake(TokioIo::new(stream))
        .await?;
    let request = message(request)?;
    let talk = async move {
        let response = sender.send_request(request).await?;
        let header = response.headers().get(header::RETRY_AFTER);
        let retry_after = header.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), LARGEST).collect().await;
        let body = body.map_err(|_| FetchError::Body)?.to_bytes();
        Ok(Reply {
            status,
            retry_after,
            body,
        })
    };
    tokio::pin!(connection);
    tokio::pin!(talk);
    tokio::select! {
        biased;
        answer = &mut talk => answer,
        // An answer that ends with the connection is whole only now.
        ended = &mut connection => match ended {
            Ok(()) => talk.await,
            Err(error) => Err(error.into()),
        },
    }
}

fn message(request: Request) -> Result<hyper::Request<Full<Bytes>>, FetchError> {
    let method = if request.body.is_some() {
        Method::POST
    } else {
        Method::GET
    };
    let mut builder = hyper::Request::builder()
        .method(method)
        .uri(request.url.target())
        .header(header::HOST, request.url.authority())
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::CONNECTION, "close");
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    if let Some((name, value)) = request.secret {
        let mut value = HeaderValue::try_from(value).map_err(|_| FetchError::Header)?;
        value.set_sensitive(true);
        builder = builder.header(&*name, value);
    }
    let body = Full::new(request.body.unwrap_or_default());
    builder.body(body).map_err(|_| FetchError::Header)
}

/// What a thread needs to wait for answers.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // For the name service, which can block.
        .max_blocking_threads(1)
        .build()
}
