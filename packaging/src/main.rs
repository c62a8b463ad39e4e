//! Makes the packages of both daemons.
//!
//! It reads binaries and the files of this repository and writes `.deb`, `.rpm` and `.tar.gz`, without a tool of any
//! distribution and without asking the time: the same input gives the same bytes.

mod ar;
mod contents;
mod control;
mod deb;
mod elf;
mod gzip;
mod input;
mod product;
mod rpm;
mod tarball;
mod tree;

use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use crate::input::Input;
use crate::product::PRODUCTS;

/// Packages wattle-agent and wattle-controller. `packaging/build` builds them first.
#[derive(Debug, Parser)]
#[command(name = "wattle-package", version)]
struct Options {
    /// Directory of the binaries to package
    #[arg(long)]
    bin: PathBuf,
    /// Directory of binaries that run here and print manuals and completions; those to package if not given
    #[arg(long)]
    native: Option<PathBuf>,
    /// Root of the repository
    #[arg(long, default_value = ".")]
    source: PathBuf,
    /// Where packages are written
    #[arg(long)]
    out: PathBuf,
    /// The time of every file, in seconds since 1970
    #[arg(long, env = "SOURCE_DATE_EPOCH")]
    date: u32,
    /// The packages' version; that of the programs if not given
    #[arg(long, default_value = env!("CARGO_PKG_VERSION"))]
    release: String,
    /// What to make; can be repeated
    #[arg(long, value_enum, default_values = ["deb", "rpm"])]
    make: Vec<Kind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    Deb,
    Rpm,
    /// An archive with an installer.
    Tarball,
}

fn main() -> ExitCode {
    match package(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            use std::io::Write;
            let _ = writeln!(std::io::stderr(), "wattle-package: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn package(options: &Options) -> anyhow::Result<()> {
    let input = Input {
        source: options.source.clone(),
        bin: options.bin.clone(),
        native: options.native.clone().unwrap_or_else(|| options.bin.clone()),
        version: options.release.clone(),
        date: options.date,
    };
    std::fs::create_dir_all(&options.out).with_context(|| options.out.display().to_string())?;
    for kind in &options.make {
        let make = match kind {
            Kind::Deb => deb::make,
            Kind::Rpm => rpm::make,
            Kind::Tarball => {
                let (name, bytes) = tarball::make(&input)?;
                write(&options.out, &name, &bytes)?;
                continue;
            }
        };
        for product in &PRODUCTS {
            let (name, bytes) = make(&input, product)?;
            write(&options.out, &name, &bytes)?;
        }
    }
    Ok(())
}

fn write(out: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write;
    let path = out.join(name);
    std::fs::write(&path, bytes).with_context(|| path.display().to_string())?;
    writeln!(std::io::stdout(), "{}", path.display())?;
    Ok(())
}
