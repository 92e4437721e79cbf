//! Groups, their members, and their topics.

mod custom_field;
mod member;
mod topic;

pub use custom_field::CustomField;
pub use member::GroupMember;

commands! {
    after_change_group_owner::AfterChangeGroupOwner,
    after_create_group::AfterCreateGroup,
    after_create_topic::AfterCreateTopic,
    after_group_attr_changed::AfterGroupAttrChanged,
    after_group_destroyed::AfterGroupDestroyed,
    after_group_full::AfterGroupFull,
    after_group_info_changed::AfterGroupInfoChanged,
    after_member_exit::AfterMemberExit,
    after_member_field_changed::AfterMemberFieldChanged,
    after_new_member_join::AfterNewMemberJoin,
    after_topic_destroyed::AfterTopicDestroyed,
    after_topic_info_changed::AfterTopicInfoChanged,
    before_apply_join_group::BeforeApplyJoinGroup,
    before_create_group::BeforeCreateGroup,
    before_create_topic::BeforeCreateTopic,
    before_invite_join_group::BeforeInviteJoinGroup,
}
