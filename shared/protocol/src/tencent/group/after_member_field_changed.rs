use domain::{
    Family, GroupId, Source, UserId,
    group::{Event, Role},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    Callback, Command, FreeText, Lenient, Number, When,
    tencent::{Account, Noted, changed::changed},
};

/// `Group.CallbackAfterMemberFieldChanged`: a client or the REST API changed the role or the name of a member in a
/// group.
///
/// The documents in English and those in Chinese name the field with the member differently. The body must have one of
/// them.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/60393>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")] // The derived functions become inherent ones, so that reading can check more.
#[non_exhaustive]
pub struct AfterMemberFieldChanged {
    /// The group.
    #[serde(rename = "GroupId")]
    pub group_id: GroupId,
    /// The kind of group, in an old word or a new one: `Private` is `Work`, and `ChatRoom` is `Meeting`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub group_type: Option<FreeText>,
    /// The user who changed it.
    #[serde(
        rename = "Operator_Account",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub operator: Lenient<Account>,
    /// The member, in the documents in Chinese.
    #[serde(
        rename = "Modified_Account",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub modified: Lenient<UserId>,
    /// The member, in the documents in English.
    #[serde(
        rename = "Member_Account",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub member: Lenient<UserId>,
    /// The new role: `Admin` or `Member`. Absent if it did not change.
    #[serde(rename = "Role", skip_serializing_if = "Option::is_none")]
    pub role: Option<FreeText>,
    /// The new name in this group. Absent if it did not change, empty if it was cleared.
    #[serde(rename = "NameCard", skip_serializing_if = "Option::is_none")]
    pub name_card: Option<FreeText>,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

impl AfterMemberFieldChanged {
    /// The member.
    #[must_use]
    pub fn member(&self) -> Option<&UserId> {
        self.modified.get().or(self.member.get())
    }

    /// The fields that changed, with their names in [`Event::MemberChanged`].
    #[must_use]
    pub fn changed(&self) -> Vec<String> {
        changed([("nickname", &self.name_card), ("role", &self.role)])
    }

    /// The new role. `None` if it did not change, or is not documented.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        match self.role.as_deref()? {
            "Owner" => Some(Role::Owner),
            "Admin" => Some(Role::Admin),
            "Member" => Some(Role::Member),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for AfterMemberFieldChanged {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The derived function: `remote` makes it an inherent one, so that it can be wrapped here.
        let read = Self::deserialize(deserializer)?;
        match read.member() {
            Some(_) => Ok(read),
            None => Err(D::Error::custom(
                "neither `Modified_Account` nor `Member_Account` is a user id",
            )),
        }
    }
}

impl Serialize for AfterMemberFieldChanged {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl Callback for AfterMemberFieldChanged {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackAfterMemberFieldChanged",
        earlier: &[],
        switch: None,
        family: Family::Group,
        when: When::After,
        since: Some("2024-05"),
        sentence: "What a group knows about a member was changed.",
    };
    type Event = Event;
    type Answer = Noted;
}
