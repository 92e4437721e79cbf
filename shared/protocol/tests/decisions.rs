//! Every decision about every "before" callback: what it writes, and what the server then does. Models of the servers
//! read the answers.

use std::fs;

use domain::{Family, Source, UserId, user};
use imhook_protocol::{
    Answer, Callback, Command, Reason, Rules, When, catalogue,
    openim::{
        AfterImportFriends, AmendedFriends, AmendedProfile, AmendedProfileEx, AmendedPush,
        AmendedRecipients, AmendedRecord, AmendedRemark, AmendedUsers, Amendment, Before,
        BeforeAddBlack, BeforeAddFriend, BeforeAddFriendAgree, BeforeApplyJoinGroup,
        BeforeCreateGroup, BeforeCreateGroupChatConversations, BeforeCreateSingleChatConversations,
        BeforeGroupOnlinePush, BeforeImportFriends, BeforeInviteUserToGroup, BeforeMemberJoinGroup,
        BeforeMsgModify, BeforeOfflinePush, BeforeOnlinePush, BeforeSendGroupMsg,
        BeforeSendSingleMsg, BeforeSetFriendRemark, BeforeSetGroupInfo, BeforeSetGroupInfoEx,
        BeforeSetGroupMemberInfo, BeforeUpdateUserInfo, BeforeUpdateUserInfoEx, BeforeUserRegister,
        Decision, NoRefusal, PushInfo, ReceiveOption, Refusal, RefusalCode,
    },
    plain_allow_fails, tencent,
};
use models::{
    Outcome, PersonOutcome, Verdict, openim_makes_records, openim_proceeds, openim_unasked,
    payloads, read_as_openim, root, tencent_proceeds,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[path = "decisions/group.rs"]
mod group;
#[path = "decisions/tencent_group.rs"]
mod tencent_group;
#[path = "decisions/tencent_message.rs"]
mod tencent_message;

const ALLOW: &str = r#"{"actionCode":0,"errCode":0,"errMsg":"","errDlt":"","nextCode":0}"#;

/// The body that the server sends with a command.
fn body(server: &str, command: &str, case: &str) -> String {
    let folder = root().join("tests/payloads");
    fs::read_to_string(folder.join(server).join(format!("{command}.{case}.json"))).unwrap()
}

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

/// The callback that the server sends.
fn callback<C: Callback>(case: &str) -> C {
    serde_json::from_str(&body("openim", C::COMMAND.name, case)).unwrap()
}

fn unchanged<C: Callback>(asked: &C) -> C::Answer {
    C::Answer::unchanged(asked)
}

/// This answer after a refusal of the question with this number.
fn refused<C: Callback>(mut answer: C::Answer, question: usize, reason: &Reason) -> C::Answer {
    answer.refuse(question, reason);
    answer
}

/// The code with which the question is refused.
fn code<C: Callback>(answer: &C::Answer, question: usize) -> Option<i32> {
    answer.refused(question)
}

fn over<C: Callback>(later: C::Answer, earlier: C::Answer) -> C::Answer {
    later.over(earlier)
}

/// What the server sends, the answer, and what the server then does.
fn asked<C: Before>(case: &str, decision: &C::Answer) -> (Value, String, Outcome) {
    let command = C::COMMAND.name;
    let request: Value = serde_json::from_str(&body("openim", command, case)).unwrap();
    let answer = serde_json::to_string(decision).unwrap();
    let outcome = openim_proceeds(command, &request, &answer);
    (request, answer, outcome)
}

/// Checks that "allow" changes nothing, and that a refusal stops the operation and says why. Returns the command.
fn allowed_and_refused<C>() -> &'static str
where
    C: Before + Callback<Answer = Decision<<C as Before>::Amendment>>,
{
    let command = C::COMMAND.name;
    assert!(imhook_protocol::may_be_refused(command));
    let allowed = unchanged(&callback::<C>("server"));
    let is_plain = !plain_allow_fails(command);
    assert_eq!(allowed == Decision::Allow, is_plain, "{command}");
    let (request, answer, outcome) = asked::<C>("server", &allowed);
    assert_eq!(answer == ALLOW, is_plain, "{command}");
    assert_eq!(outcome, openim_unasked(command, &request), "{command}");

    for (number, message, detail) in [
        (20001, "no", "because \"so\""),
        (29999, "nein – nö", ""),
        (25000, "", "only a detail"),
    ] {
        let refusal = Decision::Refuse(Refusal {
            code: RefusalCode::new(number).unwrap(),
            message: message.to_owned(),
            detail: detail.to_owned(),
        });
        let reason = Reason {
            code: number,
            message: message.to_owned(),
            detail: detail.to_owned(),
        };
        let refused = refused::<C>(allowed.clone(), 0, &reason);
        assert!(refused == refusal, "{command}");
        assert_eq!(code::<C>(&refused, 0), Some(number));
        assert!(over::<C>(allowed.clone(), refused.clone()) == refused);
        assert!(over::<C>(refused.clone(), allowed.clone()) == refused);

        let (_, answer, outcome) = asked::<C>("server", &refusal);
        let (message_json, detail_json) = (json!(message), json!(detail));
        assert_eq!(
            answer,
            format!(
                r#"{{"actionCode":0,"errCode":{number},"errMsg":{message_json},"errDlt":{detail_json},"nextCode":1}}"#
            )
        );
        let Outcome::Stops {
            code: shown,
            message: shown_message,
            detail: shown_detail,
        } = outcome
        else {
            panic!("{command}: {outcome:?}");
        };
        assert_eq!(shown, i64::from(number));
        assert!(message.is_empty() || shown_message == message);
        assert!(detail.is_empty() || shown_detail == detail);
    }
    command
}

/// Checks that "allow" changes nothing, and that no answer refuses. Returns the command.
fn allowed_and_never_refused<C>() -> &'static str
where
    C: Before + Callback<Answer = Decision<<C as Before>::Amendment, NoRefusal>>,
{
    let command = C::COMMAND.name;
    assert!(!imhook_protocol::may_be_refused(command));
    let allowed = unchanged(&callback::<C>("server"));
    let (request, answer, outcome) = asked::<C>("server", &allowed);
    assert_eq!(answer, ALLOW, "{command}");
    assert_eq!(outcome, Outcome::Proceeds(request), "{command}");
    let reason = Reason {
        code: 20001,
        message: "no".to_owned(),
        detail: String::new(),
    };
    let unread = <C::Answer as Answer<C>>::unread(imhook_protocol::Json::NOTHING);
    for answer in [allowed.clone(), unread.unwrap()] {
        let refused = refused::<C>(answer, 0, &reason);
        assert!(refused == allowed, "{command}");
        assert_eq!(code::<C>(&refused, 0), None);
    }
    command
}

#[test]
fn every_before_callback_can_be_allowed_without_a_change_and_most_can_be_refused_with_a_reason() {
    let decided = [
        allowed_and_refused::<BeforeAddBlack>(),
        allowed_and_refused::<BeforeAddFriend>(),
        allowed_and_refused::<BeforeAddFriendAgree>(),
        allowed_and_refused::<BeforeImportFriends>(),
        allowed_and_refused::<BeforeSetFriendRemark>(),
        allowed_and_refused::<BeforeUpdateUserInfo>(),
        allowed_and_refused::<BeforeUpdateUserInfoEx>(),
        allowed_and_refused::<BeforeUserRegister>(),
        allowed_and_refused::<BeforeApplyJoinGroup>(),
        allowed_and_refused::<BeforeCreateGroup>(),
        allowed_and_refused::<BeforeInviteUserToGroup>(),
        allowed_and_refused::<BeforeMemberJoinGroup>(),
        allowed_and_refused::<BeforeSetGroupInfo>(),
        allowed_and_refused::<BeforeSetGroupInfoEx>(),
        allowed_and_refused::<BeforeSetGroupMemberInfo>(),
        allowed_and_refused::<BeforeMsgModify>(),
        allowed_and_refused::<BeforeSendGroupMsg>(),
        allowed_and_refused::<BeforeSendSingleMsg>(),
        allowed_and_never_refused::<BeforeCreateGroupChatConversations>(),
        allowed_and_never_refused::<BeforeCreateSingleChatConversations>(),
        allowed_and_refused::<BeforeGroupOnlinePush>(),
        allowed_and_refused::<BeforeOfflinePush>(),
        allowed_and_refused::<BeforeOnlinePush>(),
    ];
    let before = catalogue().filter(|it| it.source == Source::OpenIm && it.is_before());
    assert_eq!(before.map(|it| it.name).collect::<Vec<_>>(), decided);
}

/// Every change that an answer can make to a new record, and what the record then says.
fn record_changes() -> Vec<(AmendedRecord, &'static str, Value)> {
    let new = AmendedRecord::new;
    let mut changes = vec![
        (new().pinned(true), "isPinned", json!(true)),
        (new().pinned(false), "isPinned", json!(false)),
        (new().private_chat(true), "isPrivateChat", json!(true)),
        (new().private_chat(false), "isPrivateChat", json!(false)),
        (new().burn_duration(30), "burnDuration", json!(30)),
        (new().burn_duration(0), "burnDuration", json!(0)),
        (
            new().burn_duration(u32::MAX),
            "burnDuration",
            json!(i32::MAX),
        ),
        (new().attached_info("a"), "attachedInfo", json!("a")),
        (new().ex("用户é😀"), "ex", json!("用户é😀")),
        (new().ex(""), "ex", json!("")),
    ];
    for (option, number) in [
        (ReceiveOption::Normally, 0),
        (ReceiveOption::NotAtAll, 1),
        (ReceiveOption::WithoutNotification, 2),
    ] {
        changes.push((new().receive_option(option), "recvMsgOpt", json!(number)));
    }
    changes
}

fn amended_record<C>(case: &str)
where
    C: Before<Amendment = AmendedRecord> + Callback<Answer = Decision<AmendedRecord, NoRefusal>>,
{
    let mut all = AmendedRecord::new();
    let mut both: Value = serde_json::from_str(&body("openim", C::COMMAND.name, case)).unwrap();
    for (amended, key, value) in record_changes() {
        let (mut request, _, outcome) = asked::<C>(case, &Decision::Amend(amended.clone()));
        request[key] = value.clone();
        assert_eq!(outcome, Outcome::Proceeds(request), "{case} {key}");
        all = amended.over(all);
        both[key] = value;
    }
    let (_, _, outcome) = asked::<C>(case, &Decision::Amend(all));
    assert_eq!(outcome, Outcome::Proceeds(both), "{case}");
}

#[test]
fn an_amended_record_is_what_new_members_and_users_get() {
    amended_record::<BeforeCreateGroupChatConversations>("server");
    amended_record::<BeforeCreateSingleChatConversations>("server");
    amended_record::<BeforeCreateSingleChatConversations>("server-2");
}

#[test]
fn both_users_get_what_the_first_answer_about_their_chat_amends_and_the_second_changes_nothing() {
    type Asked = BeforeCreateSingleChatConversations;
    let written = |answer: &<Asked as Callback>::Answer| serde_json::to_string(answer).unwrap();
    let request: Value =
        serde_json::from_str(&body("openim", Asked::COMMAND.name, "server-2")).unwrap();
    let (owner, user) = (&request["ownerUserId"], &request["userId"]);
    let allow = written(&Decision::Allow);
    for (amended, key, value) in record_changes() {
        let amend = written(&Decision::Amend(amended));
        for (answers, expected) in [
            ([&amend, &allow], &value),
            ([&amend, &amend], &value),
            ([&allow, &amend], &request[key]),
        ] {
            let records = openim_makes_records(&request, answers.map(String::as_str));
            let owners: Vec<_> = records
                .iter()
                .map(|it| (&it["ownerUserId"], &it["userId"]))
                .collect();
            assert_eq!(owners, [(owner, user), (user, owner)]);
            assert!(
                records.iter().all(|it| it[key] == *expected),
                "{key} {records:?}"
            );
        }
    }
}

/// The cases of this command's recorded bodies.
fn cases<C: Callback>() -> Vec<String> {
    let payloads = payloads().into_iter();
    let cases: Vec<_> = payloads
        .filter(|payload| payload.command == C::COMMAND.name)
        .map(|payload| payload.case)
        .collect();
    assert!(!cases.is_empty());
    cases
}

#[test]
fn a_push_goes_to_the_chosen_recipients_and_never_to_others() {
    type Asked = BeforeOfflinePush;
    let answer =
        |amended: AmendedPush| serde_json::to_value(Decision::<_>::Amend(amended)).unwrap();
    let three = |ids: Value| {
        let body = json!({"userIDList": ids, "sendID": "ana", "sessionType": 3});
        imhook_protocol::read::<Asked>(body.to_string().as_bytes()).unwrap()
    };
    for (recipients, chosen, written) in [
        (json!(["a", "b", "c"]), &["b", "c"][..], json!(["b", "c"])),
        (json!(["a", "b", "c"]), &["a"], json!(["a"])),
        // Everybody is as it was asked for. A list would crash servers up to v3.8.1 if the message is for one user.
        (json!(["a", "b", "c"]), &["a", "b", "c"], Value::Null),
        (json!(["a"]), &["a"], Value::Null),
        (json!(["a", 7]), &["a"], json!(["a"])),
    ] {
        let asked = three(recipients);
        let amended = AmendedPush::to(&asked, |user| chosen.contains(&user.as_str())).unwrap();
        let answer = answer(amended);
        assert_eq!(answer["userIDList"], written, "{chosen:?}");
        assert_eq!(answer.get("offlinePushInfo"), None);
    }
    assert_eq!(AmendedPush::to(&three(json!(["a"])), |_| false), None);
    for nobody in [json!([]), json!(null), json!(7)] {
        assert_eq!(AmendedPush::to(&three(nobody), |_| true), None);
    }
    for case in cases::<Asked>() {
        let callback: Asked = callback(&case);
        let everybody = AmendedPush::to(&callback, |_| true).unwrap();
        let (request, answer, outcome) = asked::<Asked>(&case, &Decision::Amend(everybody));
        assert_eq!(
            (answer.as_str(), outcome),
            (ALLOW, Outcome::Proceeds(request))
        );
    }
}

type ChangePush = fn(&mut PushInfo);

#[test]
fn a_push_says_what_is_amended_and_keeps_the_other_texts() {
    type Asked = BeforeOfflinePush;
    for case in cases::<Asked>() {
        let callback: Asked = callback(&case);
        let before = serde_json::to_value(callback.push_info()).unwrap();
        let changes: [(ChangePush, Value); 5] = [
            (
                |it| it.title = "New message".into(),
                json!({"title": "New message"}),
            ),
            (|it| it.text = "用户é😀".into(), json!({"desc": "用户é😀"})),
            (
                |it| (it.title, it.text) = ("t".into(), "".into()),
                json!({"title": "t", "desc": ""}),
            ),
            (
                |it| {
                    it.title = "t".into();
                    it.ios_badge_count = !it.ios_badge_count;
                    it.ios_push_sound = "ping".into();
                },
                json!({"title": "t", "iOSBadgeCount": before["iOSBadgeCount"] == false, "iOSPushSound": "ping"}),
            ),
            (
                |it| (it.text, it.ex, it.signal_info) = ("d".into(), "e".into(), "s".into()),
                json!({"desc": "d", "ex": "e", "signalInfo": "s"}),
            ),
        ];
        for (change, changed) in changes {
            let amended = AmendedPush::saying(&callback, change).unwrap();
            let (mut request, _, outcome) = asked::<Asked>(&case, &Decision::Amend(amended));
            for (key, value) in before.as_object().unwrap() {
                request[key] = changed.get(key).unwrap_or(value).clone();
            }
            assert_eq!(outcome, Outcome::Proceeds(request), "{case} {changed}");
        }
        let empty = AmendedPush::saying(&callback, |it| {
            (it.title, it.text) = ("".into(), "".into());
        });
        assert_eq!(empty, None, "the vendor would show a default text");
    }
}

#[test]
fn two_changes_of_a_push_are_merged_text_by_text() {
    type Asked = BeforeOfflinePush;
    let callback: Asked = callback("server");
    let saying = |change: ChangePush| AmendedPush::saying(&callback, change).unwrap();
    let info = |later: AmendedPush, earlier: AmendedPush| {
        merged::<Asked>(later, earlier)["offlinePushInfo"].clone()
    };
    let mut expected = serde_json::to_value(callback.push_info()).unwrap();
    expected["title"] = json!("private");
    expected["iOSPushSound"] = json!("ping");
    let hidden = || saying(|it| it.title = "private".into());
    let sound = || saying(|it| it.ios_push_sound = "ping".into());
    assert_eq!(info(sound(), hidden()), expected);
    assert_eq!(info(hidden(), sound()), expected);
    expected["title"] = json!("later");
    let later = saying(|it| (it.title, it.ios_push_sound) = ("later".into(), "ping".into()));
    assert_eq!(info(later, hidden()), expected);
    // Together they would say nothing, so the earlier one does not count.
    let (no_title, no_text) = (
        saying(|it| it.title = "".into()),
        saying(|it| it.text = "".into()),
    );
    let mut expected = serde_json::to_value(callback.push_info()).unwrap();
    expected["title"] = json!("");
    assert_eq!(info(no_title, no_text), expected);

    let body = json!({"userIDList": ["a", "b"], "title": "t"});
    let asked: Asked = serde_json::from_value(body).unwrap();
    let to_a = AmendedPush::to(&asked, |user| user.as_str() == "a").unwrap();
    let to_all = AmendedPush::to(&asked, |_| true).unwrap();
    let text = AmendedPush::saying(&asked, |it| it.text = "d".into()).unwrap();
    let both = merged::<Asked>(text, to_a.clone());
    assert_eq!(both["userIDList"], json!(["a"]));
    assert_eq!(
        (
            &both["offlinePushInfo"]["title"],
            &both["offlinePushInfo"]["desc"]
        ),
        (&json!("t"), &json!("d"))
    );
    assert_eq!(merged::<Asked>(to_all, to_a)["userIDList"], json!(["a"]));
}

#[test]
fn a_groups_message_goes_to_the_chosen_users_only_unless_it_ends_memberships() {
    type Asked = BeforeGroupOnlinePush;
    let mut chosen = 0;
    for case in cases::<Asked>() {
        let callback: Asked = callback(&case);
        assert_eq!(AmendedRecipients::of(&callback, []), None);
        if callback.ends_memberships() {
            continue;
        }
        chosen += 1;
        let amended = AmendedRecipients::of(&callback, [user("bob"), user("somebody else")]);
        let (mut request, _, outcome) = asked::<Asked>(&case, &Decision::Amend(amended.unwrap()));
        request["userIDList"] = json!(["bob", "somebody else"]);
        assert_eq!(outcome, Outcome::Proceeds(request), "{case}");
    }
    assert!(chosen > 0);
    for (kind, ends) in [
        (json!(101), false),
        (json!(1501), false),
        (json!(1504), true),
        (json!(1508), true),
        (json!(1511), true),
        (json!("?"), true),
        (json!(null), true),
    ] {
        let body = json!({"groupID": "g", "contentType": kind});
        let asked: Asked = imhook_protocol::read(body.to_string().as_bytes()).unwrap();
        assert_eq!(asked.ends_memberships(), ends, "{kind}");
        let amended = AmendedRecipients::of(&asked, [user("bob")]);
        assert_eq!(amended.is_none(), ends, "{kind}");
    }
}

#[test]
fn an_amended_list_is_what_is_imported() {
    for friends in [
        &["7720934416"][..],
        &["1936620785", "7720934416"],
        &["somebody else", "用户é😀"],
    ] {
        let amended = AmendedFriends::new(friends.iter().map(|id| user(id))).unwrap();
        let (mut request, answer, outcome) =
            asked::<BeforeImportFriends>("server", &Decision::Amend(amended));
        let list = json!(friends);
        let expected = ALLOW.replace('}', &format!(r#","friendUserIDs":{list}}}"#));
        assert_eq!(answer, expected);
        request["friendUserIDs"] = list;
        assert_eq!(outcome, Outcome::Proceeds(request));
    }
}

#[test]
fn an_amended_remark_is_what_is_set() {
    for remark in ["Leo", " ", "\"quoted\" <b>", "用户é😀"] {
        let amended = AmendedRemark::new(remark).unwrap();
        let (mut request, answer, outcome) =
            asked::<BeforeSetFriendRemark>("server", &Decision::Amend(amended));
        let text = json!(remark);
        let expected = ALLOW.replace('}', &format!(r#","remark":{text}}}"#));
        assert_eq!(answer, expected);
        request["remark"] = text;
        assert_eq!(outcome, Outcome::Proceeds(request));
    }
}

#[test]
fn amended_users_are_registered_with_all_fields_that_were_asked_for() {
    for case in ["server", "document", "batch"] {
        let callback: BeforeUserRegister = callback(case);
        let first = callback.users[0].user_id.clone();

        let everybody = AmendedUsers::of(&callback, |_| true).unwrap();
        let (request, answer, outcome) =
            asked::<BeforeUserRegister>(case, &Decision::Amend(everybody));
        let list = json!(callback.users);
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!((&answer["users"], &answer["nextCode"]), (&list, &json!(0)));
        assert_eq!(outcome, Outcome::Proceeds(request), "{case}");

        let renamed = AmendedUsers::of(&callback, |new| {
            // The id does not change.
            new.user_id = user("somebody else");
            new.nickname = "New".into();
            true
        });
        let (mut request, _, outcome) =
            asked::<BeforeUserRegister>(case, &Decision::Amend(renamed.unwrap()));
        for new in request["users"].as_array_mut().unwrap() {
            new["nickname"] = json!("New");
        }
        assert_eq!(outcome, Outcome::Proceeds(request), "{case}");

        let chosen = AmendedUsers::of(&callback, |new| new.user_id != first);
        assert_eq!(chosen.is_some(), callback.users.len() > 1, "{case}");
        if let Some(chosen) = chosen {
            let (mut request, _, outcome) =
                asked::<BeforeUserRegister>(case, &Decision::Amend(chosen));
            request["users"].as_array_mut().unwrap().remove(0);
            assert_eq!(outcome, Outcome::Proceeds(request), "{case}");
        }
    }
}

/// The request with these fields instead of its own.
fn stored(mut request: Value, nickname: Option<&str>, face_url: Option<&str>) -> Value {
    for (key, value) in [("nickName", nickname), ("faceURL", face_url)] {
        if let Some(value) = value {
            request[key] = json!(value);
        }
    }
    request
}

#[test]
fn an_amended_profile_is_what_is_stored() {
    for case in ["server", "document", "nothing-visible"] {
        for nickname in [None, Some(""), Some("Leo"), Some("\"quoted\" <b> 用户é😀")] {
            for face_url in [None, Some(""), Some("https://img.example.com/b.png")] {
                let mut amended = AmendedProfile::new();
                if let Some(nickname) = nickname {
                    amended = amended.nickname(nickname);
                }
                if let Some(face_url) = face_url {
                    amended = amended.face_url(face_url);
                }
                let (request, _, outcome) =
                    asked::<BeforeUpdateUserInfo>(case, &Decision::Amend(amended));
                let stored = stored(request, nickname, face_url);
                assert_eq!(outcome, Outcome::Proceeds(stored), "{case}");
            }
        }
    }
}

#[test]
fn an_amended_profile_of_the_newer_command_has_only_fields_that_were_asked_for() {
    let command = BeforeUpdateUserInfoEx::COMMAND.name;
    let texts = [json!(null), json!(""), json!("Ana"), json!("用户é😀")];
    for (nickname, face_url) in texts
        .iter()
        .flat_map(|one| texts.iter().map(move |it| (one, it)))
    {
        let request =
            json!({"userID": "ana", "nickName": nickname, "faceURL": face_url, "ex": null});
        let asked: BeforeUpdateUserInfoEx = serde_json::from_value(request.clone()).unwrap();
        for name in ["", "Ana", "Leo"] {
            for face in ["", "Ana", "f"] {
                let mut expected = request.clone();
                for (key, value) in [("nickName", name), ("faceURL", face)] {
                    if !request[key].is_null() {
                        expected[key] = json!(value);
                    }
                }
                let amended = AmendedProfileEx::of(&asked, |_| name.into(), |_| face.into());
                let Some(amended) = amended else {
                    assert_eq!(expected, request, "nothing is different");
                    continue;
                };
                assert_ne!(expected, request, "something is different");
                let decision: Decision<AmendedProfileEx> = Decision::Amend(amended);
                let answer = serde_json::to_string(&decision).unwrap();
                let outcome = openim_proceeds(command, &request, &answer);
                assert_eq!(outcome, Outcome::Proceeds(expected), "{request} {answer}");
            }
        }
        let seen = |text: &str, asked: &Value| {
            assert_eq!(
                *asked,
                json!(text),
                "the change is made of what was asked for"
            );
            text.to_owned()
        };
        let same = AmendedProfileEx::of(&asked, |it| seen(it, nickname), |it| seen(it, face_url));
        assert_eq!(same, None);
    }
}

#[test]
fn no_answer_to_the_newer_profile_command_crashes_the_server() {
    for payload in payloads() {
        let command = BeforeUpdateUserInfoEx::COMMAND.name;
        if payload.command != command {
            continue;
        }
        let asked: BeforeUpdateUserInfoEx = serde_json::from_slice(&payload.body).unwrap();
        let request: Value = serde_json::from_slice(&payload.body).unwrap();
        let amended = AmendedProfileEx::of(&asked, |it| format!("{it}!"), |it| format!("{it}?"));
        let something = asked.nickname.is_some() || asked.face_url.is_some();
        assert_eq!(amended.is_some(), something, "{}", payload.case);
        if let Some(amended) = amended {
            let decision: Decision<AmendedProfileEx> = Decision::Amend(amended);
            let answer = serde_json::to_string(&decision).unwrap();
            let outcome = openim_proceeds(command, &request, &answer);
            assert!(matches!(outcome, Outcome::Proceeds(_)), "{outcome:?}");
        }
    }
}

/// What the merged answer changes.
fn merged<C>(later: C::Amendment, earlier: C::Amendment) -> Value
where
    C: Before + Callback<Answer = Decision<<C as Before>::Amendment>>,
{
    let both = over::<C>(Decision::Amend(later), Decision::Amend(earlier));
    let Value::Object(mut answer) = serde_json::to_value(both).unwrap() else {
        panic!("an answer is an object");
    };
    let common: Value = serde_json::from_str(ALLOW).unwrap();
    for (key, value) in common.as_object().unwrap() {
        assert_eq!(answer.remove(key).as_ref(), Some(value));
    }
    Value::Object(answer)
}

#[test]
fn the_later_of_two_changes_to_a_field_counts_and_other_fields_are_kept() {
    let profile = AmendedProfile::new;
    for (later, earlier, both) in [
        (
            profile().nickname("b"),
            profile().nickname("a"),
            json!({"nickName": "b"}),
        ),
        (
            profile().nickname(""),
            profile().nickname("a"),
            json!({"nickName": ""}),
        ),
        (
            profile().nickname("b"),
            profile().face_url("f"),
            json!({"nickName": "b", "faceURL": "f"}),
        ),
        (
            profile().face_url("g"),
            profile().nickname("a").face_url("f"),
            json!({"nickName": "a", "faceURL": "g"}),
        ),
        (profile(), profile().nickname("a"), json!({"nickName": "a"})),
    ] {
        assert_eq!(merged::<BeforeUpdateUserInfo>(later, earlier), both);
    }

    let asked: BeforeUpdateUserInfoEx = callback("server");
    let same = str::to_owned;
    let nickname = |to: &str| AmendedProfileEx::of(&asked, |_| to.to_owned(), same).unwrap();
    let face_url = |to: &str| AmendedProfileEx::of(&asked, same, |_| to.to_owned()).unwrap();
    for (later, earlier, both) in [
        (nickname("b"), nickname("a"), json!({"nickName": "b"})),
        (nickname(""), nickname("a"), json!({"nickName": ""})),
        (
            nickname("b"),
            face_url("f"),
            json!({"nickName": "b", "faceURL": "f"}),
        ),
        (face_url("g"), face_url("f"), json!({"faceURL": "g"})),
    ] {
        assert_eq!(merged::<BeforeUpdateUserInfoEx>(later, earlier), both);
    }

    let users: BeforeUserRegister = callback("batch");
    let only = |n: usize| {
        let chosen = users.users[n].user_id.clone();
        AmendedUsers::of(&users, |new| new.user_id == chosen).unwrap()
    };
    let second = json!({"users": [users.users[1]]});
    assert_eq!(merged::<BeforeUserRegister>(only(1), only(0)), second);
    let friends = |id: &str| AmendedFriends::new([user(id)]).unwrap();
    assert_eq!(
        merged::<BeforeImportFriends>(friends("b"), friends("a")),
        json!({"friendUserIDs": ["b"]})
    );
    let remark = |text: &str| AmendedRemark::new(text).unwrap();
    assert_eq!(
        merged::<BeforeSetFriendRemark>(remark("b"), remark("a")),
        json!({"remark": "b"})
    );
}

/// A command like some of OpenIM's in other families. The server takes every field over from the answer, so it needs
/// all of them back, and it must never be refused.
#[derive(Deserialize, Clone)]
struct Renews {
    name: String,
    count: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Renewed {
    name: String,
    count: i64,
}

impl Callback for Renews {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeRenewCommand",
        earlier: &[],
        switch: Some("beforeRenew"),
        family: Family::User,
        when: When::Before(Rules::USERS),
        since: None,
        sentence: "Something is about to be renewed.",
    };
    type Event = user::Event;
    type Answer = Decision<Renewed, NoRefusal>;
}

impl Before for Renews {
    type Amendment = Renewed;

    fn as_asked(&self) -> Option<Renewed> {
        Some(Renewed {
            name: self.name.clone(),
            count: self.count,
        })
    }
}

impl Amendment for Renewed {}

#[test]
fn a_server_that_needs_all_fields_back_gets_them_and_is_never_refused() {
    let asked = Renews {
        name: "a".to_owned(),
        count: 3,
    };
    let written = |answer: &<Renews as Callback>::Answer| serde_json::to_string(answer).unwrap();
    let echo = ALLOW.replace('}', r#","name":"a","count":3}"#);
    let as_asked = unchanged(&asked);
    assert_eq!(written(&as_asked), echo);
    assert_eq!(read_as_openim(&echo), Verdict::Allowed);

    // A handler that only says "allow" after the policies removes no field.
    let both = over::<Renews>(Decision::Allow, as_asked.clone());
    assert_eq!(both, as_asked);
    let changed = Decision::Amend(Renewed {
        name: "b".to_owned(),
        count: 3,
    });
    let both = over::<Renews>(changed.clone(), as_asked.clone());
    assert_eq!(both, changed);

    let reason = Reason {
        code: 20001,
        message: "no".to_owned(),
        detail: String::new(),
    };
    for answer in [as_asked, changed, Decision::Allow] {
        let refused = refused::<Renews>(answer.clone(), 0, &reason);
        assert_eq!(refused, answer);
        assert_eq!(code::<Renews>(&refused, 0), None);
        assert_eq!(read_as_openim(&written(&refused)), Verdict::Allowed);
    }
}

/// Deviation: the import pages are swapped. Only the command with "before" in its name can be refused.
#[test]
fn the_import_pages_are_swapped() {
    let before = BeforeImportFriends::COMMAND.name;
    let after = AfterImportFriends::COMMAND.name;
    assert_eq!(before, "callbackBeforeImportFriendsCommand");
    assert_eq!(after, "callbackAfterImportFriendsCommand");
}

/// Deviation: no callback comes after a block.
#[test]
fn no_callback_comes_after_a_block() {
    let openim = catalogue().filter(|it| it.source == Source::OpenIm);
    let about_blocks = openim.map(|it| it.name).filter(|it| it.contains("Black"));
    assert_eq!(
        about_blocks.collect::<Vec<_>>(),
        [
            "callbackAfterRemoveBlackCommand",
            BeforeAddBlack::COMMAND.name
        ]
    );
}

/// Deviation: an empty override is no override.
#[test]
fn an_empty_override_is_no_override() {
    assert_eq!(AmendedFriends::new([]), None);
    assert_eq!(AmendedRemark::new(""), None);
    let asked: BeforeUserRegister = callback("batch");
    assert_eq!(AmendedUsers::of(&asked, |_| false), None);
    for (command, answer) in [
        (BeforeImportFriends::COMMAND.name, r#"{"friendUserIDs":[]}"#),
        (BeforeSetFriendRemark::COMMAND.name, r#"{"remark":""}"#),
        (BeforeUserRegister::COMMAND.name, r#"{"users":[]}"#),
    ] {
        let request: Value = serde_json::from_str(&body("openim", command, "server")).unwrap();
        let outcome = openim_proceeds(command, &request, answer);
        assert_eq!(outcome, Outcome::Proceeds(request), "{command}");
    }
}

/// Deviation: `actionCode` 1 allows. The refusals in the older documents refuse nothing.
#[test]
fn action_code_1_allows() {
    let refused = r#"{"actionCode":1,"errCode":5001,"errMsg":"User not allowed to import friends","errDlt":"","nextCode":"1"}"#;
    assert_eq!(read_as_openim(refused), Verdict::Unreadable);
    let as_integer = refused.replace("\"1\"", "1");
    assert_eq!(read_as_openim(&as_integer), Verdict::Allowed);
}

/// Checks the answers that allow or refuse each of two people, for one command.
fn decided<C: tencent::Before>(account: fn(&C::Item) -> &UserId) {
    let body = body("tencent", C::COMMAND.name, "document");
    let callback: C = serde_json::from_str(&body).unwrap();
    let refused = |code| {
        let code = tencent::ResultCode::new(code).unwrap();
        tencent::Decision::Refuse(tencent::Refusal::new(code, "not \"you\""))
    };
    for (first, second) in [
        (tencent::Decision::Allow, tencent::Decision::Allow),
        (refused(38000), tencent::Decision::Allow),
        (tencent::Decision::Allow, refused(39000)),
        (refused(38001), refused(38002)),
    ] {
        let decisions = callback.decide(|item| match account(item).as_str() {
            "id1" => first.clone(),
            "id2" => second.clone(),
            other => panic!("nobody asked about {other}"),
        });
        let answer = serde_json::to_string(&decisions).unwrap();
        let result = |person: &str, decision: &tencent::Decision| match decision {
            tencent::Decision::Allow => {
                format!(r#"{{"To_Account":"{person}","ResultCode":0,"ResultInfo":""}}"#)
            }
            tencent::Decision::Refuse(refusal) => format!(
                r#"{{"To_Account":"{person}","ResultCode":{},"ResultInfo":"not \"you\""}}"#,
                refusal.code.get()
            ),
        };
        assert_eq!(
            answer,
            format!(
                r#"{{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","ResultItem":[{},{}]}}"#,
                result("id1", &first),
                result("id2", &second)
            )
        );
        let happens = |person: &str, decision: &tencent::Decision| {
            let outcome = match decision {
                tencent::Decision::Allow => PersonOutcome::Allowed,
                tencent::Decision::Refuse(refusal) => PersonOutcome::Refused {
                    code: refusal.code.get().into(),
                    info: refusal.info.clone(),
                },
            };
            (person.to_owned(), outcome)
        };
        assert_eq!(
            tencent_proceeds(&["id1", "id2"], 200, &answer),
            [happens("id1", &first), happens("id2", &second)]
        );
        let listed: Vec<&tencent::Decision> = decisions.iter().map(|(_, it)| it).collect();
        assert_eq!(listed, [&first, &second]);
    }
}

#[test]
fn tencent_chat_gets_a_decision_about_every_person() {
    decided::<tencent::PrevFriendAdd>(|asked| &asked.to);
    decided::<tencent::PrevFriendResponse>(|response| &response.to);
    let nobody: tencent::PrevFriendAdd =
        serde_json::from_value(json!({"From_Account": "ana", "FriendItem": []})).unwrap();
    let decisions = tencent::Before::decide(&nobody, |_| unreachable!());
    assert_eq!(
        serde_json::to_value(decisions).unwrap(),
        json!({"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": "", "ResultItem": []})
    );
}

#[test]
fn a_refused_person_stays_refused_and_nobody_else_is() {
    type Asked = tencent::PrevFriendAdd;
    let body = body("tencent", Asked::COMMAND.name, "document");
    let callback: Asked = serde_json::from_str(&body).unwrap();
    let refuse = |question: usize, code: i32| {
        let reason = Reason {
            code,
            message: "no".to_owned(),
            detail: "not shown".to_owned(),
        };
        refused::<Asked>(unchanged(&callback), question, &reason)
    };
    let codes = |answer| [0, 1, 2].map(|n| code::<Asked>(&answer, n));
    assert_eq!(codes(unchanged(&callback)), [None, None, None]);
    assert_eq!(codes(refuse(1, 38002)), [None, Some(38002), None]);
    assert_eq!(codes(refuse(7, 38002)), [None; 3], "nobody is there");
    for both in [
        over::<Asked>(refuse(0, 38001), refuse(1, 38002)),
        over::<Asked>(refuse(1, 38002), refuse(0, 38001)),
    ] {
        let answer = serde_json::to_string(&both).unwrap();
        assert_eq!(codes(both), [Some(38001), Some(38002), None]);
        let outcome = |code| PersonOutcome::Refused {
            code,
            info: "no".to_owned(),
        };
        assert_eq!(
            tencent_proceeds(&["id1", "id2"], 200, &answer),
            [
                ("id1".to_owned(), outcome(38001)),
                ("id2".to_owned(), outcome(38002))
            ]
        );
    }
    let both = over::<Asked>(refuse(0, 38003), refuse(0, 38001));
    let first = [Some(38001), None, None];
    assert_eq!(codes(both), first, "the first refusal counts");
    let both = over::<Asked>(unchanged(&callback), refuse(0, 38001));
    assert_eq!(codes(both), first);
}
