//! Packages, units and everything else by which wattle comes onto a machine. In a booted Debian the same is done by
//! `tests/booted/run`.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod archive;
mod debian;
mod examples;
mod made;
mod opennebula;
mod red_hat;
mod same_bytes;
mod scripts;
mod units;

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;

use crate::e2e::skip;

/// The repository.
fn source() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A binary that stands beside the agent's.
fn built(name: &str) -> PathBuf {
    crate::e2e::agent::binary().with_file_name(name)
}

fn has(program: &str) -> bool {
    Command::new("sh")
        .args(["-c", "command -v \"$0\" >/dev/null", program])
        .status()
        .is_ok_and(|status| status.success())
}

/// What a command prints, on both of its outputs.
fn said(output: &Output) -> String {
    let [out, error] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    format!("{out}{error}")
}

/// Runs a command that has to succeed.
fn told(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", said(&output));
    said(&output)
}
