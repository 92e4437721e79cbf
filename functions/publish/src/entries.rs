//! Sends many entries to a service that takes a few in each request, and that can refuse single ones.

use std::time::Duration;

use store::{ErrorKind, StoreError};
use stream::Failed;

/// What a service said about one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It has it.
    Taken,
    /// It is busy or has a fault: the same entry can be taken a moment later.
    Busy(String),
    /// It refuses the sender, and would refuse every other entry, too.
    Denied(String),
    /// It never takes this entry.
    Refused(String),
    /// It never takes this request, and does not say because of which entry.
    RequestRefused(String),
}

impl From<StoreError> for Answer {
    /// What the failure of a whole request says about each of its entries.
    fn from(error: StoreError) -> Self {
        match error.kind() {
            ErrorKind::Unavailable => Self::Busy(error.to_string()),
            ErrorKind::Invalid => Self::RequestRefused(error.to_string()),
            _ => Self::Denied(error.to_string()),
        }
    }
}

/// What a service takes in one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) entries: usize,
    pub(crate) bytes: usize,
    /// The pauses before entries are sent again that found the service busy. After them, their records come again.
    pub(crate) pauses: [Duration; 3],
}

/// The pauses for EventBridge and SQS.
pub(crate) const PAUSES: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_millis(1600),
];

/// Sends entries in their order, in as few requests as the limits allow. Sends again only those that found the service busy,
/// and those before others. `send` gets entries and has an answer for each of them. Gives a result for each entry.
pub(crate) async fn send_all<T>(
    entries: &[T],
    bytes: impl Fn(&T) -> usize,
    limits: Limits,
    send: impl AsyncFn(&[&T]) -> Vec<Answer>,
) -> Vec<Result<(), Failed>> {
    let mut results: Vec<Result<(), Failed>> = Vec::new();
    let mut rest = entries;
    // After a failure that the pauses did not end, or that concerns everything, the rest is not tried.
    let mut ended: Option<String> = None;
    while !rest.is_empty() {
        let mut sum = 0;
        let fits = rest.iter().take(limits.entries).take_while(|entry| {
            sum += bytes(entry);
            sum <= limits.bytes
        });
        // An entry that is too large by itself is the service's to refuse.
        let (group, after) = rest.split_at(fits.count().max(1));
        rest = after;
        match &ended {
            Some(error) => {
                results.extend(group.iter().map(|_| Err(Failed::Now(error.clone()))));
            }
            None => {
                let sent = send_group(group, limits, &send).await;
                ended = sent.iter().find_map(|result| match result {
                    Err(Failed::Now(error)) => Some(error.clone()),
                    _ => None,
                });
                results.extend(sent);
            }
        }
    }
    results
}

/// Sends the entries of one request.
async fn send_group<T>(
    group: &[T],
    limits: Limits,
    send: &impl AsyncFn(&[&T]) -> Vec<Answer>,
) -> Vec<Result<(), Failed>> {
    let mut results: Vec<Option<Result<(), Failed>>> = group.iter().map(|_| None).collect();
    let mut pauses = limits.pauses.into_iter();
    // How many entries a request has.
    let mut together = group.len();
    loop {
        let left = (0..group.len()).filter(|&at| results[at].is_none());
        let left: Vec<usize> = left.take(together).collect();
        if left.is_empty() {
            break;
        }
        let entries: Vec<&T> = left.iter().map(|&at| &group[at]).collect();
        let mut busy = Vec::new();
        let mut denied = None;
        let silent = || Answer::Busy("the answer says nothing about the entry".to_owned());
        let answers = send(&entries).await.into_iter();
        let answers = answers.chain(std::iter::repeat_with(silent));
        for (at, answer) in left.into_iter().zip(answers) {
            match answer {
                Answer::Taken => results[at] = Some(Ok(())),
                Answer::Refused(reason) => results[at] = Some(Err(Failed::Never(reason))),
                Answer::Busy(error) => busy.push((at, error)),
                Answer::Denied(error) => denied = Some(error),
                // Sent alone, each entry shows whether it is the reason.
                Answer::RequestRefused(_) if entries.len() > 1 => together = 1,
                Answer::RequestRefused(reason) => results[at] = Some(Err(Failed::Never(reason))),
            }
        }
        if let Some(error) = denied {
            let left = results.into_iter();
            return left
                .map(|result| result.unwrap_or_else(|| Err(Failed::Now(error.clone()))))
                .collect();
        }
        if busy.is_empty() {
            continue;
        }
        let Some(pause) = pauses.next() else {
            for (at, error) in busy {
                results[at] = Some(Err(Failed::Now(error)));
            }
            break;
        };
        tokio::time::sleep(pause).await;
    }
    let not_sent = || Err(Failed::Now("an entry before it failed".to_owned()));
    let results = results.into_iter();
    results
        .map(|result| result.unwrap_or_else(not_sent))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    const TEN: Limits = Limits {
        entries: 10,
        bytes: 1000,
        pauses: [Duration::ZERO; 3],
    };

    /// Sends entries to a service, and gives the results and the requests.
    async fn sent(
        entries: &[usize],
        service: impl Fn(usize, usize) -> Answer,
    ) -> (Vec<Result<(), Failed>>, Vec<Vec<usize>>) {
        let requests = RefCell::new(Vec::new());
        let results = send_all(
            entries,
            |&bytes| bytes,
            TEN,
            async |group| {
                let number = requests.borrow().len();
                let group: Vec<usize> = group.iter().map(|&&entry| entry).collect();
                requests.borrow_mut().push(group.clone());
                group.into_iter().map(|it| service(number, it)).collect()
            },
        );
        let results = results.await;
        (results, requests.into_inner())
    }

    fn failed(results: &[Result<(), Failed>]) -> Vec<usize> {
        let failed = |&at: &usize| matches!(results[at], Err(Failed::Now(_)));
        (0..results.len()).filter(failed).collect()
    }

    #[tokio::test]
    async fn requests_are_as_large_as_the_limits_allow() {
        let mut entries: Vec<usize> = (1..=12).collect();
        entries.extend([600, 400, 1, 2000, 7]);
        let (results, requests) = sent(&entries, |_, _| Answer::Taken).await;
        assert!(results.iter().all(Result::is_ok));
        let first: Vec<usize> = (1..=10).collect();
        let expected: [&[usize]; 5] = [&first, &[11, 12, 600], &[400, 1], &[2000], &[7]];
        assert_eq!(requests, expected);
    }

    #[tokio::test]
    async fn only_entries_that_found_the_service_busy_are_sent_again() {
        let entries: Vec<usize> = (0..10).collect();
        let (results, requests) = sent(&entries, |request, entry| match entry {
            3 if request < 3 => Answer::Busy("throttled".to_owned()),
            7 if request < 1 => Answer::Busy("fault".to_owned()),
            5 => Answer::Refused("malformed".to_owned()),
            _ => Answer::Taken,
        })
        .await;
        assert_eq!(requests[1..], [vec![3, 7], vec![3], vec![3]]);
        for (entry, result) in results.iter().enumerate() {
            let refused = matches!(result, Err(Failed::Never(reason)) if reason == "malformed");
            assert_eq!((result.is_ok(), refused), (entry != 5, entry == 5));
        }
    }

    #[tokio::test]
    async fn an_entry_that_always_finds_the_service_busy_fails_with_all_after_its_request() {
        let entries: Vec<usize> = (0..25).collect();
        let (results, requests) = sent(&entries, |_, entry| match entry {
            12 => Answer::Busy("throttled".to_owned()),
            _ => Answer::Taken,
        })
        .await;
        assert_eq!(requests.len(), 2 + TEN.pauses.len());
        let expected: Vec<usize> = [12].into_iter().chain(20..25).collect();
        assert_eq!(failed(&results), expected);
    }

    #[tokio::test]
    async fn an_answer_that_leaves_out_entries_is_no_success() {
        let results = send_all(
            &[1, 2, 3],
            |&bytes| bytes,
            TEN,
            async |_| vec![Answer::Taken],
        );
        let results = results.await;
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        let results = send_all(&[1, 2, 3], |&bytes| bytes, TEN, async |_| Vec::new());
        assert_eq!(failed(&results.await), [0, 1, 2]);
    }

    #[tokio::test]
    async fn the_entry_because_of_which_a_request_is_refused_holds_up_no_other() {
        let entries: Vec<usize> = (0..25).collect();
        let requests = RefCell::new(0);
        let results = send_all(
            &entries,
            |&bytes| bytes,
            TEN,
            async |group| {
                *requests.borrow_mut() += 1;
                let wrong = group.contains(&&12);
                let answer = match wrong {
                    true => Answer::RequestRefused("not valid".to_owned()),
                    false => Answer::Taken,
                };
                vec![answer; group.len()]
            },
        );
        let results = results.await;
        for (entry, result) in results.iter().enumerate() {
            let refused = matches!(result, Err(Failed::Never(_)));
            assert_eq!((result.is_ok(), refused), (entry != 12, entry == 12));
        }
        assert_eq!(requests.into_inner(), 1 + 11 + 1);
    }

    #[tokio::test]
    async fn a_sender_that_is_refused_sends_nothing_again() {
        let entries: Vec<usize> = (0..25).collect();
        let (results, requests) = sent(&entries, |_, entry| match entry {
            12 => Answer::Denied("access denied".to_owned()),
            _ => Answer::Taken,
        })
        .await;
        assert_eq!(requests.len(), 2);
        let expected: Vec<usize> = [12].into_iter().chain(20..25).collect();
        assert_eq!(failed(&results), expected);
    }
}
