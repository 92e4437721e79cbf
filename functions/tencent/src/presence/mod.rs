//! Callbacks about users who connect and disconnect.

receiver::handlers! {
    on_member_state_change,
    state_change,
}
