//! Whose clock is wrong, from the pairs of a mesh.

use proptest::prelude::*;
use wattle_oneway::clock::HostOffset;
use wattle_oneway::clock::PairOffset;
use wattle_oneway::clock::mesh_offsets;
use wattle_oneway::simulate::Random;

const ERROR: u64 = 50_000;
const BOUND: u64 = 100_000;

/// What each pair of `hosts` measures when the hosts' clocks are off by `offset`, wrong by at most the error.
fn pairs(
    hosts: u32,
    per_host: u32,
    random: &mut Random,
    offset: impl Fn(u32) -> i64,
) -> Vec<PairOffset<u32>> {
    let mut pairs = Vec::new();
    for from in 0..hosts {
        for step in 1..=per_host.min(hosts - 1) {
            let to = if per_host >= hosts - 1 {
                (from + step) % hosts
            } else {
                (from + step * step) % hosts
            };
            let noise = (random.bits() % (2 * ERROR)).cast_signed() - ERROR.cast_signed();
            let offset = offset(to) - offset(from) + noise;
            pairs.push(PairOffset {
                from,
                to,
                offset,
                error: ERROR,
            });
        }
    }
    pairs
}

fn wrong(mesh: &[HostOffset<u32>]) -> Vec<u32> {
    mesh.iter()
        .filter(|host| host.contradicts(BOUND))
        .map(|host| host.host)
        .collect()
}

#[test]
fn the_clock_that_lies_is_named_and_no_other() {
    let off = |host| if host == 3 { 5_000_000 } else { 0 };
    let mesh = mesh_offsets(&pairs(5, 4, &mut Random::new(1), off));
    assert_eq!(wrong(&mesh), [3]);
    assert!(mesh[3].offset.abs_diff(5_000_000) < ERROR);
    assert!(
        mesh.iter()
            .filter(|host| host.host != 3)
            .all(|host| host.offset.unsigned_abs() < ERROR)
    );
}

#[test]
fn two_hosts_cannot_say_which_of_them_is_wrong() {
    let pair = PairOffset {
        from: "a",
        to: "b",
        offset: 4_000_000,
        error: 10,
    };
    let mesh = mesh_offsets(&[pair]);
    assert_eq!(
        mesh.iter().map(|host| host.offset).collect::<Vec<_>>(),
        [-2_000_000, 2_000_000]
    );
    assert!(mesh.iter().all(|host| !host.contradicts(0)));
}

#[test]
fn a_path_that_is_not_the_same_there_and_back_accuses_nobody() {
    let mut all = pairs(12, 11, &mut Random::new(2), |_| 0);
    for pair in all.iter_mut().filter(|pair| pair.from == 4 && pair.to == 7) {
        pair.offset += 9_000_000;
    }
    let mesh = mesh_offsets(&all);
    assert_eq!(wrong(&mesh), []);
    assert!(
        mesh.iter()
            .all(|host| host.offset.unsigned_abs() < ERROR && host.residual < 2 * ERROR)
    );
}

#[test]
fn a_host_whose_measurements_are_garbage_does_not_move_the_others() {
    let mut random = Random::new(3);
    let mut all = pairs(20, 19, &mut random, |_| 0);
    for pair in all.iter_mut().filter(|pair| pair.from == 9 || pair.to == 9) {
        pair.offset = (random.bits() >> 40).cast_signed() - (1 << 23);
    }
    let mesh = mesh_offsets(&all);
    assert!(mesh[9].residual > 10 * ERROR, "{:?}", mesh[9]);
    assert!(
        mesh.iter()
            .filter(|host| host.host != 9)
            .all(|host| host.offset.unsigned_abs() < ERROR)
    );
}

#[test]
fn groups_without_a_pair_between_them_are_not_compared() {
    let mut all = pairs(4, 3, &mut Random::new(4), |_| 0);
    let others = pairs(5, 4, &mut Random::new(5), |_| 900_000_000);
    all.extend(others.into_iter().map(|pair| PairOffset {
        from: pair.from + 100,
        to: pair.to + 100,
        ..pair
    }));
    let mesh = mesh_offsets(&all);
    assert_eq!(wrong(&mesh), []);
    assert_eq!(
        mesh.iter()
            .map(|host| (host.group, host.group_size))
            .collect::<Vec<_>>(),
        [vec![(0, 4); 4], vec![(1, 5); 5]].concat()
    );
}

#[test]
fn nobody_and_a_host_with_itself_are_no_mesh() {
    assert!(mesh_offsets::<u32>(&[]).is_empty());
    let alone = mesh_offsets(&[PairOffset {
        from: 1,
        to: 1,
        offset: 7,
        error: 0,
    }]);
    assert_eq!((alone.len(), alone[0].offset, alone[0].pairs), (1, 0, 0));
}

#[test]
fn a_sparse_mesh_of_two_thousand_hosts_is_solved() {
    let off = |host| {
        if host % 400 == 17 {
            -3_000_000
        } else {
            i64::from(host % 7) * 1_000
        }
    };
    let mesh = mesh_offsets(&pairs(2_000, 10, &mut Random::new(6), off));
    assert_eq!(wrong(&mesh), [17, 417, 817, 1217, 1617]);
}

#[test]
fn a_mesh_that_fits_perfectly_stays_where_it_is() {
    let pair = |from: u32, to: u32| PairOffset {
        from,
        to,
        offset: 2_000_000_000 * (i64::from(to) - i64::from(from)),
        error: 0,
    };
    let all: Vec<_> = (0..40)
        .flat_map(|from| (from + 1..40).map(move |to| pair(from, to)))
        .collect();
    let mesh = mesh_offsets(&all);
    assert!(
        mesh.iter()
            .all(|host| host.offset == 2_000_000_000 * i64::from(host.host) - 39_000_000_000)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_third_of_the_hosts_may_lie(hosts in 5..25_u32, lies in proptest::collection::vec((0..25_u32, 1_000_000..9_000_000_000_i64, any::<bool>()), 1..8), seed: u64) {
        let mut liars: std::collections::BTreeMap<u32, i64> = std::collections::BTreeMap::new();
        for (host, by, behind) in lies.into_iter().take(hosts as usize / 3) {
            liars.insert(host % hosts, if behind { -by } else { by });
        }
        let off = |host| liars.get(&host).copied().unwrap_or_default();
        let mesh = mesh_offsets(&pairs(hosts, hosts, &mut Random::new(seed), off));
        prop_assert_eq!(wrong(&mesh), liars.keys().copied().collect::<Vec<_>>());
        for host in &mesh {
            prop_assert!(host.offset.abs_diff(off(host.host)) <= 2 * ERROR, "{:?}", host);
        }
    }

    #[test]
    fn any_pairs_do_no_harm(pairs in proptest::collection::vec((0..30_u8, 0..30_u8, any::<i64>(), any::<u64>()), 0..200)) {
        let pairs: Vec<_> = pairs.into_iter().map(|(from, to, offset, error)| PairOffset { from, to, offset, error }).collect();
        mesh_offsets(&pairs);
    }
}
