//! Groupings of which the kernel tells what comes and goes.

use super::*;

#[test]
fn groupings_are_watched_and_what_is_gone_is_watched_no_longer() {
    let mut made = Made::v2();
    made.used("a.slice/b.slice/w", 1);
    let mut tree = made.tree(100);
    made.scan(&mut tree);
    if tree.watched() == 0 {
        eprintln!("skipped: no inotify here");
        return;
    }
    assert_eq!(tree.watched(), 3);
    made.remove("a.slice");
    made.scan(&mut tree);
    assert_eq!((tree.watched(), tree.tracked()), (1, 0));
    // Word of directories that were removed still comes, and is of no account.
    made.scan(&mut tree);
    assert_eq!((tree.watched(), tree.tracked()), (1, 0));
}

#[test]
fn what_comes_and_goes_is_seen_at_the_next_scan_with_word_of_it_and_without() {
    for watched in [true, false] {
        let mut made = Made::v2();
        made.used("a.slice/w0", 1);
        let mut tree = made.tree(100);
        made.scan(&mut tree);
        if !watched {
            tree.give_up_watching();
        }
        for turn in 1..200 {
            made.used(&format!("a.slice/w{turn}"), turn);
            made.remove(&format!("a.slice/w{}", turn - 1));
            made.scan(&mut tree);
            assert_eq!(
                figures(&tree),
                [(&*format!("/a.slice/w{turn}"), turn, true, false)]
            );
            assert_eq!(ended(&mut tree).len(), 1);
        }
    }
}

#[test]
fn a_change_without_a_word_is_found_in_time_and_then_every_scan_looks() {
    let mut made = Made::v2();
    made.used("a.slice/w", 1);
    let mut tree = made.tree(100);
    made.scan(&mut tree);
    if tree.watched() == 0 {
        eprintln!("skipped: no inotify here");
        return;
    }
    tree.deafen();
    made.used("a.slice/x", 1);
    let found = (0..65).position(|_| {
        made.scan(&mut tree);
        tree.workloads().len() == 2
    });
    assert!(found.is_some());
    made.scan(&mut tree);
    for name in ["a.slice/y", "a.slice/z"] {
        made.used(name, 1);
        let before = tree.workloads().len();
        made.scan(&mut tree);
        assert_eq!(tree.workloads().len(), before + 1);
    }
}
