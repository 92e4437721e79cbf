//! Profiles.

commands! {
    portrait_set::PortraitSet,
}
