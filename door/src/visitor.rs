//! Who asks.

use std::sync::Arc;

use rustls::ServerConnection;

use super::san;

/// Who asks, as far as the door knows for certain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visitor {
    /// Whether the connection is encrypted.
    pub secure: bool,
    /// The name that came with a right password.
    pub user: Option<String>,
    /// The client's certificate, if it was verified against the configured authorities. One that was only asked for tells
    /// nothing, and is not here.
    pub certificate: Option<Arc<ClientCertificate>>,
}

/// Whose a verified certificate is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The common name of its subject (RFC 5280, section 4.1.2.6), where there is exactly one.
    pub common_name: Option<String>,
    /// Its alternative names that are text: DNS, e-mail and URI.
    pub names: Vec<String>,
}

impl Visitor {
    /// Who has come through a handshake; `verified` says whether certificates were held against authorities there.
    pub(super) fn through_tls(connection: &ServerConnection, verified: bool) -> Self {
        let first = connection.peer_certificates().and_then(<[_]>::first);
        let certificate = first.filter(|_| verified).map(|certificate| {
            Arc::new(ClientCertificate {
                common_name: san::common_name(certificate),
                names: san::texts(certificate),
            })
        });
        Self {
            secure: true,
            user: None,
            certificate,
        }
    }
}
