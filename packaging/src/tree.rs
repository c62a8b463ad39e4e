//! The files of a package, and a tar archive of them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use anyhow::Context;

/// One file.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) content: Vec<u8>,
    pub(crate) mode: u16,
    pub(crate) role: Role,
}

/// What packagers do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Plain,
    /// The operator's changes stay.
    Configuration,
    Document,
    Licence,
}

/// Files by their paths, without a slash in front.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree(pub(crate) BTreeMap<String, Entry>);

impl Tree {
    pub(crate) fn add(&mut self, path: impl Into<String>, content: impl Into<Vec<u8>>) {
        self.put(path, content, 0o644, Role::Plain);
    }

    pub(crate) fn program(&mut self, path: impl Into<String>, content: impl Into<Vec<u8>>) {
        self.put(path, content, 0o755, Role::Plain);
    }

    pub(crate) fn put(
        &mut self,
        path: impl Into<String>,
        content: impl Into<Vec<u8>>,
        mode: u16,
        role: Role,
    ) {
        let content = content.into();
        self.0.insert(path.into(), Entry { content, mode, role });
    }

    pub(crate) fn configuration(&self) -> impl Iterator<Item = &str> {
        let files = self.0.iter();
        files
            .filter(|(_, entry)| entry.role == Role::Configuration)
            .map(|(path, _)| &**path)
    }

    /// All directories on the way to the files.
    pub(crate) fn directories(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        for path in self.0.keys() {
            let ends = path.match_indices('/');
            found.extend(ends.map(|(end, _)| &path[..end]));
        }
        found
    }

    /// An archive of everything, owned by root, with `prefix` before each path.
    pub(crate) fn tar(&self, prefix: &str, date: u32) -> anyhow::Result<Vec<u8>> {
        let mut archive = tar::Builder::new(Vec::new());
        append(
            &mut archive,
            prefix,
            &[],
            (0o755, date),
            tar::EntryType::Directory,
        )?;
        for directory in self.directories() {
            let path = format!("{prefix}{directory}/");
            append(&mut archive, &path, &[], (0o755, date), tar::EntryType::Directory)?;
        }
        for (path, entry) in &self.0 {
            let path = format!("{prefix}{path}");
            let attributes = (u32::from(entry.mode), date);
            append(
                &mut archive,
                &path,
                &entry.content,
                attributes,
                tar::EntryType::Regular,
            )?;
        }
        Ok(archive.into_inner()?)
    }
}

fn append(
    archive: &mut tar::Builder<Vec<u8>>,
    path: &str,
    content: &[u8],
    (mode, date): (u32, u32),
    kind: tar::EntryType,
) -> anyhow::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    header.set_mode(mode);
    header.set_mtime(date.into());
    header.set_uid(0);
    header.set_gid(0);
    header.set_username("root")?;
    header.set_groupname("root")?;
    put_name(archive, &mut header, path)?;
    header.set_cksum();
    Ok(archive.append(&header, content)?)
}

/// The crate takes "./" off a path, and dpkg wants to see it. What does not fit into the header stands before it in an entry of
/// its own, as GNU tar has it and dpkg reads it.
fn put_name(archive: &mut tar::Builder<Vec<u8>>, header: &mut tar::Header, path: &str) -> anyhow::Result<()> {
    let field = &mut header.as_gnu_mut().context("no GNU header")?.name;
    let fits = path.len().min(field.len());
    field[..fits].copy_from_slice(&path.as_bytes()[..fits]);
    if fits == path.len() {
        return Ok(());
    }
    let text = [path.as_bytes(), b"\0"].concat();
    let mut long = tar::Header::new_gnu();
    let name = b"././@LongLink";
    long.as_gnu_mut().context("no GNU header")?.name[..name.len()].copy_from_slice(name);
    long.set_entry_type(tar::EntryType::GNULongName);
    long.set_size(text.len() as u64);
    long.set_mode(0o644);
    long.set_mtime(0);
    long.set_uid(0);
    long.set_gid(0);
    long.set_cksum();
    Ok(archive.append(&long, &*text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_too_long_for_a_header_is_kept_whole() {
        for length in [99, 100, 101, 250] {
            let path = format!("./{}", "x".repeat(length - 2));
            let mut archive = tar::Builder::new(Vec::new());
            append(&mut archive, &path, b"text", (0o644, 0), tar::EntryType::Regular).unwrap();
            append(&mut archive, "./next", b"", (0o644, 0), tar::EntryType::Regular).unwrap();
            let bytes = archive.into_inner().unwrap();
            let mut read = tar::Archive::new(&*bytes);
            let paths = read.entries().unwrap();
            let paths: Vec<_> = paths
                .map(|entry| entry.unwrap().path_bytes().into_owned())
                .collect();
            assert_eq!(paths, [path.into_bytes(), b"./next".to_vec()]);
        }
    }

    #[test]
    fn an_archive_has_every_directory_before_what_is_in_it_and_always_the_same_bytes() {
        let mut tree = Tree::default();
        tree.add("usr/share/b/c", "two");
        tree.program("usr/bin/a", "one");
        let bytes = tree.tar("./", 7).unwrap();
        let mut archive = tar::Archive::new(&*bytes);
        let entries = archive.entries().unwrap().map(Result::unwrap);
        let listed: Vec<_> = entries
            .map(|entry| {
                let header = entry.header();
                (
                    String::from_utf8(entry.path_bytes().to_vec()).unwrap(),
                    header.mode().unwrap(),
                    header.mtime().unwrap(),
                )
            })
            .collect();
        let expected = [
            ("./", 0o755),
            ("./usr/", 0o755),
            ("./usr/bin/", 0o755),
            ("./usr/share/", 0o755),
            ("./usr/share/b/", 0o755),
            ("./usr/bin/a", 0o755),
            ("./usr/share/b/c", 0o644),
        ];
        assert_eq!(listed, expected.map(|(path, mode)| (path.to_owned(), mode, 7)));
        assert_eq!(tree.tar("./", 7).unwrap(), bytes);
    }
}
