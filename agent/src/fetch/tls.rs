//! Whom to believe.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::FetchError;

/// Where distributions keep the certificates that they trust; the first that is there counts.
const STORES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// All authorities of the world have some 250 KiB.
const LARGEST: u64 = 4 << 20;

/// A configuration that believes those in `file` alone, or, without one, those whom the system believes.
pub(super) fn config(file: Option<&Path>) -> Result<Arc<ClientConfig>, FetchError> {
    let roots = match file {
        Some(file) => roots(file)?,
        // Without a store every connection over TLS fails, and says that the issuer is unknown.
        None => STORES
            .iter()
            .find_map(|store| roots(Path::new(store)).ok())
            .unwrap_or_else(RootCertStore::empty),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| FetchError::Tls(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn roots(file: &Path) -> Result<RootCertStore, FetchError> {
    let wrong = |text: String| FetchError::Authorities {
        file: file.to_path_buf(),
        text,
    };
    let mut text = Vec::new();
    std::fs::File::open(file)
        .and_then(|opened| opened.take(LARGEST).read_to_end(&mut text))
        .map_err(|error| wrong(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    // A store may hold some that are too old or too new to be understood.
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(&text).filter_map(Result::ok));
    if roots.is_empty() {
        return Err(wrong("holds no certificate in PEM".to_owned()));
    }
    Ok(roots)
}
