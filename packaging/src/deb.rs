//! A Debian package: deb(5).

use crate::ar::Ar;
use crate::contents;
use crate::contents::Family;
use crate::control;
use crate::elf::Elf;
use crate::gzip::gzip;
use crate::input::Input;
use crate::product::Product;
use crate::tree::Role;
use crate::tree::Tree;

const SCRIPTS: [&str; 3] = ["postinst", "prerm", "postrm"];

/// Its name and its bytes.
pub(crate) fn make(input: &Input, product: &Product) -> anyhow::Result<(String, Vec<u8>)> {
    let elf = Elf::parse(&input.binary(product.name)?)?;
    let tree = files(input, product)?;
    let control = control_files(input, product, &elf, &tree)?;
    let mut package = Ar::new(input.date);
    package.add("debian-binary", b"2.0\n");
    package.add("control.tar.gz", &gzip(&control.tar("./", input.date)?)?);
    package.add("data.tar.gz", &gzip(&tree.tar("./", input.date)?)?);
    let name = format!("{}_{}_{}.deb", product.name, input.version, elf.machine.debian);
    Ok((name, package.finish()))
}

fn files(input: &Input, product: &Product) -> anyhow::Result<Tree> {
    let mut tree = contents::tree(input, product, Family::Debian)?;
    let doc = format!("usr/share/doc/{}", product.name);
    for (name, content) in [
        ("copyright", control::copyright(product).into_bytes()),
        (
            "changelog.gz",
            gzip(control::changelog(input, product).as_bytes())?,
        ),
        ("CHANGELOG.md.gz", gzip(&input.file("CHANGELOG.md")?)?),
    ] {
        tree.put(format!("{doc}/{name}"), content, 0o644, Role::Document);
    }
    let overrides = input.text("packaging/deb/lintian-overrides", product)?;
    tree.add(format!("usr/share/lintian/overrides/{}", product.name), overrides);
    Ok(tree)
}

fn control_files(input: &Input, product: &Product, elf: &Elf, tree: &Tree) -> anyhow::Result<Tree> {
    let mut control = Tree::default();
    control.add("control", control::control(input, product, elf, tree));
    control.add("md5sums", control::md5sums(tree));
    control.add("conffiles", control::conffiles(tree));
    for script in SCRIPTS {
        let text = input.text(&format!("packaging/deb/{script}"), product)?;
        control.program(script, text);
    }
    Ok(control)
}
