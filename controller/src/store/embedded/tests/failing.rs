//! Writes that fail, one after another.

use super::super::super::error::StoreError;
use super::super::file::StoreFile;
use super::super::tables;
use super::nth;
use super::platter::Fault;
use super::platter::Platter;

const WRITES: usize = 9;

fn open(platter: &Platter) -> StoreFile {
    StoreFile::open(Box::new(platter.clone()), "the platter".to_owned()).unwrap()
}

fn text(file: &mut StoreFile, key: &str) -> Option<String> {
    let entry = file.read(|read| tables::get(read, key)).unwrap()?;
    Some(String::from_utf8(entry.value).unwrap())
}

fn operations() -> u64 {
    let platter = Platter::formatted();
    let mut file = open(&platter);
    for number in 0..WRITES {
        file.write(&[nth(number)]).unwrap();
    }
    platter.operations()
}

#[test]
fn a_disk_that_is_full_at_any_write_changes_nothing_and_can_be_used_again() {
    for at in 1..=operations() {
        for times in [1, 5] {
            let platter = Platter::formatted();
            let mut file = open(&platter);
            platter.fail(platter.operations() + at, Fault::Full(times));
            let (mut last, mut possible) = (None, None);
            for number in 0..WRITES {
                let revision = file.revision();
                match file.write(&[nth(number)]) {
                    Ok(_) => last = Some(number.to_string()),
                    Err(StoreError::Unavailable { .. }) => assert_eq!(file.revision(), revision),
                    // The file could not even be looked at again at once.
                    Err(StoreError::Unresolved { .. }) => possible = Some(number.to_string()),
                    Err(error) => panic!("operation {at}: {error}"),
                }
                let Ok(entry) = file.read(|read| tables::get(read, "left")) else {
                    continue;
                };
                let found = entry.map(|entry| String::from_utf8(entry.value).unwrap());
                let maybe = possible.take();
                if maybe.is_some() && maybe == found {
                    last.clone_from(&found);
                }
                assert_eq!(found, last, "operation {at}");
                assert_eq!(text(&mut file, "right"), last, "operation {at}");
            }
            platter.fail(0, Fault::Full(0));
            file.write(&[nth(99)]).unwrap();
            assert_eq!(text(&mut file, "left").unwrap(), "99");
        }
    }
}

#[test]
fn after_a_write_that_the_disk_did_not_confirm_nothing_is_done_any_more() {
    let mut stopped = 0;
    for at in 1..=operations() {
        let platter = Platter::formatted();
        let mut file = open(&platter);
        platter.fail(platter.operations() + at, Fault::Unconfirmed);
        let mut failed = None;
        for number in 0..WRITES {
            if let Err(error) = file.write(&[nth(number)]) {
                failed = Some((number, error));
                break;
            }
        }
        let Some((number, error)) = failed else { continue };
        match error {
            StoreError::Unresolved { .. } => {
                stopped += 1;
                for error in [
                    file.write(&[nth(number + 1)]).unwrap_err(),
                    file.read(|read| tables::get(read, "left")).unwrap_err(),
                ] {
                    assert!(error.to_string().contains("see to the disk"), "{error}");
                }
            }
            StoreError::Unavailable { .. } => file.write(&[nth(number + 1)]).map(drop).unwrap(),
            error => panic!("operation {at}: {error}"),
        }
    }
    assert!(stopped > 0);
}
