//! What is known of the world around the host, learnt beside the tick.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::carbon;
use crate::carbon::Grid;
use crate::clock::Clock;
use crate::config::Settings;
use crate::sample::Sample;

/// The grid. Whoever asks gets the latest and waits for nobody.
#[derive(Debug)]
pub struct Surroundings {
    carbon: Mutex<carbon::Keeper>,
}

impl Surroundings {
    /// Begins to learn what the settings ask for.
    pub fn new(settings: &Settings, clock: &Arc<dyn Clock>) -> Self {
        let surroundings = Self {
            carbon: Mutex::new(carbon::Keeper::new(clock.clone())),
        };
        surroundings.configure(settings);
        surroundings
    }

    /// Takes other settings.
    pub fn configure(&self, settings: &Settings) {
        let mut carbon = self.carbon.lock().unwrap_or_else(PoisonError::into_inner);
        carbon.configure(&settings.carbon, None);
    }

    /// Adds what is known to what a tick has read.
    pub fn show(&self, sample: &mut Sample) {
        sample.grid = self.grid();
        sample
            .sensors
            .extend(sample.grid.as_ref().map(|grid| grid.sensor(sample.wall)));
    }

    /// How clean the power is.
    pub fn grid(&self) -> Option<Arc<Grid>> {
        self.carbon.lock().unwrap_or_else(PoisonError::into_inner).grid()
    }
}
