//! Decisions about messages of Tencent Chat.

use domain::{Change, Changeable, Words, message::Kind};
use imhook_protocol::{
    Callback, Reason,
    tencent::{
        AmendedMessage, C2cBeforeSendMsg, Element, GroupBeforeSendMsg, GroupCode, MessageCode,
        MessageDecision, MsgBody, OfficialAccountBeforeSendMsg, OwnCode, Refusal,
    },
};
use models::{MessageOutcome, tencent_sends};
use serde_json::{Value, json};

use super::{body, code, over, refused, unchanged};

fn asked<C: Callback>(case: &str) -> (C, Value) {
    let body = body("tencent", C::COMMAND.name, case);
    (
        serde_json::from_str(&body).unwrap(),
        serde_json::from_str(&body).unwrap(),
    )
}

/// What the server does about the message that it shows in its documents.
fn outcome<C: Callback>(answer: &C::Answer) -> MessageOutcome {
    let (_, request) = asked::<C>("document");
    let answer = serde_json::to_string(answer).unwrap();
    tencent_sends(C::COMMAND.name, &request, 200, &answer)
}

fn reason(code: i32) -> Reason {
    Reason {
        code,
        message: "quiet hours".to_owned(),
        detail: "not shown".to_owned(),
    }
}

fn new_body(text: &str) -> MsgBody {
    MsgBody::new([Element::text(text)]).unwrap()
}

/// Each form of answer does what was decided.
fn decided<C, const FIRST: i32, const LAST: i32>()
where
    C: Callback<Answer = MessageDecision<OwnCode<FIRST, LAST>>>,
{
    let (callback, request) = asked::<C>("document");
    let as_written = MessageOutcome::Sent {
        body: request["MsgBody"].clone(),
        custom_data: request["CloudCustomData"].clone(),
    };
    assert!(unchanged(&callback) == MessageDecision::Allow);
    assert_eq!(outcome::<C>(&MessageDecision::Allow), as_written);
    assert_eq!(
        outcome::<C>(&MessageDecision::Drop),
        MessageOutcome::Dropped
    );
    assert_eq!(code::<C>(&MessageDecision::Drop, 0), Some(2));

    for number in [FIRST, LAST] {
        let refusal = Refusal::new(OwnCode::new(number).unwrap(), "quiet hours");
        let refusal = MessageDecision::Refuse(refusal);
        let by_reason = refused::<C>(MessageDecision::Allow, 0, &reason(number));
        assert_eq!(by_reason, refusal);
        assert_eq!(code::<C>(&refusal, 0), Some(number));
        assert_eq!(
            outcome::<C>(&refusal),
            MessageOutcome::Refused {
                code: number.into(),
                info: "quiet hours".to_owned(),
            }
        );
    }

    let amended = |amended: AmendedMessage| outcome::<C>(&MessageDecision::Amend(amended));
    let checked = json!([{"MsgType": "TIMTextElem", "MsgContent": {"Text": "checked"}}]);
    for (amendment, body, custom_data) in [
        (
            AmendedMessage::new().body(new_body("checked")),
            checked.clone(),
            request["CloudCustomData"].clone(),
        ),
        (
            AmendedMessage::new().custom_data("{\"level\":1}"),
            request["MsgBody"].clone(),
            json!("{\"level\":1}"),
        ),
        (
            AmendedMessage::new()
                .body(new_body("checked"))
                .custom_data(""),
            checked.clone(),
            json!(""),
        ),
    ] {
        assert_eq!(
            amended(amendment),
            MessageOutcome::Sent { body, custom_data }
        );
    }

    // A policy's change.
    let answer = callback.amended(&Change::Message("checked".to_owned()));
    let MessageOutcome::Sent { body, .. } = outcome::<C>(&answer.unwrap()) else {
        panic!("{} is not sent", C::COMMAND.name);
    };
    assert_eq!(body, checked);
    assert!(callback.amended(&Change::Name("x".to_owned())).is_none());
}

#[test]
fn each_answer_about_a_message_does_what_was_decided() {
    decided::<C2cBeforeSendMsg, 120_001, 130_000>();
    decided::<GroupBeforeSendMsg, 10100, 10200>();
    decided::<OfficialAccountBeforeSendMsg, 120_001, 130_000>();
}

#[test]
fn a_reason_with_a_code_of_another_range_gets_the_last_code() {
    type C2c = C2cBeforeSendMsg;
    type Group = GroupBeforeSendMsg;
    let c2c = refused::<C2c>(MessageDecision::Allow, 0, &reason(28004));
    assert_eq!(code::<C2c>(&c2c, 0), Some(130_000));
    let group = refused::<Group>(MessageDecision::Allow, 0, &reason(28004));
    assert_eq!(code::<Group>(&group, 0), Some(10200));
}

#[test]
fn what_was_stopped_stays_stopped_and_later_changes_win_field_by_field() {
    type Asked = C2cBeforeSendMsg;
    let allow = || MessageDecision::Allow;
    let refuse = |code| {
        let code = MessageCode::new(code).unwrap();
        MessageDecision::Refuse(Refusal::new(code, "no"))
    };
    let amend = |amended| MessageDecision::Amend(amended);
    let first = || amend(AmendedMessage::new().body(new_body("a")).custom_data("a"));
    let second = || amend(AmendedMessage::new().body(new_body("b")));
    for (later, earlier, both) in [
        (allow(), allow(), allow()),
        (allow(), refuse(120_001), refuse(120_001)),
        (refuse(120_002), allow(), refuse(120_002)),
        (refuse(120_002), refuse(120_001), refuse(120_001)),
        (MessageDecision::Drop, refuse(120_001), refuse(120_001)),
        (
            refuse(120_001),
            MessageDecision::Drop,
            MessageDecision::Drop,
        ),
        (MessageDecision::Drop, first(), MessageDecision::Drop),
        (first(), MessageDecision::Drop, MessageDecision::Drop),
        (allow(), first(), first()),
        (first(), allow(), first()),
        (
            second(),
            first(),
            amend(AmendedMessage::new().body(new_body("b")).custom_data("a")),
        ),
        (first(), second(), first()),
    ] {
        assert_eq!(over::<Asked>(later, earlier), both);
    }
}

#[test]
fn a_question_names_the_people_the_group_the_kind_and_the_texts() {
    let (callback, _) = asked::<C2cBeforeSendMsg>("several-elements");
    let questions = callback.questions();
    let [question] = &questions[..] else {
        panic!("{questions:?}");
    };
    assert_eq!(question.actor.unwrap().as_str(), "alice");
    assert_eq!(question.others, [&callback.to]);
    assert_eq!((question.group, question.kind), (None, Some(Kind::Several)));
    assert_eq!(question.parts, [Kind::Text, Kind::Picture, Kind::Face]);
    let texts = question.texts.iter().map(|it| (it.words, it.change));
    assert_eq!(
        texts.collect::<Vec<_>>(),
        [
            (Words::Text("look"), Changeable::Now),
            (Words::Text("smile"), Changeable::Never)
        ]
    );

    let (callback, _) = asked::<GroupBeforeSendMsg>("document");
    let questions = callback.questions();
    let [question] = &questions[..] else {
        panic!("{questions:?}");
    };
    assert_eq!(question.actor.unwrap().as_str(), "bob");
    assert_eq!(question.group, Some(&callback.group_id));
    assert!(question.others.is_empty());
    assert_eq!(question.kind, Some(Kind::Text));

    let (callback, _) = asked::<OfficialAccountBeforeSendMsg>("document");
    let questions = callback.questions();
    let [question] = &questions[..] else {
        panic!("{questions:?}");
    };
    assert_eq!(question.actor, Some(&callback.channel));
    assert!(question.others.is_empty());
    assert_eq!((question.group, question.kind), (None, Some(Kind::Text)));
}

#[test]
fn debug_shows_no_content() {
    let amended = AmendedMessage::new()
        .body(new_body("hunter2"))
        .custom_data("hunter3");
    let shown = format!("{:?}", MessageDecision::<GroupCode>::Amend(amended));
    assert!(!shown.contains("hunter"), "{shown}");
}
