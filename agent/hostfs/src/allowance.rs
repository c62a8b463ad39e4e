//! How many descriptors a reader may keep open.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use crate::KeptFile;
use crate::Result;
use crate::Scratch;

/// A number of descriptors to share out, first come first served.
///
/// Each is lent as a [`Permit`], and comes back when that is dropped, so no path through the code can lose one.
#[derive(Debug)]
pub(crate) struct Allowance {
    lent: Arc<()>,
    most: usize,
}

/// The right to keep one descriptor open.
#[derive(Debug)]
pub(crate) struct Permit(#[expect(dead_code, reason = "counted, not read")] Arc<()>);

impl Allowance {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            lent: Arc::new(()),
            most,
        }
    }

    pub(crate) fn permit(&self) -> Option<Permit> {
        (self.lent() < self.most).then(|| Permit(Arc::clone(&self.lent)))
    }

    pub(crate) fn lent(&self) -> usize {
        Arc::strong_count(&self.lent) - 1
    }
}

/// A file to read again and again: kept open where the allowance permits, else opened each time.
///
/// In a made-up tree, on an ordinary file system, a descriptor would go on showing a file that has been replaced; there
/// the name counts, as if it were opened each time.
#[derive(Debug, Default)]
pub(crate) struct Source(Option<Kept>);

#[derive(Debug)]
struct Kept {
    file: KeptFile,
    tells_its_end: bool,
    _permit: Permit,
}

impl Source {
    /// Reads a file of one record. `path` is asked for only when the file must be opened.
    pub(crate) fn read_record<'s, 'p>(
        &mut self,
        path: impl FnOnce() -> &'p Path,
        allowance: &Allowance,
        scratch: &'s mut Scratch,
    ) -> Result<&'s [u8]> {
        if let Some(file) = self.open() {
            return file.read_record(scratch);
        }
        let path = path();
        match self.keep(path, allowance)? {
            Some(file) => file.read_record(scratch),
            None => scratch.read_record(path),
        }
    }

    /// Reads a file of many records to its end.
    pub(crate) fn read_all<'s, 'p>(
        &mut self,
        path: impl FnOnce() -> &'p Path,
        allowance: &Allowance,
        scratch: &'s mut Scratch,
    ) -> Result<&'s [u8]> {
        if let Some(file) = self.open() {
            return file.read_all(scratch);
        }
        let path = path();
        match self.keep(path, allowance)? {
            Some(file) => file.read_all(scratch),
            None => scratch.read_all(path),
        }
    }

    /// [`Self::read_all`] where a file that is not there is nothing to speak of: nothing is allocated for an error.
    pub(crate) fn read_all_if_there<'s, 'p>(
        &mut self,
        path: impl FnOnce() -> &'p Path,
        allowance: &Allowance,
        scratch: &'s mut Scratch,
    ) -> Option<&'s [u8]> {
        if let Some(file) = self.open() {
            return file.read_all(scratch).ok();
        }
        self.0 = None;
        let path = path();
        let Some(permit) = allowance.permit() else {
            return scratch.read_all_if_there(path);
        };
        let file = File::open(path).ok()?;
        let kept = self
            .0
            .insert(Kept::of(KeptFile::of(file, path.to_path_buf()), permit));
        kept.file.read_all(scratch).ok()
    }

    fn open(&self) -> Option<&KeptFile> {
        self.0
            .as_ref()
            .filter(|kept| !kept.was_replaced())
            .map(|kept| &kept.file)
    }

    /// Opens the file and keeps it, if there is a permit.
    fn keep(&mut self, path: &Path, allowance: &Allowance) -> Result<Option<&KeptFile>> {
        self.0 = None;
        let Some(permit) = allowance.permit() else {
            return Ok(None);
        };
        Ok(Some(&self.0.insert(Kept::open(path, permit)?).file))
    }
}

impl Kept {
    fn open(path: &Path, permit: Permit) -> Result<Self> {
        Ok(Self::of(KeptFile::open(path)?, permit))
    }

    fn of(file: KeptFile, permit: Permit) -> Self {
        let tells_its_end = file.tells_its_end();
        Self {
            file,
            tells_its_end,
            _permit: permit,
        }
    }

    fn was_replaced(&self) -> bool {
        !self.tells_its_end && self.file.is_deleted()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permit_comes_back_when_it_is_dropped() {
        let allowance = Allowance::new(1);
        let first = allowance.permit();
        assert!(first.is_some());
        assert!(allowance.permit().is_none());
        drop(first);
        assert!(allowance.permit().is_some());
    }

    #[test]
    fn a_source_reads_the_same_with_and_without_a_permit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("value");
        std::fs::write(&path, "1\n").unwrap();
        let allowance = Allowance::new(1);
        let mut scratch = Scratch::default();
        let (mut kept, mut unkept) = (Source::default(), Source::default());
        for text in ["1\n", "22\n"] {
            std::fs::write(&path, text).unwrap();
            for source in [&mut kept, &mut unkept] {
                assert_eq!(
                    source.read_record(|| &path, &allowance, &mut scratch).unwrap(),
                    text.as_bytes()
                );
                assert_eq!(
                    source.read_all(|| &path, &allowance, &mut scratch).unwrap(),
                    text.as_bytes()
                );
            }
        }
        assert_eq!(allowance.lent(), 1);
        assert!(kept.0.is_some() && unkept.0.is_none());
    }

    #[test]
    fn a_source_follows_the_name_where_a_read_does_not_tell_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("value");
        std::fs::write(&path, "old").unwrap();
        let (allowance, mut scratch, mut source) = (Allowance::new(1), Scratch::default(), Source::default());
        assert_eq!(
            source.read_record(|| &path, &allowance, &mut scratch).unwrap(),
            b"old"
        );
        std::fs::remove_file(&path).unwrap();
        assert!(
            source
                .read_record(|| &path, &allowance, &mut scratch)
                .unwrap_err()
                .is_gone()
        );
        std::fs::write(&path, "new").unwrap();
        assert_eq!(
            source.read_record(|| &path, &allowance, &mut scratch).unwrap(),
            b"new"
        );
    }

    #[test]
    fn the_files_of_the_kernel_tell_their_end() {
        let Ok(file) = KeptFile::open(Path::new("/proc/self/stat")) else {
            eprintln!("skipped: no /proc");
            return;
        };
        assert!(file.tells_its_end());
    }
}
