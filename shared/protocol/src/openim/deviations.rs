//! Differences between OpenIM's published documents and its server. This crate follows the server.
//!
//! Each difference has a name here, and the test of what this project does about it has the same name.
//!
//! Source: OpenIM, `openimsdk/open-im-server` at commit `7848d7c` (main, 2026-07-02) and its tags back to v3.0.0.
//!
//! # Add friend is a request
//!
//! The documents call `callbackAfterAddFriendCommand` "after agreeing to add a friend". The server sends it when it has
//! stored the friend *request*, before any answer. The agreement is `callbackAfterAddFriendAgreeCommand`.
//!
//! # Remove black is after
//!
//! The documents let a receiver refuse `callbackAfterRemoveBlackCommand`. The server sends it after it has removed the
//! block, and throws the answer away.
//!
//! # Who accepts is called `blackUserID`
//!
//! In the two callbacks about accepting a request, the key `blackUserID` holds the user who accepts, and `HandleResult`
//! and `HandleMsg` begin with a capital. An older document has `toUserID`, `handleResult` and `handleMsg`, which no
//! server ever sent. The present document says that `fromUserID` is the user who acts and `blackUserID` is a user on a
//! block list. A body that has only the older keys is an error, because its meaning is not certain.
//!
//! # No callback comes after a block
//!
//! The documents call `callbackBeforeAddBlackCommand` "after adding to the block list". The server sends it before a
//! block, and sends nothing after it. So a block is only known as an intention.
//!
//! # The import pages are swapped
//!
//! The older page "before importing friends" shows `callbackAfterImportFriendsCommand`, and the page "after" shows
//! `callbackBeforeImportFriendsCommand`. Both pages offer a refusal. Only the command with "before" in its name can be
//! refused.
//!
//! # An empty override is no override
//!
//! The documents let a field of the answer replace the field of the request "when it is present". The server ignores an
//! empty list and an empty remark. So an answer can empty neither.
//!
//! # A change of a group needs its fields back
//!
//! The documents say that the answers to `callbackBeforeSetGroupInfoCommand` and `callbackBeforeSetGroupInfoExCommand`
//! *may* return fields of the group. The server takes several of them from the answer, also if they are missing there.
//! Without the group's id the change fails, and with nothing but the id the server drops most of it. The whole body is no
//! safe answer either: for the first command, it shows what does not change as empty or 0, and the server would store
//! that.
//!
//! # Values of the current route are plain
//!
//! An older document shows the values of `callbackBeforeSetGroupInfoExCommand` as `{"value": "x"}`, in both directions.
//! The server sends and reads plain values, and cannot read an answer in the documented form.
//!
//! # A role in an answer is not checked
//!
//! The documents offer `roleLevel` in the answers about members, and `status` and `groupType` in the answer about a new
//! group. The server takes any number: a second owner, or a group that is dissolved from the start. So the answers of
//! this crate do not have these fields.
//!
//! # An invitation is refused as a whole
//!
//! The documents let an answer name users who must not be added, in `refusedMembersAccount`. The server reads the list and
//! does nothing with it.
//!
//! # Who joins is called `inviterUserID`
//!
//! In `callbackAfterJoinGroupCommand`, the documents call `inviterUserID` the user who invited somebody. It is the user
//! who joined, and the body has no other user. An older document has `userID`, which no server ever sent there.
//!
//! # Only a free join is reported
//!
//! An older document says that `callbackAfterJoinGroupCommand` also comes after an approval or an invitation, or if an
//! administrator adds a user. The server sends it only if the group needs no approval. So most joins are only known as an
//! intention, from `callbackBeforeMembersJoinGroupCommand`.
//!
//! # The list of first members repeats people
//!
//! The documents call `initMemberList` of `callbackAfterCreateGroupCommand` the first members with their roles. The server
//! lists the owner and the administrators, and then everybody again as an ordinary member, the owner last. If an
//! administrator of the app created the group without being a member, it is in the list, too, after all others.
//!
//! # The kind of a group is a control character
//!
//! The documents call `groupType` of `callbackBeforeJoinGroupCommand` and `callbackAfterDisMissGroupCommand` a text. It is
//! the character with that number: kind 2 is `"\u0002"`.
//!
//! # A dissolution comes twice
//!
//! The documents describe one `callbackAfterDisMissGroupCommand` for a dissolution. The server sends two: one with the
//! members, and a second one without them when it has told everybody. If the caller of the API lets it delete the members,
//! it sends only one, without them.
//!
//! # `actionCode` 1 allows
//!
//! The older pages refuse with `"actionCode": 1, "nextCode": "1"`, and one page shows `nextCode` 1 for "allow". The
//! server cannot read the string. It takes `actionCode` 1 as *allowed*, and refuses if `actionCode` is 0 and `nextCode`
//! is 1.
//!
//! # `nextCode` is an integer
//!
//! The examples in the documents write `nextCode` as a string (`"0"`, `""`, `"nextCodeValue"`). The server reads it
//! into an `int32`, and a string makes the whole answer unreadable. This crate writes an integer.
//! [`Answer`](super::Answer) reads both.
//!
//! # The command is in the path
//!
//! Two documents show the URL as `<url>?command=<command>&contenttype=json`, and two as
//! `<url>/<command>?contenttype=json`. Servers since v3.4.2 send `<url>/<command>` without a query, and no server ever
//! sent `contenttype`. Gateways and older integrations still use the other forms, so this project serves all of them.
//!
//! # A recalled message has an accidental name
//!
//! The key in `webhooks.yml` is `afterRevokeMsg`, but the name on the wire is `callbackBeforeAfterMsgCommand`. The server
//! sends it after a message was recalled, and throws the answer away. An older document speaks of messages between two
//! users only. The server sends it for messages in groups, too.
//!
//! # A new message has no number
//!
//! The documents explain `seq` as the number of the message. The server gives it a number after all callbacks but
//! `callbackAfterMsgSaveDBCommand`, so all others have 0 there. An event leaves it out.
//!
//! # A numbered message may not be saved
//!
//! The name of `callbackAfterMsgSaveDBCommand` says that the message was saved. The server sends it also if it could not
//! save the message, and again when it tries again. The event says only that the message has a number.
//!
//! # A read group has no name
//!
//! The documents explain `sendID`, `receiveID`, `unreadMsgNum` and `contentType` of `callbackAfterGroupMsgReadCommand` by
//! these names. Both ids are the user who read, the third is the number of the last message that was read, and the fourth
//! is the type of the conversation. Nothing names the group.
//!
//! # A read message names a type of conversation
//!
//! The documents call `contentType` in `callbackAfterSingleMsgReadCommand` the type of the content, and an older document
//! calls the list of messages `seqs`. It is the type of the conversation, which can also be that of a group. The list is
//! called `Seqs`, and is null if the client named no message.
//!
//! # An amended message has other keys
//!
//! The documents let the answer to `callbackBeforeMsgModifyCommand` replace the mentioned users and the sender's picture.
//! The callback calls them `atUserList` and `faceURL`, and the server ignores these keys in an answer. There they are
//! `atUserIDList` and `senderFaceURL`. The documents also name push information. The server's handler crashes on it if the
//! message has none, which the callback does not say.
//!
//! # An amended content is an object
//!
//! The documents let an answer replace `content`. The server does not send the message unless the new text is that of a
//! JSON object, or `null`. Releases up to v3.8.3-patch.16 send any text, also one that no client can read.
//!
//! # A content can be anything
//!
//! The documents call the content of a message JSON with the keys of its type. An older document shows a plain text. Both
//! can come, because clients write it and the server does not check it. It can also be `null`, or an object with other
//! keys, or with keys in another case: `POST /msg/send_simple_msg` writes `Content`.

use serde::{Deserialize, Deserializer, de::Error as _};

/// Reads `nextCode` as a JSON integer, or as a string, as in the documents. An empty string and null are 0.
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
