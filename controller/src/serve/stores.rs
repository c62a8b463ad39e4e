//! Which store the settings mean.

use std::sync::Arc;

use crate::clock;
use crate::config;
use crate::store::Credentials;
use crate::store::Embedded;
use crate::store::EmbeddedOptions;
use crate::store::Etcd;
use crate::store::EtcdOptions;
use crate::store::EtcdTls;
use crate::store::Store;

/// Opens it. The file has to be there and whole; etcd may come later.
pub(super) async fn open(settings: &config::Store) -> anyhow::Result<Arc<dyn Store>> {
    let Some(etcd) = &settings.etcd else {
        let options = EmbeddedOptions::new(Arc::new(clock::steady));
        return Ok(Arc::new(Embedded::open(&settings.file, options).await?));
    };
    Ok(Arc::new(Etcd::new(&options(etcd)?)?))
}

/// What is needed to reach etcd.
pub(super) fn options(etcd: &config::Etcd) -> anyhow::Result<EtcdOptions> {
    let mut options = EtcdOptions::new(&etcd.endpoints);
    if let Some(prefix) = &etcd.prefix {
        options.prefix.clone_from(prefix);
    }
    options.tls = etcd.ca_file.clone().map(|ca_file| EtcdTls {
        ca_file,
        client: etcd.cert_file.clone().zip(etcd.key_file.clone()),
    });
    if let (Some(user), Some(file)) = (&etcd.user, &etcd.password_file) {
        options.credentials = Some(Credentials {
            user: user.clone(),
            password: config::text_of(file)?.trim_end_matches(['\r', '\n']).to_owned(),
        });
    }
    Ok(options)
}
