use domain::{
    Family, Source, Timestamp, UserId,
    presence::{self, Ended},
};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Members, Needs, Number, When, read::list_or_none, tencent::Noted,
};

/// `State.StateChange`: a user came online, went offline, lost the connection, or set a status.
///
/// Tencent Chat sends this only if the "user status query and status change notification" is also switched on in the
/// console. If a client connects again before the server sees that its connection was lost, nothing is sent about the loss.
///
/// The platform is only in the query, as `OptPlatform`.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34357>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StateChange {
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
    /// What changed.
    #[serde(rename = "Info")]
    pub info: StateInfo,
    /// The new status. The document leaves open whether it is here or in `Info`.
    #[serde(rename = "CustomStatus", skip_serializing_if = "Option::is_none")]
    pub custom_status: Option<FreeText>,
    /// The user's other devices that this login disconnected.
    #[serde(
        rename = "KickedDevice",
        default,
        deserialize_with = "list_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub kicked_devices: Option<Members<KickedDevice>>,
}

/// What changed about a user's connection.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34357>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StateInfo {
    /// What the user did: `Login`, `Logout`, `Disconnect` or `CustomStatusChange`.
    #[serde(rename = "Action")]
    pub action_name: FreeText,
    /// The user.
    #[serde(rename = "To_Account")]
    pub user: UserId,
    /// Why: `Register`, `Unregister`, `LinkClose`, `TimeOut` or `SetCustomStatus`.
    #[serde(rename = "Reason", default)]
    pub reason: FreeText,
    /// The new status, if it is here.
    #[serde(rename = "CustomStatus", skip_serializing_if = "Option::is_none")]
    pub custom_status: Option<FreeText>,
}

/// What a user did.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34357>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StateAction {
    /// The client connected, perhaps again.
    Login,
    /// The user signed out.
    Logout,
    /// The connection was lost.
    Disconnect,
    /// The user set a status. Sent since 2024.
    CustomStatusChange,
    /// Anything else.
    Other,
}

/// Another device of the user.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34357>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KickedDevice {
    /// Its platform: `iOS`, `Android`, `Web`, `Windows`, `iPad`, `Mac` or `Linux`.
    #[serde(rename = "Platform")]
    pub platform: String,
}

impl StateChange {
    /// The time of `event_time`, if it is one.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        self.event_time.time()
    }

    /// The new status, wherever it is.
    #[must_use]
    pub fn new_status(&self) -> Option<&FreeText> {
        let inside = self.info.custom_status.as_ref();
        inside.or(self.custom_status.as_ref())
    }
}

impl KickedDevice {
    /// The platform by the name that OpenIM has for it, too. Any other keeps Tencent Chat's name.
    #[must_use]
    pub fn platform(&self) -> &str {
        match &*self.platform {
            "iOS" => "IOS",
            "iPad" => "IPad",
            "Mac" => "OSX",
            other => other,
        }
    }
}

impl StateInfo {
    /// What the user did.
    #[must_use]
    pub fn action(&self) -> StateAction {
        match &*self.action_name {
            "Login" => StateAction::Login,
            "Logout" => StateAction::Logout,
            "Disconnect" => StateAction::Disconnect,
            "CustomStatusChange" => StateAction::CustomStatusChange,
            _ => StateAction::Other,
        }
    }

    /// Why the connection ended. `None` if it did not, or for another reason.
    #[must_use]
    pub fn why_ended(&self) -> Option<Ended> {
        // Old servers write `Timeout`, too.
        match self.reason.to_ascii_lowercase().as_str() {
            "unregister" => Some(Ended::SignedOut),
            "linkclose" => Some(Ended::Closed),
            "timeout" => Some(Ended::TimedOut),
            _ => None,
        }
    }
}

impl Callback for StateChange {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "State.StateChange",
        earlier: &[],
        switch: None,
        family: Family::Presence,
        when: When::After,
        since: None,
        sentence: "A user came online, went offline, or set a status.",
    };
    const NEEDS: Option<Needs> = Some(Needs {
        probably: Some(Needs::EDITIONS),
        ..Needs::feature("the feature \"user status query and status change notification\"")
    });
    type Event = presence::Event;
    type Answer = Noted;
}
