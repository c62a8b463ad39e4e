//! What the host at an address is called.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::config;

/// Names by address, as the operator wrote them, and the rule for all others.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    written: HashMap<String, String>,
    strip_domain: bool,
}

impl Names {
    pub(super) fn new(settings: &config::Fleet) -> Self {
        let hosts = settings.hosts.iter();
        let pairs = hosts.flat_map(|(name, host)| {
            let addresses = host.addresses.iter();
            addresses.map(|address| (address.clone(), name.clone()))
        });
        Self {
            written: pairs.collect(),
            strip_domain: settings.strip_domain,
        }
    }

    /// The name of the host at an address, which may have a port, and that somebody may have named.
    pub(super) fn of(&self, address: &str, label: Option<&str>) -> String {
        let bare = host_of(address);
        let written = self.written.get(address).or_else(|| self.written.get(bare));
        if let Some(name) = written {
            return name.clone();
        }
        let name = label.unwrap_or(bare);
        let short = name.split_once('.').map_or(name, |(first, _)| first);
        let strip = self.strip_domain && name.parse::<IpAddr>().is_err() && !short.is_empty();
        if strip { short } else { name }.to_owned()
    }
}

/// An address without its port.
pub(super) fn host_of(address: &str) -> &str {
    let ported = address.rsplit_once(':');
    let bare = match ported {
        Some((host, port)) if port.parse::<u16>().is_ok() && (!host.contains(':') || host.ends_with(']')) => {
            host
        }
        _ => address,
    };
    bare.trim_matches(['[', ']'])
}

#[cfg(test)]
mod tests {
    use super::Names;
    use crate::config;

    #[test]
    fn a_host_is_called_as_written_else_by_its_label_else_by_its_address() {
        let host = config::Host {
            addresses: vec!["10.0.0.1".to_owned(), "n2.example.net:8081".to_owned()],
            ..config::Host::default()
        };
        let mut settings = config::Fleet::default();
        settings.hosts.insert("node1".to_owned(), host);
        for (strip_domain, address, label, expected) in [
            (false, "10.0.0.1:8080", None, "node1"),
            (false, "n2.example.net:8081", Some("x"), "node1"),
            (false, "n2.example.net:8080", Some("x"), "x"),
            (false, "n2.example.net:8080", None, "n2.example.net"),
            (true, "n2.example.net:8080", None, "n2"),
            (true, "n2:8080", Some("a.b"), "a"),
            (true, "10.0.0.2:8080", None, "10.0.0.2"),
            (false, "[2001:db8::1]:8080", None, "2001:db8::1"),
            (true, "2001:db8::1", None, "2001:db8::1"),
            (false, "localhost", None, "localhost"),
        ] {
            settings.strip_domain = strip_domain;
            assert_eq!(Names::new(&settings).of(address, label), expected, "{address}");
        }
    }
}
