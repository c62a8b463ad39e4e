//! Versions, cipher suites and curves, by the names that Go gives them.
//!
//! A list in the configuration is a promise to use nothing else. A name that is known and cannot be had is passed
//! over, which keeps the promise; a list of which nothing is left, and a name that nobody knows, are refused.

use rustls::NamedGroup;
use rustls::SupportedCipherSuite;
use rustls::SupportedProtocolVersion;
use rustls::crypto::CryptoProvider;
use rustls::crypto::SupportedKxGroup;
use rustls::version::TLS12;
use rustls::version::TLS13;

use super::web_file::TlsFile;
use super::web_file::TlsVersion;
use super::web_file::Wrong;

const GROUPS: [(&str, NamedGroup); 3] = [
    ("CurveP256", NamedGroup::secp256r1),
    ("CurveP384", NamedGroup::secp384r1),
    ("X25519", NamedGroup::X25519),
];
const OTHER_GROUPS: [&str; 4] = [
    "CurveP521",
    "X25519MLKEM768",
    "SecP256r1MLKEM768",
    "SecP384r1MLKEM1024",
];

/// Without forward secrecy, without authenticated encryption, or both.
const OTHER_SUITES: [&str; 15] = [
    "TLS_RSA_WITH_RC4_128_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
];

/// The versions to speak. A minimum below 1.2 asks for less than is given; a maximum below it cannot be kept.
pub(super) fn versions(file: &TlsFile) -> Result<Vec<&'static SupportedProtocolVersion>, Wrong> {
    let least = file.min_version.unwrap_or(TlsVersion::V12);
    let most = file.max_version.unwrap_or(TlsVersion::V13);
    if most < TlsVersion::V12 {
        return Err(Wrong::new(
            "max_version",
            "nothing older than TLS12 is spoken here",
        ));
    }
    if least > most {
        return Err(Wrong::new("min_version", "newer than max_version"));
    }
    let all = [(TlsVersion::V13, &TLS13), (TlsVersion::V12, &TLS12)];
    Ok(all
        .into_iter()
        .filter(|(version, _)| (least..=most).contains(version))
        .map(|(_, one)| one)
        .collect())
}

/// The suites to use. As in Go, a list concerns TLS 1.2; those of TLS 1.3 are not for choosing.
pub(super) fn suites(file: &TlsFile, provider: &CryptoProvider) -> Result<Vec<SupportedCipherSuite>, Wrong> {
    const KEY: &str = "cipher_suites";
    let all = &provider.cipher_suites;
    let had = |name: &str| all.iter().copied().find(|suite| go_name(suite) == name);
    let Some(chosen) = choose(KEY, file.cipher_suites.as_deref(), had, &OTHER_SUITES)? else {
        return Ok(all.clone());
    };
    let is_new = |suite: &SupportedCipherSuite| suite.tls13().is_some();
    if chosen.iter().all(is_new) && versions(file)?.contains(&&TLS12) {
        let have: Vec<_> = all.iter().filter(|suite| !is_new(suite)).map(go_name).collect();
        let what = format!(
            "none of them can be had for TLS 1.2; there are: {}",
            have.join(", ")
        );
        return Err(Wrong::new(KEY, what));
    }
    let fixed = all.iter().copied().filter(is_new);
    Ok(fixed
        .chain(chosen.into_iter().filter(|suite| !is_new(suite)))
        .collect())
}

fn go_name(suite: &SupportedCipherSuite) -> String {
    format!("{:?}", suite.suite()).replace("TLS13_", "TLS_")
}

/// The groups to exchange keys in, best first.
pub(super) fn groups(
    file: &TlsFile,
    provider: &CryptoProvider,
) -> Result<Vec<&'static dyn SupportedKxGroup>, Wrong> {
    const KEY: &str = "curve_preferences";
    let all = &provider.kx_groups;
    let had = |name: &str| {
        let (_, group) = GROUPS.iter().find(|(known, _)| *known == name)?;
        all.iter().copied().find(|one| one.name() == *group)
    };
    let Some(chosen) = choose(KEY, file.curve_preferences.as_deref(), had, &OTHER_GROUPS)? else {
        return Ok(all.clone());
    };
    if chosen.is_empty() {
        let have = GROUPS.map(|(name, _)| name).join(", ");
        return Err(Wrong::new(
            KEY,
            format!("none of them can be had; there are: {have}"),
        ));
    }
    Ok(chosen)
}

/// Those of `names` that can be `had`, in their order, or `None` where there is no list.
fn choose<T>(
    key: &'static str,
    names: Option<&[String]>,
    had: impl Fn(&str) -> Option<T>,
    others: &[&str],
) -> Result<Option<Vec<T>>, Wrong> {
    let Some(names) = names.filter(|names| !names.is_empty()) else {
        return Ok(None);
    };
    let mut chosen = Vec::with_capacity(names.len());
    for name in names {
        match had(name) {
            Some(one) => chosen.push(one),
            None if others.contains(&name.as_str()) => {}
            None => return Err(Wrong::new(key, format!("nothing is called {name:?}"))),
        }
    }
    Ok(Some(chosen))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider() -> CryptoProvider {
        rustls::crypto::ring::default_provider()
    }

    fn file(text: &str) -> TlsFile {
        serde_yaml::from_str(text).unwrap()
    }

    #[test]
    fn the_versions_are_those_between_the_bounds_that_are_spoken_at_all() {
        let table = [
            ("{}", 2),
            ("{min_version: TLS10}", 2),
            ("{min_version: TLS13}", 1),
            ("{max_version: TLS12}", 1),
            ("{min_version: TLS12, max_version: TLS12}", 1),
        ];
        for (text, count) in table {
            assert_eq!(
                versions(&file(text)).ok().map(|found| found.len()),
                Some(count),
                "{text}"
            );
        }
        for (text, key) in [
            ("{max_version: TLS11}", "max_version"),
            ("{min_version: TLS13, max_version: TLS12}", "min_version"),
        ] {
            assert_eq!(
                versions(&file(text)).err().map(|wrong| wrong.key),
                Some(key),
                "{text}"
            );
        }
    }

    #[test]
    fn a_list_of_suites_keeps_its_order_and_leaves_out_what_is_not_on_it() {
        let text = "cipher_suites: [TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, \
            TLS_RSA_WITH_AES_128_CBC_SHA, TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]";
        let found = suites(&file(text), &provider()).ok().unwrap();
        let old: Vec<_> = found
            .iter()
            .filter(|suite| suite.tls13().is_none())
            .map(go_name)
            .collect();
        let wanted = [
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        ];
        assert_eq!(old, wanted);
        assert_eq!(found.len() - old.len(), 3);
    }

    #[test]
    fn a_list_of_suites_of_which_nothing_is_left_is_refused_unless_tls_12_is_not_spoken() {
        let text = "cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA]\n";
        let wrong = suites(&file(text), &provider()).err().unwrap();
        assert!(
            wrong.what.contains("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
            "{}",
            wrong.what
        );
        let modern = format!("{text}min_version: TLS13");
        assert!(suites(&file(&modern), &provider()).is_ok());
        let invented = suites(&file("cipher_suites: [TLS_ROT13]"), &provider())
            .err()
            .unwrap();
        assert_eq!(invented.what, "nothing is called \"TLS_ROT13\"");
    }

    #[test]
    fn a_list_of_curves_keeps_its_order_and_must_leave_one() {
        let names = |text: &str| -> Result<Vec<_>, String> {
            let groups = groups(&file(text), &provider()).map_err(|wrong| wrong.what)?;
            Ok(groups.iter().map(|group| group.name()).collect())
        };
        let found = names("curve_preferences: [CurveP521, CurveP384, X25519]");
        assert_eq!(found, Ok(vec![NamedGroup::secp384r1, NamedGroup::X25519]));
        let wanted = "none of them can be had; there are: CurveP256, CurveP384, X25519";
        assert_eq!(names("curve_preferences: [CurveP521]"), Err(wanted.to_owned()));
        assert_eq!(
            names("curve_preferences: [P256]"),
            Err("nothing is called \"P256\"".to_owned())
        );
    }
}
