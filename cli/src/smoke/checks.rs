//! The list of all checks.

use futures_util::{FutureExt as _, future::LocalBoxFuture};

use super::{CLEAN_UP, Smoke};
use crate::samples::{OPENIM, Sample, TENCENT};

/// A check.
pub(super) struct Check {
    /// It never changes, because people write it after `--only`.
    pub(super) name: &'static str,
    pub(super) needs: &'static [Need],
    pub(super) step: Step,
}

/// What a check cannot do without.
#[derive(Clone, Copy)]
pub(super) enum Need {
    Verifier,
    Password,
    Signature,
    Previous,
    Events,
    Relationships,
    Refused,
    Queues,
    Bus,
    Log,
    Alarms,
    App,
    Token,
    Stage,
}

/// What is worth knowing, or why the check failed.
pub(super) type Done = Result<String, String>;

pub(super) enum Step {
    Own(for<'a> fn(&'a Smoke) -> LocalBoxFuture<'a, Done>),
    /// One callback of OpenIM.
    OpenIm(&'static Sample),
    /// One callback of Tencent Chat.
    Tencent(&'static Sample),
}

impl Step {
    pub(super) async fn run(&self, smoke: &Smoke) -> Done {
        match self {
            Self::Own(run) => run(smoke).await,
            Self::OpenIm(sample) => smoke.openim_command(sample).await,
            Self::Tencent(sample) => smoke.tencent_command(sample).await,
        }
    }
}

macro_rules! checks {
    ($($name:literal $step:ident $([$($need:ident),+])?,)+) => {
        /// All checks that are not about one command.
        const OWN: &[Check] = &[$(Check {
            name: $name,
            needs: &[$($(Need::$need),+)?],
            step: Step::Own(|smoke| smoke.$step().boxed_local()),
        },)+];
    };
}

checks! {
    "health" health,
    "health-head" health_head,
    "accepted" accepted,
    "query-url" query_url,
    "query-url-slash" query_url_slash,
    "double-slash" double_slash,
    "trailing-slash" trailing_slash,
    "stored" stored [Events],
    "stored-twice" stored_twice [Events],
    "half-emoji" half_emoji [Events],
    "odd-body" odd_body [Events],
    "view-row" view_row [Relationships],
    "view-member" view_member [Relationships],
    "no-password" no_password [Verifier],
    "wrong-password" wrong_password [Password],
    "wrong-user" wrong_user [Password],
    "wrong-signature" wrong_signature [Signature],
    "used-nonce" used_nonce [Signature],
    "previous-password" previous_password [Previous],
    "stranger-path" stranger_path [Verifier],
    "stranger-get" stranger_get [Verifier],
    "refused-not-stored" refused_not_stored [Verifier, Events],
    "get-command" get_command,
    "get-root" get_root,
    "unknown-path" unknown_path,
    "no-command" no_command,
    "two-commands" two_commands,
    "empty-body" empty_body,
    "not-json" not_json,
    "empty-id" empty_id,
    "not-an-object" not_an_object,
    "body-3-mb" body_3_mb,
    "body-7-mb" body_7_mb,
    "body-11-mb" body_11_mb,
    "long-header" long_header,
    "unknown-after" unknown_after [Events],
    "unknown-before" unknown_before,
    "wrong-stage" wrong_stage [Stage],
    "deadline" deadline,
    "decision-stored" decision_stored [Refused, Events],
    "on-the-bus" on_the_bus [Bus],
    "log-line" log_line [Log],
    "tencent-check" tencent_check [App],
    "tencent-root" tencent_root [App],
    "tencent-stored" tencent_stored [App, Events],
    "tencent-retry" tencent_retry [App, Events],
    "tencent-wrong-app" tencent_wrong_app [App],
    "tencent-wrong-token" tencent_wrong_token [App, Token],
    "tencent-old-time" tencent_old_time [App, Token],
}

/// All checks, in the order in which they run.
pub(super) fn checks() -> Vec<Check> {
    let own = OWN.iter().map(|check| Check {
        name: check.name,
        needs: check.needs,
        step: match check.step {
            Step::Own(run) => Step::Own(run),
            Step::OpenIm(sample) => Step::OpenIm(sample),
            Step::Tencent(sample) => Step::Tencent(sample),
        },
    });
    let openim = OPENIM.iter().map(|sample| Check {
        name: sample.command,
        needs: &[],
        step: Step::OpenIm(sample),
    });
    let tencent = TENCENT.iter().map(|sample| Check {
        name: sample.command,
        needs: &[Need::App],
        step: Step::Tencent(sample),
    });
    let empty = Check {
        name: "queues-empty",
        needs: &[Need::Queues],
        step: Step::Own(|smoke| smoke.queues_empty().boxed_local()),
    };
    let no_alarm = Check {
        name: "no-alarm",
        needs: &[Need::Alarms],
        step: Step::Own(|smoke| smoke.no_alarm().boxed_local()),
    };
    let clean_up = Check {
        name: CLEAN_UP,
        needs: &[],
        step: Step::Own(|_| async { Ok(String::new()) }.boxed_local()),
    };
    // What the callbacks of all others did is seen last.
    let last = [empty, no_alarm, clean_up];
    own.chain(openim).chain(tencent).chain(last).collect()
}
