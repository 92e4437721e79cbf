//! What the moderation of the cloud says about what users wrote.

commands! {
    result_notify::ResultNotify,
}
