//! Callbacks about groups, their members, and their topics.

receiver::handlers! {
    after_change_group_owner,
    after_create_group,
    after_create_topic,
    after_group_attr_changed,
    after_group_destroyed,
    after_group_full,
    after_group_info_changed,
    after_member_exit,
    after_member_field_changed,
    after_new_member_join,
    after_topic_destroyed,
    after_topic_info_changed,
    before_apply_join_group,
    before_create_group,
    before_create_topic,
    before_invite_join_group,
}
