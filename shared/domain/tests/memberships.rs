//! Compares the rules of the membership view with a model that is simple enough to trust.

use std::collections::HashMap;

use imhook_domain::{
    AsOf, GroupId, Reception, Timestamp, UserId,
    group::rows::{Facts, Membership, changes, standing},
};
use models::{
    memberships::{self, Model, Seat},
    views::{deliveries, history},
};
use proptest::prelude::*;

/// The view in memory: the rows of the members, and those of the groups.
#[derive(Default)]
struct View(HashMap<(GroupId, Option<UserId>), Facts>);

impl View {
    fn apply(&mut self, reception: &Reception) {
        for change in changes(reception) {
            let row = self.0.entry((change.group, change.user)).or_default();
            let aspect = change.fact.aspect();
            if row
                .get(&aspect)
                .is_none_or(|(held, _)| *held < change.as_of)
            {
                row.insert(aspect, (change.as_of, change.fact));
            }
        }
    }

    fn state(&self) -> Model {
        let none = Facts::new();
        let seat = |(group, user): &(GroupId, UserId)| {
            let row = |user| self.0.get(&(group.clone(), user)).unwrap_or(&none);
            let standing = standing(row(Some(user.clone())), row(None));
            match standing.membership {
                Membership::NotKnown => Seat::NotKnown,
                Membership::No => Seat::Empty,
                Membership::Intended => Seat::Intended,
                Membership::Yes => Seat::Taken {
                    since: standing.since.map(time),
                    role: standing.role,
                },
            }
        };
        Model(
            memberships::pairs()
                .map(|pair| (pair.clone(), seat(&pair)))
                .collect(),
        )
    }
}

fn time(as_of: &AsOf) -> Timestamp {
    Timestamp::try_from(as_of.received_at().to_owned()).unwrap()
}

/// What the view says after these deliveries.
fn view_of(deliveries: &[Reception]) -> Model {
    let mut view = View::default();
    for reception in deliveries {
        view.apply(reception);
    }
    view.state()
}

proptest! {
    #![proptest_config(ProptestConfig {
        // PROPTEST_CASES can ask for more.
        cases: ProptestConfig::default().cases.max(2000),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_order_and_number_of_deliveries_gives_the_state_of_the_history(
        (history, deliveries) in deliveries(memberships::events(), 40)
    ) {
        prop_assert_eq!(view_of(&deliveries), Model::of(&history));
    }

    #[test]
    fn a_late_delivery_gives_the_same_state_as_one_in_time(
        (history, late) in history(memberships::events(), 30).prop_flat_map(|history| {
            let late = 0..history.len();
            (Just(history), late)
        })
    ) {
        let mut view = View::default();
        for (n, reception) in history.iter().enumerate() {
            if n != late {
                view.apply(reception);
            }
        }
        view.apply(&history[late]);
        prop_assert_eq!(view.state(), Model::of(&history));
    }
}

#[test]
fn random_histories_end_in_every_kind_of_seat() {
    use proptest::{strategy::ValueTree as _, test_runner::TestRunner};

    let mut runner = TestRunner::deterministic();
    let mut seats: HashMap<&str, usize> = HashMap::new();
    for _ in 0..100 {
        let history = history(memberships::events(), 20).new_tree(&mut runner);
        let model = Model::of(&history.unwrap().current());
        for seat in model.0.into_values() {
            let kind = match seat {
                Seat::NotKnown => "not known",
                Seat::Empty => "empty",
                Seat::Intended => "intended",
                Seat::Taken { since: None, .. } => "taken, since when is not told",
                Seat::Taken { role: None, .. } => "taken, the role is not told",
                Seat::Taken { .. } => "taken",
            };
            *seats.entry(kind).or_default() += 1;
        }
    }
    assert_eq!(seats.len(), 6, "{seats:?}");
    assert!(seats.values().all(|count| *count > 20), "{seats:?}");
}
