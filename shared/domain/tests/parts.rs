//! The parts of a reception say what the whole reception says.

use std::collections::HashMap;

use imhook_domain::{
    Continues, Conversation, Events, FiledUnder, GroupId, Part, Reception, Source, Timestamp,
    TopicId, UserId, call, channel,
    decision::{self, By, Verdict},
    group::{self, Edited, Joined, Left, Member, Role},
    message, presence,
    relation::{
        Event,
        rows::{AsOf, Aspect, Fact, TEXT_BYTES, changes},
    },
    user,
};
use proptest::{collection::vec, prelude::*};
use serde_json::json;

fn id(n: usize) -> UserId {
    UserId::new(format!("u{n}")).unwrap()
}

fn reception(events: Events, body: Option<String>) -> Reception {
    Reception {
        id: "r".to_owned(),
        received_at: Timestamp::from_unix_millis(1_700_000_000_000).unwrap(),
        source: Source::OpenIm,
        command: "x".to_owned(),
        operation_id: Some("op".to_owned()),
        events,
        body,
        target: None,
        part: None,
    }
}

fn size(reception: &Reception) -> usize {
    serde_json::to_string(reception).unwrap().len()
}

/// One of few users, so several facts are about one row.
fn person() -> impl Strategy<Value = UserId> {
    (0..6_usize).prop_map(id)
}

/// A text. Some are longer than what a row keeps, and characters have several bytes.
fn text() -> impl Strategy<Value = String> {
    let length = prop_oneof![40 => 0..20_usize, 1 => 0..2 * TEXT_BYTES, 1 => 0..8 * TEXT_BYTES];
    (length, "[a-zé😀\"\u{ffff}]{0,3}").prop_map(|(length, end)| "é".repeat(length / 2) + &end)
}

fn event() -> impl Strategy<Value = Event> {
    let people = || vec(person(), 0..60);
    let pair = || (person(), person());
    prop_oneof![
        (pair(), text()).prop_map(|((from, to), message)| Event::FriendRequested {
            from,
            to,
            message
        }),
        (pair(), text()).prop_map(|((from, to), message)| Event::FriendRequestAccepted {
            from,
            to,
            message
        }),
        pair().prop_map(|(owner, friend)| Event::FriendAdded { owner, friend }),
        (person(), people()).prop_map(|(owner, friends)| Event::FriendsImported { owner, friends }),
        pair().prop_map(|(owner, friend)| Event::FriendDeleted { owner, friend }),
        (pair(), text()).prop_map(|((owner, friend), remark)| Event::RemarkSet {
            owner,
            friend,
            remark
        }),
        pair().prop_map(|(owner, blocked)| Event::Blocked { owner, blocked }),
        pair().prop_map(|(owner, blocked)| Event::Unblocked { owner, blocked }),
        (person(), people())
            .prop_map(|(follower, followed)| Event::Followed { follower, followed }),
        (person(), people())
            .prop_map(|(follower, followed)| Event::Unfollowed { follower, followed }),
    ]
}

fn user_event() -> impl Strategy<Value = user::Event> {
    let registered =
        (person(), text()).prop_map(|(user, nickname)| user::RegisteredUser { user, nickname });
    prop_oneof![
        (person(), vec(text(), 0..20))
            .prop_map(|(user, fields)| user::Event::ProfileChanged { user, fields }),
        vec(registered, 1..20).prop_map(|users| user::Event::UsersRegistered { users }),
    ]
}

fn group() -> GroupId {
    GroupId::new("g").unwrap()
}

fn topic(id: &str) -> TopicId {
    TopicId::new(id).unwrap()
}

fn group_event() -> impl Strategy<Value = group::Event> {
    use group::Event;

    let people = || vec(person(), 0..60);
    let maybe = || proptest::option::of(person());
    let fields = || vec(text(), 0..20);
    let role = || {
        prop_oneof![
            Just(None),
            Just(Some(Role::Admin)),
            Just(Some(Role::Other(9)))
        ]
    };
    let member = (person(), role()).prop_map(|(user, role)| Member { user, role });
    prop_oneof![
        (text(), maybe(), maybe(), vec(member, 0..60)).prop_map(
            |(name, owner, creator, members)| Event::GroupCreated {
                group: group(),
                name,
                owner,
                creator,
                members
            }
        ),
        (fields(), maybe()).prop_map(|(fields, by)| Event::GroupChanged {
            group: group(),
            fields,
            by
        }),
        (people(), maybe()).prop_map(|(members, by)| Event::MembersJoined {
            group: group(),
            members,
            how: Joined::Invited,
            by
        }),
        people().prop_map(|members| Event::MembersJoinIntended {
            group: group(),
            members
        }),
        (person(), text()).prop_map(|(user, message)| Event::JoinIntended {
            group: group(),
            user,
            message
        }),
        (people(), maybe(), text()).prop_map(|(members, by, reason)| Event::MembersLeft {
            group: group(),
            members,
            how: Left::Removed,
            by,
            reason
        }),
        (person(), fields(), role(), maybe()).prop_map(|(member, fields, role, by)| {
            Event::MemberChanged {
                group: group(),
                member,
                fields,
                role,
                by,
            }
        }),
        (maybe(), person(), maybe()).prop_map(|(from, to, by)| Event::OwnerChanged {
            group: group(),
            from,
            to,
            by
        }),
        (fields(), maybe()).prop_map(|(keys, by)| Event::AttributesChanged {
            group: group(),
            how: Edited::Modified,
            keys,
            by
        }),
        (text(), maybe(), maybe()).prop_map(|(name, owner, by)| Event::TopicCreated {
            group: group(),
            topic: topic("t"),
            name,
            owner,
            by
        }),
        vec("[a-z]{1,20}", 0..60).prop_map(|topics| Event::TopicsDissolved {
            group: group(),
            topics: topics.iter().map(|id| topic(id)).collect()
        }),
        (fields(), maybe()).prop_map(|(fields, by)| Event::TopicChanged {
            group: group(),
            topic: None,
            fields,
            by
        }),
        (people(), maybe()).prop_map(|(members, by)| Event::TopicMembersJoined {
            group: group(),
            topic: topic("t"),
            members,
            how: Joined::Invited,
            by
        }),
        (people(), maybe()).prop_map(|(members, by)| Event::TopicMembersLeft {
            group: group(),
            topic: topic("t"),
            members,
            how: Left::Removed,
            by
        }),
        (person(), text()).prop_map(|(user, message)| Event::TopicJoinIntended {
            group: group(),
            topic: topic("t"),
            user,
            message
        }),
        Just(Event::GroupFull { group: group() }),
        (maybe(), people()).prop_map(|(owner, members)| Event::GroupDissolved {
            group: group(),
            owner,
            members
        }),
    ]
}

/// The decisions of one callback. They have the same acting user, group and conversation.
fn decisions() -> impl Strategy<Value = Vec<decision::Event>> {
    let verdict = prop_oneof![Just(Verdict::Refused), Just(Verdict::Allowed)];
    let by = prop_oneof![Just(By::Policies), Just(By::Failure)];
    let decided = (
        verdict,
        by,
        proptest::option::of(20_001..29_000_i32),
        proptest::option::of("[a-z.]{1,20}"),
        vec(person(), 0..60),
    );
    let about = (proptest::option::of(person()), any::<bool>(), any::<bool>());
    (vec(decided, 0..20), about).prop_map(|(decided, (actor, in_group, in_conversation))| {
        decided
            .into_iter()
            .map(
                |(decision, by, code, rule, others)| decision::Event::Decided {
                    decision,
                    by,
                    code,
                    rule,
                    actor: actor.clone(),
                    others,
                    group: in_group.then(group),
                    conversation: in_conversation.then(|| Conversation::Group(group())),
                },
            )
            .collect()
    })
}

fn content() -> impl Strategy<Value = message::Content> {
    use message::Content;
    let quoted = text().prop_map(|excerpt| message::Quoted {
        excerpt,
        ..message::Quoted::default()
    });
    let single = prop_oneof![
        text().prop_map(|text| Content::Text { text }),
        (text(), quoted).prop_map(|(text, quoted)| Content::Quote { text, quoted }),
        (text(), text(), text()).prop_map(|(title, summary, messages)| Content::Merged {
            title,
            summary,
            messages
        }),
        (text(), text()).prop_map(|(url, name)| Content::File {
            url,
            name,
            bytes: Some(7)
        }),
        text().prop_map(|raw| Content::Other { raw }),
    ]
    .boxed();
    let several = vec(single.clone(), 2..5).prop_map(|parts| Content::Several { parts });
    prop_oneof![4 => single, 1 => several]
}

/// Events of one callback are about one conversation. `None` is a read message in a group that the server does not name.
fn message_event(conversation: Option<Conversation>) -> BoxedStrategy<message::Event> {
    use message::Event;
    let message = || {
        (0..1000_i64).prop_map(|seq| message::MessageRef {
            seq: Some(seq),
            ..message::MessageRef::default()
        })
    };
    let read = {
        let conversation = conversation.clone();
        (person(), vec(message(), 0..60)).prop_map(move |(reader, messages)| Event::MessagesRead {
            conversation: conversation.clone(),
            reader,
            messages,
            up_to: None,
            until: None,
            everywhere: false,
        })
    };
    let Some(conversation) = conversation else {
        return read.boxed();
    };
    let (sent_in, recalled_in) = (conversation.clone(), conversation.clone());
    let (edited_in, extended_in) = (conversation.clone(), conversation);
    let sent = (
        person(),
        vec(person(), 0..60),
        proptest::option::of(content()),
        text(),
    );
    prop_oneof![
        4 => sent.prop_map(move |(from, mentions, content, app_text)| Event::MessageSent {
            conversation: sent_in.clone(),
            topic: None,
            from,
            message: message::MessageRef::default(),
            kind: message::Kind::Text,
            sent_at: None,
            mentions,
            mentions_everybody: false,
            bot: false,
            content,
            app_text: message::AppText(app_text),
        }),
        1 => read,
        1 => vec(message(), 0..60).prop_map(move |messages| Event::MessagesRecalled {
            conversation: recalled_in.clone(),
            topic: None,
            messages,
            by: None,
        }),
        1 => (proptest::option::of(content()), text()).prop_map(move |(content, app_text)| Event::MessageEdited {
            conversation: edited_in.clone(),
            topic: None,
            message: message::MessageRef::default(),
            by: None,
            kind: message::Kind::Text,
            content,
            app_text: message::AppText(app_text),
        }),
        1 => vec(text(), 0..20).prop_map(move |keys| Event::MessageExtended {
            conversation: extended_in.clone(),
            message: message::MessageRef::default(),
            how: message::ExtensionChange::Set,
            keys,
        }),
        1 => Just(Event::MessageNumbered {
            conversation: Conversation::Group(GroupId::new("g").unwrap()),
            message: message::MessageRef::default(),
        }),
    ]
    .boxed()
}

/// Events of one callback are about one call.
fn call_event() -> impl Strategy<Value = call::Event> {
    use call::{CallChange, Event, Member, What};
    let members = || {
        let member = person().prop_map(|user| Member {
            user,
            takes_part: Some(true),
        });
        vec(member, 0..60)
    };
    let changes = person().prop_map(|user| CallChange {
        user,
        what: What::Accepted,
    });
    prop_oneof![
        members().prop_map(|members| Event::CallStarted {
            call: Some("c".to_owned()),
            members,
            media: None,
            group: None,
            room: None,
            started_at: None,
        }),
        (vec(changes, 0..60), members()).prop_map(|(changes, members)| {
            Event::CallMembersChanged {
                call: Some("c".to_owned()),
                changes,
                members,
                changed_at: None,
            }
        }),
        (proptest::option::of(person()), vec(person(), 0..60)).prop_map(|(caller, members)| {
            Event::CallEnded {
                call: Some("c".to_owned()),
                caller,
                members,
                result: None,
                media: None,
                for_many: None,
                room: None,
                started_at: None,
                accepted_at: None,
                ended_at: None,
            }
        }),
    ]
}

/// Events of one callback are about one official account.
fn channel_event() -> impl Strategy<Value = channel::Event> {
    use channel::Event;
    let channel = || UserId::new("c").unwrap();
    let by = proptest::option::of(person());
    (any::<bool>(), vec(person(), 0..60), by).prop_map(move |(add, subscribers, by)| match add {
        true => Event::SubscribersAdded {
            channel: channel(),
            subscribers,
            by,
        },
        false => Event::SubscribersRemoved {
            channel: channel(),
            subscribers,
            by,
        },
    })
}

fn presence_event() -> impl Strategy<Value = presence::Event> {
    use presence::Event;
    let group = || GroupId::new("g").unwrap();
    (any::<bool>(), vec(person(), 0..60)).prop_map(move |(online, members)| match online {
        true => Event::MembersCameBack {
            group: group(),
            members,
        },
        false => Event::MembersDroppedOut {
            group: group(),
            members,
        },
    })
}

/// Receptions, some of them with the body beside the events.
fn receptions() -> impl Strategy<Value = Reception> {
    (of_events(), proptest::option::of(text())).prop_map(|(reception, body)| match body {
        Some(body) if reception.body.is_none() => Reception {
            body: Some(body),
            target: Some("/x?a=b".to_owned()),
            ..reception
        },
        _ => reception,
    })
}

fn of_events() -> impl Strategy<Value = Reception> {
    let group = || Some(Conversation::Group(GroupId::new("g").unwrap()));
    prop_oneof![
        3 => vec(message_event(group()), 0..6).prop_map(|events| reception(events.into(), None)),
        1 => message_event(None).prop_map(|event| reception(vec![event].into(), None)),
        4 => vec(event(), 0..40).prop_map(|events| reception(events.into(), None)),
        2 => vec(user_event(), 0..10).prop_map(|events| reception(events.into(), None)),
        2 => vec(group_event(), 0..10).prop_map(|events| reception(events.into(), None)),
        1 => channel_event().prop_map(|event| reception(vec![event].into(), None)),
        1 => call_event().prop_map(|event| reception(vec![event].into(), None)),
        1 => presence_event().prop_map(|event| reception(vec![event].into(), None)),
        1 => decisions().prop_map(|events| reception(events.into(), None)),
        1 => text().prop_map(|body| reception(Events::Unknown, Some(body))),
    ]
}

/// The rows after these receptions, in any order.
fn rows(receptions: &[Reception]) -> HashMap<(UserId, UserId, Aspect), (AsOf, Fact)> {
    let mut rows = HashMap::new();
    for change in receptions.iter().flat_map(changes) {
        let row = (change.owner, change.other, change.fact.aspect());
        let new = (change.as_of, change.fact);
        let held = rows.entry(row).or_insert_with(|| new.clone());
        if held.0 < new.0 {
            *held = new;
        } else if held.0 == new.0 {
            assert_eq!(held.1, new.1, "two facts of one place");
        }
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn parts_in_any_order_join_to_the_whole_and_give_its_rows(
        (whole, parts) in (receptions(), prop_oneof![0..2000_usize, 0..60_000_usize])
            .prop_flat_map(|(whole, limit)| {
                let parts = whole.clone().parts(|part| size(part) <= limit);
                (Just(whole), Just(parts).prop_shuffle())
            })
    ) {
        prop_assert_eq!(rows(&parts), rows(std::slice::from_ref(&whole)));
        for part in &parts {
            prop_assert_eq!(part.subject(), whole.subject());
        }
        if parts.len() > 1 {
            let missing = parts[1..].to_vec();
            prop_assert!(Reception::whole(missing).is_err());
            prop_assert_eq!(Reception::whole(parts), Ok(whole));
        } else {
            prop_assert_eq!(parts, [whole]);
        }
    }

    #[test]
    fn every_part_fits_where_the_longest_text_that_is_not_cut_fits(whole in receptions()) {
        // A text is not cut if it is shorter than twice what a row keeps.
        let limit = 5 * TEXT_BYTES;
        for part in whole.parts(|part| size(part) <= limit) {
            prop_assert!(size(&part) <= limit, "{} bytes", size(&part));
        }
    }
}

#[test]
fn what_fits_stays_whole_and_cutting_ends() {
    let small = reception(vec![event_of("hi")].into(), None);
    for fits in [true, false] {
        assert_eq!(small.clone().parts(|_| fits), std::slice::from_ref(&small));
    }
    let long = reception(vec![event_of(&"x".repeat(100 * TEXT_BYTES))].into(), None);
    let parts = long.clone().parts(|_| false);
    assert!(parts.len() > 1);
    assert_eq!(Reception::whole(parts), Ok(long));
}

fn event_of(remark: &str) -> Event {
    Event::RemarkSet {
        owner: id(0),
        friend: id(1),
        remark: remark.to_owned(),
    }
}

#[test]
fn a_body_beside_events_is_in_the_parts_after_them_and_each_part_says_what_it_is_filed_under() {
    let group = || GroupId::new("g").unwrap();
    let conversation = || Conversation::between(id(1), id(0));
    let dissolved = group::Event::GroupDissolved {
        group: group(),
        owner: None,
        members: Vec::new(),
    };
    let read = message::Event::MessagesRead {
        conversation: Some(conversation()),
        reader: id(0),
        messages: Vec::new(),
        up_to: None,
        until: None,
        everywhere: false,
    };
    let nobody = user::Event::UsersRegistered { users: Vec::new() };
    for (events, subject) in [
        (vec![event_of("hi")].into(), json!("u0")),
        (vec![dissolved].into(), json!({"group": "g"})),
        (
            vec![read].into(),
            json!({"conversation": {"users": ["u0", "u1"]}}),
        ),
        (vec![nobody].into(), json!({"command": null})),
    ] {
        let body = Some("b".repeat(5 * TEXT_BYTES));
        let whole = Reception {
            target: Some("/x".to_owned()),
            ..reception(events, body)
        };
        let limit = size(&whole) - 4 * TEXT_BYTES;
        let parts = whole.clone().parts(|part| size(part) <= limit);
        assert_eq!(parts.len(), 5, "{subject}");
        for (number, part) in parts.iter().enumerate() {
            let stored = serde_json::to_value(part).unwrap();
            assert_eq!(stored["part"]["subject"], subject);
            assert_eq!(part.events.is_empty(), number > 0);
            assert_eq!(part.body.is_none(), number == 0);
            assert_eq!(part.target.is_none(), number > 0);
            assert_eq!(serde_json::from_value::<Reception>(stored).unwrap(), *part);
        }
        assert_eq!(Reception::whole(parts), Ok(whole));
    }
}

#[test]
fn the_stored_form_of_a_part_is_fixed() {
    let parts = reception(
        vec![Event::FriendsImported {
            owner: id(0),
            friends: vec![id(1), id(2)],
        }]
        .into(),
        None,
    )
    .parts(|_| false);
    assert_eq!(
        parts[1].part,
        Some(Part {
            number: 1,
            of: 2,
            first: 0,
            continues: Some(Continues::List),
            subject: Some(FiledUnder::User(id(0))),
        })
    );
    let stored = json!({
        "id": "r", "received_at": "2023-11-14T22:13:20.000Z", "source": "openim", "command": "x", "operation_id": "op",
        "family": "relation",
        "events": [{"type": "friends_imported", "owner": "u0", "friends": ["u2"]}],
        "part": {"number": 1, "of": 2, "first": 0, "continues": "list", "subject": "u0"},
    });
    assert_eq!(serde_json::to_value(&parts[1]).unwrap(), stored);
    assert_eq!(
        serde_json::from_value::<Reception>(stored).unwrap(),
        parts[1]
    );
}

#[test]
fn parts_of_two_receptions_do_not_join() {
    let events = || Events::from(vec![event_of("a"), event_of("b")]);
    let one = reception(events(), None).parts(|_| false);
    let other = Reception {
        id: "s".to_owned(),
        ..reception(events(), None)
    }
    .parts(|_| false);
    for parts in [
        vec![one[0].clone(), other[1].clone()],
        vec![one[0].clone(), one[0].clone()],
        vec![reception(events(), None)],
        Vec::new(),
    ] {
        assert!(Reception::whole(parts).is_err());
    }
}
