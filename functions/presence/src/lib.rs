//! Handles OpenIM's callbacks about users who connect and disconnect. Each command has a module, named after its function.
//!
//! The handlers never see HTTP or JSON, and never write to a table.

receiver::handlers! {
    after_user_offline,
    after_user_online,
}
