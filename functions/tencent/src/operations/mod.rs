//! Callbacks about limits of the whole app.

receiver::handlers! {
    on_daily_group_quota_alarm,
    request_over_limit,
}
