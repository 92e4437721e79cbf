use std::fmt;

use serde::{Deserialize, Serialize};

/// Declares an id of a chat server: opaque, case-sensitive text that is never empty.
macro_rules! id {
    ($(#[$doc:meta])* $Id:ident, $Invalid:ident, $what:literal, $most:literal) => {
        $(#[$doc])*
        ///
        /// The servers send it as a JSON string. Any other JSON is an error.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(try_from = "String")]
        pub struct $Id(String);

        impl $Id {
            /// The longest accepted id, in bytes of UTF-8.
            ///
            /// Tencent Chat's ids are shorter, and OpenIM's database columns hold 64 characters. This limit exists
            /// because a sort key of DynamoDB has at most 1,024 bytes, and ours is an id with a word before it.
            pub const MAX_BYTES: usize = $most;

            /// Takes an id without changing it.
            ///
            /// # Errors
            ///
            /// If it is empty, or longer than `MAX_BYTES`.
            pub fn new(id: impl Into<String>) -> Result<Self, $Invalid> {
                let id = id.into();
                if id.is_empty() {
                    return Err($Invalid::Empty);
                }
                if id.len() > Self::MAX_BYTES {
                    return Err($Invalid::TooLong);
                }
                Ok(Self(id))
            }

            /// The id as the chat server wrote it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $Id {
            type Error = $Invalid;

            fn try_from(id: String) -> Result<Self, $Invalid> {
                Self::new(id)
            }
        }

        impl fmt::Display for $Id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        #[doc = concat!("Why a text is not a [`", stringify!($Id), "`].")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $Invalid {
            /// It is empty.
            Empty,
            #[doc = concat!("It is longer than [`", stringify!($Id), "::MAX_BYTES`].")]
            TooLong,
        }

        impl fmt::Display for $Invalid {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Self::Empty => f.write_str(concat!("a ", $what, " id is empty")),
                    Self::TooLong => {
                        let most = $Id::MAX_BYTES;
                        write!(f, concat!("a ", $what, " id is longer than {} bytes"), most)
                    }
                }
            }
        }

        impl std::error::Error for $Invalid {}
    };
}

id! {
    /// A user's id in the chat server: opaque, case-sensitive text that is never empty.
    UserId, InvalidUserId, "user", 1000
}

id! {
    /// A group's id in the chat server: opaque, case-sensitive text that is never empty.
    GroupId, InvalidGroupId, "group", 1000
}

id! {
    /// The id of a topic, which is a part of a group: opaque, case-sensitive text that is never empty. Only Tencent Chat
    /// has topics.
    TopicId, InvalidTopicId, "topic", 1000
}

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
