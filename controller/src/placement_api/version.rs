//! Microversions: which form of the API a client speaks.
//!
//! <https://docs.openstack.org/placement/latest/placement-api-microversion-history.html>

use std::fmt;

use super::fault::Fault;
use super::query::whole_number;

/// The service's name in the header `OpenStack-API-Version`.
const SERVICE: &str = "placement";

/// The oldest form.
pub(super) const MIN: Version = Version(0);
/// The newest form.
pub(super) const MAX: Version = Version(39);

/// A microversion `1.n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(u8);

impl Version {
    /// Whether what came with `1.minor` is there.
    pub(super) fn has(self, minor: u8) -> bool {
        self.0 >= minor
    }

    /// Reads the header, in which several services may be named; the last one for this service counts.
    pub(super) fn of_header(header: Option<&str>) -> Result<Self, Fault> {
        let named = header
            .into_iter()
            .flat_map(|header| header.rsplit(','))
            .find_map(|part| {
                let (service, version) = part.trim().split_once(char::is_whitespace)?;
                service.eq_ignore_ascii_case(SERVICE).then(|| version.trim())
            });
        match named {
            None => Ok(MIN),
            Some("latest") => Ok(MAX),
            Some(version) => Self::parse(version),
        }
    }

    fn parse(text: &str) -> Result<Self, Fault> {
        let numbers = text
            .split_once('.')
            .and_then(|(major, minor)| Some((whole_number(major)?, whole_number(minor)?)));
        let Some((major, minor)) = numbers else {
            return Err(Fault::bad(format!(
                "microversion {text:?} is not of the form 1.0"
            )));
        };
        let known = u8::try_from(minor)
            .ok()
            .map(Self)
            .filter(|version| major == 1 && *version <= MAX);
        known.ok_or_else(|| Fault {
            versions: true,
            ..Fault::new(
                406,
                format!("there is no microversion {text}: {MIN} to {MAX} are spoken here"),
            )
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn the_header_names_the_version_of_this_service() {
        let cases = [
            (None, Ok(0)),
            (Some(""), Ok(0)),
            (Some("compute 2.1"), Ok(0)),
            (Some("placement latest"), Ok(39)),
            (Some("placement 1.5"), Ok(5)),
            (Some("Placement  1.05 "), Ok(5)),
            (Some("placement 1.3, compute 2.1, placement 1.4"), Ok(4)),
            (Some("placement 1.40"), Err(406)),
            (Some("placement 2.0"), Err(406)),
            (Some("placement 1.-1"), Err(406)),
            (Some("placement pony"), Err(400)),
            (Some("placement 1.5.2"), Err(400)),
            (Some("placement LATEST"), Err(400)),
        ];
        for (header, expected) in cases {
            let found = Version::of_header(header)
                .map(|version| version.0)
                .map_err(|fault| fault.status);
            assert_eq!(found, expected, "{header:?}");
        }
    }
}
