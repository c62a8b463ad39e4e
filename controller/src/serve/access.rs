//! Who is let in, and to what.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;

use anyhow::bail;
use wattle_door::Head;
use wattle_door::header::HeaderName;

use crate::config::Credential;
use crate::config::Role;
use crate::config::Roles;
use crate::config::Settings;

/// Where OpenStack's clients put their token.
const X_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// Who may do what; without roles everybody may do everything.
#[derive(Debug)]
pub(super) struct Access {
    roles: RwLock<Option<Arc<Roles>>>,
}

/// Why somebody may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    /// Nobody knows who this is.
    Unknown,
    /// Somebody, but not for this.
    NotAllowed,
}

impl Access {
    /// Reads the roles; refuses what would be open to everybody, or would send tokens in plain text, beyond this machine.
    pub(super) fn open(settings: &Settings, tls: bool) -> anyhow::Result<Self> {
        let roles = read(settings)?;
        if !settings.auth.insecure && !settings.listen.iter().all(|address| is_loopback(address)) {
            if roles.is_none() {
                bail!(
                    "listening beyond this machine without auth.file lets anybody change anything: set auth.file, \
                     listen on 127.0.0.1, or say --insecure"
                );
            }
            if !tls {
                bail!(
                    "listening beyond this machine without TLS lets anybody read the tokens: set web.config.file with \
                     tls_server_config, listen on 127.0.0.1, or say --insecure"
                );
            }
        }
        Ok(Self {
            roles: RwLock::new(roles.map(Arc::new)),
        })
    }

    pub(super) fn replace(&self, roles: Option<Roles>) {
        let mut place = self.roles.write().unwrap_or_else(PoisonError::into_inner);
        *place = roles.map(Arc::new);
    }

    /// Whether who sent this has the role. The highest of what is shown counts.
    pub(super) fn check(&self, head: &Head, needed: Role) -> Result<(), Denied> {
        let roles = self.roles.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(roles) = roles else { return Ok(()) };
        let found = shown(head)
            .into_iter()
            .filter_map(|credential| roles.of(credential));
        match found.max() {
            Some(role) if role >= needed => Ok(()),
            Some(_) => Err(Denied::NotAllowed),
            None => Err(Denied::Unknown),
        }
    }
}

/// The roles that the settings name.
pub(super) fn read(settings: &Settings) -> anyhow::Result<Option<Roles>> {
    Ok(settings.auth.file.as_deref().map(Roles::open).transpose()?)
}

fn shown(head: &Head) -> Vec<Credential<'_>> {
    let visitor = &head.visitor;
    let header = head
        .headers
        .get(X_AUTH_TOKEN)
        .and_then(|value| value.to_str().ok());
    let mut shown: Vec<_> = [head.bearer(), header]
        .into_iter()
        .flatten()
        .map(Credential::Token)
        .collect();
    shown.extend(visitor.user.as_deref().map(Credential::User));
    if let Some(certificate) = &visitor.certificate {
        let names = certificate.common_name.iter().chain(&certificate.names);
        shown.extend(names.map(|name| Credential::Certificate(name)));
    }
    shown
}

fn is_loopback(address: &str) -> bool {
    address
        .parse::<SocketAddr>()
        .is_ok_and(|address| address.ip().to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_alone_are_private() {
        for (address, private) in [
            ("127.0.0.1:1", true),
            ("127.8.0.1:1", true),
            ("[::1]:1", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("[::]:1", false),
            (":1", false),
            ("0.0.0.0:1", false),
            ("10.0.0.1:1", false),
        ] {
            assert_eq!(is_loopback(address), private, "{address}");
        }
    }

    #[test]
    fn what_is_open_to_others_needs_roles_and_tls() {
        let open = |listen: &str, insecure, tls| {
            let settings = Settings {
                listen: vec![listen.to_owned()],
                auth: crate::config::Auth { insecure, file: None },
                ..Settings::default()
            };
            Access::open(&settings, tls).map_err(|error| error.to_string())
        };
        assert!(open("127.0.0.1:1", false, false).is_ok());
        assert!(open("0.0.0.0:1", true, false).is_ok());
        assert!(open("0.0.0.0:1", false, true).unwrap_err().contains("auth.file"));
    }
}
