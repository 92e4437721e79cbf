//! Handles OpenIM's callbacks about messages. Each command has a module, named after its function.
//!
//! The handlers never see HTTP or JSON, and never write to a table.

receiver::handlers! {
    after_group_msg_read,
    after_msg_save_db,
    after_revoke_msg,
    after_send_group_msg,
    after_send_single_msg,
    after_single_msg_read,
    before_msg_modify,
    before_send_group_msg,
    before_send_single_msg,
}
