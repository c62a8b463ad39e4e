//! Tests that need what this machine does not have.

use std::fs::OpenOptions;
use std::io::Write;

/// The file in which `tests/run` collects what was skipped.
const FILE: &str = "WATTLE_SKIPPED";

/// Ends a test that cannot be made here, and says so where somebody sees it.
macro_rules! skip {
    ($($reason:tt)+) => {{
        fn here() {}
        super::skip::note(std::any::type_name_of_val(&here), &format!($($reason)+));
        return;
    }};
}

/// Notes a skip under the name of the test around `here`.
#[expect(clippy::print_stdout, reason = "where cargo test shows it")]
pub(crate) fn note(here: &str, reason: &str) {
    // Within an async test the name goes on.
    let test = here.trim_end_matches("::here").trim_end_matches("::{{closure}}");
    let test = test.split_once("::").map_or(test, |(_, rest)| rest);
    let line = format!("skipped: {test}: {reason}\n");
    print!("{line}");
    if let Some(file) = std::env::var_os(FILE) {
        // Tests in other processes append at the same time: a line has to go out in one piece.
        let file = OpenOptions::new().create(true).append(true).open(file);
        file.unwrap().write_all(line.as_bytes()).unwrap();
    }
}

/// Whether this process may do what only root may.
pub(crate) fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}
