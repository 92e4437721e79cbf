//! Every type against the bodies in `tests/payloads`, against the catalogue, and with its source.

use std::{collections::BTreeSet, fs};

use domain::{
    Change, Events, Family, Question, Role, Source, UserId, Words, group, relation, user,
};
use imhook_protocol::{
    Callback, Command, NEVER_SENT, Rules, Text, catalogue, command, openim, tencent,
};
use models::{Payload, payloads, root};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// Reads a body. Only our own reader accepts values that do not fit.
fn typed<T: DeserializeOwned>(payload: &Payload) -> T {
    match payload.case.as_str() {
        "odd" => imhook_protocol::read(&payload.body).unwrap(),
        _ => serde_json::from_slice(&payload.body).unwrap(),
    }
}

/// Reads a body and writes it. Only unknown fields may be lost.
fn assert_survives<T: DeserializeOwned + Serialize>(payload: &Payload) {
    let at = format!("{}.{}", payload.command, payload.case);
    let before: Value = serde_json::from_slice(&payload.body).unwrap();
    let typed: T = typed(payload);
    let mut after = serde_json::to_value(&typed).unwrap();
    for key in ["callbackCommand", "CallbackCommand"] {
        if let Some(command) = before.get(key) {
            assert_eq!(*command, payload.command, "{at}");
            after[key] = command.clone();
        }
    }
    // Like the command, it is not a part of what the callback says.
    if let Some(id) = before.get("operationID") {
        after["operationID"] = id.clone();
    }
    // An odd value is written in its ordinary form, or not at all.
    if payload.case == "odd" {
        return;
    }
    // A time can be a text, and is written as a number.
    if before["EventTime"].as_str() == Some(&after["EventTime"].to_string()) {
        after["EventTime"] = before["EventTime"].clone();
    }
    // The type does not write an empty `ex`.
    if before.get("ex") == Some(&json!("")) {
        after["ex"] = json!("");
    }
    if payload.case == "unknown-fields" {
        let (before, after) = (before.as_object().unwrap(), after.as_object().unwrap());
        for (key, value) in after {
            assert!(key == "EventTime" || before[key] == *value, "{at}: {key}");
        }
    } else {
        assert_eq!(before, after, "{at}");
    }
}

/// The command of every type, each with a function that takes a body of that type.
macro_rules! every_type {
    ($of:ident) => {
        every_type!(
            $of:
            openim::AfterAddFriend,
            openim::AfterAddFriendAgree,
            openim::AfterDeleteFriend,
            openim::AfterImportFriends,
            openim::AfterRemoveBlack,
            openim::AfterSetFriendRemark,
            openim::BeforeAddBlack,
            openim::BeforeAddFriend,
            openim::BeforeAddFriendAgree,
            openim::BeforeImportFriends,
            openim::BeforeSetFriendRemark,
            openim::AfterUpdateUserInfo,
            openim::AfterUpdateUserInfoEx,
            openim::AfterUserRegister,
            openim::BeforeUpdateUserInfo,
            openim::BeforeUpdateUserInfoEx,
            openim::BeforeUserRegister,
            openim::AfterCreateGroup,
            openim::AfterDismissGroup,
            openim::AfterJoinGroup,
            openim::AfterKickGroupMember,
            openim::AfterQuitGroup,
            openim::AfterSetGroupInfo,
            openim::AfterSetGroupInfoEx,
            openim::AfterSetGroupMemberInfo,
            openim::AfterTransferGroupOwner,
            openim::BeforeApplyJoinGroup,
            openim::BeforeCreateGroup,
            openim::BeforeInviteUserToGroup,
            openim::BeforeMemberJoinGroup,
            openim::BeforeSetGroupInfo,
            openim::BeforeSetGroupInfoEx,
            openim::BeforeSetGroupMemberInfo,
            openim::AfterGroupMsgRead,
            openim::AfterMsgSaveDb,
            openim::AfterRevokeMsg,
            openim::AfterSendGroupMsg,
            openim::AfterSendSingleMsg,
            openim::AfterSingleMsgRead,
            openim::BeforeMsgModify,
            openim::BeforeSendGroupMsg,
            openim::BeforeSendSingleMsg,
            openim::AfterCreateGroupChatConversations,
            openim::AfterCreateSingleChatConversations,
            openim::BeforeCreateGroupChatConversations,
            openim::BeforeCreateSingleChatConversations,
            openim::AfterUserOffline,
            openim::AfterUserOnline,
            openim::BeforeGroupOnlinePush,
            openim::BeforeOfflinePush,
            openim::BeforeOnlinePush,
            tencent::AfterFollowAdd,
            tencent::AfterFollowDelete,
            tencent::BlackListAdd,
            tencent::BlackListDelete,
            tencent::FriendAdd,
            tencent::FriendDelete,
            tencent::PrevFriendAdd,
            tencent::PrevFriendResponse,
            tencent::PortraitSet,
            tencent::AfterChangeGroupOwner,
            tencent::AfterCreateGroup,
            tencent::AfterCreateTopic,
            tencent::AfterGroupAttrChanged,
            tencent::AfterGroupDestroyed,
            tencent::AfterGroupFull,
            tencent::AfterGroupInfoChanged,
            tencent::AfterMemberExit,
            tencent::AfterMemberFieldChanged,
            tencent::AfterNewMemberJoin,
            tencent::AfterTopicDestroyed,
            tencent::AfterTopicInfoChanged,
            tencent::BeforeApplyJoinGroup,
            tencent::BeforeCreateGroup,
            tencent::BeforeCreateTopic,
            tencent::BeforeInviteJoinGroup,
            tencent::AfterAddSubscriber,
            tencent::AfterCreateOfficialAccount,
            tencent::AfterDeleteSubscriber,
            tencent::AfterOfficialAccountDestroyed,
            tencent::AfterOfficialAccountFull,
            tencent::AfterOfficialAccountInfoChanged,
            tencent::BeforeAddSubscriber,
            tencent::BeforeCreateOfficialAccount,
            tencent::BotOnC2cMessage,
            tencent::BotOnGroupMessage,
            tencent::C2cAfterC2cMsgExtension,
            tencent::C2cAfterModifyMsg,
            tencent::C2cAfterMsgReadAll,
            tencent::C2cAfterMsgReadReceipt,
            tencent::C2cAfterMsgReport,
            tencent::C2cAfterMsgWithDraw,
            tencent::C2cAfterSendMsg,
            tencent::C2cBeforeSendMsg,
            tencent::ChatbotOnC2cSignalMessage,
            tencent::GroupAfterGroupMsgExtension,
            tencent::GroupAfterModifyMsg,
            tencent::GroupAfterReadReceipt,
            tencent::GroupAfterRecallMsg,
            tencent::GroupAfterSendMsg,
            tencent::GroupBeforeSendMsg,
            tencent::GroupSendMsgException,
            tencent::OfficialAccountAfterMsgWithDraw,
            tencent::OfficialAccountAfterSendMsg,
            tencent::OfficialAccountBeforeSendMsg,
            tencent::OnMemberStateChange,
            tencent::StateChange,
            tencent::AllMemberPush,
            tencent::OfflinePush,
            tencent::AfterEndCall,
            tencent::AfterMemberChanged,
            tencent::AfterStartCall,
            tencent::ResultNotify,
            tencent::OnDailyGroupQuotaAlarm,
            tencent::RequestOverLimit,
        )
    };
    ($of:ident: $($Type:ty),+ $(,)?) => {
        [$((<$Type as Callback>::COMMAND, $of::<$Type> as fn(&Payload))),+]
    };
}

/// A command, and a check of each of its bodies.
type OfType = (Command, fn(&Payload));

/// Calls the check of each body's type.
fn for_every_payload(types: &[OfType]) {
    let listed: Vec<Command> = types.iter().map(|(command, _)| *command).collect();
    let catalogue: Vec<Command> = catalogue().copied().collect();
    assert_eq!(listed, catalogue, "the list of types lacks none");
    for payload in &payloads() {
        let known = imhook_protocol::command(payload.source, &payload.command);
        let of_type = types.iter().find(|(command, _)| Some(command) == known);
        of_type.unwrap().1(payload);
    }
}

#[test]
fn every_payload_is_read_and_written_without_a_loss() {
    for_every_payload(&every_type!(assert_survives));
}

/// A question that owns its texts.
#[derive(Debug, PartialEq)]
struct Asked {
    actor: Option<String>,
    others: Vec<String>,
    texts: Vec<(Role, String)>,
}

/// The ids in a field of a body: one id, a list of ids, or the ids of a list of users.
fn ids(value: &Value) -> Vec<String> {
    match value {
        Value::String(id) => vec![id.clone()],
        Value::Array(items) => items.iter().flat_map(ids).collect(),
        Value::Object(user) => ["userID", "Member_Account"]
            .into_iter()
            .flat_map(|key| user.get(key).map(ids).unwrap_or_default())
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

const OLD_ROUTES: &[&str] = &[
    "callbackBeforeSetGroupInfoCommand",
    "callbackBeforeUpdateUserInfoCommand",
];

/// The questions of a body, read without its type.
fn asked_in(payload: &Payload, rules: &Rules) -> Vec<Asked> {
    let body: Value = serde_json::from_slice(&payload.body).unwrap();
    let text = |of: &Value, field: &Text| {
        let text = of[field.key].as_str()?.to_owned();
        // On the old routes an empty text means no change.
        let is_given = !OLD_ROUTES.contains(&payload.command.as_str()) || !text.is_empty();
        is_given.then_some((field.role, text))
    };
    let asked = |item: &Value, actor: &str, others: &str| Asked {
        // The owner of a new group is the first member.
        actor: ids(&body[actor]).into_iter().next(),
        others: ids(&item[others]),
        texts: match command(payload.source, &payload.command).unwrap().family {
            // Their texts are in JSON: see messages.rs.
            Family::Message => Vec::new(),
            _ => {
                let texts = rules.texts.iter();
                texts.filter_map(|field| text(item, field)).collect()
            }
        },
    };
    let (actor, others) = match payload.command.as_str() {
        "callbackBeforeAddBlackCommand" => ("ownerUserID", "blackUserID"),
        "callbackBeforeAddFriendCommand" => ("fromUserID", "toUserID"),
        "callbackBeforeAddFriendAgreeCommand" => ("blackUserID", "fromUserID"),
        "callbackBeforeImportFriendsCommand" => ("ownerUserID", "friendUserIDs"),
        "callbackBeforeSetFriendRemarkCommand" => ("ownerUserID", "friendUserID"),
        "callbackBeforeUpdateUserInfoCommand" | "callbackBeforeUpdateUserInfoExCommand" => {
            ("userID", "nobody")
        }
        "callbackBeforeUserRegisterCommand" => ("nobody", "users"),
        "callbackBeforeCreateGroupCommand" => ("initMemberList", "initMemberList"),
        "callbackBeforeInviteJoinGroupCommand" => ("nobody", "invitedUserIDs"),
        "callbackBeforeJoinGroupCommand" => ("applyID", "nobody"),
        "callbackBeforeMembersJoinGroupCommand" => ("nobody", "memberList"),
        "callbackBeforeSetGroupInfoCommand" | "callbackBeforeSetGroupInfoExCommand" => {
            ("nobody", "nobody")
        }
        "callbackBeforeSetGroupMemberInfoCommand" => ("userID", "nobody"),
        "callbackBeforeOfflinePushCommand" | "callbackBeforeOnlinePushCommand" => {
            ("sendID", "userIDList")
        }
        "callbackBeforeGroupOnlinePushCommand" => ("sendID", "nobody"),
        "callbackBeforeMsgModifyCommand" | "callbackBeforeSendGroupMsgCommand" => {
            ("sendID", "nobody")
        }
        "callbackBeforeSendSingleMsgCommand" => ("sendID", "recvID"),
        "Sns.CallbackPrevFriendAdd" | "Sns.CallbackPrevFriendResponse" => {
            let items = ["FriendItem", "ResponseFriendItem"].map(|key| body[key].as_array());
            let items = items.into_iter().flatten().flatten();
            return items
                .map(|item| asked(item, "From_Account", "To_Account"))
                .collect();
        }
        "Group.CallbackBeforeInviteJoinGroup" => {
            let people = body["DestinationMembers"].as_array().unwrap().iter();
            return people
                .map(|person| asked(person, "Operator_Account", "Member_Account"))
                .collect();
        }
        "C2C.CallbackBeforeSendMsg" => ("From_Account", "To_Account"),
        "Group.CallbackBeforeSendMsg" => ("From_Account", "nobody"),
        "Group.CallbackBeforeApplyJoinGroup" => ("Requestor_Account", "nobody"),
        // The owner, if the body names one.
        "Group.CallbackBeforeCreateGroup" if body["Owner_Account"].is_string() => {
            ("Owner_Account", "MemberList")
        }
        "Group.CallbackBeforeCreateGroup" => ("Operator_Account", "MemberList"),
        "Group.CallbackBeforeCreateTopic" => ("Operator_Account", "nobody"),
        // Each user who subscribes acts, whoever makes the request.
        "OfficialAccount.CallbackBeforeAddSubscriber" => {
            let people = body["SubscribeAccountList"].as_array().unwrap().iter();
            return people
                .map(|person| Asked {
                    actor: ids(&person["Subscriber_Account"]).pop(),
                    ..asked(&body, "nobody", "Official_Account")
                })
                .collect();
        }
        "OfficialAccount.CallbackBeforeCreateOfficialAccount" => ("Owner_Account", "nobody"),
        "OfficialAccount.CallbackBeforeSendMsg" => ("Official_Account", "nobody"),
        _ if *rules == Rules::NONE => return Vec::new(),
        other => panic!("whom does {other} ask about?"),
    };
    vec![asked(&body, actor, others)]
}

fn text(words: Words<'_>) -> String {
    match words {
        Words::Text(text) => text.to_owned(),
        Words::Unreadable => panic!("every text can be read"),
    }
}

fn asks_as_the_catalogue_says<C: Callback>(payload: &Payload) {
    let at = &payload.name;
    let callback: C = typed(payload);
    let questions = callback.questions();
    let Some(rules) = C::COMMAND.rules() else {
        // Without rules, too, each decision is recorded with the people whom it is about.
        let people = questions.iter().map(|question| Asked {
            actor: question.actor.map(ToString::to_string),
            others: question.others.iter().map(ToString::to_string).collect(),
            texts: Vec::new(),
        });
        let people: Vec<Asked> = people.collect();
        assert_eq!(people, asked_in(payload, &Rules::NONE), "{at}");
        return;
    };
    let texts = |question: &Question<'_>| {
        let mut texts = question.texts.iter();
        let own = rules.texts.iter().filter_map(|field| {
            let found = texts.clone().find(|text| text.role == field.role)?;
            Some((field.role, text(found.words)))
        });
        let own: Vec<_> = own.collect();
        // Tencent Chat's commands about groups and messages have rules by subject only.
        assert!(texts.all(|text| text.role == Role::NewName
            || !rules.has_own()
            || rules.texts.iter().any(|field| field.role == text.role)));
        match C::COMMAND.family {
            Family::Message => Vec::new(),
            _ => own,
        }
    };
    let questions = questions.into_iter().map(|question| Asked {
        actor: question.actor.map(ToString::to_string),
        others: question.others.iter().map(ToString::to_string).collect(),
        texts: texts(&question),
    });
    let questions: Vec<Asked> = questions.collect();
    assert_eq!(questions, asked_in(payload, rules), "{at}");
    for asked in &questions {
        assert!(!rules.acting_user || asked.actor.is_some(), "{at}");
        assert!(!rules.other_user || !asked.others.is_empty(), "{at}");
    }

    let changes = |change: Change| {
        let answer = callback.amended(&change)?;
        Some(serde_json::to_value(answer).unwrap())
    };
    let another = || "another".to_owned();
    for (role, change) in [
        (Role::Name, Change::Name(another())),
        (Role::Notice, Change::Notice(another())),
        (Role::Introduction, Change::Introduction(another())),
    ] {
        let mut fields = rules.texts.iter();
        let field = fields.find(|field| field.role == role && field.can_amend);
        match (changes(change), field) {
            (Some(answer), field) => assert_eq!(answer[field.expect(at).key], "another", "{at}"),
            // Some commands take no text if none is proposed.
            (None, Some(_)) => {
                assert!(
                    !questions[0].texts.iter().any(|text| text.0 == role),
                    "{at}"
                );
            }
            (None, None) => {}
        }
    }
    match changes(Change::KeepFirst(1)) {
        Some(answer) => {
            let list = rules.list.expect(at);
            assert_eq!(answer[list], json!(questions[0].others[..1]), "{at}");
        }
        None => assert_eq!(rules.list, None, "{at}"),
    }
}

#[test]
fn questions_and_amendments_are_what_the_catalogue_says() {
    for_every_payload(&every_type!(asks_as_the_catalogue_says));
}

#[test]
fn every_command_of_openim_has_a_body_of_its_server_and_every_other_one_of_its_document() {
    let payloads = payloads();
    let mine: BTreeSet<(Source, &str, &str)> = payloads
        .iter()
        .map(|payload| {
            (
                payload.source,
                payload.command.as_str(),
                payload.case.as_str(),
            )
        })
        .collect();
    for Command { source, name, .. } in catalogue() {
        let case = match source {
            Source::OpenIm => "server",
            Source::Tencent => "document",
        };
        assert!(mine.contains(&(*source, name, case)), "{name}");
    }
    assert!(
        mine.iter()
            .all(|(source, name, _)| command(*source, name).is_some())
    );
}

/// Nothing is recorded of a question if an "after" callback reports what came of it. Nothing reports a block or a request
/// to join, and only some ways of joining are reported.
#[test]
fn a_before_callback_is_recorded_only_if_no_after_callback_reports_it() {
    for payload in &payloads() {
        if !command(payload.source, &payload.command)
            .unwrap()
            .is_before()
        {
            continue;
        }
        match (payload.command.as_str(), &payload.events) {
            ("callbackBeforeAddBlackCommand", Events::Relation(events)) => {
                assert!(
                    matches!(events[..], [relation::Event::BlockIntended { .. }]),
                    "{events:?}"
                );
            }
            ("callbackBeforeJoinGroupCommand", Events::Group(events)) => assert!(
                matches!(events[..], [group::Event::JoinIntended { .. }]),
                "{events:?}"
            ),
            ("Group.CallbackBeforeApplyJoinGroup", Events::Group(events)) => assert!(
                matches!(
                    events[..],
                    [group::Event::JoinIntended { .. }] | [group::Event::TopicJoinIntended { .. }]
                ),
                "{events:?}"
            ),
            ("callbackBeforeMembersJoinGroupCommand", Events::Group(events)) => assert!(
                matches!(events[..], [group::Event::MembersJoinIntended { .. }]),
                "{events:?}"
            ),
            (command, events) => assert!(events.is_empty(), "{command}: {events:?}"),
        }
    }
}

#[test]
fn a_list_that_openims_server_writes_as_null_is_empty() {
    let body = r#"{"ownerUserID":"ana","friendUserIDs":null}"#;
    let callback: openim::AfterImportFriends = serde_json::from_str(body).unwrap();
    assert!(callback.friend_user_ids.is_empty());
    let callback: openim::BeforeImportFriends = serde_json::from_str(body).unwrap();
    assert!(callback.friend_user_ids.is_empty());
    for body in [
        r#"{"ownerUserID":"ana"}"#,
        r#"{"ownerUserID":"ana","friendUserIDs":"leo"}"#,
        r#"{"ownerUserID":"ana","friendUserIDs":["leo",""]}"#,
        r#"{"ownerUserID":"ana","friendUserIDs":["leo",null]}"#,
    ] {
        assert!(
            serde_json::from_str::<openim::AfterImportFriends>(body).is_err(),
            "{body}"
        );
    }
}

#[test]
fn a_list_that_tencent_chat_must_send_may_be_null_but_not_missing() {
    fn required<T: DeserializeOwned>(field: &str) {
        let mut body = json!({
            "From_Account": "ana", "Operator_Account": "ana", "Peer_Account": "leo", "GroupId": "hike",
        });
        assert!(
            serde_json::from_value::<T>(body.clone()).is_err(),
            "{field}"
        );
        for empty in [Value::Null, json!([])] {
            body[field] = empty;
            assert!(serde_json::from_value::<T>(body.clone()).is_ok(), "{field}");
        }
    }
    required::<tencent::FriendAdd>("PairList");
    required::<tencent::BlackListAdd>("PairList");
    required::<tencent::BlackListDelete>("PairList");
    required::<tencent::PrevFriendAdd>("FriendItem");
    required::<tencent::PrevFriendResponse>("ResponseFriendItem");
    required::<tencent::PortraitSet>("ProfileItem");
    required::<tencent::AfterFollowAdd>("FollowList");
    required::<tencent::AfterFollowDelete>("To_Account");
    required::<tencent::BeforeInviteJoinGroup>("DestinationMembers");
    required::<tencent::AfterNewMemberJoin>("NewMemberList");
    required::<tencent::AfterMemberExit>("ExitMemberList");
    required::<tencent::AfterTopicDestroyed>("TopicIdList");
    required::<tencent::C2cAfterMsgReadReceipt>("C2CMsgInfo");
    required::<tencent::GroupAfterReadReceipt>("GroupMsgReceiptList");
    required::<tencent::GroupAfterRecallMsg>("MsgSeqList");
}

#[test]
fn a_field_that_tencent_chat_may_leave_out_can_be_null() {
    let callback = json!({
        "PairList": [{"From_Account": "a", "To_Account": "b", "Initiator_Account": null}],
        "ClientCmd": null, "Admin_Account": null, "ForceFlag": null,
    });
    let callback: tencent::FriendAdd = serde_json::from_value(callback).unwrap();
    assert_eq!(callback.force_flag.get(), None);
    assert_eq!(callback.client_cmd, None);
    assert_eq!(callback.pairs[0].initiator, None);
}

#[test]
fn a_list_of_members_that_nothing_needs_may_be_anything() {
    let read = |list: Value| {
        let body = json!({"GroupId": "hike", "Operator_Account": "ana", "MemberList": list});
        let body = body.to_string();
        let (created, dissolved) = (
            imhook_protocol::read::<tencent::AfterCreateGroup>(body.as_bytes()),
            imhook_protocol::read::<tencent::AfterGroupDestroyed>(body.as_bytes()),
        );
        let asked = imhook_protocol::read::<tencent::BeforeCreateGroup>(body.as_bytes());
        (
            created.unwrap().first_members().len(),
            dissolved.unwrap().members.get().map_or(0, |it| it.len()),
            asked.ok().map(|asked| {
                let [question] = &asked.questions()[..] else {
                    panic!("one question");
                };
                (question.others.len(), question.means_unreadable_others)
            }),
        )
    };
    let leo = json!({"Member_Account": "leo"});
    assert_eq!(read(json!([leo])), (1, 1, Some((1, false))));
    assert_eq!(
        read(json!([leo, {"Member_Account": 7}])),
        (1, 1, Some((1, true)))
    );
    assert_eq!(
        read(json!([{"Member_Account": ""}, null])),
        (0, 0, Some((0, false)))
    );
    assert_eq!(read(Value::Null), (0, 0, Some((0, false))));
    // Whoever decides about the members must know them.
    assert_eq!(read(json!("leo")), (0, 0, None));
}

#[test]
fn nobody_acts_if_tencent_chat_found_no_account_and_a_decision_needs_to_know_that() {
    let asked = |operator: Value| {
        let body = json!({"Operator_Account": operator, "Name": "Hike"}).to_string();
        let asked = imhook_protocol::read::<tencent::BeforeCreateTopic>(body.as_bytes()).ok()?;
        let actor = asked.operator.user().map(ToString::to_string);
        Some(actor)
    };
    assert_eq!(asked(json!("ana")), Some(Some("ana".to_owned())));
    assert_eq!(asked(json!("@TLS#NOT_FOUND")), Some(None));
    for unreadable in [json!(7), json!(""), Value::Null] {
        assert_eq!(asked(unreadable), None);
    }
    let told = |operator: Value| {
        let body = json!({"GroupId": "hike", "Operator_Account": operator}).to_string();
        let told = imhook_protocol::read::<tencent::AfterGroupInfoChanged>(body.as_bytes());
        told.unwrap().operator.user().map(|user| user.to_string())
    };
    assert_eq!(told(json!("ana")), Some("ana".to_owned()));
    for nobody in [
        json!("@TLS#NOT_FOUND"),
        json!(7),
        json!(""),
        Value::Null,
        json!([1]),
    ] {
        assert_eq!(told(nobody), None);
    }
}

#[test]
fn the_id_of_a_new_group_has_two_spellings_and_the_member_of_a_change_has_two_fields() {
    for body in [r#"{"GroupId":"hike"}"#, r#"{"groupID":"hike"}"#] {
        let created = imhook_protocol::read::<tencent::AfterCreateGroup>(body.as_bytes());
        assert_eq!(created.unwrap().group_id.as_str(), "hike");
    }
    for (accounts, member) in [
        (json!({"Modified_Account": "leo"}), Some("leo")),
        (json!({"Member_Account": "leo"}), Some("leo")),
        (
            json!({"Modified_Account": "leo", "Member_Account": "bob"}),
            Some("leo"),
        ),
        (
            json!({"Modified_Account": "", "Member_Account": "leo"}),
            Some("leo"),
        ),
        (json!({"Modified_Account": 7}), None),
        (json!({}), None),
    ] {
        let mut body = accounts;
        body["GroupId"] = json!("hike");
        let body = body.to_string();
        let changed = imhook_protocol::read::<tencent::AfterMemberFieldChanged>(body.as_bytes());
        let found = changed.as_ref().ok().and_then(|it| it.member());
        assert_eq!(found.map(UserId::as_str), member, "{body}");
    }
}

#[test]
fn a_topic_that_cannot_be_read_is_not_taken_for_the_whole_group() {
    let read = |topic: Value| {
        let body = json!({"GroupId": "town", "NewMemberList": [], "TopicId": topic}).to_string();
        let read = imhook_protocol::read::<tencent::AfterNewMemberJoin>(body.as_bytes());
        read.ok().map(|it| it.topic.map(|topic| topic.to_string()))
    };
    assert_eq!(
        read(json!("town@TOPIC#_hike")),
        Some(Some("town@TOPIC#_hike".to_owned()))
    );
    assert_eq!(read(json!("")), Some(None));
    assert_eq!(read(Value::Null), Some(None));
    for odd in [json!(7), json!(["t"]), json!("t".repeat(1001))] {
        assert_eq!(read(odd), None);
    }
    // Nothing there depends on it.
    let body = r#"{"GroupId":"town","Operator_Account":"ana","DestinationMembers":[],"TopicId":7}"#;
    assert!(imhook_protocol::read::<tencent::BeforeInviteJoinGroup>(body.as_bytes()).is_ok());
    assert!(imhook_protocol::read::<tencent::AfterTopicInfoChanged>(body.as_bytes()).is_ok());
}

#[test]
fn topics_that_do_not_fit_are_left_out() {
    let read = |topics: Value| {
        let body = json!({"GroupId": "town", "TopicIdList": topics}).to_string();
        let read = imhook_protocol::read::<tencent::AfterTopicDestroyed>(body.as_bytes());
        let topics = read.ok()?.topics;
        let ids: Vec<String> = topics.iter().map(ToString::to_string).collect();
        Some((ids.join(" "), topics.left_out().len()))
    };
    assert_eq!(read(json!(["a", 7, "b", ""])), Some(("a b".to_owned(), 2)));
    assert_eq!(read(json!("a")), Some(("a".to_owned(), 0)));
    assert_eq!(read(Value::Null), Some((String::new(), 0)));
    for odd in [json!(""), json!(7), json!({"a": 1})] {
        assert_eq!(read(odd), None);
    }
}

#[test]
fn an_event_time_is_a_number_or_a_text_and_any_other_value_counts_as_missing() {
    let read = |time: Option<Value>| {
        let mut body = json!({"From_Account": "ana", "To_Account": ["leo"]});
        if let Some(time) = time {
            body["EventTime"] = time;
        }
        serde_json::from_value::<tencent::AfterFollowDelete>(body).map(|body| body.event_time.get())
    };
    let millis = Some(1_700_000_000_123);
    assert_eq!(read(Some(json!(1_700_000_000_123_i64))).unwrap(), millis);
    assert_eq!(read(Some(json!("1700000000123"))).unwrap(), millis);
    assert_eq!(read(Some(Value::Null)).unwrap(), None);
    assert_eq!(read(None).unwrap(), None);
    for wrong in [json!("yesterday"), json!(""), json!(1.5), json!([1])] {
        assert_eq!(read(Some(wrong.clone())).unwrap(), None, "{wrong}");
    }
}

#[test]
fn profile_fields_have_the_same_names_for_both_servers() {
    let mut checked = 0;
    for payload in payloads() {
        let body = &payload.body;
        let (user, fields) = match payload.command.as_str() {
            "Profile.CallbackPortraitSet" => {
                let callback: tencent::PortraitSet = serde_json::from_slice(body).unwrap();
                let fields = callback.fields.iter().map(|field| field.name()).collect();
                (callback.user, fields)
            }
            "callbackAfterUpdateUserInfoCommand" => {
                let callback: openim::AfterUpdateUserInfo = serde_json::from_slice(body).unwrap();
                let fields = callback.changed();
                (callback.user_id, fields)
            }
            "callbackAfterUpdateUserInfoExCommand" => {
                let callback: openim::AfterUpdateUserInfoEx = serde_json::from_slice(body).unwrap();
                let fields = callback.changed();
                (callback.user_id, fields)
            }
            _ => continue,
        };
        checked += 1;
        // The list is empty if OpenIM does not send the field that changed.
        let events = Events::User(vec![user::Event::ProfileChanged { user, fields }]);
        assert_eq!(payload.events, events, "{}", payload.name);
    }
    assert!(checked > 3);
}

#[test]
fn an_unchanged_field_is_empty_in_the_older_profile_callback_and_null_in_the_newer() {
    let body = |nickname: Value, face_url: Value| json!({"userID": "ana", "nickName": nickname, "faceURL": face_url, "ex": null});
    for (nickname, face_url, older, newer) in [
        (
            json!("Ana"),
            json!("f"),
            &["nickname", "avatar"][..],
            &["nickname", "avatar"][..],
        ),
        (
            json!("Ana"),
            json!(""),
            &["nickname"],
            &["nickname", "avatar"],
        ),
        (json!(""), json!(null), &[], &["nickname"]),
        (json!(null), json!("f"), &["avatar"], &["avatar"]),
        (json!(null), json!(null), &[], &[]),
    ] {
        let body = body(nickname, face_url);
        let read: openim::AfterUpdateUserInfo = serde_json::from_value(body.clone()).unwrap();
        assert_eq!(read.changed(), older, "{body}");
        let read: openim::AfterUpdateUserInfoEx = serde_json::from_value(body.clone()).unwrap();
        assert_eq!(read.changed(), newer, "{body}");
    }
}

#[test]
fn new_users_are_one_event_with_their_names() {
    let mut checked = 0;
    for payload in payloads() {
        if payload.command != "callbackAfterUserRegisterCommand" {
            continue;
        }
        checked += 1;
        let callback: openim::AfterUserRegister = serde_json::from_slice(&payload.body).unwrap();
        let users = callback.users.into_iter().map(|new| user::RegisteredUser {
            user: new.user_id,
            nickname: new.nickname.into(),
        });
        let event = user::Event::UsersRegistered {
            users: users.collect(),
        };
        let expected = Events::User(vec![event]);
        assert_eq!(payload.events, expected, "{}", payload.case);
    }
    assert!(checked > 1);
}

#[test]
fn a_registration_needs_a_list_of_users_and_only_their_ids() {
    for body in [r#"{"users":null}"#, r#"{"users":[]}"#] {
        let callback: openim::BeforeUserRegister = serde_json::from_str(body).unwrap();
        assert!(callback.users.is_empty());
        let callback: openim::AfterUserRegister = serde_json::from_str(body).unwrap();
        assert!(callback.users.is_empty());
    }
    let body = r#"{"secret":"openIM123","users":[{"userID":"ana"}]}"#;
    let callback: openim::BeforeUserRegister = serde_json::from_str(body).unwrap();
    assert_eq!(callback.users[0].user_id.as_str(), "ana");
    assert!(callback.users[0].nickname.is_empty());
    assert!(!format!("{callback:?}").contains("openIM123"));
    for body in [
        "{}",
        r#"{"users":"ana"}"#,
        r#"{"users":[null]}"#,
        r#"{"users":[{}]}"#,
        r#"{"users":[{"userID":""}]}"#,
    ] {
        assert!(
            serde_json::from_str::<openim::BeforeUserRegister>(body).is_err(),
            "{body}"
        );
    }
}

/// Deviation: who accepts is called `blackUserID`.
#[test]
fn who_accepts_is_called_blackuserid() {
    let server = json!({
        "fromUserID": "ana", "blackUserID": "leo", "HandleResult": 1, "HandleMsg": "welcome",
    });
    let callback: openim::AfterAddFriendAgree = serde_json::from_value(server.clone()).unwrap();
    assert_eq!(callback.from_user_id.as_str(), "ana");
    assert_eq!(callback.to_user_id.as_str(), "leo");
    assert!(callback.is_accepted());

    let older_document = json!({
        "fromUserID": "user123", "toUserID": "user456",
        "handleMsg": "Let's be friends!", "handleResult": 1,
    });
    let read = serde_json::from_value::<openim::AfterAddFriendAgree>(older_document.clone());
    assert!(read.is_err());
    let read = serde_json::from_value::<openim::BeforeAddFriendAgree>(older_document);
    assert!(read.is_err());

    // A body with both keys is read.
    let mut both = server;
    both["toUserID"] = json!("leo");
    assert_eq!(
        serde_json::from_value::<openim::AfterAddFriendAgree>(both).unwrap(),
        callback
    );
}

#[test]
fn only_an_accepted_request_counts_as_accepted() {
    for (result, accepted) in [(1, true), (0, false), (-1, false), (2, false)] {
        let body = json!({"fromUserID": "ana", "blackUserID": "leo", "HandleResult": result});
        let callback: openim::AfterAddFriendAgree = serde_json::from_value(body).unwrap();
        assert_eq!(callback.is_accepted(), accepted, "{result}");
    }
}

/// An event repeats no user, so the limit for a body also limits the event.
#[test]
fn an_import_of_any_length_makes_one_event_that_is_no_longer_than_its_body() {
    for (friends, length) in [(2_000, 64), (60_000, 1)] {
        let ids: Vec<String> = (0..friends).map(|n| format!("{n:0length$}")).collect();
        let body = json!({"ownerUserID": "x".repeat(1000), "friendUserIDs": ids}).to_string();
        let callback: openim::AfterImportFriends = serde_json::from_str(&body).unwrap();
        assert_eq!(callback.friend_user_ids.len(), friends);
        assert_eq!(callback.friend_user_ids[1], UserId::new(&*ids[1]).unwrap());
        let event = relation::Event::FriendsImported {
            owner: callback.owner_user_id,
            friends: callback.friend_user_ids.into(),
        };
        let stored = serde_json::to_string(&event).unwrap();
        assert!(stored.len() < body.len() + 20);
    }
}

#[test]
fn a_user_who_is_kicked_off_would_be_read_if_a_server_said_it() {
    let document = json!({
        "operationID": "p_1_8231", "platformID": 1, "platform": "IOS", "userID": "4801153207",
        "seq": 1_767_607_932_481_i64,
    });
    let callback: openim::AfterUserKickOff = serde_json::from_value(document.clone()).unwrap();
    assert_eq!(callback.platform(), "IOS");
    assert_eq!(callback.time().unwrap().unix_millis(), 1_767_607_932_481);
    assert_eq!(serde_json::to_value(callback).unwrap(), document);
}

#[test]
fn a_push_without_texts_has_none_and_shows_none_in_debug() {
    for payload in payloads() {
        if payload.command != openim::BeforeOfflinePush::COMMAND.name {
            continue;
        }
        let body: Value = serde_json::from_slice(&payload.body).unwrap();
        let callback: openim::BeforeOfflinePush = serde_json::from_slice(&payload.body).unwrap();
        let info = serde_json::to_value(callback.push_info()).unwrap();
        let keys = [
            "title",
            "desc",
            "ex",
            "iOSPushSound",
            "iOSBadgeCount",
            "signalInfo",
        ];
        assert_eq!(info.as_object().unwrap().len(), keys.len());
        for key in keys {
            let absent = if key == "iOSBadgeCount" {
                json!(false)
            } else {
                json!("")
            };
            assert_eq!(
                info[key],
                *body.get(key).unwrap_or(&absent),
                "{}",
                payload.name
            );
        }
        let shown = format!("{callback:?} {:?}", callback.push_info());
        for key in ["title", "desc", "content"] {
            let text = body[key].as_str().unwrap_or("null");
            assert!(text.len() < 5 || !shown.contains(text), "{shown}");
        }
    }
}

/// The lines of the documentation above the declaration in this line.
fn documentation<'a>(lines: &[&'a str], declaration: usize) -> Vec<&'a str> {
    let above = lines[..declaration].iter().rev();
    let above = above.take_while(|line| line.starts_with("///") || line.starts_with("#["));
    above
        .copied()
        .filter(|line| line.starts_with("///"))
        .collect()
}

#[test]
fn every_wire_type_names_its_source() {
    let sources = root().join("shared/protocol/src");
    let mut with_source = BTreeSet::new();
    for server in ["openim", "tencent"] {
        let (prefix, url) = match server {
            "openim" => ("/// Source: OpenIM, `", "https://docs.openim.io/"),
            _ => (
                "/// Source: Tencent Chat, <",
                "https://www.tencentcloud.com/document/product/",
            ),
        };
        // Some commands are described in Chinese only.
        let urls = [url, "https://cloud.tencent.com/document/product/269/"];
        for family in Family::ALL.iter().copied() {
            let folder = sources.join(server).join(family.as_str());
            let files = fs::read_dir(folder).into_iter().flatten();
            for file in files.map(|entry| entry.unwrap().path()) {
                let text = fs::read_to_string(&file).unwrap();
                // A macro declares some types.
                let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
                for (number, line) in lines.iter().enumerate() {
                    let declared = ["pub struct ", "pub enum "]
                        .iter()
                        .find_map(|kind| line.strip_prefix(kind));
                    // In a macro, the name of the type is a variable.
                    let Some(declared) = declared.filter(|it| !it.starts_with('$')) else {
                        continue;
                    };
                    let name = declared.split(|c: char| !c.is_alphanumeric()).next();
                    let name = name.unwrap();
                    let at = format!("{}: {name}", file.display());
                    let said = documentation(&lines, number);
                    assert!(
                        said.iter().any(|line| line.starts_with(prefix)),
                        "{at} has no line that begins with {prefix:?}"
                    );
                    if text.contains(&format!("impl Callback for {name} ")) {
                        assert!(
                            said.iter()
                                .any(|line| urls.iter().any(|url| line.contains(url))),
                            "{at} names no document"
                        );
                        with_source.insert((server, name.to_owned()));
                    }
                }
            }
        }
    }
    assert_eq!(
        with_source.len(),
        catalogue().count() + NEVER_SENT.len(),
        "one type for each command: {with_source:?}"
    );
}
