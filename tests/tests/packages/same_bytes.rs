//! What is packed twice is the same.

use std::fs;

use super::made::Made;

#[test]
fn the_same_input_makes_the_same_bytes() {
    let kinds = ["deb", "rpm", "tarball"];
    let (first, second) = (Made::new(&kinds), Made::new(&kinds));
    let names = |made: &Made| {
        let files = made.files();
        let names = files.iter().map(|file| file.file_name().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(&first), names(&second));
    assert_eq!(first.files().len(), 5);
    for (one, other) in first.files().iter().zip(second.files()) {
        assert!(
            fs::read(one).unwrap() == fs::read(&other).unwrap(),
            "{}",
            one.display()
        );
    }
}
