//! How events are cut in two, and put together again.

use serde::{Deserialize, Serialize};

use crate::relation::rows::TEXT_BYTES;

/// How an event goes on with the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Continues {
    /// With more members of its list.
    List,
    /// With more of its text, or of that of the last member of its list.
    Text,
}

/// An event of which a piece can be cut off.
pub(crate) trait Split: Sized {
    /// Takes the second half of its list or text off; `None` when there are no halves.
    fn split_off_half(&mut self) -> Option<(Continues, Self)>;

    /// Puts it back. Gives it back when it is of another kind.
    fn join(&mut self, continues: Continues, half: Self) -> Option<Self>;
}

/// Takes the second half of these events off, and says how it goes on with the last that stays.
pub(crate) fn halve<E: Split>(events: &mut Vec<E>) -> Option<(Option<Continues>, Vec<E>)> {
    if let Some(half) = halve_list(events) {
        return Some((None, half));
    }
    let (continues, half) = events.first_mut()?.split_off_half()?;
    Some((Some(continues), vec![half]))
}

/// Puts events behind those that they go on with.
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

/// What stays is at least as long as what a row keeps of a text: see [`TEXT_BYTES`].
pub(crate) fn halve_text(text: &mut String) -> Option<String> {
    const LONGEST_CHARACTER: usize = 4;
    let half = text.len() / 2;
    (half >= TEXT_BYTES + LONGEST_CHARACTER).then(|| text.split_off(text.floor_char_boundary(half)))
}
