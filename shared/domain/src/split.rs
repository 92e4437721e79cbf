//! Cuts events in two and joins them again.

use serde::{Deserialize, Serialize};

use crate::relation::rows::TEXT_BYTES;

/// How an event continues the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Continues {
    /// It has more members of the list.
    List,
    /// It has more of the text, or of the text of the list's last member.
    Text,
}

/// An event that may be long enough to be cut.
pub(crate) trait Split: Sized {
    /// Takes off the second half of the list or the text. `None` if neither can be halved.
    fn split_off_half(&mut self) -> Option<(Continues, Self)>;

    /// Appends such a half. Returns it if it is another kind of event.
    fn join(&mut self, continues: Continues, half: Self) -> Option<Self>;
}

/// Takes off the second half of these events. If that cuts an event, it says how the second half continues the first.
pub(crate) fn halve<E: Split>(events: &mut Vec<E>) -> Option<(Option<Continues>, Vec<E>)> {
    if let Some(half) = halve_list(events) {
        return Some((None, half));
    }
    let (continues, half) = events.first_mut()?.split_off_half()?;
    Some((Some(continues), vec![half]))
}

/// Appends events. The first of them is joined with the last event before it, if it continues that one.
pub(crate) fn join<E: Split>(events: &mut Vec<E>, continues: Option<Continues>, more: Vec<E>) {
    let mut more = more.into_iter();
    if let (Some(continues), Some(last)) = (continues, events.last_mut()) {
        let left = more.next().and_then(|half| last.join(continues, half));
        events.extend(left);
    }
    events.extend(more);
}

pub(crate) fn halve_list<T>(list: &mut Vec<T>) -> Option<Vec<T>> {
    (list.len() >= 2).then(|| list.split_off(list.len() / 2))
}

/// Takes off the second half of a text. The first half is at least as long as what a row keeps of a text:
/// [`TEXT_BYTES`].
pub(crate) fn halve_text(text: &mut String) -> Option<String> {
    const LONGEST_CHARACTER: usize = 4;
    let half = text.len() / 2;
    (half >= TEXT_BYTES + LONGEST_CHARACTER).then(|| text.split_off(text.floor_char_boundary(half)))
}
