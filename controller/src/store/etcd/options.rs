//! How etcd is reached.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Where etcd is, and who we are.
#[derive(Clone, Debug)]
pub struct EtcdOptions {
    /// `http://host:port` or `https://host:port`; one for each member of the cluster.
    pub endpoints: Vec<String>,
    /// All our keys begin with it.
    pub prefix: String,
    /// For `https` endpoints.
    pub tls: Option<EtcdTls>,
    /// If etcd has authentication switched on.
    pub credentials: Option<Credentials>,
    /// How long is waited.
    pub timeouts: EtcdTimeouts,
}

impl EtcdOptions {
    /// The defaults, with these endpoints.
    pub fn new(endpoints: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            endpoints: endpoints.into_iter().map(Into::into).collect(),
            prefix: "/wattle/".to_owned(),
            tls: None,
            credentials: None,
            timeouts: EtcdTimeouts::default(),
        }
    }
}

/// PEM files.
#[derive(Clone, Debug)]
pub struct EtcdTls {
    /// Who signed etcd's certificates.
    pub ca_file: PathBuf,
    /// Our certificate and its key, if etcd asks for one (`--client-cert-auth`).
    pub client: Option<(PathBuf, PathBuf)>,
}

/// A user of etcd.
#[derive(Clone)]
pub struct Credentials {
    /// The name.
    pub user: String,
    /// The password. It is in no log and no error.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// How long is waited for what.
#[derive(Clone, Copy, Debug)]
pub struct EtcdTimeouts {
    /// A connection, TLS included.
    pub connect: Duration,
    /// The answer of one endpoint.
    pub answer: Duration,
    /// One operation, with all its attempts.
    pub total: Duration,
    /// A watch that is silent for so long is opened anew: a dead connection looks like a quiet one.
    pub silence: Duration,
}

impl Default for EtcdTimeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(2),
            answer: Duration::from_secs(4),
            total: Duration::from_secs(15),
            silence: Duration::from_secs(10),
        }
    }
}
