//! Files of the kernel that may go and come back while they are read.

use std::path::Path;
use std::path::PathBuf;

use crate::Error;
use crate::KeptFile;
use crate::ParseError;
use crate::Result;
use crate::Scratch;

/// A file that stays open as long as it gives what its reader wants.
///
/// After a failure it is closed, and opened by name at the next reading: a device that came back after a driver was
/// reloaded has a new file under the old name.
#[derive(Debug)]
pub(crate) struct LastingFile {
    names: Box<[PathBuf]>,
    open: Option<KeptFile>,
}

impl LastingFile {
    /// The file at `path`, which is opened at the first reading.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self::first_of([path])
    }

    /// The first of `paths` that can be opened.
    pub(crate) fn first_of<const N: usize>(paths: [PathBuf; N]) -> Self {
        Self {
            names: Box::new(paths),
            open: None,
        }
    }

    /// Parses a file that the kernel writes as one record.
    pub(crate) fn parse_record<T>(
        &mut self,
        scratch: &mut Scratch,
        parse: impl FnOnce(&[u8]) -> std::result::Result<T, ParseError>,
    ) -> Result<T> {
        let file = self.take()?;
        let value = parse(file.read_record(scratch)?).map_err(|error| error.at(file.path()))?;
        self.open = Some(file);
        Ok(value)
    }

    /// Parses a file of many records.
    pub(crate) fn parse_all<T>(
        &mut self,
        scratch: &mut Scratch,
        parse: impl FnOnce(&[u8]) -> std::result::Result<T, ParseError>,
    ) -> Result<T> {
        let file = self.take()?;
        let value = parse(file.read_all(scratch)?).map_err(|error| error.at(file.path()))?;
        self.open = Some(file);
        Ok(value)
    }

    /// Leaves nothing open behind, so that a reading that fails half-way needs no tidying up.
    fn take(&mut self) -> Result<KeptFile> {
        self.open.take().map_or_else(|| open_first(&self.names), Ok)
    }
}

/// Opens the first of `names` that can be opened.
///
/// Where none can, a refusal is worth more to a reader of the error than an absence.
fn open_first(names: &[PathBuf]) -> Result<KeptFile> {
    let mut worst = None;
    for name in names {
        match KeptFile::open(name) {
            Ok(file) => return Ok(file),
            Err(error) if worst.as_ref().is_none_or(Error::is_gone) => worst = Some(error),
            Err(_) => {}
        }
    }
    Err(worst.unwrap_or_else(|| Error::io(Path::new(""), std::io::ErrorKind::NotFound.into())))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::text::number;

    #[test]
    fn a_file_is_opened_by_name_again_after_it_gave_nonsense() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("value");
        fs::write(&path, "7\n").unwrap();
        let mut file = LastingFile::new(path.clone());
        let mut scratch = Scratch::default();
        assert_eq!(file.parse_record(&mut scratch, number).unwrap(), 7);

        fs::write(&path, "").unwrap();
        fs::remove_file(&path).unwrap();
        assert!(matches!(
            file.parse_record(&mut scratch, number),
            Err(Error::Parse { .. })
        ));
        assert!(file.parse_record(&mut scratch, number).unwrap_err().is_gone());

        fs::write(&path, "8\n").unwrap();
        assert_eq!(file.parse_all(&mut scratch, number).unwrap(), 8);
    }

    #[test]
    fn the_first_name_that_opens_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let (first, second) = (dir.path().join("first"), dir.path().join("second"));
        fs::write(&second, "2").unwrap();
        let mut scratch = Scratch::default();
        let both = || LastingFile::first_of([first.clone(), second.clone()]);
        assert_eq!(both().parse_record(&mut scratch, number).unwrap(), 2);
        fs::write(&first, "1").unwrap();
        assert_eq!(both().parse_record(&mut scratch, number).unwrap(), 1);
    }

    #[test]
    fn of_several_missing_names_the_error_gives_one() {
        let names = ["/nonexistent/a", "/nonexistent/b"].map(PathBuf::from);
        let error = open_first(&names).unwrap_err();
        assert!(error.is_gone());
        assert!(error.to_string().starts_with("/nonexistent/"), "{error}");
    }
}
