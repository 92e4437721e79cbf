//! `make sample`: one callback of each command, as the servers send them.

use std::time::Duration;

use clap::Args;
use domain::{Reception, UserId};
use serde_json::Value;
use store::{EventsTable, Settings};

use crate::Result;

#[derive(Args)]
pub(crate) struct Options {
    /// Where the callbacks go
    #[arg(long, default_value = "http://127.0.0.1:9000")]
    url: String,
    /// DynamoDB's endpoint
    #[arg(long, default_value = "http://127.0.0.1:8000")]
    dynamodb: String,
    /// The events table's name
    #[arg(long, default_value = "events")]
    table: String,
    /// The app of Tencent Chat
    #[arg(long, default_value = "1400000001")]
    sdk_app_id: String,
}

/// Exactly what the servers send, to the byte.
const OPENIM: &[(&str, &str)] = &[
    (
        "callbackBeforeAddFriendCommand",
        include_str!("../../tests/payloads/openim/callbackBeforeAddFriendCommand.server.json"),
    ),
    (
        "callbackAfterAddFriendCommand",
        include_str!("../../tests/payloads/openim/callbackAfterAddFriendCommand.server.json"),
    ),
    (
        "callbackBeforeAddFriendAgreeCommand",
        include_str!("../../tests/payloads/openim/callbackBeforeAddFriendAgreeCommand.server.json"),
    ),
    (
        "callbackAfterAddFriendAgreeCommand",
        include_str!("../../tests/payloads/openim/callbackAfterAddFriendAgreeCommand.server.json"),
    ),
    (
        "callbackBeforeImportFriendsCommand",
        include_str!("../../tests/payloads/openim/callbackBeforeImportFriendsCommand.server.json"),
    ),
    (
        "callbackAfterImportFriendsCommand",
        include_str!("../../tests/payloads/openim/callbackAfterImportFriendsCommand.server.json"),
    ),
    (
        "callbackBeforeSetFriendRemarkCommand",
        include_str!(
            "../../tests/payloads/openim/callbackBeforeSetFriendRemarkCommand.server.json"
        ),
    ),
    (
        "callbackAfterSetFriendRemarkCommand",
        include_str!("../../tests/payloads/openim/callbackAfterSetFriendRemarkCommand.server.json"),
    ),
    (
        "callbackAfterDeleteFriendCommand",
        include_str!("../../tests/payloads/openim/callbackAfterDeleteFriendCommand.server.json"),
    ),
    (
        "callbackBeforeAddBlackCommand",
        include_str!("../../tests/payloads/openim/callbackBeforeAddBlackCommand.server.json"),
    ),
    (
        "callbackAfterRemoveBlackCommand",
        include_str!("../../tests/payloads/openim/callbackAfterRemoveBlackCommand.server.json"),
    ),
];
/// As the documents show it, where nobody has seen more.
const TENCENT: &[(&str, &str)] = &[
    (
        "Sns.CallbackPrevFriendAdd",
        include_str!("../../tests/payloads/tencent/Sns.CallbackPrevFriendAdd.document.json"),
    ),
    (
        "Sns.CallbackFriendAdd",
        include_str!("../../tests/payloads/tencent/Sns.CallbackFriendAdd.two-way.json"),
    ),
    (
        "Sns.CallbackPrevFriendResponse",
        include_str!("../../tests/payloads/tencent/Sns.CallbackPrevFriendResponse.document.json"),
    ),
    (
        "Sns.CallbackFriendDelete",
        include_str!("../../tests/payloads/tencent/Sns.CallbackFriendDelete.two-way.json"),
    ),
    (
        "Sns.CallbackBlackListAdd",
        include_str!("../../tests/payloads/tencent/Sns.CallbackBlackListAdd.document.json"),
    ),
    (
        "Sns.CallbackBlackListDelete",
        include_str!("../../tests/payloads/tencent/Sns.CallbackBlackListDelete.document.json"),
    ),
    (
        "Profile.CallbackPortraitSet",
        include_str!("../../tests/payloads/tencent/Profile.CallbackPortraitSet.document.json"),
    ),
    (
        "Follow.CallbackAfterFollowAdd",
        include_str!("../../tests/payloads/tencent/Follow.CallbackAfterFollowAdd.document.json"),
    ),
    (
        "Follow.CallbackAfterFollowDelete",
        include_str!("../../tests/payloads/tencent/Follow.CallbackAfterFollowDelete.document.json"),
    ),
];

pub(crate) async fn sample(options: Options) -> Result<()> {
    let dynamodb = store::dynamodb(&Settings::local(&options.dynamodb), Duration::from_secs(10));
    let table = EventsTable::new(dynamodb, &options.table, None);
    let client = reqwest::Client::new();
    for (command, body) in OPENIM {
        let request = client
            .post(format!("{}/{command}", options.url))
            .header("operationID", "sample");
        let stored = !command.contains("Before") || *command == "callbackBeforeAddBlackCommand";
        post_and_show(request, body, &table, stored).await?;
    }
    for (command, body) in TENCENT {
        let request = client.post(format!(
            "{}/tencent?SdkAppid={}&CallbackCommand={command}&contenttype=json&ClientIP=203.0.113.7&OptPlatform=iOS",
            options.url, options.sdk_app_id
        ));
        let stored = !command.contains("Prev");
        post_and_show(request, body, &table, stored).await?;
    }
    Ok(())
}

/// `stored`: whether something is, which is not so after most callbacks that only ask.
async fn post_and_show(
    request: reqwest::RequestBuilder,
    body: &'static str,
    table: &EventsTable,
    stored: bool,
) -> Result<()> {
    let subject = subject(body)?;
    let before = table.history(&subject).await?.len();
    let (client, request) = request
        .header("content-type", "application/json; charset=utf-8")
        .body(body)
        .build_split();
    let request = request?;
    println!("POST {}", request.url());
    println!(
        "  sent:     {}",
        body.lines().map(str::trim).collect::<String>()
    );
    let answer = client
        .execute(request)
        .await
        .map_err(|error| format!("{error} (is `make run` running?)"))?;
    let status = answer.status();
    println!("  answered: {status} {}", answer.text().await?);
    let history = table.history(&subject).await?;
    let new: &[Reception] = history.get(before..).unwrap_or_default();
    for reception in new {
        println!("  stored:   {}", serde_json::to_string(reception)?);
    }
    let expected = usize::from(stored);
    if !status.is_success() || new.len() != expected {
        return Err(format!("{} receptions were stored, expected {expected}", new.len()).into());
    }
    Ok(())
}

/// Under whom the events table files this body.
fn subject(body: &str) -> Result<UserId> {
    let body: Value = serde_json::from_str(body)?;
    [
        "/ownerUserID",
        "/fromUserID",
        "/PairList/0/From_Account",
        "/From_Account",
    ]
    .into_iter()
    .find_map(|pointer| body.pointer(pointer)?.as_str())
    .map(UserId::new)
    .ok_or("the sample names nobody")?
    .map_err(Into::into)
}
