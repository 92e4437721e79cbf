use domain::GroupId;

use super::parts::*;
use crate::openim::{Before, Decision, NoAmendment};

about_a_message! {
/// `callbackBeforeSendGroupMsgCommand`: a user is about to send a message to a group.
///
/// The sender is a member and not muted: the server has checked that. It also asks about messages of its
/// administrators.
///
/// Source: OpenIM, `pkg/callbackstruct/message.go`, `CallbackBeforeSendGroupMsgReq`;
/// <https://docs.openim.io/platform-api/webhooks/message/before-send-group-message>.
pub struct BeforeSendGroupMsg {
    /// The group.
    #[serde(rename = "groupID")]
    pub group_id: GroupId,
}
}

impl Callback for BeforeSendGroupMsg {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeSendGroupMsgCommand",
        earlier: &[],
        switch: Some("beforeSendGroupMsg"),
        family: Family::Message,
        when: When::Before(Rules {
            asks: "message.send_to_group",
            other_user: false,
            texts: TEXT,
            by_subject: &[
                "messages.bots",
                "messages.senders",
                "messages.groups",
                "messages.hours",
                "messages.contentTypes",
                "messages.text",
                "messages.links",
                "messages.limit",
            ],
            ..Rules::USERS
        }),
        since: Some("v3.0.0"),
        sentence: "A user is about to send a message to a group.",
    };
    type Event = message::Event;
    type Answer = Decision<NoAmendment>;

    fn questions(&self) -> Vec<Question<'_>> {
        let Self {
            send_id,
            content_type,
            ..
        } = self;
        let question = question(send_id, *content_type, self.texts(), Changeable::Later);
        vec![question.group(&self.group_id)]
    }

    fn is_signal(&self) -> bool {
        self.content_type.is_signal()
    }
}

impl Before for BeforeSendGroupMsg {
    type Amendment = NoAmendment;
}
