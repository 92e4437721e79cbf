use serde::Serialize;

/// The name that an answer gives to a group. It is never blank.
///
/// On its current route the server drops a whole change that contains a blank name, and reports a success. Elsewhere it
/// takes an empty name, and the group has none.
///
/// Source: OpenIM, `internal/rpc/group/db_map.go`, `UpdateGroupInfoExMap`.
///
/// ```
/// use imhook_protocol::openim::GroupName;
///
/// assert!(GroupName::new("Sunday hike").is_some());
/// assert_eq!(GroupName::new(" "), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct GroupName(String);

impl GroupName {
    /// Takes a name. `None` if it is empty or only white space.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Option<Self> {
        let name = name.into();
        (!name.trim().is_empty()).then_some(Self(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
