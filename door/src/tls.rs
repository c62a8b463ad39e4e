//! `tls_server_config`, as rustls takes it.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;

use super::client_cert;
use super::pem::Pem;
use super::pem::Source;
use super::tls_names;
use super::web_file::TlsFile;
use super::web_file::Wrong;

/// The TLS side of a web configuration, or `None` where it says nothing of TLS. Relative paths begin at `base`.
pub(super) fn server_config(file: &TlsFile, base: &Path) -> Result<Option<Arc<ServerConfig>>, Wrong> {
    if *file == TlsFile::default() {
        return Ok(None);
    }
    let provider = Arc::new(provider(file)?);
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&tls_names::versions(file)?)
        .map_err(|error| Wrong::new("tls_server_config", error.to_string()))?;
    let builder = match client_cert::verifier(file, base, &provider)? {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    let certificate = certificate(file, base)?;
    let key = key(file, base)?;
    let mut config = builder
        .with_single_cert(certificate.certificates()?, key.private_key()?)
        .map_err(|error| certificate.wrong(&format!("does not go with its key: {error}")))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.ignore_client_order = file.prefer_server_cipher_suites.unwrap_or(true);
    Ok(Some(Arc::new(config)))
}

fn provider(file: &TlsFile) -> Result<CryptoProvider, Wrong> {
    let all = default_provider();
    let cipher_suites = tls_names::suites(file, &all)?;
    let kx_groups = tls_names::groups(file, &all)?;
    Ok(CryptoProvider {
        cipher_suites,
        kx_groups,
        ..all
    })
}

/// A section without a certificate is refused: served in plain text it would be worse than not served.
fn certificate(file: &TlsFile, base: &Path) -> Result<Pem, Wrong> {
    let source = Source {
        inline: ("cert", &file.cert),
        file: ("cert_file", &file.cert_file),
    };
    source
        .read(base)?
        .ok_or_else(|| Wrong::new("tls_server_config", "needs cert_file or cert"))
}

fn key(file: &TlsFile, base: &Path) -> Result<Pem, Wrong> {
    let source = Source {
        inline: ("key", &file.key),
        file: ("key_file", &file.key_file),
    };
    source
        .read(base)?
        .ok_or_else(|| Wrong::new("tls_server_config", "needs key_file or key"))
}
