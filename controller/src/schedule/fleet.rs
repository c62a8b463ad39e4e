//! The fleet as the ledger and the facts show it together.

use std::collections::HashMap;
use std::sync::Arc;

use super::promise;
use crate::facts::HostFacts;
use crate::inventory::Ledger;
use crate::inventory::Provider;
use crate::placement::Fleet;
use crate::placement::Host;
use crate::placement::Standing;

/// What is known of a host besides its capacity.
#[derive(Clone, Debug, Default)]
pub struct KnownHost {
    /// What its agent says.
    pub facts: Arc<HostFacts>,
    /// Under which other names agents know it as a peer.
    pub aliases: Vec<String>,
    /// The site that its owner says it stands in.
    pub site: Option<String>,
    /// The watts that it may not exceed.
    pub power_limit_watts: Option<f64>,
    /// Whether it takes new machines.
    pub standing: Standing,
}

/// What is known of hosts, by the names of their providers.
pub type KnownHosts = HashMap<String, KnownHost>;

/// All providers as hosts. One of which nothing is known has its capacity, and everything else is unknown.
pub fn fleet_of(ledger: &Ledger, known: &KnownHosts) -> Fleet {
    let nothing = KnownHost::default();
    let hosts = ledger.providers().map(|provider| {
        let known = known.get(provider.name()).unwrap_or(&nothing);
        host(ledger, provider, known)
    });
    let mut hosts: Vec<Host> = hosts.collect();
    bind(ledger, &mut hosts);
    Fleet::new(hosts)
}

/// Writes down at each host what those who are there were promised of its power. Few are, and nobody else is looked at.
fn bind(ledger: &Ledger, hosts: &mut [Host]) {
    let mut numbers: Option<HashMap<Arc<str>, usize>> = None;
    for consumer in ledger.power_bound() {
        let numbers = numbers.get_or_insert_with(|| {
            let hosts = hosts.iter().enumerate();
            hosts
                .map(|(number, host)| (Arc::clone(&host.name), number))
                .collect()
        });
        let names = consumer
            .providers()
            .iter()
            .filter_map(|uuid| ledger.name_of(*uuid));
        for number in names.filter_map(|name| numbers.get(name)) {
            hosts[*number]
                .power_bounds
                .extend(consumer.promises().map(promise::power_bound));
        }
    }
}

fn host(ledger: &Ledger, provider: &Provider, known: &KnownHost) -> Host {
    let stocks = provider.stocks().iter();
    let traits = provider.traits().iter();
    Host {
        name: provider.name().into(),
        aliases: known.aliases.clone(),
        stocks: stocks
            .map(|(class, stock)| (ledger.class_name(*class).into(), *stock))
            .collect(),
        traits: Arc::new(traits.map(|word| ledger.trait_name(*word).to_owned()).collect()),
        aggregates: Arc::new(provider.aggregates().iter().cloned().collect()),
        site: known.site.clone(),
        power_limit_watts: known.power_limit_watts,
        power_bounds: Vec::new(),
        standing: known.standing,
        facts: Arc::clone(&known.facts),
    }
}
