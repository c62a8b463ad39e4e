//! What more is known of a workload: the labels of its info series.

use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::Serializer;
use serde::de::Error;

use super::clean::clean;

/// The labels that info series may have. Nothing else ever becomes one: no command line, no environment, no label that a
/// tenant invented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// What runs it: `qemu`, `docker`, `lxc`, `systemd`.
    Runtime,
    /// What manages it: `opennebula`, `proxmox`, `kubernetes`.
    Platform,
    /// A VM's UUID.
    Uuid,
    /// The platform's number of a VM or of a system container.
    VmId,
    /// The name that the platform shows, where the hypervisor knows the workload by another.
    VmName,
    /// The Kubernetes namespace.
    Namespace,
    /// The pod's name.
    Pod,
    /// The pod's UID.
    PodUid,
    /// The container's name within its pod.
    Container,
    /// The image.
    Image,
    /// The project that it is in: of OpenStack, LXD, Incus or Compose.
    Project,
    /// The flavour of an OpenStack instance.
    Flavor,
    /// Who owns it.
    User,
    /// The owner's group.
    Group,
    /// The number of a batch job.
    JobId,
    /// The systemd slice.
    Slice,
    /// Workloads inside that do not pay for themselves.
    Inner,
    /// The workload around it, where the innermost pays.
    Outer,
}

impl Label {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 18] = [
        Self::Runtime,
        Self::Platform,
        Self::Uuid,
        Self::VmId,
        Self::VmName,
        Self::Namespace,
        Self::Pod,
        Self::PodUid,
        Self::Container,
        Self::Image,
        Self::Project,
        Self::Flavor,
        Self::User,
        Self::Group,
        Self::JobId,
        Self::Slice,
        Self::Inner,
        Self::Outer,
    ];

    /// The label's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Runtime => "runtime",
            Self::Platform => "platform",
            Self::Uuid => "uuid",
            Self::VmId => "vm_id",
            Self::VmName => "vm_name",
            Self::Namespace => "namespace",
            Self::Pod => "pod",
            Self::PodUid => "pod_uid",
            Self::Container => "container",
            Self::Image => "image",
            Self::Project => "project",
            Self::Flavor => "flavor",
            Self::User => "user",
            Self::Group => "group",
            Self::JobId => "job_id",
            Self::Slice => "slice",
            Self::Inner => "inner",
            Self::Outer => "outer",
        }
    }

    /// The label of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|label| label.as_str() == name)
    }
}

/// Labels with their values, in the order of [`Label::ALL`], each at most once and none empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details(Vec<(Label, Box<str>)>);

impl Details {
    /// The same with this value, which is cleaned and cut like a name. An empty one is no value.
    #[must_use]
    pub fn with(mut self, label: Label, value: &str) -> Self {
        self.set(label, value);
        self
    }

    /// Sets a value in place of the one before. An empty one changes nothing.
    pub fn set(&mut self, label: Label, value: &str) {
        if value.is_empty() {
            return;
        }
        let value = clean(value).into_boxed_str();
        match self.0.binary_search_by_key(&label, |(known, _)| *known) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (label, value)),
        }
    }

    /// Forgets a value.
    pub fn remove(&mut self, label: Label) {
        self.0.retain(|(known, _)| *known != label);
    }

    /// Sets all values that `others` has.
    pub fn add(&mut self, others: &Self) {
        for (label, value) in others.iter() {
            self.set(label, value);
        }
    }

    /// The value of a label.
    pub fn get(&self, label: Label) -> Option<&str> {
        let at = self.0.binary_search_by_key(&label, |(known, _)| *known).ok()?;
        Some(&self.0[at].1)
    }

    /// All that are known.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Label, &str)> {
        self.0.iter().map(|(label, value)| (*label, &**value))
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> FromIterator<(Label, &'a str)> for Details {
    fn from_iter<I: IntoIterator<Item = (Label, &'a str)>>(pairs: I) -> Self {
        pairs
            .into_iter()
            .fold(Self::default(), |details, (label, value)| {
                details.with(label, value)
            })
    }
}

impl Serialize for Details {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(label, value)| (label.as_str(), value)))
    }
}

/// A state file of the first version has the runtime alone in this place. Labels that are not known any more are left
/// out.
impl<'de> Deserialize<'de> for Details {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(runtime) => Ok(Self::default().with(Label::Runtime, &runtime)),
            serde_json::Value::Object(labels) => Ok(labels
                .iter()
                .filter_map(|(name, value)| Some((Label::named(name)?, value.as_str()?)))
                .collect()),
            other => Err(D::Error::custom(format!("expected labels, found {other}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stand_in_their_order_once_each_and_are_read_back() {
        let details: Details = [
            (Label::Slice, "s"),
            (Label::Runtime, "a"),
            (Label::Runtime, "b\n"),
            (Label::Pod, ""),
        ]
        .into_iter()
        .collect();
        let pairs: Vec<_> = details.iter().collect();
        assert_eq!(pairs, [(Label::Runtime, "b\u{fffd}"), (Label::Slice, "s")]);
        let text = serde_json::to_string(&details).unwrap();
        assert_eq!(text, "{\"runtime\":\"b\u{fffd}\",\"slice\":\"s\"}");
        assert_eq!(serde_json::from_str::<Details>(&text).unwrap(), details);
    }

    #[test]
    fn an_older_states_runtime_and_a_newer_ones_labels_are_understood() {
        let old: Details = serde_json::from_str(r#""systemd""#).unwrap();
        assert_eq!(old.get(Label::Runtime), Some("systemd"));
        assert!(serde_json::from_str::<Details>(r#""""#).unwrap().is_empty());
        let newer: Details = serde_json::from_str(r#"{"runtime":"x","colour":"red"}"#).unwrap();
        assert_eq!(newer.iter().len(), 1);
        assert!(serde_json::from_str::<Details>("7").is_err());
    }

    #[test]
    fn the_table_is_in_order_and_names_are_found() {
        assert!(Label::ALL.is_sorted());
        assert!(
            Label::ALL
                .iter()
                .all(|label| Label::named(label.as_str()) == Some(*label))
        );
        assert_eq!(Label::named("cmdline"), None);
    }
}
