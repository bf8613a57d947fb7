//! Who may do what: one user per stage, and those who are no stage.

use super::{Definitions, EXCHANGE, Permission, User, exactly};
use contracts::{
    flow::{FLOW, StageName},
    queue::{self, REQUESTS},
};

const NOTHING: &str = "^$";
const EVERYTHING: &str = ".*";

/// Who talks to the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The workers of one stage: they take from its queue and publish to the exchange.
    Worker(StageName),
    /// Whoever hands in requests with a client of their own: reaches the first stage, nothing else.
    Submit,
    /// People and their tools: take from any queue, dead letters above all, and publish again.
    Operator,
    /// What scales the workers: reads how full queues are, through the management interface.
    Monitor,
}

impl Role {
    /// The name of its user.
    #[must_use]
    pub fn user(self) -> String {
        match self {
            Self::Worker(stage) => format!("worker-{stage}"),
            Self::Submit => "submit".into(),
            Self::Operator => "operator".into(),
            Self::Monitor => "monitor".into(),
        }
    }

    fn tags(self) -> Vec<String> {
        match self {
            Self::Worker(_) | Self::Submit => Vec::new(),
            Self::Operator | Self::Monitor => vec!["monitoring".into()],
        }
    }

    /// What it may do in a virtual host; nobody may declare anything.
    #[must_use]
    pub fn permission(self, vhost: &str) -> Permission {
        let (write, read) = match self {
            Self::Worker(stage) => (exactly(EXCHANGE), exactly(queue::work(stage))),
            Self::Submit => (exactly(REQUESTS), NOTHING.into()),
            Self::Operator => (exactly(EXCHANGE), EVERYTHING.into()),
            Self::Monitor => (NOTHING.into(), NOTHING.into()),
        };
        Permission {
            user: self.user(),
            vhost: vhost.into(),
            configure: NOTHING.into(),
            write,
            read,
        }
    }
}

/// Every role there is, in the order of the flow.
#[must_use]
pub fn roles() -> Vec<Role> {
    let workers = FLOW.iter().map(|spec| Role::Worker(spec.name));
    workers
        .chain([Role::Submit, Role::Operator, Role::Monitor])
        .collect()
}

/// Users and permissions for a virtual host of this name. Without a password from `password`, a
/// user has an empty hash and cannot log in.
#[must_use]
pub fn users(vhost: &str, password: impl Fn(Role) -> Option<String>) -> Definitions {
    let user = |role: Role| {
        let password = password(role);
        User {
            name: role.user(),
            password_hash: password.is_none().then(String::new),
            password,
            tags: role.tags(),
        }
    };
    Definitions {
        users: roles().into_iter().map(user).collect(),
        permissions: roles()
            .into_iter()
            .map(|role| role.permission(vhost))
            .collect(),
        ..Definitions::default()
    }
}
