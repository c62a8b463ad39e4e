//! What an operator wants of a host, and how that lies in the store.

use serde::Deserialize;
use serde::Serialize;

use crate::inventory::escaped;
use crate::placement::Standing;

/// Under which all orders lie.
pub(super) const PREFIX: &str = "standing/";
/// The version of the records that are written here.
const VERSION: u32 = 1;
/// The longest reason, and the longest name of who ordered, in bytes.
const LONGEST: usize = 1024;

/// What is to become of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wanted {
    /// It is being emptied: nothing new comes, what is there goes when its owner says so.
    Draining,
    /// Somebody works on it.
    Maintenance,
}

impl Wanted {
    /// How placement sees it.
    pub fn standing(self) -> Standing {
        match self {
            Self::Draining => Standing::Draining,
            Self::Maintenance => Standing::Maintenance,
        }
    }
}

/// An operator's order for one host. It stands until it is cleared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What is to become of it.
    pub standing: Wanted,
    /// When that was ordered, in seconds since 1970.
    pub since: u64,
    /// Why, in the operator's words.
    #[serde(default)]
    pub reason: Option<String>,
    /// Who ordered it.
    #[serde(default)]
    pub by: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    v: u32,
    host: String,
    #[serde(flatten)]
    order: Order,
}

/// Where the order for a host lies.
pub(super) fn key(host: &str) -> String {
    format!("{PREFIX}{}", escaped(host))
}

/// The bytes of an order. Words that are too long are cut.
pub(super) fn write(host: &str, order: &Order) -> Vec<u8> {
    let cut = |text: &Option<String>| text.as_deref().map(|text| cut(text).to_owned());
    let record = Record {
        v: VERSION,
        host: host.to_owned(),
        order: Order {
            reason: cut(&order.reason),
            by: cut(&order.by),
            ..order.clone()
        },
    };
    // Strings and numbers: there is nothing that JSON could not hold.
    serde_json::to_vec(&record).unwrap_or_default()
}

fn cut(text: &str) -> &str {
    let end = (0..=LONGEST.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

/// Reads an order and the host that it is for, or says why that cannot be.
pub(super) fn read(bytes: &[u8]) -> Result<(String, Order), String> {
    let Record { v, host, order } = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if v == VERSION {
        Ok((host, order))
    } else {
        Err(format!("its version is {v}, and {VERSION} is the only one known"))
    }
}

#[cfg(test)]
mod tests {
    use super::LONGEST;
    use super::Order;
    use super::Wanted;
    use super::key;
    use super::read;
    use super::write;

    #[test]
    fn an_order_is_read_as_it_was_written_and_its_words_are_bounded() {
        let order = Order {
            standing: Wanted::Maintenance,
            since: 7,
            reason: Some("new fans".to_owned()),
            by: None,
        };
        assert_eq!(read(&write("a b", &order)), Ok(("a b".to_owned(), order.clone())));
        let long = Order {
            reason: Some("é".repeat(LONGEST)),
            ..order
        };
        let kept = read(&write("h", &long)).unwrap().1.reason.unwrap();
        assert_eq!(kept.len(), LONGEST);
        assert_eq!(key("a/b"), "standing/a%2Fb");
    }

    #[test]
    fn what_a_newer_release_wrote_is_refused_with_its_version() {
        let text = r#"{"v":2,"host":"h","standing":"draining","since":1}"#;
        assert!(read(text.as_bytes()).unwrap_err().contains("version is 2"));
        let text = r#"{"v":1,"host":"h","standing":"dancing","since":1}"#;
        assert!(read(text.as_bytes()).unwrap_err().contains("dancing"));
    }
}
