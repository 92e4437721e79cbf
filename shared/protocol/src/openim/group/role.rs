use domain::group::Role;

use crate::Number;

/// The role with this `roleLevel`. `None` if the number is missing.
///
/// Source: OpenIM, `constant.GroupOwner` and its neighbours in `openimsdk/protocol`.
pub(super) fn role(level: Number) -> Option<Role> {
    Some(match i32::try_from(level.get()?).ok()? {
        100 => Role::Owner,
        60 => Role::Admin,
        20 => Role::Member,
        other => Role::Other(other),
    })
}
