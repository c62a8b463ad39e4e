//! Which client certificates are good enough.

use std::path::Path;
use std::sync::Arc;

use rustls::CertificateError;
use rustls::DigitallySignedStruct;
use rustls::DistinguishedName;
use rustls::Error;
use rustls::RootCertStore;
use rustls::SignatureScheme;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::crypto::verify_tls12_signature;
use rustls::crypto::verify_tls13_signature;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerified;
use rustls::server::danger::ClientCertVerifier;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::UnixTime;

use super::pem::Source;
use super::san::Allowed;
use super::web_file::ClientAuth;
use super::web_file::TlsFile;
use super::web_file::Wrong;

type Verifier = Arc<dyn ClientCertVerifier>;

/// Who judges client certificates, or `None` if clients need none.
pub(super) fn verifier(
    file: &TlsFile,
    base: &Path,
    provider: &Arc<CryptoProvider>,
) -> Result<Option<Verifier>, Wrong> {
    let roots = roots(file, base)?;
    let algorithms = provider.signature_verification_algorithms;
    let verifier: Verifier = match (file.client_auth_type.unwrap_or_default(), roots) {
        (ClientAuth::None, Some(_)) => {
            return Err(Wrong::new(
                "client_ca_file",
                "is not used without client_auth_type",
            ));
        }
        (ClientAuth::None, None) => return names(file, None),
        (ClientAuth::Request, _) => Arc::new(AnyCertificate {
            mandatory: false,
            algorithms,
        }),
        (ClientAuth::RequireAny, _) => Arc::new(AnyCertificate {
            mandatory: true,
            algorithms,
        }),
        (ClientAuth::VerifyIfGiven | ClientAuth::RequireAndVerify, None) => {
            return Err(Wrong::new(
                "client_auth_type",
                "needs client_ca_file or client_ca to verify with",
            ));
        }
        (auth, Some(roots)) => verified(roots, provider, auth == ClientAuth::RequireAndVerify)?,
    };
    names(file, Some(verifier))
}

fn roots(file: &TlsFile, base: &Path) -> Result<Option<RootCertStore>, Wrong> {
    let source = Source {
        inline: ("client_ca", &file.client_ca),
        file: ("client_ca_file", &file.client_ca_file),
    };
    let Some(pem) = source.read(base)? else {
        return Ok(None);
    };
    let mut roots = RootCertStore::empty();
    for certificate in pem.certificates()? {
        roots
            .add(certificate)
            .map_err(|error| pem.wrong(&error.to_string()))?;
    }
    Ok(Some(roots))
}

fn verified(
    roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
    mandatory: bool,
) -> Result<Verifier, Wrong> {
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    let builder = if mandatory {
        builder
    } else {
        builder.allow_unauthenticated()
    };
    builder
        .build()
        .map_err(|error| Wrong::new("client_ca_file", error.to_string()))
}

/// A list of names needs a certificate to hold them, so it goes only with the two types that insist on one.
fn names(file: &TlsFile, verifier: Option<Verifier>) -> Result<Option<Verifier>, Wrong> {
    let Some(names) = &file.client_allowed_sans else {
        return Ok(verifier);
    };
    match verifier.filter(|verifier| verifier.client_auth_mandatory()) {
        Some(inner) => Ok(Some(Arc::new(NamedCertificate {
            inner,
            allowed: Allowed::new(names),
        }))),
        None => Err(Wrong::new(
            "client_allowed_sans",
            "needs client_auth_type RequireAndVerifyClientCert or RequireAnyClientCert",
        )),
    }
}

/// Takes any certificate of which the client has the key, as Go does for the two types that do not verify.
#[derive(Debug)]
struct AnyCertificate {
    mandatory: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        self.mandatory
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Takes what another takes, if it also bears one of the allowed names.
#[derive(Debug)]
struct NamedCertificate {
    inner: Verifier,
    allowed: Allowed,
}

impl ClientCertVerifier for NamedCertificate {
    fn client_auth_mandatory(&self) -> bool {
        self.inner.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.inner.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.inner.verify_client_cert(end_entity, intermediates, now)?;
        if self.allowed.has_one_of(end_entity) {
            Ok(verified)
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
