//! Certificates, tokens and passwords for who is asked.

use std::path::Path;

use anyhow::Context;
use anyhow::anyhow;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::header::HeaderValue;

use crate::config;
use crate::facts::Web;
use crate::store::EtcdTls;
use crate::store::client_config;

/// Reads the files that the settings name. Nothing of what they say is in an error.
pub(super) fn open(settings: &config::Access) -> anyhow::Result<Web> {
    let files = settings.ca_file.clone().map(|ca_file| EtcdTls {
        ca_file,
        client: settings.cert_file.clone().zip(settings.key_file.clone()),
    });
    let tls = files.as_ref().map(client_config).transpose();
    let authorization = match (&settings.token_file, &settings.user, &settings.password_file) {
        (None, None, None) => None,
        (Some(file), None, None) => Some(format!("Bearer {}", secret(file)?)),
        (None, Some(user), Some(file)) => {
            let pair = format!("{user}:{}", secret(file)?);
            Some(format!("Basic {}", BASE64_STANDARD.encode(pair)))
        }
        _ => anyhow::bail!("set token-file, or user with password-file, or none of them"),
    };
    let authorization = authorization.map(|text| {
        let mut value = HeaderValue::try_from(text)
            .context("the token or password has characters that cannot be sent")?;
        value.set_sensitive(true);
        anyhow::Ok(value)
    });
    Ok(Web {
        tls: tls.map_err(|problem| anyhow!(problem))?,
        authorization: authorization.transpose()?,
    })
}

fn secret(file: &Path) -> anyhow::Result<String> {
    Ok(config::text_of(file)?.trim_end_matches(['\r', '\n']).to_owned())
}
