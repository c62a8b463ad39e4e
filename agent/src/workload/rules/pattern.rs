//! Regular expressions that are matched in linear time and compiled within bounds.

use std::fmt;

use regex::Captures;
use regex::Regex;
use regex::RegexBuilder;

/// A pattern's text is no longer than this, in bytes.
const LONGEST: usize = 1024;
/// Memory that one compiled pattern may take.
const LARGEST: usize = 512 << 10;

/// A regular expression that must match the whole of a text, in the syntax of the crate `regex`: no back-references and no
/// look-around, so that no text makes it slow. A dot stands for every character, the end of a line included: nobody gets out of a
/// rule by a strange name.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    /// Compiles a pattern; says in one line what is wrong with one that cannot be.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!(
                "a regular expression of {} bytes; it may have {LONGEST}",
                text.len()
            ));
        }
        // By itself first: a closing parenthesis too many must not end what is put around it.
        compile(text, text)?;
        let regex = compile(&format!("\\A(?s:{text})\\z"), text)?;
        Ok(Self {
            text: text.to_owned(),
            regex,
        })
    }

    /// The groups, if the whole of `text` matches.
    pub fn captures<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        self.regex.captures(text)
    }

    /// How many groups it has.
    pub(super) fn groups(&self) -> usize {
        self.regex.captures_len() - 1
    }

    /// The group of this name, by its number.
    pub(super) fn group_named(&self, name: &str) -> Option<usize> {
        self.regex.capture_names().position(|known| known == Some(name))
    }

    /// The names of its groups.
    pub(super) fn group_names(&self) -> impl Iterator<Item = &str> {
        self.regex.capture_names().flatten()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "/{}/", self.text)
    }
}

fn compile(regex: &str, text: &str) -> Result<Regex, String> {
    RegexBuilder::new(regex)
        .size_limit(LARGEST)
        .dfa_size_limit(LARGEST)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => {
                format!("the regular expression {text:?} is too large; use fewer or smaller repetitions")
            }
            error => explain(text, &error.to_string()),
        })
}

/// The library draws its errors over several lines: the pattern, a mark below the place, and `error:` with the reason.
fn explain(text: &str, drawn: &str) -> String {
    let reason = drawn.lines().find_map(|line| line.strip_prefix("error: "));
    let mark = drawn.lines().find_map(|line| {
        let mark = line.trim_start();
        let is_mark = !mark.is_empty() && mark.bytes().all(|byte| matches!(byte, b'^' | b' '));
        // The pattern stands four columns in.
        is_mark.then(|| line.len() - mark.len() - 3)
    });
    let place = mark
        .filter(|_| drawn.lines().count() == 4)
        .map(|column| format!(" at character {column}"))
        .unwrap_or_default();
    let reason = reason.unwrap_or("not understood");
    format!("the regular expression {text:?} is wrong{place}: {reason}")
}
