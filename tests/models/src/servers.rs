//! The two chat servers as state machines. Calls of users change a server's tables, and the server sends a callback for
//! some of the changes. The view sees only the callbacks, and must not say anything that the tables contradict.
//!
//! A row that changed without a callback is *unreported*: nobody can know it until a later callback reports it.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Source, UserId,
    relation::rows::{Aspect, Fact},
};
use proptest::{
    collection::{SizeRange, vec},
    prelude::*,
};

use crate::relations::{self, Model};

/// The owner of a list or request, and the other user.
pub type Pair = (UserId, UserId);

/// A callback of a server, named as its command is.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the wire types say it")]
pub enum Callback {
    // OpenIM's.
    AfterAddFriend {
        pair: Pair,
        message: String,
    },
    /// The user who had asked, and the user who accepted.
    AfterAddFriendAgree(Pair),
    AfterImportFriends {
        owner: UserId,
        friends: Vec<UserId>,
    },
    AfterDeleteFriend(Pair),
    AfterSetFriendRemark {
        pair: Pair,
        remark: String,
    },
    BeforeAddBlack {
        pair: Pair,
        /// Whether the answer refuses it.
        refused: bool,
    },
    AfterRemoveBlack(Pair),
    // Tencent Chat's.
    FriendAdd(Vec<Pair>),
    FriendDelete(Vec<Pair>),
    BlackListAdd(Vec<Pair>),
    BlackListDelete(Vec<Pair>),
}

/// What a server holds at the end of a history.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// The remark of each entry of a friend list; empty when it has none.
    friends: BTreeMap<Pair, String>,
    /// The messages of pending requests.
    requests: BTreeMap<Pair, String>,
    blocks: BTreeSet<Pair>,
    /// Blocks that a callback announced since the last unblocking.
    attempted_blocks: BTreeSet<Pair>,
    unreported: BTreeSet<(Pair, Aspect)>,
}

impl Truth {
    /// The first difference between the view and the server's tables, except in unreported rows.
    pub fn contradiction(&self, view: &Model) -> Option<String> {
        for owner in relations::USERS {
            for other in relations::USERS {
                let pair = (UserId::new(owner).unwrap(), UserId::new(other).unwrap());
                for (fact, said) in self.of(&pair).into_iter().zip(said_of(view, &pair)) {
                    let reported = !self.unreported.contains(&(pair.clone(), fact.aspect()));
                    if reported && fact != said {
                        return Some(format!(
                            "{owner} {other}: the server has {fact:?}, the view {said:?}"
                        ));
                    }
                }
                let held = self.blocks.contains(&pair);
                let said = view.blocks.contains(&pair) || view.intended_blocks.contains(&pair);
                if held && !said {
                    return Some(format!(
                        "{owner} blocks {other}, and the view does not show it"
                    ));
                }
            }
        }
        None
    }

    fn of(&self, pair: &Pair) -> [Fact; 4] {
        let block = if self.attempted_blocks.contains(pair) {
            Fact::BlockIntended
        } else {
            Fact::Block(self.blocks.contains(pair))
        };
        [
            Fact::Friend(self.friends.contains_key(pair)),
            Fact::Remark(self.friends.get(pair).cloned().unwrap_or_default()),
            Fact::Request(self.requests.get(pair).cloned()),
            block,
        ]
    }

    fn report(&mut self, pair: &Pair, aspect: Aspect) {
        self.unreported.remove(&(pair.clone(), aspect));
    }

    /// Call this only when a row really changed.
    fn changed_silently(&mut self, pair: &Pair, aspect: Aspect) {
        self.unreported.insert((pair.clone(), aspect));
    }

    /// Adds a friend. An entry that exists keeps its remark.
    fn befriend(&mut self, pair: &Pair) {
        self.friends.entry(pair.clone()).or_default();
        self.report(pair, Aspect::Friend);
    }

    fn unfriend(&mut self, pair: &Pair) {
        self.friends.remove(pair);
        self.report(pair, Aspect::Friend);
        self.report(pair, Aspect::Remark);
    }
}

fn said_of(view: &Model, pair: &Pair) -> [Fact; 4] {
    let block = if view.intended_blocks.contains(pair) {
        Fact::BlockIntended
    } else {
        Fact::Block(view.blocks.contains(pair))
    };
    [
        Fact::Friend(view.friends.contains(pair)),
        Fact::Remark(view.remarks.get(pair).cloned().unwrap_or_default()),
        Fact::Request(view.requests.get(pair).cloned()),
        block,
    ]
}

fn flipped((owner, other): &Pair) -> Pair {
    (other.clone(), owner.clone())
}

/// A call of a user, an administrator or an app.
#[derive(Clone, Debug)]
enum Call {
    Ask,
    Accept,
    Refuse,
    Import(Vec<UserId>),
    Add {
        both: bool,
    },
    Delete {
        both: bool,
    },
    SetRemark(String),
    /// By the API that sends no callback.
    SetRemarkSilently(String),
    Block {
        /// OpenIM only.
        refused: bool,
        fails: bool,
        /// A setting of Tencent Chat's console.
        remain_friends: bool,
    },
    Unblock,
}

fn call() -> impl Strategy<Value = (Pair, Call)> {
    let text = || (0..3_u8).prop_map(|n| "x".repeat(n.into()));
    let call = prop_oneof![
        4 => Just(Call::Ask),
        3 => Just(Call::Accept),
        1 => Just(Call::Refuse),
        1 => vec(relations::user(), 1..4).prop_map(Call::Import),
        2 => any::<bool>().prop_map(|both| Call::Add { both }),
        3 => any::<bool>().prop_map(|both| Call::Delete { both }),
        3 => text().prop_map(Call::SetRemark),
        1 => text().prop_map(Call::SetRemarkSilently),
        3 => any::<[bool; 3]>().prop_map(|[refused, fails, remain_friends]| Call::Block {
            refused,
            fails,
            remain_friends,
        }),
        2 => Just(Call::Unblock),
    ];
    // Nobody adds or blocks themselves.
    let users = relations::USERS.len();
    let pair = (0..users, 1..users).prop_map(move |(n, further)| {
        let user = |n: usize| UserId::new(relations::USERS[n % users]).unwrap();
        (user(n), user(n + further))
    });
    (pair, call)
}

/// OpenIM has three tables, with one row for each ordered pair. A call without effect changes nothing and sends no
/// callback, except where a comment says otherwise.
fn openim(truth: &mut Truth, pair: Pair, call: Call) -> Vec<Callback> {
    let back = flipped(&pair);
    match call {
        Call::Ask => {
            if truth.friends.contains_key(&pair) && truth.friends.contains_key(&back) {
                return Vec::new();
            }
            // The message is a number, so asking again changes it.
            let message = truth.requests.len().to_string();
            truth.requests.insert(pair.clone(), message.clone());
            truth.report(&pair, Aspect::Request);
            vec![Callback::AfterAddFriend { pair, message }]
        }
        // The first user of the pair asked, the other accepts.
        Call::Accept => {
            if truth.requests.remove(&pair).is_none() {
                return Vec::new();
            }
            truth.requests.remove(&back);
            for pair in [&pair, &back] {
                truth.report(pair, Aspect::Request);
                truth.befriend(pair);
            }
            vec![Callback::AfterAddFriendAgree(pair)]
        }
        Call::Refuse => {
            if truth.requests.remove(&pair).is_some() {
                truth.changed_silently(&pair, Aspect::Request);
            }
            Vec::new()
        }
        Call::Import(friends) => {
            let (owner, _) = pair;
            let friends: BTreeSet<UserId> = friends.into_iter().filter(|it| *it != owner).collect();
            if friends.is_empty() {
                return Vec::new();
            }
            for friend in &friends {
                truth.befriend(&(owner.clone(), friend.clone()));
                truth.befriend(&(friend.clone(), owner.clone()));
            }
            vec![Callback::AfterImportFriends {
                owner,
                friends: friends.into_iter().collect(),
            }]
        }
        // OpenIM has no such call.
        Call::Add { .. } => Vec::new(),
        // Deletes one direction. OpenIM sends the callback even if the entry did not exist.
        Call::Delete { .. } => {
            truth.unfriend(&pair);
            vec![Callback::AfterDeleteFriend(pair)]
        }
        Call::SetRemark(remark) => {
            let Some(held) = truth.friends.get_mut(&pair) else {
                return Vec::new();
            };
            held.clone_from(&remark);
            truth.report(&pair, Aspect::Remark);
            truth.report(&pair, Aspect::Friend);
            vec![Callback::AfterSetFriendRemark { pair, remark }]
        }
        Call::SetRemarkSilently(remark) => {
            if let Some(held) = truth.friends.get_mut(&pair) {
                *held = remark;
                truth.changed_silently(&pair, Aspect::Remark);
            }
            Vec::new()
        }
        // OpenIM asks before it knows whether the call will succeed.
        Call::Block { refused, fails, .. } => {
            if !refused {
                truth.attempted_blocks.insert(pair.clone());
                if !fails {
                    truth.blocks.insert(pair.clone());
                }
            }
            vec![Callback::BeforeAddBlack { pair, refused }]
        }
        // OpenIM sends the callback even if no block existed.
        Call::Unblock => {
            truth.blocks.remove(&pair);
            truth.attempted_blocks.remove(&pair);
            vec![Callback::AfterRemoveBlack(pair)]
        }
    }
}

/// Tencent Chat has two lists for each user. It sends no callback for pending requests, remarks and imports, nor for a
/// call without effect.
fn tencent(truth: &mut Truth, pair: Pair, call: Call) -> Vec<Callback> {
    let back = flipped(&pair);
    match call {
        Call::Ask => {
            if truth.requests.insert(pair.clone(), String::new()).is_none() {
                truth.changed_silently(&pair, Aspect::Request);
            }
            Vec::new()
        }
        Call::Refuse => {
            if truth.requests.remove(&pair).is_some() {
                truth.changed_silently(&pair, Aspect::Request);
            }
            Vec::new()
        }
        Call::Accept => {
            if truth.requests.remove(&pair).is_none() {
                return Vec::new();
            }
            truth.changed_silently(&pair, Aspect::Request);
            added(truth, &[pair, back])
        }
        Call::Add { both } => added(truth, directions(both, &[pair, back])),
        Call::Import(friends) => {
            for friend in friends.into_iter().filter(|friend| *friend != pair.0) {
                let pair = (pair.0.clone(), friend);
                if !truth.friends.contains_key(&pair) {
                    truth.friends.insert(pair.clone(), String::new());
                    truth.changed_silently(&pair, Aspect::Friend);
                }
            }
            Vec::new()
        }
        Call::Delete { both } => deleted(truth, directions(both, &[pair, back])),
        Call::SetRemark(remark) | Call::SetRemarkSilently(remark) => {
            if let Some(held) = truth.friends.get_mut(&pair) {
                *held = remark;
                truth.changed_silently(&pair, Aspect::Remark);
            }
            Vec::new()
        }
        // A block ends the friendship in both directions, unless the console says otherwise. Tencent Chat sends a
        // separate callback for that; the order of the two does not matter.
        Call::Block {
            fails,
            remain_friends,
            ..
        } => {
            if fails || !truth.blocks.insert(pair.clone()) {
                return Vec::new();
            }
            let mut callbacks = vec![Callback::BlackListAdd(vec![pair.clone()])];
            if !remain_friends {
                callbacks.extend(deleted(truth, &[pair, back]));
            }
            callbacks
        }
        Call::Unblock => {
            if !truth.blocks.remove(&pair) {
                return Vec::new();
            }
            vec![Callback::BlackListDelete(vec![pair])]
        }
    }
}

fn directions(both: bool, pairs: &[Pair; 2]) -> &[Pair] {
    if both { pairs } else { &pairs[..1] }
}

/// The callback that lists the entries that were really added, if any.
fn added(truth: &mut Truth, pairs: &[Pair]) -> Vec<Callback> {
    let new: Vec<Pair> = pairs
        .iter()
        .filter(|pair| !truth.friends.contains_key(*pair))
        .cloned()
        .collect();
    if new.is_empty() {
        return Vec::new();
    }
    for pair in &new {
        truth.befriend(pair);
    }
    vec![Callback::FriendAdd(new)]
}

/// The callback that lists the entries that were really deleted, if any.
fn deleted(truth: &mut Truth, pairs: &[Pair]) -> Vec<Callback> {
    let gone: Vec<Pair> = pairs
        .iter()
        .filter(|pair| truth.friends.contains_key(*pair))
        .cloned()
        .collect();
    if gone.is_empty() {
        return Vec::new();
    }
    for pair in &gone {
        truth.unfriend(pair);
    }
    vec![Callback::FriendDelete(gone)]
}

/// A random history of one server: the state at its end, and the callbacks that the server sent.
pub fn history(
    source: Source,
    calls: impl Into<SizeRange>,
) -> impl Strategy<Value = (Truth, Vec<Callback>)> {
    vec(call(), calls).prop_map(move |calls| {
        let mut truth = Truth::default();
        let mut callbacks = Vec::new();
        for (pair, call) in calls {
            callbacks.extend(match source {
                Source::OpenIm => openim(&mut truth, pair, call),
                Source::Tencent => tencent(&mut truth, pair, call),
            });
        }
        (truth, callbacks)
    })
}
