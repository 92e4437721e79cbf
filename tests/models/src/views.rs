//! What all views must say together, and random histories for them.

use domain::{Events, Reception, Source, Timestamp};
use proptest::{collection::vec, prelude::*};

use crate::{memberships, relations};

/// The present state of all views.
#[derive(Debug, PartialEq, Eq)]
pub struct Views {
    /// Who is friends with whom.
    pub relations: relations::Model,
    /// Who is in which group.
    pub memberships: memberships::Model,
}

impl Views {
    /// The state after all these receptions.
    pub fn of(history: &[Reception]) -> Self {
        Self {
            relations: relations::Model::of(history),
            memberships: memberships::Model::of(history),
        }
    }
}

/// The events of one callback, mostly about what the views say.
pub fn events() -> impl Strategy<Value = Events> {
    prop_oneof![relations::events(), memberships::events()]
}

/// The receptions in the order in which they came.
pub(crate) fn sorted(history: &[Reception]) -> Vec<&Reception> {
    let mut history: Vec<&Reception> = history.iter().collect();
    history.sort_by_key(|reception| (reception.received_at, reception.id.as_str()));
    history
}

/// Random receptions with such events. Many have the same time, and the order of their ids is not the order of their
/// times.
pub fn history(
    events: impl Strategy<Value = Events>,
    receptions: usize,
) -> impl Strategy<Value = Vec<Reception>> {
    let reception = (events, 0..20_i64, any::<u32>());
    vec(reception, 1..=receptions).prop_map(|receptions| {
        let numbered = receptions.into_iter().enumerate();
        numbered
            .map(|(n, (events, millis, random))| Reception {
                // The number makes the id unique.
                id: format!("{random:08x}-{n:04}"),
                received_at: Timestamp::from_unix_millis(1_700_000_000_000 + millis).unwrap(),
                source: Source::OpenIm,
                command: "x".to_owned(),
                operation_id: None,
                body: matches!(events, Events::Unknown).then(|| "{}".to_owned()),
                target: None,
                part: None,
                events,
            })
            .collect()
    })
}

/// A history and its deliveries: each reception at least once, some more often, in any order.
pub fn deliveries(
    events: impl Strategy<Value = Events>,
    receptions: usize,
) -> impl Strategy<Value = (Vec<Reception>, Vec<Reception>)> {
    history(events, receptions)
        .prop_flat_map(|history| {
            let again = vec(0..history.len(), 0..=history.len());
            (Just(history), again)
        })
        .prop_flat_map(|(history, again)| {
            let mut deliveries = history.clone();
            deliveries.extend(again.into_iter().map(|n| history[n].clone()));
            (Just(history), Just(deliveries).prop_shuffle())
        })
}
