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

/// Reads the answer to a "before" callback for each of these people, as Tencent Chat's documents describe it. A status
/// other than 200, a body that is not JSON, or a top-level code counts as a failure. A failure lets everybody through,
/// unless the console says otherwise.
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
