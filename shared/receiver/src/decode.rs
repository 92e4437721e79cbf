//! A body becomes a type, or a problem with its place.

use serde::Deserialize;

use crate::{Problem, ProblemKind};

/// Reads a body into a type, or says where and why it does not fit.
pub(crate) fn decode<'a, T: Deserialize<'a>>(body: &'a str) -> Result<T, Problem> {
    if body.trim_ascii().is_empty() {
        return Err(Problem::new(
            ProblemKind::EmptyBody,
            "expected a JSON object",
        ));
    }
    // serde would take an array for a struct, field by field.
    if !body.trim_start().starts_with('{') {
        // Tell "not JSON at all" from "JSON, but no object".
        return Err(match serde_json::from_str::<serde::de::IgnoredAny>(body) {
            Ok(_) => Problem::new(ProblemKind::InvalidField, "expected an object").at("$"),
            Err(error) => not_json(&error),
        });
    }
    let mut json = serde_json::Deserializer::from_str(body);
    let decoded = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = json_path(error.path());
        let error = error.into_inner();
        if error.is_data() {
            Problem::new(ProblemKind::InvalidField, without_values(&error)).at(path)
        } else {
            not_json(&error)
        }
    })?;
    json.end().map_err(|error| not_json(&error))?;
    Ok(decoded)
}

fn not_json(error: &serde_json::Error) -> Problem {
    // Syntax errors never quote the text.
    Problem::new(ProblemKind::NotJson, error.to_string())
}

fn json_path(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;

    let mut text = String::from("$");
    for segment in path {
        match segment {
            Segment::Seq { index } => text.push_str(&format!("[{index}]")),
            Segment::Map { key } => text.push_str(&format!(".{key}")),
            Segment::Enum { variant } => text.push_str(&format!(".{variant}")),
            Segment::Unknown => {}
        }
    }
    text
}

/// serde's words without what it quotes from the body: `invalid type: string "hello", expected u8`
/// becomes `invalid type: string, expected u8`. What users write to each other stays out of logs.
fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(text, _)| text);
    let quoting = ["invalid type: ", "invalid value: ", "invalid length "];
    let Some(kind) = quoting.into_iter().find(|kind| text.starts_with(kind)) else {
        return text.to_owned();
    };
    let found = text[kind.len()..]
        .split([' ', ',', '`'])
        .next()
        .unwrap_or_default();
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("{kind}{found}, expected {expected}"),
        None => format!("{kind}{found}"),
    }
}

#[cfg(test)]
mod tests {
    use protocol::{openim::AfterDeleteFriend, tencent::FriendDelete};

    use super::*;

    fn problem<T: serde::de::DeserializeOwned>(
        body: &str,
    ) -> (ProblemKind, Option<String>, String) {
        match decode::<T>(body) {
            Ok(_) => panic!("decoded: {body}"),
            Err(problem) => (
                problem.kind(),
                problem.json_path().map(ToOwned::to_owned),
                problem.detail().to_owned(),
            ),
        }
    }

    #[test]
    fn a_mistake_is_named_with_its_json_path() {
        let (kind, path, detail) = problem::<FriendDelete>(
            r#"{"PairList":[{"From_Account":"a","To_Account":"b"},{"From_Account":"a","To_Account":""}]}"#,
        );
        assert_eq!(kind, ProblemKind::InvalidField);
        assert_eq!(path.as_deref(), Some("$.PairList[1].To_Account"));
        assert_eq!(detail, "a user id is empty");
    }

    #[test]
    fn what_stands_in_the_body_is_not_repeated() {
        for value in [
            r#""very, expected `secret` at line 1""#,
            "4711",
            "[\"secret\"]",
            "{\"secret\":1}",
            "1.5",
        ] {
            let body = format!(r#"{{"PairList":{value}}}"#);
            let (_, path, detail) = problem::<FriendDelete>(&body);
            assert!(
                !detail.contains("secret") && !detail.contains("4711") && !detail.contains("1.5"),
                "{detail}"
            );
            assert!(path.unwrap().starts_with("$.PairList"));
            let body = format!(r#"{{"ownerUserID":"a","friendUserID":{value}}}"#);
            if !value.starts_with('"') {
                let (_, _, detail) = problem::<AfterDeleteFriend>(&body);
                assert!(
                    !detail.contains("secret") && !detail.contains("4711"),
                    "{detail}"
                );
            }
        }
    }

    #[test]
    fn an_array_is_not_taken_for_an_object() {
        let (kind, ..) = problem::<AfterDeleteFriend>(r#"["a","b"]"#);
        assert_eq!(kind, ProblemKind::InvalidField);
        let (kind, ..) = problem::<AfterDeleteFriend>(r#"["a","b""#);
        assert_eq!(kind, ProblemKind::NotJson);
    }

    #[test]
    fn something_after_the_object_is_not_json() {
        let (kind, ..) =
            problem::<AfterDeleteFriend>(r#"{"ownerUserID":"a","friendUserID":"b"} x"#);
        assert_eq!(kind, ProblemKind::NotJson);
    }
}
