//! Texts with what a pattern found in them.

use std::fmt;

/// No template is longer, in bytes.
const LONGEST: usize = 1024;

/// A text in which `$1`, `$name` and `${name}` stand for a group of the rule's patterns, and `$$` for a dollar sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Group(String),
}

impl Template {
    /// Takes a text apart; says what is wrong with a reference that cannot be meant.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("{} bytes; there may be {LONGEST}", text.len()));
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            push(&mut parts, before);
            rest = match reference(after) {
                Some(("", after)) => {
                    push(&mut parts, "$");
                    after
                }
                Some((name, after)) => {
                    parts.push(Part::Group(name.to_owned()));
                    after
                }
                None => {
                    return Err(format!(
                        "{text:?}: after a $ comes a group, as in $1 or ${{name}}, or another $"
                    ));
                }
            };
        }
        push(&mut parts, rest);
        Ok(Self {
            text: text.to_owned(),
            parts,
        })
    }

    /// The groups that it refers to.
    pub(super) fn references(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Group(name) => Some(&**name),
            Part::Text(_) => None,
        })
    }

    /// The text with the groups in their places.
    pub(super) fn expand<'v>(&self, value: impl Fn(&str) -> &'v str) -> String {
        self.parts.iter().fold(String::new(), |text, part| match part {
            Part::Text(more) => text + more,
            Part::Group(name) => text + value(name),
        })
    }

    /// Whether it says nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}

impl fmt::Display for Template {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.text)
    }
}

fn push(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(Part::Text(before)) => before.push_str(text),
        _ => parts.push(Part::Text(text.to_owned())),
    }
}

/// The name that follows a dollar sign, which is empty for another dollar sign, and what comes after it. Digits end where the
/// digits end, so that `$1x` is group 1 and an `x`.
fn reference(after: &str) -> Option<(&str, &str)> {
    if let Some(rest) = after.strip_prefix('$') {
        return Some(("", rest));
    }
    if let Some(rest) = after.strip_prefix('{') {
        return rest.split_once('}').filter(|(name, _)| is_name(name));
    }
    let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    let word = after.find(|c: char| !is_word(c)).unwrap_or(after.len());
    let end = if digits > 0 { digits } else { word };
    (end > 0).then(|| after.split_at(end))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(is_word)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
