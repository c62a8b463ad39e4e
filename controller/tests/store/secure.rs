//! TLS with certificates on both sides, and users.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::ExtendedKeyUsagePurpose;
use rcgen::IsCa;
use rcgen::Issuer;
use rcgen::KeyPair;
use tempfile::TempDir;
use wattle_controller::store::Credentials;
use wattle_controller::store::Etcd;
use wattle_controller::store::EtcdOptions;
use wattle_controller::store::EtcdTls;
use wattle_controller::store::StoreError;
use wattle_controller::store::WatchEnd;

use crate::etcd::MISSING;
use crate::etcd::Server;
use crate::etcd::impatient;
use crate::etcd::is_there;
use crate::etcd::store;
use crate::patience::PATIENCE;
use crate::transactions::put;
use crate::transactions::text;
use crate::transactions::written;

/// A directory with a CA, and certificates that it signed.
struct Authority {
    dir: TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        fs::write(dir.path().join("ca.pem"), certificate.pem()).unwrap();
        let issuer = Issuer::new(params, key);
        Self { dir, issuer }
    }

    /// etcd's gateway is a client of etcd, with the server's certificate.
    fn sign(&self, name: &str) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        fs::write(self.file(&format!("{name}.pem")), certificate.pem()).unwrap();
        fs::write(self.file(&format!("{name}.key")), key.serialize_pem()).unwrap();
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn tls(&self, client: Option<&str>) -> EtcdTls {
        let files = |name| {
            (
                self.file(&format!("{name}.pem")),
                self.file(&format!("{name}.key")),
            )
        };
        EtcdTls {
            ca_file: self.file("ca.pem"),
            client: client.map(files),
        }
    }
}

fn argument(name: &str, file: &Path) -> String {
    format!("--{name}={}", file.display())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_certificates_of_the_authority_are_spoken_to() {
    if !is_there() {
        skip!("{MISSING}");
    }
    let (authority, other) = (Authority::new(), Authority::new());
    authority.sign("server");
    authority.sign("client");
    other.sign("client");
    let arguments = [
        argument("cert-file", &authority.file("server.pem")),
        argument("key-file", &authority.file("server.key")),
        argument("trusted-ca-file", &authority.file("ca.pem")),
        "--client-cert-auth".to_owned(),
    ];
    let server = Server::start_with("https", &arguments);
    let with = |tls| {
        let mut options = EtcdOptions::new([server.url()]);
        options.tls = Some(tls);
        options.timeouts.total = PATIENCE;
        options
    };
    let good = store(&with(authority.tls(Some("client"))));
    written(&*good, [put("a", "1")]).await;
    assert_eq!(text(&*good, "a").await.unwrap(), "1");
    for wrong in [
        authority.tls(None),
        other.tls(Some("client")),
        EtcdTls {
            ca_file: authority.file("ca.pem"),
            ..other.tls(Some("client"))
        },
    ] {
        let mut options = with(wrong);
        options.timeouts = impatient(std::time::Duration::from_secs(1));
        let error = store(&options).get("a").await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    }
}

#[test]
fn what_is_wrong_with_the_options_is_said_with_its_name() {
    let said = |options: &EtcdOptions| Etcd::new(options).unwrap_err().to_string();
    for (endpoint, words) in [
        ("https://127.0.0.1:1", "needs a CA file"),
        ("127.0.0.1:2379", "is no endpoint"),
        ("ftp://127.0.0.1", "is no endpoint"),
        ("http://user:secret@127.0.0.1", "is no endpoint"),
        ("http://127.0.0.1/v3", "is no endpoint"),
    ] {
        let error = said(&EtcdOptions::new([endpoint]));
        assert!(error.contains(words), "{error}");
    }
    assert!(said(&EtcdOptions::new(Vec::<String>::new())).contains("there is no endpoint"));
    let mut options = EtcdOptions::new(["https://127.0.0.1:1"]);
    options.tls = Some(EtcdTls {
        ca_file: "/nowhere/ca.pem".into(),
        client: None,
    });
    assert!(said(&options).contains("/nowhere/ca.pem"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_logs_in_and_again_when_the_token_ends() {
    if !is_there() {
        skip!("{MISSING}");
    }
    let server = Server::start_with("http", &["--auth-token-ttl=1".to_owned()]);
    let with = |password: &str| {
        let mut options = EtcdOptions::new([server.url()]);
        options.credentials = Some(Credentials {
            user: "root".to_owned(),
            password: password.to_owned(),
        });
        options
    };
    // Before anybody has to log in nobody need.
    let early = store(&with("secret"));
    written(&*early, [put("a", "1")]).await;
    server.call("auth/user/add", r#"{"name":"root","password":"secret"}"#);
    server.call("auth/role/add", r#"{"name":"root"}"#);
    server.call("auth/user/grant", r#"{"user":"root","role":"root"}"#);
    server.call("auth/enable", "{}");
    let store_with_user = store(&with("secret"));
    written(&*store_with_user, [put("a", "2")]).await;
    // A lease that ends with its key shows that more time has passed than a token lives.
    let lease = early.grant(std::time::Duration::from_secs(3)).await.unwrap();
    let leased = crate::transactions::write([put("leased", "")]);
    let leased = early.commit_under(leased, Some(lease.id)).await.unwrap();
    let leased = crate::transactions::committed(leased);
    let mut watch = early.watch("", leased).await.unwrap();
    watch.next().await.unwrap();
    // By now its token is an old one.
    let mut other = store_with_user.watch("", leased).await.unwrap();
    other.next().await.unwrap();
    written(&*store_with_user, [put("a", "3")]).await;
    assert_eq!(other.next().await.unwrap().changes, [put("a", "3")]);
    assert_eq!(text(&*early, "a").await.unwrap(), "3");
    let wrong = store(&with("wrong-password"));
    let error = wrong.get("a").await.unwrap_err();
    assert!(matches!(error, StoreError::Broken { .. }), "{error}");
    assert!(error.to_string().contains("authentication failed"), "{error}");
    assert!(!format!("{wrong:?} {error}").contains("wrong-password"));
    let nobody = store(&EtcdOptions::new([server.url()]));
    let error = nobody.get("a").await.unwrap_err();
    assert!(matches!(error, StoreError::Broken { .. }), "{error}");
    let mut watch = nobody.watch("", leased).await.unwrap();
    let end = watch.next().await.unwrap_err();
    assert!(matches!(end, WatchEnd::Store(StoreError::Broken { .. })), "{end}");
}
