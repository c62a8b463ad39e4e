//! Reading what was sent, with a sentence about whatever is wrong with it.

use serde_json::Map;
use serde_json::Value;

use super::call::Call;
use super::fault::Fault;
use crate::inventory::CUSTOM;
use crate::inventory::Uuid;

/// The longest name of a class, a trait, a project, a user or a consumer type.
pub(super) const MAX_NAME: usize = 255;

/// Reads the body as JSON. Numbers that JSON does not have (NaN) and nesting without end are refused.
pub(super) fn json(call: &Call<'_>) -> Result<Value, Fault> {
    let read = serde_json::from_slice(call.request.body);
    read.map_err(|error| Fault::bad(format!("the body is not JSON: {error}")))
}

/// A value, and where in the body it stands.
#[derive(Clone, Debug)]
pub(super) struct Node<'v> {
    value: &'v Value,
    place: String,
}

impl<'v> Node<'v> {
    pub(super) fn root(value: &'v Value) -> Self {
        Self {
            value,
            place: String::new(),
        }
    }

    pub(super) fn wrong(&self, why: impl std::fmt::Display) -> Fault {
        let place = if self.place.is_empty() {
            "the body"
        } else {
            &self.place
        };
        Fault::bad(format!("{place} {why}"))
    }

    fn child(&self, name: &str, value: &'v Value) -> Self {
        let dot = if self.place.is_empty() { "" } else { "." };
        // Names come from outside: no more of one than is needed to find it.
        let name: String = name.chars().take(80).collect();
        Self {
            value,
            place: format!("{}{dot}{name}", self.place),
        }
    }

    fn map(&self) -> Result<&'v Map<String, Value>, Fault> {
        self.value
            .as_object()
            .ok_or_else(|| self.wrong("has to be an object"))
    }

    /// All members of an object.
    pub(super) fn members(&self) -> Result<Vec<(&'v str, Self)>, Fault> {
        let members = self.map()?.iter();
        Ok(members
            .map(|(name, value)| (name.as_str(), self.child(name, value)))
            .collect())
    }

    /// Refuses members that are not listed.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Fault> {
        let mut names = self.map()?.keys();
        match names.find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => Err(self.wrong(format!(
                "has a member {name:?} that is not known at this microversion; known are: {}",
                known.join(", ")
            ))),
        }
    }

    pub(super) fn optional(&self, name: &str) -> Result<Option<Self>, Fault> {
        Ok(self.map()?.get(name).map(|value| self.child(name, value)))
    }

    pub(super) fn required(&self, name: &str) -> Result<Self, Fault> {
        let member = self.optional(name)?;
        member.ok_or_else(|| self.wrong(format!("has to have a member {name:?}")))
    }

    pub(super) fn is_null(&self) -> bool {
        self.value.is_null()
    }

    pub(super) fn items(&self) -> Result<Vec<Self>, Fault> {
        let items = self
            .value
            .as_array()
            .ok_or_else(|| self.wrong("has to be a list"))?;
        let numbered = items.iter().enumerate();
        Ok(numbered
            .map(|(index, item)| self.child(&index.to_string(), item))
            .collect())
    }

    pub(super) fn string(&self) -> Result<&'v str, Fault> {
        self.value
            .as_str()
            .ok_or_else(|| self.wrong("has to be a string"))
    }

    /// A string of 1 to `max` characters.
    pub(super) fn name(&self, max: usize) -> Result<&'v str, Fault> {
        let text = self.string()?;
        match text.chars().count() {
            0 => Err(self.wrong("may not be empty")),
            count if count > max => Err(self.wrong(format!("has {count} characters, and {max} is the most"))),
            _ => Ok(text),
        }
    }

    /// A whole number. JSON's `4.0` is one; what is out of all bounds is as far out as can be.
    pub(super) fn integer(&self) -> Result<i64, Fault> {
        let whole = || self.value.as_f64().filter(|number| number.fract() == 0.0);
        // The cast keeps to the bounds of the type.
        let found = self
            .value
            .as_i64()
            .or_else(|| whole().map(|number| number as i64));
        found.ok_or_else(|| self.wrong("has to be a whole number"))
    }

    /// A whole number within bounds.
    pub(super) fn within(&self, min: u32, max: u32) -> Result<u32, Fault> {
        let number = self.integer()?;
        let fits = u32::try_from(number)
            .ok()
            .filter(|number| (min..=max).contains(number));
        fits.ok_or_else(|| self.wrong(format!("is {}: it has to be between {min} and {max}", self.value)))
    }

    /// A generation, which no real one equals if it is below 0.
    pub(super) fn generation(&self) -> Result<u64, Fault> {
        Ok(u64::try_from(self.integer()?).unwrap_or(u64::MAX))
    }

    /// An amount of a resource: 1 or more.
    pub(super) fn amount(&self) -> Result<u64, Fault> {
        let number = self.integer()?;
        let amount = u64::try_from(number).ok().filter(|amount| *amount > 0);
        amount.ok_or_else(|| self.wrong(format!("is {}: it has to be at least 1", self.value)))
    }

    pub(super) fn number(&self) -> Result<f64, Fault> {
        self.value
            .as_f64()
            .ok_or_else(|| self.wrong("has to be a number"))
    }

    /// A UUID in any spelling.
    pub(super) fn uuid(&self) -> Result<(&'v str, Uuid), Fault> {
        let text = self.string()?;
        let uuid = Uuid::like(text).ok_or_else(|| self.wrong("has to be a UUID"))?;
        Ok((text, uuid))
    }
}

/// Whether a text could be the name of a class, a trait or a consumer type: capitals, digits and underscores.
pub(super) fn is_word(name: &str) -> bool {
    let sound = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    !name.is_empty() && name.bytes().all(sound)
}

/// Refuses what could not be the name of a class or trait that somebody makes.
pub(super) fn check_custom(name: &str) -> Result<(), Fault> {
    let rest = name.strip_prefix(CUSTOM).unwrap_or_default();
    if is_word(rest) && name.len() <= MAX_NAME {
        return Ok(());
    }
    Err(Fault::bad(format!(
        "{:?} cannot be made: a name is {CUSTOM} followed by capitals, digits and underscores, {MAX_NAME} characters at most",
        name.chars().take(300).collect::<String>()
    )))
}

/// Whether a text has the length and the characters of a UUID, as keys of allocations must.
pub(super) fn is_uuid_shaped(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;

    use super::Node;
    use super::check_custom;

    #[test]
    fn a_fault_says_where_it_is_and_what_would_be_right() {
        let body = json!({"inventories": {"VCPU": {"total": -1}}});
        let root = Node::root(&body);
        let total = root
            .required("inventories")
            .unwrap()
            .required("VCPU")
            .unwrap()
            .required("total")
            .unwrap();
        assert_eq!(
            total.within(1, 9).unwrap_err().detail,
            "inventories.VCPU.total is -1: it has to be between 1 and 9"
        );
        assert_eq!(root.string().unwrap_err().detail, "the body has to be a string");
        assert_eq!(
            root.required("x").unwrap_err().detail,
            "the body has to have a member \"x\""
        );
    }

    #[test]
    fn whole_numbers_are_whole_however_they_are_written() {
        let integer = |text: &str| {
            let value: Value = serde_json::from_str(text).unwrap();
            Node::root(&value).integer().ok()
        };
        for (text, expected) in [
            ("4", Some(4)),
            ("4.0", Some(4)),
            ("-1", Some(-1)),
            ("1e300", Some(i64::MAX)),
            ("99999999999999999999", Some(i64::MAX)),
            ("4.5", None),
            ("true", None),
            ("null", None),
            ("\"4\"", None),
        ] {
            assert_eq!(integer(text), expected, "{text}");
        }
    }

    #[test]
    fn custom_names_have_a_prefix_and_a_length() {
        assert!(check_custom("CUSTOM_A_1").is_ok());
        for name in [
            "",
            "CUSTOM_",
            "CUSTOM",
            "VCPU",
            "custom_a",
            "CUSTOM_a",
            "CUSTOM_É",
            "CUSTOM_A\n",
        ] {
            assert!(check_custom(name).is_err(), "{name}");
        }
        assert!(check_custom(&format!("CUSTOM_{}", "A".repeat(248))).is_ok());
        assert!(check_custom(&format!("CUSTOM_{}", "A".repeat(249))).is_err());
    }
}
