//! What the daemons of container engines say of containers about which the disk says too little.
//!
//! Only where the operator names their sockets. They are asked on a thread of its own, one question after the other, with a
//! timeout: a tick leaves a question there and finds the answer in a later one, or does not. An answer counts like a file
//! that was written late.

mod api;
mod http;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::SyncSender;
use std::sync::mpsc::channel;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use self::api::Api;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::privilege::Task;
use crate::privilege::keep_only;
use crate::workload::ContainerFacts;
use crate::workload::Evidence;
use crate::workload::Label;
use crate::workload::Subject;
use crate::workload::Wants;

/// How long a daemon may take for an answer, from the connection to its last byte.
const PATIENCE: Duration = Duration::from_secs(2);
/// One that does not answer is left alone for so long.
const LEFT_ALONE: Duration = Duration::from_secs(30);
/// Questions that wait. Those beyond are put again when their workloads are next looked at.
const WAITING: usize = 256;
/// An answer is kept for so many ticks: as long as anybody may ask for it again.
const KEPT: u64 = 64;

/// Whom a question is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Question {
    /// The container with this id.
    Container(String),
    /// The instance of this name in this project.
    Instance { project: String, name: String },
}

/// Asks daemons, and keeps their answers for a while.
#[derive(Debug)]
pub(super) struct Inquiry {
    questions: SyncSender<Question>,
    answers: Receiver<(Question, Option<ContainerFacts>)>,
    known: HashMap<Question, Known>,
    tidied: u64,
}

#[derive(Debug)]
struct Known {
    tick: u64,
    /// Nothing before it has come; and then nothing where nobody knows the container.
    answer: Option<Option<ContainerFacts>>,
}

impl Inquiry {
    /// Asks the daemons that listen on these sockets, in this order. Nothing where there is none.
    pub(super) fn start(sockets: &[PathBuf]) -> Option<Self> {
        if sockets.is_empty() {
            return None;
        }
        let (questions, inbox) = sync_channel(WAITING);
        let (outbox, answers) = channel();
        let mut daemons = Daemons::new(sockets);
        let thread = std::thread::Builder::new().name("ask".to_owned()).spawn(move || {
            keep_only(Task::Other);
            for question in inbox {
                let answer = daemons.ask(&question);
                if outbox.send((question, answer)).is_err() {
                    break;
                }
            }
        });
        if let Err(error) = thread {
            tracing::warn!(%error, "workload.sockets are not asked: no thread can be started");
            return None;
        }
        Some(Self {
            questions,
            answers,
            known: HashMap::new(),
            tidied: 0,
        })
    }

    /// Adds to the evidence what a daemon has said; returns whether one is still to say something. Never waits.
    pub(super) fn complete(&mut self, subject: &Subject, found: &mut Evidence, tick: u64) -> bool {
        let Some(question) = question(subject, found) else {
            return false;
        };
        self.take_in(tick);
        if let Some(known) = self.known.get(&question) {
            let Some(answer) = &known.answer else { return true };
            if let Some(facts) = answer {
                add(found, facts);
            }
            return false;
        }
        if self.questions.try_send(question.clone()).is_ok() {
            self.known.insert(question, Known { tick, answer: None });
        }
        true
    }

    fn take_in(&mut self, tick: u64) {
        for (question, answer) in self.answers.try_iter() {
            let answer = Some(answer);
            self.known.insert(question, Known { tick, answer });
        }
        if tick >= self.tidied + KEPT {
            self.tidied = tick;
            self.known.retain(|_, known| tick < known.tick + KEPT);
        }
    }
}

/// What the disk did not tell.
fn question(subject: &Subject, found: &Evidence) -> Option<Question> {
    match subject.wants() {
        Wants::Container { id, .. } if found.container.is_none() => Some(Question::Container(id.clone())),
        Wants::SystemContainer(_) => {
            let details = found.container.as_ref().map(|facts| &facts.details);
            let missing = details.is_none_or(|details| details.get(Label::Image).is_none());
            let known = details.and_then(|details| details.get(Label::Project));
            let name = found.container.as_ref().map(|facts| facts.name.as_str());
            missing.then(|| Question::Instance {
                project: known.or(subject.project()).unwrap_or("default").to_owned(),
                name: name
                    .filter(|name| !name.is_empty())
                    .unwrap_or(subject.name())
                    .to_owned(),
            })
        }
        _ => None,
    }
}

/// What the disk told stays.
fn add(found: &mut Evidence, facts: &ContainerFacts) {
    let Some(known) = &mut found.container else {
        found.container = Some(facts.clone());
        return;
    };
    let mut details = facts.details.clone();
    details.add(&known.details);
    known.details = details;
}

/// The daemons, as the thread knows them.
struct Daemons(Vec<Daemon>);

struct Daemon {
    socket: PathBuf,
    api: Api,
    /// It is not asked before this time.
    from: Duration,
    /// Its silence was spoken of.
    is_silent: bool,
}

impl Daemons {
    fn new(sockets: &[PathBuf]) -> Self {
        let daemon = |socket: &PathBuf| Daemon {
            socket: socket.clone(),
            api: Api::of_socket(socket),
            from: Duration::ZERO,
            is_silent: false,
        };
        Self(sockets.iter().map(daemon).collect())
    }

    /// The answer of the first that has one.
    fn ask(&mut self, question: &Question) -> Option<ContainerFacts> {
        self.0.iter_mut().find_map(|daemon| daemon.ask(question))
    }
}

impl Daemon {
    fn ask(&mut self, question: &Question) -> Option<ContainerFacts> {
        let target = self.api.target(question)?;
        if SystemClock.steady() < self.from {
            return None;
        }
        match get(&self.socket, &target) {
            Ok(answer) => {
                self.is_silent = false;
                self.api.read(&answer?)
            }
            Err(error) => {
                self.from = SystemClock.steady() + LEFT_ALONE;
                if !std::mem::replace(&mut self.is_silent, true) {
                    let socket = self.socket.display();
                    tracing::warn!(%error, "{socket} of workload.sockets does not answer; it is tried again now and then");
                }
                None
            }
        }
    }
}

/// An answer's body; nothing where the daemon does not know the container.
fn get(socket: &Path, target: &str) -> Result<Option<Vec<u8>>, http::Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(http::Failure::Io)?;
    runtime.block_on(async {
        tokio::time::timeout(PATIENCE, http::get(socket, target))
            .await
            .unwrap_or(Err(http::Failure::TooLate))
    })
}
