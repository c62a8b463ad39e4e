//! A terminal that a test can type into and read.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::super::patience::PATIENCE;
use super::super::patience::now;

pub(super) const MISSING: &str = "needs tmux (apt-get install tmux)";

/// Between two looks at the screen.
const PAUSE: Duration = Duration::from_millis(30);

pub(super) fn is_there() -> bool {
    Command::new("tmux").arg("-V").output().is_ok()
}

/// A tmux server of its own with one window, in which a shell runs one command line. It ends with the test.
#[derive(Debug)]
pub(super) struct Tmux {
    dir: TempDir,
}

impl Tmux {
    /// Starts it. The command's exit code stands on the screen afterwards.
    pub(super) fn start((width, height): (usize, usize), environment: &[(&str, &str)], line: &str) -> Self {
        let tmux = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        let script = tmux.dir.path().join("script");
        let sets: String = environment
            .iter()
            .map(|(name, value)| format!("export {name}='{value}'\n"))
            .collect();
        fs::write(
            &script,
            format!("{sets}echo before\n{line}\nended=$?\nstty -a\necho \"ended with $ended\"\nexec cat\n"),
        )
        .unwrap();
        let (width, height) = (width.to_string(), height.to_string());
        let start = [
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            &width,
            "-y",
            &height,
            "bash",
        ];
        tmux.run(&[&start[..], &[script.to_str().unwrap()]].concat());
        tmux
    }

    fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("tmux");
        command
            .arg("-S")
            .arg(self.dir.path().join("socket"))
            .args(arguments);
        command.env("LC_ALL", "C.UTF-8").env_remove("TMUX");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Types keys by tmux's names of them.
    pub(super) fn keys(&self, keys: &[&str]) {
        self.run(&[&["send-keys"], keys].concat());
    }

    /// Types text as it is.
    pub(super) fn text(&self, text: &str) {
        self.run(&["send-keys", "-l", text]);
    }

    pub(super) fn resize(&self, width: usize, height: usize) {
        let (width, height) = (width.to_string(), height.to_string());
        self.run(&["resize-window", "-x", &width, "-y", &height]);
    }

    /// The screen's lines.
    pub(super) fn screen(&self) -> Vec<String> {
        self.run(&["capture-pane", "-p"])
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// The screen with the sequences that make its colours.
    pub(super) fn colours(&self) -> String {
        self.run(&["capture-pane", "-p", "-e"])
    }

    /// The process that runs in the window.
    pub(super) fn child(&self) -> Option<i32> {
        let shell = self.run(&["display-message", "-p", "#{pane_pid}"]);
        let children = format!("/proc/{0}/task/{0}/children", shell.trim());
        fs::read_to_string(Path::new(&children))
            .ok()?
            .split_whitespace()
            .next()?
            .parse()
            .ok()
    }

    /// Waits until the screen is as wanted; returns it.
    #[track_caller]
    pub(super) fn wait(&self, what: &str, is_so: impl Fn(&[String]) -> bool) -> Vec<String> {
        let start = now();
        loop {
            let screen = self.screen();
            if is_so(&screen) {
                return screen;
            }
            let patient = start.elapsed() < PATIENCE;
            assert!(patient, "waited in vain for {what}:\n{}", screen.join("\n"));
            std::thread::sleep(PAUSE);
        }
    }

    /// Waits until a text stands anywhere.
    #[track_caller]
    pub(super) fn wait_for_text(&self, text: &str) -> Vec<String> {
        self.wait(text, |lines| lines.iter().any(|line| line.contains(text)))
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let mut command = Command::new("tmux");
        // It may have ended already.
        let _ = command
            .arg("-S")
            .arg(self.dir.path().join("socket"))
            .arg("kill-server")
            .output();
    }
}
