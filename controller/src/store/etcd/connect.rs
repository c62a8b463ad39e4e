//! One connection to one member.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

pub(crate) type Sender = SendRequest<Full<Bytes>>;

/// Where a member listens for clients.
#[derive(Debug)]
pub(crate) struct Address {
    /// `host:port`, as in the `Host` header.
    pub(crate) authority: String,
    host: String,
    port: u16,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

impl Address {
    /// Of `http://host:port` or `https://host:port`.
    pub(crate) fn parse(url: &str, tls: Option<&Arc<ClientConfig>>) -> Result<Self, String> {
        let wrong = || format!("{url:?} is no endpoint: write http://host:port or https://host:port");
        let uri: hyper::Uri = url.parse().map_err(|_| wrong())?;
        let (Some(authority), Some(host)) = (uri.authority(), uri.host()) else {
            return Err(wrong());
        };
        if uri.path() != "/" || uri.query().is_some() || authority.as_str().contains('@') {
            return Err(wrong());
        }
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let (tls, port) = match (uri.scheme_str(), tls) {
            (Some("http"), _) => (None, 2379),
            (Some("https"), Some(config)) => {
                let name = ServerName::try_from(host.clone()).map_err(|_| wrong())?;
                (Some((Arc::clone(config), name)), 2379)
            }
            (Some("https"), None) => {
                return Err(format!("{url:?} needs a CA file to check its certificate with"));
            }
            _ => return Err(wrong()),
        };
        Ok(Self {
            authority: authority.as_str().to_owned(),
            host,
            port: uri.port_u16().unwrap_or(port),
            tls,
        })
    }

    /// Connects; the connection's own task ends with the sender.
    pub(crate) async fn connect(&self) -> Result<Sender, String> {
        let stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|error| error.to_string())?;
        // Without it a small request waits for the acknowledgement of the one before.
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let Some((config, name)) = &self.tls else {
            return handshake(stream).await;
        };
        let connector = TlsConnector::from(Arc::clone(config));
        let stream = connector.connect(name.clone(), stream).await;
        handshake(stream.map_err(|error| format!("TLS: {error}"))?).await
    }
}

async fn handshake(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Result<Sender, String> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    tokio::spawn(async move {
        // Its requests fail too, and say so.
        let _ = connection.await;
    });
    Ok(sender)
}
