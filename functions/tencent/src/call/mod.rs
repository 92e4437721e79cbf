//! Callbacks about calls with sound or picture.

receiver::handlers! {
    after_end_call,
    after_member_changed,
    after_start_call,
}
