//! Handles OpenIM's callbacks about groups and their members. Each command has a module, named after its function.
//!
//! The handlers never see HTTP or JSON, and never write to a table.

receiver::handlers! {
    after_create_group,
    after_dismiss_group,
    after_join_group,
    after_kick_group_member,
    after_quit_group,
    after_set_group_info,
    after_set_group_info_ex,
    after_set_group_member_info,
    after_transfer_group_owner,
    before_apply_join_group,
    before_create_group,
    before_invite_user_to_group,
    before_member_join_group,
    before_set_group_info,
    before_set_group_info_ex,
    before_set_group_member_info,
}
