//! Sends one callback many times, at a rate, and counts the answers.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};

use super::{Sender, Sent, result};
use crate::{Result, exit, out, reading::Reads};

/// One call.
struct Called {
    /// The status, how the server reads the answer, and how it ended. `Err` says why there was none.
    answer: std::result::Result<(u16, Reads, Sent), String>,
    took: Duration,
}

#[derive(Default)]
struct Summary {
    sent: u32,
    statuses: BTreeMap<u16, u32>,
    reads: BTreeMap<&'static str, u32>,
    no_answer: u32,
    /// Why the first one had no answer.
    first_failure: Option<String>,
    refused: u32,
    failed: u32,
    times: Vec<Duration>,
}

pub(super) async fn send(sender: Sender, rate: u32, time: Duration, json: bool) -> Result<()> {
    let sender = Arc::new(sender);
    let (done, mut calls) = mpsc::unbounded_channel();
    let planned = f64::from(rate) * time.as_secs_f64();
    let planned = (planned.round() as u32).max(1);
    let mut ticks = interval(Duration::from_secs(1) / rate);
    // After a pause of this machine, it catches up, so that the rate is right over the whole time.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut summary = Summary::default();
    let began = Instant::now();
    let mut answered = 0;
    let interrupt = tokio::signal::ctrl_c();
    tokio::pin!(interrupt);
    let mut second = interval(Duration::from_secs(1));
    let mut stopped = false;
    while answered < planned && !(stopped && answered == summary.sent) {
        tokio::select! {
            _ = ticks.tick(), if summary.sent < planned && !stopped => {
                summary.sent += 1;
                let call = sender.call()?;
                let (sender, done) = (sender.clone(), done.clone());
                tokio::spawn(async move {
                    let sent = Instant::now();
                    let answer = sender.http.send(call).await.map(|answer| {
                        let reading = sender.reading(&answer);
                        (answer.status, reading.reads, result(&answer, &reading))
                    });
                    let _ = done.send(Called { answer, took: sent.elapsed() });
                });
            }
            Some(called) = calls.recv() => {
                answered += 1;
                summary.add(called);
            }
            _ = second.tick() => {
                out::progress(&format!("{} of {planned} sent, {answered} answered", summary.sent));
            }
            _ = &mut interrupt, if !stopped => stopped = true,
        }
    }
    out::progress("");
    let took = began.elapsed();
    summary.print(&sender, took, json)?;
    match &summary {
        Summary { failed, .. } if *failed > 0 => Err(match (json, &summary.first_failure) {
            (true, _) => exit::With(1).into(),
            (false, Some(why)) => format!("{failed} failed, the first because of: {why}").into(),
            (false, None) => format!("{failed} were not accepted").into(),
        }),
        Summary { refused, .. } => exit::found(*refused > 0),
    }
}

impl Summary {
    fn add(&mut self, called: Called) {
        let (status, reads, sent) = match called.answer {
            Ok(answer) => answer,
            Err(why) => {
                self.no_answer += 1;
                self.failed += 1;
                self.first_failure.get_or_insert(why);
                return;
            }
        };
        self.times.push(called.took);
        *self.statuses.entry(status).or_default() += 1;
        let reads = match reads {
            Reads::Ignored => "ignored",
            Reads::Allowed => "allowed",
            Reads::Refused => "refused",
            Reads::Unreadable => "unreadable",
        };
        *self.reads.entry(reads).or_default() += 1;
        match sent {
            Sent::Fine => {}
            Sent::Refused => self.refused += 1,
            Sent::Failed => self.failed += 1,
        }
    }

    /// The time within which this part of the answers came, in milliseconds.
    fn within(sorted: &[Duration], part: f64) -> Option<f64> {
        let last = sorted.len().checked_sub(1)?;
        let place = (sorted.len() as f64 * part).ceil() as usize;
        let time = sorted[place.saturating_sub(1).min(last)];
        Some((time.as_secs_f64() * 10_000.0).round() / 10.0)
    }

    fn print(&mut self, sender: &Sender, took: Duration, json: bool) -> Result<()> {
        self.times.sort_unstable();
        let [p50, p99, slowest] = [0.5, 0.99, 1.0].map(|part| Self::within(&self.times, part));
        let seconds = (took.as_secs_f64() * 10.0).round() / 10.0;
        let command = sender.command.name;
        if json {
            let line = json!({
                "command": command, "sent": self.sent, "seconds": seconds,
                "statuses": self.statuses, "reads": self.reads, "noAnswer": self.no_answer,
                "p50Ms": p50, "p99Ms": p99, "slowestMs": slowest,
            });
            return out::json(&line);
        }
        out::line(&format!(
            "{} × {command} to {} in {seconds} s",
            self.sent, sender.http.url
        ))?;
        let row = |what: &str, count: u32| out::line(&format!("  {what:<12}{count:>8}"));
        for (status, count) in &self.statuses {
            row(&format!("status {status}"), *count)?;
        }
        for (reads, count) in &self.reads {
            row(reads, *count)?;
        }
        if self.no_answer > 0 {
            row("no answer", self.no_answer)?;
        }
        let times = [("p50", p50), ("p99", p99), ("slowest", slowest)];
        let times = times
            .iter()
            .filter_map(|(what, time)| Some(format!("{what} {:.1} ms", (*time)?)));
        let times: Vec<String> = times.collect();
        if !times.is_empty() {
            out::line(&format!("  {}", times.join(", ")))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_time_that_was_measured() {
        let times: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
        assert_eq!(Summary::within(&times, 0.5), Some(50.0));
        assert_eq!(Summary::within(&times, 0.99), Some(99.0));
        assert_eq!(Summary::within(&times, 1.0), Some(100.0));
        assert_eq!(Summary::within(&times[..1], 0.5), Some(1.0));
        assert_eq!(Summary::within(&[], 0.5), None);
    }
}
