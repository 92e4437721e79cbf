use domain::UserId;
use serde::{Deserialize, Serialize};

/// One entry of one user's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Pair {
    /// Whose list changed.
    #[serde(rename = "From_Account")]
    pub from: UserId,
    /// Who is, or was, the entry.
    #[serde(rename = "To_Account")]
    pub to: UserId,
}
