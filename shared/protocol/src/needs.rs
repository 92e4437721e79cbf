use std::fmt;

/// What has to be on before Tencent Chat sends a command. Without more, that is the command's own switch in the console.
///
/// OpenIM's commands need only their switch in `webhooks.yml`.
///
/// Source: Tencent Chat, <https://cloud.tencent.com/document/product/269/32431> and the page of each command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// What turns it on.
    pub switch: Switch,
    /// What the app has to have, besides: a feature of the console, or another product.
    pub feature: Option<&'static str>,
    /// The edition or the purchase that the feature needs. It is inferred: the documents say it of the feature, and not
    /// of the callback.
    pub probably: Option<&'static str>,
}

/// What turns a command of Tencent Chat on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Its own switch in the console.
    Own,
    /// The switch of this command.
    Of(&'static str),
    /// Its own switch by some pages of the documents, and the switch of this command by others.
    OwnOrOf(&'static str),
    /// Its own switch on the international site. On the Chinese site, a ticket to Tencent's support.
    OwnOrTicket,
    /// A call of the REST interface `v4/call_config/set_callback`. The console has no switch for it.
    CallConfig,
    /// Nothing: it comes as soon as the console has a URL.
    None,
}

impl Needs {
    /// Only its own switch.
    pub const SWITCH: Self = Self {
        switch: Switch::Own,
        feature: None,
        probably: None,
    };

    /// The editions of Tencent Chat that have more than the others.
    pub(crate) const EDITIONS: &str = "only in the editions Pro, Pro Plus and Enterprise";

    /// A feature besides its own switch.
    pub(crate) const fn feature(feature: &'static str) -> Self {
        Self {
            feature: Some(feature),
            ..Self::SWITCH
        }
    }

    /// The switch of another command about groups. Topics have no switches of their own.
    pub(crate) const fn topics(switch: &'static str) -> Self {
        Self {
            switch: Switch::Of(switch),
            feature: Some("the feature of topics"),
            probably: Some(
                "only in the editions Pro, Pro Plus and Enterprise, with communities bought and turned on",
            ),
        }
    }

    /// What a command needs that says nothing else about it: what its service needs, such as `Push` in
    /// `Push.OfflinePush`.
    pub(crate) fn of_service(command: &str) -> Self {
        match command.split('.').next() {
            Some("Bot") => Self::feature("a bot account, with callbacks of bot events on"),
            Some("Call") => Self {
                switch: Switch::CallConfig,
                ..Self::feature("calls that TUICallKit.calls() starts")
            },
            Some("OfficialAccount") => Self {
                switch: Switch::OwnOrTicket,
                ..Self::feature("official accounts")
            },
            Some("Push") => Self {
                probably: Some("sold separately"),
                ..Self::feature("the push plugin")
            },
            _ => Self::SWITCH,
        }
    }

    /// Whether it is more than the command's own switch.
    #[must_use]
    pub fn is_more(&self) -> bool {
        *self != Self::SWITCH
    }

    /// The command whose switch turns it on, too.
    #[must_use]
    pub const fn shares(&self) -> Option<&'static str> {
        match self.switch {
            Switch::Of(other) | Switch::OwnOrOf(other) => Some(other),
            Switch::Own | Switch::OwnOrTicket | Switch::CallConfig | Switch::None => None,
        }
    }
}

/// Parts of a sentence whose subject is the command. What is inferred begins with "probably". Only its own switch is the
/// empty text.
impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let switch = match self.switch {
            Switch::Own => None,
            Switch::Of(other) => Some(format!("has the switch of {other}")),
            Switch::OwnOrOf(other) => Some(format!(
                "has its own switch, or that of {other}: the documents differ"
            )),
            Switch::OwnOrTicket => Some(
                "has its own switch, but on the Chinese site Tencent turns it on after a support ticket"
                    .to_owned(),
            ),
            Switch::CallConfig => Some(
                "is set through the REST interface v4/call_config/set_callback, not in the console"
                    .to_owned(),
            ),
            Switch::None => Some("has no switch: it comes as soon as a URL is set".to_owned()),
        };
        let feature = self.feature.map(|feature| format!("needs {feature}"));
        let probably = self.probably.map(|fact| format!("probably {fact}"));
        let parts: Vec<String> = [switch, feature, probably].into_iter().flatten().collect();
        f.write_str(&parts.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::Source;

    use super::*;
    use crate::{catalogue, command};

    fn needs(name: &str) -> String {
        let found = command(Source::Tencent, name).unwrap_or_else(|| panic!("{name}"));
        found.needs().to_string()
    }

    #[test]
    fn most_commands_need_only_their_switch() {
        assert_eq!(needs("C2C.CallbackAfterSendMsg"), "");
        assert_eq!(needs("Sns.CallbackPrevFriendAdd"), "");
        for openim in catalogue().filter(|it| it.source == Source::OpenIm) {
            assert!(!openim.needs().is_more(), "{}", openim.name);
        }
    }

    #[test]
    fn what_a_command_says_comes_before_what_its_service_needs() {
        for (name, expected) in [
            (
                "Group.CallbackBeforeCreateTopic",
                "has the switch of Group.CallbackBeforeCreateGroup; needs the feature of topics; probably only in the \
                 editions Pro, Pro Plus and Enterprise, with communities bought and turned on",
            ),
            (
                "Push.OfflinePush",
                "needs the push plugin; probably sold separately",
            ),
            (
                "Alert.RequestOverLimit",
                "has no switch: it comes as soon as a URL is set",
            ),
            (
                "Call.CallbackAfterEndCall",
                "is set through the REST interface v4/call_config/set_callback, not in the console; needs calls that \
                 TUICallKit.calls() starts",
            ),
            (
                "C2C.CallbackAfterMsgReadReceipt",
                "probably only in the editions Pro, Pro Plus and Enterprise",
            ),
        ] {
            assert_eq!(needs(name), expected);
        }
        assert_eq!(
            Needs::of_service("OfficialAccount.CallbackAfterSendMsg").to_string(),
            "has its own switch, but on the Chinese site Tencent turns it on after a support ticket; needs official \
             accounts"
        );
    }

    #[test]
    fn a_shared_switch_is_that_of_a_command_with_its_own() {
        let mut shared = BTreeSet::new();
        for command in catalogue() {
            let Some(other) = command.needs().shares() else {
                continue;
            };
            let other = crate::command(command.source, other).unwrap();
            assert_eq!(other.needs().switch, Switch::Own, "{}", command.name);
            assert_eq!(other.is_before(), command.is_before(), "{}", command.name);
            shared.insert(other.name);
        }
        assert_eq!(shared.len(), 4);
    }
}
