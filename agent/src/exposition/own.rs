//! Points of the agent itself and of its sensors.

use wattle_hostfs::self_process::SelfProcess;

use super::point::Label;
use super::point::Points;
use super::power::joules;
use crate::snapshot::Snapshot;

pub(super) fn sensor_up<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for state in &snapshot.host.sensors {
        points.whole([(&*state.sensor).into()], u64::from(state.up));
    }
}

pub(super) fn sensor_info<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for state in &snapshot.host.sensors {
        points.info([
            (&*state.sensor).into(),
            (&*state.source).into(),
            state.quality.as_str().into(),
            (&*state.reason).into(),
        ]);
    }
}

pub(super) fn sensor_read<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for state in &snapshot.host.sensors {
        if let Some(took) = state.took {
            points.number([(&*state.sensor).into()], took.as_secs_f64());
        }
    }
}

pub(super) fn tick_seconds<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    points.histogram(&snapshot.agent.tick_seconds);
}

pub(super) fn ticks<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    points.whole([], snapshot.host.ticks);
}

pub(super) fn ticks_missed<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    points.whole([], snapshot.agent.ticks_missed);
}

pub(super) fn save_failures<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    points.whole([], snapshot.agent.saves_failed);
}

pub(super) fn reload_failures<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    points.whole([], snapshot.agent.reloads_failed);
}

pub(super) fn http_connections<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    points.whole([], snapshot.agent.http.connections);
}

pub(super) fn http_evicted<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    points.whole([], snapshot.agent.http.evicted);
}

pub(super) fn http_answers<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (status, count) in &snapshot.agent.http.answers {
        points.whole([Label::Number(u32::from(*status))], *count);
    }
}

pub(super) fn build<'s>(_: &'s Snapshot, points: &mut Points<'s>) {
    points.info([env!("CARGO_PKG_VERSION").into(), std::env::consts::ARCH.into()]);
}

pub(super) fn process_start<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    points.number([], snapshot.agent.started.as_secs_f64());
}

pub(super) fn process_cpu<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    if let Some(own) = &snapshot.host.host.own {
        points.number([], joules(own.cpu_usec));
    }
}

macro_rules! process {
    ($($name:ident $figure:expr;)+) => {$(
        pub(super) fn $name<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
            let figure: fn(&SelfProcess) -> Option<u64> = $figure;
            if let Some(value) = snapshot.host.host.own.as_ref().and_then(figure) {
                points.whole([], value);
            }
        }
    )+};
}

process! {
    process_resident |own| Some(own.resident_bytes);
    process_virtual |own| Some(own.virtual_bytes);
    process_open_fds |own| Some(own.open_fds);
    process_max_fds |own| own.max_fds;
    process_threads |own| Some(own.threads);
}
