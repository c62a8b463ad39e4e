//! An archive with an installer, for systems with neither kind of package.

use crate::contents;
use crate::contents::Family;
use crate::elf::Elf;
use crate::gzip::gzip;
use crate::input::Input;
use crate::product::PRODUCTS;
use crate::tree::Role;
use crate::tree::Tree;

/// Its name and its bytes.
pub(crate) fn make(input: &Input) -> anyhow::Result<(String, Vec<u8>)> {
    let elf = Elf::parse(&input.binary(PRODUCTS[0].name)?)?;
    let mut archive = Tree::default();
    for product in &PRODUCTS {
        for (path, entry) in contents::tree(input, product, Family::RedHat)?.0 {
            let path = format!("{}/{path}", product.name);
            archive.put(path, entry.content, entry.mode, Role::Plain);
        }
    }
    archive.program("install.sh", input.file("packaging/tarball/install.sh")?);
    archive.add("LICENSE", input.file("LICENSE")?);
    let name = format!("wattle-{}-{}", input.version, elf.machine.rpm);
    let bytes = gzip(&archive.tar(&format!("{name}/"), input.date)?)?;
    Ok((format!("{name}.tar.gz"), bytes))
}
