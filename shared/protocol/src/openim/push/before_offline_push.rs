use domain::{Change, Family, Question, Source, UserId, push};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Lenient, Members, Number, Rules, When,
    openim::{Amendment, Before, Decision},
};

push! {
/// `callbackBeforeOfflinePushCommand`: a vendor such as Apple or Google is about to be asked to push a message to users
/// who are not connected.
///
/// After a refusal there is no vendor push. The message stays stored, and clients get it when they synchronise next.
///
/// The server also sends it about some of its own notices, and never about a sign that somebody is typing. The fields
/// from `title` to `signal_info` are missing if the message has no push texts of its own.
///
/// Source: OpenIM, `pkg/callbackstruct/push.go`, `CallbackBeforePushReq`;
/// <https://docs.openim.io/platform-api/webhooks/push/before-offline-push>.
pub struct BeforeOfflinePush {
    /// The recipients.
    #[serde(rename = "userIDList", default)]
    pub user_ids: Lenient<Members<UserId>>,
    /// The title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<FreeText>,
    /// The text below the title.
    #[serde(rename = "desc", default, skip_serializing_if = "Option::is_none")]
    pub text: Option<FreeText>,
    /// Free text of the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ex: Option<FreeText>,
    /// The sound on iOS.
    #[serde(rename = "iOSPushSound", default, skip_serializing_if = "Option::is_none")]
    pub ios_push_sound: Option<FreeText>,
    /// Whether the number at the app's icon on iOS goes up.
    #[serde(rename = "iOSBadgeCount", default, skip_serializing_if = "Lenient::is_none")]
    pub ios_badge_count: Lenient<bool>,
    /// Free text about a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal_info: Option<FreeText>,
}
}

impl BeforeOfflinePush {
    /// The texts of the push. Those that are missing are empty.
    #[must_use]
    pub fn push_info(&self) -> PushInfo {
        let text = |text: &Option<FreeText>| text.clone().unwrap_or_default();
        PushInfo {
            title: text(&self.title),
            text: text(&self.text),
            ex: text(&self.ex),
            ios_push_sound: text(&self.ios_push_sound),
            ios_badge_count: self.ios_badge_count.get().copied().unwrap_or_default(),
            signal_info: text(&self.signal_info),
        }
    }
}

impl Callback for BeforeOfflinePush {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeOfflinePushCommand",
        earlier: &["callbackOfflinePushCommand"],
        switch: Some("beforeOfflinePush"),
        family: Family::Push,
        when: When::Before(Rules {
            asks: "push.to_offline_users",
            amends: &["push"],
            by_subject: &["push.quietHours", "push.hideContent"],
            ..Rules::NONE
        }),
        since: Some("v3.7.0"),
        sentence: "A vendor is about to push a message to users who are not connected.",
    };
    type Event = push::Event;
    type Answer = Decision<AmendedPush>;

    fn questions(&self) -> Vec<Question<'_>> {
        let recipients = self.user_ids.get().into_iter().flatten();
        vec![Question::about(recipients).by(self.send_id.get())]
    }

    fn amended(&self, change: &Change) -> Option<Self::Answer> {
        let Change::Push { title, text } = change else {
            return None;
        };
        let amended = AmendedPush::saying(self, |info| {
            info.title = title.as_str().into();
            info.text = text.as_str().into();
        });
        amended.map(Decision::Amend)
    }
}

impl Before for BeforeOfflinePush {
    type Amendment = AmendedPush;
}

/// The texts of a vendor's push.
///
/// Source: OpenIM, `sdkws.OfflinePushInfo` of `openimsdk/protocol`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PushInfo {
    /// The title. If it is empty, the server takes a text such as `[TEXT]`, which depends on the kind of message.
    pub title: FreeText,
    /// The text below the title. If it is empty, the server takes the title.
    #[serde(rename = "desc")]
    pub text: FreeText,
    /// Free text of the app.
    pub ex: FreeText,
    /// The sound on iOS.
    #[serde(rename = "iOSPushSound")]
    pub ios_push_sound: FreeText,
    /// Whether the number at the app's icon on iOS goes up.
    #[serde(rename = "iOSBadgeCount")]
    pub ios_badge_count: bool,
    /// Free text about a call.
    pub signal_info: FreeText,
}

impl PushInfo {
    /// These texts, and for each that is as it was asked for, the earlier change.
    fn over(self, earlier: Self, asked: &Self) -> Self {
        fn later<T: PartialEq>(later: T, earlier: T, asked: &T) -> T {
            if later == *asked { earlier } else { later }
        }
        Self {
            title: later(self.title, earlier.title, &asked.title),
            text: later(self.text, earlier.text, &asked.text),
            ex: later(self.ex, earlier.ex, &asked.ex),
            ios_push_sound: later(
                self.ios_push_sound,
                earlier.ios_push_sound,
                &asked.ios_push_sound,
            ),
            ios_badge_count: later(
                self.ios_badge_count,
                earlier.ios_badge_count,
                &asked.ios_badge_count,
            ),
            signal_info: later(self.signal_info, earlier.signal_info, &asked.signal_info),
        }
    }

    fn says_nothing(&self) -> bool {
        self.title.is_empty() && self.text.is_empty()
    }
}

/// What a vendor's push has instead of what was asked for: other recipients, other texts, or both.
///
/// It is made from the callback, because the server takes any user as a recipient, and replaces all texts if it replaces
/// one.
///
/// Source: OpenIM, `pkg/callbackstruct/push.go`, `CallbackBeforePushResp`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AmendedPush {
    #[serde(rename = "userIDList", skip_serializing_if = "Option::is_none")]
    user_ids: Option<Vec<UserId>>,
    #[serde(rename = "offlinePushInfo", skip_serializing_if = "Option::is_none")]
    info: Option<PushInfo>,
    /// The texts that were asked for.
    #[serde(skip)]
    asked: PushInfo,
}

impl AmendedPush {
    /// The recipients of the callback for whom `choose` returns true. `None` if no user is chosen: to push to nobody,
    /// refuse.
    #[must_use]
    pub fn to(asked: &BeforeOfflinePush, choose: impl FnMut(&&UserId) -> bool) -> Option<Self> {
        let recipients = asked.user_ids.get()?;
        let chosen: Vec<UserId> = recipients.iter().filter(choose).cloned().collect();
        if chosen.is_empty() {
            return None;
        }
        // Up to v3.8.1 a list crashes the server if the message is for one user.
        let is_everybody = chosen.len() == recipients.len() && !recipients.means_others();
        Some(Self {
            user_ids: (!is_everybody).then_some(chosen),
            info: None,
            asked: asked.push_info(),
        })
    }

    /// The texts of the callback with the changes that `change` makes. `None` if title and text are empty then: the
    /// vendor would show a text that nobody chose.
    #[must_use]
    pub fn saying(asked: &BeforeOfflinePush, change: impl FnOnce(&mut PushInfo)) -> Option<Self> {
        let asked = asked.push_info();
        let mut info = asked.clone();
        change(&mut info);
        (!info.says_nothing()).then_some(Self {
            user_ids: None,
            info: Some(info),
            asked,
        })
    }
}

impl Amendment for AmendedPush {
    /// Recipients are the later choice. Each text is the later change of it.
    fn over(self, earlier: Self) -> Self {
        let Self {
            user_ids,
            info,
            asked,
        } = self;
        let info = match (info, earlier.info) {
            (Some(later), Some(earlier)) => {
                let both = later.clone().over(earlier, &asked);
                Some(if both.says_nothing() { later } else { both })
            }
            (later, earlier) => later.or(earlier),
        };
        Self {
            user_ids: user_ids.or(earlier.user_ids),
            info,
            asked,
        }
    }
}
