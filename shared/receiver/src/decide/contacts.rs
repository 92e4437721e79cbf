use domain::{Question, UserId};
use policies::{Known, Outcome};
use protocol::Answer;
use tokio::time::timeout_at;
use tracing::warn;

use super::{Asking, By};
use crate::messages::VIEW_NOT_READ;

/// Refuses the questions that are not refused yet, if a policy needs to know what the other user keeps about the acting
/// one. Gives `true` if that could not be read.
pub(super) async fn contacts<'a, C, A: Answer<C>>(
    asking: &'a Asking<'_>,
    questions: &[Question<'_>],
    answer: &mut A,
    refused_by: &mut [Option<(By, Option<&'a str>)>],
) -> bool {
    let Some(rules) = asking.rules.contacts() else {
        return false;
    };
    let mut unread = false;
    for (n, question) in questions.iter().enumerate() {
        let (Some(actor), [other], None) =
            (question.actor, &question.others[..], answer.refused(n))
        else {
            continue;
        };
        let known = known(asking, other, actor).await;
        unread |= known.is_none();
        if let Outcome::Refuse(refusal) = rules.judge(known) {
            let by = match known {
                Some(_) => By::Policies,
                None => By::Failure,
            };
            answer.refuse(n, &asking.reason(refusal));
            refused_by[n] = Some((by, Some(&refusal.rule)));
        }
    }
    unread
}

/// What `owner` keeps about `other`; `None` if it could not be read.
async fn known(asking: &Asking<'_>, owner: &UserId, other: &UserId) -> Option<Known> {
    let reading = asking.relationships?.contact(owner, other);
    let error = match timeout_at(asking.until(asking.shares.limits), reading).await {
        Ok(Ok(contact)) => {
            return Some(Known {
                friend: contact.friend,
                blocked: contact.blocked,
            });
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no time was left".to_owned(),
    };
    warn!(error, "{VIEW_NOT_READ}");
    None
}
