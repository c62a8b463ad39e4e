//! The command that turns hosts into text and back; `--help` says how.

use std::fs;
use std::io;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use anyhow::Result;
use clap::Parser;
use wattle_tests::archive;
use wattle_tests::archive::Capture;
use wattle_tests::fixtures;

/// Keeps whole hosts as text files that can be read, compared and reviewed.
#[derive(Debug, Parser)]
#[command(name = "hostarchive")]
enum Options {
    /// Prints the host in a directory as text.
    Pack {
        /// The directory, with proc and sys inside.
        dir: PathBuf,
    },
    /// Writes the host in a file into a directory, over what is there.
    Unpack {
        /// The archive.
        file: PathBuf,
        /// Where to; made if it is not there.
        dir: PathBuf,
    },
    /// Prints what has to be laid over one host to make it another.
    Overlay {
        /// The directory of the first.
        before: PathBuf,
        /// The directory of the second.
        after: PathBuf,
    },
    /// Prints a live host: only the files that the agent reads, never a command line or an environment.
    Capture {
        /// The mount point of procfs.
        #[arg(long = "path.procfs", default_value = "/proc", value_name = "DIR")]
        proc: PathBuf,
        /// The mount point of sysfs.
        #[arg(long = "path.sysfs", default_value = "/sys", value_name = "DIR")]
        sys: PathBuf,
        /// The directory of the cgroup hierarchies.
        #[arg(long = "path.cgroup", default_value = "/sys/fs/cgroup", value_name = "DIR")]
        cgroup: PathBuf,
        /// Calls every process "process".
        #[arg(long)]
        neutral_names: bool,
    },
    /// Makes the hosts of the tests anew.
    Fixtures {
        /// Where to, usually tests/fixtures/hosts.
        dir: PathBuf,
        /// A directory to work in; it should be empty and is left as it is.
        #[arg(long, value_name = "DIR")]
        scratch: PathBuf,
    },
}

fn main() -> Result<()> {
    match Options::parse() {
        Options::Pack { dir } => print(&archive::pack(&dir)?),
        Options::Unpack { file, dir } => {
            let text =
                fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            archive::unpack(&text, &dir)
        }
        Options::Overlay { before, after } => print(&archive::overlay(&before, &after)?),
        Options::Capture {
            proc,
            sys,
            cgroup,
            neutral_names,
        } => print(
            &Capture {
                proc,
                sys,
                cgroup,
                neutral_names,
            }
            .archive()?,
        ),
        Options::Fixtures { dir, scratch } => fixtures::write_all(&dir, &scratch),
    }
}

fn print(text: &str) -> Result<()> {
    io::stdout()
        .write_all(text.as_bytes())
        .context("cannot print the host")
}
