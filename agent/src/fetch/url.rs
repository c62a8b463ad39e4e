//! Where a request goes.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use hyper::Uri;

/// No address of a service is longer.
const LONGEST: usize = 4096;

/// The URL of a service: `http` or `https`, and no password in it, since URLs end up in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url(Uri);

impl Url {
    /// Whether the connection is encrypted and its end verified.
    pub fn is_https(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    /// The name or address, without the brackets of IPv6.
    pub fn host(&self) -> &str {
        self.0
            .host()
            .unwrap_or_default()
            .trim_start_matches('[')
            .trim_end_matches(']')
    }

    /// The port, which follows from the scheme where none is given.
    pub fn port(&self) -> u16 {
        let usual = if self.is_https() { 443 } else { 80 };
        self.0.port_u16().unwrap_or(usual)
    }

    /// What stands in the header `Host`.
    pub(super) fn authority(&self) -> &str {
        self.0.authority().map_or("", |authority| authority.as_str())
    }

    /// What stands in the request line.
    pub(super) fn target(&self) -> &str {
        self.0.path_and_query().map_or("/", |target| target.as_str())
    }

    /// Whether it is an address of another machine. Of a name that is not known before it is connected to.
    pub(super) fn is_elsewhere(&self) -> bool {
        let address = self.host().parse::<IpAddr>();
        address.is_ok_and(|address| !address.to_canonical().is_loopback())
    }

    /// The same service at another path: `path` takes the place of everything behind the URL's own path, which stays.
    pub fn join(&self, path: &str) -> Result<Self, String> {
        let base = format!(
            "{}://{}{}",
            self.0.scheme_str().unwrap_or("https"),
            self.authority(),
            self.0.path().trim_end_matches('/')
        );
        format!("{base}/{}", path.trim_start_matches('/')).parse()
    }
}

impl FromStr for Url {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no URL such as https://example.org/path");
        if text.len() > LONGEST {
            return Err("a URL of more than 4096 bytes".to_owned());
        }
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let authority = uri.authority().ok_or_else(wrong)?;
        if authority.as_str().contains('@') {
            return Err("a URL with a password in it: put that into a file".to_owned());
        }
        match uri.scheme_str() {
            Some("http" | "https") if !authority.host().is_empty() => Ok(Self(uri)),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A text as it may stand in a query (RFC 3986, section 2.1).
pub fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let digits = [byte >> 4, byte & 15].map(|digit| {
                char::from_digit(u32::from(digit), 16)
                    .unwrap_or('0')
                    .to_ascii_uppercase()
            });
            escaped.push('%');
            escaped.extend(digits);
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_whole_and_holds_no_password() {
        for (text, https, host, port, target) in [
            ("https://example.org", true, "example.org", 443, "/"),
            ("http://[::1]:8080/a?b=c", false, "::1", 8080, "/a?b=c"),
            ("https://example.org:1/x", true, "example.org", 1, "/x"),
        ] {
            let url: Url = text.parse().unwrap();
            assert_eq!(
                (url.is_https(), url.host(), url.port(), url.target()),
                (https, host, port, target)
            );
        }
        for text in [
            "",
            "example.org",
            "ftp://example.org",
            "file:///etc/passwd",
            "https://a:b@example.org",
            "https:///x",
            "http://a b/",
        ] {
            assert!(text.parse::<Url>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_path_is_added_to_the_base() {
        for base in ["https://example.org/v3", "https://example.org/v3/"] {
            let url: Url = base.parse().unwrap();
            assert_eq!(
                url.join("/login?x=1").unwrap().to_string(),
                "https://example.org/v3/login?x=1"
            );
        }
    }

    #[test]
    fn what_means_something_in_a_url_is_escaped() {
        assert_eq!(escaped("SE-SE3 a&b=é{x}"), "SE-SE3%20a%26b%3D%C3%A9%7Bx%7D");
    }
}
