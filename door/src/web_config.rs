//! The web configuration: read once at the start, and again when asked to.

use std::fmt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

use super::bounded;
use super::terms::Terms;
use super::web_file::WebFile;

/// The terms on which a [`Door`](super::Door) opens, from a file in the Prometheus exporter-toolkit's format.
///
/// It can be read anew while the door is open, certificates included. What differs from the toolkit: HTTP/2 is never
/// offered; TLS begins at 1.2; and a file that promises what cannot be kept is refused instead of read generously.
pub struct WebConfig {
    path: Option<PathBuf>,
    // A watch rather than a bare shared pointer, because connections let in on the old terms have to learn of the
    // new ones.
    terms: watch::Sender<Arc<Terms>>,
}

/// Why a web configuration is refused; one line that names the file, and line and key where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebConfigError {
    path: PathBuf,
    line: Option<usize>,
    what: String,
}

impl WebConfig {
    /// Reads `path`, or without one means plain HTTP for everybody.
    pub fn open(path: Option<&Path>) -> Result<Self, WebConfigError> {
        let terms = path.map(read).transpose()?.unwrap_or_default();
        Ok(Self {
            path: path.map(Path::to_path_buf),
            terms: watch::Sender::new(Arc::new(terms)),
        })
    }

    /// Reads the file and what it names again. New connections are let in on the new terms; those there are end with
    /// their present answer. On an error the old terms stay.
    pub fn reload(&self) -> Result<(), WebConfigError> {
        if let Some(path) = &self.path {
            self.terms.send_replace(Arc::new(read(path)?));
        }
        Ok(())
    }

    /// Whether the door speaks TLS.
    pub fn is_tls(&self) -> bool {
        self.terms.borrow().tls.is_some()
    }

    pub(super) fn terms(&self) -> watch::Receiver<Arc<Terms>> {
        self.terms.subscribe()
    }
}

impl fmt::Display for WebConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(formatter, ":{line}")?;
        }
        write!(formatter, ": {}", self.what)
    }
}

impl std::error::Error for WebConfigError {}

fn read(path: &Path) -> Result<Terms, WebConfigError> {
    let error = |line, what| WebConfigError {
        path: path.to_path_buf(),
        line,
        what,
    };
    let bytes = bounded::read(path).map_err(|source| error(None, source.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| error(None, "not UTF-8 text".to_owned()))?;
    let file: Option<WebFile> = serde_yaml::from_str(&text).map_err(|source| {
        let line = source.location().map(|location| location.line());
        error(line, without_place(&source))
    })?;
    let base = path.parent().unwrap_or(Path::new(""));
    Terms::new(file.unwrap_or_default(), base).map_err(|wrong| {
        error(
            line_of(&text, wrong.key),
            format!("{}: {}", wrong.key, wrong.what),
        )
    })
}

/// The parser's message without its own words for the line, which stands before it already.
fn without_place(error: &serde_yaml::Error) -> String {
    let message = error.to_string();
    match message.rfind(" at line ") {
        Some(end) => message[..end].to_owned(),
        None => message,
    }
}

/// The line of a key that was read without complaint. Each key of the format stands in one section only.
fn line_of(text: &str, key: &str) -> Option<usize> {
    let is_key = |line: &str| {
        line.trim_start()
            .strip_prefix(key)
            .is_some_and(|rest| rest.starts_with(':'))
    };
    text.lines().position(is_key).map(|index| index + 1)
}
