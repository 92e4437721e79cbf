//! Calls with sound or picture.

mod member;

pub use member::{CallAccount, CallMember};

commands! {
    after_end_call::AfterEndCall,
    after_member_changed::AfterMemberChanged,
    after_start_call::AfterStartCall,
}

use domain::call::Media;

/// The longest word of Tencent's that an event takes over, in characters.
const WORD: usize = 64;

/// A word for comparisons: without case, blanks, hyphens and underscores. The documents spell some words in several ways.
fn plain(word: &str) -> String {
    let letters = word.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// A word that is not known, as an event has it.
fn cut(word: &str) -> String {
    word.chars().take(WORD).collect()
}

fn media(word: &str) -> Option<Media> {
    match plain(word).as_str() {
        "audio" => Some(Media::Sound),
        "video" => Some(Media::Picture),
        _ => None,
    }
}
