//! Who is connected.

commands! {
    on_member_state_change::OnMemberStateChange,
    state_change::StateChange,
}
