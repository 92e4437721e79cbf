//! Cuts a reception that is too large into parts.
//!
//! The table, the queue and `imhook resubmit` all cut by the same rule, so a reception always has the same parts. No part
//! is written twice, and none is missing.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Reception;

use crate::queue::to_message;

/// The longest message of a part, in bytes. SQS accepts 1 MiB; for many years it was 256 KiB. Except for its keys (1.5 KB
/// each), an item is never larger than its message, so it stays far below DynamoDB's 400 KB.
pub(crate) const PART_BYTES: usize = 250_000;

/// The parts of a reception; the reception itself if it is small enough.
#[must_use]
pub fn parts(reception: &Reception) -> Vec<Reception> {
    reception
        .clone()
        .parts(|part| to_message(part).len() <= PART_BYTES)
}

/// Whether a reception is certainly small enough for one item. Measures its item, because writing the message only to
/// measure it would slow every callback down.
pub(crate) fn is_surely_one_piece(
    reception: &Reception,
    item: &HashMap<String, AttributeValue>,
) -> bool {
    /// JSON needs at most six bytes for one byte, as in `\u0001`, and at most six around a value.
    const JSON: usize = 6;
    reception.part.is_some() || weight_of(item) * JSON <= PART_BYTES
}

/// The bytes of all texts and names, plus one for each value.
fn weight(value: &AttributeValue) -> usize {
    1 + match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
        AttributeValue::L(list) => list.iter().map(weight).sum(),
        AttributeValue::M(map) => weight_of(map),
        // `true`, `false` and `null`: with the one for each value, five bytes are enough.
        _ => 4,
    }
}

fn weight_of(map: &HashMap<String, AttributeValue>) -> usize {
    map.iter()
        .map(|(name, value)| name.len() + weight(value))
        .sum()
}

#[cfg(test)]
mod tests {
    use domain::{
        Conversation, Events, GroupId, Source, Timestamp, TopicId, UserId,
        decision::{self, By, Verdict},
        group::{self, Edited, Joined, Left, Member},
        message, relation, user,
    };

    use super::*;
    use crate::{Retention, item::from_reception};

    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
    fn item_bytes(item: &HashMap<String, AttributeValue>) -> usize {
        fn value_bytes(value: &AttributeValue) -> usize {
            match value {
                AttributeValue::S(text) => text.len(),
                AttributeValue::N(number) => number.len().div_ceil(2) + 1,
                AttributeValue::L(list) => {
                    3 + list.iter().map(|v| 1 + value_bytes(v)).sum::<usize>()
                }
                AttributeValue::M(map) => 3 + map.len() + item_bytes(map),
                _ => 1,
            }
        }
        item.iter()
            .map(|(name, value)| name.len() + value_bytes(value))
            .sum()
    }

    fn reception(events: impl Into<Events>, body: Option<&str>) -> Reception {
        Reception {
            id: "i".repeat(100),
            received_at: Timestamp::from_unix_millis(1_700_000_000_123).unwrap(),
            source: Source::Tencent,
            command: "Sns.CallbackFriendDelete".into(),
            operation_id: Some("o".repeat(128)),
            events: events.into(),
            body: body.map(ToOwned::to_owned),
            target: None,
            part: None,
        }
    }

    /// All forms of events, each too large for one item. Their values are the shortest, the longest, and those that need
    /// the most bytes in JSON.
    fn large() -> Vec<Reception> {
        use relation::Event;
        let id = |text: &str| UserId::new(text).unwrap();
        let (a, b) = (id("a"), id(&"\u{1}".repeat(UserId::MAX_BYTES)));
        let text = |what: &str| what.repeat(300_000 / what.len());
        let all = |n: usize, event: Event| reception(vec![event; n], None);
        let mut large = vec![
            all(
                8000,
                Event::FriendAdded {
                    owner: a.clone(),
                    friend: a.clone(),
                },
            ),
            all(
                100,
                Event::FriendDeleted {
                    owner: b.clone(),
                    friend: b.clone(),
                },
            ),
            all(
                100,
                Event::Blocked {
                    owner: b.clone(),
                    blocked: a.clone(),
                },
            ),
            all(
                100,
                Event::BlockIntended {
                    owner: a.clone(),
                    blocked: b.clone(),
                },
            ),
            all(
                100,
                Event::Unblocked {
                    owner: b.clone(),
                    blocked: b.clone(),
                },
            ),
        ];
        for list in [vec![a.clone(); 70_000], vec![b.clone(); 100]] {
            let (owner, follower, followed) = (b.clone(), b.clone(), list.clone());
            large.extend([
                all(
                    1,
                    Event::FriendsImported {
                        owner,
                        friends: list.clone(),
                    },
                ),
                all(
                    1,
                    Event::Followed {
                        follower: follower.clone(),
                        followed: followed.clone(),
                    },
                ),
                all(1, Event::Unfollowed { follower, followed }),
                reception(
                    vec![user::Event::UsersRegistered {
                        users: list
                            .into_iter()
                            .take(10_000)
                            .map(|user| user::RegisteredUser {
                                user,
                                nickname: String::new(),
                            })
                            .collect(),
                    }],
                    None,
                ),
            ]);
        }
        for text in ["\"", "é", "\u{1}"].map(text) {
            let (from, to) = (b.clone(), b.clone());
            large.extend([
                all(
                    1,
                    Event::FriendRequested {
                        from: from.clone(),
                        to: to.clone(),
                        message: text.clone(),
                    },
                ),
                all(
                    1,
                    Event::FriendRequestAccepted {
                        from: from.clone(),
                        to: to.clone(),
                        message: text.clone(),
                    },
                ),
                all(
                    1,
                    Event::RemarkSet {
                        owner: from.clone(),
                        friend: to.clone(),
                        remark: text.clone(),
                    },
                ),
                reception(
                    vec![
                        user::Event::ProfileChanged {
                            user: from.clone(),
                            fields: vec![text.clone()],
                        },
                        user::Event::UsersRegistered {
                            users: vec![user::RegisteredUser {
                                user: from,
                                nickname: text.clone(),
                            }],
                        },
                    ],
                    None,
                ),
                reception(Events::Unknown, Some(&text)),
            ]);
        }
        large.extend(large_messages());
        large.extend(large_groups_and_decisions());
        // Beside its events, a reception can have its body. One of each form is enough.
        let with_bodies = large.iter().step_by(5).filter(|it| it.body.is_none());
        let with_bodies = with_bodies.map(|it| Reception {
            body: Some("\u{1}".repeat(300_000)),
            target: Some("/x?".to_owned() + &"%20".repeat(3000)),
            ..it.clone()
        });
        let with_bodies: Vec<_> = with_bodies.collect();
        large.extend(with_bodies);
        large
    }

    /// Messages with much in each of their texts and lists.
    fn large_messages() -> Vec<Reception> {
        use message::{AppText, Content, Event, ExtensionChange, Kind, MessageRef, Quoted};
        let from = UserId::new("\u{1}".repeat(UserId::MAX_BYTES)).unwrap();
        let group = GroupId::new("\u{1}".repeat(GroupId::MAX_BYTES)).unwrap();
        let sent = |content: Option<Content>, mentions: Vec<UserId>, app_text: &str| {
            let event = Event::MessageSent {
                conversation: Conversation::Group(group.clone()),
                topic: None,
                from: from.clone(),
                message: MessageRef::default(),
                kind: Kind::Text,
                sent_at: None,
                mentions,
                mentions_everybody: true,
                bot: false,
                content,
                app_text: AppText(app_text.to_owned()),
            };
            reception(vec![event], None)
        };
        let mut large = Vec::new();
        for (what, bytes) in [("é", 1_000_000), ("\u{1}", 100_000)] {
            let text = what.repeat(bytes / what.len());
            let quoted = Quoted {
                excerpt: text.clone(),
                ..Quoted::default()
            };
            let custom = Content::Custom {
                data: text.clone(),
                description: text.clone(),
                extension: text.clone(),
            };
            let quote = Content::Quote {
                text: text.clone(),
                quoted,
            };
            let several = Content::Several {
                parts: vec![
                    Content::Text { text: text.clone() },
                    Content::File {
                        url: text.clone(),
                        name: text.clone(),
                        bytes: None,
                    },
                ],
            };
            let edited = Event::MessageEdited {
                conversation: Conversation::Group(group.clone()),
                topic: None,
                message: MessageRef::default(),
                by: Some(from.clone()),
                kind: Kind::Several,
                content: Some(several.clone()),
                app_text: AppText(text.clone()),
            };
            let extended = Event::MessageExtended {
                conversation: Conversation::Group(group.clone()),
                message: MessageRef::default(),
                how: ExtensionChange::Set,
                keys: vec![text.clone(); 3],
            };
            large.extend([
                reception(vec![edited], None),
                reception(vec![extended], None),
                sent(Some(several), Vec::new(), &text),
                sent(Some(custom), vec![from.clone(); 100], &text),
                sent(Some(quote), Vec::new(), ""),
                sent(None, Vec::new(), &text),
            ]);
        }
        let seqs = (0..20_000).map(|seq| MessageRef {
            seq: Some(seq),
            ..MessageRef::default()
        });
        large.extend([
            sent(None, vec![from.clone(); 1000], ""),
            reception(
                vec![Event::MessagesRead {
                    conversation: Some(Conversation::Group(group.clone())),
                    reader: from.clone(),
                    messages: seqs.clone().collect(),
                    up_to: None,
                    until: None,
                    everywhere: false,
                }],
                None,
            ),
            reception(
                vec![Event::MessagesRecalled {
                    conversation: Conversation::Group(group),
                    topic: None,
                    messages: seqs.collect(),
                    by: Some(from),
                }],
                None,
            ),
        ]);
        large
    }

    /// The same for events about groups, and for decisions.
    fn large_groups_and_decisions() -> Vec<Reception> {
        use group::Event;
        let (a, b) = (
            UserId::new("a").unwrap(),
            UserId::new("\u{1}".repeat(UserId::MAX_BYTES)).unwrap(),
        );
        let group = || GroupId::new("\u{1}".repeat(GroupId::MAX_BYTES)).unwrap();
        let topic = || TopicId::new("\u{1}".repeat(TopicId::MAX_BYTES)).unwrap();
        let text = |what: &str| what.repeat(300_000 / what.len());
        let mut events = Vec::new();
        for members in [vec![a; 70_000], vec![b.clone(); 100]] {
            let by = Some(b.clone());
            let list = members.iter().cloned();
            let list = list.take(20_000).map(|user| Member { user, role: None });
            events.extend([
                Event::GroupCreated {
                    group: group(),
                    name: text("\""),
                    owner: by.clone(),
                    creator: by.clone(),
                    members: list.collect(),
                },
                Event::MembersJoined {
                    group: group(),
                    members: members.clone(),
                    how: Joined::Applied,
                    by: by.clone(),
                },
                Event::MembersJoinIntended {
                    group: group(),
                    members: members.clone(),
                },
                Event::MembersLeft {
                    group: group(),
                    members: members.clone(),
                    how: Left::Removed,
                    by: by.clone(),
                    reason: text("\u{1}"),
                },
                Event::TopicMembersJoined {
                    group: group(),
                    topic: topic(),
                    members: members.clone(),
                    how: Joined::Applied,
                    by: by.clone(),
                },
                Event::TopicMembersLeft {
                    group: group(),
                    topic: topic(),
                    members: members.clone(),
                    how: Left::Removed,
                    by: by.clone(),
                },
                Event::GroupDissolved {
                    group: group(),
                    owner: by,
                    members,
                },
            ]);
        }
        for fields in [vec![text("é")], vec!["name".to_owned(); 40_000]] {
            events.extend([
                Event::GroupChanged {
                    group: group(),
                    fields: fields.clone(),
                    by: None,
                },
                Event::MemberChanged {
                    group: group(),
                    member: b.clone(),
                    fields: fields.clone(),
                    role: None,
                    by: None,
                },
                Event::AttributesChanged {
                    group: group(),
                    how: Edited::Set,
                    keys: fields.clone(),
                    by: None,
                },
                Event::TopicChanged {
                    group: group(),
                    topic: Some(topic()),
                    fields,
                    by: None,
                },
            ]);
        }
        events.extend([
            Event::TopicCreated {
                group: group(),
                topic: topic(),
                name: text("é"),
                owner: None,
                by: None,
            },
            Event::TopicsDissolved {
                group: group(),
                topics: vec![topic(); 100],
            },
            Event::TopicJoinIntended {
                group: group(),
                topic: topic(),
                user: b.clone(),
                message: text("é"),
            },
        ]);
        events.push(Event::JoinIntended {
            group: group(),
            user: b.clone(),
            message: text("é"),
        });
        let decided = |others: usize| decision::Event::Decided {
            decision: Verdict::Refused,
            by: By::Policies,
            code: Some(28_004),
            rule: Some("reqMsg.maxChars".to_owned()),
            actor: Some(b.clone()),
            others: vec![b.clone(); others],
            group: Some(group()),
            conversation: Some(Conversation::Group(group())),
        };
        events
            .into_iter()
            .map(|event| reception(vec![event], None))
            .chain([
                reception(vec![decided(100)], None),
                reception(vec![decided(1); 20], None),
            ])
            .collect()
    }

    #[test]
    fn the_parts_of_every_kind_of_reception_fit_into_items_and_messages() {
        for whole in large() {
            let kind: String = format!("{:?}", whole.events).chars().take(200).collect();
            let parts = parts(&whole);
            assert!(parts.len() > 1, "{kind}");
            for part in &parts {
                assert!(to_message(part).len() <= PART_BYTES, "{kind}");
                let item = from_reception(part, &Retention::default())
                    .unwrap()
                    .unwrap();
                assert!(item_bytes(&item) <= 400_000, "{kind}");
            }
            assert!(Reception::whole(parts) == Ok(whole), "{kind}");
        }
    }

    #[test]
    fn a_reception_that_is_surely_one_piece_is_not_cut() {
        let mut surely = Vec::new();
        let mut check = |reception: &Reception| {
            let item = from_reception(reception, &Retention::default())
                .unwrap()
                .unwrap();
            let sure = is_surely_one_piece(reception, &item);
            assert!(!sure || parts(reception).len() == 1);
            surely.push(sure);
        };
        for text in ["x", "\"", "\u{1}", "\u{ffff}", "😀"] {
            for length in [0, 30_000, 41_000, 42_000, 251_000] {
                check(&reception(
                    Events::Unknown,
                    Some(&text.repeat(length / text.len())),
                ));
            }
        }
        // Many small values: in JSON, there are more bytes around them than in them.
        let id = UserId::new("\u{1}").unwrap();
        for n in [100, 15_000, 20_000, 25_000, 30_000] {
            let (owner, friends) = (id.clone(), vec![id.clone(); n]);
            let imported = relation::Event::FriendsImported { owner, friends };
            check(&reception(vec![imported], None));
        }
        assert!(surely.contains(&true) && surely.contains(&false));
    }
}
