use serde::{Serialize, Serializer};

/// Who needs an approval to join a group.
///
/// Source: OpenIM, `constant.ApplyNeedVerificationInviteDirectly` and its neighbours in `openimsdk/protocol`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinRule {
    /// 0: users who ask. Users who are invited join at once.
    Requests,
    /// 1: everybody, except users whom the owner or an administrator invites.
    Everybody,
    /// 2: nobody.
    Nobody,
}

impl JoinRule {
    /// `needVerification`.
    #[must_use]
    pub fn number(self) -> i32 {
        match self {
            Self::Requests => 0,
            Self::Everybody => 1,
            Self::Nobody => 2,
        }
    }
}

impl Serialize for JoinRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i32(self.number())
    }
}
