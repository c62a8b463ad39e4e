//! Who may do what.

use std::path::Path;

use ring::digest;
use serde::Deserialize;

use super::file::ConfigError;
use super::file::parsed;
use super::file::wrong;

/// What somebody may do. Each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Look at everything.
    Read,
    /// Claim and release.
    Schedule,
    /// Change what there is to claim.
    Admin,
}

/// What somebody shows.
#[derive(Clone, Copy, Debug)]
pub enum Credential<'a> {
    /// A bearer token.
    Token(&'a str),
    /// A name whose password was found right.
    User(&'a str),
    /// A name in a verified certificate.
    Certificate(&'a str),
}

/// Everybody and what they may do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Roles {
    tokens: Vec<([u8; 32], Role)>,
    users: Vec<Named>,
    certificates: Vec<Named>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct RolesFile {
    tokens: Vec<Token>,
    users: Vec<Named>,
    certificates: Vec<Named>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Token {
    /// For people.
    name: String,
    role: Role,
    /// Of the token, in hexadecimal: the file itself lets nobody in.
    sha256: String,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Named {
    name: String,
    role: Role,
}

impl Roles {
    /// Reads the file.
    pub fn open(file: &Path) -> Result<Self, ConfigError> {
        let read: RolesFile = parsed(file)?;
        let mut tokens = Vec::with_capacity(read.tokens.len());
        for (place, token) in read.tokens.iter().enumerate() {
            let digest = unhex(&token.sha256).ok_or_else(|| {
                let name = &token.name;
                let problem = format!("tokens[{place}].sha256: {name:?} needs 64 hexadecimal digits");
                wrong(file, None, problem)
            })?;
            tokens.push((digest, token.role));
        }
        let roles = Self {
            tokens,
            users: read.users,
            certificates: read.certificates,
        };
        if roles == Self::default() {
            return Err(wrong(
                file,
                None,
                "it lets nobody in; write tokens, users or certificates".to_owned(),
            ));
        }
        Ok(roles)
    }

    /// The role of who shows this. How long it takes tells nothing of a token that is right in part.
    pub fn of(&self, shown: Credential<'_>) -> Option<Role> {
        let named = |list: &[Named], name: &str| {
            let found = list.iter().filter(|known| known.name == name);
            found.map(|known| known.role).max()
        };
        match shown {
            Credential::User(name) => named(&self.users, name),
            Credential::Certificate(name) => named(&self.certificates, name),
            Credential::Token(token) => {
                let shown = digest_of(token);
                let found = self.tokens.iter().filter(|(known, _)| equal(known, &shown));
                found.map(|(_, role)| *role).max()
            }
        }
    }
}

/// Compares all bytes, whatever the first ones say.
fn equal(one: &[u8; 32], two: &[u8; 32]) -> bool {
    let differences = one.iter().zip(two).fold(0, |sum, (a, b)| sum | (a ^ b));
    std::hint::black_box(differences) == 0
}

/// SHA-256.
pub(crate) fn digest_of(token: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
    bytes
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(place * 2..place * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(text: &str) -> Result<Roles, String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("roles.yaml");
        std::fs::write(&file, text).unwrap();
        Roles::open(&file).map_err(|error| error.to_string())
    }

    #[test]
    fn everybody_has_the_role_that_the_file_gives() {
        let text = format!(
            "tokens:\n- {{name: nova, role: schedule, sha256: {}}}\nusers:\n- {{name: alice, role: read}}\n\
             certificates:\n- {{name: ops, role: admin}}\n",
            hex(&digest_of("secret"))
        );
        let roles = roles(&text).unwrap();
        for (shown, role) in [
            (Credential::Token("secret"), Some(Role::Schedule)),
            (Credential::Token("secre"), None),
            (Credential::Token(""), None),
            (Credential::User("alice"), Some(Role::Read)),
            (Credential::User("ops"), None),
            (Credential::Certificate("ops"), Some(Role::Admin)),
            (Credential::Certificate("alice"), None),
        ] {
            assert_eq!(roles.of(shown), role, "{shown:?}");
        }
        assert!(Role::Admin > Role::Schedule && Role::Schedule > Role::Read);
    }

    #[test]
    fn a_file_that_cannot_be_meant_is_refused() {
        for (text, expected) in [
            ("", "it lets nobody in"),
            (
                "tokens:\n- {name: a, role: root, sha256: x}\n",
                "tokens[0].role: unknown variant",
            ),
            (
                "tokens:\n- {name: a, role: read, sha256: x}\n",
                "64 hexadecimal digits",
            ),
            (
                "tokens:\n- {name: a, role: read, token: x}\n",
                "unknown field `token`",
            ),
        ] {
            let error = roles(text).unwrap_err();
            assert!(error.contains(expected), "{text:?}: {error}");
        }
    }
}
