//! The power goes at every single write.

use super::super::file::StoreFile;
use super::super::tables;
use super::super::write::Write;
use super::nth;
use super::platter::Fault;
use super::platter::Platter;

const GROUPS: usize = 8;

/// Each group has two transactions, which count together.
fn group(number: usize) -> [Write; 2] {
    [nth(number * 2), nth(number * 2 + 1)]
}

fn open(platter: &Platter) -> StoreFile {
    StoreFile::open(Box::new(platter.clone()), "the platter".to_owned()).unwrap()
}

fn content(file: &mut StoreFile) -> Vec<(String, Vec<u8>)> {
    let listing = file.read(|read| tables::list(read, "")).unwrap();
    let entries = listing.entries.into_iter();
    entries.map(|entry| (entry.key, entry.value)).collect()
}

/// What the store holds after each number of groups.
fn expected() -> Vec<Vec<(String, Vec<u8>)>> {
    let platter = Platter::formatted();
    let mut file = open(&platter);
    let mut states = vec![content(&mut file)];
    for number in 0..GROUPS {
        file.write(&group(number)).unwrap();
        states.push(content(&mut file));
    }
    states
}

/// How many groups were acknowledged before the disk failed.
fn write_until_failure(platter: &Platter) -> usize {
    let opened = StoreFile::open(Box::new(platter.clone()), "the platter".to_owned());
    let Ok(mut file) = opened else {
        return 0;
    };
    let made = (0..GROUPS).take_while(|number| file.write(&group(*number)).is_ok());
    made.count()
}

#[test]
fn what_was_acknowledged_survives_a_power_loss_at_every_write() {
    let states = expected();
    let platter = Platter::formatted();
    assert_eq!(write_until_failure(&platter), GROUPS);
    let operations = platter.operations();
    for at in 1..=operations {
        let platter = Platter::formatted();
        platter.fail(at, Fault::Crash);
        let made = write_until_failure(&platter);
        check(&platter, at, made, &states);
    }
}

fn check(platter: &Platter, at: u64, made: usize, states: &[Vec<(String, Vec<u8>)>]) {
    for seed in 0..3 {
        let survived = platter.after_power_loss(at * 3 + seed);
        let mut file = open(&survived);
        let found = content(&mut file);
        let next = (made + 1).min(GROUPS);
        assert!(
            found == states[made] || found == states[next],
            "operation {at}, seed {seed}: neither {made} nor {next} groups are there"
        );
        file.write(&group(0)).unwrap();
    }
}
