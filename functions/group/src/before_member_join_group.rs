//! `callbackBeforeMembersJoinGroupCommand`: users are about to become members of a group.

use domain::{UserId, group::Event};
use protocol::openim::{AmendedJoiningMembers, BeforeMemberJoinGroup, Decision};

/// Decides whether the users become members. `Decision::Amend` changes their names and pictures in the group, or mutes
/// them. OpenIM reports only some ways of joining afterwards, so the event says that they were to join. It is recorded
/// unless the decision is a refusal. Change this function to decide who may join which groups in your app.
pub fn handle(callback: BeforeMemberJoinGroup) -> (Decision<AmendedJoiningMembers>, Vec<Event>) {
    let members = callback.members.into_iter().map(|member| member.user_id);
    let members: Vec<UserId> = members.collect();
    if members.is_empty() {
        return (Decision::Allow, Vec::new());
    }
    let intended = Event::MembersJoinIntended {
        group: callback.group_id,
        members,
    };
    (Decision::Allow, vec![intended])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may_join_and_is_recorded_as_intending_to() {
        let callback = json!({
            "groupID": "hike", "memberList": [{"userID": "ana", "ex": ""}, {"userID": "leo", "ex": ""}], "groupEx": "",
        });
        let (decision, events) = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(decision, Decision::Allow);
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "members_join_intended", "group": "hike", "members": ["ana", "leo"]}])
        );
        let nobody = json!({"groupID": "hike", "memberList": []});
        let (decision, events) = handle(serde_json::from_value(nobody).unwrap());
        assert_eq!((decision, events), (Decision::Allow, Vec::new()));
    }
}
