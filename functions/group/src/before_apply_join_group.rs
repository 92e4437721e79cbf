//! `callbackBeforeJoinGroupCommand`: a user is about to join a group, or to ask for it.

use domain::group::Event;
use protocol::openim::{BeforeApplyJoinGroup, Decision, NoAmendment};

/// Decides whether the user joins, or asks for an approval. OpenIM sends no callback after a request, so the event says
/// that one was intended. It is recorded unless the decision is a refusal. Change this function to decide who may join
/// which groups in your app.
pub fn handle(callback: BeforeApplyJoinGroup) -> (Decision<NoAmendment>, Vec<Event>) {
    let intended = Event::JoinIntended {
        group: callback.group_id,
        user: callback.user_id,
        message: callback.req_message.into(),
    };
    (Decision::Allow, vec![intended])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_is_allowed_and_recorded_as_an_intention() {
        let callback = json!({"groupID": "hike", "groupType": "\u{2}", "applyID": "leo", "reqMessage": "hi", "ex": ""});
        let (decision, events) = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(decision, Decision::Allow);
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "join_intended", "group": "hike", "user": "leo", "message": "hi"}])
        );
    }
}
