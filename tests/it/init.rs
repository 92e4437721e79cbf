//! `imhook init`: the files that it writes pass the doctor, and it overwrites nothing.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use futures_util::{StreamExt as _, stream};
use models::root;
use serde_yaml_ng::Value;
use support::binary;
use tokio::{io::AsyncWriteExt as _, process::Command};

use crate::tools::{printed, run};

const FILES: [&str; 3] = ["samconfig.toml", "policies.json", "webhooks.yml"];

fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("init-{test}"));
    let _ = fs::remove_dir_all(&folder);
    folder
}

/// Runs it with these answers on standard input.
async fn init(folder: &Path, arguments: &[&str], answers: &str) -> Output {
    let mut child = Command::new(binary("imhook"))
        .arg("init")
        .arg("--folder")
        .arg(folder)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // It may have ended without reading.
    let _ = stdin.write_all(answers.as_bytes()).await;
    drop(stdin);
    child.wait_with_output().await.unwrap()
}

/// Whether the stack's template has each parameter, and takes its value.
fn assert_parameters(samconfig: &str, template: &Value) {
    let line = samconfig
        .lines()
        .find_map(|it| it.strip_prefix("parameter_overrides = "));
    let parameters = line.unwrap().trim_matches('"').split(' ');
    for parameter in parameters {
        let (name, value) = parameter.split_once('=').unwrap();
        let known = &template["Parameters"][name];
        let pattern = known["AllowedPattern"].as_str();
        let fits = match known["AllowedValues"].as_sequence() {
            Some(values) => values.iter().any(|it| it == value),
            None => regex_lite::Regex::new(pattern.unwrap())
                .unwrap()
                .is_match(value),
        };
        assert!(fits, "{parameter}");
    }
}

#[tokio::test]
async fn what_it_writes_passes_the_doctor_for_every_combination_of_answers() {
    let template = fs::read_to_string(root().join("template.yaml")).unwrap();
    let template: Value = serde_yaml_ng::from_str(&template).unwrap();
    let all = folder("all");
    let mut combinations = Vec::new();
    for server in ["openim", "tencent", "both"] {
        for version in [
            "v3.8.2",
            "v3.8.3",
            "v3.8.3-patch.14",
            "v3.8.3-patch.16",
            "main",
        ] {
            for decide in ["yes", "no"] {
                for (contents, bus) in [("keep", "yes"), ("drop", "no")] {
                    combinations.push([server, version, decide, contents, bus]);
                }
            }
        }
    }
    stream::iter(&combinations)
        .for_each_concurrent(4, async |[server, version, decide, contents, bus]| {
            let folder = all.join([*server, *version, *decide, *contents].join("-"));
            let options = [
                "--yes",
                "--server",
                server,
                "--openim-version",
                version,
                "--decide",
                decide,
                "--contents",
                contents,
                "--bus",
                bus,
            ];
            let output = init(&folder, &options, "").await;
            assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
            let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
            let samconfig = fs::read_to_string(path("samconfig.toml")).unwrap();
            assert_parameters(&samconfig, &template);
            assert!(samconfig.contains(&format!("MessageContent={contents} EventBus={bus}")));
            assert_eq!(samconfig.contains("TencentSdkAppId"), *server != "openim");

            let policies = path("policies.json");
            let checked = run(&["check-policies", &policies], &[]).await;
            assert!(checked.status.success(), "{}", printed(&checked));
            let limits = printed(&checked).matches("requestLimit refuses").count();
            let rules = match (*decide, *server) {
                ("no", _) => 0,
                (_, "both") => 2,
                _ => 1,
            };
            assert_eq!(limits, rules, "{}", printed(&checked));

            let webhooks = path("webhooks.yml");
            assert_eq!(Path::new(&webhooks).exists(), *server != "tencent");
            if *server != "tencent" {
                let doctor = [
                    "doctor",
                    "--webhooks-yml",
                    &webhooks,
                    "--openim-version",
                    version,
                    "--policies",
                    &policies,
                ];
                let found = run(&doctor, &[]).await;
                assert_eq!(found.status.code(), Some(0), "{}", printed(&found));
            }
        })
        .await;
    assert_eq!(combinations.len(), 60);
}

#[tokio::test]
async fn questions_are_answered_on_standard_input_and_a_wrong_answer_is_asked_again() {
    let folder = folder("asked");
    let answers = "telegram\nboth\nv3.7.0\nmain\nhttps://hooks.example.com/im\n\nyes\ndrop\n\n";
    let output = init(&folder, &[], answers).await;
    let text = printed(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(
        text.contains("telegram: the answers are openim, tencent, both"),
        "{text}"
    );
    assert!(text.contains("v3.7.0: older than v3.8.2"), "{text}");
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let parameters = "\"MessageContent=drop EventBus=no TencentSdkAppId=1400000001\"";
    assert!(read("samconfig.toml").contains(parameters));
    assert!(read("webhooks.yml").contains("\nurl: https://hooks.example.com/im\n"));
    assert!(read("policies.json").contains("callbackBeforeAddFriendCommand"));

    let few = init(&folder.join("few"), &[], "openim\n").await;
    assert_eq!(few.status.code(), Some(1));
    assert!(printed(&few).contains("--yes takes the defaults"));
    assert!(!folder.join("few").exists(), "nothing was written");
}

#[tokio::test]
async fn a_file_that_is_there_is_never_overwritten_without_force() {
    for name in FILES {
        let folder = folder(&format!("there-{}", name.replace('.', "-")));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), "mine").unwrap();
        let output = init(&folder, &["--yes"], "").await;
        assert_eq!(output.status.code(), Some(1), "{}", printed(&output));
        assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), "mine");
        assert_eq!(
            fs::read_dir(&folder).unwrap().count(),
            1,
            "nothing else was written"
        );
        let forced = init(&folder, &["--yes", "--force"], "").await;
        assert_eq!(forced.status.code(), Some(0), "{}", printed(&forced));
        assert_ne!(fs::read_to_string(folder.join(name)).unwrap(), "mine");
    }
}

#[tokio::test]
async fn what_the_doctor_cannot_correct_is_said_at_once() {
    let folder = folder("wrong-url");
    let output = init(&folder, &["--yes", "--url", "http://im: x # y"], "").await;
    let text = printed(&output);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("the doctor says: url-"), "{text}");
}
