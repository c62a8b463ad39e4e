//! Names that batch systems give to the cgroups of their jobs.

use super::CgroupSort;
use super::Kind;
use super::Label;
use super::Subject;
use super::place::Place;
use super::place::is_number;

pub(super) fn recognise(place: &Place<'_>) -> Option<CgroupSort> {
    slurm(place)
        .or_else(|| oar(place))
        .or_else(|| nomad(place))
        .or_else(|| condor(place))
        .or_else(|| garden(place))
}

/// `/slurm/uid_1000/job_7` with version 1, `/system.slice/slurmstepd.scope/job_7` with version 2; the node's name stands
/// in the first component where several daemons run on a host.
fn slurm(place: &Place<'_>) -> Option<CgroupSort> {
    let is_v1 = |name: &str| name == "slurm" || name.starts_with("slurm_");
    let is_scope = |name: &str| name == "slurmstepd.scope" || name.ends_with("_slurmstepd.scope");
    let group = match place.above {
        [] => is_v1(place.leaf),
        [top] => is_v1(top) && number_after(place.leaf, "uid_").is_some(),
        _ => false,
    };
    if group {
        return Some(CgroupSort::Group);
    }
    match place.above {
        ["system.slice"] if is_scope(place.leaf) => Some(CgroupSort::Group),
        ["system.slice", scope] if is_scope(scope) => Some(slurm_v2(place)),
        [top, user] if is_v1(top) => {
            let user = number_after(user, "uid_")?;
            let job = number_after(place.leaf, "job_")?;
            Some(CgroupSort::Workload(job_of(place, "slurm", job, user)))
        }
        _ => None,
    }
}

/// Below the scope stand the jobs and the daemon's own part.
fn slurm_v2(place: &Place<'_>) -> CgroupSort {
    CgroupSort::Workload(match number_after(place.leaf, "job_") {
        Some(job) => job_of(place, "slurm", job, ""),
        None => Place::helpers("slurmstepd", "slurm"),
    })
}

/// `/oar/<user>_<job>`, and `/oar.slice/oar-u1000.slice/oar-u1000-j7.slice`.
fn oar(place: &Place<'_>) -> Option<CgroupSort> {
    let (user, job) = match place.above {
        [] if place.leaf == "oar" => return Some(CgroupSort::Group),
        ["oar"] => place.leaf.rsplit_once('_')?,
        ["oar.slice", _] => place
            .leaf
            .trim_end_matches(".slice")
            .strip_prefix("oar-u")?
            .split_once("-j")?,
        _ => return None,
    };
    is_number(job).then(|| CgroupSort::Workload(job_of(place, "oar", job, user)))
}

/// `/nomad.slice/share.slice/<allocation>.<task>.scope`.
fn nomad(place: &Place<'_>) -> Option<CgroupSort> {
    let is_top = matches!(place.above.first(), Some(&("nomad.slice" | "nomad")));
    if !is_top || place.leaf.ends_with(".slice") {
        return None;
    }
    if matches!(place.leaf, "share" | "reserve") {
        return Some(CgroupSort::Group);
    }
    let leaf = place.leaf.strip_suffix(".scope").unwrap_or(place.leaf);
    let (allocation, task) = leaf.split_once('.')?;
    let mut subject = place.subject(Kind::Container, "nomad");
    subject.id = leaf.to_owned();
    subject.name = task.to_owned();
    subject.details.set(Label::JobId, allocation);
    Some(CgroupSort::Workload(subject))
}

/// `condor_<directory>_slot1_1@host`, below the service or a cgroup of its own.
fn condor(place: &Place<'_>) -> Option<CgroupSort> {
    let slot = place
        .leaf
        .strip_prefix("condor_")
        .and_then(|leaf| leaf.rfind("_slot").map(|at| &leaf[at + 1..]))?;
    let mut subject = place.subject(Kind::Container, "htcondor");
    subject.name = slot.to_owned();
    Some(CgroupSort::Workload(subject))
}

/// `/garden/<handle>`, or the same below the service.
fn garden(place: &Place<'_>) -> Option<CgroupSort> {
    if place.leaf == "garden" && place.above.len() < 3 {
        return Some(CgroupSort::Group);
    }
    (place.parent() == "garden").then(|| {
        let mut subject = place.subject(Kind::Container, "garden");
        place.leaf.clone_into(&mut subject.id);
        CgroupSort::Workload(subject)
    })
}

fn job_of(place: &Place<'_>, runtime: &str, job: &str, user: &str) -> Subject {
    let mut subject = place.subject(Kind::Container, runtime);
    subject.id = format!("job_{job}");
    subject.name = subject.id.clone();
    subject.details.set(Label::JobId, job);
    subject.details.set(Label::User, user);
    subject
}

fn number_after<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    text.strip_prefix(prefix).filter(|text| is_number(text))
}
