use serde_json::Value;

/// What Tencent Chat does about one person after the answer to a "before" callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonOutcome {
    /// The operation continues for this person.
    Allowed,
    /// The operation stops, and the user who asked gets these values.
    Refused {
        /// `ResultCode`.
        code: i64,
        /// `ResultInfo`.
        info: String,
    },
    /// The answer does not name the person. What happens then is not documented.
    Unknown,
}

/// What Tencent Chat does after the answer to a "before" callback about a whole: a new group, a new topic, a request to
/// join, or a new official account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WholeOutcome {
    /// The operation continues.
    Allowed,
    /// The operation stops, and the user's client gets these values.
    Refused {
        /// The code: that of the answer if it is the app's own, and otherwise Tencent Chat's.
        code: i64,
        /// The text. Empty if the code is Tencent Chat's.
        info: String,
    },
}

/// Reads the answer to a "before" callback about groups, topics or official accounts, as Tencent Chat's documents describe
/// it. A status other than 200 and a body that is not JSON count as failures. A failure lets the operation go on, unless
/// the console says otherwise. The documents do not say what codes other than 1 and those of the app do; here they
/// refuse.
pub fn tencent_proceeds_with_whole(command: &str, status: u16, answer: &str) -> WholeOutcome {
    // The codes of the app, and Tencent Chat's own code for what an app refuses.
    let (own, plain) = match command.split('.').next() {
        Some("Group") => (10100..=10200, 10016),
        Some("OfficialAccount") => (120_001..=130_000, 20006),
        _ => panic!("{command} asks about no whole"),
    };
    let answer = serde_json::from_str::<Value>(answer).ok();
    let answer = answer.filter(|answer| status == 200 && answer["ActionStatus"] == "OK");
    let code = answer
        .as_ref()
        .and_then(|answer| answer["ErrorCode"].as_i64());
    match (code, answer) {
        (None | Some(0), _) | (_, None) => WholeOutcome::Allowed,
        (Some(code), Some(answer)) if own.contains(&code) => WholeOutcome::Refused {
            code,
            info: answer["ErrorInfo"].as_str().unwrap_or_default().to_owned(),
        },
        (Some(_), Some(_)) => WholeOutcome::Refused {
            code: plain,
            info: String::new(),
        },
    }
}

/// The people whom Tencent Chat lets in after the answer about an invitation into a group, or about subscriptions: nobody,
/// or all except those whom the answer names.
pub fn tencent_lets_in<'a>(
    command: &str,
    people: &[&'a str],
    status: u16,
    answer: &str,
) -> Vec<&'a str> {
    if tencent_proceeds_with_whole(command, status, answer) != WholeOutcome::Allowed {
        return Vec::new();
    }
    let list = match command {
        "OfficialAccount.CallbackBeforeAddSubscriber" => "RefusedSubscribers_Account",
        _ => "RefusedMembers_Account",
    };
    let answer = serde_json::from_str::<Value>(answer).unwrap_or_default();
    let kept_out = answer[list].as_array();
    let kept_out = kept_out.filter(|_| status == 200 && answer["ErrorCode"] == 0);
    let is_kept_out =
        |person: &str| kept_out.is_some_and(|names| names.iter().any(|it| it == person));
    let people = people.iter().copied();
    people.filter(|person| !is_kept_out(person)).collect()
}

/// Reads the answer to a "before" callback about friends for each of these people, as Tencent Chat's documents describe
/// it. A status other than 200, a body that is not JSON, or a top-level code counts as a failure. A failure lets
/// everybody through, unless the console says otherwise.
pub fn tencent_proceeds(
    people: &[&str],
    status: u16,
    answer: &str,
) -> Vec<(String, PersonOutcome)> {
    let answer = serde_json::from_str::<Value>(answer).ok();
    let decided = answer
        .filter(|answer| status == 200 && answer["ErrorCode"] == 0)
        .map(|answer| answer["ResultItem"].as_array().cloned().unwrap_or_default());
    let outcome = |person: &str| {
        let Some(items) = &decided else {
            return PersonOutcome::Allowed;
        };
        let Some(item) = items.iter().find(|item| item["To_Account"] == person) else {
            return PersonOutcome::Unknown;
        };
        match item["ResultCode"].as_i64() {
            Some(0) => PersonOutcome::Allowed,
            Some(code) => PersonOutcome::Refused {
                code,
                info: item["ResultInfo"].as_str().unwrap_or_default().to_owned(),
            },
            None => PersonOutcome::Unknown,
        }
    };
    people
        .iter()
        .map(|person| ((*person).to_owned(), outcome(person)))
        .collect()
}

#[test]
fn a_code_of_the_app_reaches_the_client_and_a_failure_lets_the_operation_go_on() {
    let answer = |status: &str, code: i64| {
        format!(r#"{{"ActionStatus":"{status}","ErrorCode":{code},"ErrorInfo":"no"}}"#)
    };
    let refused = |code, info: &str| WholeOutcome::Refused {
        code,
        info: info.to_owned(),
    };
    for (command, first, last, plain) in [
        ("Group.CallbackBeforeCreateGroup", 10100, 10200, 10016),
        (
            "OfficialAccount.CallbackBeforeCreateOfficialAccount",
            120_001,
            130_000,
            20006,
        ),
    ] {
        for (status, body, outcome) in [
            (200, answer("OK", 0), WholeOutcome::Allowed),
            (200, answer("OK", 1), refused(plain, "")),
            (200, answer("OK", first), refused(first, "no")),
            (200, answer("OK", last), refused(last, "no")),
            (200, answer("OK", last + 1), refused(plain, "")),
            (500, answer("OK", first), WholeOutcome::Allowed),
            (200, "ok".to_owned(), WholeOutcome::Allowed),
        ] {
            let found = tencent_proceeds_with_whole(command, status, &body);
            assert_eq!(found, outcome, "{body}");
        }
    }
}

#[test]
fn those_whom_the_answer_names_are_kept_out_or_everybody() {
    for (command, list) in [
        (
            "Group.CallbackBeforeInviteJoinGroup",
            "RefusedMembers_Account",
        ),
        (
            "OfficialAccount.CallbackBeforeAddSubscriber",
            "RefusedSubscribers_Account",
        ),
    ] {
        let answer = |code: i64, names: &str| {
            format!(
                r#"{{"ActionStatus":"OK","ErrorCode":{code},"ErrorInfo":"","{list}":[{names}]}}"#
            )
        };
        let let_in = |status, body: &str| tencent_lets_in(command, &["leo", "bob"], status, body);
        assert_eq!(let_in(200, &answer(0, r#""leo""#)), ["bob"]);
        assert_eq!(let_in(200, &answer(0, "")), ["leo", "bob"]);
        assert!(let_in(200, &answer(1, r#""leo""#)).is_empty());
        assert_eq!(let_in(500, &answer(0, r#""leo""#)), ["leo", "bob"]);
        assert_eq!(let_in(200, "ok"), ["leo", "bob"]);
    }
}

#[test]
fn a_top_level_code_lets_everybody_through() {
    let refuses_leo = |code: i64| {
        format!(
            r#"{{"ActionStatus":"OK","ErrorCode":{code},"ErrorInfo":"","ResultItem":[{{"To_Account":"leo","ResultCode":38001,"ResultInfo":"no"}}]}}"#
        )
    };
    let outcomes = |status, answer: &str| {
        tencent_proceeds(&["leo", "bob"], status, answer)
            .into_iter()
            .map(|(_, outcome)| outcome)
            .collect::<Vec<_>>()
    };
    let no = PersonOutcome::Refused {
        code: 38001,
        info: "no".to_owned(),
    };
    let everybody = [PersonOutcome::Allowed, PersonOutcome::Allowed];
    assert_eq!(outcomes(200, &refuses_leo(0)), [no, PersonOutcome::Unknown]);
    assert_eq!(outcomes(200, &refuses_leo(38001)), everybody);
    assert_eq!(outcomes(500, &refuses_leo(0)), everybody);
    assert_eq!(outcomes(200, "ok"), everybody);
}
