//! What packages are made of.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::product::Product;

/// Where it is, and what is to be said of it.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) source: PathBuf,
    pub(crate) bin: PathBuf,
    pub(crate) native: PathBuf,
    pub(crate) version: String,
    pub(crate) date: u32,
}

impl Input {
    /// A file of the repository.
    pub(crate) fn file(&self, name: &str) -> anyhow::Result<Vec<u8>> {
        read(&self.source.join(name))
    }

    /// A text of the repository with `@name@` and `@state@` put in.
    pub(crate) fn text(&self, name: &str, product: &Product) -> anyhow::Result<String> {
        let text = String::from_utf8(self.file(name)?).with_context(|| name.to_owned())?;
        Ok(text
            .replace("@name@", product.name)
            .replace("@state@", product.state))
    }

    /// All files below a directory of the repository, by their paths in it, in order. Empty where there is none.
    pub(crate) fn below(&self, name: &str) -> anyhow::Result<Vec<(String, PathBuf)>> {
        let mut found = Vec::new();
        let root = self.source.join(name);
        let mut places = vec![root.clone()];
        while let Some(place) = places.pop() {
            let Ok(entries) = std::fs::read_dir(&place) else {
                continue;
            };
            for entry in entries {
                let path = entry?.path();
                if path.is_dir() {
                    places.push(path);
                } else {
                    let relative = path
                        .strip_prefix(&root)?
                        .to_str()
                        .context("a name that is no UTF-8")?;
                    found.push((relative.to_owned(), path));
                }
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    pub(crate) fn binary(&self, daemon: &str) -> anyhow::Result<Vec<u8>> {
        read(&self.bin.join(daemon))
    }

    /// What the program prints of itself.
    pub(crate) fn generated(&self, daemon: &str, what: &[&str]) -> anyhow::Result<Vec<u8>> {
        let program = self.native.join(daemon);
        let told = || format!("{} generate {}", program.display(), what.join(" "));
        let output = Command::new(&program)
            .arg("generate")
            .args(what)
            .output()
            .with_context(told)?;
        if !output.status.success() {
            anyhow::bail!("{}: {}", told(), String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(output.stdout)
    }
}

pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}
