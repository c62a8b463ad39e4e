//! The learnt static power of each socket's components.

use std::time::Duration;

use wattle_attribution::Fit;
use wattle_attribution::FloorLearner;

use super::basis::Due;
use super::report::ModelReport;
use super::state::ModelState;
use crate::component::Component;
use crate::power_model::PowerModel;
use crate::sensor::Quality;

/// A line is drawn anew after so many observations.
const REFIT_AFTER: u32 = 5;

/// One learner for each component of each socket.
#[derive(Debug, Default)]
pub(super) struct Models {
    all: Vec<Model>,
}

#[derive(Debug)]
struct Model {
    component: Component,
    socket: Option<u32>,
    learner: FloorLearner,
    fit: Option<Fit>,
    since_fit: u32,
}

impl Models {
    pub(super) fn restore(states: &[ModelState]) -> Self {
        let all = states.iter().map(|state| {
            let learner = FloorLearner::restore(&state.points, state.lowest_mw);
            let fit = learner.fit();
            Model {
                component: state.component,
                socket: state.socket,
                learner,
                fit,
                since_fit: 0,
            }
        });
        Self { all: all.collect() }
    }

    pub(super) fn states(&self) -> impl Iterator<Item = ModelState> {
        self.all.iter().map(|model| ModelState {
            component: model.component,
            socket: model.socket,
            points: model.learner.medians(),
            lowest_mw: model.learner.lowest_mw(),
        })
    }

    /// Learns from a measured interval of ordinary length.
    pub(super) fn learn(&mut self, due: &Due, utilisation_ppm: Option<u32>, elapsed: Duration) {
        let Some(utilisation_ppm) = utilisation_ppm.filter(|_| due.steady) else {
            return;
        };
        let power_uw = u128::from(due.energy_uj) * 1_000_000_000 / elapsed.as_nanos().max(1);
        let model = self.model(due.component, due.socket);
        model
            .learner
            .observe(u64::try_from(power_uw).unwrap_or(u64::MAX), utilisation_ppm);
        model.since_fit += 1;
        if model.since_fit >= REFIT_AFTER {
            model.fit = model.learner.fit();
            model.since_fit = 0;
        }
    }

    /// The static part of an interval's energy. Before it is learnt, utilisation splits; where even that is unknown,
    /// nothing is taken for static.
    pub(super) fn static_uj(
        &self,
        due: &Due,
        assumed: Option<u64>,
        utilisation_ppm: Option<u32>,
        elapsed: Duration,
    ) -> u64 {
        let learnt = self.find(due.component, due.socket).and_then(|model| model.fit);
        if let Some(static_uw) = assumed.or(learnt.map(|fit| fit.static_uw)) {
            let energy = u128::from(static_uw) * elapsed.as_nanos() / 1_000_000_000;
            return u64::try_from(energy).unwrap_or(u64::MAX);
        }
        let idle_ppm = utilisation_ppm.map_or(0, |busy| 1_000_000 - u128::from(busy.min(1_000_000)));
        u64::try_from(u128::from(due.energy_uj) * idle_ppm / 1_000_000).unwrap_or(0)
    }

    /// What is known, sorted for display: what is assumed for sockets that are estimated, else what was learnt.
    pub(super) fn reports(
        &self,
        dues: &[Due],
        assumed: &PowerModel,
        cores: impl Fn(u32) -> u32,
    ) -> Vec<ModelReport> {
        let estimated = dues.iter().filter(|due| due.quality == Quality::Estimated);
        let mut reports: Vec<_> = estimated
            .map(|due| {
                let cores = due.socket.map_or(0, &cores);
                ModelReport {
                    component: due.component,
                    socket: due.socket,
                    static_uw: assumed.static_uw(cores),
                    full_load_uw: Some(assumed.full_load_uw(cores)),
                }
            })
            .collect();
        for model in &self.all {
            let shown = reports
                .iter()
                .any(|r| (r.component, r.socket) == (model.component, model.socket));
            if let Some(fit) = model.fit.filter(|_| !shown) {
                reports.push(ModelReport {
                    component: model.component,
                    socket: model.socket,
                    static_uw: fit.static_uw,
                    full_load_uw: fit.full_load_uw,
                });
            }
        }
        reports.sort_by_key(|report| (report.component, report.socket));
        reports
    }

    fn find(&self, component: Component, socket: Option<u32>) -> Option<&Model> {
        self.all
            .iter()
            .find(|model| (model.component, model.socket) == (component, socket))
    }

    fn model(&mut self, component: Component, socket: Option<u32>) -> &mut Model {
        let found = self
            .all
            .iter()
            .position(|model| (model.component, model.socket) == (component, socket));
        let index = found.unwrap_or_else(|| {
            self.all.push(Model {
                component,
                socket,
                learner: FloorLearner::default(),
                fit: None,
                since_fit: 0,
            });
            self.all.len() - 1
        });
        &mut self.all[index]
    }
}
