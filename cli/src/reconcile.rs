//! `imhook reconcile`: compares the views with what OpenIM's REST API says, and writes events of what no callback said.
//!
//! **Order.** An event has the time of the moment before OpenIM was asked, so a callback that came later wins in the view,
//! whichever is applied first.
//!
//! **Interruptions.** A page of users or groups is compared as a whole. Its events are in the checkpoint, with their ids and
//! times, before the first is written. So an interrupted run writes each event once.

mod compare;
mod openim;

use std::{env, fs, path::PathBuf, time::Duration};

use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use clap::Args;
use domain::{GroupId, Reception, Timestamp, UserId, relation::rows::Aspect};
use outgoing::{Addresses, Client, OpenImAccess, OpenImApi, Target, is_token};
use serde::{Deserialize, Serialize};
use store::{EventsTable, RelationshipsTable, Retention};
use tokio::time::timeout;

use self::{
    compare::{Compared, Difference},
    openim::{Group, List, NoList, Of, OpenIm, PAGE},
};
use crate::{Result, checkpoint, exit, out, tables::Tables, view};

#[derive(Args)]
#[command(after_help = "\
The token of an administrator comes from OPENIM_ADMIN_TOKEN or from --token-file. Without it, OpenIM is asked for one with
OPENIM_ADMIN_SECRET, which is its share.secret, and OPENIM_ADMIN_USER, or imAdmin.

Exit codes: 0 nothing differs; 3 something differs, also if --apply wrote it; 1 it could not compare everything.

Examples:
  imhook reconcile --openim http://127.0.0.1:10002
  imhook reconcile --openim http://127.0.0.1:10002 --user ana --group g1
  imhook reconcile --openim http://127.0.0.1:10002 --apply --rate 50")]
pub(crate) struct Options {
    /// OpenIM's REST API, such as http://127.0.0.1:10002
    #[arg(long, value_name = "URL")]
    openim: String,
    /// File with the token of an administrator
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Only the friends and blocks of this user, and no groups but those of --group; can be given several times
    #[arg(long, value_name = "USER")]
    user: Vec<String>,
    /// Only the members of this group, and no users but those of --user; can be given several times
    #[arg(long, value_name = "GROUP")]
    group: Vec<String>,
    /// Write what differs as events. Without it, nothing is changed
    #[arg(long)]
    apply: bool,
    /// The same as without --apply
    #[arg(long, conflicts_with = "apply")]
    dry_run: bool,
    /// The most requests to OpenIM in a second
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rate: u32,
    /// Print JSON lines instead of tables
    #[arg(long)]
    json: bool,
    /// File for the progress, so an interrupted run can be continued
    #[arg(long, value_name = "FILE", default_value = ".local/reconcile.json")]
    checkpoint: PathBuf,
    /// Begin with the first user, even after an interrupted run
    #[arg(long)]
    from_start: bool,
    /// Days after which the events expire; 0 keeps them for ever
    #[arg(long, value_name = "NUMBER", default_value_t = 365)]
    retention_days: u32,
    #[command(flatten)]
    tables: Tables,
}

/// How long OpenIM may take to say its time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whose lists are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    Users,
    Groups,
    Done,
}

/// The progress of a run.
#[derive(Serialize, Deserialize)]
struct Progress {
    /// What this run does. A run that does something else does not continue it.
    what: String,
    /// Distinguishes the events table from another one with the same name.
    events_table_created: String,
    /// Unix seconds.
    begun: u64,
    /// A part of the ids of this run's events.
    run: String,
    phase: Phase,
    /// The next page, counted from 1.
    page: usize,
    /// The events of the page before that may not be written yet.
    to_write: Vec<Reception>,
    lists: u64,
    missing_here: u64,
    not_at_openim: u64,
    newer_here: u64,
    left_out: u64,
}

struct Run {
    options: Options,
    openim: OpenIm,
    events: EventsTable,
    view: RelationshipsTable,
    progress: Progress,
}

pub(crate) async fn reconcile(options: Options) -> Result<()> {
    let access = access(&options)?;
    // OpenIM is usually in the operator's own network.
    let target = Target::new(&options.openim, Addresses::AlsoPrivate)
        .map_err(|wrong| format!("the URL of --openim {wrong}"))?;
    let client = Client::new(target)?;
    if options.apply {
        check_clock(&client).await?;
    }
    let openim = OpenIm::new(OpenImApi::new(client, access), options.rate);
    let days = u64::from(options.retention_days);
    let retention = Retention {
        events: (days > 0).then(|| Duration::from_secs(days * 24 * 60 * 60)),
        ..Retention::default()
    };
    let client = options.tables.patient_client()?;
    let events = EventsTable::new(client.clone(), &options.tables.events_table, retention);
    let view = RelationshipsTable::new(client, &options.tables.relationships_table);
    let created = events.description().await?.created;
    let progress = begin(&options, created)?;
    let mut run = Run {
        options,
        openim,
        events,
        view,
        progress,
    };
    let compared = run.compare_all().await;
    out::progress("");
    if let Err(error) = compared {
        // A reader who went away gets no message.
        if error.is::<out::NobodyReads>() {
            return Err(error);
        }
        let lists = run.progress.lists;
        checkpoint::save(&run.options.checkpoint, &run.progress)?;
        out::complain(&format!(
            "stopped after {lists} lists; when the reason is gone, the same command continues from there"
        ));
        return Err(error);
    }
    checkpoint::remove(&run.options.checkpoint)?;
    run.summary()
}

/// How far this machine's clock may be ahead of OpenIM's, whose time is in whole seconds.
const AHEAD: i64 = 5;

/// Fails if this machine's clock is ahead of OpenIM's. Events would then have a time in the future, and win over callbacks
/// that come later.
async fn check_clock(client: &Client) -> Result<()> {
    // The server says its time with any answer, also that there is no such path.
    let asked = client.post_below("/imhook-asks-the-time", &[], "{}", 64 * 1024);
    // If it does not answer, the first question says so.
    let Ok(Ok(answer)) = timeout(PATIENCE, asked).await else {
        return Ok(());
    };
    let date = answer.headers.get("date").and_then(|it| it.to_str().ok());
    let date = date.and_then(|it| DateTime::from_str(it, DateTimeFormat::HttpDate).ok());
    let date = date.ok_or("OpenIM's answer has no time, so nobody can say which fact is newer")?;
    let ahead = Timestamp::now().unix_seconds() - date.secs();
    match ahead > AHEAD {
        true => Err(format!(
            "the clock of this machine is {ahead} seconds ahead of OpenIM's: set it, or the events would win over callbacks that come later"
        )
        .into()),
        false => Ok(()),
    }
}

/// What the options and the environment say about the administrator.
fn access(options: &Options) -> Result<OpenImAccess> {
    let variable = |name: &str| env::var(name).ok().filter(|it| !it.is_empty());
    let token = match &options.token_file {
        Some(file) => {
            let shown = file.display();
            let text = fs::read_to_string(file).map_err(|error| format!("{shown}: {error}"))?;
            Some(text.trim().to_owned())
        }
        None => variable("OPENIM_ADMIN_TOKEN"),
    };
    Ok(match (token, variable("OPENIM_ADMIN_SECRET")) {
        (Some(token), _) if is_token(&token) => OpenImAccess::Token(token),
        (Some(_), _) => {
            return Err("the token is empty, or has characters that no token has".into());
        }
        (None, Some(secret)) => OpenImAccess::Secret {
            user: variable("OPENIM_ADMIN_USER").unwrap_or_else(|| "imAdmin".to_owned()),
            secret,
        },
        (None, None) => {
            return Err("there is no token: set OPENIM_ADMIN_TOKEN or OPENIM_ADMIN_SECRET, or use --token-file".into());
        }
    })
}

/// The progress of the interrupted run that this one continues, or that of a new run.
fn begin(options: &Options, created: String) -> Result<Progress> {
    let new = Progress {
        what: format!(
            "{} {} {} {} {:?} {:?} {}",
            options.openim,
            options.tables.database(),
            options.tables.events_table,
            options.tables.relationships_table,
            options.user,
            options.group,
            options.apply,
        ),
        events_table_created: created,
        begun: checkpoint::now()?,
        run: format!("{:016x}", fastrand::u64(..)),
        phase: Phase::Users,
        page: 1,
        to_write: Vec::new(),
        lists: 0,
        missing_here: 0,
        not_at_openim: 0,
        newer_here: 0,
        left_out: 0,
    };
    if options.from_start {
        return Ok(new);
    }
    let Some(old) = checkpoint::read::<Progress>(&options.checkpoint)? else {
        return Ok(new);
    };
    let file = options.checkpoint.display();
    if old.what != new.what {
        return Err(format!(
            "{file} belongs to another interrupted comparison: finish that one, or use --from-start"
        )
        .into());
    }
    let same_table = old.events_table_created == new.events_table_created;
    if !checkpoint::is_resumed(&options.checkpoint, same_table, old.begun)? {
        return Ok(new);
    }
    // On standard error, so that a program reads only the differences.
    out::complain(&format!("resuming after {} lists ({file})", old.lists));
    Ok(old)
}

/// What a page of users or groups gave.
#[derive(Default)]
struct Found {
    lists: u64,
    differences: Vec<Difference>,
    to_write: Vec<Reception>,
    left_out: u64,
}

impl Run {
    async fn compare_all(&mut self) -> Result<()> {
        self.write().await?;
        while self.progress.phase != Phase::Done {
            let ids = self.ids().await?;
            let mut found = Found::default();
            for id in &ids {
                match self.progress.phase {
                    Phase::Users => self.compare_user(id, &mut found).await?,
                    Phase::Groups | Phase::Done => self.compare_group(id, &mut found).await?,
                }
                let lists = self.progress.lists + found.lists;
                out::progress(&format!("{lists} lists compared"));
            }
            out::progress("");
            self.add(found, ids.len() < PAGE)?;
            checkpoint::save(&self.options.checkpoint, &self.progress)?;
            self.write().await?;
        }
        Ok(())
    }

    /// The ids of the next page.
    async fn ids(&mut self) -> Result<Vec<String>> {
        let Options { user, group, .. } = &self.options;
        let page = self.progress.page;
        let is_all = user.is_empty() && group.is_empty();
        let given = match self.progress.phase {
            Phase::Users if is_all => return self.openim.users(page).await,
            Phase::Groups if is_all => return self.openim.groups(page).await,
            Phase::Users => user,
            Phase::Groups | Phase::Done => group,
        };
        let given = given.iter().skip((page - 1) * PAGE).take(PAGE);
        Ok(given.cloned().collect())
    }

    /// Compares the friends and the blocks of a user.
    async fn compare_user(&mut self, id: &str, found: &mut Found) -> Result<()> {
        let Ok(user) = UserId::new(id) else {
            left_out("lists", id, "this is no id", found);
            return Ok(());
        };
        for aspect in [Aspect::Friend, Aspect::Block] {
            let asked = Timestamp::now();
            let (of, what) = match aspect {
                Aspect::Block => (Of::Blocks(&user), "blocks"),
                _ => (Of::Friends(&user), "friends"),
            };
            if let Some(list) = self.list(&of, what, id, found).await? {
                let compared = compare::relations(&self.view, &user, aspect, list, asked).await?;
                self.take(compared, asked, found);
            }
        }
        Ok(())
    }

    /// Compares the members of a group.
    async fn compare_group(&mut self, id: &str, found: &mut Found) -> Result<()> {
        let Ok(group) = GroupId::new(id) else {
            left_out("members", id, "this is no id", found);
            return Ok(());
        };
        let asked = Timestamp::now();
        // OpenIM's list of all groups has no dissolved ones, but it still says the members of one.
        let mut is_dissolved = false;
        if !self.options.group.is_empty() {
            match self.openim.group(&group).await? {
                Group::There => {}
                Group::Dissolved => is_dissolved = true,
                Group::NotThere => {
                    left_out("members", id, "OpenIM has no such group", found);
                    return Ok(());
                }
            }
        }
        let list = match is_dissolved {
            true => Some(List::new()),
            false => {
                self.list(&Of::Members(&group), "members", id, found)
                    .await?
            }
        };
        if let Some(list) = list {
            let compared = compare::members(&self.view, &group, list, is_dissolved, asked).await?;
            self.take(compared, asked, found);
        }
        Ok(())
    }

    /// A list of OpenIM. `None` if it is left out.
    async fn list(
        &mut self,
        of: &Of<'_>,
        what: &str,
        id: &str,
        found: &mut Found,
    ) -> Result<Option<List>> {
        match self.openim.list(of).await {
            Ok(list) => Ok(Some(list)),
            Err(NoList::LeftOut(why)) => {
                left_out(what, id, why, found);
                Ok(None)
            }
            Err(NoList::Stopped(error)) => Err(error),
        }
    }

    fn take(&self, compared: Compared, asked: Timestamp, found: &mut Found) {
        found.lists += 1;
        found.differences.extend(compared.differences);
        if let (true, Some(events)) = (self.options.apply, compared.events) {
            let Progress { run, lists, .. } = &self.progress;
            let id = format!("reconcile-{run}-{}", lists + found.lists);
            found.to_write.push(compare::reception(id, asked, events));
        }
    }

    /// Prints what a page gave, and adds it to the progress.
    fn add(&mut self, found: Found, is_last: bool) -> Result<()> {
        let progress = &mut self.progress;
        for difference in &found.differences {
            let count = match (difference.newer_here, difference.openim) {
                (true, _) => &mut progress.newer_here,
                (false, true) => &mut progress.missing_here,
                (false, false) => &mut progress.not_at_openim,
            };
            *count += 1;
        }
        progress.lists += found.lists;
        progress.left_out += found.left_out;
        progress.to_write = found.to_write;
        (progress.phase, progress.page) = match (progress.phase, is_last) {
            (phase, false) => (phase, progress.page + 1),
            (Phase::Users, true) => (Phase::Groups, 1),
            (_, true) => (Phase::Done, 1),
        };
        print(&found.differences, self.options.json)
    }

    /// Writes the events of the last page. Those that are written already do not change.
    async fn write(&mut self) -> Result<()> {
        for reception in &self.progress.to_write {
            self.events.record(reception).await?;
        }
        self.progress.to_write.clear();
        Ok(())
    }

    fn summary(&self) -> Result<()> {
        let Progress {
            lists,
            missing_here,
            not_at_openim,
            newer_here,
            left_out,
            ..
        } = self.progress;
        let mut lines = format!(
            "lists compared: {lists}; facts missing here: {missing_here}, no longer at OpenIM: {not_at_openim}"
        );
        if newer_here > 0 {
            lines += &format!(
                "\nfacts left alone, because a callback came while OpenIM was asked, or a moment before: {newer_here}"
            );
        }
        let found = missing_here + not_at_openim > 0;
        lines += match (self.options.apply, found) {
            (true, true) => "\nwritten as events; the views follow in a moment",
            (false, true) => "\nnothing was changed; --apply writes them as events",
            (_, false) => "",
        };
        match self.options.json {
            true => out::complain(&lines),
            false => out::lines(&lines)?,
        }
        if left_out > 0 {
            return Err(format!("{left_out} lists were left out (see above)").into());
        }
        exit::found(found || newer_here > 0)
    }
}

fn left_out(what: &str, id: &str, why: &str, found: &mut Found) {
    out::progress("");
    out::complain(&format!("the {what} of {id} are left out: {why}"));
    found.left_out += 1;
}

fn print(differences: &[Difference], json: bool) -> Result<()> {
    if differences.is_empty() {
        return Ok(());
    }
    if json {
        return out::lines(&view::json_lines(differences)?);
    }
    let heading = ["WHAT", "OF", "WHO", "HERE", "AS OF", "OPENIM", "SINCE", ""];
    let rows = differences.iter().map(|it| {
        let time = |time: Option<Timestamp>| time.map(|it| it.to_string()).unwrap_or_default();
        let openim = if it.openim { "yes" } else { "no" };
        let note = if it.newer_here { "newer here" } else { "" };
        vec![
            it.what.to_owned(),
            it.of.clone(),
            it.who.to_string(),
            it.here.word().to_owned(),
            time(it.heard_here),
            openim.to_owned(),
            time(it.openim_since),
            note.to_owned(),
        ]
    });
    let table = view::table(&view::with_heading(&heading, rows), view::CELL);
    out::lines(&table)
}
