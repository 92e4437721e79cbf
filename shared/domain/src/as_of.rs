use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Continues, Reception};

/// The place of a fact in the order of all facts: the time of the reception, then the reception's id, then the place
/// in the callback. No two facts about one row of a view have the same place.
///
/// It sorts as its text does, byte by byte: `2026-11-21T12:34:56.789Z#<reception id>#000000`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AsOf(String);

impl AsOf {
    fn new(reception: &Reception, index: usize) -> Self {
        // Six digits are enough: a callback of a million events would have 40 MB.
        Self(format!(
            "{}#{}#{index:06}",
            reception.received_at, reception.id
        ))
    }

    /// The place as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The time of the reception, as text.
    #[must_use]
    pub fn received_at(&self) -> &str {
        self.0.split_once('#').map_or("", |(time, _)| time)
    }

    /// The id of the reception.
    #[must_use]
    pub fn reception_id(&self) -> &str {
        let rest = self.0.split_once('#').map_or("", |(_, rest)| rest);
        rest.rsplit_once('#').map_or("", |(id, _)| id)
    }
}

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The events that a view reads of a reception, each with its place. `events` are those of the reception. An event that
/// is in two parts has the same place in both.
pub(crate) fn placed<'a, E>(
    reception: &Reception,
    events: &'a [E],
) -> impl Iterator<Item = (AsOf, &'a E)> {
    let part = reception.part.as_ref();
    let first = part.map_or(0, |part| part.first as usize);
    // The rest of a text. An earlier part has the beginning, and a row keeps no more than that.
    let rest = usize::from(part.is_some_and(|part| part.continues == Some(Continues::Text)));
    (first..)
        .zip(events)
        .skip(rest)
        .map(|(index, event)| (AsOf::new(reception, index), event))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Events, Source, Timestamp};

    #[test]
    fn facts_sort_by_time_then_reception_then_place_in_the_callback() {
        let at = |millis, id: &str, index| {
            let reception = Reception {
                id: id.into(),
                received_at: Timestamp::from_unix_millis(millis).unwrap(),
                source: Source::OpenIm,
                command: "x".into(),
                operation_id: None,
                events: Events::Unknown,
                body: None,
                target: None,
                part: None,
            };
            AsOf::new(&reception, index)
        };
        let order = [
            at(9, "z", 9),
            at(10, "a", 9),
            at(10, "b", 0),
            at(10, "b", 2),
            at(10, "b", 10),
            at(1_700_000_000_000, "a", 0),
        ];
        assert_eq!(order[5].received_at(), "2023-11-14T22:13:20.000Z");
        assert_eq!(order[5].reception_id(), "a");
        assert!(order.is_sorted());
        assert!(order.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
