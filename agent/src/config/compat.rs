//! `compat`: other systems' names.

use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error as _;

use crate::systems::Systems;

/// The systems whose names stand in `/metrics` beside the agent's own; none by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compat(pub Systems);

impl Compat {
    /// Adds those that a text names.
    pub(super) fn add(&mut self, text: &str) -> Result<(), String> {
        let more: Systems = text.parse()?;
        self.0 = self.0.iter().chain(more.iter()).collect();
        Ok(())
    }

    /// As YAML.
    pub(super) fn show(self) -> Option<String> {
        let names: Vec<_> = self.0.iter().map(|system| system.as_str()).collect();
        (!names.is_empty()).then(|| format!("[{}]", names.join(", ")))
    }
}

impl<'de> Deserialize<'de> for Compat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut compat = Self::default();
        for name in Vec::<String>::deserialize(deserializer)? {
            compat.add(&name).map_err(D::Error::custom)?;
        }
        Ok(compat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::System;

    #[test]
    fn a_list_is_read_and_shown_and_a_wrong_name_is_told() {
        let compat: Compat = serde_yaml::from_str("[kepler, scaphandre]").unwrap();
        assert_eq!(compat.show().as_deref(), Some("[scaphandre, kepler]"));
        let mut flags = Compat::default();
        flags.add("kepler").unwrap();
        flags.add("node,kepler").unwrap();
        assert!(flags.0.iter().eq([System::Kepler, System::Node]));
        assert_eq!(Compat::default().show(), None);
        let error = serde_yaml::from_str::<Compat>("[keppler]").unwrap_err();
        assert!(
            error
                .to_string()
                .contains("\"keppler\" is none of scaphandre, kepler"),
            "{error}"
        );
    }
}
