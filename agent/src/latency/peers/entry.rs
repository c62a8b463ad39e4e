//! One host as people write it.

use std::sync::Arc;

/// Names are labels, and those have bounds.
const LONGEST: usize = 253;

/// A host that is not looked up yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: Arc<str>,
    /// Its zone.
    pub zone: Arc<str>,
    /// A name for the resolver, or an address.
    pub host: Arc<str>,
    /// Its port, if another than the usual one.
    pub port: Option<u16>,
    /// Whether it has an agent.
    pub has_agent: bool,
    /// DSCP of packets to it, if another than the usual one.
    pub dscp: Option<u8>,
}

impl Entry {
    /// Reads `[NAME=]HOST[:PORT][,zone=ZONE][,dscp=DSCP][,agent=none]`. Without a name, it is the host's.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',');
        let place = parts.next().unwrap_or_default();
        let (name, place) = place.split_once('=').unwrap_or(("", place));
        let (mut zone, mut has_agent, mut dscp) = ("", true, None);
        for part in parts {
            match part.trim().split_once('=') {
                Some(("zone", value)) => zone = value,
                Some(("dscp", value)) => dscp = Some(parse_dscp(value)?),
                Some(("agent", "none")) => has_agent = false,
                _ => {
                    return Err(format!(
                        "{part:?} of {text:?} is none of zone=ZONE, dscp=DSCP and agent=none"
                    ));
                }
            }
        }
        let mut entry =
            Self::new(name.trim(), zone, place.trim()).map_err(|problem| format!("{text:?}: {problem}"))?;
        entry.has_agent = has_agent;
        entry.dscp = dscp;
        Ok(entry)
    }

    /// A host whose name, zone and place are known apart.
    pub fn new(name: &str, zone: &str, place: &str) -> Result<Self, String> {
        let (host, port) = split(place)?;
        let name = if name.is_empty() { host } else { name };
        for (what, text) in [("name", name), ("zone", zone), ("host", host)] {
            if text.len() > LONGEST || text.chars().any(char::is_control) {
                return Err(format!(
                    "its {what} is longer than {LONGEST} octets, or not one line"
                ));
            }
        }
        if host.is_empty() {
            return Err("it has no host".to_owned());
        }
        Ok(Self {
            name: name.into(),
            zone: zone.into(),
            host: host.into(),
            port,
            has_agent: true,
            dscp: None,
        })
    }
}

/// A differentiated services code point.
pub(super) fn parse_dscp(text: &str) -> Result<u8, String> {
    let number = text.parse().ok().filter(|number| *number < 64);
    number.ok_or_else(|| format!("{text:?} is no DSCP from 0 to 63"))
}

/// Host and port of `host`, `host:port`, `[v6]:port`, `[v6]` or `v6`.
fn split(place: &str) -> Result<(&str, Option<u16>), String> {
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, rest)) => (host, Some(rest.strip_prefix(':').unwrap_or(rest))),
        None => match place.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') => (host, Some(port)),
            _ => (place, None),
        },
    };
    let number = |port: &str| port.parse().ok().filter(|port| *port > 0);
    match port {
        None => Ok((host, None)),
        Some(port) => number(port)
            .map(|port| (host, Some(port)))
            .ok_or_else(|| format!("{port:?} is no port")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, String> {
        let entry = Entry::parse(text)?;
        let Entry {
            name,
            zone,
            host,
            port,
            has_agent,
            dscp,
        } = entry;
        let agent = if has_agent { "" } else { "|none" };
        let class = dscp.map(|dscp| format!("|dscp {dscp}")).unwrap_or_default();
        Ok(format!("{name}|{zone}|{host}|{port:?}{agent}{class}"))
    }

    #[test]
    fn a_peer_is_written_in_one_line() {
        for (text, expected) in [
            ("hv2", "hv2||hv2|None"),
            ("hv2:863", "hv2||hv2|Some(863)"),
            ("hv2=192.0.2.2,zone=r1", "hv2|r1|192.0.2.2|None"),
            ("hv2=[2001:db8::2]:863", "hv2||2001:db8::2|Some(863)"),
            ("hv2=2001:db8::2", "hv2||2001:db8::2|None"),
            ("[::1]", "::1||::1|None"),
            ("hv2/ef=hv2,dscp=46", "hv2/ef||hv2|None|dscp 46"),
            ("gw=192.0.2.1,agent=none,zone=r1", "gw|r1|192.0.2.1|None|none"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn what_is_no_peer_is_refused() {
        for text in [
            "",
            "hv2:0",
            "hv2:x",
            "a=b,rack=3",
            "a,dscp=64",
            "a=,zone=b",
            "a\nb",
            &"x".repeat(254),
        ] {
            assert!(Entry::parse(text).is_err(), "{text:?}");
        }
    }
}
