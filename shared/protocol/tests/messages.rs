//! Messages of OpenIM: what they say, what an answer makes of them, and what the documents say wrongly about them.

use std::fs;

use imhook_protocol::{
    Callback, asks,
    domain::{
        Conversation, GroupId, Source, UserId, Words,
        message::{Content, Kind},
    },
    openim::{
        AfterGroupMsgRead, AfterMsgSaveDb, AfterRevokeMsg, AfterSendGroupMsg, AfterSendSingleMsg,
        AfterSingleMsgRead, AmendedMessage, Amendment as _, BeforeMsgModify, BeforeSendSingleMsg,
        ContentType, Decision,
    },
    read,
};
use models::{Outcome, openim_proceeds, openim_release_proceeds, payloads, root};
use serde_json::{Value, json};

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

fn body<C: Callback>(case: &str) -> Vec<u8> {
    let name = C::COMMAND.name;
    fs::read(root().join(format!("tests/payloads/openim/{name}.{case}.json"))).unwrap()
}

fn callback<C: Callback>(case: &str) -> C {
    read(&body::<C>(case)).unwrap()
}

/// A message that can be changed.
fn asked(content_type: i64, content: &str) -> BeforeMsgModify {
    let body = json!({"sendID": "ana", "contentType": content_type, "content": content});
    read(body.to_string().as_bytes()).unwrap()
}

/// What both versions of the server do with this change.
fn outcome(request: &Value, amended: &AmendedMessage) -> Outcome {
    let decision: Decision<AmendedMessage> = Decision::Amend(amended.clone());
    let answer = serde_json::to_string(&decision).unwrap();
    let command = BeforeMsgModify::COMMAND.name;
    let outcome = openim_proceeds(command, request, &answer);
    assert_eq!(openim_release_proceeds(command, request, &answer), outcome);
    outcome
}

#[test]
fn an_amended_message_is_what_is_sent_whatever_it_changes() {
    let mut with_text = 0;
    for payload in payloads() {
        if payload.command != BeforeMsgModify::COMMAND.name {
            continue;
        }
        let request: Value = serde_json::from_slice(&payload.body).unwrap();
        let asked: BeforeMsgModify = read(&payload.body).unwrap();
        let new = AmendedMessage::new;
        let mut amendments = vec![
            (new(), None, None, None),
            (new().ex(""), None, None, Some("")),
            (
                new().mentions([user("leo")]).ex("{}"),
                None,
                Some(json!(["leo"])),
                Some("{}"),
            ),
            (new().mentions([]), None, Some(json!([])), None),
            (
                new().content(r#"{"content":"\"é😀"}"#).unwrap(),
                Some(json!({"content": "\"é😀"})),
                None,
                None,
            ),
        ];
        if let Some(amended) = new().text(&asked, "\"***\" é😀") {
            with_text += 1;
            let mut content: Value =
                serde_json::from_str(request["content"].as_str().unwrap()).unwrap();
            let keys = ["content", "Content", "text"];
            let key = keys.iter().find(|key| content[**key].is_string()).unwrap();
            content[*key] = json!("\"***\" é😀");
            if *key == "Content" {
                content = json!({"content": content["Content"]});
            }
            amendments.push((amended, Some(content), None, None));
        }
        for (amended, content, mentions, ex) in amendments {
            let Outcome::Proceeds(mut sent) = outcome(&request, &amended) else {
                panic!("{}", payload.name);
            };
            let mut expected = request.clone();
            if let Some(content) = content {
                let sent: Value =
                    serde_json::from_str(sent["content"].take().as_str().unwrap()).unwrap();
                assert_eq!(sent, content, "{}", payload.name);
                expected["content"].take();
            }
            if let Some(mentions) = mentions {
                expected["atUserList"] = mentions;
            }
            if let Some(ex) = ex {
                expected["ex"] = json!(ex);
            }
            assert_eq!(sent, expected, "{}", payload.name);
        }
    }
    assert!(with_text > 3);
}

#[test]
fn a_new_text_keeps_the_other_keys_of_the_content_and_leaves_no_other_text() {
    let content = |content_type, content: &str| {
        let amended = AmendedMessage::new().text(&asked(content_type, content), "new")?;
        let amended = serde_json::to_value(amended).unwrap();
        Some(amended["content"].as_str().unwrap().to_owned())
    };
    for (content_type, old, new) in [
        (101, r#"{"content":"old"}"#, r#"{"content":"new"}"#),
        (
            101,
            r#"{"a":1.0,"content":"old","b":[null]}"#,
            r#"{"a":1.0,"b":[null],"content":"new"}"#,
        ),
        (
            101,
            r#"{"content":"old","CONTENT":"old"}"#,
            r#"{"content":"new"}"#,
        ),
        (
            101,
            r#"{"text":"old"}"#,
            r#"{"text":"old","content":"new"}"#,
        ),
        (
            106,
            r#"{"text":"old","atUserList":["leo"]}"#,
            r#"{"atUserList":["leo"],"text":"new"}"#,
        ),
        (
            114,
            r#"{"text":"old","quoteMessage":{}}"#,
            r#"{"quoteMessage":{},"text":"new"}"#,
        ),
        (117, r#"{"text":"old"}"#, r#"{"text":"new"}"#),
        (118, r#"{"Content":"old"}"#, r#"{"content":"new"}"#),
    ] {
        assert_eq!(content(content_type, old).as_deref(), Some(new));
    }
    for (content_type, old) in [
        (101, "null"),
        (101, "hi"),
        (101, "[1]"),
        (102, r#"{"sourcePicture":{}}"#),
        (110, r#"{"data":"old"}"#),
        (777, r#"{"content":"old"}"#),
    ] {
        assert_eq!(content(content_type, old), None, "{content_type} {old}");
    }
}

#[test]
fn the_later_of_two_changes_to_a_message_counts_and_other_changes_are_kept() {
    let new = AmendedMessage::new;
    let content = |text: &str| {
        new()
            .content(&json!({ "content": text }).to_string())
            .unwrap()
    };
    for (later, earlier, both) in [
        (content("b"), content("a"), content("b")),
        (content("b"), new().ex("a"), content("b").ex("a")),
        (new().ex(""), new().ex("a"), new().ex("")),
        (
            new().mentions([]),
            new().mentions([user("a")]).ex("a"),
            new().mentions([]).ex("a"),
        ),
        (
            new(),
            content("a").mentions([user("a")]),
            content("a").mentions([user("a")]),
        ),
    ] {
        assert_eq!(later.over(earlier), both);
    }
}

#[test]
fn the_content_of_every_type_has_its_kind() {
    let mut kinds = Vec::new();
    for payload in payloads() {
        if payload.command != AfterSendSingleMsg::COMMAND.name {
            continue;
        }
        let sent: AfterSendSingleMsg = read(&payload.body).unwrap();
        let content = sent.content().unwrap();
        if content.kind() == Kind::Other {
            assert!(
                matches!(
                    payload.case.as_str(),
                    "own-type" | "null-content" | "no-json" | "typing" | "receipt"
                ),
                "{}",
                payload.name
            );
        } else {
            assert_eq!(content.kind(), sent.content_type.kind(), "{}", payload.name);
            kinds.push(content.kind());
        }
    }
    kinds.sort_unstable();
    kinds.dedup();
    // The bodies with a mention and with custom content belong to other commands.
    assert_eq!(kinds.len(), 11, "{kinds:?}");
}

#[test]
fn every_number_is_a_content_type_and_is_written_as_it_came() {
    for number in [
        i64::MIN,
        -1,
        0,
        101,
        110,
        118,
        119,
        999,
        1000,
        1400,
        2101,
        2200,
        5000,
        5001,
    ] {
        let content_type = ContentType::from(number);
        assert_eq!(i64::from(content_type), number);
        assert_eq!(serde_json::to_value(content_type).unwrap(), json!(number));
        let is_signal = (1000..=5000).contains(&number);
        assert_eq!(content_type.is_signal(), is_signal, "{number}");
    }
    assert!(ContentType::Typing.is_signal());
    for odd in [json!(null), json!("x"), json!({}), json!(1.5)] {
        let read: ContentType = serde_json::from_value(odd).unwrap();
        assert_eq!(read, ContentType::Unknown(0));
    }
    assert_eq!(
        serde_json::from_value::<ContentType>(json!("101")).unwrap(),
        ContentType::Text
    );
}

#[test]
fn policies_get_what_people_read_or_learn_that_it_cannot_be_read() {
    let unreadable = || vec![Words::Unreadable];
    let quote = r#"{"text":"yes","quoteMessage":{"contentType":101,"content":"{\"content\":\"two\"}","textElem":{"content":"one"}}}"#;
    for (content_type, content, texts) in [
        (101, r#"{"content":"hi"}"#, vec![Words::Text("hi")]),
        (
            101,
            r#"{"content":"half \ud83d"}"#,
            vec![Words::Text("half \u{fffd}")],
        ),
        // Clients ignore the case of keys, and the last one counts.
        (
            101,
            r#"{"content":"good","Content":"bad"}"#,
            vec![Words::Text("bad")],
        ),
        (101, r#"{"content":""}"#, Vec::new()),
        (
            114,
            quote,
            vec![Words::Text("yes"), Words::Text("one\ntwo")],
        ),
        (102, r#"{"sourcePicture":{"url":"u"}}"#, Vec::new()),
        (
            105,
            r#"{"sourceUrl":"u","fileName":"n"}"#,
            vec![Words::Text("n")],
        ),
        (110, r#"{"data":"d"}"#, vec![Words::Text("d")]),
        (777, "anything", vec![Words::Text("anything")]),
        (101, "null", unreadable()),
        (101, "hi", unreadable()),
        (101, "", unreadable()),
        (101, r#"{"content":7}"#, unreadable()),
        (106, r#"{"content":"hi"}"#, unreadable()),
    ] {
        let asked = asked(content_type, content);
        assert_eq!(asked.texts(), texts, "{content_type} {content}");
    }
    let odd = br#"{"sendID":"ana","contentType":110,"content":{"data":"d"}}"#;
    let odd: BeforeMsgModify = read(odd).unwrap();
    assert_eq!((odd.content(), odd.texts()), (None, unreadable()));
}

#[test]
fn a_content_that_has_not_the_form_of_its_type_is_kept_as_it_came() {
    let location = r#"{"latitude":91e300,"longitude":13.4}"#;
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    for (content_type, content) in [
        (101, "null"),
        (101, ""),
        (101, r#"{"content":{"a":1}}"#),
        (102, r#"{"sourcePicture":{"url":7}}"#),
        (103, "{}"),
        (107, r#"{"title":"t"}"#),
        (108, r#"{"userID":""}"#),
        (109, location),
        (110, r#"{"data":{"x":1}}"#),
        (115, r#"{"index":"first"}"#),
        (101, deep.as_str()),
        (113, r#"{"msgTips":"yes"}"#),
    ] {
        let raw = content.to_owned();
        assert_eq!(
            asked(content_type, content).content(),
            Some(&Content::Other { raw })
        );
    }
    let odd = format!(r#"{{"content":"hi","more":{deep}}}"#);
    let text = "hi".to_owned();
    assert_eq!(asked(101, &odd).content(), Some(&Content::Text { text }));
}

#[test]
fn debug_shows_no_content() {
    let sent = json!({
        "sendID": "ana", "recvID": "leo", "contentType": 101, "content": "{\"content\":\"hunter2\"}", "ex": "",
    });
    let sent: BeforeSendSingleMsg = read(sent.to_string().as_bytes()).unwrap();
    assert!(matches!(sent.content(), Some(Content::Text { text }) if text == "hunter2"));
    assert!(!format!("{sent:?}").contains("hunter2"), "{sent:?}");
    let amended = AmendedMessage::new()
        .content(r#"{"content":"hunter2"}"#)
        .unwrap();
    assert!(!format!("{amended:?}").contains("hunter2"));
}

#[test]
fn the_word_for_everybody_is_not_a_user() {
    let sent: AfterSendGroupMsg = callback("everybody");
    assert!(sent.mentions_everybody());
    assert_eq!(sent.mentions().collect::<Vec<_>>(), [&user("7720934416")]);
    let nobody: AfterSendGroupMsg = callback("server-2");
    assert!(!nobody.mentions_everybody() && nobody.mentions().next().is_none());
}

#[test]
fn a_message_is_not_lost_because_of_its_mentions() {
    for (list, mentions) in [
        ("null", &[][..]),
        ("[]", &[]),
        (r#"["leo",null,7,{"a":[1e400]},""]"#, &["leo"]),
        (r#""leo""#, &[]),
        (r#"{"leo":1}"#, &[]),
        ("7", &[]),
        ("1.5", &[]),
        ("18446744073709551615", &[]),
        ("true", &[]),
    ] {
        let body = format!(r#"{{"sendID":"ana","recvID":"leo","atUserList":{list}}}"#);
        let sent: AfterSendSingleMsg = read(body.as_bytes()).unwrap();
        let found: Vec<&str> = sent.mentions().map(UserId::as_str).collect();
        assert_eq!(found, mentions, "{list}");
    }
}

/// Deviation: a recalled message has an accidental name.
#[test]
fn a_recalled_message_has_an_accidental_name() {
    let command = AfterRevokeMsg::COMMAND;
    assert_eq!(command.name, "callbackBeforeAfterMsgCommand");
    assert_eq!(command.function(), "after-revoke-msg");
    assert!(!command.is_before() && !asks(Source::OpenIm, command.name));
}

/// Deviation: a new message has no number.
#[test]
fn a_new_message_has_no_number() {
    for case in ["server", "server-2", "server-3", "server-4"] {
        let body: Value = serde_json::from_slice(&body::<AfterSendSingleMsg>(case)).unwrap();
        assert_eq!(body["seq"], 0);
        assert_eq!(callback::<AfterSendSingleMsg>(case).message().seq, None);
        let saved: AfterMsgSaveDb = callback(case);
        assert!(saved.message().seq.is_some());
    }
}

/// Deviation: a numbered message may not be saved. The event has no word for "saved".
#[test]
fn a_numbered_message_may_not_be_saved() {
    let saved = payloads().into_iter();
    for payload in saved.filter(|it| it.command == AfterMsgSaveDb::COMMAND.name) {
        let events = serde_json::to_value(&payload.events).unwrap();
        assert_eq!(
            events["events"][0]["type"], "message_numbered",
            "{}",
            payload.name
        );
    }
}

/// Deviation: a read group has no name.
#[test]
fn a_read_group_has_no_name() {
    let read: AfterGroupMsgRead = callback("server");
    assert_eq!((&read.reader, &*read.receive_id), (&user("bob"), "bob"));
    assert_eq!((read.up_to, read.session_type.get()), (1, Some(3)));
}

/// Deviation: a read message names a type of conversation.
#[test]
fn a_read_message_names_a_type_of_conversation() {
    let read: AfterSingleMsgRead = callback("server-2");
    assert_eq!(
        (read.seqs.as_deref(), read.session_type.get()),
        (None, Some(1))
    );
    let read: AfterSingleMsgRead = callback("server-3");
    let group = Conversation::Group(GroupId::new("team1").unwrap());
    assert_eq!(
        (read.conversation(), read.session_type.get()),
        (group, Some(3))
    );
    assert_eq!(read.seqs.as_deref(), Some(&[2][..]));
}

/// Deviation: an amended message has other keys.
#[test]
fn an_amended_message_has_other_keys() {
    let amended = AmendedMessage::new().mentions([user("leo")]);
    assert_eq!(
        serde_json::to_value(amended).unwrap(),
        json!({"atUserIDList": ["leo"]})
    );
    let request: Value = serde_json::from_slice(&body::<BeforeMsgModify>("server")).unwrap();
    let proceeds = |answer: &str| openim_proceeds(BeforeMsgModify::COMMAND.name, &request, answer);
    let ignored = proceeds(r#"{"atUserList":["leo"],"faceURL":"x"}"#);
    assert_eq!(ignored, Outcome::Proceeds(request.clone()));
    assert_eq!(proceeds(r#"{"offlinePushInfo":{}}"#), Outcome::Crashes);
}

/// Deviation: an amended content is an object.
#[test]
fn an_amended_content_is_an_object() {
    let request: Value = serde_json::from_slice(&body::<BeforeMsgModify>("server")).unwrap();
    for content in ["", "changed", "[1]", "7", "\"{}\"", "{} x", "null"] {
        assert_eq!(AmendedMessage::new().content(content), None, "{content}");
        let answer = json!({ "content": content }).to_string();
        let command = BeforeMsgModify::COMMAND.name;
        let expected = content != "null";
        let objects = openim_proceeds(command, &request, &answer) == Outcome::Objects;
        assert_eq!(objects, expected, "{content}");
        let release = openim_release_proceeds(command, &request, &answer);
        assert!(matches!(release, Outcome::Proceeds(_)), "{content}");
    }
}

/// Deviation: a content can be anything.
#[test]
fn a_content_can_be_anything() {
    let simple: AfterSendSingleMsg = callback("server-3");
    assert_eq!(simple.content.as_str(), r#"{"Content":"auto reply"}"#);
    let text = "auto reply".to_owned();
    assert_eq!(simple.content(), Some(&Content::Markdown { text }));
    for (case, raw) in [("null-content", "null"), ("no-json", "hi")] {
        let raw = raw.to_owned();
        let sent: AfterSendSingleMsg = callback(case);
        assert_eq!(sent.content(), Some(&Content::Other { raw }));
    }
}
