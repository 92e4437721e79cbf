//! Compares the rules of the relationships view with a model that is simple enough to trust.

use std::collections::HashMap;

use imhook_domain::{
    Events, Reception, Source, Timestamp, UserId,
    relation::{
        Event,
        rows::{AsOf, Aspect, Fact, changes},
    },
};
use models::{
    relations::{self, Model},
    servers::{self, Callback, Truth},
    views::{deliveries, history},
};
use proptest::{collection::vec, prelude::*};

/// The view in memory. The row of a pair and an aspect holds the fact with the greatest [`AsOf`].
#[derive(Default)]
struct View(HashMap<(UserId, UserId, Aspect), (AsOf, Fact)>);

impl View {
    fn apply(&mut self, reception: &Reception) {
        for change in changes(reception) {
            let row = (change.owner, change.other, change.fact.aspect());
            if self
                .0
                .get(&row)
                .is_none_or(|(held, _)| *held < change.as_of)
            {
                self.0.insert(row, (change.as_of, change.fact));
            }
        }
    }

    fn state(self) -> Model {
        let mut model = Model::default();
        for ((owner, other, _), (_, fact)) in self.0 {
            let pair = (owner, other);
            match fact {
                Fact::Friend(true) => {
                    model.friends.insert(pair);
                }
                Fact::Request(Some(message)) => {
                    model.requests.insert(pair, message);
                }
                Fact::Remark(text) if !text.is_empty() => {
                    model.remarks.insert(pair, text);
                }
                Fact::Block(true) => {
                    model.blocks.insert(pair);
                }
                Fact::BlockIntended => {
                    model.intended_blocks.insert(pair);
                }
                Fact::Friend(false)
                | Fact::Request(None)
                | Fact::Remark(_)
                | Fact::Block(false) => {}
            }
        }
        model
    }
}

/// What the view says after these deliveries.
fn view_of(deliveries: &[Reception]) -> Model {
    let mut view = View::default();
    for reception in deliveries {
        view.apply(reception);
    }
    view.state()
}

/// The events that the handlers make of a callback. `tests/it` calls the handlers themselves.
fn events(callback: Callback) -> Vec<Event> {
    match callback {
        Callback::AfterAddFriend {
            pair: (from, to),
            message,
        } => vec![Event::FriendRequested { from, to, message }],
        Callback::AfterAddFriendAgree((from, to)) => vec![
            Event::FriendRequestAccepted {
                from: from.clone(),
                to: to.clone(),
                message: String::new(),
            },
            Event::FriendAdded {
                owner: from.clone(),
                friend: to.clone(),
            },
            Event::FriendAdded {
                owner: to,
                friend: from,
            },
        ],
        Callback::AfterImportFriends { owner, friends } => {
            vec![Event::FriendsImported { owner, friends }]
        }
        Callback::AfterDeleteFriend((owner, friend)) => {
            vec![Event::FriendDeleted { owner, friend }]
        }
        Callback::AfterSetFriendRemark {
            pair: (owner, friend),
            remark,
        } => vec![Event::RemarkSet {
            owner,
            friend,
            remark,
        }],
        Callback::BeforeAddBlack { refused: true, .. } => Vec::new(),
        Callback::BeforeAddBlack {
            pair: (owner, blocked),
            ..
        } => vec![Event::BlockIntended { owner, blocked }],
        Callback::AfterRemoveBlack((owner, blocked)) => vec![Event::Unblocked { owner, blocked }],
        Callback::FriendAdd(pairs) => pairs
            .into_iter()
            .map(|(owner, friend)| Event::FriendAdded { owner, friend })
            .collect(),
        Callback::FriendDelete(pairs) => pairs
            .into_iter()
            .map(|(owner, friend)| Event::FriendDeleted { owner, friend })
            .collect(),
        Callback::BlackListAdd(pairs) => pairs
            .into_iter()
            .map(|(owner, blocked)| Event::Blocked { owner, blocked })
            .collect(),
        Callback::BlackListDelete(pairs) => pairs
            .into_iter()
            .map(|(owner, blocked)| Event::Unblocked { owner, blocked })
            .collect(),
    }
}

/// What a server holds after a history of calls, and deliveries of its callbacks: each at least once, some more often,
/// in any order.
fn histories(source: Source, calls: usize) -> impl Strategy<Value = (Truth, Vec<Reception>)> {
    servers::history(source, 1..=calls)
        .prop_map(move |(truth, callbacks)| {
            let received = callbacks.into_iter().map(events).enumerate();
            let reported: Vec<Reception> = received
                .filter(|(_, events)| !events.is_empty())
                .map(|(n, events)| Reception {
                    id: n.to_string(),
                    received_at: Timestamp::from_unix_millis(
                        1_700_000_000_000 + i64::try_from(n).unwrap(),
                    )
                    .unwrap(),
                    source,
                    command: "x".to_owned(),
                    operation_id: None,
                    events: Events::Relation(events),
                    body: None,
                    target: None,
                    part: None,
                })
                .collect();
            (truth, reported)
        })
        .prop_flat_map(|(truth, reported)| {
            let again = vec(0..reported.len().max(1), 0..=reported.len());
            (Just(truth), Just(reported), again)
        })
        .prop_flat_map(|(truth, reported, again)| {
            let mut deliveries = reported.clone();
            deliveries.extend(again.into_iter().map(|n| reported[n].clone()));
            (Just(truth), Just(deliveries).prop_shuffle())
        })
}

proptest! {
    #![proptest_config(ProptestConfig {
        // PROPTEST_CASES can ask for more.
        cases: ProptestConfig::default().cases.max(2000),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_order_and_number_of_deliveries_gives_the_state_of_the_history(
        (history, deliveries) in deliveries(relations::events(), 40)
    ) {
        prop_assert_eq!(view_of(&deliveries), Model::of(&history));
    }

    #[test]
    fn a_late_delivery_gives_the_same_state_as_one_in_time(
        (history, late) in history(relations::events(), 30).prop_flat_map(|history| {
            let late = 0..history.len();
            (Just(history), late)
        })
    ) {
        let mut view = View::default();
        for (n, reception) in history.iter().enumerate() {
            if n != late {
                view.apply(reception);
            }
        }
        view.apply(&history[late]);
        prop_assert_eq!(view.state(), Model::of(&history));
    }

    #[test]
    fn the_view_never_contradicts_what_openim_holds(
        (truth, deliveries) in histories(Source::OpenIm, 40)
    ) {
        prop_assert_eq!(truth.contradiction(&view_of(&deliveries)), None);
    }

    #[test]
    fn the_view_never_contradicts_what_tencent_chat_holds(
        (truth, deliveries) in histories(Source::Tencent, 40)
    ) {
        prop_assert_eq!(truth.contradiction(&view_of(&deliveries)), None);
    }
}
