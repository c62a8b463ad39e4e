//! The query of a request, read as Placement reads it.

use super::call::Call;
use super::fault::Fault;
use super::fault::code;
use crate::inventory::Uuid;

/// The parameters of a query, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Reads `application/x-www-form-urlencoded` text.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((
                decoded(&key.replace('+', " "))?,
                decoded(&value.replace('+', " "))?,
            ))
        });
        let pairs: Result<_, Fault> = pairs.collect();
        Ok(Self { pairs: pairs? })
    }

    /// One parameter, decoded already.
    pub(super) fn one(key: &str, value: &str) -> Self {
        let pairs = vec![(key.to_owned(), value.to_owned())];
        Self { pairs }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    pub(super) fn all<'q>(&'q self, key: &'q str) -> impl DoubleEndedIterator<Item = &'q str> {
        let found = self.pairs.iter().filter(move |(name, _)| name == key);
        found.map(|(_, value)| value.as_str())
    }

    /// The value of a parameter; of several, the last.
    pub(super) fn get<'q>(&'q self, key: &'q str) -> Option<&'q str> {
        self.all(key).next_back()
    }

    /// Refuses parameters that are not listed.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Fault> {
        match self.iter().find(|(key, _)| !known.contains(key)) {
            Some((key, _)) => Err(unknown(key, known)),
            None => Ok(()),
        }
    }
}

pub(super) fn unknown(key: &str, known: &[&str]) -> Fault {
    Fault::bad(format!(
        "query parameter {key:?} is not known at this microversion; known are: {}",
        known.join(", ")
    ))
}

/// Decodes percent-encoded text (RFC 3986, section 2.1). A stray percent sign stands for itself.
pub(super) fn decoded(text: &str) -> Result<String, Fault> {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let digits = text.get(at + 1..at + 3).filter(|_| *byte == b'%');
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(value) => (out.push(value), at += 3).1,
            None => (out.push(*byte), at += 1).1,
        }
    }
    String::from_utf8(out).map_err(|_| Fault::bad(format!("{text:?} is not UTF-8 text, percent-encoded")))
}

/// Reads a whole number the way Python's `int` does: blanks around it, a sign, underscores between digits. What is too
/// great to be of use is as great as can be.
pub(super) fn whole_number(text: &str) -> Option<i64> {
    let text = text.trim();
    let (digits, sign) = match text.strip_prefix('-') {
        Some(digits) => (digits, -1),
        None => (text.strip_prefix('+').unwrap_or(text), 1),
    };
    let groups = digits.split('_');
    let sound = |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    if !groups.clone().all(sound) {
        return None;
    }
    let add = |sum: i64, digit: u8| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0'));
    Some(groups.flat_map(str::bytes).fold(0, add) * sign)
}

/// Reads `VCPU:2,MEMORY_MB:1024`.
pub(super) fn resources(value: &str) -> Result<Vec<(String, u64)>, Fault> {
    let mut resources: Vec<(String, u64)> = Vec::new();
    for part in value.split(',') {
        let Some((class, amount)) = part.split_once(':').filter(|(_, amount)| !amount.contains(':')) else {
            return Err(Fault::bad(format!(
                "resources have the form VCPU:2,MEMORY_MB:1024, and {part:?} is not like that"
            )));
        };
        let Some(amount) = whole_number(amount).and_then(|amount| u64::try_from(amount).ok()) else {
            return Err(Fault::bad(format!(
                "{amount:?} is no amount of {class}: it has to be a whole number above 0"
            )));
        };
        if amount == 0 {
            return Err(Fault::bad(format!(
                "0 is no amount of {class}: it has to be at least 1"
            )));
        }
        match resources.iter_mut().find(|(known, _)| known == class) {
            Some(known) => known.1 = amount,
            None => resources.push((class.to_owned(), amount)),
        }
    }
    Ok(resources)
}

/// Traits that are asked for: lists of which one each is needed, and such as may not be there.
pub(super) type Traits = (Vec<Vec<String>>, Vec<String>);

/// Reads the parameter `required`, with a suffix: forbidden traits from 1.22, `in:` and repetition from 1.39.
pub(super) fn required(call: &Call<'_>, key: &str) -> Result<Traits, Fault> {
    let values: Vec<_> = call.query.all(key).collect();
    let repeats = call.version.has(39);
    let from = if repeats {
        0
    } else {
        values.len().saturating_sub(1)
    };
    let (mut needed, mut forbidden) = Traits::default();
    for value in values.iter().skip(from) {
        let (more, not) = traits(value, call.version.has(22), repeats)?;
        needed.extend(more);
        forbidden.extend(not);
    }
    Ok((needed, forbidden))
}

/// Reads one value of `required` or `root_required`.
pub(super) fn traits(value: &str, forbidding: bool, choosing: bool) -> Result<Traits, Fault> {
    let bad = |why: &str| Err(Fault::bad(format!("traits {value:?} cannot be read: {why}")));
    if let Some(list) = value.strip_prefix("in:") {
        let any: Vec<_> = list.split(',').map(|name| name.trim().to_owned()).collect();
        return match () {
            () if !choosing => bad("in: is known from microversion 1.39 on, in the parameter required"),
            () if any.iter().any(String::is_empty) => bad("a name is empty"),
            () if any.iter().any(|name| name.starts_with('!')) => bad("none after in: can be forbidden"),
            () => Ok((vec![any], Vec::new())),
        };
    }
    let (mut needed, mut forbidden) = Traits::default();
    for name in value.split(',').map(str::trim) {
        let bare = name.trim_start_matches('!');
        if bare.is_empty() {
            return bad("a name is empty");
        }
        if bare == name {
            needed.push(vec![name.to_owned()]);
        } else if forbidding {
            forbidden.push(bare.to_owned());
        } else {
            return bad("forbidden traits are known from microversion 1.22 on");
        }
    }
    Ok((needed, forbidden))
}

/// Reads the parameter `member_of`, with a suffix: repetition from 1.24, forbidden aggregates from 1.32.
pub(super) fn member_of(call: &Call<'_>, key: &str) -> Result<Traits, Fault> {
    if !call.version.has(24) && call.query.all(key).count() > 1 {
        return Err(Fault::bad(format!(
            "{key} may stand there once before microversion 1.24"
        )));
    }
    let (mut needed, mut forbidden) = Traits::default();
    for value in call.query.all(key) {
        let (list, not) = match value.strip_prefix('!') {
            Some(list) => (list, true),
            None => (value, false),
        };
        let (list, several) = match list.strip_prefix("in:") {
            Some(list) => (list, true),
            None => (list, false),
        };
        if list.contains(',') && !several {
            return Err(Fault::bad(format!(
                "{key}: write in: before several aggregates, not {value:?}"
            )));
        }
        let aggregates: Vec<_> = list.split(',').map(str::to_owned).collect();
        if let Some(wrong) = aggregates.iter().find(|uuid| Uuid::like(uuid).is_none()) {
            return Err(Fault::bad(format!(
                "{key}: {wrong:?} is not the UUID of an aggregate"
            )));
        }
        if !not {
            needed.push(aggregates);
        } else if call.version.has(32) {
            forbidden.extend(aggregates);
        } else {
            return Err(Fault::bad(format!(
                "{key}: forbidden aggregates are known from 1.32 on"
            )));
        }
    }
    Ok((needed, forbidden))
}

/// Reads a parameter that may stand there once.
pub(super) fn once<'q>(query: &'q Query, key: &'q str) -> Result<Option<&'q str>, Fault> {
    if query.all(key).count() > 1 {
        return Err(Fault::bad(format!("{key} may stand there only once")).with_code(code::DUPLICATE_KEY));
    }
    Ok(query.get(key))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::any;
    use proptest::proptest;

    use super::Query;
    use super::resources;
    use super::traits;
    use super::whole_number;

    #[test]
    fn parameters_are_decoded_and_the_last_one_counts() {
        let query = Query::parse("a=1&b=x%2Cy+z&a=2&c&&d=%zz").unwrap();
        assert_eq!(query.get("a"), Some("2"));
        assert_eq!(query.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(query.get("b"), Some("x,y z"));
        assert_eq!(query.get("c"), Some(""));
        assert_eq!(query.get("d"), Some("%zz"));
        assert_eq!(query.get("e"), None);
        assert!(Query::parse("a=%ff").is_err());
    }

    #[test]
    fn numbers_are_read_as_python_reads_them() {
        for (text, expected) in [
            ("7", Some(7)),
            (" +1_000 ", Some(1000)),
            ("-3", Some(-3)),
            ("99999999999999999999999", Some(i64::MAX)),
            ("", None),
            ("1__0", None),
            ("0x10", None),
            ("1.0", None),
        ] {
            assert_eq!(whole_number(text), expected, "{text}");
        }
    }

    #[test]
    fn resources_are_classes_with_amounts() {
        assert_eq!(
            resources("A:1,B:2,A:3").unwrap(),
            [("A".to_owned(), 3), ("B".to_owned(), 2)]
        );
        for text in ["", "A", "A:0", "A:-1", "A:x", "A:1:2", "A:1,"] {
            assert!(resources(text).is_err(), "{text}");
        }
    }

    #[test]
    fn traits_can_be_needed_forbidden_or_chosen_from() {
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            traits("A, B", false, false),
            Ok((vec![names(&["A"]), names(&["B"])], vec![]))
        );
        assert_eq!(
            traits("A,!!B", true, false),
            Ok((vec![names(&["A"])], names(&["B"])))
        );
        assert_eq!(
            traits("in:A,B", true, true),
            Ok((vec![names(&["A", "B"])], vec![]))
        );
        for (text, forbidding, choosing) in [
            ("", true, true),
            ("A,", true, true),
            ("!A", false, false),
            ("in:A", true, false),
            ("in:!A", true, true),
            ("!", true, true),
        ] {
            assert!(traits(text, forbidding, choosing).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = Query::parse(&text);
            let _ = whole_number(&text);
            let _ = resources(&text);
            let _ = traits(&text, true, true);
        }
    }
}
