//! Which file goes where.

use crate::gzip::gzip;
use crate::input::Input;
use crate::input::read;
use crate::product::Product;
use crate::tree::Role;
use crate::tree::Tree;

/// Where families of distributions differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Debian,
    RedHat,
}

/// Everything that a package brings, but for what only its family wants.
pub(crate) fn tree(input: &Input, product: &Product, family: Family) -> anyhow::Result<Tree> {
    let name = product.name;
    let mut tree = Tree::default();
    tree.program(format!("usr/bin/{name}"), input.binary(name)?);
    units(&mut tree, input, name)?;
    configuration(&mut tree, input, product)?;
    generated(&mut tree, input, product, family)?;
    documents(&mut tree, input, product)?;
    for (from, to) in product.directories {
        let role = if to.starts_with("usr/share/doc/") {
            Role::Document
        } else {
            Role::Plain
        };
        for (path, file) in input.below(from)? {
            let content = read(&file)?;
            let mode = if content.starts_with(b"#!") { 0o755 } else { 0o644 };
            tree.put(format!("{to}/{path}"), content, mode, role);
        }
    }
    Ok(tree)
}

fn units(tree: &mut Tree, input: &Input, name: &str) -> anyhow::Result<()> {
    let unit = input.file(&format!("systemd/{name}.service"))?;
    tree.add(format!("usr/lib/systemd/system/{name}.service"), unit);
    for kind in ["sysusers", "tmpfiles"] {
        let file = input.file(&format!("systemd/{name}.{kind}"))?;
        tree.add(format!("usr/lib/{kind}.d/{name}.conf"), file);
    }
    Ok(())
}

fn configuration(tree: &mut Tree, input: &Input, product: &Product) -> anyhow::Result<()> {
    let file = product.configuration;
    let text = input.file(&format!("packaging/etc/{file}"))?;
    tree.put(format!("etc/wattle/{file}"), text, 0o644, Role::Configuration);
    let profile = format!("packaging/apparmor/{}", product.name);
    if input.source.join(&profile).exists() {
        let path = format!("etc/apparmor.d/{}", product.name);
        tree.put(path, input.file(&profile)?, 0o644, Role::Configuration);
    }
    Ok(())
}

/// What the programs print of themselves.
fn generated(tree: &mut Tree, input: &Input, product: &Product, family: Family) -> anyhow::Result<()> {
    let name = product.name;
    let manual = gzip(&input.generated(name, &["man"])?)?;
    tree.put(
        format!("usr/share/man/man1/{name}.1.gz"),
        manual,
        0o644,
        Role::Document,
    );
    let reference = format!("usr/share/doc/{name}/{}", product.configuration);
    tree.put(
        reference,
        input.generated(name, &["config"])?,
        0o644,
        Role::Document,
    );
    let zsh = match family {
        Family::Debian => "vendor-completions",
        Family::RedHat => "site-functions",
    };
    for (shell, path) in [
        ("bash", format!("usr/share/bash-completion/completions/{name}")),
        ("zsh", format!("usr/share/zsh/{zsh}/_{name}")),
        ("fish", format!("usr/share/fish/vendor_completions.d/{name}.fish")),
    ] {
        tree.add(path, input.generated(name, &["completions", shell])?);
    }
    Ok(())
}

/// Those that are there: every one is read where it is, in the repository, too.
fn documents(tree: &mut Tree, input: &Input, product: &Product) -> anyhow::Result<()> {
    for document in product.documents {
        let from = format!("docs/{document}");
        if input.source.join(&from).exists() {
            let path = format!("usr/share/doc/{}/{document}", product.name);
            tree.put(path, input.file(&from)?, 0o644, Role::Document);
        }
    }
    Ok(())
}
