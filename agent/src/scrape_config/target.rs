//! One target and its labels, as they are typed: `hypervisor1:8080,one_host_id=3`.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;

use super::ScrapeConfigError;
use crate::exposition::FAMILIES;

/// Labels by name.
pub(super) type Labels = BTreeMap<String, String>;

/// Who is scraped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// `HOST:PORT`, an IPv6 address in brackets.
    pub(super) address: String,
    pub(super) labels: Labels,
}

impl Target {
    /// `port` is for those who name none.
    pub(super) fn parse(text: &str, port: u16) -> Result<Self, ScrapeConfigError> {
        let mut parts = text.split(',');
        let place = parts.next().unwrap_or_default();
        let address = address(place, port).ok_or_else(|| ScrapeConfigError::Target(text.to_owned()))?;
        Ok(Self {
            address,
            labels: labels(parts)?,
        })
    }
}

/// Labels of texts like `one_host_id=3`.
pub(super) fn labels<'t>(texts: impl Iterator<Item = &'t str>) -> Result<Labels, ScrapeConfigError> {
    let mut labels = Labels::new();
    for text in texts {
        let (name, value) = text
            .split_once('=')
            .filter(|(name, _)| is_name(name))
            .ok_or_else(|| ScrapeConfigError::Label(text.to_owned()))?;
        if is_taken(name) {
            return Err(ScrapeConfigError::Taken(name.to_owned()));
        }
        if labels.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(ScrapeConfigError::Twice(name.to_owned()));
        }
    }
    Ok(labels)
}

fn is_name(name: &str) -> bool {
    let word = name
        .bytes()
        .all(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
    word && !name.is_empty() && !name.starts_with("__") && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// Labels of all families, and those that Prometheus itself gives to histograms.
fn is_taken(name: &str) -> bool {
    ["le", "quantile"].contains(&name) || FAMILIES.iter().any(|family| family.labels.contains(&name))
}

/// `HOST:PORT` of `HOST`, `HOST:PORT`, `ADDRESS` or `[ADDRESS]:PORT`.
fn address(text: &str, port: u16) -> Option<String> {
    if text.parse::<Ipv6Addr>().is_ok() {
        return Some(format!("[{text}]:{port}"));
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        host.parse::<Ipv6Addr>().ok()?;
        return match rest.strip_prefix(':') {
            Some(own) => Some(format!("[{host}]:{}", own.parse::<u16>().ok()?)),
            None => rest.is_empty().then(|| format!("[{host}]:{port}")),
        };
    }
    let (host, port) = match text.split_once(':') {
        Some((host, own)) => (host, own.parse().ok()?),
        None => (text, port),
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    (!host.is_empty() && host.bytes().all(plain)).then(|| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_has_a_port_and_labels_of_its_own() {
        for (text, address, labels) in [
            ("hv1", "hv1:8080", &[][..]),
            ("hv1:9000", "hv1:9000", &[]),
            (
                "192.0.2.7,one_host_id=3",
                "192.0.2.7:8080",
                &[("one_host_id", "3")],
            ),
            ("2001:db8::1", "[2001:db8::1]:8080", &[]),
            (
                "[2001:db8::1]:81,a=,b=x=y",
                "[2001:db8::1]:81",
                &[("a", ""), ("b", "x=y")],
            ),
            ("[2001:db8::1]", "[2001:db8::1]:8080", &[]),
        ] {
            let target = Target::parse(text, 8080).unwrap();
            assert_eq!(target.address, address);
            let given = labels
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            assert_eq!(target.labels, given.collect(), "{text}");
        }
    }

    #[test]
    fn what_is_no_target_is_refused_with_its_text() {
        for text in [
            "",
            ":80",
            "hv1:",
            "hv1:x",
            "hv1:99999",
            "h v",
            "http://hv1",
            "[hv1]:80",
            "[::1]80",
            "hv1/metrics",
            "{{x}}",
        ] {
            assert_eq!(
                Target::parse(text, 1),
                Err(ScrapeConfigError::Target(text.to_owned()))
            );
        }
        for label in ["", "x", "=1", "1x=1", "__address__=1", "a-b=1", "ä=1"] {
            let told = Target::parse(&format!("hv1,{label}"), 1);
            assert_eq!(told, Err(ScrapeConfigError::Label(label.to_owned())));
        }
        for label in ["site", "zone", "name", "kind", "le"] {
            let told = Target::parse(&format!("hv1,{label}=1"), 1);
            assert_eq!(told, Err(ScrapeConfigError::Taken(label.to_owned())));
        }
        assert_eq!(
            Target::parse("hv1,a=1,a=2", 1),
            Err(ScrapeConfigError::Twice("a".to_owned()))
        );
    }
}
