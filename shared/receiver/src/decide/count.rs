use domain::{Question, UserId, decision::By};
use policies::{Limit, Outcome};
use protocol::Answer;
use tokio::time::timeout_at;
use tracing::warn;

use super::Asking;
use crate::messages::NOT_COUNTED;

/// Counts the questions that are not refused yet, if a policy limits them, and refuses those beyond the limit. Gives
/// `true` if a limit applies but the count is not known.
pub(super) async fn count<'a, C, A: Answer<C>>(
    asking: &'a Asking<'_>,
    questions: &[Question<'_>],
    answer: &mut A,
    refused_by: &mut [Option<(By, Option<&'a str>)>],
) -> bool {
    let open: Vec<usize> = (0..questions.len())
        .filter(|n| answer.refused(*n).is_none())
        .collect();
    let actor = questions.first().and_then(|question| question.actor);
    let (Some(limit), Some(actor), [_, ..]) = (asking.rules.limit(), actor, &open[..]) else {
        return false;
    };
    let requests = u32::try_from(open.len()).unwrap_or(u32::MAX);
    let total = total(asking, limit, actor, requests).await;
    let by = match total {
        Some(_) => By::Policies,
        None => By::Failure,
    };
    let mut number = total.map(|total| total.saturating_sub(requests.into()));
    for n in open {
        number = number.map(|number| number + 1);
        if let Outcome::Refuse(refusal) = limit.judge(number) {
            answer.refuse(n, &asking.reason(refusal));
            refused_by[n] = Some((by, Some(&refusal.rule)));
        }
    }
    total.is_none()
}

/// Adds this many to a user's count. Gives the new count; `None` if it is not known.
async fn total(asking: &Asking<'_>, limit: &Limit, user: &UserId, requests: u32) -> Option<u64> {
    let window = limit.window(user, asking.call.now);
    let raising = asking.limits?.raise(&window.key, requests, window.ends_at);
    let error = match timeout_at(asking.until(asking.shares.limits), raising).await {
        Ok(Ok(count)) => return Some(count),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no time was left".to_owned(),
    };
    warn!(error, "{NOT_COUNTED}");
    None
}
