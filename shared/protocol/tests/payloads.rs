//! Every body of `tests/payloads` against its type.

use std::collections::BTreeSet;

use domain::{Event, UserId};
use models::{Payload, payloads};
use protocol::{openim, tencent};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// Reads a body, writes it, and wants nothing lost but what is unknown.
fn assert_survives<T: DeserializeOwned + Serialize>(payload: &Payload) {
    let at = format!("{}.{}", payload.command, payload.case);
    let before: Value = serde_json::from_slice(&payload.body).unwrap();
    let typed: T = serde_json::from_slice(&payload.body).unwrap();
    let mut after = serde_json::to_value(&typed).unwrap();
    for key in ["callbackCommand", "CallbackCommand"] {
        if let Some(command) = before.get(key) {
            assert_eq!(*command, payload.command, "{at}");
            after[key] = command.clone();
        }
    }
    // Empty and absent are the same.
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

/// The types of each server: of "after" and of "before" callbacks.
macro_rules! survives_as {
    ($payload:expr, $($server:ident: [$($callback:ident)*] [$($before:ident)*])*) => {
        match ($payload.server(), $payload.command.as_str()) {
            $(
                $((stringify!($server), <$server::$callback as $server::Callback>::COMMAND) => {
                    assert_survives::<$server::$callback>($payload);
                })*
                $((stringify!($server), <$server::$before as $server::Before>::COMMAND) => {
                    assert_survives::<$server::$before>($payload);
                })*
            )*
            other => panic!("no type for {other:?}"),
        }
    };
}

#[test]
fn every_payload_survives_its_type() {
    for payload in &payloads() {
        survives_as!(
            payload,
            openim: [
                AfterAddFriend AfterAddFriendAgree AfterDeleteFriend AfterImportFriends
                AfterRemoveBlack AfterSetFriendRemark
            ] [
                BeforeAddBlack BeforeAddFriend BeforeAddFriendAgree BeforeImportFriends
                BeforeSetFriendRemark
            ]
            tencent: [
                AfterFollowAdd AfterFollowDelete BlackListAdd BlackListDelete FriendAdd
                FriendDelete PortraitSet
            ] [PrevFriendAdd PrevFriendResponse]
        );
    }
}

#[test]
fn every_command_has_its_document_and_openims_what_the_server_sends() {
    let payloads = payloads();
    for (server, commands) in [("openim", openim::COMMANDS), ("tencent", tencent::COMMANDS)] {
        let mine: BTreeSet<(&str, &str)> = payloads
            .iter()
            .filter(|payload| payload.server() == server)
            .map(|payload| (payload.command.as_str(), payload.case.as_str()))
            .collect();
        for command in commands {
            assert!(mine.contains(&(*command, "document")), "{command}");
            let server_sends = mine.contains(&(*command, "server"));
            assert_eq!(server_sends, server == "openim", "{command}");
        }
        assert!(mine.iter().all(|(command, _)| commands.contains(command)));
    }
}

/// What is decided beforehand is told again when it has happened; only a block is not.
#[test]
fn of_what_is_asked_before_nothing_is_recorded_but_the_intention_to_block() {
    for payload in &payloads() {
        if !payload.command.contains("Before") && !payload.command.contains("Prev") {
            continue;
        }
        match payload.command.as_str() {
            "callbackBeforeAddBlackCommand" => assert!(
                matches!(payload.events[..], [Event::BlockIntended { .. }]),
                "{:?}",
                payload.events
            ),
            command => assert_eq!(payload.events, [], "{command}"),
        }
    }
}

#[test]
fn a_list_that_is_null_is_empty_as_openims_server_writes_it() {
    let body = r#"{"ownerUserID":"ana","friendUserIDs":null}"#;
    let callback: openim::AfterImportFriends = serde_json::from_str(body).unwrap();
    assert_eq!(callback.friend_user_ids, []);
    let callback: openim::BeforeImportFriends = serde_json::from_str(body).unwrap();
    assert_eq!(callback.friend_user_ids, []);
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
fn a_list_that_tencent_chat_must_send_is_neither_missing_nor_null() {
    fn required<T: DeserializeOwned>(field: &str) {
        let mut body = json!({"From_Account": "ana"});
        assert!(
            serde_json::from_value::<T>(body.clone()).is_err(),
            "{field}"
        );
        body[field] = Value::Null;
        assert!(
            serde_json::from_value::<T>(body.clone()).is_err(),
            "{field}"
        );
        body[field] = json!([]);
        assert!(serde_json::from_value::<T>(body).is_ok(), "{field}");
    }
    required::<tencent::FriendAdd>("PairList");
    required::<tencent::BlackListAdd>("PairList");
    required::<tencent::BlackListDelete>("PairList");
    required::<tencent::PrevFriendAdd>("FriendItem");
    required::<tencent::PrevFriendResponse>("ResponseFriendItem");
    required::<tencent::PortraitSet>("ProfileItem");
    required::<tencent::AfterFollowAdd>("FollowList");
    required::<tencent::AfterFollowDelete>("To_Account");
}

#[test]
fn what_tencent_chat_may_leave_out_can_be_null() {
    let callback = json!({
        "PairList": [{"From_Account": "a", "To_Account": "b", "Initiator_Account": null}],
        "ClientCmd": null, "Admin_Account": null, "ForceFlag": null,
    });
    let callback: tencent::FriendAdd = serde_json::from_value(callback).unwrap();
    assert_eq!(callback.force_flag, None);
    assert_eq!(callback.client_cmd, None);
    assert_eq!(callback.pairs[0].initiator, None);
}

#[test]
fn the_event_time_is_read_as_number_or_text_and_anything_else_is_as_if_it_were_missing() {
    let read = |time: Option<Value>| {
        let mut body = json!({"From_Account": "ana", "To_Account": ["leo"]});
        if let Some(time) = time {
            body["EventTime"] = time;
        }
        serde_json::from_value::<tencent::AfterFollowDelete>(body).map(|body| body.event_time)
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
fn profile_fields_have_words_of_no_server() {
    for payload in payloads() {
        if payload.command != "Profile.CallbackPortraitSet" {
            continue;
        }
        let callback: tencent::PortraitSet = serde_json::from_slice(&payload.body).unwrap();
        let event = Event::ProfileChanged {
            user: callback.user,
            fields: callback.fields.iter().map(|field| field.name()).collect(),
        };
        assert_eq!(payload.events, [event], "{}", payload.case);
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

    // A server that had both keys would be understood.
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

/// An event repeats nobody, so that the body's limit limits the event, too.
#[test]
fn an_import_of_any_length_makes_one_event_that_is_no_longer_than_its_body() {
    for (friends, length) in [(2_000, 64), (60_000, 1)] {
        let ids: Vec<String> = (0..friends).map(|n| format!("{n:0length$}")).collect();
        let body = json!({"ownerUserID": "x".repeat(1000), "friendUserIDs": ids}).to_string();
        let callback: openim::AfterImportFriends = serde_json::from_str(&body).unwrap();
        assert_eq!(callback.friend_user_ids.len(), friends);
        assert_eq!(callback.friend_user_ids[1], UserId::new(&*ids[1]).unwrap());
        let event = Event::FriendsImported {
            owner: callback.owner_user_id,
            friends: callback.friend_user_ids,
        };
        let stored = serde_json::to_string(&event).unwrap();
        assert!(stored.len() < body.len() + 20);
    }
}
