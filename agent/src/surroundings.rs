//! What is known of the world around the host, learnt beside the tick.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use crate::carbon;
use crate::carbon::Grid;
use crate::clock::Clock;
use crate::config::Settings;
use crate::desk::Desk;
use crate::geo;
use crate::geo::Situation;
use crate::sample::Sample;

/// Where the host stands, and the grid it draws from. Whoever asks gets the latest and waits for nobody.
#[derive(Debug)]
pub struct Surroundings {
    carbon: Arc<Mutex<carbon::Keeper>>,
    geo: Mutex<geo::Keeper>,
    grid: Arc<Desk<Grid>>,
    situation: Arc<Desk<Situation>>,
}

impl Surroundings {
    /// Begins to learn what the settings ask for.
    pub fn new(settings: &Settings, clock: &Arc<dyn Clock>) -> Self {
        let carbon = carbon::Keeper::new(clock.clone());
        let grid = carbon.desk();
        let carbon = Arc::new(Mutex::new(carbon));
        let told = carbon.clone();
        let on_change = move |situation: &Situation| locked(&told).set_country(situation.country());
        let geo = geo::Keeper::new(clock.clone(), Arc::new(on_change));
        let surroundings = Self {
            situation: geo.desk(),
            geo: Mutex::new(geo),
            carbon,
            grid,
        };
        surroundings.configure(settings);
        surroundings
    }

    /// Takes other settings.
    pub fn configure(&self, settings: &Settings) {
        let country = self
            .situation()
            .and_then(|situation| situation.country().map(str::to_owned));
        locked(&self.carbon).configure(&settings.carbon, country.as_deref());
        locked(&self.geo).configure(&settings.location, &settings.roots());
    }

    /// Adds what is known to what a tick has read.
    pub fn show(&self, sample: &mut Sample) {
        sample.grid = self.grid();
        let grid = sample.grid.as_ref().map(|grid| grid.sensor(sample.wall));
        let situation = self.situation().map(|situation| situation.sensor());
        sample.sensors.extend(situation.into_iter().chain(grid));
    }

    /// How clean the power is.
    pub fn grid(&self) -> Option<Arc<Grid>> {
        self.grid.latest()
    }

    /// Where it is told where the host stands, for whoever wants to look again and again.
    pub fn place(&self) -> Arc<Desk<Situation>> {
        self.situation.clone()
    }

    /// Where the host stands.
    pub fn situation(&self) -> Option<Arc<Situation>> {
        self.situation.latest()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
