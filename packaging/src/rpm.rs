//! A package for Red Hat's family, in version 4 of the format, which every rpm reads.

use rpm::BuildConfig;
use rpm::CompressionWithLevel;
use rpm::Dependency;
use rpm::FileOptions;
use rpm::PackageBuilder;

use crate::contents;
use crate::contents::Family;
use crate::control::MAINTAINER;
use crate::elf::Elf;
use crate::input::Input;
use crate::product::Product;
use crate::tree::Entry;
use crate::tree::Role;
use crate::tree::Tree;

/// The first of a version.
const RELEASE: &str = "1";

/// Its name and its bytes.
pub(crate) fn make(input: &Input, product: &Product) -> anyhow::Result<(String, Vec<u8>)> {
    let elf = Elf::parse(&input.binary(product.name)?)?;
    let tree = files(input, product)?;
    let mut builder = head(input, product, &elf);
    for directory in tree
        .directories()
        .into_iter()
        .filter(|path| is_ours(path, product.name))
    {
        builder.with_dir_entry(FileOptions::dir(format!("/{directory}")).permissions(0o755))?;
    }
    for (path, entry) in &tree.0 {
        builder.with_file_contents(entry.content.clone(), options(path, entry))?;
    }
    scripts(&mut builder, input, product)?;
    let mut bytes = Vec::new();
    builder.build()?.write(&mut bytes)?;
    let name = format!(
        "{}-{}-{RELEASE}.{}.rpm",
        product.name, input.version, elf.machine.rpm
    );
    Ok((name, bytes))
}

fn files(input: &Input, product: &Product) -> anyhow::Result<Tree> {
    let mut tree = contents::tree(input, product, Family::RedHat)?;
    let name = product.name;
    // Red Hat's family has SELinux instead.
    tree.0.retain(|path, _| !path.starts_with("etc/apparmor.d/"));
    let changes = input.file("CHANGELOG.md")?;
    tree.put(
        format!("usr/share/doc/{name}/CHANGELOG.md"),
        changes,
        0o644,
        Role::Document,
    );
    let licence = input.file("LICENSE")?;
    tree.put(
        format!("usr/share/licenses/{name}/LICENSE"),
        licence,
        0o644,
        Role::Licence,
    );
    Ok(tree)
}

/// Directories that no package of the system has.
fn is_ours(directory: &str, name: &str) -> bool {
    let homes = ["etc/wattle", "usr/share/wattle"].map(str::to_owned);
    let documents = ["doc", "licenses"].map(|kind| format!("usr/share/{kind}/{name}"));
    homes.iter().chain(&documents).any(|home| {
        directory == home
            || directory
                .strip_prefix(&**home)
                .is_some_and(|rest| rest.starts_with('/'))
    })
}

fn head(input: &Input, product: &Product, elf: &Elf) -> PackageBuilder {
    let mut builder = PackageBuilder::new(
        product.name,
        &input.version,
        "Apache-2.0",
        elf.machine.rpm,
        product.summary,
    );
    let config = BuildConfig::v4()
        .source_date(input.date)
        .compression(CompressionWithLevel::Gzip(9));
    builder
        .using_config(config)
        .release(RELEASE)
        .build_host("localhost")
        .cookie(format!("{}-{}", product.name, input.version))
        .vendor("The wattle founders")
        .packager(MAINTAINER)
        .group("System Environment/Daemons")
        .description(product.description)
        .add_changelog_entry(
            format!("{MAINTAINER} - {}-{RELEASE}", input.version),
            "- See CHANGELOG.md.",
            input.date,
        );
    if let Some(minor) = elf.glibc {
        builder.requires(Dependency::any(format!("libc.so.6(GLIBC_2.{minor})(64bit)")));
    }
    for library in &elf.libraries {
        builder.requires(Dependency::any(format!("{library}()(64bit)")));
    }
    builder
        .requires(Dependency::greater_eq("systemd", "247"))
        .requires(Dependency::script_post("systemd"))
        .requires(Dependency::script_preun("systemd"))
        .requires(Dependency::script_postun("systemd"));
    builder
}

fn options(path: &str, entry: &Entry) -> rpm::FileOptionsBuilder {
    let options = FileOptions::new(format!("/{path}")).permissions(entry.mode);
    match entry.role {
        Role::Plain => options,
        Role::Configuration => options.config().noreplace(),
        Role::Document => options.doc(),
        Role::Licence => options.license(),
    }
}

fn scripts(builder: &mut PackageBuilder, input: &Input, product: &Product) -> anyhow::Result<()> {
    let text = |script: &str| input.text(&format!("packaging/rpm/{script}"), product);
    builder
        .post_install_script(text("post")?)
        .pre_uninstall_script(text("preun")?)
        .post_uninstall_script(text("postun")?);
    Ok(())
}
