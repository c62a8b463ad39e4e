//! One request over HTTP/1.1, with or without TLS, whose answer is taken in pieces.

use std::sync::Arc;

use http_body_util::BodyExt;
use http_body_util::Empty;
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header;
use hyper::header::HeaderValue;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use thiserror::Error;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// The largest head of an answer, in bytes.
const MAX_HEAD: usize = 32 << 10;

/// There is no answer that can be used.
#[derive(Debug, Error)]
pub enum WebError {
    /// Nobody listens.
    #[error("cannot connect to {address}: {source}")]
    Connect {
        /// Where.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// The other end is not who it should be, or speaks no TLS.
    #[error("no TLS with {address}: {reason}")]
    Tls {
        /// Where.
        address: String,
        /// Why.
        reason: String,
    },
    /// The path or the address cannot stand in a request.
    #[error("no request can be made of this: {0}")]
    Request(#[from] hyper::http::Error),
    /// The connection broke, or what came is not HTTP.
    #[error("the connection broke: {0}")]
    Broken(#[from] hyper::Error),
    /// The answer is no page.
    #[error("the answer has the status {0}")]
    Status(u16),
}

/// How others are asked: no redirects, no proxy, no compression, one connection for each question.
#[derive(Clone, Debug, Default)]
pub struct Web {
    /// For addresses that are asked with TLS.
    pub tls: Option<Arc<ClientConfig>>,
    /// Sent with every request.
    pub authorization: Option<HeaderValue>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// `host:port`.
    pub address: &'q str,
    /// Whether with TLS.
    pub tls: bool,
    /// Path and query.
    pub target: &'q str,
    /// Which media types are understood.
    pub accept: &'static str,
}

impl Web {
    /// Asks, and hands over the body in the pieces in which it comes, until one of them is refused. Everything happens in the future that
    /// is returned: dropping it ends the connection.
    pub async fn ask<E: From<WebError>>(
        &self,
        question: &Question<'_>,
        take: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let address = question.address;
        let stream = TcpStream::connect(address).await;
        let stream = stream.map_err(|source| WebError::Connect {
            address: address.to_owned(),
            source,
        })?;
        if !question.tls {
            return self.exchange(stream, question, take).await;
        }
        let refused = |reason: String| WebError::Tls {
            address: address.to_owned(),
            reason,
        };
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        let host = host.trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(host).map_err(|error| refused(error.to_string()))?;
        let config = self.tls.as_ref();
        let config =
            config.ok_or_else(|| refused("a CA file is needed to check its certificate with".to_owned()))?;
        let stream = TlsConnector::from(Arc::clone(config)).connect(name, stream).await;
        let stream = stream.map_err(|error| refused(error.to_string()))?;
        self.exchange(stream, question, take).await
    }

    async fn exchange<E: From<WebError>>(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        question: &Question<'_>,
        mut take: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let request = self.request(question).map_err(WebError::from)?;
        let handshake = http1::Builder::new()
            .max_buf_size(MAX_HEAD)
            .handshake(TokioIo::new(stream));
        let (mut sender, connection) = handshake.await.map_err(WebError::from)?;
        let answer = async move {
            let response = sender.send_request(request).await.map_err(WebError::from)?;
            if response.status() != hyper::StatusCode::OK {
                return Err(WebError::Status(response.status().as_u16()).into());
            }
            let mut body = response.into_body();
            while let Some(frame) = body.frame().await {
                if let Ok(piece) = frame.map_err(WebError::from)?.into_data() {
                    take(&piece)?;
                }
            }
            Ok(())
        };
        // Both in this task, so that giving up on the answer gives up the connection as well.
        let mut connection = std::pin::pin!(connection);
        let mut answer = std::pin::pin!(answer);
        tokio::select! {
            answer = &mut answer => answer,
            ended = &mut connection => {
                ended.map_err(WebError::from)?;
                answer.await
            }
        }
    }

    fn request(&self, question: &Question<'_>) -> Result<Request<Empty<Bytes>>, hyper::http::Error> {
        let mut request = Request::get(question.target)
            .header(header::HOST, question.address)
            .header(header::ACCEPT, question.accept)
            .header(header::CONNECTION, "close");
        if let Some(value) = &self.authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        request.body(Empty::new())
    }
}
