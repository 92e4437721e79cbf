//! Callbacks about the moderation of what users wrote.

receiver::handlers! {
    result_notify,
}
