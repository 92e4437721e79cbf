use domain::UserId;
use serde::{Deserialize, Serialize};

/// One entry of one user's list.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34360>,
/// <https://www.tencentcloud.com/document/product/1047/34361> and <https://www.tencentcloud.com/document/product/1047/34362>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Pair {
    /// The user whose list changed.
    #[serde(rename = "From_Account")]
    pub from: UserId,
    /// The user who was added to the list or removed from it.
    #[serde(rename = "To_Account")]
    pub to: UserId,
}
