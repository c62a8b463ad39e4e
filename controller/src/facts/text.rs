//! The samples of a page of metrics, in Prometheus' text format 0.0.4 or OpenMetrics 1.0.
//!
//! Only the families that somebody asks for are read; the rest of a page is passed over line by line. Timestamps and exemplars are
//! not looked at.

use std::borrow::Cow;

use thiserror::Error;

/// The longest page.
pub const MAX_PAGE: usize = 32 << 20;
/// The longest line that is read.
pub(super) const MAX_LINE: usize = 16 << 10;
/// The most labels of one sample.
const MAX_LABELS: usize = 64;

/// A page that cannot be relied on. Nothing of it is used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PageError {
    /// It is longer than [`MAX_PAGE`].
    #[error("the page has {0} bytes; more than {MAX_PAGE} are not read")]
    TooLong(usize),
    /// A line is no sample.
    #[error("line {line}: {what} in {text:?}")]
    BadLine {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        what: &'static str,
        /// Its beginning.
        text: String,
    },
    /// It says nothing that an agent says.
    #[error("the page has nothing of a wattle agent in it: does something else listen there?")]
    Nothing,
    /// It says more than a host can have.
    #[error("the page has more than {most} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many are read.
        most: usize,
    },
}

/// One sample.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample<'p> {
    /// Its name, with the suffix of a histogram's part.
    pub name: &'p str,
    /// Its labels.
    pub labels: Vec<(&'p str, Cow<'p, str>)>,
    /// Its value.
    pub value: f64,
}

impl Sample<'_> {
    /// The value of a label; an empty one is the same as none.
    pub(super) fn label(&self, name: &str) -> Option<&str> {
        let found = self.labels.iter().find(|(known, _)| *known == name)?;
        (!found.1.is_empty()).then_some(&*found.1)
    }
}

/// Calls `take` for every sample of a page whose name is `wanted`.
pub(super) fn read_page<'p>(
    page: &'p str,
    wanted: impl Fn(&str) -> bool,
    mut take: impl FnMut(Sample<'p>) -> Result<(), PageError>,
) -> Result<(), PageError> {
    if page.len() > MAX_PAGE {
        return Err(PageError::TooLong(page.len()));
    }
    for (number, line) in page.lines().enumerate() {
        let end = line.find(['{', ' ', '\t']).unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        if name.starts_with('#') || !wanted(name) {
            continue;
        }
        let sample = if line.len() > MAX_LINE {
            Err("more bytes than are read")
        } else {
            sample(name, rest)
        };
        let told = sample.map_err(|what| PageError::BadLine {
            line: number + 1,
            what,
            text: line.chars().take(80).collect(),
        });
        take(told?)?;
    }
    Ok(())
}

fn sample<'p>(name: &'p str, rest: &'p str) -> Result<Sample<'p>, &'static str> {
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (Vec::new(), rest),
    };
    let value = rest.split_whitespace().next().ok_or("no value")?;
    let value = value.parse().map_err(|_| "a value that is no number")?;
    Ok(Sample { name, labels, value })
}

type Labels<'p> = Vec<(&'p str, Cow<'p, str>)>;

/// The labels up to the closing brace, and what follows it.
fn labels(mut rest: &str) -> Result<(Labels<'_>, &str), &'static str> {
    let mut labels = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', ',']);
        if let Some(rest) = rest.strip_prefix('}') {
            return Ok((labels, rest));
        }
        let (name, after) = rest.split_once('=').ok_or("labels without an end")?;
        let quoted = after
            .trim_start()
            .strip_prefix('"')
            .ok_or("a label without quotes")?;
        let (value, after) = unquoted(quoted)?;
        labels.push((name.trim(), value));
        if labels.len() > MAX_LABELS {
            return Err("more labels than are read");
        }
        rest = after;
    }
}

/// A label's value up to the closing quote, and what follows it.
fn unquoted(text: &str) -> Result<(Cow<'_, str>, &str), &'static str> {
    let end = text.find(['"', '\\']).ok_or("a label without an end")?;
    if text.as_bytes().get(end) == Some(&b'"') {
        return Ok((Cow::Borrowed(&text[..end]), &text[end + 1..]));
    }
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, next)) = chars.next() {
        match next {
            '"' => return Ok((Cow::Owned(value), &text[at + 1..])),
            '\\' => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
                _ => return Err("an unknown escape"),
            },
            other => value.push(other),
        }
    }
    Err("a label without an end")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::any;
    use proptest::proptest;

    use super::PageError;
    use super::read_page;

    fn read(page: &str) -> Result<Vec<(String, Vec<String>, f64)>, PageError> {
        let mut found = Vec::new();
        read_page(
            page,
            |name| name.starts_with("wattle_"),
            |sample| {
                let labels = sample
                    .labels
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"));
                found.push((sample.name.to_owned(), labels.collect(), sample.value));
                Ok(())
            },
        )?;
        Ok(found)
    }

    #[test]
    fn samples_are_read_with_labels_escapes_timestamps_and_exemplars() {
        let page = "# TYPE wattle_a gauge\nother{broken 7\nwattle_a 1\nwattle_b{x=\"1\",y=\"a\\\"b\\\\c\\nd\",} +Inf 17000\n\
                    wattle_c_bucket{le=\"0.1\"} 5 # {id=\"1\"} 0.05\nwattle_d{} -3e2\r\n# EOF\n";
        let found = read(page).unwrap();
        let labels = |at: usize| found[at].1.join("|");
        assert_eq!(found.len(), 4);
        assert_eq!(
            (found[0].2, found[1].2, found[2].2, found[3].2),
            (1.0, f64::INFINITY, 5.0, -300.0)
        );
        assert_eq!(labels(1), "x=1|y=a\"b\\c\nd");
        assert_eq!(labels(2), "le=0.1");
    }

    #[test]
    fn a_line_that_is_no_sample_spoils_the_page() {
        for line in [
            "wattle_a",
            "wattle_a x",
            "wattle_a{",
            "wattle_a{x}",
            "wattle_a{x=1} 1",
            "wattle_a{x=\"1} 1",
            "wattle_a{x=\"\\q\"} 1",
            "wattle_a{x=\"1\"",
        ] {
            let error = read(&format!("wattle_b 1\n{line}\n")).unwrap_err();
            assert!(error.to_string().starts_with("line 2: "), "{line}: {error}");
        }
        let many = format!("wattle_a{{{}}} 1", "x=\"\",".repeat(65));
        assert!(read(&many).is_err());
        assert!(read(&format!("wattle_a{{x=\"{}\"}} 1", "y".repeat(20_000))).is_err());
    }

    proptest! {
        #[test]
        fn no_page_makes_it_panic(page in any::<String>(), line in "wattle_a[{}\\\\\"= ,a1é]{0,30}") {
            let _ = read(&page);
            let _ = read(&line);
        }
    }
}
