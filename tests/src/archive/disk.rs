//! Entries read from a directory and written to one.

use std::fs;
use std::fs::File;
use std::io::ErrorKind;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::Context;
use anyhow::Result;
use anyhow::bail;

use super::Entries;
use super::Entry;
use super::above;

/// Where a guest's descriptor of its network device leads to, as procfs has it. It is looked at, and not followed.
const TUN: &str = "/dev/net/tun";

/// The largest file that is kept.
pub(super) const LARGEST: u64 = 4 << 20;
/// The deepest directory that is looked into.
const DEEPEST: usize = 32;

/// All entries below a directory.
pub(super) fn read(root: &Path) -> Result<Entries> {
    let mut entries = Entries::new();
    walk(root, "", &mut entries, DEEPEST)?;
    Ok(entries)
}

fn walk(root: &Path, path: &str, entries: &mut Entries, depth: usize) -> Result<()> {
    let full = root.join(path);
    if depth == 0 {
        bail!("{}: more than {DEEPEST} directories deep", full.display());
    }
    let mut any = false;
    for entry in fs::read_dir(&full).with_context(|| format!("cannot list {}", full.display()))? {
        let name = entry?.file_name();
        let name = name
            .to_str()
            .with_context(|| format!("{}: a name that is not UTF-8", full.display()))?;
        let below = if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}/{name}")
        };
        any = true;
        let at = root.join(&below);
        let kind = fs::symlink_metadata(&at)?.file_type();
        if kind.is_dir() {
            walk(root, &below, entries, depth - 1)?;
        } else if kind.is_symlink() {
            let target = fs::read_link(&at)?.to_string_lossy().into_owned();
            entries.insert(below, Entry::Link(target));
        } else {
            entries.insert(below, Entry::File(content(&at)?));
        }
    }
    if !any && !path.is_empty() {
        entries.insert(path.to_owned(), Entry::Directory);
    }
    Ok(())
}

/// A file's bytes, if they are not too many. The kernel's files do not say their length before.
pub(super) fn content(path: &Path) -> Result<Vec<u8>> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().with_context(|| format!("cannot read {}", path.display()))?;
    if bytes.len() as u64 > LARGEST {
        bail!("{}: longer than {LARGEST} bytes", path.display());
    }
    Ok(bytes)
}

/// Whether something stands at `path` or below it.
pub(super) fn has(entries: &Entries, path: &str) -> bool {
    let inside = format!("{path}/");
    entries.contains_key(path)
        || entries
            .range(inside.clone()..)
            .next()
            .is_some_and(|(key, _)| key.starts_with(&inside))
}

/// Refuses entries that lead out of the directory that they are to be written into.
pub(super) fn check(entries: &Entries) -> Result<()> {
    for (path, entry) in entries {
        if path.contains('\0') || path.split('/').any(|part| matches!(part, "" | "." | "..")) {
            bail!("{path:?} is not a plain path inside the host");
        }
        if above(path).any(|above| matches!(entries.get(above), Some(Entry::Link(_) | Entry::File(_)))) {
            bail!("{path:?} is below something that is no directory");
        }
        if let Entry::Link(target) = entry
            && target != TUN
            && leads_out(path, target)
        {
            bail!("{path:?} is a link that leads out of the host: {target:?}");
        }
    }
    Ok(())
}

/// Whether a link's target is absolute or climbs above the root at any of its steps.
fn leads_out(path: &str, target: &str) -> bool {
    let mut depth = path.matches('/').count();
    if target.starts_with('/') || target.contains('\0') {
        return true;
    }
    for part in target.split('/') {
        match part {
            ".." if depth == 0 => return true,
            ".." => depth -= 1,
            "" | "." => {}
            _ => depth += 1,
        }
    }
    false
}

/// Writes entries over what is there.
pub(super) fn write(entries: &Entries, root: &Path) -> Result<()> {
    check(entries)?;
    for (path, entry) in entries {
        for above in above(path) {
            directory(&root.join(above))?;
        }
        let full = root.join(path);
        let written = match entry {
            Entry::File(content) => file(&full, content),
            Entry::Link(target) => remove(&full).and_then(|()| Ok(symlink(target, &full)?)),
            Entry::Directory => directory(&full),
            Entry::Gone => remove(&full),
        };
        written.with_context(|| format!("cannot write {}", full.display()))?;
    }
    Ok(())
}

/// Makes one directory. A link in its place is refused: it could lead anywhere.
fn directory(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => bail!("{} is there and is no directory", path.display()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(fs::create_dir_all(path)?),
        Err(error) => Err(error.into()),
    }
}

fn file(path: &Path, content: &[u8]) -> Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        bail!("it is there and is no file");
    }
    Ok(fs::write(path, content)?)
}

fn remove(path: &Path) -> Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_links_that_lead_out_are_refused_before_anything_is_written() {
        for hostile in [
            "## ../a\n",
            "## /etc/passwd\n",
            "## a/../../b\n",
            "## a//b\n",
            "## ./a\n",
            "## a/..\n",
            "## a\\x00b\n",
            "## a -> /etc\n",
            "## a/b -> ../../etc\n",
            "## a -> b/../../etc\n",
            "## a -> b\n## a/passwd\n",
            "## a -> b\n## a/c gone\n",
        ] {
            let dir = tempfile::tempdir().unwrap();
            let archive = format!("# wattle host archive 1\n## Z\nfirst\n{hostile}");
            assert!(super::super::unpack(&archive, dir.path()).is_err(), "{hostile:?}");
            assert!(!dir.path().join("Z").exists());
        }
    }

    #[test]
    fn a_link_that_is_there_already_is_not_followed() {
        let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        symlink(outside.path(), dir.path().join("a")).unwrap();
        fs::write(outside.path().join("b"), "kept").unwrap();
        symlink(outside.path().join("b"), dir.path().join("c")).unwrap();
        for hostile in ["## a/b\n", "## a/b gone\n", "## c\n"] {
            assert!(
                super::super::unpack(&format!("# wattle host archive 1\n{hostile}"), dir.path()).is_err()
            );
        }
        assert_eq!(fs::read_to_string(outside.path().join("b")).unwrap(), "kept");
    }
}
