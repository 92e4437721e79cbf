//! `Group.CallbackOnDailyGroupQuotaAlarm`: the app has created almost as many groups today as it may.

use domain::operations::Event;
use protocol::tencent::OnDailyGroupQuotaAlarm;

/// Change this function if the callback means something else to your app, for example to wake somebody.
pub fn handle(callback: OnDailyGroupQuotaAlarm) -> Vec<Event> {
    vec![Event::GroupQuotaAlarm {
        used: callback.quota_used.get(),
        quota: callback.quota.get(),
        at: callback.time(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_quota_is_in_the_event_and_the_time_may_be_a_text() {
        for time in [json!(1_700_000_027_000_i64), json!("1700000027000")] {
            let callback = json!({"QuotaUsed": 72, "Quota": 100, "EventTime": time});
            let events = handle(serde_json::from_value(callback).unwrap());
            assert_eq!(
                serde_json::to_value(events).unwrap(),
                json!([{"type": "group_quota_alarm", "used": 72, "quota": 100, "at": "2023-11-14T22:13:47.000Z"}])
            );
        }
    }
}
