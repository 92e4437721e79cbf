//! Limits of the whole app.

commands! {
    on_daily_group_quota_alarm::OnDailyGroupQuotaAlarm,
    request_over_limit::RequestOverLimit,
}
