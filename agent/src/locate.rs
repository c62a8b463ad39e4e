//! The command `location`: where the host stands, and to tell OpenNebula.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use crate::config::Settings;
use crate::fetch::Url;
use crate::geo;
use crate::geo::Place;
use crate::geo::Situation;
use crate::geo::opennebula::OpenNebula;
use crate::geo::opennebula::Outcome;

/// What to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines for people.
    Text,
    /// The value of OpenNebula's attribute.
    OpenNebula,
    /// JSON, as `/api/v1/location` has it.
    Json,
}

/// Where OpenNebula is.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its XML-RPC interface.
    pub endpoint: Url,
    /// A file with `user:password`.
    pub credentials: PathBuf,
    /// The host's id or name there; the machine's name if not given.
    pub host: Option<String>,
    /// Authorities to believe.
    pub authorities: Option<PathBuf>,
}

/// Looks up where the host stands, shows it, and writes it where `target` says. Ends with 1 if it is not known.
pub fn run(settings: &Settings, form: Form, target: Option<&Target>) -> anyhow::Result<ExitCode> {
    let situation = geo::look(&settings.location, &settings.roots()).unwrap_or_default();
    let mut out = std::io::stdout();
    match form {
        Form::Text => writeln!(out, "{}", described(&situation))?,
        Form::OpenNebula => writeln!(out, "{}", situation.location.opennebula())?,
        Form::Json => {
            out.write_all(&situation.json(std::iter::empty())?)?;
            writeln!(out)?;
        }
    }
    if let Some(target) = target {
        write(settings, target, &situation)?;
    }
    let known = situation.location.host().is_some();
    Ok(if known {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn write(settings: &Settings, target: &Target, situation: &Situation) -> anyhow::Result<()> {
    let host = match &target.host {
        Some(host) => host.clone(),
        None => {
            let file = settings.path.procfs.join("sys/kernel/hostname");
            let name = std::fs::read_to_string(&file).with_context(|| format!("{}", file.display()))?;
            name.trim().to_owned()
        }
    };
    let authorities = target.authorities.as_deref();
    let opennebula = OpenNebula::new(target.endpoint.clone(), &target.credentials, authorities)?;
    let outcome = opennebula.write(&host, &situation.location)?;
    let said = match outcome {
        Outcome::Unchanged => format!("GEOLOCATION of {host} is up to date"),
        Outcome::Changed { before } if before.is_empty() => format!("GEOLOCATION of {host} is set"),
        Outcome::Changed { before } => format!("GEOLOCATION of {host} is set; it was {before}"),
    };
    writeln!(std::io::stderr(), "{said}")?;
    Ok(())
}

fn described(situation: &Situation) -> String {
    let mut lines: Vec<String> = situation.location.0.iter().map(line).collect();
    if lines.is_empty() {
        lines
            .push("not known: set location.latitude and location.longitude, or location.database".to_owned());
    }
    for way in &situation.distances {
        let (kilometers, millis) = (way.meters / 1e3, way.floor_seconds * 1e3);
        lines.push(format!(
            "{}: {kilometers:.1} km, light in fibre {millis:.3} ms",
            way.peer
        ));
    }
    if let Some(trouble) = situation.trouble {
        lines.push(format!("{}: {}", trouble.reason(), trouble.advice()));
    }
    lines.join("\n")
}

fn line(place: &Place) -> String {
    let address = place.address.map(|address| address.to_string());
    let coordinates = place.coordinates.map(|coordinates| coordinates.to_string());
    let words = [
        coordinates.as_deref().unwrap_or_default(),
        &place.country,
        &place.city,
        &place.site,
        address.as_deref().unwrap_or_default(),
        place.source.as_str(),
    ];
    let known: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
    known.join("  ")
}
