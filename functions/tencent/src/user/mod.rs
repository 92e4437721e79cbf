//! Callbacks about profiles.

receiver::handlers! {
    portrait_set,
}
