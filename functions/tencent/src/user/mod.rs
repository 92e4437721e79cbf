//! Profiles.

receiver::handlers! {
    portrait_set,
}
