use domain::{
    Family, Source, Timestamp, UserId,
    call::{self, CallResult, Media},
};
use serde::{Deserialize, Serialize};

use super::{CallAccount, cut, media, plain};
use crate::{
    Callback, Command, FreeText, Lenient, Members, Number, When,
    read::list_or_none,
    tencent::{Noted, TextOrNumber},
};

/// `Call.CallbackAfterEndCall`: a call ended. Sent since 2025.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/647/68940>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterEndCall {
    /// The call.
    #[serde(rename = "CallRecord")]
    pub record: CallRecord,
    /// The time of the event, in Unix milliseconds. The times in the record are in seconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

/// What is said about a call that ended.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/647/68940>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CallRecord {
    /// The call's id.
    #[serde(
        rename = "CallId",
        default,
        skip_serializing_if = "TextOrNumber::is_missing"
    )]
    pub call_id: TextOrNumber,
    /// The user who called.
    #[serde(
        rename = "Caller_Account",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub caller: Lenient<CallAccount>,
    /// `Audio` or `Video`.
    #[serde(rename = "MediaType", skip_serializing_if = "Option::is_none")]
    pub media_type: Option<FreeText>,
    /// The same under the name that it has in `AfterStartCall`.
    #[serde(rename = "CallMediaType", skip_serializing_if = "Option::is_none")]
    pub call_media_type: Option<FreeText>,
    /// `SingleCall` for two, `MultiCall` for more.
    #[serde(rename = "CallType", skip_serializing_if = "Option::is_none")]
    pub call_type: Option<FreeText>,
    /// When it began, in Unix seconds.
    #[serde(rename = "StartTime", default, skip_serializing_if = "Number::is_none")]
    pub start_time: Number,
    /// When it ended, in Unix seconds.
    #[serde(rename = "EndTime", default, skip_serializing_if = "Number::is_none")]
    pub end_time: Number,
    /// When it was accepted, in Unix seconds; 0 if never.
    #[serde(
        rename = "AcceptTime",
        default,
        skip_serializing_if = "Number::is_none"
    )]
    pub accept_time: Number,
    /// How it ended. One table says that it is a number, but both samples have a word.
    #[serde(
        rename = "CallResult",
        default,
        skip_serializing_if = "TextOrNumber::is_missing"
    )]
    pub call_result: TextOrNumber,
    /// Everybody in the call. In the samples, the caller is among them.
    #[serde(
        rename = "CalleeList_Account",
        default,
        deserialize_with = "list_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub callees: Option<Members<CallAccount>>,
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

impl AfterEndCall {
    /// When the call ended.
    #[must_use]
    pub fn ended_at(&self) -> Option<Timestamp> {
        let in_record = self.record.end_time.time_in_seconds();
        in_record.or_else(|| self.event_time.time())
    }
}

impl CallRecord {
    /// The call's id, if there is one.
    #[must_use]
    pub fn call(&self) -> Option<String> {
        self.call_id.some()
    }

    /// The user who called.
    #[must_use]
    pub fn caller(&self) -> Option<UserId> {
        self.caller.get().map(|caller| caller.id.clone())
    }

    /// Everybody in the call.
    #[must_use]
    pub fn members(&self) -> Vec<UserId> {
        let callees = self.callees.iter().flatten();
        callees.map(|callee| callee.id.clone()).collect()
    }

    /// Whether the call had a picture.
    #[must_use]
    pub fn media(&self) -> Option<Media> {
        let media_type = self.media_type.as_ref().or(self.call_media_type.as_ref());
        media(media_type?)
    }

    /// Whether more than two could take part.
    #[must_use]
    pub fn is_for_many(&self) -> Option<bool> {
        match plain(self.call_type.as_deref()?).as_str() {
            "singlecall" => Some(false),
            "multicall" => Some(true),
            _ => None,
        }
    }

    /// How the call ended.
    #[must_use]
    pub fn result(&self) -> Option<CallResult> {
        let result = self.call_result.some()?;
        Some(match plain(&result).as_str() {
            "cancel" => CallResult::Cancelled,
            "reject" => CallResult::Declined,
            "notanswer" => CallResult::NotAnswered,
            "normalend" => CallResult::Finished,
            "callbusy" => CallResult::Busy,
            "interrupt" => CallResult::Interrupted,
            "offline" => CallResult::Unreachable,
            _ => CallResult::Other(cut(&result)),
        })
    }

    /// The room, if there is one.
    #[must_use]
    pub fn room(&self) -> Option<String> {
        self.room.as_ref().and_then(TextOrNumber::some)
    }

    /// When the call began.
    #[must_use]
    pub fn started_at(&self) -> Option<Timestamp> {
        self.start_time.time_in_seconds()
    }

    /// When it was accepted. `None` if nobody did.
    #[must_use]
    pub fn accepted_at(&self) -> Option<Timestamp> {
        self.accept_time.time_in_seconds()
    }
}

impl Callback for AfterEndCall {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Call.CallbackAfterEndCall",
        earlier: &[],
        switch: None,
        family: Family::Call,
        when: When::After,
        since: Some("2025"),
        sentence: "A call ended.",
    };
    type Event = call::Event;
    type Answer = Noted;
}
