use domain::UserId;
use serde::{Deserialize, Serialize};

use crate::tencent::Person;

/// A user in a list of members.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34372>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupMember {
    /// The user.
    #[serde(rename = "Member_Account")]
    pub user: UserId,
}

impl GroupMember {
    /// The field with the user's name.
    pub(super) const NAME: &'static str = "Member_Account";
}

impl Person for GroupMember {
    fn to(&self) -> &UserId {
        &self.user
    }
}
