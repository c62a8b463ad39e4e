//! Certificates made for one test.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::CertifiedIssuer;
use rcgen::ExtendedKeyUsagePurpose;
use rcgen::IsCa;
use rcgen::KeyPair;
use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::crypto::ring::default_provider;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::ServerName;
use tempfile::TempDir;
use tokio::io::DuplexStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The start of every configuration here.
pub(super) const SERVER: &str = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n";

/// A certificate and its key.
pub(super) struct Identity {
    pub(super) certificate: CertificateDer<'static>,
    certificate_pem: String,
    key: KeyPair,
}

/// An authority, and a directory with what it issued.
pub(super) struct Pki {
    authority: CertifiedIssuer<'static, KeyPair>,
    dir: TempDir,
}

impl Pki {
    /// An authority that has issued a certificate for 127.0.0.1, in `server.crt` and `server.key`, beside its own in
    /// `ca.crt`.
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let pki = Self {
            authority,
            dir: tempfile::tempdir().unwrap(),
        };
        pki.write("ca.crt", &pki.authority.pem());
        pki.renew();
        pki
    }

    /// Puts a new certificate into `server.crt` and its key into `server.key`.
    pub(super) fn renew(&self) -> Identity {
        let identity = self.issue(&["127.0.0.1"], ExtendedKeyUsagePurpose::ServerAuth);
        self.write("server.crt", &identity.certificate_pem);
        self.write("server.key", &identity.key.serialize_pem());
        identity
    }

    /// A certificate for a client of these names.
    pub(super) fn client(&self, names: &[&str]) -> Identity {
        self.issue(names, ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn issue(&self, names: &[&str], usage: ExtendedKeyUsagePurpose) -> Identity {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.authority).unwrap();
        Identity {
            certificate: certificate.der().clone(),
            certificate_pem: certificate.pem(),
            key,
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) -> PathBuf {
        fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    /// A web configuration that stands beside the certificates.
    pub(super) fn web(&self, text: &str) -> PathBuf {
        self.write("web.yml", text)
    }

    /// A TLS client that trusts the authority, if the door and it agree.
    pub(super) async fn connect(
        &self,
        stream: DuplexStream,
        identity: Option<&Identity>,
    ) -> std::io::Result<TlsStream<DuplexStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.der().clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match identity {
            Some(identity) => builder
                .with_client_auth_cert(vec![identity.certificate.clone()], identity.key())
                .unwrap(),
            None => builder.with_no_client_auth(),
        };
        // As Go's client offers.
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let name = ServerName::from(std::net::IpAddr::from(Ipv4Addr::LOCALHOST));
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }
}

impl Identity {
    fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::try_from(self.key.serialize_der()).unwrap()
    }

    pub(super) fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    pub(super) fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }
}

/// `text` with each line pushed in, as a block of YAML.
pub(super) fn block(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

/// The directory a path is in.
pub(super) fn folder(path: &Path) -> String {
    path.parent().unwrap().display().to_string()
}
