//! The callbacks of an OpenIM server whose users mostly write messages, and what those that the views read mean.

use domain::{
    Events, GroupId, Reception, Source, Timestamp, UserId,
    group::{Event as GroupEvent, Joined, Left, Member, Role},
    relation::Event,
};
use models::{memberships::GROUPS, relations::USERS};
use serde_json::{Value, json};

use crate::{
    Result,
    endpoint::PASSWORD,
    event::{Request, event, now_millis, openim_headers},
};

/// The users who write messages, and the groups that they write to.
const WRITERS: u32 = 100_000;
const ROOMS: u32 = 10_000;

/// Of a thousand callbacks, how many are of each kind.
const SINGLE: u32 = 550;
const GROUP: u32 = 400;
const RELATION: u32 = 20;
const MEMBERS: u32 = 10;
const PROFILE: u32 = 5;

/// The mix in words.
pub(crate) const SHARES: &str = "55 % messages between two users, 40 % messages in groups, 2 % relations, 1 % members of \
    groups, 0.5 % profiles, 1.5 % presence";

/// The function that a callback is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Single,
    Group,
    Other,
}

/// A callback as a function gets it.
pub(crate) struct Call {
    pub(crate) kind: Kind,
    pub(crate) event: Vec<u8>,
    /// The gateway's id of the request.
    pub(crate) id: String,
}

/// Makes callbacks. They are the same in every run, but for their times.
pub(crate) struct Mix {
    random: fastrand::Rng,
    count: u64,
    single: Value,
    group: Value,
    /// What the views read, as the server meant it.
    pub(crate) history: Vec<Reception>,
}

impl Mix {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            random: fastrand::Rng::with_seed(20),
            count: 0,
            single: serde_json::from_str(include_str!(
                "../../tests/payloads/openim/callbackAfterSendSingleMsgCommand.server.json"
            ))?,
            group: serde_json::from_str(include_str!(
                "../../tests/payloads/openim/callbackAfterSendGroupMsgCommand.server-2.json"
            ))?,
            history: Vec::new(),
        })
    }

    pub(crate) fn next(&mut self) -> Result<Call> {
        self.count += 1;
        let mut chosen = self.random.u32(..1000);
        let mut is = |share| {
            let is = chosen < share;
            chosen = chosen.wrapping_sub(share);
            is
        };
        let (kind, body, events) = if is(SINGLE) {
            (Kind::Single, self.message(Kind::Single), None)
        } else if is(GROUP) {
            (Kind::Group, self.message(Kind::Group), None)
        } else if is(RELATION) {
            let (body, events) = self.relation()?;
            (Kind::Other, body, Some(Events::Relation(events)))
        } else if is(MEMBERS) {
            let (body, event) = self.members()?;
            (Kind::Other, body, Some(Events::Group(vec![event])))
        } else if is(PROFILE) {
            (Kind::Other, self.profile(), None)
        } else {
            (Kind::Other, self.presence(), None)
        };
        let (id, received_at) = (format!("c{:09}", self.count), now_millis());
        let command = body["callbackCommand"].as_str().unwrap_or_default();
        let path = format!("/{command}");
        let event = event(&Request {
            path: &path,
            route: match kind {
                Kind::Other => "/{proxy+}",
                _ => &path,
            },
            query: Vec::new(),
            own_headers: openim_headers(PASSWORD, &format!("{:032x}", self.random.u128(..))),
            // OpenIM ends each body with a line break.
            body: &format!("{body}\n"),
            id: &id,
            received_at,
        });
        if let Some(events) = events {
            self.history.push(Reception {
                id: id.clone(),
                received_at: Timestamp::from_unix_millis(received_at)?,
                source: Source::OpenIm,
                command: command.to_owned(),
                operation_id: None,
                events,
                body: None,
                target: None,
                part: None,
            });
        }
        Ok(Call { kind, event, id })
    }

    /// A text message of 1 to 400 characters, mostly short.
    fn message(&mut self, kind: Kind) -> Value {
        let random = &mut self.random;
        let mut body = match kind {
            Kind::Group => self.group.clone(),
            _ => self.single.clone(),
        };
        let length = (1.0 / random.f64().max(0.05) * 20.0) as usize;
        let text: String = (0..length).map(|_| random.lowercase()).collect();
        let now = now_millis();
        body["sendID"] = json!(user(random.u32(..WRITERS)));
        match kind {
            Kind::Group => body["groupID"] = json!(format!("{:010}", random.u32(..ROOMS))),
            _ => body["recvID"] = json!(user(random.u32(..WRITERS))),
        }
        body["serverMsgID"] = json!(format!("{:032x}", random.u128(..)));
        body["clientMsgID"] = json!(format!("{:032x}", random.u128(..)));
        body["contentType"] = json!(101);
        body["content"] = json!(json!({ "content": text }).to_string());
        body["atUserList"] = Value::Null;
        body["sendTime"] = json!(now);
        body["createTime"] = json!(now);
        body
    }

    fn relation(&mut self) -> Result<(Value, Vec<Event>)> {
        let owner = self.member()?;
        let other = loop {
            let other = self.member()?;
            if other != owner {
                break other;
            }
        };
        let text = "x".repeat(self.random.usize(..4));
        let (command, body, events) = match self.random.u8(..8) {
            0 | 1 => (
                "AfterAddFriend",
                json!({"fromUserID": owner, "toUserID": other, "reqMsg": text}),
                vec![Event::FriendRequested {
                    from: owner,
                    to: other,
                    message: text,
                }],
            ),
            2 => (
                "AfterAddFriendAgree",
                json!({"fromUserID": owner, "blackUserID": other, "HandleResult": 1, "HandleMsg": text}),
                vec![
                    Event::FriendRequestAccepted {
                        from: owner.clone(),
                        to: other.clone(),
                        message: text,
                    },
                    Event::FriendAdded {
                        owner: owner.clone(),
                        friend: other.clone(),
                    },
                    Event::FriendAdded {
                        owner: other,
                        friend: owner,
                    },
                ],
            ),
            3 => (
                "AfterImportFriends",
                json!({"ownerUserID": owner, "friendUserIDs": [other]}),
                vec![Event::FriendsImported {
                    owner,
                    friends: vec![other],
                }],
            ),
            4 => (
                "AfterDeleteFriend",
                json!({"ownerUserID": owner, "friendUserID": other}),
                vec![Event::FriendDeleted {
                    owner,
                    friend: other,
                }],
            ),
            5 => (
                "AfterSetFriendRemark",
                json!({"ownerUserID": owner, "friendUserID": other, "remark": text}),
                vec![Event::RemarkSet {
                    owner,
                    friend: other,
                    remark: text,
                }],
            ),
            6 => (
                "BeforeAddBlack",
                json!({"ownerUserID": owner, "blackUserID": other}),
                vec![Event::BlockIntended {
                    owner,
                    blocked: other,
                }],
            ),
            _ => (
                "AfterRemoveBlack",
                json!({"ownerUserID": owner, "blackUserID": other}),
                vec![Event::Unblocked {
                    owner,
                    blocked: other,
                }],
            ),
        };
        Ok((named(command, body), events))
    }

    fn members(&mut self) -> Result<(Value, GroupEvent)> {
        let group = GroupId::new(GROUPS[self.random.usize(..GROUPS.len())])?;
        let (one, two) = (self.member()?, self.member()?);
        let (command, body, event) = match self.random.u8(..10) {
            0 => {
                let mut list = vec![json!({"userID": one, "roleLevel": 100})];
                let mut members = vec![Member {
                    user: one.clone(),
                    role: Some(Role::Owner),
                }];
                if one != two {
                    list.push(json!({"userID": two, "roleLevel": 20}));
                    members.push(Member {
                        user: two,
                        role: Some(Role::Member),
                    });
                }
                // OpenIM lists the owner twice.
                list.push(json!({"userID": one, "roleLevel": 20}));
                (
                    "AfterCreateGroup",
                    json!({
                        "groupID": group, "groupName": "a name", "ownerUserID": one, "memberCount": members.len(),
                        "creatorUserID": "", "groupType": 2, "initMemberList": list,
                    }),
                    GroupEvent::GroupCreated {
                        group,
                        name: "a name".to_owned(),
                        owner: Some(one),
                        creator: None,
                        members,
                    },
                )
            }
            1 | 2 => (
                "AfterJoinGroup",
                json!({"groupID": group, "reqMessage": "", "joinSource": 2, "inviterUserID": one}),
                GroupEvent::MembersJoined {
                    group,
                    members: vec![one],
                    how: Joined::Free,
                    by: None,
                },
            ),
            3 | 4 => (
                "BeforeMembersJoinGroup",
                json!({"groupID": group, "memberList": [{"userID": one, "ex": ""}], "groupEx": ""}),
                GroupEvent::MembersJoinIntended {
                    group,
                    members: vec![one],
                },
            ),
            5 => (
                "AfterKickGroup",
                json!({"groupID": group, "kickedUserIDs": [one], "reason": ""}),
                GroupEvent::MembersLeft {
                    group,
                    members: vec![one],
                    how: Left::Removed,
                    by: None,
                    reason: String::new(),
                },
            ),
            6 => (
                "AfterQuitGroup",
                json!({"groupID": group, "userID": one}),
                GroupEvent::MembersLeft {
                    group,
                    members: vec![one],
                    how: Left::Left,
                    by: None,
                    reason: String::new(),
                },
            ),
            7 => (
                "AfterTransferGroupOwner",
                json!({"groupID": group, "oldOwnerUserID": one, "newOwnerUserID": two}),
                GroupEvent::OwnerChanged {
                    group,
                    from: Some(one),
                    to: two,
                    by: None,
                },
            ),
            8 => (
                "AfterSetGroupMemberInfo",
                json!({"groupID": group, "userID": one, "nickName": null, "faceURL": null, "roleLevel": 60, "ex": null}),
                GroupEvent::MemberChanged {
                    group,
                    member: one,
                    fields: vec!["role".to_owned()],
                    role: Some(Role::Admin),
                    by: None,
                },
            ),
            _ => (
                "AfterDisMissGroup",
                json!({"groupID": group, "ownerID": one, "groupType": "\u{2}", "membersID": []}),
                GroupEvent::GroupDissolved {
                    group,
                    owner: Some(one),
                    members: Vec::new(),
                },
            ),
        };
        Ok((named(command, body), event))
    }

    fn profile(&mut self) -> Value {
        let user = user(self.random.u32(..WRITERS));
        let body = json!({"userID": user, "nickName": "Ana", "faceURL": null, "ex": null});
        named("AfterUpdateUserInfoEx", body)
    }

    fn presence(&mut self) -> Value {
        let user = user(self.random.u32(..WRITERS));
        let mut body = json!({
            "operationID": "p_29588_1", "platformID": 2, "platform": "Android", "userID": user,
            "seq": now_millis(), "connID": "",
        });
        if self.random.bool() {
            body["isAppBackground"] = json!(false);
            named("AfterUserOnline", body)
        } else {
            named("AfterUserOffline", body)
        }
    }

    /// One of the few users whose relations and groups the model knows.
    fn member(&mut self) -> Result<UserId> {
        Ok(UserId::new(USERS[self.random.usize(..USERS.len())])?)
    }
}

fn user(number: u32) -> String {
    format!("{number:010}")
}

fn named(command: &str, mut body: Value) -> Value {
    body["callbackCommand"] = json!(format!("callback{command}Command"));
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_95_of_100_callbacks_and_no_id_repeats() {
        let mut mix = Mix::new().unwrap();
        let calls = (0..20_000).map(|_| mix.next().unwrap());
        let calls: Vec<Call> = calls.collect();
        let other = calls.iter().filter(|it| it.kind == Kind::Other).count();
        assert!((900..1100).contains(&other), "{other}");
        assert!((540..660).contains(&mix.history.len()));
        let ids: std::collections::HashSet<_> = calls.iter().map(|it| &it.id).collect();
        assert_eq!(ids.len(), calls.len());
    }
}
