//! Every decision about every "before" callback: what is written, and what the server then does, by models of
//! how it reads an answer.

use std::fs;

use domain::UserId;
use models::{
    Outcome, PersonOutcome, Verdict, openim_proceeds, read_as_openim, root, tencent_proceeds,
};
use protocol::{
    openim::{
        AfterImportFriends, AmendedFriends, AmendedRemark, Before, BeforeAddBlack, BeforeAddFriend,
        BeforeAddFriendAgree, BeforeImportFriends, BeforeSetFriendRemark, COMMANDS, Callback,
        Decision, Refusal, RefusalCode,
    },
    tencent,
};
use serde_json::{Value, json};

const ALLOW: &str = r#"{"actionCode":0,"errCode":0,"errMsg":"","errDlt":"","nextCode":0}"#;

/// What the server sends with a command.
fn body(server: &str, command: &str, case: &str) -> String {
    let folder = root().join("tests/payloads");
    fs::read_to_string(folder.join(server).join(format!("{command}.{case}.json"))).unwrap()
}

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

/// What the server sent, what it was answered, and what it does then.
fn asked<C: Before>(decision: Decision<C::Amendment>) -> (Value, String, Outcome) {
    let body = body("openim", C::COMMAND, "server");
    let _: C = serde_json::from_str(&body).unwrap();
    let request: Value = serde_json::from_str(&body).unwrap();
    let answer = serde_json::to_string(&decision).unwrap();
    let outcome = openim_proceeds(C::COMMAND, &request, &answer);
    (request, answer, outcome)
}

/// Allowing changes nothing, refusing stops and tells why. Gives the command.
fn allowed_and_refused<C: Before>() -> &'static str {
    let (request, answer, outcome) = asked::<C>(Decision::Allow);
    assert_eq!(answer, ALLOW, "{}", C::COMMAND);
    assert_eq!(outcome, Outcome::Proceeds(request), "{}", C::COMMAND);

    for (code, message, detail) in [
        (20001, "no", "because \"so\""),
        (29999, "nein – nö", ""),
        (25000, "", "only a detail"),
    ] {
        let refusal = Refusal {
            code: RefusalCode::new(code).unwrap(),
            message: message.to_owned(),
            detail: detail.to_owned(),
        };
        let (_, answer, outcome) = asked::<C>(Decision::Refuse(refusal));
        let (message_json, detail_json) = (json!(message), json!(detail));
        assert_eq!(
            answer,
            format!(
                r#"{{"actionCode":0,"errCode":{code},"errMsg":{message_json},"errDlt":{detail_json},"nextCode":1}}"#
            )
        );
        let Outcome::Stops {
            code: told,
            message: told_message,
            detail: told_detail,
        } = outcome
        else {
            panic!("{}: {outcome:?}", C::COMMAND);
        };
        assert_eq!(told, i64::from(code));
        assert!(message.is_empty() || told_message == message);
        assert!(detail.is_empty() || told_detail == detail);
    }
    C::COMMAND
}

#[test]
fn every_before_callback_can_be_allowed_without_a_change_and_refused_with_a_reason() {
    let decided = [
        allowed_and_refused::<BeforeAddBlack>(),
        allowed_and_refused::<BeforeAddFriend>(),
        allowed_and_refused::<BeforeAddFriendAgree>(),
        allowed_and_refused::<BeforeImportFriends>(),
        allowed_and_refused::<BeforeSetFriendRemark>(),
    ];
    let before = COMMANDS.iter().filter(|it| it.contains("Before"));
    assert_eq!(before.copied().collect::<Vec<_>>(), decided);
}

#[test]
fn an_amended_list_is_what_is_imported() {
    for friends in [
        &["7720934416"][..],
        &["1936620785", "7720934416"],
        &["somebody else", "用户é😀"],
    ] {
        let amended = AmendedFriends::new(friends.iter().map(|id| user(id))).unwrap();
        let (mut request, answer, outcome) = asked::<BeforeImportFriends>(Decision::Amend(amended));
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
            asked::<BeforeSetFriendRemark>(Decision::Amend(amended));
        let text = json!(remark);
        let expected = ALLOW.replace('}', &format!(r#","remark":{text}}}"#));
        assert_eq!(answer, expected);
        request["remark"] = text;
        assert_eq!(outcome, Outcome::Proceeds(request));
    }
}

/// Deviation: the import pages are swapped. The command that says "before" can be refused, the other cannot.
#[test]
fn the_import_pages_are_swapped() {
    let before = <BeforeImportFriends as Before>::COMMAND;
    let after = <AfterImportFriends as Callback>::COMMAND;
    assert_eq!(before, "callbackBeforeImportFriendsCommand");
    assert_eq!(after, "callbackAfterImportFriendsCommand");
}

/// Deviation: no callback comes after a block.
#[test]
fn no_callback_comes_after_a_block() {
    let about_blocks = COMMANDS.iter().filter(|it| it.contains("Black"));
    assert_eq!(
        about_blocks.copied().collect::<Vec<_>>(),
        ["callbackAfterRemoveBlackCommand", BeforeAddBlack::COMMAND]
    );
}

/// Deviation: an empty override is no override.
#[test]
fn an_empty_override_is_no_override() {
    assert_eq!(AmendedFriends::new([]), None);
    assert_eq!(AmendedRemark::new(""), None);
    for (command, answer) in [
        (BeforeImportFriends::COMMAND, r#"{"friendUserIDs":[]}"#),
        (BeforeSetFriendRemark::COMMAND, r#"{"remark":""}"#),
    ] {
        let request: Value = serde_json::from_str(&body("openim", command, "server")).unwrap();
        let outcome = openim_proceeds(command, &request, answer);
        assert_eq!(outcome, Outcome::Proceeds(request), "{command}");
    }
}

/// Deviation: `actionCode` 1 allows. What the older documents show as refusals refuses nothing.
#[test]
fn action_code_1_allows() {
    let refused = r#"{"actionCode":1,"errCode":5001,"errMsg":"User not allowed to import friends","errDlt":"","nextCode":"1"}"#;
    assert_eq!(read_as_openim(refused), Verdict::Unreadable);
    let as_integer = refused.replace("\"1\"", "1");
    assert_eq!(read_as_openim(&as_integer), Verdict::Allowed);
}

/// Two people, each allowed or refused, in the words of a command.
fn decided<C: tencent::Before>(account: fn(&C::Item) -> &UserId) {
    let body = body("tencent", C::COMMAND, "document");
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
fn tencent_chat_is_told_about_every_person_of_a_before_callback() {
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
