use serde::{Deserialize, Serialize};

use crate::FreeText;

/// The kind of a group. On the wire it is a text with one control character: kind 2 is `"\u0002"`.
///
/// Source: OpenIM, `internal/rpc/group/group.go`, where Go turns the number into a text with `string(group.GroupType)`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupType(FreeText);

impl GroupType {
    /// The number of the kind. The server has only 2. `None` if the text is not one character.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        let mut characters = self.0.chars();
        match (characters.next(), characters.next()) {
            (Some(kind), None) => Some(kind.into()),
            _ => None,
        }
    }
}
