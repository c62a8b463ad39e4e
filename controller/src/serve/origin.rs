//! Where a client thinks it is.

use wattle_door::Head;
use wattle_door::header;
use wattle_door::header::HeaderName;

/// Set by who takes TLS off before us.
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What stands before the path in a link to ourselves; empty if the client does not say whom it asks.
pub(super) fn origin(head: &Head) -> String {
    let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
    link_base(head.visitor.secure, header(FORWARDED_PROTO), header(header::HOST))
}

/// What a client says is told to nobody but itself. It goes into a header, so it has to be a host (RFC 3986, section 3.2.2).
fn link_base(secure: bool, forwarded: Option<&str>, host: Option<&str>) -> String {
    let in_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:[]".contains(&byte);
    let Some(host) = host.filter(|host| !host.is_empty() && host.bytes().all(in_host)) else {
        return String::new();
    };
    let secure = secure || forwarded.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
    format!("{}://{host}", if secure { "https" } else { "http" })
}

#[cfg(test)]
mod tests {
    use super::link_base;

    #[test]
    fn a_link_begins_with_what_the_client_asked() {
        for (secure, forwarded, host, expected) in [
            (false, None, Some("h:8778"), "http://h:8778"),
            (true, None, Some("[::1]:8778"), "https://[::1]:8778"),
            (false, Some("https"), Some("h"), "https://h"),
            (true, Some("http"), Some("h"), "https://h"),
            (false, Some("gopher"), Some("h"), "http://h"),
            (false, None, None, ""),
            (false, None, Some(""), ""),
            (false, None, Some("h/x\"><"), ""),
        ] {
            assert_eq!(link_base(secure, forwarded, host), expected, "{host:?}");
        }
    }
}
