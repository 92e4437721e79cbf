//! `imhook tencent-check`: what it prints, and its exit code.

use std::process::Output;

use support::binary;
use tokio::process::Command;

const URL: &str = "https://abc.execute-api.eu-central-1.amazonaws.com/prod/tencent";

/// Runs it with these arguments and only these variables of Tencent Chat.
async fn check(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(binary("imhook"));
    for name in [
        "TENCENT_SDK_APP_ID",
        "TENCENT_VERIFIER",
        "TENCENT_SECRET_ID",
        "TENCENT_TOKEN",
        "TENCENT_TOKEN_PREVIOUS",
    ] {
        command.env_remove(name);
    }
    command.arg("tencent-check").args(arguments);
    command.envs(variables.iter().copied());
    command.output().await.unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_good_url_and_configuration_end_with_success() {
    let policies = std::env::temp_dir().join(format!("tencent-{}.json", std::process::id()));
    std::fs::write(
        &policies,
        r#"{"messages": {"senders": {"deny": ["mallory"]}}}"#,
    )
    .unwrap();
    let output = check(
        &[
            "--url",
            URL,
            "--old-url",
            "https://old.example.com/tencent",
            "--policies",
            policies.to_str().unwrap(),
        ],
        &[
            ("TENCENT_SDK_APP_ID", "1400000001"),
            ("TENCENT_TOKEN", "t0p-secret"),
            ("TENCENT_TOKEN_PREVIOUS", "0ld-secret"),
        ],
    )
    .await;
    std::fs::remove_file(policies).unwrap();
    let printed = text(&output.stdout);
    assert_eq!(text(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
    for expected in [
        &format!("Callback URL: {URL}\n")[..],
        "TENCENT_TOKEN: set\n",
        "TENCENT_SECRET_ID: not set\n",
        "Two tokens, old and new",
        "[x] C2C.CallbackBeforeSendMsg (before): messages.senders\n",
        "[ ] C2C.CallbackAfterSendMsg (after)\n",
    ] {
        assert!(printed.contains(expected), "{expected}\n{printed}");
    }
    for secret in ["t0p-secret", "0ld-secret"] {
        assert!(!printed.contains(secret), "{printed}");
    }
    for command in protocol::catalogue().filter(|it| it.source == domain::Source::Tencent) {
        assert!(printed.contains(command.name), "{}", command.name);
    }
}

#[tokio::test]
async fn faults_are_an_error_and_never_show_a_secret() {
    let output = check(
        &[
            "--url",
            "https://user:t0p-secret@10.0.0.1/tencent",
            "--old-url",
            "https://user:t0p-secret@10.0.0.1/tencent2",
        ],
        &[("TENCENT_TOKEN", "t0p-secret")],
    )
    .await;
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(error.starts_with("error: 4 faults:\n"), "{error}");
    assert_eq!(error.lines().count(), 5, "{error}");
    assert!(!error.contains("t0p-secret"), "{error}");
    assert!(!text(&output.stdout).contains("t0p-secret"));
}

#[tokio::test]
async fn a_mistake_in_the_policies_is_an_error() {
    let policies = std::env::temp_dir().join(format!("tencent-odd-{}.json", std::process::id()));
    std::fs::write(&policies, r#"{"chats": {}}"#).unwrap();
    let arguments = ["--url", URL, "--policies", policies.to_str().unwrap()];
    let output = check(&arguments, &[]).await;
    std::fs::remove_file(policies).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("$.chats: "));
}
