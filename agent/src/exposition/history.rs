//! The last hour's power, as JSON.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::Serializer;

use crate::component::Component;
use crate::history::STEP;
use crate::history::Step;
use crate::snapshot::Snapshot;
use crate::workload::Kind;

/// The body of `/api/v1/history`: mean watts of steps of equal length, the oldest first, up to an hour, and `null` where nothing is known.
/// Components and kinds that had no part in it are left out.
#[derive(Debug, Serialize)]
pub struct History<'s> {
    step_seconds: f64,
    /// The number of the first step, counted since the agent's start.
    first_step: u64,
    start_epoch_seconds: f64,
    end_epoch_seconds: f64,
    host_watts: BTreeMap<&'static str, Series<'s>>,
    kind_watts: BTreeMap<&'static str, Series<'s>>,
    estimated: Flags<'s>,
}

/// The last steps, so many of them.
#[derive(Clone, Copy, Debug)]
struct Steps<'s>(&'s crate::history::History, usize);

/// One figure of each step.
#[derive(Clone, Copy, Debug)]
struct Series<'s> {
    steps: Steps<'s>,
    figure: Figure,
}

#[derive(Clone, Copy, Debug)]
enum Figure {
    Component(Component),
    Kind(Kind),
}

/// Whether some of a step is a model's guess.
#[derive(Debug)]
struct Flags<'s>(Steps<'s>);

impl<'s> History<'s> {
    /// The last steps of one snapshot's history, up to `most`.
    pub fn new(snapshot: &'s Snapshot, most: usize) -> Self {
        let steps = Steps(&snapshot.history, most);
        let (end, ended) = (steps.0.end(), steps.0.ended());
        let count = u32::try_from(steps.all().count()).unwrap_or(u32::MAX);
        let series = |figure| Series { steps, figure };
        let components = Component::ALL.map(|part| (part.as_str(), series(Figure::Component(part))));
        let kinds = Kind::ALL.map(|kind| (kind.as_str(), series(Figure::Kind(kind))));
        Self {
            step_seconds: STEP.as_secs_f64(),
            first_step: ended.saturating_sub(u64::from(count)),
            start_epoch_seconds: end.saturating_sub(STEP * count).as_secs_f64(),
            end_epoch_seconds: end.as_secs_f64(),
            host_watts: components
                .into_iter()
                .filter(|(_, series)| series.is_known())
                .collect(),
            kind_watts: kinds
                .into_iter()
                .filter(|(_, series)| series.has_part())
                .collect(),
            estimated: Flags(steps),
        }
    }
}

impl<'s> Steps<'s> {
    fn all(self) -> impl Iterator<Item = &'s Step> {
        self.0.steps(self.1)
    }
}

impl Series<'_> {
    fn values(&self) -> impl Iterator<Item = f32> {
        let figure = self.figure;
        self.steps.all().map(move |step| match figure {
            Figure::Component(component) => step.components[component.index()],
            Figure::Kind(kind) => step.kinds[kind.index()],
        })
    }

    fn is_known(&self) -> bool {
        self.values().any(|watts| !watts.is_nan())
    }

    fn has_part(&self) -> bool {
        self.values().any(|watts| watts > 0.0)
    }
}

impl Serialize for Series<'_> {
    /// To the milliwatt; what is no number is `null`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let milliwatts = |watts: f32| (f64::from(watts) * 1e3).round() / 1e3;
        serializer.collect_seq(self.values().map(milliwatts))
    }
}

impl Serialize for Flags<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.all().map(|step| step.estimated))
    }
}
