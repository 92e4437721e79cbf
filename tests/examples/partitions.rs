//! Says how busy the busiest keys of the events table are while messages arrive:
//! `partitions RATE GROUPS EXPONENT BYTES [SECONDS]`.
//!
//! Each message goes to a group by Zipf's law with that exponent, and becomes the item that a function writes. So the keys and
//! the sizes are those of the code. One key takes 1,000 write units a second:
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>

// Its output is its result.
#![allow(clippy::print_stdout)]

use std::{collections::HashMap, env, process::exit};

use domain::{
    Conversation, GroupId, Reception, Source, Timestamp, UserId,
    message::{AppText, Content, Event, Kind, MessageRef},
};
use serde_json::json;
use store::{Retention, item};
use support::{item_bytes, write_units};

/// What one key takes in a second.
const KEY_TAKES: usize = 1000;

fn message(random: &mut fastrand::Rng, group: usize, at: i64, text: &str) -> Reception {
    let at = Timestamp::from_unix_millis(at).unwrap();
    Reception {
        // As long as a gateway's id, and as random.
        id: format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            random.u32(..),
            random.u16(..),
            random.u16(..),
            random.u16(..),
            random.u64(..1 << 48)
        ),
        received_at: at,
        source: Source::OpenIm,
        command: "callbackAfterSendGroupMsgCommand".to_owned(),
        operation_id: Some(format!("{:032x}", random.u128(..))),
        events: vec![Event::MessageSent {
            conversation: Conversation::Group(GroupId::new(format!("{group:010}")).unwrap()),
            topic: None,
            from: UserId::new(format!("{:010}", random.u32(..))).unwrap(),
            message: MessageRef {
                id: Some(format!("{:032x}", random.u128(..))),
                client_id: Some(format!("{:032x}", random.u128(..))),
                seq: None,
            },
            kind: Kind::Text,
            sent_at: Some(at),
            mentions: Vec::new(),
            mentions_everybody: false,
            bot: false,
            content: Some(Content::Text {
                text: text.to_owned(),
            }),
            app_text: AppText::default(),
        }]
        .into(),
        body: None,
        target: None,
        part: None,
    }
}

fn main() {
    let arguments = env::args().skip(1).map(|it| it.parse());
    let arguments: Vec<f64> = arguments.collect::<Result<_, _>>().unwrap_or_default();
    let (rate, groups, exponent, bytes, seconds) = match arguments[..] {
        [rate, groups, exponent, bytes] => (rate, groups, exponent, bytes, 10.0),
        [rate, groups, exponent, bytes, seconds] => (rate, groups, exponent, bytes, seconds),
        _ => {
            eprintln!("usage: partitions RATE GROUPS EXPONENT BYTES [SECONDS]");
            exit(2);
        }
    };
    // The sums of the weights of the groups up to each.
    let mut sum = 0.0;
    let sums: Vec<f64> = (1..=groups as usize)
        .map(|place| {
            sum += (place as f64).powf(-exponent);
            sum
        })
        .collect();
    // The same numbers in each run.
    let mut random = fastrand::Rng::with_seed(1);
    let text = "x".repeat(bytes as usize);
    let mut of_groups = vec![0usize; sums.len()];
    let mut of_keys: HashMap<String, usize> = HashMap::new();
    let (mut busiest_second, mut refused, mut size, mut units) = (0, 0, 0, 0);
    for second in 0..seconds as i64 {
        let mut keys: HashMap<String, usize> = HashMap::new();
        for _ in 0..rate as usize {
            let chosen = random.f64() * sum;
            let group = sums.partition_point(|it| *it < chosen);
            let at = 1_795_000_000_000 + second * 1000 + random.i64(0..1000);
            let reception = message(&mut random, group, at, &text);
            let item = item::from_reception(&reception, &Retention::default());
            let item = item.unwrap().unwrap();
            of_groups[group] += 1;
            (size, units) = (item_bytes(&item), write_units(&item));
            *keys
                .entry(item[item::PK].as_s().unwrap().clone())
                .or_default() += units;
        }
        for (key, written) in keys {
            busiest_second = busiest_second.max(written);
            refused += written.saturating_sub(KEY_TAKES).div_ceil(units);
            *of_keys.entry(key).or_default() += written;
        }
    }
    let a_second = |all: Option<usize>| (all.unwrap_or_default() as f64 / seconds).round();
    let told = json!({
        "messages": rate * seconds,
        "itemBytes": size,
        "unitsOfAMessage": units,
        "busiestGroup": a_second(of_groups.into_iter().max()),
        "busiestKey": a_second(of_keys.into_values().max()),
        "busiestSecond": busiest_second,
        "refused": refused,
    });
    println!("{told}");
}
