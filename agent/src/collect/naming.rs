//! The operator's rules, applied to those who have been found.

use std::cell::RefCell;
use std::sync::Arc;

use wattle_hostfs::Roots;

use super::evidence::Person;
use super::evidence::Users;
use crate::workload::Identity;
use crate::workload::Kind;
use crate::workload::Label;
use crate::workload::rules::Facts;
use crate::workload::rules::Rules;

/// Who somebody is, without the rules and with them.
#[derive(Clone, Debug)]
pub(super) struct Named {
    /// What its manager calls it.
    pub(super) found: Arc<Identity>,
    /// Who pays: what the rules call it.
    pub(super) workload: Arc<Identity>,
}

/// Applies the rules, each time that somebody is new or that the rules are.
#[derive(Debug)]
pub(super) struct Naming {
    roots: Roots,
    rules: Arc<Rules>,
    users: RefCell<Users>,
    edition: u64,
}

impl Named {
    /// Nobody's rules concern it.
    pub(super) fn plainly(found: &Arc<Identity>) -> Self {
        Self {
            found: found.clone(),
            workload: found.clone(),
        }
    }
}

impl Naming {
    pub(super) fn new(roots: &Roots) -> Self {
        Self {
            roots: roots.clone(),
            rules: Arc::default(),
            users: RefCell::default(),
            edition: 0,
        }
    }

    /// Takes other rules, if they are others.
    pub(super) fn set_rules(&mut self, rules: &Arc<Rules>) {
        if self.rules != *rules {
            self.rules = rules.clone();
            self.edition += 1;
        }
    }

    /// Grows with each change of the rules: who was named in an earlier edition is to be named again.
    pub(super) fn edition(&self) -> u64 {
        self.edition
    }

    /// Whether there are rules.
    pub(super) fn has_rules(&self) -> bool {
        !self.rules.is_empty()
    }

    /// Whether rules ask for what a process runs, which changes with execve(2).
    pub(super) fn wants_process(&self) -> bool {
        self.rules.want_process()
    }

    /// A workload whose cgroup is at `path`. `pids` gives its processes, and is asked only if rules want to know of them.
    pub(super) fn of_cgroup(
        &self,
        found: &Arc<Identity>,
        path: &str,
        pids: impl FnOnce() -> Vec<u32>,
    ) -> Named {
        self.name(found, path, || {
            let users = &mut self.users.borrow_mut();
            let mut person = Person::of_workload(&self.roots, users, found.kind, &pids()).unwrap_or_default();
            // Some of a user's session is root's, and what is the user's is known anyway.
            if let Some(uid) = owner(found) {
                person.user = users.name(&self.roots, uid);
            }
            Some(person)
        })
    }

    /// A workload that is a process, or a process in none.
    pub(super) fn of_process(&self, found: &Arc<Identity>, path: &str, born: (u32, u64)) -> Named {
        self.name(found, path, || {
            Person::of_process(&self.roots, &mut self.users.borrow_mut(), born)
        })
    }

    fn name(&self, found: &Arc<Identity>, path: &str, person: impl FnOnce() -> Option<Person>) -> Named {
        if !self.has_rules() || found.kind == Kind::Kernel {
            return Named::plainly(found);
        }
        let person = Some(person)
            .filter(|_| self.wants_process())
            .and_then(|ask| ask());
        let person = person.unwrap_or_default();
        let named = self.rules.apply(&Facts {
            identity: found,
            cgroup: path,
            executable: &person.executable,
            user: &person.user,
        });
        Named {
            found: found.clone(),
            workload: named.unwrap_or_else(|| found.clone()),
        }
    }
}

/// The user whose session or container it is. The labels of machines have the names that their managers give to users.
fn owner(found: &Identity) -> Option<u32> {
    let is_of_host = matches!(found.kind, Kind::Service | Kind::Container);
    let user = found.details.get(Label::User).filter(|_| is_of_host)?;
    user.parse().ok()
}
