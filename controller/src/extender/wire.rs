//! What goes over the wire. Go has no tags on these types, so that their names begin with capitals.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use super::Judged;
use super::judge::Verdict;

/// The greatest score (`MaxExtenderPriority`).
const MOST: f64 = 10.0;
/// The scheduler counts nodes with equal reasons and lists the different ones in an event, which may have 1024 characters.
const REASONS: usize = 8;

/// `ExtenderArgs`. Fields that are not known here are passed over: Kubernetes goes on.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Args {
    #[serde(rename = "Pod", alias = "pod")]
    pub(super) pod: Pod,
    /// Whole nodes, if the extender is not `nodeCacheCapable`.
    #[serde(rename = "Nodes", alias = "nodes", default)]
    pub(super) nodes: Option<NodeList>,
    /// Names of nodes, if it is.
    #[serde(rename = "NodeNames", alias = "nodenames", default)]
    pub(super) node_names: Option<Vec<String>>,
}

/// A list of nodes, each kept as it came.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct NodeList {
    #[serde(default)]
    items: Option<Vec<Value>>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// What is looked at of a pod.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Pod {
    #[serde(default)]
    pub(super) metadata: Metadata,
    #[serde(default)]
    pub(super) spec: Spec,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Metadata {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) namespace: String,
    #[serde(default)]
    pub(super) annotations: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Spec {
    #[serde(default)]
    pub(super) containers: Option<Vec<Container>>,
    #[serde(default)]
    pub(super) init_containers: Option<Vec<Container>>,
    #[serde(default)]
    pub(super) overhead: Option<BTreeMap<String, Value>>,
    /// Of all containers together, where the pod says so.
    #[serde(default)]
    pub(super) resources: Option<Resources>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Container {
    #[serde(default)]
    pub(super) resources: Resources,
    #[serde(default)]
    pub(super) restart_policy: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Resources {
    #[serde(default)]
    pub(super) requests: Option<BTreeMap<String, Value>>,
}

/// `ExtenderFilterResult`
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FilterResult {
    nodes: Option<NodeList>,
    node_names: Option<Vec<String>>,
    /// For schedulers before 1.21, which know no other. Later ones go by the map below where a node is in both.
    failed_nodes: BTreeMap<String, String>,
    /// That no eviction can help: the scheduler would try one with its own filters alone, which know nothing of watts.
    failed_and_unresolvable_nodes: BTreeMap<String, String>,
}

/// `HostPriority`
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HostPriority {
    host: String,
    score: i64,
}

impl Args {
    /// The names of all nodes, in order.
    pub(super) fn names(&self) -> Vec<String> {
        match (&self.node_names, &self.nodes) {
            (Some(names), _) => names.clone(),
            (None, Some(list)) => list.items.iter().flatten().map(name_of).collect(),
            (None, None) => Vec::new(),
        }
    }
}

fn name_of(node: &Value) -> String {
    node["metadata"]["name"].as_str().unwrap_or_default().to_owned()
}

/// The nodes that will do, in the form in which they came, and why the others will not.
pub(super) fn filtered(args: Args, judged: &Judged) -> FilterResult {
    let passes = |name: &str| matches!(judged.get(name), Some(Verdict::Fits(_) | Verdict::Unknown));
    let mut result = FilterResult::default();
    if let Some(mut list) = args.nodes {
        if let Some(items) = &mut list.items {
            items.retain(|node| passes(&name_of(node)));
        }
        result.nodes = Some(list);
    }
    if let Some(mut names) = args.node_names {
        names.retain(|name| passes(name));
        result.node_names = Some(names);
    }
    result.failed_nodes = reasons(judged);
    result.failed_and_unresolvable_nodes = result.failed_nodes.clone();
    result
}

/// Why each refused node is; where there would be too many different reasons, without their figures.
fn reasons(judged: &Judged) -> BTreeMap<String, String> {
    let refused = judged.iter().filter_map(|(name, verdict)| match verdict {
        Verdict::Refused { rule, reason } => Some((name, *rule, reason)),
        Verdict::Fits(_) | Verdict::Unknown => None,
    });
    let different: BTreeSet<_> = refused.clone().map(|(.., reason)| reason).collect();
    let told = |rule: &str, reason: &str| match different.len() {
        0..=REASONS => format!("wattle: {reason}"),
        _ => format!("wattle: the rule {rule}"),
    };
    refused
        .map(|(name, rule, reason)| (name.clone(), told(rule, reason)))
        .collect()
}

/// How good each node is: the best has 10, and what is not known 0.
pub(super) fn priorities(judged: &Judged) -> Vec<HostPriority> {
    let score = |verdict: &Verdict| match verdict {
        Verdict::Fits(score) => *score,
        Verdict::Unknown | Verdict::Refused { .. } => 0.0,
    };
    let best = judged.values().map(score).fold(0.0, f64::max);
    let part = |verdict| if best > 0.0 { score(verdict) / best } else { 0.0 };
    let nodes = judged.iter();
    nodes
        .map(|(name, verdict)| HostPriority {
            host: name.clone(),
            // From 0 to 10: the cast cuts nothing.
            score: (part(verdict) * MOST).round() as i64,
        })
        .collect()
}
