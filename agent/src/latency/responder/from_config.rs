//! Settings as the configuration has them.

use std::sync::Arc;

use wattle_oneway::control::Protocol;

use super::ClientLimits;
use super::Responder;
use super::Settings;
use super::Tally;
use crate::clock::Clock;
use crate::config;
use crate::latency::clock_state::HostClock;
use crate::latency::sessions::Clocks;
use crate::latency::sessions::PassPhrases;

/// Starts the servers that are switched on, if any is.
pub fn start(
    settings: &config::Settings,
    tally: Arc<Tally>,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Option<Responder>> {
    let settings_of_servers = read(settings)?;
    if settings_of_servers.listen.is_empty() {
        return Ok(None);
    }
    let source = HostClock::start(clock.clone(), settings.state_dir.clone())?;
    let responder = Responder::start(settings_of_servers, tally, Clocks::new(clock, source))?;
    for address in responder.addresses() {
        tracing::info!(%address, "test sessions are arranged");
    }
    Ok(Some(responder))
}

fn read(settings: &config::Settings) -> anyhow::Result<Settings> {
    let (latency, servers) = (&settings.latency, &settings.latency.servers);
    let owamp = latency
        .owamp
        .addresses()
        .map(|address| (Protocol::Owamp, address));
    let twamp = latency
        .twamp
        .addresses()
        .map(|address| (Protocol::Twamp, address));
    let allow: Result<_, String> = latency.allow.iter().map(|text| text.parse()).collect();
    let file = servers.pass_phrase_file.as_deref();
    Ok(Settings {
        listen: owamp.chain(twamp).collect(),
        allow: allow.map_err(anyhow::Error::msg)?,
        pass_phrases: file.map(PassPhrases::read).transpose()?.unwrap_or_default(),
        needs_key: servers.require_pass_phrase,
        ports: servers.ports.0,
        limits: ClientLimits {
            sessions: servers.sessions.0,
            packets_per_second: u32::try_from(servers.packets_per_second.0)?,
            bits_per_second: servers.bits_per_second.0,
            lasts: servers.duration.0,
            ..ClientLimits::default()
        },
    })
}
