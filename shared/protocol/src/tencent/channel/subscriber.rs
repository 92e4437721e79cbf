use domain::UserId;
use serde::{Deserialize, Serialize};

use crate::tencent::Person;

/// A user in a list of subscribers.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/60799>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subscriber {
    /// The user.
    #[serde(rename = "Subscriber_Account")]
    pub user: UserId,
}

impl Subscriber {
    /// The field with the user's name.
    pub(super) const NAME: &'static str = "Subscriber_Account";
}

impl Person for Subscriber {
    fn to(&self) -> &UserId {
        &self.user
    }
}
