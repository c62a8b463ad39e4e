//! Which series and labels an expression names. Whether it is right otherwise, Prometheus itself says.

use std::collections::BTreeSet;

/// What an expression names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// Series, each with the labels by which it is chosen.
    pub(super) series: Vec<(String, Vec<String>)>,
    /// Labels by which it groups and joins.
    pub(super) labels: BTreeSet<String>,
    /// Labels that it makes itself, and whatever else is quoted.
    pub(super) quoted: BTreeSet<String>,
}

/// Words before a list of labels.
const GROUPING: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
/// Words that are no series though no parenthesis follows at once.
const WORDS: [&str; 21] = [
    "and",
    "or",
    "unless",
    "offset",
    "bool",
    "inf",
    "nan",
    "sum",
    "min",
    "max",
    "avg",
    "group",
    "stddev",
    "stdvar",
    "count",
    "count_values",
    "bottomk",
    "topk",
    "quantile",
    "atan2",
    "start",
];

struct Scanner<'t> {
    rest: &'t str,
    names: Names,
}

pub(super) fn names(expr: &str) -> Names {
    let mut scanner = Scanner {
        rest: expr,
        names: Names::default(),
    };
    while scanner.step() {}
    scanner.names
}

impl Scanner<'_> {
    /// Takes one word or sign; false at the end.
    fn step(&mut self) -> bool {
        self.rest = self.rest.trim_start();
        let Some(first) = self.rest.chars().next() else {
            return false;
        };
        match first {
            '"' | '\'' => {
                let text = self.string();
                self.names.quoted.insert(text);
            }
            '[' => self.skip_past(']'),
            '{' => {
                let labels = self.matchers();
                self.names.series.push((String::new(), labels));
            }
            _ if is_word(first) => self.word(),
            _ => self.rest = &self.rest[first.len_utf8()..],
        }
        true
    }

    fn word(&mut self) {
        let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        let called = self.rest.starts_with('(');
        if GROUPING.contains(&word) && called {
            let list = self.rest[1..].split(')').next().unwrap_or_default();
            let labels = list.split(',').map(|label| label.trim().to_owned());
            self.names.labels.extend(labels.filter(|label| !label.is_empty()));
            self.skip_past(')');
        } else if !called && !GROUPING.contains(&word) && !WORDS.contains(&word) && is_name(word) {
            let labels = if self.rest.starts_with('{') {
                self.matchers()
            } else {
                Vec::new()
            };
            self.names.series.push((word.to_owned(), labels));
        }
    }

    /// The labels between braces.
    fn matchers(&mut self) -> Vec<String> {
        let mut labels = Vec::new();
        self.rest = &self.rest[1..];
        loop {
            self.rest = self.rest.trim_start_matches([' ', ',', '\n', '=', '!', '~']);
            match self.rest.chars().next() {
                Some('"' | '\'') => drop(self.string()),
                Some(first) if is_word(first) => {
                    let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
                    labels.push(self.rest[..end].to_owned());
                    self.rest = &self.rest[end..];
                }
                Some(sign) => {
                    self.rest = &self.rest[sign.len_utf8()..];
                    if sign == '}' {
                        return labels;
                    }
                }
                None => return labels,
            }
        }
    }

    fn string(&mut self) -> String {
        let quote = &self.rest[..1];
        let mut end = 1;
        while let Some(next) = self.rest[end..].chars().next() {
            match next {
                '\\' => end += 2,
                _ if next.to_string() == quote => break,
                _ => end += next.len_utf8(),
            }
        }
        let text = self.rest[1..end].to_owned();
        self.rest = &self.rest[(end + 1).min(self.rest.len())..];
        text
    }

    fn skip_past(&mut self, sign: char) {
        self.rest = self.rest.split_once(sign).map_or("", |(_, rest)| rest);
    }
}

/// Numbers and durations are words that are no names; `$` begins a variable of Grafana.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_:$.".contains(c)
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

#[test]
fn names_are_found_wherever_they_stand() {
    let found = names(
        r#"histogram_quantile(0.5, sum by (le, peer) (rate(a_bucket{x="}", y=~'z\'b'}[5m]))) > 1e-3
           or topk(3, b:c:d) * on (job) group_left (site) label_replace(e offset 1h, "made", "$1", "f", "(.+)") * $price"#,
    );
    let series: Vec<(&str, Vec<&str>)> = found
        .series
        .iter()
        .map(|(name, labels)| (name.as_str(), labels.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(
        series,
        [("a_bucket", vec!["x", "y"]), ("b:c:d", vec![]), ("e", vec![])]
    );
    let labels: Vec<_> = found.labels.iter().map(String::as_str).collect();
    assert_eq!(labels, ["job", "le", "peer", "site"]);
    assert!(found.quoted.contains("made"));
}
