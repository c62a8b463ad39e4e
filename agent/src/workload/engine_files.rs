//! What container engines write of their containers, and what their monitors say of themselves.

use std::collections::HashMap;

use serde::Deserialize;
use wattle_hostfs::process::Cmdline;

use super::ContainerFacts;
use super::Details;
use super::Label;
use super::system_containers::in_project;

/// Parses Docker's `config.v2.json`.
pub fn docker_config(text: &[u8]) -> Option<ContainerFacts> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct File {
        name: String,
        config: Option<Config>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Config {
        #[serde(default)]
        image: Option<String>,
        #[serde(default)]
        labels: Option<HashMap<String, String>>,
    }
    let file: File = serde_json::from_slice(text).ok()?;
    let name = file.name.trim_start_matches('/');
    let (image, labels) = file.config.map_or((None, None), |c| (c.image, c.labels));
    let labels = labels.unwrap_or_default();
    let mut facts = of_kubernetes(&labels).unwrap_or_else(|| ContainerFacts {
        name: name.to_owned(),
        ..ContainerFacts::default()
    });
    let project = labels.get("com.docker.compose.project");
    facts
        .details
        .set(Label::Project, project.map(String::as_str).unwrap_or_default());
    if !facts.sandbox {
        facts.details.set(Label::Image, &image.unwrap_or_default());
    }
    Some(facts)
}

/// Parses `config.json` of a bundle: the annotations that containerd's and CRI-O's Kubernetes interfaces, nerdctl and podman
/// write (the OCI runtime specification, config.md). `None` where they say nothing.
pub fn bundle_config(text: &[u8]) -> Option<ContainerFacts> {
    #[derive(Deserialize)]
    struct Bundle {
        #[serde(default)]
        annotations: HashMap<String, String>,
    }
    let bundle: Bundle = serde_json::from_slice(text).ok()?;
    let said = &bundle.annotations;
    of_kubernetes(said).or_else(|| {
        let name = said.get("nerdctl/name")?;
        Some(ContainerFacts {
            name: name.clone(),
            ..ContainerFacts::default()
        })
    })
}

/// Annotations or labels, by what they mean: containerd's, CRI-O's and the kubelet's own words for it.
const WORDS: [(Label, &[&str]); 5] = [
    (
        Label::Namespace,
        &[
            "io.kubernetes.cri.sandbox-namespace",
            "io.kubernetes.pod.namespace",
        ],
    ),
    (
        Label::Pod,
        &["io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"],
    ),
    (
        Label::PodUid,
        &["io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid"],
    ),
    (
        Label::Container,
        &["io.kubernetes.cri.container-name", "io.kubernetes.container.name"],
    ),
    (
        Label::Image,
        &["io.kubernetes.cri.image-name", "io.kubernetes.cri-o.ImageName"],
    ),
];

/// Says what kind of container it is: of containerd, of CRI-O and of the kubelet with Docker.
const TYPES: [(&str, &str); 4] = [
    ("io.kubernetes.cri.container-type", "sandbox"),
    ("io.kubernetes.cri-o.ContainerType", "sandbox"),
    ("io.kubernetes.docker.type", "podsandbox"),
    ("io.kubernetes.container.name", "POD"),
];

fn of_kubernetes(said: &HashMap<String, String>) -> Option<ContainerFacts> {
    let find = |words: &[&str]| words.iter().find_map(|word| said.get(*word));
    let mut details: Details = WORDS
        .iter()
        .filter_map(|(label, words)| Some((*label, find(words)?.as_str())))
        .collect();
    details.get(Label::Pod)?;
    let sandbox = TYPES
        .iter()
        .any(|(word, kind)| said.get(*word).is_some_and(|value| value == kind));
    if sandbox {
        details = details
            .iter()
            .filter(|(label, _)| !matches!(label, Label::Container | Label::Image))
            .collect();
    }
    Some(ContainerFacts {
        name: pod_name(&details),
        sandbox,
        details,
    })
}

/// What kubectl would call it: namespace, pod and, of a container, its name.
fn pod_name(details: &Details) -> String {
    let parts = [Label::Namespace, Label::Pod, Label::Container];
    let known: Vec<_> = parts.into_iter().filter_map(|label| details.get(label)).collect();
    known.join("/")
}

/// Parses the list of containers of containers/storage, which podman and CRI-O keep.
pub fn storage_list(text: &[u8], id: &str) -> Option<ContainerFacts> {
    #[derive(Deserialize)]
    struct Entry {
        id: String,
        #[serde(default)]
        names: Vec<String>,
        #[serde(default)]
        metadata: String,
    }
    #[derive(Default, Deserialize)]
    struct Metadata {
        #[serde(default, rename = "image-name")]
        image: String,
    }
    let list: Vec<Entry> = serde_json::from_slice(text).ok()?;
    let entry = list.into_iter().find(|entry| entry.id == id)?;
    let metadata: Metadata = serde_json::from_str(&entry.metadata).unwrap_or_default();
    Some(ContainerFacts {
        name: entry.names.into_iter().next()?,
        sandbox: false,
        details: Details::default().with(Label::Image, &metadata.image),
    })
}

/// What the monitor of a container says: `conmon … -c <id> … -n <name>`. It is the parent of the container's first
/// process.
pub fn conmon_name(cmdline: &Cmdline, id: &str) -> Option<ContainerFacts> {
    let args: Vec<_> = cmdline.args().map(String::from_utf8_lossy).collect();
    let program = args.first()?.rsplit('/').next()?;
    let value = |short: &str, long: &str| {
        let at = args.iter().position(|arg| arg == short || arg == long)?;
        args.get(at + 1)
    };
    if program != "conmon" || value("-c", "--cid")? != id {
        return None;
    }
    Some(ContainerFacts {
        name: value("-n", "--name")?.to_string(),
        ..ContainerFacts::default()
    })
}

/// Directories of those who manage containers with LXC.
const LXC_PATHS: [(&str, &str); 3] = [
    ("/lxd/containers", "lxd"),
    ("/incus/containers", "incus"),
    ("/lib/lxc", "lxc"),
];

/// What LXC's monitor says: its title is `[lxc monitor] <directory> <name>`, and it is the parent of the container's first
/// process. Only its directory tells LXD's `project_name` from a name with such a sign in it.
pub fn lxc_monitor(cmdline: &Cmdline) -> Option<ContainerFacts> {
    let title: Vec<_> = cmdline.args().map(String::from_utf8_lossy).collect();
    let title = title.join(" ");
    let (path, name) = title
        .strip_prefix("[lxc monitor] ")?
        .trim_end()
        .rsplit_once(' ')?;
    let (_, runtime) = LXC_PATHS.iter().find(|(end, _)| path.ends_with(end))?;
    let mut details = Details::default().with(Label::Runtime, runtime);
    let (project, own) = match in_project(name).filter(|_| *runtime != "lxc") {
        Some(parts) => parts,
        None => ("", name),
    };
    if *runtime != "lxc" {
        details.set(Label::Platform, runtime);
        details.set(
            Label::Project,
            if project.is_empty() { "default" } else { project },
        );
    }
    Some(ContainerFacts {
        name: own.to_owned(),
        sandbox: false,
        details,
    })
}

/// The host name in the configuration that Proxmox writes for a container.
pub fn lxc_config(text: &str) -> Option<ContainerFacts> {
    let name = text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "lxc.uts.name").then(|| value.trim())
    })?;
    Some(ContainerFacts {
        name: name.to_owned(),
        ..ContainerFacts::default()
    })
}

/// The pod in `<namespace>_<pod>_<uid>`, the name of a pod's directory of logs.
pub fn pod_log_dir(name: &str, uid: &str) -> Option<ContainerFacts> {
    let (namespace, pod) = name.strip_suffix(uid)?.strip_suffix('_')?.split_once('_')?;
    let details: Details = [(Label::Namespace, namespace), (Label::Pod, pod)]
        .into_iter()
        .collect();
    Some(ContainerFacts {
        name: pod_name(&details),
        sandbox: false,
        details,
    })
}

/// The container in `<pod>_<namespace>_<container>-<id>.log`, the name of a link to its log.
pub fn container_log_link(name: &str, id: &str) -> Option<ContainerFacts> {
    let name = name.strip_suffix(".log")?.strip_suffix(id)?.strip_suffix('-')?;
    let mut parts = name.splitn(3, '_');
    let (pod, namespace, container) = (parts.next()?, parts.next()?, parts.next()?);
    let details: Details = [
        (Label::Namespace, namespace),
        (Label::Pod, pod),
        (Label::Container, container),
    ]
    .into_iter()
    .collect();
    Some(ContainerFacts {
        name: pod_name(&details),
        sandbox: false,
        details,
    })
}
