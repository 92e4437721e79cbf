//! Decisions about Tencent Chat's groups, topics and official accounts: about the whole, and about each person who is let
//! in.

use imhook_protocol::{
    Answer, Callback, Json, Reason, UserId,
    tencent::{
        BeforeAddSubscriber, BeforeApplyJoinGroup, BeforeCreateGroup, BeforeCreateOfficialAccount,
        BeforeCreateTopic, BeforeInviteJoinGroup, Decision, GroupCode, KeptOut, LetsIn as _,
        NoOwnCode, OwnCode, Refusal,
    },
};
use models::{WholeOutcome, tencent_lets_in, tencent_proceeds_with_whole};
use serde_json::{Value, json};

use super::{body, code, over, refused, unchanged};

fn callback<C: Callback>(case: &str) -> C {
    serde_json::from_str(&body("tencent", C::COMMAND.name, case)).unwrap()
}

fn reason(code: i32) -> Reason {
    Reason {
        code,
        message: "not \"you\"".to_owned(),
        detail: "not shown".to_owned(),
    }
}

fn refuse<const FIRST: i32, const LAST: i32>(code: i32) -> Decision<OwnCode<FIRST, LAST>> {
    let code = OwnCode::new(code).unwrap();
    Decision::Refuse(Refusal::new(code, "not \"you\""))
}

fn allowed_and_refused<C, const FIRST: i32, const LAST: i32>()
where
    C: Callback<Answer = Decision<OwnCode<FIRST, LAST>>>,
    Decision<OwnCode<FIRST, LAST>>: Answer<C>,
{
    let command = C::COMMAND.name;
    let asked: C = callback("document");
    let allowed = unchanged(&asked);
    assert_eq!(asked.questions().len(), 1, "{command}");
    assert_eq!(<C::Answer as Answer<C>>::questions(&allowed), 1);
    let unread = <C::Answer as Answer<C>>::unread(Json::NOTHING);
    assert_eq!(unread, Some(allowed.clone()), "{command}");
    let answer = serde_json::to_string(&allowed).unwrap();
    assert_eq!(
        answer,
        r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#
    );
    let outcome = tencent_proceeds_with_whole(command, 200, &answer);
    assert_eq!(outcome, WholeOutcome::Allowed, "{command}");
    // A code of another range becomes one that reaches the client.
    for (of_reason, shown) in [(FIRST, FIRST), (LAST, LAST), (1, LAST), (39000, LAST)] {
        let answer = refused::<C>(allowed.clone(), 0, &reason(of_reason));
        assert_eq!(answer, refuse(shown), "{command}");
        assert_eq!(code::<C>(&answer, 0), Some(shown));
        assert_eq!(over::<C>(allowed.clone(), answer.clone()), answer);
        assert_eq!(over::<C>(answer.clone(), allowed.clone()), answer);
        let answer = serde_json::to_string(&answer).unwrap();
        let outcome = tencent_proceeds_with_whole(command, 200, &answer);
        let expected = WholeOutcome::Refused {
            code: shown.into(),
            info: "not \"you\"".to_owned(),
        };
        assert_eq!(outcome, expected, "{command}");
    }
}

#[test]
fn what_is_new_and_a_request_are_allowed_or_refused_with_a_reason() {
    allowed_and_refused::<BeforeCreateGroup, 10100, 10200>();
    allowed_and_refused::<BeforeCreateTopic, 10100, 10200>();
    allowed_and_refused::<BeforeApplyJoinGroup, 10100, 10200>();
    allowed_and_refused::<BeforeCreateOfficialAccount, 120_001, 130_000>();
}

#[test]
fn a_refused_subscription_has_no_code_of_the_app() {
    type Asked = BeforeAddSubscriber;
    let asked: Asked = callback("document");
    let questions = asked.questions();
    let actors: Vec<_> = questions.iter().map(|it| it.actor.unwrap()).collect();
    let bob_and_carol = ["bob", "carol"].map(|id| UserId::new(id).unwrap());
    assert_eq!(actors, bob_and_carol.each_ref());
    assert!(questions.iter().all(|it| it.others == [&asked.channel]));

    let keep_out = |people: &[usize]| {
        people.iter().fold(unchanged(&asked), |answer, person| {
            refused::<Asked>(answer, *person, &reason(10100))
        })
    };
    for (people, answer, let_in) in [
        (
            &[][..],
            json!({"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": ""}),
            &["bob", "carol"][..],
        ),
        (
            &[1],
            json!({"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": "", "RefusedSubscribers_Account": ["carol"]}),
            &["bob"],
        ),
        (
            &[0, 1],
            json!({"ActionStatus": "OK", "ErrorCode": 1, "ErrorInfo": "not \"you\""}),
            &[],
        ),
    ] {
        let decided = keep_out(people);
        assert_eq!(serde_json::to_value(&decided).unwrap(), answer);
        let written = serde_json::to_string(&decided).unwrap();
        let command = Asked::COMMAND.name;
        assert_eq!(
            tencent_lets_in(command, &["bob", "carol"], 200, &written),
            let_in
        );
        for person in people {
            assert_eq!(code::<Asked>(&decided, *person), Some(1));
        }
    }
    assert!(NoOwnCode::new(0).is_err() && NoOwnCode::new(2).is_err());
}

type Asked = BeforeInviteJoinGroup;

fn invited(people: &Value) -> Asked {
    let body = json!({"GroupId": "hike", "Operator_Account": "ana", "DestinationMembers": people});
    imhook_protocol::read(body.to_string().as_bytes()).unwrap()
}

#[test]
fn an_invitation_is_decided_for_each_person() {
    let asked: Asked = callback("document");
    let (allow, no) = (|| Decision::<GroupCode>::Allow, refuse);
    for (carol, dave, answer, let_in) in [
        (
            allow(),
            allow(),
            json!({"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": ""}),
            &["carol", "dave"][..],
        ),
        (
            allow(),
            no(10100),
            json!({"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": "", "RefusedMembers_Account": ["dave"]}),
            &["carol"],
        ),
        (
            no(10200),
            allow(),
            json!({"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": "", "RefusedMembers_Account": ["carol"]}),
            &["dave"],
        ),
        (
            no(10101),
            no(10102),
            json!({"ActionStatus": "OK", "ErrorCode": 10101, "ErrorInfo": "not \"you\""}),
            &[],
        ),
    ] {
        let decided = asked.decide(|person| match person.user.as_str() {
            "carol" => carol.clone(),
            "dave" => dave.clone(),
            other => panic!("nobody asked about {other}"),
        });
        assert_eq!(serde_json::to_value(&decided).unwrap(), answer);
        let written = serde_json::to_string(&decided).unwrap();
        assert_eq!(
            tencent_lets_in(Asked::COMMAND.name, &["carol", "dave"], 200, &written),
            let_in
        );
        let listed: Vec<_> = decided.iter().map(|(_, decision)| decision).collect();
        assert_eq!(listed, [&carol, &dave]);
    }
}

#[test]
fn an_invitation_of_nobody_is_allowed() {
    let asked = invited(&json!([]));
    let answer = unchanged(&asked);
    assert!(asked.questions().is_empty());
    assert_eq!(
        serde_json::to_string(&answer).unwrap(),
        r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#
    );
}

#[test]
fn who_was_kept_out_stays_out_and_nobody_else_is() {
    let asked: Asked = callback("document");
    let keep_out = |question, code| refused::<Asked>(unchanged(&asked), question, &reason(code));
    let codes = |answer: &KeptOut| [0, 1, 2].map(|n| code::<Asked>(answer, n));
    assert_eq!(codes(&unchanged(&asked)), [None; 3]);
    assert_eq!(codes(&keep_out(1, 10102)), [None, Some(10102), None]);
    assert_eq!(codes(&keep_out(7, 10102)), [None; 3], "nobody is there");
    for both in [
        over::<Asked>(keep_out(0, 10101), keep_out(1, 10102)),
        over::<Asked>(keep_out(1, 10102), keep_out(0, 10101)),
    ] {
        assert_eq!(codes(&both), [Some(10101), Some(10102), None]);
        let written = serde_json::to_string(&both).unwrap();
        assert!(tencent_lets_in(Asked::COMMAND.name, &["carol", "dave"], 200, &written).is_empty());
    }
    let both = over::<Asked>(keep_out(0, 10103), keep_out(0, 10101));
    let first = [Some(10101), None, None];
    assert_eq!(codes(&both), first, "the first refusal counts");
    assert_eq!(
        codes(&over::<Asked>(unchanged(&asked), keep_out(0, 10101))),
        first
    );
}

#[test]
fn invited_people_whose_ids_cannot_be_read_can_be_kept_out_by_their_names() {
    let long = "x".repeat(1001);
    let people = json!([{"Member_Account": 7}, {"Member_Account": "leo"}, {"Member_Account": long}, {}, null]);
    let asked = invited(&people);
    let questions = asked.questions();
    assert_eq!(questions.len(), 3);
    let unreadable: Vec<bool> = questions
        .iter()
        .map(|question| question.means_unreadable_others)
        .collect();
    assert_eq!(unreadable, [false, true, true]);
    let allowed = unchanged(&asked);
    assert_eq!(<KeptOut as Answer<Asked>>::questions(&allowed), 3);
    let kept_out = refused::<Asked>(allowed.clone(), 1, &reason(10101));
    let kept_out = refused::<Asked>(kept_out, 2, &reason(10101));
    assert_eq!(
        serde_json::to_value(&kept_out).unwrap()["RefusedMembers_Account"],
        json!(["7", long])
    );
    // Now nobody is left who gets in.
    let kept_out = refused::<Asked>(kept_out, 0, &reason(10102));
    let answer = serde_json::to_value(&kept_out).unwrap();
    assert_eq!(answer["ErrorCode"], 10102);
    assert_eq!(answer.get("RefusedMembers_Account"), None);
}

#[test]
fn everybody_is_named_also_if_the_body_does_not_fit() {
    let body = r#"{"GroupId": 7, "DestinationMembers": [{"Member_Account": "leo"}, {"Member_Account": "bob"}]}"#;
    let unread = <KeptOut as Answer<Asked>>::unread(Json::new(body).unwrap()).unwrap();
    let kept_out = refused::<Asked>(unread, 1, &reason(10101));
    assert_eq!(
        serde_json::to_value(kept_out).unwrap(),
        json!({"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": "", "RefusedMembers_Account": ["bob"]})
    );
}
