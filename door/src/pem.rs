//! Certificates and keys, in the configuration itself or in files that it names.

use std::path::Path;
use std::path::PathBuf;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;

use super::bounded;
use super::web_file::Wrong;

/// One thing that can be given inline or by a file's name.
pub(super) struct Source<'a> {
    pub(super) inline: (&'static str, &'a Option<String>),
    pub(super) file: (&'static str, &'a Option<PathBuf>),
}

/// PEM text, and the key it came from.
pub(super) struct Pem {
    key: &'static str,
    origin: String,
    text: Vec<u8>,
}

impl Source<'_> {
    /// The text, if it is given in one way.
    pub(super) fn read(&self, base: &Path) -> Result<Option<Pem>, Wrong> {
        let ((inline_key, inline), (file_key, file)) = (self.inline, self.file);
        let inline = inline.as_ref().filter(|text| !text.is_empty());
        match (inline, file.as_ref().filter(|path| !path.as_os_str().is_empty())) {
            (Some(_), Some(_)) => Err(Wrong::new(
                file_key,
                format!("stands beside {inline_key}; keep one of them"),
            )),
            (Some(text), None) => Ok(Some(Pem {
                key: inline_key,
                origin: String::new(),
                text: text.clone().into_bytes(),
            })),
            (None, Some(path)) => read_file(file_key, &base.join(path)).map(Some),
            (None, None) => Ok(None),
        }
    }
}

fn read_file(key: &'static str, path: &Path) -> Result<Pem, Wrong> {
    let origin = format!("{}: ", path.display());
    let text = bounded::read(path).map_err(|error| Wrong::new(key, format!("{origin}{error}")))?;
    Ok(Pem { key, origin, text })
}

impl Pem {
    /// All certificates, of which there must be one.
    pub(super) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Wrong> {
        let certificates = CertificateDer::pem_slice_iter(&self.text)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| self.wrong(&format!("not PEM: {error}")))?;
        if certificates.is_empty() {
            return Err(self.wrong("holds no certificate"));
        }
        Ok(certificates)
    }

    /// The first private key.
    pub(super) fn private_key(&self) -> Result<PrivateKeyDer<'static>, Wrong> {
        // The parser's words for what it found are left out: they may repeat the key.
        PrivateKeyDer::from_pem_slice(&self.text)
            .map_err(|_| self.wrong("holds no private key in PEM (PKCS#8, PKCS#1 or SEC1, not encrypted)"))
    }

    /// What is wrong with it, after where it came from.
    pub(super) fn wrong(&self, what: &str) -> Wrong {
        Wrong::new(self.key, format!("{}{what}", self.origin))
    }
}
