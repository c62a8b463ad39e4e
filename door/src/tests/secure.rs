//! TLS.

use std::time::Duration;

use rustls::ProtocolVersion;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

use super::client::GET;
use super::client::ask;
use super::client::rest;
use super::house::House;
use super::pki::Identity;
use super::pki::Pki;
use super::pki::SERVER;
use super::pki::block;

/// The status of a `GET` through TLS, or `None` if the door and the client do not agree.
async fn status(house: &House, pki: &Pki, identity: Option<&Identity>) -> Option<u16> {
    let mut stream = pki.connect(house.visit(), identity).await.ok()?;
    // With TLS 1.3 a client learns only from the first bytes it reads that its certificate was not taken.
    stream.write_all(GET.as_bytes()).await.ok()?;
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.ok()?;
    std::str::from_utf8(&start)
        .ok()?
        .strip_prefix("HTTP/1.1 ")?
        .parse()
        .ok()
}

fn client_auth(kind: &str, more: &str) -> String {
    format!("{SERVER}  client_auth_type: {kind}\n{more}")
}

const CA: &str = "  client_ca_file: ca.crt\n";

#[tokio::test]
async fn with_a_certificate_the_door_speaks_tls_1_3_and_http_1_1_and_nothing_in_plain_text() {
    let pki = Pki::new();
    let house = House::on_terms(&pki.web(SERVER));
    assert!(house.web.is_tls());
    let mut stream = pki.connect(house.visit(), None).await.unwrap();
    assert_eq!(
        stream.get_ref().1.protocol_version(),
        Some(ProtocolVersion::TLSv1_3)
    );
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    assert_eq!(ask(&mut stream, GET).await.text(), "up 1\n");
    assert_eq!(ask(&mut stream, GET).await.status, 200);
    let mut plain = house.visit();
    plain.write_all(GET.as_bytes()).await.unwrap();
    // A TLS alert, which is seven bytes.
    assert_eq!(rest(&mut plain).await, 7);
    assert_eq!(house.tally().handshakes_failed, 1);
}

#[tokio::test]
async fn certificate_and_key_can_stand_in_the_configuration_itself() {
    let pki = Pki::new();
    let identity = pki.renew();
    let (certificate, key) = (block(identity.certificate_pem()), block(&identity.key_pem()));
    let house = House::on_terms(&pki.web(&format!(
        "tls_server_config:\n  cert: |\n{certificate}  key: |\n{key}"
    )));
    assert_eq!(status(&house, &pki, None).await, Some(200));
}

#[tokio::test]
async fn versions_suites_and_curves_are_those_of_the_configuration() {
    let pki = Pki::new();
    let more = "  max_version: TLS12\n  cipher_suites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256]\n  \
                curve_preferences: [CurveP384]\n";
    let house = House::on_terms(&pki.web(&format!("{SERVER}{more}")));
    let stream = pki.connect(house.visit(), None).await.unwrap();
    let session = stream.get_ref().1;
    assert_eq!(session.protocol_version(), Some(ProtocolVersion::TLSv1_2));
    let suite = session.negotiated_cipher_suite().unwrap().suite();
    assert_eq!(
        suite,
        rustls::CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
    );
    let group = session.negotiated_key_exchange_group().unwrap().name();
    assert_eq!(group, rustls::NamedGroup::secp384r1);
}

#[tokio::test]
async fn each_kind_of_client_authentication_lets_in_whom_it_promises() {
    let (pki, other) = (Pki::new(), Pki::new());
    let (known, unknown) = (pki.client(&["prometheus"]), other.client(&["prometheus"]));
    // Without a certificate, with one of the authority's, with a stranger's.
    let table = [
        ("NoClientCert", "", [true, true, true]),
        ("RequestClientCert", "", [true, true, true]),
        ("RequireAnyClientCert", "", [false, true, true]),
        ("VerifyClientCertIfGiven", CA, [true, true, false]),
        ("RequireAndVerifyClientCert", CA, [false, true, false]),
    ];
    for (kind, more, wanted) in table {
        let house = House::on_terms(&pki.web(&client_auth(kind, more)));
        for (identity, wanted) in [None, Some(&known), Some(&unknown)].into_iter().zip(wanted) {
            let found = status(&house, &pki, identity).await;
            assert_eq!(found, wanted.then_some(200), "{kind} {}", identity.is_some());
        }
    }
}

#[tokio::test]
async fn of_the_verified_clients_only_those_with_an_allowed_name_are_let_in() {
    let pki = Pki::new();
    let names = format!("{CA}  client_allowed_sans: [prometheus.example.org]\n");
    let house = House::on_terms(&pki.web(&client_auth("RequireAndVerifyClientCert", &names)));
    let table = [
        ("prometheus.example.org", Some(200)),
        ("*.example.org", None),
        ("other.example.org", None),
    ];
    for (name, wanted) in table {
        assert_eq!(
            status(&house, &pki, Some(&pki.client(&[name]))).await,
            wanted,
            "{name}"
        );
    }
    assert_eq!(status(&house, &pki, None).await, None);
    assert_eq!(house.tally().handshakes_failed, 3);
}

#[tokio::test]
async fn a_reload_takes_the_new_certificate_and_ends_connections_of_before() {
    let pki = Pki::new();
    let house = House::on_terms(&pki.web(SERVER));
    let mut before = pki.connect(house.visit(), None).await.unwrap();
    assert_eq!(ask(&mut before, GET).await.status, 200);
    let renewed = pki.renew();
    house.web.reload().unwrap();
    assert_eq!(rest(&mut before).await, 0);
    let after = pki.connect(house.visit(), None).await.unwrap();
    assert_eq!(
        after.get_ref().1.peer_certificates().unwrap(),
        [renewed.certificate]
    );
}

#[tokio::test]
async fn a_reload_that_fails_says_why_and_changes_nothing() {
    let pki = Pki::new();
    let house = House::on_terms(&pki.web(SERVER));
    let mut before = pki.connect(house.visit(), None).await.unwrap();
    assert_eq!(ask(&mut before, GET).await.status, 200);
    pki.write("server.key", "-----BEGIN NOTHING-----\n");
    let error = house.web.reload().unwrap_err().to_string();
    assert!(error.contains("server.key: holds no private key"), "{error}");
    assert_eq!(ask(&mut before, GET).await.status, 200);
    assert_eq!(status(&house, &pki, None).await, Some(200));
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_never_ends_is_waited_for_five_seconds() {
    let pki = Pki::new();
    let house = House::on_terms(&pki.web(SERVER));
    let start = Instant::now();
    rest(&mut house.visit()).await;
    assert_eq!(start.elapsed(), Duration::from_secs(5));
    assert_eq!(house.tally().handshakes_failed, 1);
}

#[tokio::test(start_paused = true)]
async fn through_tls_too_a_client_that_does_not_read_is_cut_off() {
    let pki = Pki::new();
    let house = House::on_terms(&pki.web(SERVER));
    let mut stream = pki.connect(house.visit_through(4096), None).await.unwrap();
    stream
        .write_all(b"GET /big HTTP/1.1\r\nHost: h\r\n\r\n")
        .await
        .unwrap();
    stream.flush().await.unwrap();
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(house.tally().timed_out, 1);
}
