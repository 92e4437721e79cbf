use std::fmt;

use serde::{Deserialize, Serialize};

/// A user's id in the chat server: opaque, case-sensitive text that is never empty.
///
/// Both servers send it as a JSON string. Any other JSON is an error.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct UserId(String);

impl UserId {
    /// The longest accepted id, in bytes of UTF-8.
    ///
    /// Tencent Chat allows 32 bytes, and OpenIM's database columns hold 64 characters. This limit exists because a sort
    /// key of DynamoDB has at most 1,024 bytes, and ours is an id with a word before it.
    pub const MAX_BYTES: usize = 1000;

    /// Takes an id without changing it.
    ///
    /// # Errors
    ///
    /// If it is empty, or longer than [`UserId::MAX_BYTES`].
    pub fn new(id: impl Into<String>) -> Result<Self, InvalidUserId> {
        let id = id.into();
        if id.is_empty() {
            return Err(InvalidUserId::Empty);
        }
        if id.len() > Self::MAX_BYTES {
            return Err(InvalidUserId::TooLong);
        }
        Ok(Self(id))
    }

    /// The id as the chat server wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for UserId {
    type Error = InvalidUserId;

    fn try_from(id: String) -> Result<Self, InvalidUserId> {
        Self::new(id)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is not a [`UserId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidUserId {
    /// It is empty.
    Empty,
    /// It is longer than [`UserId::MAX_BYTES`].
    TooLong,
}

impl fmt::Display for InvalidUserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a user id is empty"),
            Self::TooLong => write!(f, "a user id is longer than {} bytes", UserId::MAX_BYTES),
        }
    }
}

impl std::error::Error for InvalidUserId {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_strings_that_are_not_empty_are_user_ids() {
        assert_eq!(
            serde_json::from_str::<UserId>("\"u1\"").unwrap().as_str(),
            "u1"
        );
        for wrong in ["\"\"", "17", "null", "[]", "true"] {
            assert!(serde_json::from_str::<UserId>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_longest_id_is_accepted_and_one_byte_more_is_not() {
        assert!(UserId::new("x".repeat(UserId::MAX_BYTES)).is_ok());
        assert_eq!(
            UserId::new("x".repeat(UserId::MAX_BYTES + 1)),
            Err(InvalidUserId::TooLong)
        );
    }
}
