//! The commands that ask the tables: who is friends with whom, who is in which group, and what happened.

use clap::{Args, Subcommand};
use domain::{
    GroupId, Reception, Timestamp, UserId,
    group::{Role, rows::Membership},
};
use serde::Serialize;
use store::{
    Position, Retention,
    memberships::{Member, Members},
    relationships_table::{Block, Direction, Entry, Friend},
};

use crate::{Result, history::Wanted, out, sentences::sentences, tables::Tables, text};

#[derive(Subcommand)]
pub(crate) enum Question {
    /// List the friends of a user
    FriendsOf {
        /// The user
        user: String,
        #[command(flatten)]
        options: Options,
    },
    /// Show whether two users are on each other's friend list
    AreFriends {
        /// One user
        a: String,
        /// The other user
        b: String,
        #[command(flatten)]
        options: Options,
    },
    /// List the users who have a user on their friend list
    ListedBy {
        /// The user
        user: String,
        #[command(flatten)]
        options: Options,
    },
    /// List the users whom a user has blocked or was about to block
    BlockedBy {
        /// The user
        user: String,
        #[command(flatten)]
        options: Options,
    },
    /// List the members of a group, and the users who were about to join it
    ///
    /// OpenIM reports a new group's members and those who join freely. It asks before every joining. After an invitation,
    /// or after a request was accepted, it reports nothing: such a user is shown as intended.
    MembersOf {
        /// The group
        group: String,
        /// List at most so many; without it, all
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
        limit: Option<u32>,
        /// List only users whose id comes after this one, in the order of bytes
        #[arg(long, value_name = "USER")]
        after: Option<String>,
        #[command(flatten)]
        options: Options,
    },
    /// List the groups that a user is in or was about to join; `members-of` says what is not reported
    GroupsOf {
        /// The user
        user: String,
        #[command(flatten)]
        options: Options,
    },
    /// Show whether a user is in a group; `members-of` says what is not reported
    IsMember {
        /// The group
        group: String,
        /// The user
        user: String,
        #[command(flatten)]
        options: Options,
    },
    /// List the callbacks that are filed under a user, a group or a conversation, oldest first
    History {
        #[command(flatten)]
        wanted: Box<Wanted>,
        #[command(flatten)]
        options: Options,
    },
}

/// The widest cell of a table, in characters. A sentence with two ids of 36 characters fits in.
pub(crate) const CELL: usize = 100;

#[derive(Args)]
pub(crate) struct Options {
    /// Print JSON lines instead of a table
    #[arg(long)]
    json: bool,
    /// Print long cells of the table in full; JSON is never cut
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    tables: Tables,
}

pub(crate) async fn answer(question: Question) -> Result<()> {
    let mut unreadable = Vec::new();
    let mut next = None;
    let mut unfinished = false;
    let (answer, options) = match question {
        Question::FriendsOf { user, options } => {
            let table = options.tables.relationships()?;
            (
                Answer::Friends(table.friends_of(&id(user)?).await?),
                options,
            )
        }
        Question::AreFriends { a, b, options } => {
            let table = options.tables.relationships()?;
            let friendship = table.friendship(&id(a)?, &id(b)?).await?;
            (Answer::Friendship(friendship), options)
        }
        Question::ListedBy { user, options } => {
            let table = options.tables.relationships()?;
            (
                Answer::ListedBy(table.listed_by(&id(user)?).await?),
                options,
            )
        }
        Question::BlockedBy { user, options } => {
            let table = options.tables.relationships()?;
            (
                Answer::BlockedBy(table.blocked_by(&id(user)?).await?),
                options,
            )
        }
        Question::MembersOf {
            group,
            limit,
            after,
            options,
        } => {
            let table = options.tables.relationships()?;
            let after = after.map(id).transpose()?;
            let limit = limit.map_or(usize::MAX, |limit| limit as usize);
            let group = GroupId::new(group)?;
            let members = table.members_of(&group, after.as_ref(), limit);
            let Members { members, more } = members.await?;
            unfinished = more;
            (Answer::Members(members), options)
        }
        Question::GroupsOf { user, options } => {
            let table = options.tables.relationships()?;
            (Answer::Groups(table.groups_of(&id(user)?).await?), options)
        }
        Question::IsMember {
            group,
            user,
            options,
        } => {
            let table = options.tables.relationships()?;
            let member = table.membership(&GroupId::new(group)?, &id(user)?).await?;
            (Answer::Membership([member]), options)
        }
        Question::History { wanted, options } => {
            let table = options.tables.events(Retention::default())?;
            let (of, reading) = wanted.parsed()?;
            let history = table.history(&of, &reading).await?;
            (unreadable, next) = (history.unreadable, history.next);
            (Answer::History(history.receptions), options)
        }
    };
    out::lines(&if options.json {
        answer.json_lines()?
    } else {
        let width = if options.full { usize::MAX } else { CELL };
        table(&answer.rows(), width)
    })?;
    if unfinished {
        out::complain("There are more: --after with the last user continues.");
    }
    if let Some(next) = next {
        // On standard error, so that a program reads only the answer.
        out::complain(&format!("there is more: --after '{next}'"));
    }
    complete(&unreadable)
}

/// Fails if something was left out, so that a program that reads the output does not take it as complete.
fn complete(unreadable: &[Position]) -> Result<()> {
    let mut error = match unreadable.len() {
        0 => return Ok(()),
        1 => "1 item was left out, because it cannot be read:".to_owned(),
        count => format!("{count} items were left out, because they cannot be read:"),
    };
    for position in unreadable {
        error.push('\n');
        error.push_str(&text::shown(&position.to_string()));
    }
    Err(error.into())
}

fn id(user: String) -> Result<UserId> {
    Ok(UserId::new(user)?)
}

enum Answer {
    Friends(Vec<Friend>),
    Friendship([Direction; 2]),
    ListedBy(Vec<Entry>),
    BlockedBy(Vec<Block>),
    Members(Vec<Member>),
    Groups(Vec<Member>),
    Membership([Member; 1]),
    History(Vec<Reception>),
}

impl Answer {
    fn json_lines(&self) -> Result<String> {
        match self {
            Self::Friends(friends) => json_lines(friends),
            Self::Friendship(directions) => json_lines(directions),
            Self::ListedBy(entries) => json_lines(entries),
            Self::BlockedBy(blocks) => json_lines(blocks),
            Self::Members(members) | Self::Groups(members) => json_lines(members),
            Self::Membership(member) => json_lines(member),
            Self::History(receptions) => json_lines(receptions),
        }
    }

    /// The rows of the table, with a heading.
    fn rows(&self) -> Vec<Vec<String>> {
        match self {
            Self::Friends(friends) => with_heading(
                &["FRIEND", "REMARK", "AS OF"],
                friends.iter().map(|friend| {
                    let remark = friend.remark.clone();
                    vec![friend.friend.to_string(), remark, time(friend.received_at)]
                }),
            ),
            Self::Friendship(directions) => with_heading(
                &["LIST OF", "WHO", "LISTED", "AS OF"],
                directions.iter().map(|direction| {
                    let listed = match direction.listed {
                        Some(true) => "yes",
                        Some(false) => "no",
                        None => "not known",
                    };
                    vec![
                        direction.owner.to_string(),
                        direction.other.to_string(),
                        listed.to_owned(),
                        direction.received_at.map(time).unwrap_or_default(),
                    ]
                }),
            ),
            Self::ListedBy(entries) => with_heading(
                &["LIST OF", "AS OF"],
                entries
                    .iter()
                    .map(|entry| vec![entry.owner.to_string(), time(entry.received_at)]),
            ),
            Self::BlockedBy(blocks) => with_heading(
                &["WHO", "BLOCKED", "AS OF"],
                blocks.iter().map(|block| {
                    let blocked = if block.intended { "intended" } else { "yes" };
                    let time = time(block.received_at);
                    vec![block.other.to_string(), blocked.to_owned(), time]
                }),
            ),
            Self::Members(members) => with_heading(
                &["USER", "MEMBER", "ROLE", "SINCE", "AS OF"],
                members.iter().map(|member| {
                    let user = member.user.to_string();
                    [vec![user], about_member(member)].concat()
                }),
            ),
            Self::Groups(members) => with_heading(
                &["GROUP", "MEMBER", "ROLE", "SINCE", "AS OF"],
                members.iter().map(|member| {
                    let group = member.group.to_string();
                    [vec![group], about_member(member)].concat()
                }),
            ),
            Self::Membership(member) => with_heading(
                &["GROUP", "USER", "MEMBER", "ROLE", "SINCE", "AS OF"],
                member.iter().map(|member| {
                    let ids = vec![member.group.to_string(), member.user.to_string()];
                    [ids, about_member(member)].concat()
                }),
            ),
            Self::History(receptions) => with_heading(
                &["RECEIVED", "COMMAND", "EVENT"],
                receptions.iter().flat_map(|reception| {
                    sentences(&reception.events).into_iter().map(|sentence| {
                        vec![
                            time(reception.received_at),
                            reception.command.clone(),
                            sentence,
                        ]
                    })
                }),
            ),
        }
    }
}

/// Whether somebody is a member, with which role, since when, and as of when.
pub(crate) fn about_member(member: &Member) -> Vec<String> {
    let is_member = match member.member {
        Membership::Yes => "yes",
        Membership::Intended => "intended",
        Membership::No => "no",
        Membership::NotKnown => "not known",
    };
    let role = match member.role {
        None => String::new(),
        Some(Role::Owner) => "owner".to_owned(),
        Some(Role::Admin) => "admin".to_owned(),
        Some(Role::Member) => "member".to_owned(),
        Some(Role::Other(number)) => number.to_string(),
        Some(other) => format!("{other:?}"),
    };
    let [since, as_of] = [member.since, member.received_at].map(|it| it.map(time));
    vec![
        is_member.to_owned(),
        role,
        since.unwrap_or_default(),
        as_of.unwrap_or_default(),
    ]
}

pub(crate) fn json_lines(values: &[impl Serialize]) -> Result<String> {
    let mut lines = String::new();
    for value in values {
        lines.push_str(&text::json(&serde_json::to_string(value)?));
        lines.push('\n');
    }
    Ok(lines)
}

fn time(time: Timestamp) -> String {
    time.to_string()
}

pub(crate) fn with_heading(
    heading: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) -> Vec<Vec<String>> {
    let heading = heading.iter().map(|&word| word.to_owned()).collect();
    std::iter::once(heading).chain(rows).collect()
}

/// A table whose cells have at most `width` characters. A column is as wide as its longest cell, but at most [`CELL`], so
/// one very long cell does not widen all rows.
pub(crate) fn table(rows: &[Vec<String>], width: usize) -> String {
    let cells = |row: &Vec<String>| row.iter().map(|cell| text::cut(cell, width)).collect();
    let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|n| {
            let cells = rows.iter().filter_map(|row| row.get(n));
            let longest = cells.map(|cell| cell.chars().count()).max();
            longest.unwrap_or(0).min(CELL)
        })
        .collect();
    let mut table = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, &width) in row.iter().zip(&widths) {
            line.push_str(cell);
            let rest = width.saturating_sub(cell.chars().count());
            line.extend(std::iter::repeat_n(' ', rest + 2));
        }
        table.push_str(line.trim_end_matches(' '));
        table.push('\n');
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str) -> UserId {
        UserId::new(id).unwrap()
    }

    #[test]
    fn a_table_is_aligned_with_any_letters() {
        let received_at = Timestamp::from_unix_millis(1_700_000_000_123).unwrap();
        let friends = ["zoé", "maximilian"].map(|id| Friend {
            friend: user(id),
            remark: if id == "zoé" { "Zoë ☀" } else { "" }.to_owned(),
            received_at,
        });
        assert_eq!(
            table(&Answer::Friends(friends.into()).rows(), CELL),
            "FRIEND      REMARK  AS OF\n\
             zoé         Zoë ☀   2023-11-14T22:13:20.123Z\n\
             maximilian          2023-11-14T22:13:20.123Z\n"
        );
    }

    #[test]
    fn a_long_cell_is_cut_or_in_full_widens_only_its_own_row() {
        let long = "x".repeat(70_000);
        let rows = with_heading(
            &["A", "B"],
            [["a", "b"], [&long, "\u{1b}[2J"]]
                .map(|row| row.map(ToOwned::to_owned).to_vec())
                .into_iter(),
        );
        let cut: Vec<usize> = table(&rows, CELL)
            .lines()
            .map(|it| it.chars().count())
            .collect();
        assert_eq!(cut, [CELL + 3, CELL + 3, CELL + 11]);
        let full = table(&rows, usize::MAX);
        let lines: Vec<&str> = full.lines().collect();
        assert_eq!(lines[1].len(), CELL + 3);
        assert_eq!(lines[2], format!("{long}  \\u{{1b}}[2J"));
    }

    #[test]
    fn a_block_that_was_only_intended_is_shown_as_intended() {
        let block = |other: &str, intended| Block {
            owner: user("ana"),
            other: user(other),
            intended,
            received_at: Timestamp::from_unix_millis(0).unwrap(),
        };
        let answer = Answer::BlockedBy(vec![block("bob", false), block("leo", true)]);
        assert_eq!(
            table(&answer.rows(), CELL),
            "WHO  BLOCKED   AS OF\n\
             bob  yes       1970-01-01T00:00:00.000Z\n\
             leo  intended  1970-01-01T00:00:00.000Z\n"
        );
        assert_eq!(
            answer.json_lines().unwrap().lines().nth(1).unwrap(),
            r#"{"owner":"ana","other":"leo","intended":true,"received_at":"1970-01-01T00:00:00.000Z"}"#
        );
    }

    #[test]
    fn a_member_is_shown_with_what_was_told_and_nothing_else() {
        let at = |millis| Timestamp::from_unix_millis(millis).ok();
        let member = |user: &str, member, role, since, received_at| Member {
            group: GroupId::new("g").unwrap(),
            user: self::user(user),
            member,
            role,
            since,
            received_at,
        };
        let members = vec![
            member("ana", Membership::Yes, Some(Role::Owner), at(0), at(1)),
            member("bob", Membership::Intended, None, None, at(2)),
            member("leo", Membership::Yes, Some(Role::Other(7)), None, at(3)),
        ];
        let answer = Answer::Members(members.clone());
        assert_eq!(
            table(&answer.rows(), CELL),
            "USER  MEMBER    ROLE   SINCE                     AS OF\n\
             ana   yes       owner  1970-01-01T00:00:00.000Z  1970-01-01T00:00:00.001Z\n\
             bob   intended                                   1970-01-01T00:00:00.002Z\n\
             leo   yes       7                                1970-01-01T00:00:00.003Z\n"
        );
        assert_eq!(
            answer.json_lines().unwrap().lines().last().unwrap(),
            r#"{"group":"g","user":"leo","member":"yes","role":7,"since":null,"received_at":"1970-01-01T00:00:00.003Z"}"#
        );
        assert_eq!(
            table(&Answer::Groups(members[1..2].into()).rows(), CELL),
            "GROUP  MEMBER    ROLE  SINCE  AS OF\n\
             g      intended               1970-01-01T00:00:00.002Z\n"
        );
        let not_known = member("zoé", Membership::NotKnown, None, None, None);
        let answer = Answer::Membership([not_known]);
        assert_eq!(
            table(&answer.rows(), CELL),
            "GROUP  USER  MEMBER     ROLE  SINCE  AS OF\n\
             g      zoé   not known\n"
        );
        assert_eq!(
            answer.json_lines().unwrap(),
            "{\"group\":\"g\",\"user\":\"zoé\",\"member\":\"not_known\",\"role\":null,\"since\":null,\"received_at\":null}\n"
        );
    }

    #[test]
    fn a_friendship_that_no_callback_mentioned_is_not_known() {
        let direction = |owner: &str, other: &str, listed| Direction {
            owner: user(owner),
            other: user(other),
            listed,
            received_at: listed.and(Timestamp::from_unix_millis(0).ok()),
        };
        let answer = Answer::Friendship([
            direction("ana", "leo", Some(false)),
            direction("leo", "ana", None),
        ]);
        assert_eq!(
            table(&answer.rows(), CELL),
            "LIST OF  WHO  LISTED     AS OF\n\
             ana      leo  no         1970-01-01T00:00:00.000Z\n\
             leo      ana  not known\n"
        );
        assert_eq!(
            answer.json_lines().unwrap(),
            "{\"owner\":\"ana\",\"other\":\"leo\",\"listed\":false,\"received_at\":\"1970-01-01T00:00:00.000Z\"}\n\
             {\"owner\":\"leo\",\"other\":\"ana\",\"listed\":null,\"received_at\":null}\n"
        );
    }
}
