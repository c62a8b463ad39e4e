//! The two interfaces: Docker's, which podman speaks as well, and LXD's, which Incus speaks.

use std::path::Path;

use super::Question;
use crate::workload::ContainerFacts;
use crate::workload::engine_files;

/// LXD and Incus call their sockets this.
const OF_LXD: &str = "unix.socket";
/// No name that is asked for is longer.
const LONGEST: usize = 128;

/// How a daemon is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Api {
    /// Docker's.
    Docker,
    /// LXD's.
    Lxd,
}

impl Api {
    /// By the file name of the socket.
    pub(super) fn of_socket(socket: &Path) -> Self {
        if socket.ends_with(OF_LXD) {
            Self::Lxd
        } else {
            Self::Docker
        }
    }

    /// What to ask for; nothing where the question is not this daemon's, or has a name in it that none of its containers can
    /// have.
    pub(super) fn target(self, question: &Question) -> Option<String> {
        match (self, question) {
            (Self::Docker, Question::Container(id)) => is_plain(id).then(|| format!("/containers/{id}/json")),
            (Self::Lxd, Question::Instance { project, name }) => (is_plain(project) && is_plain(name))
                .then(|| format!("/1.0/instances/{name}?project={project}")),
            _ => None,
        }
    }

    /// The facts in an answer.
    pub(super) fn read(self, body: &[u8]) -> Option<ContainerFacts> {
        match self {
            Self::Docker => engine_files::docker_config(body),
            Self::Lxd => engine_files::lxd_instance(body),
        }
    }
}

/// Nothing that means anything within a request.
fn is_plain(name: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !name.is_empty() && name.len() <= LONGEST && !name.starts_with('.') && name.bytes().all(is_word)
}
