//! The two chat servers as state machines: what users ask of them changes their tables, and their callbacks
//! tell of it, or do not. The view hears the callbacks only, and must not say anything that the tables deny.
//!
//! A row that changed without a callback is *untold*: nobody can know it until something is told of it again.

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

/// Whose list or request it is, and the other user.
pub type Pair = (UserId, UserId);

/// What a server tells, named as its command is.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the wire types say it")]
pub enum Callback {
    // OpenIM's.
    AfterAddFriend {
        pair: Pair,
        message: String,
    },
    /// Who had asked, and who accepted.
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
        /// By whoever answers it.
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
    /// Blocks that were asked for since the last unblocking, and of which a callback told before.
    attempted_blocks: BTreeSet<Pair>,
    untold: BTreeSet<(Pair, Aspect)>,
}

impl Truth {
    /// The first thing that the view says and the server does not, or the reverse.
    pub fn contradiction(&self, view: &Model) -> Option<String> {
        for owner in relations::USERS {
            for other in relations::USERS {
                let pair = (UserId::new(owner).unwrap(), UserId::new(other).unwrap());
                for (fact, said) in self.of(&pair).into_iter().zip(said_of(view, &pair)) {
                    let told = !self.untold.contains(&(pair.clone(), fact.aspect()));
                    if told && fact != said {
                        return Some(format!("{owner} {other}: is {fact:?}, view says {said:?}"));
                    }
                }
                let held = self.blocks.contains(&pair);
                let said = view.blocks.contains(&pair) || view.intended_blocks.contains(&pair);
                if held && !said {
                    return Some(format!("{owner} blocks {other}, and the view denies it"));
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

    fn told(&mut self, pair: &Pair, aspect: Aspect) {
        self.untold.remove(&(pair.clone(), aspect));
    }

    /// To be called when a row really changed.
    fn changed_silently(&mut self, pair: &Pair, aspect: Aspect) {
        self.untold.insert((pair.clone(), aspect));
    }

    /// An entry that exists keeps its remark.
    fn befriend(&mut self, pair: &Pair) {
        self.friends.entry(pair.clone()).or_default();
        self.told(pair, Aspect::Friend);
    }

    fn part(&mut self, pair: &Pair) {
        self.friends.remove(pair);
        self.told(pair, Aspect::Friend);
        self.told(pair, Aspect::Remark);
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

/// What users, administrators and apps ask of a server.
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
    /// By the route that sends no callback.
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
    // Nobody befriends or blocks themselves.
    let users = relations::USERS.len();
    let pair = (0..users, 1..users).prop_map(move |(n, further)| {
        let user = |n: usize| UserId::new(relations::USERS[n % users]).unwrap();
        (user(n), user(n + further))
    });
    (pair, call)
}

/// OpenIM: three tables, one row for each ordered pair. What is asked for in vain changes nothing and, where
/// nothing is said to the contrary, tells nothing.
fn openim(truth: &mut Truth, pair: Pair, call: Call) -> Vec<Callback> {
    let back = flipped(&pair);
    match call {
        Call::Ask => {
            if truth.friends.contains_key(&pair) && truth.friends.contains_key(&back) {
                return Vec::new();
            }
            // A number for a message: asking again renews it.
            let message = truth.requests.len().to_string();
            truth.requests.insert(pair.clone(), message.clone());
            truth.told(&pair, Aspect::Request);
            vec![Callback::AfterAddFriend { pair, message }]
        }
        // The first of the pair had asked, the other answers.
        Call::Accept => {
            if truth.requests.remove(&pair).is_none() {
                return Vec::new();
            }
            truth.requests.remove(&back);
            for pair in [&pair, &back] {
                truth.told(pair, Aspect::Request);
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
        // There is no such call.
        Call::Add { .. } => Vec::new(),
        // One direction, and told of also when there was no such entry.
        Call::Delete { .. } => {
            truth.part(&pair);
            vec![Callback::AfterDeleteFriend(pair)]
        }
        Call::SetRemark(remark) => {
            let Some(held) = truth.friends.get_mut(&pair) else {
                return Vec::new();
            };
            held.clone_from(&remark);
            truth.told(&pair, Aspect::Remark);
            truth.told(&pair, Aspect::Friend);
            vec![Callback::AfterSetFriendRemark { pair, remark }]
        }
        Call::SetRemarkSilently(remark) => {
            if let Some(held) = truth.friends.get_mut(&pair) {
                *held = remark;
                truth.changed_silently(&pair, Aspect::Remark);
            }
            Vec::new()
        }
        // Asked before it is known whether it succeeds.
        Call::Block { refused, fails, .. } => {
            if !refused {
                truth.attempted_blocks.insert(pair.clone());
                if !fails {
                    truth.blocks.insert(pair.clone());
                }
            }
            vec![Callback::BeforeAddBlack { pair, refused }]
        }
        // Told of also when there was no block.
        Call::Unblock => {
            truth.blocks.remove(&pair);
            truth.attempted_blocks.remove(&pair);
            vec![Callback::AfterRemoveBlack(pair)]
        }
    }
}

/// Tencent Chat: two lists for each user. Pending requests, remarks and imports are never told; what was
/// asked for in vain is not either.
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
        Call::Delete { both } => parted(truth, directions(both, &[pair, back])),
        Call::SetRemark(remark) | Call::SetRemarkSilently(remark) => {
            if let Some(held) = truth.friends.get_mut(&pair) {
                *held = remark;
                truth.changed_silently(&pair, Aspect::Remark);
            }
            Vec::new()
        }
        // Blocking ends the friendship in both directions, unless the console says otherwise. That is a
        // callback of its own; its order matters to no row.
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
                callbacks.extend(parted(truth, &[pair, back]));
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

/// The callback that lists the entries which were really added, if any was.
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

/// The callback that lists the entries which were really deleted, if any was.
fn parted(truth: &mut Truth, pairs: &[Pair]) -> Vec<Callback> {
    let gone: Vec<Pair> = pairs
        .iter()
        .filter(|pair| truth.friends.contains_key(*pair))
        .cloned()
        .collect();
    if gone.is_empty() {
        return Vec::new();
    }
    for pair in &gone {
        truth.part(pair);
    }
    vec![Callback::FriendDelete(gone)]
}

/// A history of so many calls of one server: what it held in the end, and what it told meanwhile.
pub fn history(
    source: Source,
    calls: impl Into<SizeRange>,
) -> impl Strategy<Value = (Truth, Vec<Callback>)> {
    vec(call(), calls).prop_map(move |calls| {
        let mut truth = Truth::default();
        let mut told = Vec::new();
        for (pair, call) in calls {
            told.extend(match source {
                Source::OpenIm => openim(&mut truth, pair, call),
                Source::Tencent => tencent(&mut truth, pair, call),
            });
        }
        (truth, told)
    })
}
