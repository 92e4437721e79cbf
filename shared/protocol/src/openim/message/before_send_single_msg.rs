use super::parts::*;
use crate::openim::{Before, Decision, NoAmendment};

about_a_message! {
/// `callbackBeforeSendSingleMsgCommand`: a user is about to send a message to another user.
///
/// The server asks before it checks whether the two are friends, and whether one blocked the other. It does not ask
/// about messages of its administrators.
///
/// Source: OpenIM, `pkg/callbackstruct/message.go`, `CallbackBeforeSendSingleMsgReq`;
/// <https://docs.openim.io/platform-api/webhooks/message/before-send-single-message>.
pub struct BeforeSendSingleMsg {
    /// The user who is to get it.
    #[serde(rename = "recvID")]
    pub recv_id: UserId,
}
}

impl Callback for BeforeSendSingleMsg {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeSendSingleMsgCommand",
        earlier: &[],
        switch: Some("beforeSendSingleMsg"),
        family: Family::Message,
        when: When::Before(Rules {
            asks: "message.send",
            texts: TEXT,
            by_subject: &[
                "messages.bots",
                "messages.senders",
                "messages.recipients",
                "messages.hours",
                "messages.contentTypes",
                "messages.text",
                "messages.links",
                "messages.notWhenBlocked",
                "messages.friendsOnly",
                "messages.limit",
            ],
            bypass: crate::Bypass::unasked(
                "The server does not ask about messages of its app administrators, and POST /msg/batch_send_msg answers errCode 0 for a message that was refused.",
            ),
            ..Rules::USERS
        }),
        since: Some("v3.0.0"),
        sentence: "A user is about to send a message to another user.",
    };
    type Event = message::Event;
    type Answer = Decision<NoAmendment>;

    fn questions(&self) -> Vec<Question<'_>> {
        let Self {
            send_id,
            content_type,
            ..
        } = self;
        let mut question = question(send_id, *content_type, self.texts(), Changeable::Later);
        question.others.push(&self.recv_id);
        vec![question]
    }

    fn is_signal(&self) -> bool {
        self.content_type.is_signal()
    }
}

impl Before for BeforeSendSingleMsg {
    type Amendment = NoAmendment;
}
