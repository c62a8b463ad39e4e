//! `basic_auth_users`: names, and the bcrypt hashes of their passwords.

use std::collections::BTreeMap;
use std::fmt;

use bcrypt::HashParts;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error;
use serde::de::MapAccess;
use serde::de::Visitor;
use serde_yaml::Value;

/// The costs that bcrypt knows.
const COSTS: std::ops::RangeInclusive<u32> = 4..=31;

/// Names, each with its hash and what checking it costs. It has no `Debug`, so that no hash gets into a log.
#[derive(Default)]
pub(super) struct Users(BTreeMap<String, (String, u32)>);

impl Users {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The highest cost of a check.
    pub(super) fn dearest(&self) -> u32 {
        self.0
            .values()
            .map(|&(_, cost)| cost)
            .max()
            .unwrap_or(*COSTS.start())
    }

    pub(super) fn into_hashes(self) -> BTreeMap<String, String> {
        self.0.into_iter().map(|(name, (hash, _))| (name, hash)).collect()
    }
}

impl<'de> Deserialize<'de> for Users {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UsersVisitor)
    }
}

struct UsersVisitor;

impl<'de> Visitor<'de> for UsersVisitor {
    type Value = Users;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("user names, each with a bcrypt hash")
    }

    /// Entry by entry, because a map would let the last of two entries for one name win.
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Users, A::Error> {
        let mut users = Users::default();
        while let Some((name, hash)) = entries.next_entry::<String, Value>()? {
            if name.contains(':') {
                return Err(A::Error::custom(format_args!(
                    "user {name:?}: a name cannot contain ':'"
                )));
            }
            let Some((hash, cost)) = hash.as_str().and_then(with_cost) else {
                // The text is not repeated: it may be a password.
                return Err(A::Error::custom(format_args!(
                    "user {name:?}: not a bcrypt hash; make one with: htpasswd -nBC 10 {name}"
                )));
            };
            if users.0.insert(name.clone(), (hash.to_owned(), cost)).is_some() {
                return Err(A::Error::custom(format_args!("user {name:?} stands here twice")));
            }
        }
        Ok(users)
    }
}

fn with_cost(hash: &str) -> Option<(&str, u32)> {
    let parts: HashParts = hash.parse().ok()?;
    Some((hash, parts.get_cost())).filter(|(_, cost)| COSTS.contains(cost))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG";

    #[test]
    fn the_dearest_cost_is_that_of_the_strongest_hash() {
        let stronger = HASH.replace("$10$", "$12$");
        let users: Users = serde_yaml::from_str(&format!("a: {stronger}\nb: {HASH}")).unwrap();
        assert_eq!(users.dearest(), 12);
        assert_eq!(users.into_hashes().len(), 2);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_without_repeating_it() {
        let table = [
            ("a: secret".to_owned(), "user \"a\": not a bcrypt hash"),
            ("a: 5318008".to_owned(), "user \"a\": not a bcrypt hash"),
            ("a:".to_owned(), "user \"a\": not a bcrypt hash"),
            (
                format!("a: {}", HASH.replace("$10$", "$99$")),
                "user \"a\": not a bcrypt hash",
            ),
            (
                format!("\"a:b\": {HASH}"),
                "user \"a:b\": a name cannot contain ':'",
            ),
            (format!("a: {HASH}\na: {HASH}"), "user \"a\" stands here twice"),
        ];
        for (text, wanted) in table {
            let Err(error) = serde_yaml::from_str::<Users>(&text) else {
                panic!("{text} was taken")
            };
            let error = error.to_string();
            assert!(error.contains(wanted), "{error}");
            assert!(!error.contains("secret") && !error.contains("5318008"), "{error}");
        }
    }
}
