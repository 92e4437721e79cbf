use domain::{Events, Reception};
use receiver::JudgedLater;

/// For each event of a reception: whether it is a sent message that is judged.
#[must_use]
pub fn judged(reception: &Reception, later: &JudgedLater) -> Vec<bool> {
    match &reception.events {
        Events::Message(events) => events.iter().map(|event| later.means(event)).collect(),
        events => vec![false; events.len()],
    }
}
