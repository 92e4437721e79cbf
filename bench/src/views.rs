//! The views of a run: `project-views` gets what the table's stream would have, and `imhook` reads what became of it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use domain::{Timestamp, UserId, group::Role};
use models::{
    memberships::{self, Seat},
    relations::{self, USERS},
    views::Views,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{json, value::RawValue};

use crate::{
    Result,
    contestants::{Contestant, Places, Table},
    endpoint::{Dynamodb, RELATIONSHIPS},
    event::Callback,
    scene::{Function, Scene},
};

/// The stack's batch size.
const BATCH: usize = 100;
const PATIENCE: Duration = Duration::from_secs(60);

/// A process of `project-views` with its table.
pub(crate) struct Projection<'a> {
    pub(crate) function: Function<'a>,
    imhook: PathBuf,
    dynamodb: Dynamodb,
    delivered: u64,
}

impl<'a> Projection<'a> {
    pub(crate) fn start(scene: &'a Scene, places: &Places) -> Result<Self> {
        let dynamodb = Dynamodb::start(&places.imhook, "RelationshipsTable", RELATIONSHIPS)?;
        // It gets no callbacks.
        let callback = Callback::DeleteFriend;
        let contestant = Contestant::function("project-views", Table::None, callback);
        let environment = [
            ("RELATIONSHIPS_TABLE", RELATIONSHIPS),
            ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url.as_str()),
        ];
        Ok(Self {
            function: scene.start(&contestant, &[], &environment, PATIENCE)?,
            imhook: places.imhook.clone(),
            delivered: 0,
            dynamodb,
        })
    }

    /// Delivers new items as the stream does. Returns the time of each batch in milliseconds. Fails if one has to come
    /// again.
    pub(crate) fn deliver(
        &mut self,
        items: Vec<(String, String, Box<RawValue>)>,
    ) -> Result<Vec<f64>> {
        let mut records = Vec::new();
        for (pk, sk, image) in items {
            self.delivered += 1;
            records.push(json!({
                "eventID": self.delivered.to_string(),
                "eventName": "INSERT",
                "eventVersion": "1.1",
                "eventSource": "aws:dynamodb",
                "awsRegion": "eu-central-1",
                "dynamodb": {
                    "Keys": {"pk": {"S": pk}, "sk": {"S": sk}},
                    "NewImage": image,
                    "SequenceNumber": format!("{:021}", self.delivered),
                    "StreamViewType": "NEW_IMAGE",
                },
            }));
        }
        let batches = records.chunks(BATCH);
        let batches = batches.map(|batch| json!({ "Records": batch }).to_string().into_bytes());
        let done = |answer: &[u8]| answer == br#"{"batchItemFailures":[]}"#;
        let answers = self.function.pass(batches.collect(), PATIENCE, done)?;
        Ok(answers.iter().map(|answer| answer.millis()).collect())
    }

    /// What `imhook` says about everybody. It has no question about pending requests.
    pub(crate) fn views(&self) -> Result<Views> {
        let mut relations = relations::Model::default();
        for name in USERS {
            let owner = UserId::new(name)?;
            for friend in self.ask::<Friend>(&["friends-of", name])? {
                let pair = (owner.clone(), friend.friend);
                if !friend.remark.is_empty() {
                    relations.remarks.insert(pair.clone(), friend.remark);
                }
                relations.friends.insert(pair);
            }
            for block in self.ask::<Block>(&["blocked-by", name])? {
                let blocks = match block.intended {
                    true => &mut relations.intended_blocks,
                    false => &mut relations.blocks,
                };
                blocks.insert((owner.clone(), block.other));
            }
        }
        let mut seats = BTreeMap::new();
        for (group, user) in memberships::pairs() {
            let asked = ["is-member", group.as_str(), user.as_str()];
            let seat = match self.ask::<Member>(&asked)?.pop() {
                Some(Member {
                    member: Membership::Yes,
                    since,
                    role,
                }) => Seat::Taken { since, role },
                Some(Member { member, .. }) => match member {
                    Membership::Intended => Seat::Intended,
                    Membership::No => Seat::Empty,
                    _ => Seat::NotKnown,
                },
                None => return Err("imhook is-member prints nothing".into()),
            };
            seats.insert((group, user), seat);
        }
        Ok(Views {
            relations,
            memberships: memberships::Model(seats),
        })
    }

    fn ask<T: DeserializeOwned>(&self, question: &[&str]) -> Result<Vec<T>> {
        ask(&self.imhook, &self.dynamodb.url, question)
    }
}

fn ask<T: DeserializeOwned>(imhook: &Path, url: &str, question: &[&str]) -> Result<Vec<T>> {
    let output = Command::new(imhook)
        .args(question)
        .args([
            "--json",
            "--dynamodb",
            url,
            "--relationships-table",
            RELATIONSHIPS,
        ])
        .output()?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        return Err(format!("imhook {}: {error}", question.join(" ")).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let lines = text.lines().map(serde_json::from_str);
    Ok(lines.collect::<std::result::Result<_, _>>()?)
}

#[derive(Deserialize)]
struct Friend {
    friend: UserId,
    remark: String,
}

#[derive(Deserialize)]
struct Block {
    other: UserId,
    intended: bool,
}

#[derive(Deserialize)]
struct Member {
    member: Membership,
    since: Option<Timestamp>,
    role: Option<Role>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Membership {
    Yes,
    Intended,
    No,
    NotKnown,
}
