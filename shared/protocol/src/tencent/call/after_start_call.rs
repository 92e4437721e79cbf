use domain::{
    Family, GroupId, Source, Timestamp,
    call::{self, Media},
};
use serde::{Deserialize, Serialize};

use super::{CallMember, media};
use crate::{
    Callback, Command, Lenient, Members, Number, When,
    tencent::{Noted, TextOrNumber},
};

/// `Call.CallbackAfterStartCall`: a call began. Sent since 2025.
///
/// The document's sample has what it says about the call in `CallInfo`, but its table has it at the top. Both are read.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/647/68941>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterStartCall {
    /// The call.
    #[serde(rename = "CallInfo", default, skip_serializing_if = "Lenient::is_none")]
    pub info: Lenient<CallInfo>,
    /// The call's id, if it is here.
    #[serde(
        rename = "CallId",
        default,
        skip_serializing_if = "TextOrNumber::is_missing"
    )]
    pub call_id: TextOrNumber,
    /// `Audio` or `Video`, if it is here.
    #[serde(rename = "CallMediaType", skip_serializing_if = "Option::is_none")]
    pub call_media_type: Option<TextOrNumber>,
    /// The same under the name that it has in the table.
    #[serde(rename = "MediaType", skip_serializing_if = "Option::is_none")]
    pub media_type: Option<TextOrNumber>,
    /// The group whose call it is, if it is here.
    #[serde(rename = "ChatGroupId", skip_serializing_if = "Option::is_none")]
    pub group: Option<TextOrNumber>,
    /// The room, if it is here.
    #[serde(rename = "RoomId", skip_serializing_if = "Option::is_none")]
    pub room: Option<TextOrNumber>,
    /// Who is in the call, or is being called.
    #[serde(rename = "UserList")]
    pub users: Members<CallMember>,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

/// What is said about a call that began.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/647/68941>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CallInfo {
    /// The call's id.
    #[serde(
        rename = "CallId",
        default,
        skip_serializing_if = "TextOrNumber::is_missing"
    )]
    pub call_id: TextOrNumber,
    /// `Audio` or `Video`.
    // `MediaType` in `AfterEndCall`.
    #[serde(rename = "CallMediaType", skip_serializing_if = "Option::is_none")]
    pub call_media_type: Option<TextOrNumber>,
    /// The same under the name that it has in the document's table.
    #[serde(rename = "MediaType", skip_serializing_if = "Option::is_none")]
    pub media_type: Option<TextOrNumber>,
    /// The group whose call it is; may be empty.
    #[serde(rename = "ChatGroupId", skip_serializing_if = "Option::is_none")]
    pub group: Option<TextOrNumber>,
    /// The room; may be empty.
    #[serde(rename = "RoomId", skip_serializing_if = "Option::is_none")]
    pub room: Option<TextOrNumber>,
    /// 1 if the room has a number, 2 if it has a name.
    #[serde(
        rename = "RoomIdType",
        default,
        skip_serializing_if = "Number::is_none"
    )]
    pub room_id_type: Number,
}

impl AfterStartCall {
    /// A field of `CallInfo`, or the field at the top if it is not there.
    fn either(
        &self,
        inside: impl Fn(&CallInfo) -> Option<&TextOrNumber>,
        at_the_top: Option<&TextOrNumber>,
    ) -> Option<String> {
        let inside = self.info.get().and_then(inside);
        let inside = inside.and_then(TextOrNumber::some);
        inside.or_else(|| at_the_top.and_then(TextOrNumber::some))
    }

    /// The call's id, wherever it is.
    #[must_use]
    pub fn call(&self) -> Option<String> {
        self.either(|info| Some(&info.call_id), Some(&self.call_id))
    }

    /// Whether the call has a picture, wherever that is said.
    #[must_use]
    pub fn media(&self) -> Option<Media> {
        let call = self.either(
            |info| info.call_media_type.as_ref().or(info.media_type.as_ref()),
            self.call_media_type.as_ref().or(self.media_type.as_ref()),
        );
        media(&call?)
    }

    /// The group whose call it is.
    #[must_use]
    pub fn group(&self) -> Option<GroupId> {
        let group = self.either(|info| info.group.as_ref(), self.group.as_ref());
        GroupId::new(group?).ok()
    }

    /// The room.
    #[must_use]
    pub fn room(&self) -> Option<String> {
        self.either(|info| info.room.as_ref(), self.room.as_ref())
    }

    /// The time of `event_time`, if it is one.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        self.event_time.time()
    }
}

impl Callback for AfterStartCall {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Call.CallbackAfterStartCall",
        earlier: &[],
        switch: None,
        family: Family::Call,
        when: When::After,
        since: Some("2025"),
        sentence: "A call began.",
    };
    type Event = call::Event;
    type Answer = Noted;
}
