//! Names that the kubelet gives to the cgroups of pods, under both of its drivers.
//!
//! `kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod<uid>.slice` with systemd, where the UID's dashes are
//! underscores, and `kubepods/burstable/pod<uid>` without. Guaranteed pods stand one level higher, and a root of the kubelet's
//! own comes before `kubepods` (`kubelet-kubepods…`).

use super::CgroupSort;
use super::Details;
use super::Kind;
use super::Label;
use super::Subject;
use super::Wants;
use super::engines;
use super::place::Place;

pub(super) const PLATFORM: &str = "kubernetes";

/// The classes of service that have a level of their own.
const CLASSES: [&str; 3] = ["burstable", "besteffort", "guaranteed"];

pub(super) fn recognise(place: &Place<'_>) -> Option<CgroupSort> {
    if let Some((uid, engine, id)) = unparsed(place.leaf) {
        let runtime = if engine == "crio" { "cri-o" } else { "containerd" };
        let place = Place {
            pod_uid: Some(&uid),
            ..*place
        };
        return Some(CgroupSort::Workload(engines::container(&place, runtime, id)));
    }
    if let Some(uid) = pod_uid(place) {
        return Some(CgroupSort::GroupOf(pod(&uid)));
    }
    if let Some(uid) = place.pod_uid {
        // A monitor or a sandbox's own process is the pod's; only containers are more.
        let is_container = !place.leaf.contains("conmon");
        return match engines::recognise(place).filter(|_| is_container) {
            None => Some(CgroupSort::Workload(pod(uid))),
            container => container,
        };
    }
    let is_group = place.leaf == "kubepods"
        || place.leaf == "kubelet" && place.above.is_empty()
        || CLASSES.contains(&place.leaf) && place.parent() == "kubepods"
        || place.leaf.ends_with(".slice") && place.leaf.contains("kubepods");
    is_group.then_some(CgroupSort::Group)
}

/// The UID of the pod whose cgroup this is.
pub(super) fn pod_uid(place: &Place<'_>) -> Option<String> {
    if let Some(slice) = place.leaf.strip_suffix(".slice") {
        return uid_in_slice(slice);
    }
    let uid = place.leaf.strip_prefix("pod")?;
    let in_kubepods =
        place.parent() == "kubepods" || CLASSES.contains(&place.parent()) && place.is_below("kubepods");
    (in_kubepods && is_uid(uid)).then(|| uid.to_owned())
}

fn uid_in_slice(slice: &str) -> Option<String> {
    let (before, uid) = slice.rsplit_once("-pod")?;
    let root = before.strip_suffix("kubepods").or_else(|| {
        CLASSES
            .iter()
            .find_map(|class| before.strip_suffix(class)?.strip_suffix("kubepods-"))
    })?;
    let whole = root.is_empty() || root.ends_with('-');
    (whole && is_uid(uid)).then(|| uid.replace('_', "-"))
}

/// A UUID, or the 32 digits that a pod from a file has; other sources of pods may use other words.
fn is_uid(text: &str) -> bool {
    (8..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// `kubepods-burstable-pod<uid>.slice:cri-containerd:<id>`: what is left where the kubelet speaks systemd's names to an
/// engine that does not.
fn unparsed(leaf: &str) -> Option<(String, &str, &str)> {
    let mut parts = leaf.splitn(3, ':');
    let slice = parts.next()?.strip_suffix(".slice")?;
    let (engine, id) = (parts.next()?, parts.next()?);
    Some((uid_in_slice(slice)?, engine, id))
}

/// What a pod uses outside of its containers.
pub(super) fn pod(uid: &str) -> Subject {
    let details = [(Label::Platform, PLATFORM), (Label::PodUid, uid)];
    Subject {
        kind: Kind::Container,
        id: uid.to_owned(),
        name: format!("pod {uid}"),
        details: details.into_iter().collect::<Details>(),
        wants: Wants::Pod(uid.to_owned()),
    }
}
