//! Where OpenIM's published documents and its server differ. The server wins.
//!
//! Read in `openimsdk/open-im-server` at commit `7848d7c` (main, 2026-07-02) and its tags back to
//! v3.0.0. Each difference has a name here, by which tests are named that prove what is done about it.
//!
//! # Add friend is a request
//!
//! The documents call `callbackAfterAddFriendCommand` "after agreeing to add a friend". The server sends
//! it when the friend *request* is stored, before any answer. The agreement is
//! `callbackAfterAddFriendAgreeCommand`.
//!
//! # Remove black is after
//!
//! The documents let a receiver refuse `callbackAfterRemoveBlackCommand`. The server sends it after the
//! block is gone, and throws the answer away.
//!
//! # Who accepts is called `blackUserID`
//!
//! In the two callbacks about accepting a request, the key `blackUserID` holds the user who accepts, and
//! `HandleResult` and `HandleMsg` start with a capital. An older document has `toUserID`, `handleResult` and
//! `handleMsg`, which no server ever sent; the present one takes `fromUserID` for the user who acts, and
//! `blackUserID` for one on a block list. A body with the older keys only is refused: what it says is not certain.
//!
//! # No callback comes after a block
//!
//! The documents call `callbackBeforeAddBlackCommand` "after adding to the block list". The server sends it
//! before, and nothing afterwards: a block is known as an intention.
//!
//! # The import pages are swapped
//!
//! The older page "before importing friends" shows `callbackAfterImportFriendsCommand` and the page "after"
//! shows `callbackBeforeImportFriendsCommand`; both offer to refuse. Only the command that says "before" can be
//! refused.
//!
//! # An empty override is no override
//!
//! The documents let a field of the answer replace the request's "when it is present". For the friend list and
//! the remark the server wants it to be non-empty, so neither can be emptied by an answer, and leaving them out
//! changes nothing.
//!
//! # `actionCode` 1 allows
//!
//! The older pages refuse with `"actionCode": 1, "nextCode": "1"`, and one shows `nextCode` 1 for "allow".
//! The server cannot read the string, takes `actionCode` 1 as *allowed*, and refuses at 0 and 1.
//!
//! # `nextCode` is an integer
//!
//! The documents' examples write `nextCode` as a string (`"0"`, `""`, `"nextCodeValue"`). The server
//! reads it into an `int32`, and a string makes the whole answer unreadable. It is written as an integer
//! here; [`Answer`](super::Answer) reads both.
//!
//! # The command is in the path
//!
//! Two documents show the URL as `<url>?command=<command>&contenttype=json`, two as
//! `<url>/<command>?contenttype=json`. Servers since v3.4.2 send `<url>/<command>` without a query, and
//! none ever sent `contenttype`; gateways and older integrations still use the other forms, so all of
//! them are served.

use serde::{Deserialize, Deserializer, de::Error as _};

/// Reads `nextCode` as a JSON integer, or as the string that the documents show; an empty string and
/// null are 0.
///
/// Use as `#[serde(deserialize_with = "integer_or_string")]`.
pub(super) fn integer_or_string<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<i32, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum IntegerOrString {
        Integer(i32),
        String(String),
        Null(()),
    }

    match IntegerOrString::deserialize(deserializer)? {
        IntegerOrString::Integer(code) => Ok(code),
        IntegerOrString::String(text) if text.is_empty() => Ok(0),
        IntegerOrString::String(text) => text
            .parse()
            .map_err(|_| D::Error::custom("nextCode is neither an integer nor the text of one")),
        IntegerOrString::Null(()) => Ok(0),
    }
}
