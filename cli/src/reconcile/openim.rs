//! What OpenIM's REST API says: who exists, and who is on which list.
//!
//! Source: `openimsdk/open-im-server` at commit `7848d7c`, `internal/api/router.go`, and `openimsdk/protocol`.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use domain::{GroupId, Timestamp, UserId};
use outgoing::{OpenImApi, TOKEN_REFUSED, Unanswered};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::Result;

/// How many entries a page has.
pub(super) const PAGE: usize = 100;

/// The pauses before a request is sent again.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];

/// How often a list is read again that changes while it is read.
const READINGS: usize = 3;

/// The codes after which the same request cannot succeed: <https://docs.openim.io/restapi/errcode>.
const NEVER: [i64; 5] = [1001, 1002, 1004, 1101, 1201];

/// The state of a group that was dissolved.
const DISSOLVED: i64 = 2;

/// A list: who is on it, and since when.
pub(super) type List = BTreeMap<UserId, Option<Timestamp>>;

/// Why a list cannot be compared.
#[derive(Debug)]
pub(super) enum NoList {
    /// This list cannot; others can.
    LeftOut(&'static str),
    /// The server does not answer.
    Stopped(Box<dyn std::error::Error>),
}

/// What a list of the server is about.
pub(super) enum Of<'a> {
    Friends(&'a UserId),
    Blocks(&'a UserId),
    Members(&'a GroupId),
}

/// What is known about a group itself.
pub(super) enum Group {
    There,
    Dissolved,
    NotThere,
}

pub(super) struct OpenIm {
    api: OpenImApi,
    /// The least time between two requests.
    least: Duration,
    /// When the last request was sent.
    last: Option<Instant>,
}

#[derive(Deserialize)]
struct Users {
    #[serde(rename = "userIDs", default)]
    ids: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Groups {
    #[serde(default)]
    groups: Option<Vec<ListedGroup>>,
}

#[derive(Deserialize)]
struct ListedGroup {
    #[serde(rename = "groupInfo")]
    info: GroupInfo,
}

#[derive(Deserialize)]
struct GroupInfo {
    #[serde(rename = "groupID")]
    id: String,
    #[serde(default)]
    status: i64,
}

/// A page of a list. Each kind of list has its own name for the entries.
#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    total: usize,
    #[serde(default, rename = "friendsInfo", alias = "blacks", alias = "members")]
    entries: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default, rename = "friendUser", alias = "blackUserInfo")]
    user: Option<EntryUser>,
    /// Of a member.
    #[serde(default, rename = "userID")]
    user_id: String,
    /// Seconds.
    #[serde(default)]
    create_time: i64,
    /// Of a member, in milliseconds.
    #[serde(default)]
    join_time: i64,
}

#[derive(Deserialize)]
struct EntryUser {
    #[serde(default, rename = "userID")]
    id: String,
}

impl Entry {
    fn user(&self) -> Option<UserId> {
        let of_list = self.user.as_ref().map(|user| &user.id);
        UserId::new(of_list.unwrap_or(&self.user_id)).ok()
    }

    fn since(&self) -> Option<Timestamp> {
        let millis = match self.join_time {
            0 => self.create_time.saturating_mul(1000),
            millis => millis,
        };
        let known = (millis > 0).then_some(millis)?;
        Timestamp::from_unix_millis(known).ok()
    }
}

impl OpenIm {
    /// Asks at most `rate` times a second.
    pub(super) fn new(api: OpenImApi, rate: u32) -> Self {
        Self {
            api,
            least: Duration::from_secs(1) / rate,
            last: None,
        }
    }

    /// A page of the users' ids, counted from 1.
    pub(super) async fn users(&mut self, page: usize) -> Result<Vec<String>> {
        let body = json!({"pagination": pagination(page)});
        let users: Option<Users> = self.ask("/user/get_all_users_uid", &body).await?;
        Ok(users.and_then(|users| users.ids).unwrap_or_default())
    }

    /// A page of the ids of the groups that are not dissolved, counted from 1.
    pub(super) async fn groups(&mut self, page: usize) -> Result<Vec<String>> {
        let groups = self.groups_with("", page).await?;
        Ok(groups.into_iter().map(|group| group.info.id).collect())
    }

    /// Whether a group is there.
    pub(super) async fn group(&mut self, group: &GroupId) -> Result<Group> {
        let groups = self.groups_with(group.as_str(), 1).await?;
        let group = groups.into_iter().find(|it| it.info.id == group.as_str());
        Ok(match group {
            None => Group::NotThere,
            Some(it) if it.info.status == DISSOLVED => Group::Dissolved,
            Some(_) => Group::There,
        })
    }

    async fn groups_with(&mut self, id: &str, page: usize) -> Result<Vec<ListedGroup>> {
        let body = json!({"groupID": id, "groupName": "", "pagination": pagination(page)});
        let groups: Option<Groups> = self.ask("/group/get_groups", &body).await?;
        Ok(groups.and_then(|groups| groups.groups).unwrap_or_default())
    }

    /// A whole list.
    pub(super) async fn list(&mut self, of: &Of<'_>) -> std::result::Result<List, NoList> {
        for _ in 0..READINGS {
            if let Some(list) = self.list_once(of).await? {
                return Ok(list);
            }
        }
        Err(NoList::LeftOut("it changes while it is read"))
    }

    /// A list. `None` if it changed while it was read: then an entry can have moved from a page to one that was read before.
    async fn list_once(&mut self, of: &Of<'_>) -> std::result::Result<Option<List>, NoList> {
        let mut list = List::new();
        let mut total = None;
        for page in 1.. {
            let pagination = pagination(page);
            let (path, body) = match of {
                Of::Friends(user) => (
                    "/friend/get_friend_list",
                    json!({"userID": user, "pagination": pagination}),
                ),
                Of::Blocks(user) => (
                    "/friend/get_black_list",
                    json!({"userID": user, "pagination": pagination}),
                ),
                Of::Members(group) => (
                    "/group/get_group_member_list",
                    json!({"groupID": group, "filter": 0, "keyword": "", "pagination": pagination}),
                ),
            };
            let found: Option<Page> = self.ask(path, &body).await.map_err(NoList::Stopped)?;
            let (count, entries) = match found {
                Some(page) => (page.total, page.entries.unwrap_or_default()),
                None => (0, Vec::new()),
            };
            if *total.get_or_insert(count) != count {
                return Ok(None);
            }
            let is_last = entries.len() < PAGE;
            for entry in entries {
                // A deleted account has no id here. Without it, nobody can say who is missing.
                let user = entry.user().ok_or(NoList::LeftOut("an entry has no id"))?;
                list.insert(user, entry.since());
            }
            if is_last {
                break;
            }
        }
        Ok((total == Some(list.len())).then_some(list))
    }

    /// Asks the server, and again if that may help.
    async fn ask<T: for<'a> Deserialize<'a>>(
        &mut self,
        path: &str,
        body: &Value,
    ) -> Result<Option<T>> {
        let mut pauses = PAUSES.into_iter();
        loop {
            if let Some(last) = self.last {
                sleep(self.least.saturating_sub(last.elapsed())).await;
            }
            self.last = Some(Instant::now());
            let why = match self.api.ask(path, body).await {
                Ok(Ok(data)) => return Ok(data),
                Ok(Err(code)) if TOKEN_REFUSED.contains(&code) => {
                    return Err(format!("OpenIM refuses the token with {code}: get a new one of an administrator with /auth/get_admin_token").into());
                }
                Ok(Err(1002)) => {
                    return Err(format!(
                        "OpenIM refuses {path} with 1002: the token is not that of an administrator"
                    )
                    .into());
                }
                Ok(Err(code)) if NEVER.contains(&code) => {
                    return Err(format!("OpenIM refuses {path} with {code}").into());
                }
                Ok(Err(code)) => format!("OpenIM answers {path} with {code}"),
                Err(no @ Unanswered::NoToken(_)) => return Err(no.to_string().into()),
                Err(Unanswered::NotNow(why)) => format!("{path}: {why}"),
            };
            let Some(pause) = pauses.next() else {
                return Err(why.into());
            };
            sleep(pause).await;
        }
    }
}

fn pagination(page: usize) -> Value {
    json!({"pageNumber": page, "showNumber": PAGE})
}
