//! Says how far a function is behind the stream that it reads, and how many run at once:
//! `readers RATE SHARDS BATCH WINDOW_MS BATCH_MS [BURST]`.
//!
//! RATE events a second arrive for a minute, and BURST times as many in its second ten seconds. Lambda reads each shard with
//! ten batches at once (`ParallelizationFactor`), each with its share of the keys. A batch starts when it has BATCH events, or
//! WINDOW_MS after its first one, and takes BATCH_MS if it is full. A small one takes a fifth of that, plus its share:
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html>

// Its output is its result.
#![allow(clippy::print_stdout)]

use std::{collections::VecDeque, env, process::exit};

use serde_json::json;

/// `ParallelizationFactor` of the stack.
const AT_ONCE: usize = 10;
const MINUTE: f64 = 60_000.0;
/// The part of a full batch's time that each batch takes.
const FIXED: f64 = 0.2;

/// One of the batches that Lambda reads of a shard at once. Times are in milliseconds since the start.
#[derive(Default)]
struct Lane {
    waiting: VecDeque<f64>,
    free_at: f64,
}

/// A batch that ran.
struct Batch {
    start: f64,
    end: f64,
}

fn main() {
    let arguments = env::args().skip(1).map(|it| it.parse());
    let arguments: Vec<f64> = arguments.collect::<Result<_, _>>().unwrap_or_default();
    let (rate, shards, batch, window, takes, burst) = match arguments[..] {
        [rate, shards, batch, window, takes] => (rate, shards, batch, window, takes, 1.0),
        [rate, shards, batch, window, takes, burst] => (rate, shards, batch, window, takes, burst),
        _ => {
            eprintln!("usage: readers RATE SHARDS BATCH WINDOW_MS BATCH_MS [BURST]");
            exit(2);
        }
    };
    // The same numbers in each run.
    let mut random = fastrand::Rng::with_seed(1);
    let mut lanes: Vec<Lane> = Vec::new();
    lanes.resize_with(shards as usize * AT_ONCE, Lane::default);
    let mut now = 0.0;
    while now < MINUTE {
        let times = if (10_000.0..20_000.0).contains(&now) {
            burst
        } else {
            1.0
        };
        // Chat events do not wait for each other: the gaps between them are exponential.
        now -= (1.0 - random.f64()).ln() / (rate * times) * 1000.0;
        let lane = random.usize(..lanes.len());
        lanes[lane].waiting.push_back(now);
    }
    let (mut batches, mut delays) = (Vec::new(), Vec::new());
    for lane in &mut lanes {
        while let Some(first) = lane.waiting.front() {
            let full = lane.waiting.get(batch as usize - 1);
            let complete = full.copied().unwrap_or(f64::INFINITY);
            let start = complete.min(first + window).max(lane.free_at);
            let arrived = lane.waiting.iter().take(batch as usize);
            let events = arrived.take_while(|at| **at <= start).count();
            let end = start + takes * (FIXED + (1.0 - FIXED) * events as f64 / batch);
            delays.extend(lane.waiting.drain(..events).map(|at| end - at));
            lane.free_at = end;
            batches.push(Batch { start, end });
        }
    }
    delays.sort_by(f64::total_cmp);
    let delay = |part: f64| delays[((delays.len() - 1) as f64 * part) as usize].round();
    let busy: f64 = batches.iter().map(|batch| batch.end - batch.start).sum();
    let last = batches.iter().map(|batch| batch.end).fold(0.0, f64::max);
    let mut changes: Vec<(f64, i64)> = Vec::new();
    for batch in &batches {
        changes.extend([(batch.start, 1), (batch.end, -1)]);
    }
    changes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let (mut running, mut most) = (0, 0);
    for (_, change) in changes {
        running += change;
        most = most.max(running);
    }
    let told = json!({
        "events": delays.len(),
        "eventsOfABatch": (delays.len() as f64 / batches.len() as f64).round(),
        "runAtOnce": (busy / last).round(),
        "mostAtOnce": most,
        "delayMedian": delay(0.5),
        "delayMost": delay(1.0),
    });
    println!("{told}");
}
