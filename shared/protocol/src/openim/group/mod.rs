//! Groups and their members.

mod group_info;
mod group_name;
mod group_type;
mod join_rule;
mod new_group;
mod role;

pub use group_info::{AmendedGroupInfo, AmendedGroupInfoEx, GroupChanges, GroupInfo};
pub use group_name::GroupName;
pub use group_type::GroupType;
pub use join_rule::JoinRule;
pub use new_group::{FirstMember, NewGroup};

commands! {
    after_create_group::AfterCreateGroup,
    after_dismiss_group::AfterDismissGroup,
    after_join_group::AfterJoinGroup,
    after_kick_group_member::AfterKickGroupMember,
    after_quit_group::AfterQuitGroup,
    after_set_group_info::AfterSetGroupInfo,
    after_set_group_info_ex::AfterSetGroupInfoEx,
    after_set_group_member_info::AfterSetGroupMemberInfo,
    after_transfer_group_owner::AfterTransferGroupOwner,
    before_apply_join_group::BeforeApplyJoinGroup,
    before_create_group::BeforeCreateGroup,
    before_invite_user_to_group::BeforeInviteUserToGroup,
    before_member_join_group::BeforeMemberJoinGroup,
    before_set_group_info::BeforeSetGroupInfo,
    before_set_group_info_ex::BeforeSetGroupInfoEx,
    before_set_group_member_info::BeforeSetGroupMemberInfo,
}
