//! Handles OpenIM's callbacks about what goes to devices. Each command has a module, named after its function.
//!
//! The handlers never see HTTP or JSON, and never write to a table.

receiver::handlers! {
    before_group_online_push,
    before_offline_push,
    before_online_push,
}
