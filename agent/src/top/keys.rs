//! From what a terminal sends to what the person wants.

use super::model::KINDS;
use super::model::Sort;
use super::model::Tab;

/// What a person can want.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Quit,
    Suspend,
    Tab(Tab),
    NextTab,
    Sort(Sort),
    Reverse,
    Kind(&'static str),
    ShowAll,
    Help,
    CloseHelp,
    Pause,
    Scroll(isize),
    Top,
    Bottom,
    BeginFilter,
    Type(char),
    Erase,
    EndFilter,
    DropFilter,
}

/// A page of rows, for keys that do not know how many there are.
const PAGE: isize = 10;

/// What single keys mean, for the help too.
pub(super) const MEANINGS: [(&str, &str); 12] = [
    ("w e c m n a", "sort by watts, energy, cpu, memory, network, name"),
    ("r", "reverse the order"),
    ("/", "filter by name, kind or id; Esc drops it"),
    (
        "V C S Y K I U O",
        "hide or show vm, container, service, system, kernel, idle, unattributed, other",
    ),
    ("x", "show all again"),
    ("1 2 3, Tab", "workloads, latency, sensors"),
    ("arrows, j k, PgUp PgDn", "scroll; Home and End too"),
    ("p, Space", "pause"),
    ("?, h", "this help"),
    ("Ctrl-Z", "suspend"),
    ("q, Ctrl-C", "quit"),
    ("~", "before a figure: estimated, not measured"),
];

/// One key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Char(char),
    Control(char),
    Escape,
    Enter,
    Backspace,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    Unknown,
}

/// What some input means; `typing` if letters go into the filter.
pub(super) fn actions(input: &[u8], mut typing: bool) -> Vec<Action> {
    let mut actions = Vec::new();
    for key in keys(input) {
        let action = if typing { in_filter(key) } else { command(key) };
        match action {
            Some(Action::BeginFilter) => typing = true,
            Some(Action::EndFilter | Action::DropFilter) => typing = false,
            _ => {}
        }
        actions.extend(action);
    }
    actions
}

fn in_filter(key: Key) -> Option<Action> {
    Some(match key {
        Key::Char(c) => Action::Type(c),
        Key::Backspace => Action::Erase,
        Key::Enter => Action::EndFilter,
        Key::Escape => Action::DropFilter,
        Key::Control('c') => Action::Quit,
        Key::Control('z') => Action::Suspend,
        _ => return None,
    })
}

fn command(key: Key) -> Option<Action> {
    Some(match key {
        Key::Char('q') | Key::Control('c') => Action::Quit,
        Key::Control('z') => Action::Suspend,
        Key::Char('1') => Action::Tab(Tab::Workloads),
        Key::Char('2') => Action::Tab(Tab::Latency),
        Key::Char('3') => Action::Tab(Tab::Sensors),
        Key::Char('\t') => Action::NextTab,
        Key::Char('w') => Action::Sort(Sort::Watts),
        Key::Char('e') => Action::Sort(Sort::Energy),
        Key::Char('c') => Action::Sort(Sort::Cpu),
        Key::Char('m') => Action::Sort(Sort::Memory),
        Key::Char('n') => Action::Sort(Sort::Network),
        Key::Char('a') => Action::Sort(Sort::Name),
        Key::Char('r') => Action::Reverse,
        Key::Char('x') => Action::ShowAll,
        Key::Char('?' | 'h') => Action::Help,
        Key::Char('p' | ' ') => Action::Pause,
        Key::Char('/') => Action::BeginFilter,
        Key::Escape => Action::CloseHelp,
        Key::Up | Key::Char('k') => Action::Scroll(-1),
        Key::Down | Key::Char('j') => Action::Scroll(1),
        Key::PageUp => Action::Scroll(-PAGE),
        Key::PageDown => Action::Scroll(PAGE),
        Key::Home => Action::Top,
        Key::End => Action::Bottom,
        Key::Char(c) => Action::Kind(KINDS.iter().find(|(_, key)| *key == c)?.0),
        _ => return None,
    })
}

/// Sequences of cursor keys, as terminals of the kind of VT100 and xterm send them behind an escape.
const SEQUENCES: [(&[u8], Key); 14] = [
    (b"[A", Key::Up),
    (b"[B", Key::Down),
    (b"OA", Key::Up),
    (b"OB", Key::Down),
    (b"[5~", Key::PageUp),
    (b"[6~", Key::PageDown),
    (b"[H", Key::Home),
    (b"[F", Key::End),
    (b"OH", Key::Home),
    (b"OF", Key::End),
    (b"[1~", Key::Home),
    (b"[4~", Key::End),
    (b"[7~", Key::Home),
    (b"[8~", Key::End),
];

fn keys(mut input: &[u8]) -> Vec<Key> {
    let mut keys = Vec::new();
    while let Some((key, rest)) = next(input) {
        keys.push(key);
        input = rest;
    }
    keys
}

fn next(input: &[u8]) -> Option<(Key, &[u8])> {
    let (&first, rest) = input.split_first()?;
    Some(match first {
        0x1b => escaped(rest),
        b'\r' | b'\n' => (Key::Enter, rest),
        b'\t' => (Key::Char('\t'), rest),
        0x7f | 8 => (Key::Backspace, rest),
        1..=26 => (Key::Control(char::from(first - 1 + b'a')), rest),
        0..0x20 => (Key::Unknown, rest),
        _ => character(input),
    })
}

fn escaped(rest: &[u8]) -> (Key, &[u8]) {
    for (sequence, key) in SEQUENCES {
        if let Some(rest) = rest.strip_prefix(sequence) {
            return (key, rest);
        }
    }
    match rest.first() {
        // Another sequence: up to its last byte, a letter or a tilde (ECMA-48, section 5.4).
        Some(b'[' | b'O') => {
            let end = rest[1..].iter().position(|byte| (0x40..=0x7e).contains(byte));
            (Key::Unknown, end.map_or(&[], |end| &rest[end + 2..]))
        }
        _ => (Key::Escape, rest),
    }
}

fn character(input: &[u8]) -> (Key, &[u8]) {
    let longest = input.len().min(4);
    for length in 1..=longest {
        if let Ok(text) = std::str::from_utf8(&input[..length]) {
            let key = text.chars().next().map_or(Key::Unknown, Key::Char);
            return (key, &input[length..]);
        }
    }
    (Key::Unknown, &input[1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_mean_what_the_help_says() {
        for (input, expected) in [
            (&b"q"[..], &[Action::Quit][..]),
            (b"\x03\x1a", &[Action::Quit, Action::Suspend]),
            (b"m\x1b[B", &[Action::Sort(Sort::Memory), Action::Scroll(1)]),
            (b"\t3", &[Action::NextTab, Action::Tab(Tab::Sensors)]),
            (b"VO", &[Action::Kind("vm"), Action::Kind("other")]),
            (b"\x1b", &[Action::CloseHelp]),
            (b"\x1b[1;5C\x1b[15~p", &[Action::Pause]),
            (b"\x1b[200", &[]),
            (b"\xff\x00z", &[]),
        ] {
            assert_eq!(actions(input, false), expected, "{input:?}");
        }
    }

    #[test]
    fn letters_go_into_the_filter_while_it_is_typed() {
        assert_eq!(
            actions("/qü\x7f\rq".as_bytes(), false),
            [
                Action::BeginFilter,
                Action::Type('q'),
                Action::Type('ü'),
                Action::Erase,
                Action::EndFilter,
                Action::Quit
            ]
        );
        assert_eq!(
            actions(b"q\x1bq", true),
            [Action::Type('q'), Action::DropFilter, Action::Quit]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_input_is_read_to_its_end(input: Vec<u8>, typing: bool) {
            let _ = actions(&input, typing);
        }
    }
}
