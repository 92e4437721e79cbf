//! What goes to devices.

use domain::push::Stage;

use crate::Number;

commands! {
    all_member_push::AllMemberPush,
    offline_push::OfflinePush,
}

/// The vendor of a channel, or the kind of a device, by Tencent Chat's number. `None` for 0, which is "unknown" or
/// "online".
fn vendor(number: Number) -> Option<String> {
    Some(match number.get()? {
        0 => return None,
        1 => "apns".to_owned(),
        2 => "xiaomi".to_owned(),
        3 => "huawei".to_owned(),
        4 => "fcm".to_owned(),
        5 => "meizu".to_owned(),
        6 => "oppo".to_owned(),
        7 => "vivo".to_owned(),
        8 => "honor".to_owned(),
        other => other.to_string(),
    })
}

/// How far a push came, by Tencent Chat's number.
fn stage(number: Number) -> Option<Stage> {
    match number.get()? {
        1 => Some(Stage::Sent),
        2 => Some(Stage::Arrived),
        3 => Some(Stage::Clicked),
        _ => None,
    }
}

/// A code of what went wrong. 0 means that nothing did.
fn failure(number: Number) -> Option<i64> {
    number.get().filter(|code| *code != 0)
}
