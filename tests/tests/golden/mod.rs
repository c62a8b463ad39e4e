//! What the agent shows of the captured hosts, and the pages it prints of itself, against committed texts.
//!
//! After a change that is meant, `WATTLE_ACCEPT_GOLDEN=1 cargo test -p wattle-tests --test all golden` writes them anew; the
//! difference is then reviewed like any other.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail like tests"
)]

mod captured;
mod pages;
mod protobuf;
mod scrapes;

use std::fs;
use std::path::Path;

/// Set in the environment, it makes tests write what they would compare with.
const ACCEPT: &str = "WATTLE_ACCEPT_GOLDEN";

/// Compares a text with the committed one at `path`, below the workspace.
#[track_caller]
fn assert_golden(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if std::env::var_os(ACCEPT).is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    if let Some((line, (ours, theirs))) = first_difference(text, &committed) {
        panic!(
            "{path}:{line}: now {ours:?}, committed {theirs:?}; if that is meant, accept it with {ACCEPT}=1"
        );
    }
}

/// The first line in which two texts differ, counted from 1.
fn first_difference<'t>(ours: &'t str, theirs: &'t str) -> Option<(usize, (&'t str, &'t str))> {
    let (mut one, mut two) = (ours.split('\n'), theirs.split('\n'));
    for line in 1.. {
        match (one.next(), two.next()) {
            (None, None) => return None,
            (ours, theirs) if ours == theirs => {}
            (ours, theirs) => return Some((line, (ours.unwrap_or("nothing"), theirs.unwrap_or("nothing")))),
        }
    }
    None
}

#[test]
fn a_difference_is_found_wherever_it_is() {
    assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some((2, ("b", "c"))));
    assert_eq!(first_difference("a\n", "a\nb\n"), Some((2, ("", "b"))));
    assert_eq!(first_difference("a\nb", "a"), Some((2, ("b", "nothing"))));
}
