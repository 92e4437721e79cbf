use domain::{Family, Question, Source, UserId, push};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Lenient, Members, Number, Rules, When,
    openim::{Before, Decision, NoAmendment},
};

push! {
/// `callbackBeforeOnlinePushCommand`: a message for one user, or a notice of the server, is about to go to connected
/// devices. Messages in groups have [`BeforeGroupOnlinePush`](super::BeforeGroupOnlinePush).
///
/// After a refusal the message goes to no device, and there is no vendor push either. It stays stored, and clients get it
/// when they synchronise next. The sender learns nothing of it. The server reads the same fields as for
/// [`BeforeOfflinePush`](super::BeforeOfflinePush) from the answer, and ignores them.
///
/// Many of these callbacks are about notices: friend requests, receipts, group notices. The server does not send it about
/// a sign that somebody is typing. Up to v3.8.1 it sent none if the sender was among the recipients.
///
/// Source: OpenIM, `pkg/callbackstruct/push.go`, `CallbackBeforePushReq`;
/// <https://docs.openim.io/platform-api/webhooks/push/before-online-push>.
pub struct BeforeOnlinePush {
    /// The recipients. The sender is one of them, for the sender's other devices.
    #[serde(rename = "userIDList", default)]
    pub user_ids: Lenient<Members<UserId>>,
}
}

impl Callback for BeforeOnlinePush {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeOnlinePushCommand",
        earlier: &["callbackOnlinePushCommand"],
        switch: Some("beforeOnlinePush"),
        family: Family::Push,
        when: When::Before(Rules {
            asks: "push.to_online_user",
            ..Rules::NONE
        }),
        since: Some("v3.7.0"),
        sentence: "A message for one user, or a notice, is about to go to connected devices.",
    };
    type Event = push::Event;
    type Answer = Decision<NoAmendment>;

    fn questions(&self) -> Vec<Question<'_>> {
        let recipients = self.user_ids.get().into_iter().flatten();
        vec![Question::about(recipients).by(self.send_id.get())]
    }
}

impl Before for BeforeOnlinePush {
    type Amendment = NoAmendment;
}
