//! `Sns.CallbackPrevFriendAdd`: a client asks for friendships.

use protocol::tencent::{Before as _, Decision, Decisions, PrevFriendAdd};

/// Decides for each user whether they get the request. The answer cannot change its text. Change this function to decide
/// who may ask whom in your app.
pub fn handle(callback: PrevFriendAdd) -> Decisions {
    callback.decide(|_| Decision::Allow)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may_ask_everybody() {
        let callback = json!({"From_Account": "ana",
            "FriendItem": [{"To_Account": "leo"}, {"To_Account": "bob"}]});
        let decisions = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            decisions.iter().collect::<Vec<_>>(),
            [("leo", &Decision::Allow), ("bob", &Decision::Allow)]
        );
    }
}
