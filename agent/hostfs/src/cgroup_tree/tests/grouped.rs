//! Groupings that are workloads too.

use super::*;

/// What each workload is inside of, by path.
fn around(tree: &CgroupTree<u32>, paths: &[&str]) -> Vec<Option<String>> {
    let path = |path: &&str| {
        tree.around(path.as_bytes())
            .map(|found| found.path.as_str().to_owned())
    };
    paths.iter().map(path).collect()
}

#[test]
fn a_grouping_that_is_a_workload_counts_all_and_what_is_in_it_is_found_too() {
    let mut made = Made::v2();
    made.used("user.slice/user-1.slice", 100);
    made.used("user.slice/user-1.slice/deep.slice/pod", 30);
    made.write("user.slice/cgroup.procs", "7\n");
    made.write("user.slice/user-1.slice/cgroup.procs", "8\n");
    made.write("user.slice/user-1.slice/deep.slice/cgroup.procs", "9\n");
    let mut tree = made.tree(100);
    made.scan(&mut tree);
    let all = [
        ("/user.slice/user-1.slice", 100, true, false),
        ("/user.slice/user-1.slice/deep.slice/pod", 30, true, false),
    ];
    assert_eq!(figures(&tree), all);
    assert_eq!(made.loose(&mut tree), [7]);
    made.remove("user.slice/user-1.slice");
    made.scan(&mut tree);
    assert_eq!(ended(&mut tree).len(), 2);
    assert_eq!((tree.tracked(), tree.workloads().len()), (1, 0));
}

#[test]
fn the_caller_is_told_which_workload_is_around_a_new_one() {
    let mut made = Made::v2();
    for path in ["free", "user-1/a", "user-1/x.slice/user-2/b", "user-1/x.slice/c"] {
        made.used(path, 1);
    }
    let mut tree = CgroupTree::<String>::new(&made.hierarchies(), 100);
    let mut told = Vec::new();
    tree.scan(&mut made.scratch, |path, origin| {
        told.push((path.as_str().to_owned(), origin.around.cloned()));
        match path.name() {
            name if name.starts_with("user-") => Sort::GroupOf(path.as_str().to_owned()),
            name if name.ends_with(".slice") => Sort::Descend,
            _ => Sort::Workload(path.as_str().to_owned()),
        }
    })
    .unwrap();
    told.sort();
    let of = |path: &str, around: Option<&str>| (path.to_owned(), around.map(str::to_owned));
    let expected = [
        of("/free", None),
        of("/user-1", None),
        of("/user-1/a", Some("/user-1")),
        of("/user-1/x.slice", Some("/user-1")),
        of("/user-1/x.slice/c", Some("/user-1")),
        of("/user-1/x.slice/user-2", Some("/user-1")),
        of("/user-1/x.slice/user-2/b", Some("/user-1/x.slice/user-2")),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_path_leads_to_the_innermost_workload_around_it() {
    let mut made = Made::v2();
    for path in ["a.slice/w/inner/most", "user-1/x.slice/p"] {
        made.used(path, 1);
    }
    let mut tree = made.tree(100);
    made.scan(&mut tree);
    let paths = [
        "/",
        "",
        "/a.slice",
        "/a.slice/w/inner/most",
        "/user-1/new",
        "/user-1/x.slice/p/q",
        "/none/w",
    ];
    let expected = [
        None,
        None,
        None,
        Some("/a.slice/w"),
        Some("/user-1"),
        Some("/user-1/x.slice/p"),
        None,
    ];
    assert_eq!(
        around(&tree, &paths),
        expected.map(|path| path.map(str::to_owned))
    );
}

#[test]
fn a_grouping_made_again_between_two_scans_takes_all_in_it_along() {
    let mut made = Made::v2();
    made.used("user-1", 100);
    made.used("user-1/a", 50);
    let mut tree = made.tree(100);
    made.scan(&mut tree);
    made.used("user-1", 3);
    made.used("user-1/a", 2);
    (0..3).for_each(|_| made.scan(&mut tree));
    assert_eq!(
        figures(&tree),
        [("/user-1", 3, false, false), ("/user-1/a", 2, false, false)]
    );
    assert_eq!(tree.tracked(), 2);
}
