//! The platforms' own commands.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;

use super::super::patience::wait_for;

/// What a command printed. It must succeed.
pub(super) fn told(program: &str, arguments: &[impl AsRef<OsStr>]) -> String {
    checked(Command::new(program).args(arguments))
}

/// What a prepared command printed. It must succeed.
pub(super) fn checked(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a command whose failure does not matter: it tidies up.
pub(super) fn try_to(program: &str, arguments: &[impl AsRef<OsStr>]) -> Option<Output> {
    Command::new(program).args(arguments).output().ok()
}

/// Waits until a command succeeds.
pub(super) fn wait_until_it_answers(what: &str, command: impl Fn() -> Command) {
    wait_for(what, || {
        let answered = command().output().is_ok_and(|output| output.status.success());
        answered.then_some(())
    });
}

/// The first of these programs that is not installed.
pub(super) fn missing<'p>(programs: &[&'p str]) -> Option<&'p str> {
    let here = |program: &&str| !places().any(|place| place.join(program).exists());
    programs.iter().copied().find(|program| here(program))
}

fn places() -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths: Vec<_> = std::env::split_paths(&path).collect();
    paths.into_iter().chain(["/usr/sbin".into(), "/sbin".into()])
}
