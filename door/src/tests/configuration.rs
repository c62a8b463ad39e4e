//! What a web configuration may not say, and how it is told.

use std::path::Path;

use super::pki::Pki;
use super::pki::SERVER;
use super::pki::folder;
use crate::WebConfig;

/// What is said against a file, after its path.
fn complaint(pki: &Pki, text: &str) -> String {
    let path = pki.web(text);
    let error = WebConfig::open(Some(&path))
        .err()
        .unwrap_or_else(|| panic!("{text} was taken"))
        .to_string();
    assert!(!error.contains('\n'), "{error}");
    error
        .strip_prefix(&path.display().to_string())
        .unwrap()
        .replace(&folder(&path), "DIR")
}

#[test]
fn a_configuration_that_says_nothing_means_plain_text_for_everybody() {
    let pki = Pki::new();
    for text in [
        "",
        "# later\n",
        "{}",
        "tls_server_config:\nhttp_server_config: {}\nbasic_auth_users: {}\n",
    ] {
        let Ok(web) = WebConfig::open(Some(&pki.web(text))) else {
            panic!("{text:?}")
        };
        assert!(!web.is_tls(), "{text:?}");
    }
    assert!(WebConfig::open(None).unwrap().reload().is_ok());
}

#[test]
fn everything_that_can_be_honoured_is_taken() {
    let pki = Pki::new();
    let text = format!(
        "{SERVER}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n  \
         client_allowed_sans: [a]\n  min_version: TLS10\n  max_version: TLS13\n  prefer_server_cipher_suites: false\n  \
         cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n  curve_preferences: [X25519]\n\
         http_server_config:\n  http2: false\n  headers:\n    X-Content-Type-Options: nosniff\n    \
         Strict-Transport-Security: max-age=1\nrate_limit:\n  interval: 0\n  burst: 0\n"
    );
    assert!(WebConfig::open(Some(&pki.web(&text))).is_ok_and(|web| web.is_tls()));
}

#[test]
fn each_mistake_is_named_with_file_line_and_key() {
    let pki = Pki::new();
    let server = |more: &str| format!("{SERVER}  {more}\n");
    let table = [
        (
            "tls_config: {}\n".to_owned(),
            ":1: unknown field `tls_config`, expected one of",
        ),
        (
            server("certfile: x"),
            ":4: tls_server_config: unknown field `certfile`, expected one of `cert`",
        ),
        (
            server("min_version: TLS9"),
            ":4: tls_server_config.min_version: unknown variant `TLS9`",
        ),
        (
            server("client_auth_type: maybe"),
            ":4: tls_server_config.client_auth_type: unknown variant `maybe`",
        ),
        (
            server("max_version: TLS11"),
            ":4: max_version: nothing older than TLS12 is spoken here",
        ),
        (
            server("cipher_suites: [TLS_ROT13]"),
            ":4: cipher_suites: nothing is called \"TLS_ROT13\"",
        ),
        (
            server("client_auth_type: RequireAndVerifyClientCert"),
            ":4: client_auth_type: needs client_ca_file",
        ),
        (
            server("client_ca_file: ca.crt"),
            ":4: client_ca_file: is not used without client_auth_type",
        ),
        (
            server("client_allowed_sans: [a]"),
            ":4: client_allowed_sans: needs client_auth_type Require",
        ),
        (
            server("cert: x"),
            ":2: cert_file: stands beside cert; keep one of them",
        ),
        (
            "tls_server_config:\n  min_version: TLS12\n".to_owned(),
            ":1: tls_server_config: needs cert_file or cert",
        ),
        (
            "tls_server_config:\n  cert_file: none.crt\n  key_file: server.key\n".to_owned(),
            ":2: cert_file: DIR/none.crt: No such file or directory",
        ),
        (
            "tls_server_config:\n  cert_file: server.key\n  key_file: server.key\n".to_owned(),
            ":2: cert_file: DIR/server.key: holds no certificate",
        ),
        (
            "tls_server_config:\n  cert_file: ca.crt\n  key_file: server.key\n".to_owned(),
            ":2: cert_file: DIR/ca.crt: does not go with its key",
        ),
        (
            "http_server_config:\n  headers:\n    Server: x\n".to_owned(),
            ":3: http_server_config.headers: unknown field `Server`",
        ),
        (
            "http_server_config:\n  headers:\n    X-Frame-Options: no\n".to_owned(),
            ":3: X-Frame-Options: \"no\" is not one of: deny",
        ),
        (
            "http_server_config:\n  http2: maybe\n".to_owned(),
            ":2: http_server_config.http2: invalid type",
        ),
        (
            "basic_auth_users:\n  a: secret\n".to_owned(),
            ":2: basic_auth_users: user \"a\": not a bcrypt hash",
        ),
        (
            "rate_limit:\n  interval: soon\n  burst: 1\n".to_owned(),
            ":2: rate_limit: interval: \"soon\" is not a duration",
        ),
        (
            "rate_limit:\n  interval: 1s\n".to_owned(),
            ":1: rate_limit: a burst of 0 would let no request in",
        ),
        (
            "rate_limit: []\n".to_owned(),
            ":1: rate_limit: invalid type: sequence, expected a section of keys",
        ),
        (
            "\trate_limit: {}\n".to_owned(),
            ":1: found character that cannot start any token",
        ),
    ];
    let found: Vec<_> = table.iter().map(|(text, _)| complaint(&pki, text)).collect();
    let wrong: Vec<_> = table
        .iter()
        .zip(&found)
        .filter(|((_, wanted), found)| !found.starts_with(wanted))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_missing_file_is_named() {
    let error = WebConfig::open(Some(Path::new("/nonexistent/web.yml")))
        .err()
        .unwrap();
    assert_eq!(
        error.to_string(),
        "/nonexistent/web.yml: No such file or directory (os error 2)"
    );
}
