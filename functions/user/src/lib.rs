//! Handles OpenIM's callbacks about accounts and their profiles. Each command has a module, named after its function.
//!
//! The handlers never see HTTP or JSON, and never write to a table.

receiver::handlers! {
    after_update_user_info,
    after_update_user_info_ex,
    after_user_register,
    before_update_user_info,
    before_update_user_info_ex,
    before_user_register,
}
