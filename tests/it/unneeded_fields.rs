//! A field that neither a decision nor an event needs can have any value: the decision and the events stay the same.
//!
//! No list says which fields are needed. A field is needed if another value of its type changes the outcome.

use std::collections::{BTreeMap, BTreeSet};

use models::odd::{Json, Mistake, ODD_VALUES, Place};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner},
};
use tokio::runtime::Runtime;

use crate::laboratory::{Laboratory, Recorded, field_name};

/// A mistake in a field.
#[derive(Clone, Debug)]
enum Odd {
    Value(String),
    HalfAnEmoji,
    Nested,
    Removed,
    First(String),
    Last(String),
}

impl Odd {
    fn mistake(&self) -> Mistake<'_> {
        match self {
            Self::Value(value) => Mistake::Value(value),
            Self::HalfAnEmoji => Mistake::HalfAnEmoji,
            Self::Nested => Mistake::Nested(200),
            Self::Removed => Mistake::Removed,
            Self::First(value) => Mistake::OddFirst(value),
            Self::Last(value) => Mistake::OddLast(value),
        }
    }
}

/// A random JSON value.
fn value() -> impl Strategy<Value = String> {
    let text = any::<String>().prop_map(|text| serde_json::Value::from(text).to_string());
    let leaf = prop_oneof![
        4 => select(ODD_VALUES).prop_map(ToOwned::to_owned),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => any::<f64>().prop_filter("JSON has only finite numbers", |it| it.is_finite()).prop_map(|it| format!("{it:e}")),
        1 => text.clone(),
    ];
    leaf.prop_recursive(4, 16, 4, move |inner| {
        let members = vec((text.clone(), inner.clone()), 0..4);
        prop_oneof![
            vec(inner, 0..4).prop_map(|members| format!("[{}]", members.join(","))),
            members.prop_map(|members| {
                let members = members
                    .iter()
                    .map(|(name, value)| format!("{name}:{value}"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

fn odd() -> impl Strategy<Value = Odd> {
    prop_oneof![
        4 => value().prop_map(Odd::Value),
        1 => Just(Odd::HalfAnEmoji),
        1 => Just(Odd::Nested),
        1 => Just(Odd::Removed),
        1 => value().prop_map(Odd::First),
        1 => value().prop_map(Odd::Last),
    ]
}

/// The names of each command's needed fields.
fn needed_fields(recorded: &[Recorded]) -> BTreeMap<&str, BTreeSet<String>> {
    let mut needed: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for it in recorded {
        let leaves = it.needed.iter();
        let leaves = leaves.filter(|place| matches!(it.body.at(place), Some(Json::Leaf(_))));
        let names = leaves.map(|place| field_name(&it.body, place));
        needed.entry(&it.payload.command).or_default().extend(names);
    }
    needed
}

fn check(server: &str) {
    let runtime = Runtime::new().unwrap();
    let laboratory = runtime.block_on(Laboratory::start());
    let recorded = runtime.block_on(Recorded::all(&laboratory, server));
    for (command, fields) in needed_fields(&recorded) {
        let fields: Vec<String> = fields.into_iter().collect();
        println!("{command} needs {}", fields.join(", "));
        assert!(!fields.is_empty(), "{command}");
    }

    let config = Config {
        cases: 1000,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let mistakes = vec((any::<Index>(), odd()), 1..4);
    let failed = runner.run(&(any::<Index>(), mistakes), |(which, mistakes)| {
        let it = which.get(&recorded);
        let (unneeded, all) = (it.unneeded(), it.body.places());
        let mut places: BTreeMap<&Place, &Odd> = BTreeMap::new();
        for (place, odd) in &mistakes {
            // Of repeated members, the last one counts. So a needed field can be repeated, too.
            let members = |place: &&Place| {
                matches!(it.body.at(&place[..place.len() - 1]), Some(Json::Object(_)))
            };
            let place = match odd {
                Odd::First(_) => place.get(&all.iter().filter(members).collect::<Vec<_>>()),
                _ if unneeded.is_empty() => continue,
                _ => place.get(&unneeded),
            };
            places.insert(place, odd);
        }
        let mut body = it.body.clone();
        // From the last place to the first, because a mistake can move the places after it.
        for (place, odd) in places.iter().rev() {
            body.make(odd.mistake(), place);
        }
        let outcome = runtime.block_on(laboratory.outcome(&it.payload, &body.write()));
        prop_assert_eq!(
            &outcome,
            &it.outcome,
            "{}: {}",
            it.payload.name,
            String::from_utf8_lossy(&body.write())
        );
        Ok(())
    });
    match failed {
        Ok(()) => {}
        Err(TestError::Fail(why, _)) => panic!("{why}"),
        Err(aborted) => panic!("{aborted}"),
    }
}

#[test]
fn an_unneeded_field_of_openim_may_have_any_value() {
    check("openim");
}

#[test]
fn an_unneeded_field_of_tencent_chat_may_have_any_value() {
    check("tencent");
}
