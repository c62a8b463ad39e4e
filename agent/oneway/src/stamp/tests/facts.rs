//! Lost, late, doubled, overtaken, unsent, restarted: each told once, and not taken for another.

use core::cell::RefCell;
use core::time::Duration;
use std::rc::Rc;

use crate::stamp::Arrival;
use crate::stamp::Direction;
use crate::stamp::Event;
use crate::stamp::Extensions;
use crate::stamp::KeyStore;
use crate::stamp::Pace;
use crate::stamp::Policy;
use crate::stamp::Reflector;
use crate::stamp::Sender;
use crate::stamp::Settings;
use crate::stamp::Stamp;

use super::world::Link;
use super::world::World;
use super::world::except;
use super::world::steady;

const MS: u64 = 1_000_000;

fn settings() -> Settings {
    Settings {
        pace: Pace::Fixed(Duration::from_millis(100)),
        patience: Duration::from_secs(1),
        ..Settings::default()
    }
}

fn world(there: &'static [(u32, &'static [u64])], back: &'static [(u32, &'static [u64])]) -> World {
    let mut world = World::new(settings(), Policy::default(), KeyStore::default());
    world.there = except(MS, there);
    world.back = except(MS, back);
    world.run(10);
    world
}

fn placed(forward: u32, reverse: u32) -> Event {
    Event::LossPlaced {
        forward,
        reverse,
        unknown: 0,
    }
}

#[test]
fn losses_have_a_direction() {
    let lost = |sequence| Event::Lost { sequence };
    assert_eq!(world(&[(20, &[])], &[]).facts(), [lost(20), placed(1, 0)]);
    assert_eq!(world(&[], &[(20, &[])]).facts(), [lost(20), placed(0, 1)]);
    let outage = world(&[(20, &[]), (21, &[]), (22, &[])], &[]);
    assert_eq!(outage.facts(), [lost(20), lost(21), lost(22), placed(3, 0)]);
    // The reflector's 21st reply is that to packet 21, which came after 20 was lost.
    let both = world(&[(20, &[])], &[(20, &[])]);
    assert_eq!(both.facts(), [lost(20), lost(21), placed(1, 1)]);
}

/// A link that draws each packet's fate; what it did is kept, packet by packet.
fn bad_link(seed: u64, delay: u64) -> (Link, Rc<RefCell<Vec<usize>>>) {
    let passed = Rc::new(RefCell::new(Vec::new()));
    let kept = passed.clone();
    let mut random = seed;
    let link = Box::new(move |nth| {
        let mut draw = |of_a_thousand| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % 1000 < of_a_thousand
        };
        let [lost, doubled, held_up] = [100, 50, 100].map(&mut draw);
        // What was lost before the first answer has no direction.
        let copies = if lost && nth >= 8 {
            0
        } else {
            1 + usize::from(doubled)
        };
        kept.borrow_mut().push(copies);
        vec![delay + if held_up { 350 * MS } else { 0 }; copies]
    });
    (link, passed)
}

#[test]
fn on_a_wire_that_loses_doubles_and_disorders_each_loss_is_placed_rightly() {
    let mut world = World::new(settings(), Policy::default(), KeyStore::default());
    let (there, passed) = bad_link(0x9e37_79b9_7f4a_7c15, 10 * MS);
    let (back, _) = bad_link(0x7f4a_7c15_9e37_79b9, 2 * MS);
    (world.there, world.back) = (there, back);
    world.run(2_000);
    (world.there, world.back) = (steady(10 * MS), steady(2 * MS));
    let passed = passed.take();
    world.run(5);
    let mut placed = [0; 3];
    let mut lost = [0; 2];
    for event in world.facts() {
        match event {
            Event::LossPlaced {
                forward,
                reverse,
                unknown,
            } => {
                let here = [forward, reverse, unknown];
                placed.iter_mut().zip(here).for_each(|(all, here)| *all += here);
            }
            // A packet of which a copy went through there was lost on the way back.
            Event::Lost { sequence } => lost[usize::from(passed[sequence as usize] > 0)] += 1,
            _ => {}
        }
    }
    assert!(lost.iter().all(|lost| *lost > 1_500), "{lost:?}");
    assert_eq!(placed, [lost[0], lost[1], 0]);
}

#[test]
fn an_outage_of_all_is_placed_when_it_ends() {
    let mut world = World::new(settings(), Policy::default(), KeyStore::default());
    world.there = Box::new(|nth| if (30..80).contains(&nth) { vec![] } else { vec![MS] });
    world.run(20);
    let facts = world.facts();
    assert_eq!(
        facts
            .iter()
            .filter(|event| matches!(event, Event::Lost { .. }))
            .count(),
        50
    );
    assert_eq!(facts.last(), Some(&placed(50, 0)));
}

#[test]
fn a_stateless_reflector_gives_losses_no_direction() {
    let mut world = World::new(
        settings(),
        Policy {
            stateful: false,
            ..Policy::default()
        },
        KeyStore::default(),
    );
    world.back = except(MS, &[(20, &[]), (40, &[MS, 2 * MS]), (60, &[150 * MS])]);
    world.run(10);
    assert_eq!(
        world.facts(),
        [
            Event::Lost { sequence: 20 },
            Event::LossPlaced {
                forward: 0,
                reverse: 0,
                unknown: 1
            },
            Event::Duplicate {
                sequence: 40,
                direction: None
            },
            Event::Reordered {
                sequence: 60,
                behind: 1,
                direction: None
            },
        ]
    );
}

#[test]
fn a_late_reply_was_lost_and_is_late() {
    let world = world(&[], &[(20, &[1_500 * MS])]);
    assert_eq!(
        world.facts(),
        [
            Event::Lost { sequence: 20 },
            placed(0, 1),
            Event::Late {
                sequence: 20,
                after: Duration::from_micros(1_501_000)
            },
        ]
    );
    let counts = world.sender.counts();
    assert_eq!((counts.lost, counts.late), (1, 1));
    assert!(world.samples().iter().all(|sample| sample.sequence != 20));
}

#[test]
fn duplicates_have_a_direction_and_are_no_samples() {
    let there = world(&[(20, &[MS, 2 * MS])], &[]);
    let back = world(&[], &[(20, &[MS, 2 * MS, 3 * MS])]);
    let double = |direction| Event::Duplicate {
        sequence: 20,
        direction: Some(direction),
    };
    assert_eq!(there.facts(), [double(Direction::Forward)]);
    assert_eq!(
        back.facts(),
        [double(Direction::Reverse), double(Direction::Reverse)]
    );
    for world in [there, back] {
        assert_eq!(
            world
                .samples()
                .iter()
                .filter(|sample| sample.sequence == 20)
                .count(),
            1
        );
    }
}

#[test]
fn a_loss_beside_a_duplicate_is_still_placed() {
    let world = world(&[(20, &[MS, 2 * MS]), (21, &[])], &[]);
    assert_eq!(
        world.facts(),
        [
            Event::Duplicate {
                sequence: 20,
                direction: Some(Direction::Forward)
            },
            Event::Lost { sequence: 21 },
            placed(1, 0),
        ]
    );
}

#[test]
fn reordering_has_a_direction_and_is_no_loss() {
    let reordered = |direction| Event::Reordered {
        sequence: 20,
        behind: 2,
        direction: Some(direction),
    };
    assert_eq!(
        world(&[(20, &[250 * MS])], &[]).facts(),
        [reordered(Direction::Forward)]
    );
    assert_eq!(
        world(&[], &[(20, &[250 * MS])]).facts(),
        [reordered(Direction::Reverse)]
    );
}

#[test]
fn sequence_numbers_begin_anew_after_the_last_without_a_fact() {
    let sender = Sender::begin_at(settings(), Duration::ZERO, u32::MAX - 20);
    let mut world = World::with(sender, Reflector::new(Policy::default(), KeyStore::default()));
    world.there = except(MS, &[(20, &[]), (40, &[])]);
    world.run(10);
    let sequences: Vec<_> = world.samples().iter().map(|sample| sample.sequence).collect();
    assert!(sequences.contains(&(u32::MAX - 1)) && sequences.contains(&0) && sequences.contains(&50));
    assert_eq!(
        world.facts(),
        [
            Event::Lost { sequence: u32::MAX },
            placed(1, 0),
            Event::Lost { sequence: 19 },
            placed(1, 0),
        ]
    );
}

#[test]
fn a_reflector_that_restarts_has_lost_nothing() {
    for extensions in [Extensions::ALL, Extensions::STANDARD] {
        let mut world = World::new(
            Settings {
                extensions,
                ..settings()
            },
            Policy {
                epoch: 1,
                ..Policy::default()
            },
            KeyStore::default(),
        );
        world.run(10);
        world.reflector = Reflector::new(
            Policy {
                epoch: 9,
                ..Policy::default()
            },
            KeyStore::default(),
        );
        world.there = except(MS, &[(150, &[])]);
        world.run(10);
        assert_eq!(
            world.facts(),
            [Event::PeerRestarted, Event::Lost { sequence: 150 }, placed(1, 0)],
            "{extensions:?}"
        );
    }
}

#[test]
fn a_program_that_sleeps_sends_no_burst_and_loses_nothing() {
    let mut sender = Sender::new(settings(), Duration::ZERO);
    let mut out = [0; 1024];
    let wall = crate::Timestamp::from_ntp(1 << 60);
    let mut sent = 0;
    for now in [1, 60, 60, 60].map(Duration::from_secs) {
        sent += u32::from(sender.poll_transmit(now, wall, &mut out).is_some());
    }
    assert_eq!(sent, 0);
    assert_eq!(sender.counts().sent, 0);
    assert!(
        sender.counts().unsent.abs_diff(600) < 10,
        "{}",
        sender.counts().unsent
    );
    let next = sender.poll_timeout().unwrap();
    assert!(next > Duration::from_secs(60));
    assert!(
        sender
            .poll_transmit(next, wall, &mut out)
            .is_some_and(|packet| packet.sequence == 0)
    );
}

/// A sender with two packets under way, and the reply to the first, which nobody has read yet.
fn asleep() -> (Sender, crate::Timestamp, Vec<u8>) {
    let mut sender = Sender::new(settings(), Duration::ZERO);
    let mut reflector = Reflector::new(Policy::default(), KeyStore::default());
    let wall = crate::Timestamp::from_ntp(1 << 60);
    let (mut request, mut reply) = ([0; 1024], [0; 1024]);
    let now = sender.poll_timeout().unwrap();
    let packet = sender.poll_transmit(now, wall, &mut request).unwrap();
    let request = &request[..packet.length];
    let from = "192.0.2.1:1".parse().unwrap();
    reflector.handle_request(now, &Arrival::default(), from, request, &mut reply);
    let now = sender.poll_timeout().unwrap();
    sender.poll_transmit(now, wall, &mut [0; 1024]).unwrap();
    (sender, wall, reply[..packet.length].to_vec())
}

#[test]
fn what_waited_in_the_socket_while_the_program_slept_was_in_time() {
    let (mut sender, wall, reply) = asleep();
    let arrival = Arrival {
        stamp: Stamp::kernel(wall.plus_nanos(500_000_000)),
        ..Arrival::default()
    };
    assert_eq!(
        sender.handle_reply(Duration::from_secs(60), &arrival, &reply),
        Ok(0)
    );
    assert_eq!((sender.counts().answered, sender.counts().lost), (1, 0));
}

#[test]
fn what_came_late_is_lost_and_late_even_if_no_timer_has_said_so() {
    let (mut sender, wall, reply) = asleep();
    let after = Duration::from_millis(1_500);
    let arrival = Arrival {
        stamp: Stamp::kernel(wall.plus_nanos(1_500_000_000)),
        ..Arrival::default()
    };
    let now = Duration::from_secs(60);
    assert_eq!(sender.handle_reply(now, &arrival, &reply), Ok(0));
    assert_eq!(sender.handle_reply(now, &arrival, &reply), Ok(0));
    sender.handle_timeout(now);
    let events: Vec<_> = core::iter::from_fn(|| sender.poll_event()).collect();
    let lost = |sequence| Event::Lost { sequence };
    let twice = Event::Duplicate {
        sequence: 0,
        direction: None,
    };
    assert_eq!(
        events,
        [lost(0), Event::Late { sequence: 0, after }, twice, lost(1)]
    );
}

#[test]
fn what_the_socket_refused_is_unsent_and_its_number_is_used_again() {
    let mut sender = Sender::new(settings(), Duration::ZERO);
    let mut out = [0; 1024];
    let wall = crate::Timestamp::from_ntp(1 << 60);
    for expected in [0, 0, 0] {
        let now = sender.poll_timeout().unwrap();
        let packet = sender.poll_transmit(now, wall, &mut out).unwrap();
        assert_eq!(packet.sequence, expected);
        sender.handle_unsent(packet.sequence);
    }
    assert_eq!((sender.counts().sent, sender.counts().unsent), (0, 3));
    sender.handle_unsent(7);
    assert_eq!(sender.counts().unsent, 3);
}
