//! Pages over plain HTTP/1.1.

use http_body_util::BodyExt;
use http_body_util::Empty;
use http_body_util::Limited;
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header;
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::TcpStream;

use super::round::Fetch;
use super::targets::Target;

/// There is no page.
#[derive(Debug, Error)]
pub enum HttpError {
    /// Nobody listens.
    #[error("cannot connect to {address}: {source}")]
    Connect {
        /// Where.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// The path or the address cannot stand in a request.
    #[error("no request can be made of the target: {0}")]
    Request(#[from] hyper::http::Error),
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(#[from] hyper::Error),
    /// The answer is no page.
    #[error("the answer has the status {0}")]
    Status(u16),
    /// The body is too long, or broke off.
    #[error("the body cannot be read: {0}")]
    Body(String),
    /// It is not UTF-8.
    #[error("the page is not UTF-8")]
    NotText,
}

/// Pages over plain HTTP/1.1: one connection each, no redirects, no proxy, no compression. For loopback and networks that are trusted.
#[derive(Clone, Copy, Debug)]
pub struct PlainHttp {
    /// The longest page, in bytes.
    pub max_page: usize,
}

impl Default for PlainHttp {
    fn default() -> Self {
        Self { max_page: 8 << 20 }
    }
}

impl Fetch for PlainHttp {
    type Error = HttpError;

    async fn page(&self, target: &Target) -> Result<String, HttpError> {
        let address = target.address.clone();
        let stream = TcpStream::connect(&address).await;
        let stream = stream.map_err(|source| HttpError::Connect { address, source })?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let request = Request::get(&target.path)
            .header(header::HOST, &target.address)
            .header(header::ACCEPT, "text/plain;version=0.0.4")
            .header(header::CONNECTION, "close")
            .body(Empty::<Bytes>::new())?;
        let max_page = self.max_page;
        let answer = async move {
            let response = sender.send_request(request).await?;
            if response.status() != hyper::StatusCode::OK {
                return Err(HttpError::Status(response.status().as_u16()));
            }
            let body = Limited::new(response.into_body(), max_page).collect().await;
            body.map_err(|error| HttpError::Body(error.to_string()))
        };
        // Both in this task, so that giving up on the answer gives up the connection as well.
        let mut connection = std::pin::pin!(connection);
        let mut answer = std::pin::pin!(answer);
        let body = tokio::select! {
            body = &mut answer => body?,
            ended = &mut connection => {
                ended?;
                answer.await?
            }
        };
        String::from_utf8(body.to_bytes().into()).map_err(|_| HttpError::NotText)
    }
}
