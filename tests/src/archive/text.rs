//! The text of an archive.

use std::fmt::Write;

use anyhow::Context;
use anyhow::Result;
use anyhow::bail;

use super::Entries;
use super::Entry;

const FIRST: &str = "# wattle host archive 1";
const HEADER: &str = "## ";

/// Entries as text.
pub(super) fn format(entries: &Entries) -> String {
    let mut text = format!("{FIRST}\n");
    for (path, entry) in entries {
        let path = escaped(path.as_bytes(), false);
        let _ = match entry {
            Entry::File(_) => writeln!(text, "{HEADER}{path}"),
            Entry::Link(target) => writeln!(text, "{HEADER}{path} -> {}", escaped(target.as_bytes(), false)),
            Entry::Directory => writeln!(text, "{HEADER}{path}/"),
            Entry::Gone => writeln!(text, "{HEADER}{path} gone"),
        };
        if let Entry::File(content) = entry {
            text.push_str(&body(content));
        }
    }
    text
}

fn body(content: &[u8]) -> String {
    let mut text = String::new();
    for line in content.split_inclusive(|&byte| byte == b'\n') {
        let (line, end) = match line {
            [line @ .., b'\n'] => (line, "\n"),
            line => (line, "\\\n"),
        };
        let shown = escaped(line, true);
        match shown.strip_prefix('#') {
            Some(rest) => text.extend(["\\x23", rest]),
            None => text.push_str(&shown),
        }
        text.push_str(end);
    }
    text
}

fn escaped(bytes: &[u8], in_text: bool) -> String {
    bytes.iter().fold(String::new(), |mut text, &byte| {
        match byte {
            b'\\' => text.push_str("\\\\"),
            b' ' | b'\t' if in_text => text.push(char::from(byte)),
            b'!'..=b'~' => text.push(char::from(byte)),
            _ => {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
        text
    })
}

/// Text as entries. Paths that are not plainly inside are refused.
pub(super) fn parse(text: &str) -> Result<Entries> {
    let mut lines = text.lines().zip(1_usize..);
    if lines.next().map(|(line, _)| line) != Some(FIRST) {
        bail!("line 1: an archive starts with {FIRST:?}");
    }
    let mut entries = Entries::new();
    let mut open: Option<(String, Entry)> = None;
    for (line, number) in lines {
        let done = match line.strip_prefix(HEADER) {
            Some(head) => header(head).map(|next| entries.extend(open.replace(next))),
            None => append(&mut open, line),
        };
        done.with_context(|| format!("line {number}"))?;
    }
    entries.extend(open);
    super::disk::check(&entries)?;
    Ok(entries)
}

fn header(head: &str) -> Result<(String, Entry)> {
    let (path, entry) = match head.split_once(' ') {
        None => match head.strip_suffix('/') {
            Some(directory) => (directory, Entry::Directory),
            None => (head, Entry::File(Vec::new())),
        },
        Some((path, "gone")) => (path, Entry::Gone),
        Some((path, rest)) => {
            let target = rest
                .strip_prefix("-> ")
                .with_context(|| format!("{head:?} is no entry"))?;
            (path, Entry::Link(name(target)?))
        }
    };
    Ok((name(path)?, entry))
}

fn append(open: &mut Option<(String, Entry)>, line: &str) -> Result<()> {
    let Some((_, Entry::File(content))) = open else {
        bail!("text that belongs to no file: {line:?}");
    };
    match unescaped(line)? {
        (part, true) => content.extend(part),
        (part, false) => content.extend(part.into_iter().chain([b'\n'])),
    }
    Ok(())
}

fn name(text: &str) -> Result<String> {
    match unescaped(text)? {
        (bytes, false) => String::from_utf8(bytes).with_context(|| format!("{text:?} is not UTF-8")),
        (_, true) => bail!("{text:?} ends in the middle of an escape"),
    }
}

/// The bytes, and whether a lone backslash ended them.
fn unescaped(line: &str) -> Result<(Vec<u8>, bool)> {
    let mut bytes = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('\\') {
        bytes.extend(&rest.as_bytes()[..at]);
        let code = &rest[at + 1..];
        if code.is_empty() {
            return Ok((bytes, true));
        }
        if let Some(after) = code.strip_prefix('\\') {
            bytes.push(b'\\');
            rest = after;
            continue;
        }
        let digits = code.strip_prefix('x').and_then(|code| code.get(..2));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.with_context(|| format!("no escape: {:?}", &rest[at..]))?);
        rest = &code[3..];
    }
    bytes.extend(rest.as_bytes());
    Ok((bytes, false))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_entry() -> impl Strategy<Value = Entry> {
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..60).prop_map(Entry::File),
            "[a-c #\\\\\n]{0,12}".prop_map(|text| Entry::File(text.into_bytes())),
            "[a-z>\\\\ ]{1,8}".prop_map(Entry::Link),
            Just(Entry::Directory),
            Just(Entry::Gone),
        ]
    }

    proptest! {
        #[test]
        fn text_is_read_as_it_was_written(
            entries in prop::collection::btree_map("[a-z:\\\\ #\u{e9}\n]{1,6}", any_entry(), 0..8),
        ) {
            prop_assert_eq!(parse(&format(&entries)).unwrap(), entries);
        }

        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in "(# wattle host archive 1\n)?(## [a-z/. ]{0,9}\n|[ -~\\\\\n]{0,9}){0,9}") {
            let _ = parse(&text);
        }
    }

    #[test]
    fn a_mistake_is_refused_with_its_line() {
        for (text, wanted) in [
            ("", "line 1"),
            ("# wattle host archive 2\n", "line 1"),
            ("# wattle host archive 1\nstray\n", "line 2"),
            ("# wattle host archive 1\n## a\n\\q\n", "line 3"),
            ("# wattle host archive 1\n## a\n\\x4\n", "line 3"),
            ("# wattle host archive 1\n## a\n\\x4\u{e9}\n", "line 3"),
            ("# wattle host archive 1\n## a b\n", "line 2"),
        ] {
            let error = format!("{:#}", parse(text).unwrap_err());
            assert!(error.starts_with(wanted), "{error}");
        }
    }
}
