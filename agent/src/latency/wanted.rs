//! What the settings mean for those who measure: checked, and with the files read that they name.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::keys::Secrets;
use super::mesh::Network;
use super::mesh::Tuning;
use super::peers::Entry;
use super::peers::Sources;
use super::start::addresses;
use crate::config;
use crate::config::Settings;

/// The system's name servers are named here.
const RESOLV_CONF: &str = "/etc/resolv.conf";

/// What is to be measured and answered, and how.
#[derive(Debug)]
pub struct Wanted {
    pub(super) own: Arc<str>,
    pub(super) listen: Vec<SocketAddr>,
    pub(super) allow: Vec<Network>,
    pub(super) ports: usize,
    pub(super) tuning: Tuning,
    pub(super) sources: Sources,
    pub(super) state_dir: PathBuf,
}

impl Wanted {
    /// Nothing if there are neither peers nor a reflector.
    pub fn read(settings: &Settings) -> anyhow::Result<Option<Self>> {
        let latency = &settings.latency;
        if !latency.is_on() {
            return Ok(None);
        }
        let own = match &latency.name {
            Some(name) => name.clone(),
            None => nix::unistd::gethostname()?.to_string_lossy().into_owned(),
        };
        let allow: Result<Vec<Network>, String> = latency.allow.iter().map(|text| text.parse()).collect();
        let listen = addresses(&latency.listen.0);
        let port = listen.first().map_or(862, SocketAddr::port);
        Ok(Some(Self {
            sources: sources(latency, &own, port)?,
            own: own.into(),
            listen,
            allow: allow.map_err(anyhow::Error::msg)?,
            ports: latency.source_ports.0,
            tuning: tuning(latency)?,
            state_dir: settings.state_dir.clone(),
        }))
    }
}

fn tuning(latency: &config::Latency) -> anyhow::Result<Tuning> {
    Ok(Tuning {
        interval: latency.interval.0,
        dscp: latency.dscp.0,
        most: latency.max_peers.0,
        keys: latency.key_file.as_deref().map(Secrets::read).transpose()?,
    })
}

fn sources(latency: &config::Latency, own: &str, port: u16) -> anyhow::Result<Sources> {
    let entries = |texts: &[String]| -> anyhow::Result<Vec<Entry>> {
        let entries: Result<_, String> = texts.iter().map(|text| Entry::parse(text)).collect();
        entries.map_err(anyhow::Error::msg)
    };
    Ok(Sources {
        own: own.to_owned(),
        stated: entries(&latency.peers)?,
        file: latency.peers_file.clone(),
        url: latency.peers_url.clone(),
        dns: entries(&latency.peers_dns)?,
        port,
        resolv_conf: RESOLV_CONF.into(),
    })
}
