//! Which agents there are: from the configuration, from files that others write, and from names.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use super::names::Names;
use crate::config;
use crate::facts::poll::MAX_TARGETS;
use crate::facts::poll::Target;
use crate::facts::poll::Whole;
use crate::facts::poll::read_file_sd;

/// The longest file of targets, in bytes.
const MAX_FILE: u64 = 32 << 20;
/// Between two looks at a name.
const LOOK_UP: Duration = Duration::from_secs(60);
/// For one look.
const PATIENCE: Duration = Duration::from_secs(5);

/// Finds agents. What cannot be read leaves what was known from there before.
#[derive(Debug)]
pub(super) struct Finder {
    names: Names,
    whole: Whole,
    fixed: Vec<Target>,
    files: Vec<Known>,
    domains: Vec<Known>,
    looked_up: Option<Duration>,
    /// Said already, and not said again as long as it is so.
    complaints: BTreeMap<String, String>,
}

/// What was found somewhere the last time that went well.
#[derive(Debug)]
struct Known {
    place: String,
    targets: Vec<Target>,
}

impl Finder {
    /// The error says which target of the configuration is none.
    pub(super) fn new(settings: &config::Fleet) -> anyhow::Result<Self> {
        let whole = Whole {
            tls: settings.agents.scheme == config::Scheme::Https,
            path: settings.agents.path.clone(),
        };
        let fixed: Result<Vec<_>, _> = settings
            .targets
            .iter()
            .map(|address| whole.target(address))
            .collect();
        for name in &settings.dns {
            whole.target(name)?;
        }
        let known = |place: String| Known {
            place,
            targets: Vec::new(),
        };
        let files = settings.file_sd.iter().map(|file| file.display().to_string());
        Ok(Self {
            names: Names::new(settings),
            fixed: fixed?,
            files: files.map(known).collect(),
            domains: settings.dns.iter().cloned().map(known).collect(),
            whole,
            looked_up: None,
            complaints: BTreeMap::new(),
        })
    }

    /// Everybody there is now, by name.
    pub(super) async fn find(&mut self, now: Duration) -> BTreeMap<String, Target> {
        self.read_files().await;
        if self.looked_up.is_none_or(|at| now.saturating_sub(at) >= LOOK_UP) {
            self.look_up().await;
            self.looked_up = Some(now);
        }
        self.named()
    }

    async fn read_files(&mut self) {
        for at in 0..self.files.len() {
            let (place, whole) = (self.files[at].place.clone(), self.whole.clone());
            let file = PathBuf::from(&place);
            let read = tokio::task::spawn_blocking(move || read(&file, &whole)).await;
            let read = read.unwrap_or_else(|error| Err(error.to_string()));
            self.take(place, read, |finder| &mut finder.files[at]);
        }
    }

    async fn look_up(&mut self) {
        for at in 0..self.domains.len() {
            let place = self.domains[at].place.clone();
            let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host(place.clone())).await;
            let found = match found {
                Ok(Ok(addresses)) => {
                    let addresses = addresses
                        .take(MAX_TARGETS)
                        .map(|address| self.whole.target(&address.to_string()));
                    addresses
                        .collect::<Result<Vec<_>, _>>()
                        .map_err(|error| error.to_string())
                }
                Ok(Err(error)) => Err(error.to_string()),
                Err(_) => Err(format!("the name was not found within {PATIENCE:?}")),
            };
            self.take(place, found, |finder| &mut finder.domains[at]);
        }
    }

    fn take(
        &mut self,
        place: String,
        found: Result<Vec<Target>, String>,
        of: impl Fn(&mut Self) -> &mut Known,
    ) {
        match found {
            Ok(targets) => {
                of(self).targets = targets;
                self.complaints.remove(&place);
            }
            Err(problem) => self.complain(place, problem, "the targets from there stay as they were"),
        }
    }

    fn complain(&mut self, place: String, problem: String, what: &str) {
        if self.complaints.get(&place) != Some(&problem) {
            tracing::error!(place, problem, "{what}");
            self.complaints.insert(place, problem);
        }
    }

    /// Of two with one name the first is asked: nobody can say which of them is the host.
    fn named(&mut self) -> BTreeMap<String, Target> {
        let mut named: BTreeMap<String, Target> = BTreeMap::new();
        let mut twice = Vec::new();
        let known = self.files.iter().chain(&self.domains);
        for target in self.fixed.iter().chain(known.flat_map(|known| &known.targets)) {
            let label = target.labels.get("host").map(String::as_str);
            let name = self.names.of(&target.address, label);
            let first = named.entry(name.clone()).or_insert_with(|| Target {
                name: name.clone(),
                ..target.clone()
            });
            if (&first.address, &first.path) != (&target.address, &target.path) {
                twice.push((name, first.address.clone(), target.address.clone()));
            }
        }
        for (name, first, second) in twice.into_iter().take(100) {
            let problem = format!("both {first} and {second} are called so: give each a name of its own");
            self.complain(
                format!("host {name}"),
                problem,
                "the first of two targets with one name is asked",
            );
        }
        while named.len() > MAX_TARGETS {
            named.pop_last();
        }
        named
    }
}

fn read(file: &Path, whole: &Whole) -> Result<Vec<Target>, String> {
    let mut text = String::new();
    let opened = std::fs::File::open(file).map_err(|error| error.to_string())?;
    let length = opened.take(MAX_FILE + 1).read_to_string(&mut text);
    let length = length.map_err(|error| error.to_string())?;
    if length as u64 > MAX_FILE {
        return Err(format!("it is longer than {MAX_FILE} bytes"));
    }
    read_file_sd(&text, whole).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finder(file: &Path) -> Finder {
        let settings = config::Fleet {
            targets: vec!["a:1".to_owned()],
            file_sd: vec![file.to_owned()],
            dns: vec!["localhost:9".to_owned()],
            ..config::Fleet::default()
        };
        Finder::new(&settings).unwrap()
    }

    #[tokio::test]
    async fn files_are_followed_and_a_broken_one_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("targets.yaml");
        let mut finder = finder(&file);
        let write = |text: &str| std::fs::write(&file, text).unwrap();
        let names = |found: &BTreeMap<String, Target>| {
            let names = found
                .keys()
                .filter(|name| name.parse::<std::net::IpAddr>().is_err());
            names.cloned().collect::<Vec<_>>()
        };
        let found = finder.find(Duration::ZERO).await;
        assert_eq!(names(&found), ["a"]);
        assert!(
            found.values().any(|target| target.address.ends_with(":9")),
            "{found:?}"
        );
        write("- {targets: ['b:1'], labels: {site: s}}");
        let found = finder.find(Duration::ZERO).await;
        assert_eq!(
            (names(&found), found["b"].labels["site"].as_str()),
            (vec!["a".to_owned(), "b".to_owned()], "s")
        );
        write("- {targets: [");
        assert_eq!(names(&finder.find(Duration::ZERO).await), ["a", "b"]);
        assert_eq!(finder.complaints.len(), 1);
        std::fs::remove_file(&file).unwrap();
        assert_eq!(names(&finder.find(Duration::ZERO).await), ["a", "b"]);
        write("[{\"targets\": [\"c:1\"]}]");
        assert_eq!(names(&finder.find(Duration::ZERO).await), ["a", "c"]);
        assert!(finder.complaints.is_empty());
    }

    #[tokio::test]
    async fn of_two_with_one_name_the_first_is_asked() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("targets.json");
        std::fs::write(&file, "[{\"targets\": [\"b:1\"], \"labels\": {\"host\": \"a\"}}]").unwrap();
        let mut finder = finder(&file);
        assert_eq!(finder.find(Duration::ZERO).await["a"].address, "a:1");
        assert!(finder.complaints["host a"].contains("both a:1 and b:1"));
    }

    #[test]
    fn what_is_no_address_is_refused_at_once() {
        let settings = config::Fleet {
            targets: vec!["a".to_owned()],
            ..config::Fleet::default()
        };
        assert!(
            Finder::new(&settings)
                .unwrap_err()
                .to_string()
                .contains("HOST:PORT")
        );
    }
}
