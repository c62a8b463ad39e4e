//! What is reported is what the wire did, whatever the hosts do.

use core::time::Duration;

use crate::TimestampFormat;
use crate::stamp::ClockClaim;
use crate::stamp::Extensions;
use crate::stamp::Key;
use crate::stamp::KeyRing;
use crate::stamp::KeyStore;
use crate::stamp::Pace;
use crate::stamp::Policy;
use crate::stamp::Position;
use crate::stamp::Quality;
use crate::stamp::Security;
use crate::stamp::Settings;
use crate::stamp::TrafficClass;

use super::world::Host;
use super::world::World;
use super::world::except;
use super::world::steady;

const THERE: u64 = 10_000_000;
const BACK: u64 = 2_000_000;

/// Between 5 and 200 µs from a clock reading to the wire, different for each packet.
fn costly(nth: u32) -> u64 {
    5_000 + u64::from(nth) * 48_271 % 195_001
}

fn busy_hosts() -> (Host, Host) {
    let near = Host {
        send_cost: costly,
        wake_cost: 30_000,
        class: TrafficClass::new(10, 1),
        ..Host::default()
    };
    let far = Host {
        send_cost: costly,
        wake_cost: 70_000,
        class: TrafficClass::new(46, 3),
        ttl: 61,
        ..Host::default()
    };
    (near, far)
}

fn world(settings: Settings, policy: Policy, keys: KeyStore) -> World {
    let mut world = World::new(settings, policy, keys);
    (world.near, world.far) = busy_hosts();
    (world.there, world.back) = (steady(THERE), steady(BACK));
    world
}

fn every_second() -> Settings {
    Settings {
        pace: Pace::Fixed(Duration::from_secs(1)),
        ..Settings::default()
    }
}

fn keys() -> KeyRing {
    KeyRing::new(Key::new(b"a secret of both ends"))
}

#[test]
fn the_delay_of_the_wire_is_reported_exactly_in_each_mode_and_format() {
    let securities = [
        Security::Open,
        Security::SignedTlvs(keys()),
        Security::Authenticated(keys()),
    ];
    for security in securities {
        for (ours, theirs) in [
            (TimestampFormat::Ntp, TimestampFormat::Ntp),
            (TimestampFormat::Ptp, TimestampFormat::Ntp),
            (TimestampFormat::Ntp, TimestampFormat::Ptp),
        ] {
            let settings = Settings {
                security: security.clone(),
                format: ours,
                ..Settings::default()
            };
            let policy = Policy {
                format: theirs,
                ..Policy::default()
            };
            let mut world = world(settings, policy, KeyStore::default().with_default(keys()));
            world.run(60);
            let samples = world.samples();
            assert!(samples.len() > 45, "{}", samples.len());
            assert_eq!(world.facts(), []);
            for sample in samples {
                let figures = [sample.forward, sample.reverse, sample.round_trip];
                assert_eq!(figures.map(|figure| figure.quality), [Quality::Wire; 3]);
                assert_eq!(
                    figures.map(|figure| figure.nanos.unsigned_abs()),
                    [THERE, BACK, THERE + BACK]
                );
            }
        }
    }
}

#[test]
fn the_hosts_share_is_told_apart() {
    let mut world = world(Settings::default(), Policy::default(), KeyStore::default());
    world.run(30);
    for sample in world.samples() {
        let cost = costly(sample.sequence).cast_signed();
        assert_eq!(sample.stages.send, Some(cost));
        assert_eq!(sample.stages.turnaround, 70_000);
        assert_eq!(sample.stages.reflect, Some(cost));
        assert_eq!(sample.stages.wake, 30_000);
        assert_eq!(sample.turnaround, 70_000 + cost);
        assert_eq!(
            sample.outward.ttl.zip(sample.outward.class),
            Some((61, TrafficClass::new(46, 3)))
        );
        assert_eq!(
            sample.back.ttl.zip(sample.back.class),
            Some((250, TrafficClass::new(10, 1)))
        );
    }
}

#[test]
fn clocks_that_differ_shift_the_directions_and_not_the_round_trip() {
    let mut world = world(Settings::default(), Policy::default(), KeyStore::default());
    world.far.clock = 5_000_000;
    world.run(30);
    for sample in world.samples() {
        assert_eq!(sample.forward.nanos, 15_000_000);
        assert_eq!(sample.reverse.nanos, -3_000_000);
        assert_eq!(sample.round_trip.nanos, 12_000_000);
    }
}

#[test]
fn without_the_kernels_stamps_it_is_a_figure_of_the_hosts() {
    let mut world = world(Settings::default(), Policy::default(), KeyStore::default());
    (world.near.has_stamps, world.far.has_stamps) = (false, false);
    world.run(60);
    let samples = world.samples();
    assert!(samples.len() > 40);
    for sample in samples {
        let cost = costly(sample.sequence);
        assert_eq!(sample.forward.quality, Quality::Host);
        assert_eq!(sample.reverse.quality, Quality::Host);
        assert_eq!(sample.forward.nanos.unsigned_abs(), cost + THERE + 70_000);
        assert_eq!(sample.reverse.nanos.unsigned_abs(), cost + BACK + 30_000);
    }
}

#[test]
fn a_stateless_reflector_cannot_follow_up_and_samples_do_not_wait_for_it() {
    let policy = Policy {
        stateful: false,
        ..Policy::default()
    };
    let mut world = world(Settings::default(), policy, KeyStore::default());
    world.run(60);
    let samples = world.samples();
    let sent = world.sender.counts().sent;
    assert!(samples.len() as u64 + 1 >= sent, "{} of {sent}", samples.len());
    for sample in samples {
        assert_eq!(sample.forward.quality, Quality::Wire);
        assert_eq!(sample.reverse.quality, Quality::Host);
        assert_eq!(sample.stages.reflect, None);
    }
}

#[test]
fn a_base_packet_is_enough_for_a_sample_at_once() {
    let settings = Settings {
        extensions: Extensions::NONE,
        has_transmit_stamps: false,
        ..every_second()
    };
    let mut world = world(settings, Policy::default(), KeyStore::default());
    world.near.has_stamps = false;
    world.run(10);
    assert_eq!(world.samples().len() as u64, world.sender.counts().answered);
    assert_eq!(world.samples().len(), 10);
}

#[test]
fn a_lost_reply_takes_its_follow_up_with_it_and_the_sample_falls_back() {
    let mut world = world(every_second(), Policy::default(), KeyStore::default());
    world.back = except(BACK, &[(5, &[])]);
    world.run(20);
    for sample in world.samples() {
        let expected = if sample.sequence == 4 {
            Quality::Host
        } else {
            Quality::Wire
        };
        assert_eq!(sample.reverse.quality, expected, "{}", sample.sequence);
        assert_eq!(sample.forward.quality, Quality::Wire);
    }
}

#[test]
fn a_follow_up_that_overtakes_its_reply_is_kept_for_it() {
    let mut world = world(every_second(), Policy::default(), KeyStore::default());
    world.back = except(BACK, &[(5, &[1_100_000_000])]);
    world.run(20);
    let slow = world
        .samples()
        .into_iter()
        .find(|sample| sample.sequence == 5)
        .unwrap();
    assert_eq!(
        (slow.reverse.quality, slow.reverse.nanos),
        (Quality::Wire, 1_100_000_000)
    );
}

#[test]
fn the_last_sample_of_a_session_comes_without_its_follow_up() {
    let mut world = world(every_second(), Policy::default(), KeyStore::default());
    world.run(5);
    world.sender.stop();
    world.run(20);
    let samples = world.samples();
    assert_eq!(samples.len(), 5);
    assert_eq!(
        samples.last().map(|sample| sample.reverse.quality),
        Some(Quality::Host)
    );
    assert!(world.sender.is_finished());
}

#[test]
fn the_reflectors_end_learns_both_directions_too() {
    let mut world = world(
        Settings {
            epoch: 77,
            ..Settings::default()
        },
        Policy::default(),
        KeyStore::default(),
    );
    let (here, there) = (Position::new(1, 2), Position::new(-3, 4));
    let claims = [100, 200].map(|bound_nanos| ClockClaim::Synchronised { bound_nanos });
    world.sender.set_position(here);
    world.sender.set_clock(claims[0]);
    world.reflector.set_position(there);
    world.reflector.set_clock(claims[1]);
    world.run(60);
    assert!(world.observations.len() > 40);
    for observation in &world.observations {
        let figures = [
            observation.forward,
            observation.reverse.unwrap(),
            observation.round_trip.unwrap(),
        ];
        assert_eq!(figures.map(|figure| figure.quality), [Quality::Wire; 3]);
        assert_eq!(
            figures.map(|figure| figure.nanos.unsigned_abs()),
            [THERE, BACK, THERE + BACK]
        );
        assert_eq!(observation.sender_clock, claims[0]);
        assert_eq!(observation.sender_epoch, 77);
        assert_eq!(observation.sender_position, here);
        assert_eq!(observation.outward.class, Some(TrafficClass::new(46, 3)));
        assert_eq!(observation.back.and_then(|back| back.ttl), Some(250));
        assert_eq!(observation.replies_sent, observation.replies_received + 1);
    }
    let peer = world.sender.peer();
    assert_eq!((peer.clock, peer.position), (claims[1], there));
    assert!(peer.is_ours && peer.is_stateful);
    let samples = world.samples();
    assert!(samples.iter().all(|sample| sample.sender_clock == claims[0]));
    assert!(samples.iter().all(|sample| sample.reflector_clock == claims[1]));
}

#[test]
fn the_reflectors_end_learns_the_way_there_even_if_the_reply_is_lost() {
    let mut world = world(every_second(), Policy::default(), KeyStore::default());
    world.back = except(BACK, &[(5, &[])]);
    world.run(40);
    let lost = world
        .observations
        .iter()
        .find(|observation| observation.sequence == 5)
        .unwrap();
    assert_eq!(
        (lost.forward.nanos.unsigned_abs(), lost.forward.quality),
        (THERE, Quality::Wire)
    );
    assert_eq!((lost.reverse, lost.back), (None, None));
}
