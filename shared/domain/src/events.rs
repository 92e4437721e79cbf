use serde::{Deserialize, Serialize};

use crate::{
    Conversation, GroupId, UserId, call, channel, conversation, decision, group, message,
    moderation, operations, presence, push, relation,
    split::{Continues, halve, join},
    user,
};

/// What the events table files a reception under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// The user whose own data changed.
    User(&'a UserId),
    /// The group that changed.
    Group(&'a GroupId),
    /// The conversation in which something was written or read.
    Conversation(&'a Conversation),
    /// The callback's command: it names nobody and nothing, or nothing says what it means.
    Command,
}

/// An event that says what it is filed under.
pub(crate) trait Filed {
    /// `None` if there is nothing to file.
    fn subject(&self) -> Option<Subject<'_>>;
}

/// Declares the families of events.
macro_rules! families {
    ($($(#[$doc:meta])* $Family:ident($module:ident),)+) => {
        /// What a callback is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Family {
            $($(#[$doc])* $Family,)+
            /// Commands that this version does not know, and callbacks that no handler could turn into events.
            Unknown,
        }

        impl Family {
            /// All families, in the order in which documents list them.
            pub const ALL: &[Self] = &[$(Self::$Family,)+ Self::Unknown];

            /// The name of the family in tables, folders and logs.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$Family => stringify!($module),)+
                    Self::Unknown => "unknown",
                }
            }
        }

        #[cfg(feature = "schema")]
        impl Family {
            /// The JSON Schema of the family's events. The definitions that it refers to are the generator's. `None` for
            /// [`Unknown`](Self::Unknown).
            pub fn schema(
                self,
                generator: &mut schemars::SchemaGenerator,
            ) -> Option<schemars::Schema> {
                use schemars::JsonSchema as _;
                match self {
                    $(Self::$Family => Some($module::Event::json_schema(generator)),)+
                    Self::Unknown => None,
                }
            }
        }

        /// What one callback says, in the callback's order. All events of a callback belong to one family.
        ///
        /// The serialized form has two members: `family` and `events`. A callback that is kept as it came has no `events`.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "family", content = "events", rename_all = "snake_case")]
        #[serde(from = "Stored")]
        pub enum Events {
            $($(#[$doc])* $Family(Vec<$module::Event>),)+
            /// The callback is kept as it came: see [`Reception::body`](crate::Reception::body).
            Unknown,
        }

        impl Events {
            /// No events of a family.
            #[must_use]
            pub fn none(family: Family) -> Self {
                match family {
                    $(Family::$Family => Self::$Family(Vec::new()),)+
                    Family::Unknown => Self::Unknown,
                }
            }

            /// The family of the events.
            #[must_use]
            pub fn family(&self) -> Family {
                match self {
                    $(Self::$Family(_) => Family::$Family,)+
                    Self::Unknown => Family::Unknown,
                }
            }

            /// The number of events.
            #[must_use]
            pub fn len(&self) -> usize {
                match self {
                    $(Self::$Family(events) => events.len(),)+
                    Self::Unknown => 0,
                }
            }

            /// What the events are filed under: the subject of the first event. `None` if there is nothing to file.
            #[must_use]
            pub fn subject(&self) -> Option<Subject<'_>> {
                match self {
                    $(Self::$Family(events) => events.first().and_then(Filed::subject),)+
                    Self::Unknown => Some(Subject::Command),
                }
            }

            /// The subject of each event, in their order.
            #[must_use]
            pub fn subjects(&self) -> Vec<Option<Subject<'_>>> {
                match self {
                    $(Self::$Family(events) => events.iter().map(Filed::subject).collect(),)+
                    Self::Unknown => Vec::new(),
                }
            }

            /// Takes off the second half of the events. If that cuts an event, it says how the second half continues the
            /// first. `None` if they cannot be halved.
            pub(crate) fn split_off_half(&mut self) -> Option<(Option<Continues>, Self)> {
                match self {
                    $(Self::$Family(events) => {
                        let (continues, half) = halve(events)?;
                        Some((continues, Self::$Family(half)))
                    })+
                    Self::Unknown => None,
                }
            }

            /// Appends events of the same family.
            pub(crate) fn append(&mut self, continues: Option<Continues>, more: Self) {
                match (self, more) {
                    $((Self::$Family(events), Self::$Family(more)) => join(events, continues, more),)+
                    _ => {}
                }
            }
        }

        $(impl From<Vec<$module::Event>> for Events {
            fn from(events: Vec<$module::Event>) -> Self {
                Self::$Family(events)
            }
        })+

        /// The types of events have different names in all families, so an event says its family.
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum StoredEvents {
            $($Family(Vec<$module::Event>),)+
        }

        impl From<StoredEvents> for Events {
            fn from(stored: StoredEvents) -> Self {
                match stored {
                    $(StoredEvents::$Family(events) => Self::$Family(events),)+
                }
            }
        }
    };
}

families! {
    /// Friendship, friend requests, remarks, blocks and follows.
    Relation(relation),
    /// Accounts and their profiles.
    User(user),
    /// Groups and their members.
    Group(group),
    /// Official accounts and their subscribers.
    Channel(channel),
    /// Messages.
    Message(message),
    /// The records that users keep of their conversations.
    Conversation(conversation),
    /// Who is connected.
    Presence(presence),
    /// What goes to devices: whom it reaches, and with which text.
    Push(push),
    /// Calls with sound or picture.
    Call(call),
    /// What a moderation service says about what users wrote.
    Moderation(moderation),
    /// What concerns the whole app, such as limits of the server.
    Operations(operations),
    /// What was answered to callbacks that ask first.
    Decision(decision),
}

impl Events {
    /// Removes the contents of messages. All else stays: who wrote where and when, and of which kind.
    pub fn remove_contents(&mut self) {
        if let Self::Message(events) = self {
            events.iter_mut().for_each(message::Event::remove_contents);
        }
    }

    /// Whether there are no events.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// All stored forms of events. The first version of the tables and queues had one family only, `relation`. Its
/// messages did not name the family, and changed profiles were filed under it.
#[derive(Deserialize)]
struct Stored {
    #[serde(default)]
    family: Option<Family>,
    #[serde(default)]
    events: Option<StoredEvents>,
}

impl From<Stored> for Events {
    fn from(stored: Stored) -> Self {
        let events = stored.events.map(Self::from);
        match (stored.family, events) {
            (Some(Family::Unknown), _) => Self::Unknown,
            (_, Some(events)) if !events.is_empty() => events,
            (family, _) => Self::none(family.unwrap_or(Family::Relation)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{Timestamp, TopicId};

    fn id(id: &str) -> UserId {
        UserId::new(id).unwrap()
    }

    fn group() -> GroupId {
        GroupId::new("g").unwrap()
    }

    #[test]
    fn the_stored_form_of_every_family_is_fixed() {
        let at = Timestamp::from_unix_millis(1_700_000_000_123).unwrap();
        for (events, stored) in [
            (
                Events::Relation(vec![relation::Event::FriendAdded {
                    owner: id("a"),
                    friend: id("b"),
                }]),
                json!({"family": "relation", "events": [{"type": "friend_added", "owner": "a", "friend": "b"}]}),
            ),
            (
                Events::User(vec![user::Event::ProfileChanged {
                    user: id("a"),
                    fields: vec!["nickname".into(), "custom.Team".into()],
                }]),
                json!({"family": "user", "events": [
                    {"type": "profile_changed", "user": "a", "fields": ["nickname", "custom.Team"]}
                ]}),
            ),
            (
                Events::User(vec![user::Event::UsersRegistered {
                    users: vec![user::RegisteredUser {
                        user: id("a"),
                        nickname: String::new(),
                    }],
                }]),
                json!({"family": "user", "events": [
                    {"type": "users_registered", "users": [{"user": "a", "nickname": ""}]}
                ]}),
            ),
            (
                Events::Conversation(vec![conversation::Event::ConversationCreated {
                    owner: Some(id("a")),
                    conversation: Conversation::between(id("b"), id("a")),
                }]),
                json!({"family": "conversation", "events": [
                    {"type": "conversation_created", "owner": "a", "conversation": {"users": ["a", "b"]}}
                ]}),
            ),
            (
                Events::Presence(vec![
                    presence::Event::SeenOnline {
                        user: id("a"),
                        platform: "IOS".into(),
                        background: Some(false),
                        seen_at: Some(at),
                        connection: Some("c".into()),
                    },
                    presence::Event::WentOffline {
                        why: None,
                        user: id("a"),
                        platform: "IOS".into(),
                        seen_at: None,
                        connection: None,
                    },
                ]),
                json!({"family": "presence", "events": [
                    {"type": "seen_online", "user": "a", "platform": "IOS", "background": false,
                        "seen_at": "2023-11-14T22:13:20.123Z", "connection": "c"},
                    {"type": "went_offline", "user": "a", "platform": "IOS"},
                ]}),
            ),
            (
                Events::Push(vec![push::Event::PushReported {
                    to: id("a"),
                    stage: Some(push::Stage::Clicked),
                    code: Some(30),
                    at: Some(at),
                    channel: Some("apns".into()),
                    online: true,
                    device: Some("fcm".into()),
                    push: Some("p".into()),
                    from: Some(id("b")),
                    conversation: Some(Conversation::Group(group())),
                    message: Some(message::MessageRef {
                        seq: Some(7),
                        ..message::MessageRef::default()
                    }),
                    task: Some("t".into()),
                    app_task: Some("d".into()),
                    sent_at: Some(at),
                }]),
                json!({"family": "push", "events": [
                    {"type": "push_reported", "to": "a", "stage": "clicked", "code": 30, "at": "2023-11-14T22:13:20.123Z",
                        "channel": "apns", "online": true, "device": "fcm", "push": "p", "from": "b",
                        "conversation": {"group": "g"}, "message": {"seq": 7}, "task": "t", "app_task": "d",
                        "sent_at": "2023-11-14T22:13:20.123Z"},
                ]}),
            ),
            (
                Events::Moderation(vec![
                    moderation::Event::ContentJudged {
                        from: id("a"),
                        scene: moderation::Scene::CustomMessage,
                        conversation: Some(Conversation::Group(group())),
                        message: Some(message::MessageRef::default()),
                        kind: message::Kind::Picture,
                        blocked: Some(false),
                        suggestion: Some(moderation::Suggestion::Review),
                        label: Some("Ad".into()),
                        sub_label: Some("Contact".into()),
                        request: Some("r".into()),
                    },
                    moderation::Event::MessageRefused {
                        conversation: Conversation::Group(group()),
                        topic: Some(TopicId::new("t").unwrap()),
                        from: id("a"),
                        message: message::MessageRef {
                            seq: Some(7),
                            ..message::MessageRef::default()
                        },
                        kind: message::Kind::Picture,
                        code: 20005,
                        withdrawal: moderation::Withdrawal::Failed,
                        error: Some(10031),
                        refused_at: at,
                    },
                ]),
                json!({"family": "moderation", "events": [
                    {"type": "content_judged", "from": "a", "scene": "custom_message", "conversation": {"group": "g"},
                        "message": {}, "kind": "picture", "blocked": false, "suggestion": "review", "label": "Ad",
                        "sub_label": "Contact", "request": "r"},
                    {"type": "message_refused", "conversation": {"group": "g"}, "topic": "t", "from": "a",
                        "message": {"seq": 7}, "kind": "picture", "code": 20005, "withdrawal": "failed", "error": 10031,
                        "refused_at": "2023-11-14T22:13:20.123Z"},
                ]}),
            ),
            (
                Events::Decision(vec![
                    decision::Event::Decided {
                        decision: decision::Verdict::Refused,
                        by: decision::By::Policies,
                        code: Some(28004),
                        rule: Some("reqMsg.maxChars".into()),
                        actor: Some(id("a")),
                        others: vec![id("b")],
                        group: Some(group()),
                        conversation: Some(Conversation::Group(group())),
                    },
                    decision::Event::Decided {
                        decision: decision::Verdict::Amended,
                        by: decision::By::Handler,
                        code: None,
                        rule: None,
                        actor: None,
                        others: Vec::new(),
                        group: None,
                        conversation: None,
                    },
                ]),
                json!({"family": "decision", "events": [
                    {"type": "decided", "decision": "refused", "by": "policies", "code": 28004, "rule": "reqMsg.maxChars",
                        "actor": "a", "others": ["b"], "group": "g", "conversation": {"group": "g"}},
                    {"type": "decided", "decision": "amended", "by": "handler"},
                ]}),
            ),
            (
                Events::User(Vec::new()),
                json!({"family": "user", "events": []}),
            ),
            (Events::Unknown, json!({"family": "unknown"})),
        ] {
            assert_eq!(serde_json::to_value(&events).unwrap(), stored);
            assert_eq!(serde_json::from_value::<Events>(stored).unwrap(), events);
            if !events.is_empty() {
                assert_eq!(events.subject(), Some(Subject::User(&id("a"))));
            }
        }
        assert_eq!(Events::Unknown.subject(), Some(Subject::Command));
        assert_eq!(Events::Relation(Vec::new()).subject(), None);
    }

    #[test]
    fn the_stored_form_of_every_other_presence_is_fixed() {
        use presence::{Ended, Event};

        for (why, word) in [
            (Ended::SignedOut, "signed_out"),
            (Ended::Closed, "closed"),
            (Ended::TimedOut, "timed_out"),
            (Ended::OtherLogin, "other_login"),
        ] {
            let events = Events::Presence(vec![Event::WentOffline {
                user: id("a"),
                platform: String::new(),
                seen_at: None,
                connection: None,
                why: Some(why),
            }]);
            let stored = json!({"family": "presence", "events": [{"type": "went_offline", "user": "a", "why": word}]});
            check(&events, stored, &Subject::User(&id("a")));
        }
        let events = Events::Presence(vec![Event::StatusChanged {
            user: id("a"),
            seen_at: None,
        }]);
        let stored =
            json!({"family": "presence", "events": [{"type": "status_changed", "user": "a"}]});
        check(&events, stored, &Subject::User(&id("a")));
        let events = Events::Presence(vec![Event::PresenceChanged {
            users: vec![id("a")],
            what: "Later".into(),
            group: None,
            seen_at: None,
        }]);
        let stored = json!({"family": "presence", "events": [
            {"type": "presence_changed", "users": ["a"], "what": "Later"},
        ]});
        check(&events, stored, &Subject::User(&id("a")));
        let at = Timestamp::from_unix_millis(1_700_000_000_123).unwrap();
        let events = Events::Presence(vec![Event::PresenceChanged {
            users: vec![id("a")],
            what: "Later".into(),
            group: Some(group()),
            seen_at: Some(at),
        }]);
        let stored = json!({"family": "presence", "events": [
            {"type": "presence_changed", "users": ["a"], "what": "Later", "group": "g",
                "seen_at": "2023-11-14T22:13:20.123Z"},
        ]});
        check(&events, stored, &Subject::Group(&group()));
        let members = vec![id("a"), id("b")];
        for (event, kind) in [
            (
                Event::MembersCameBack {
                    group: group(),
                    members: members.clone(),
                },
                "members_came_back",
            ),
            (
                Event::MembersDroppedOut {
                    group: group(),
                    members,
                },
                "members_dropped_out",
            ),
        ] {
            let stored = json!({"family": "presence", "events": [{"type": kind, "group": "g", "members": ["a", "b"]}]});
            check(
                &Events::Presence(vec![event]),
                stored,
                &Subject::Group(&group()),
            );
        }
    }

    #[test]
    fn the_stored_form_of_every_event_about_a_call_is_fixed() {
        use call::{CallChange, CallResult, Event, Media, Member, What};

        let at = Timestamp::from_unix_millis(1_700_000_000_123).unwrap();
        let time = "2023-11-14T22:13:20.123Z";
        let member = |user: &str, takes_part| Member {
            user: id(user),
            takes_part,
        };
        let user = id("a");
        let subject = Subject::User(&user);
        let started = Events::Call(vec![Event::CallStarted {
            call: Some("c".into()),
            members: vec![member("a", Some(true)), member("b", None)],
            media: Some(Media::Sound),
            group: Some(group()),
            room: Some("r".into()),
            started_at: Some(at),
        }]);
        let stored = json!({"family": "call", "events": [
            {"type": "call_started", "call": "c", "members": [{"user": "a", "takes_part": true}, {"user": "b"}],
                "media": "sound", "group": "g", "room": "r", "started_at": time},
        ]});
        check(&started, stored, &subject);

        let what = [
            (What::Accepted, "accepted"),
            (What::Declined, "declined"),
            (What::NotAnswered, "not_answered"),
            (What::HungUp, "hung_up"),
            (What::Joined, "joined"),
            (What::DroppedOut, "dropped_out"),
            (What::Invited, "invited"),
            (What::Uninvited, "uninvited"),
            (What::Other("Later".into()), "Later"),
        ];
        for (what, word) in what {
            let changed = Events::Call(vec![Event::CallMembersChanged {
                call: None,
                changes: vec![CallChange {
                    user: id("b"),
                    what,
                }],
                members: vec![member("a", Some(false))],
                changed_at: Some(at),
            }]);
            let stored = json!({"family": "call", "events": [
                {"type": "call_members_changed", "changes": [{"user": "b", "what": word}],
                    "members": [{"user": "a", "takes_part": false}], "changed_at": time},
            ]});
            check(&changed, stored, &subject);
        }

        let results = [
            (CallResult::Finished, "finished"),
            (CallResult::Cancelled, "cancelled"),
            (CallResult::Declined, "declined"),
            (CallResult::NotAnswered, "not_answered"),
            (CallResult::Busy, "busy"),
            (CallResult::Interrupted, "interrupted"),
            (CallResult::Unreachable, "unreachable"),
            (CallResult::Other("7".into()), "7"),
        ];
        for (result, word) in results {
            let ended = Events::Call(vec![Event::CallEnded {
                call: Some("c".into()),
                caller: Some(id("a")),
                members: vec![id("b")],
                result: Some(result),
                media: Some(Media::Picture),
                for_many: Some(false),
                room: None,
                started_at: Some(at),
                accepted_at: None,
                ended_at: Some(at),
            }]);
            let stored = json!({"family": "call", "events": [
                {"type": "call_ended", "call": "c", "caller": "a", "members": ["b"], "result": word, "media": "picture",
                    "for_many": false, "started_at": time, "ended_at": time},
            ]});
            check(&ended, stored, &subject);
        }
    }

    #[test]
    fn the_stored_form_of_every_event_about_an_official_account_is_fixed() {
        use channel::Event;

        let channel = || id("c");
        for (event, stored) in [
            (
                Event::ChannelCreated {
                    channel: channel(),
                    name: "n".into(),
                    owner: Some(id("a")),
                    creator: Some(id("b")),
                },
                json!({"type": "channel_created", "channel": "c", "name": "n", "owner": "a", "creator": "b"}),
            ),
            (
                Event::ChannelChanged {
                    channel: channel(),
                    fields: vec!["name".into()],
                    by: Some(id("a")),
                },
                json!({"type": "channel_changed", "channel": "c", "fields": ["name"], "by": "a"}),
            ),
            (
                Event::ChannelDissolved {
                    channel: channel(),
                    owner: Some(id("a")),
                },
                json!({"type": "channel_dissolved", "channel": "c", "owner": "a"}),
            ),
            (
                Event::ChannelFull { channel: channel() },
                json!({"type": "channel_full", "channel": "c"}),
            ),
            (
                Event::SubscribersAdded {
                    channel: channel(),
                    subscribers: vec![id("a")],
                    by: Some(id("b")),
                },
                json!({"type": "subscribers_added", "channel": "c", "subscribers": ["a"], "by": "b"}),
            ),
            (
                Event::SubscribersRemoved {
                    channel: channel(),
                    subscribers: vec![id("a")],
                    by: None,
                },
                json!({"type": "subscribers_removed", "channel": "c", "subscribers": ["a"]}),
            ),
        ] {
            let stored = json!({"family": "channel", "events": [stored]});
            check(
                &Events::Channel(vec![event]),
                stored,
                &Subject::User(&channel()),
            );
        }
    }

    #[test]
    fn the_stored_form_of_every_event_about_the_app_is_fixed_and_it_is_filed_under_its_command() {
        let at = Timestamp::from_unix_millis(1_700_000_000_123).unwrap();
        let events = Events::Operations(vec![
            operations::Event::RateNearLimit {
                service: "s".into(),
                command: "c".into(),
                per_second: Some(171),
                limit: Some(200),
            },
            operations::Event::GroupQuotaAlarm {
                used: Some(72),
                quota: Some(100),
                at: Some(at),
            },
        ]);
        let stored = json!({"family": "operations", "events": [
            {"type": "rate_near_limit", "service": "s", "command": "c", "per_second": 171, "limit": 200},
            {"type": "group_quota_alarm", "used": 72, "quota": 100, "at": "2023-11-14T22:13:20.123Z"},
        ]});
        check(&events, stored, &Subject::Command);
        let ended = Events::Call(vec![call::Event::CallEnded {
            call: None,
            caller: None,
            members: Vec::new(),
            result: None,
            media: None,
            for_many: None,
            room: None,
            started_at: None,
            accepted_at: None,
            ended_at: None,
        }]);
        let stored = json!({"family": "call", "events": [{"type": "call_ended", "members": []}]});
        check(&ended, stored, &Subject::Command);
    }

    fn check(events: &Events, stored: Value, subject: &Subject<'_>) {
        assert_eq!(serde_json::to_value(events).unwrap(), stored);
        assert_eq!(serde_json::from_value::<Events>(stored).unwrap(), *events);
        assert_eq!(events.subject().as_ref(), Some(subject));
    }

    #[test]
    #[allow(clippy::too_many_lines)]
    fn the_stored_form_of_every_event_about_a_group_is_fixed() {
        use group::{Edited, Event, Joined, Left, Member, Role};

        let topic = || TopicId::new("t").unwrap();
        let member = |user: &str, role| Member {
            user: id(user),
            role,
        };
        for (event, stored) in [
            (
                Event::GroupCreated {
                    group: group(),
                    name: "n".into(),
                    owner: Some(id("a")),
                    creator: Some(id("b")),
                    members: vec![
                        member("a", Some(Role::Owner)),
                        member("b", Some(Role::Admin)),
                        member("c", Some(Role::Member)),
                        member("d", Some(Role::Other(7))),
                        member("e", None),
                    ],
                },
                json!({"type": "group_created", "group": "g", "name": "n", "owner": "a", "creator": "b", "members": [
                    {"user": "a", "role": "owner"}, {"user": "b", "role": "admin"}, {"user": "c", "role": "member"},
                    {"user": "d", "role": 7}, {"user": "e"},
                ]}),
            ),
            (
                Event::GroupChanged {
                    group: group(),
                    fields: vec!["name".into()],
                    by: None,
                },
                json!({"type": "group_changed", "group": "g", "fields": ["name"]}),
            ),
            (
                Event::MembersJoined {
                    group: group(),
                    members: vec![id("a")],
                    how: Joined::AtCreation,
                    by: Some(id("b")),
                },
                json!({"type": "members_joined", "group": "g", "members": ["a"], "how": "at_creation", "by": "b"}),
            ),
            (
                Event::MembersJoinIntended {
                    group: group(),
                    members: vec![id("a")],
                },
                json!({"type": "members_join_intended", "group": "g", "members": ["a"]}),
            ),
            (
                Event::JoinIntended {
                    group: group(),
                    user: id("a"),
                    message: String::new(),
                },
                json!({"type": "join_intended", "group": "g", "user": "a", "message": ""}),
            ),
            (
                Event::MembersLeft {
                    group: group(),
                    members: vec![id("a")],
                    how: Left::Removed,
                    by: Some(id("b")),
                    reason: "r".into(),
                },
                json!({"type": "members_left", "group": "g", "members": ["a"], "how": "removed", "by": "b", "reason": "r"}),
            ),
            (
                Event::MemberChanged {
                    group: group(),
                    member: id("a"),
                    fields: vec!["role".into()],
                    role: Some(Role::Admin),
                    by: None,
                },
                json!({"type": "member_changed", "group": "g", "member": "a", "fields": ["role"], "role": "admin"}),
            ),
            (
                Event::OwnerChanged {
                    group: group(),
                    from: Some(id("a")),
                    to: id("b"),
                    by: None,
                },
                json!({"type": "owner_changed", "group": "g", "from": "a", "to": "b"}),
            ),
            (
                Event::GroupFull { group: group() },
                json!({"type": "group_full", "group": "g"}),
            ),
            (
                Event::AttributesChanged {
                    group: group(),
                    how: Edited::Cleared,
                    keys: Vec::new(),
                    by: Some(id("a")),
                },
                json!({"type": "attributes_changed", "group": "g", "how": "cleared", "keys": [], "by": "a"}),
            ),
            (
                Event::AttributesChanged {
                    group: group(),
                    how: Edited::Set,
                    keys: vec!["k".into()],
                    by: None,
                },
                json!({"type": "attributes_changed", "group": "g", "how": "set", "keys": ["k"]}),
            ),
            (
                Event::TopicCreated {
                    group: group(),
                    topic: topic(),
                    name: "n".into(),
                    owner: Some(id("a")),
                    by: Some(id("b")),
                },
                json!({"type": "topic_created", "group": "g", "topic": "t", "name": "n", "owner": "a", "by": "b"}),
            ),
            (
                Event::TopicsDissolved {
                    group: group(),
                    topics: vec![topic()],
                },
                json!({"type": "topics_dissolved", "group": "g", "topics": ["t"]}),
            ),
            (
                Event::TopicChanged {
                    group: group(),
                    topic: Some(topic()),
                    fields: vec!["name".into()],
                    by: None,
                },
                json!({"type": "topic_changed", "group": "g", "topic": "t", "fields": ["name"]}),
            ),
            (
                Event::TopicMembersJoined {
                    group: group(),
                    topic: topic(),
                    members: vec![id("a")],
                    how: Joined::Applied,
                    by: None,
                },
                json!({"type": "topic_members_joined", "group": "g", "topic": "t", "members": ["a"], "how": "applied"}),
            ),
            (
                Event::TopicMembersLeft {
                    group: group(),
                    topic: topic(),
                    members: vec![id("a")],
                    how: Left::Left,
                    by: None,
                },
                json!({"type": "topic_members_left", "group": "g", "topic": "t", "members": ["a"], "how": "left"}),
            ),
            (
                Event::TopicJoinIntended {
                    group: group(),
                    topic: topic(),
                    user: id("a"),
                    message: "m".into(),
                },
                json!({"type": "topic_join_intended", "group": "g", "topic": "t", "user": "a", "message": "m"}),
            ),
            (
                Event::GroupDissolved {
                    group: group(),
                    owner: Some(id("a")),
                    members: Vec::new(),
                },
                json!({"type": "group_dissolved", "group": "g", "owner": "a", "members": []}),
            ),
        ] {
            let events = Events::Group(vec![event]);
            let stored = json!({"family": "group", "events": [stored]});
            assert_eq!(serde_json::to_value(&events).unwrap(), stored);
            assert_eq!(serde_json::from_value::<Events>(stored).unwrap(), events);
            assert_eq!(events.subject(), Some(Subject::Group(&group())));
        }
    }

    #[test]
    fn a_decision_is_filed_under_who_acts_then_the_group_then_whom_it_is_about() {
        let decided = |actor: Option<&str>, group, others: &[&str], conversation| {
            Events::Decision(vec![decision::Event::Decided {
                decision: decision::Verdict::Allowed,
                by: decision::By::Handler,
                code: None,
                rule: None,
                actor: actor.map(id),
                others: others.iter().map(|other| id(other)).collect(),
                group,
                conversation,
            }])
        };
        let conversation = Conversation::Id("c".into());
        for (events, subject) in [
            (
                decided(Some("a"), Some(group()), &["b"], None),
                Subject::User(&id("a")),
            ),
            (
                decided(None, Some(group()), &["b"], None),
                Subject::Group(&group()),
            ),
            (
                decided(None, None, &["b"], Some(conversation.clone())),
                Subject::User(&id("b")),
            ),
            (
                decided(None, None, &[], Some(conversation.clone())),
                Subject::Conversation(&conversation),
            ),
            (decided(None, None, &[], None), Subject::Command),
        ] {
            assert_eq!(events.subject(), Some(subject));
        }
    }

    #[test]
    fn events_that_the_first_version_stored_are_read() {
        let profile = json!([{"type": "profile_changed", "user": "a", "fields": ["nickname"]}]);
        let added = json!([{"type": "friend_added", "owner": "a", "friend": "b"}]);
        let read = |stored: Value| serde_json::from_value::<Events>(stored).unwrap();
        for stored in [
            json!({"family": "relation", "events": profile}),
            json!({"events": profile}),
        ] {
            assert!(matches!(read(stored), Events::User(events) if events.len() == 1));
        }
        for stored in [
            json!({"family": "relation", "events": added}),
            json!({"events": added}),
        ] {
            assert!(matches!(read(stored), Events::Relation(events) if events.len() == 1));
        }
    }

    #[test]
    fn foreign_forms_are_not_read() {
        for foreign in [
            json!({"family": "other", "events": []}),
            json!({"events": [{"type": "other"}]}),
            json!({"events": "x"}),
        ] {
            assert!(
                serde_json::from_value::<Events>(foreign.clone()).is_err(),
                "{foreign}"
            );
        }
    }
}
