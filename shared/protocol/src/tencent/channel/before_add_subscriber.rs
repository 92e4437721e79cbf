use domain::Question;

use super::{Subscriber, parts::*};
use crate::{
    Lenient, Members, Rules,
    tencent::{KeptOut, LetsIn, NoOwnCode, unreadable},
};

about_subscribers! {
/// `OfficialAccount.CallbackBeforeAddSubscriber`: users are about to subscribe to an official account, or the REST API is
/// about to subscribe up to 100 of them.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/60799> and
/// <https://cloud.tencent.com/document/product/269/102319>.
pub struct BeforeAddSubscriber;
}

impl Callback for BeforeAddSubscriber {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "OfficialAccount.CallbackBeforeAddSubscriber",
        earlier: &[],
        switch: None,
        family: Family::Channel,
        when: When::Before(Rules {
            asks: "channel.subscribe",
            ..Rules::NONE
        }),
        since: None,
        sentence: "Users are about to subscribe to an official account.",
    };
    type Event = Event;
    type Answer = KeptOut<NoOwnCode>;

    fn questions(&self) -> Vec<Question<'_>> {
        let people = self.subscribers.iter();
        people
            .map(|person| Question::new(&person.user, [&self.channel]))
            .chain(unreadable(&self.subscribers, Self::NAME))
            .collect()
    }
}

impl LetsIn for BeforeAddSubscriber {
    type Item = Subscriber;
    type Code = NoOwnCode;

    const LIST: &'static str = "SubscribeAccountList";
    const NAME: &'static str = Subscriber::NAME;
    // A sentence of the document calls it `RefusedMembers_Account`, as for groups. Its table and its example do not.
    const KEPT_OUT: &'static str = "RefusedSubscribers_Account";

    fn people(&self) -> &Members<Subscriber> {
        &self.subscribers
    }
}
