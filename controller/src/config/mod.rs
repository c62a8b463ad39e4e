//! What the operator may decide.

mod file;
mod fleet;
mod roles;
mod span;

use std::path::PathBuf;

use serde::Deserialize;

use crate::placement::Policies;
pub use file::ConfigError;
pub use file::SAMPLE;
pub use file::load;
pub(crate) use file::text_of;
pub use fleet::Access;
pub use fleet::Agents;
pub use fleet::Ages;
pub use fleet::Fleet;
pub use fleet::Host;
pub use fleet::Prometheus;
pub use fleet::Providers;
pub use fleet::Scheme;
pub use roles::Credential;
pub use roles::Role;
pub use roles::Roles;
pub(crate) use roles::digest_of;
pub(crate) use roles::hex;
pub use span::Span;

/// Where the controller listens if nobody says otherwise: for this machine only, on the port that Placement has.
pub const LISTEN: &str = "127.0.0.1:8778";

/// All settings. What is not set is the default.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Addresses to listen on.
    pub listen: Vec<String>,
    /// Where claims are kept.
    pub store: Store,
    /// Which hosts there are, and who tells of them.
    pub fleet: Fleet,
    /// The HTTP side.
    pub web: Web,
    /// Who may do what.
    pub auth: Auth,
    /// Policies beside those that are always there.
    pub policies: Policies,
    /// Bounds.
    pub limits: Limits,
    /// What is logged.
    pub log: Log,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: vec![LISTEN.to_owned()],
            store: Store::default(),
            fleet: Fleet::default(),
            web: Web::default(),
            auth: Auth::default(),
            policies: Policies::default(),
            limits: Limits::default(),
            log: Log::default(),
        }
    }
}

/// `store.*`: one of the two.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Store {
    /// The file of the embedded store.
    pub file: PathBuf,
    /// etcd instead, for several controllers.
    pub etcd: Option<Etcd>,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            file: PathBuf::from("/var/lib/wattle-controller/store"),
            etcd: None,
        }
    }
}

/// `store.etcd.*`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Etcd {
    /// `http://host:port` or `https://host:port`, one for each member.
    pub endpoints: Vec<String>,
    /// All keys begin with it.
    pub prefix: Option<String>,
    /// Who signed etcd's certificates.
    pub ca_file: Option<PathBuf>,
    /// The controller's certificate.
    pub cert_file: Option<PathBuf>,
    /// Its key.
    pub key_file: Option<PathBuf>,
    /// A user of etcd.
    pub user: Option<String>,
    /// The file that has the user's password.
    pub password_file: Option<PathBuf>,
}

impl Etcd {
    /// These endpoints, with everything else as it was.
    #[must_use]
    pub fn at(endpoints: &[String], before: Option<&Self>) -> Self {
        let empty = Self {
            endpoints: Vec::new(),
            prefix: None,
            ca_file: None,
            cert_file: None,
            key_file: None,
            user: None,
            password_file: None,
        };
        Self {
            endpoints: endpoints.to_vec(),
            ..before.cloned().unwrap_or(empty)
        }
    }
}

/// `web.*`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Web {
    /// TLS, client certificates, passwords, a rate.
    pub config: WebConfigFile,
}

/// `web.config.*`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct WebConfigFile {
    /// A file in the format of the Prometheus exporter toolkit.
    pub file: Option<PathBuf>,
}

/// `auth.*`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Auth {
    /// Tokens, users and certificates with their roles.
    pub file: Option<PathBuf>,
    /// Lets anybody do anything from anywhere, or tokens travel in plain text.
    pub insecure: bool,
}

/// `limits.*`
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Connections at the same time.
    pub connections: usize,
    /// Requests that are answered at the same time.
    pub requests: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            requests: 64,
        }
    }
}

/// `log.*`
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Log {
    /// The least severe message that is written.
    pub level: LogLevel,
    /// The form of a message.
    pub format: LogFormat,
}

/// The least severe message that is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What stops the controller or a part of it.
    Error,
    /// What a person should look at.
    Warn,
    /// What happens.
    #[default]
    Info,
    /// What a developer wants to know.
    Debug,
}

/// The form of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Settings {
    /// What the types of single values cannot say.
    fn check(&self) -> Result<(), ConfigError> {
        let wrong = |key, problem: &str| {
            Err(ConfigError::Value {
                key,
                problem: problem.to_owned(),
            })
        };
        if self.listen.is_empty() {
            return wrong("listen", "needs at least one address, such as 127.0.0.1:8778");
        }
        if !(1..=10_000).contains(&self.limits.connections) {
            return wrong("limits.connections", "has to be from 1 to 10000");
        }
        if !(1..=1000).contains(&self.limits.requests) {
            return wrong("limits.requests", "has to be from 1 to 1000");
        }
        self.fleet.check()?;
        let Some(etcd) = &self.store.etcd else {
            return Ok(());
        };
        if etcd.endpoints.is_empty() {
            return wrong(
                "store.etcd.endpoints",
                "needs at least one, such as http://127.0.0.1:2379",
            );
        }
        if etcd.cert_file.is_some() != etcd.key_file.is_some() {
            return wrong(
                "store.etcd.cert-file",
                "goes with store.etcd.key-file: set both or none",
            );
        }
        if etcd.cert_file.is_some() && etcd.ca_file.is_none() {
            return wrong("store.etcd.ca-file", "is needed with store.etcd.cert-file");
        }
        if etcd.user.is_some() != etcd.password_file.is_some() {
            return wrong(
                "store.etcd.user",
                "goes with store.etcd.password-file: set both or none",
            );
        }
        Ok(())
    }
}
