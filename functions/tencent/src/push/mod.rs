//! Callbacks about what went to devices.

receiver::handlers! {
    all_member_push,
    offline_push,
}
