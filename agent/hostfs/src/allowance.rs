//! How many descriptors a reader may keep open.

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
#[derive(Debug, Default)]
pub(crate) struct Source(Option<(KeptFile, Permit)>);

impl Source {
    /// Reads a file of one record. `path` is asked for only when the file must be opened.
    pub(crate) fn read_record<'s, 'p>(
        &mut self,
        path: impl FnOnce() -> &'p Path,
        allowance: &Allowance,
        scratch: &'s mut Scratch,
    ) -> Result<&'s [u8]> {
        if let Some((file, _)) = &self.0 {
            return file.read_record(scratch);
        }
        let path = path();
        match self.open(path, allowance)? {
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
        if let Some((file, _)) = &self.0 {
            return file.read_all(scratch);
        }
        let path = path();
        match self.open(path, allowance)? {
            Some(file) => file.read_all(scratch),
            None => scratch.read_all(path),
        }
    }

    /// See [`KeptFile::is_deleted`].
    pub(crate) fn is_deleted(&self) -> bool {
        self.0.as_ref().is_some_and(|(file, _)| file.is_deleted())
    }

    /// The file, now kept, where a permit is left.
    fn open(&mut self, path: &Path, allowance: &Allowance) -> Result<Option<&KeptFile>> {
        let Some(permit) = allowance.permit() else {
            return Ok(None);
        };
        Ok(Some(&self.0.insert((KeptFile::open(path)?, permit)).0))
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
}
