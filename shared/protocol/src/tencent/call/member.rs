use domain::{InvalidUserId, UserId, call};
use serde::{Deserialize, Serialize, Serializer};

use super::plain;
use crate::{FreeText, tencent::TextOrNumber};

/// A user's id, which can also come as a number. Such a number can have 18 digits, more than a float holds.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/647/68941>.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "TextOrNumber")]
pub struct CallAccount {
    /// The id.
    pub id: UserId,
    written: TextOrNumber,
}

impl TryFrom<TextOrNumber> for CallAccount {
    type Error = InvalidUserId;

    fn try_from(written: TextOrNumber) -> Result<Self, Self::Error> {
        Ok(Self {
            id: written.clone().try_into()?,
            written,
        })
    }
}

impl Serialize for CallAccount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.written.serialize(serializer)
    }
}

/// Somebody who is in a call or is being called.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/647/68941> and
/// <https://www.tencentcloud.com/document/product/647/69215>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CallMember {
    /// The user.
    #[serde(rename = "User_Account")]
    pub user: CallAccount,
    /// `Calling` in the call, `Waiting` while the device rings.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<FreeText>,
}

impl From<CallMember> for call::Member {
    fn from(member: CallMember) -> Self {
        let status = member.status.as_deref().map(plain);
        Self {
            takes_part: match status.as_deref() {
                Some("calling") => Some(true),
                Some("waiting") => Some(false),
                _ => None,
            },
            user: member.user.id,
        }
    }
}
