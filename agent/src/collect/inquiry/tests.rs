//! Daemons that answer, hang, talk nonsense or hang up.

use std::io::Read;
use std::io::Write;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use super::*;
use crate::workload::CgroupSort;
use crate::workload::Nesting;
use crate::workload::sort_cgroup;

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const WEB: &str = r#"{"Id":"x","Name":"/web","Config":{"Image":"nginx:1","Labels":{}}}"#;

/// A daemon that answers each connection with this text; returns its socket and what it was asked.
fn daemon(dir: &Path, name: &str, answer: Option<&str>) -> (PathBuf, Receiver<String>) {
    let socket = dir.join(name);
    let listener = UnixListener::bind(&socket).unwrap();
    let answer = answer.map(ToOwned::to_owned);
    let (asked, questions) = channel();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut text = [0; 4096];
            let read = stream.read(&mut text).unwrap_or(0);
            let _ = asked.send(String::from_utf8_lossy(&text[..read]).into_owned());
            match &answer {
                // It may have been hung up on.
                Some(answer) => drop(stream.write_all(answer.as_bytes())),
                None => kept.push(stream),
            }
        }
    });
    (socket, questions)
}

fn ok(body: &str) -> String {
    format!(
        "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn container() -> Subject {
    match sort_cgroup(&format!("/system.slice/docker-{ID}.scope"), Nesting::Outermost) {
        CgroupSort::Workload(subject) => subject,
        other => panic!("{other:?}"),
    }
}

/// Asks until there is an answer or none to come, and gives the evidence.
fn complete(inquiry: &mut Inquiry, subject: &Subject, found: &Evidence) -> Evidence {
    for tick in 1.. {
        let mut evidence = found.clone();
        if !inquiry.complete(subject, &mut evidence, tick) {
            return evidence;
        }
        // What the thread says next; the tick would not wait.
        let (question, answer) = inquiry.answers.recv().unwrap();
        let answer = Some(answer);
        inquiry.known.insert(question, Known { tick, answer });
    }
    unreachable!("there are ticks enough")
}

#[test]
fn a_daemon_names_a_container_that_the_disk_does_not_know() {
    let dir = tempfile::tempdir().unwrap();
    let unknown = "HTTP/1.0 404 Not Found\r\n\r\n{\"message\":\"no such container\"}";
    let (podman, _) = daemon(dir.path(), "podman.sock", Some(unknown));
    let (docker, questions) = daemon(dir.path(), "docker.sock", Some(&ok(WEB)));
    let mut inquiry = Inquiry::start(&[podman, docker]).unwrap();
    let subject = container();
    let found = complete(&mut inquiry, &subject, &Evidence::default());
    let identity = subject.identify(&found);
    assert_eq!((&*identity.id, &*identity.name), (ID, "web"));
    assert_eq!(identity.details.get(Label::Image), Some("nginx:1"));
    let question = questions.recv().unwrap();
    assert!(
        question.starts_with(&format!("GET /containers/{ID}/json HTTP/1.0\r\n")),
        "{question}"
    );
    assert_eq!(questions.try_iter().count(), 0, "asked once");
}

#[test]
fn what_the_disk_tells_is_not_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let (socket, questions) = daemon(dir.path(), "docker.sock", Some(&ok(WEB)));
    let mut inquiry = Inquiry::start(&[socket]).unwrap();
    let mut evidence = Evidence {
        container: Some(ContainerFacts {
            name: "db".to_owned(),
            ..ContainerFacts::default()
        }),
        ..Evidence::default()
    };
    assert!(!inquiry.complete(&container(), &mut evidence, 1));
    assert_eq!(evidence.container.unwrap().name, "db");
    assert_eq!(questions.try_iter().count(), 0);
}

#[test]
fn a_daemon_of_lxd_tells_project_and_image() {
    let dir = tempfile::tempdir().unwrap();
    let body = r#"{"type":"sync","metadata":{"name":"c1","project":"blue","config":{"image.description":"Debian 12"}}}"#;
    let (socket, questions) = daemon(dir.path(), "unix.socket", Some(&ok(body)));
    let mut inquiry = Inquiry::start(&[socket]).unwrap();
    let CgroupSort::Workload(subject) = sort_cgroup("/lxc.payload.blue_c1", Nesting::Outermost) else {
        panic!("no workload");
    };
    let identity = subject.identify(&complete(&mut inquiry, &subject, &Evidence::default()));
    assert_eq!(identity.name, "c1");
    assert_eq!(identity.details.get(Label::Project), Some("blue"));
    assert_eq!(identity.details.get(Label::Image), Some("Debian 12"));
    let question = questions.recv().unwrap();
    assert!(
        question.starts_with("GET /1.0/instances/c1?project=blue HTTP/1.0\r\n"),
        "{question}"
    );
}

#[test]
fn daemons_that_fail_leave_the_name_of_the_path_and_are_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let long = format!("HTTP/1.0 200 OK\r\n\r\n{}", "x".repeat(2 << 20));
    let head = format!("HTTP/1.0 200 OK\r\n{}", "A: b\r\n".repeat(10_000));
    for (number, answer) in [
        Some(""),
        Some("garbage\r\n\r\n"),
        Some("HTTP/1.0 200 OK\r\n\r\n{not json"),
        Some("HTTP/1.0 200 OK\r\nContent-Length: 99\r\n\r\n{}"),
        Some("HTTP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n{}"),
        Some("HTTP/1.0 200 OK\r\nContent-Length: 99999999999\r\n\r\n{}"),
        Some("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
        Some("HTTP/1.0 500 Oh\r\n\r\n"),
        Some("HTTP/1.0 twohundred\r\n\r\n"),
        Some(&*long),
        Some(&*head),
        // It accepts the question and says nothing.
        None,
    ]
    .into_iter()
    .enumerate()
    {
        let (socket, _questions) = daemon(dir.path(), &format!("{number}.sock"), answer);
        let mut inquiry = Inquiry::start(&[dir.path().join("missing"), socket]).unwrap();
        let found = complete(&mut inquiry, &container(), &Evidence::default());
        assert_eq!(found.container, None, "{number}");
    }
}

#[test]
fn a_tick_never_waits_and_questions_do_not_pile_up() {
    let dir = tempfile::tempdir().unwrap();
    let (socket, questions) = daemon(dir.path(), "docker.sock", None);
    let mut inquiry = Inquiry::start(&[socket]).unwrap();
    for number in 0..2000 {
        let path = format!("/system.slice/docker-{number:064x}.scope");
        let CgroupSort::Workload(subject) = sort_cgroup(&path, Nesting::Outermost) else {
            panic!("no workload");
        };
        assert!(inquiry.complete(&subject, &mut Evidence::default(), 1));
    }
    assert!(inquiry.known.len() <= WAITING + 2);
    questions.recv().unwrap();
}

#[test]
fn names_that_mean_something_in_a_request_are_not_asked_for() {
    let instance = |project: &str, name: &str| Question::Instance {
        project: project.to_owned(),
        name: name.to_owned(),
    };
    for bad in [
        "",
        "a b",
        "a/b",
        "..",
        "a?b",
        "a\r\nHost: x",
        "a%2f",
        "ä",
        &"a".repeat(200),
    ] {
        assert_eq!(Api::Lxd.target(&instance("default", bad)), None, "{bad:?}");
        assert_eq!(Api::Lxd.target(&instance(bad, "c1")), None, "{bad:?}");
        assert_eq!(
            Api::Docker.target(&Question::Container(bad.to_owned())),
            None,
            "{bad:?}"
        );
    }
    assert_eq!(Api::Docker.target(&instance("default", "c1")), None);
}
