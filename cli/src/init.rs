//! `imhook init`: asks a few questions, and writes the first `samconfig.toml`, `policies.json` and `webhooks.yml`.

use std::{
    fmt::Display,
    fs,
    io::{self, BufRead as _, Write as _},
    path::PathBuf,
    str::FromStr,
};

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use crate::{
    Result,
    doctor::{self, Version},
    exit, out,
};

#[derive(Args)]
#[command(after_help = "\
What is not given as an option is asked. --yes takes the defaults instead.

Exit codes: 0 the files are written; 3 they are written, and the doctor finds something in them; 1 nothing is written.

Examples:
  imhook init
  imhook init --yes --server openim --decide yes --folder first-stack")]
pub(crate) struct Options {
    /// The chat server
    #[arg(long, value_enum)]
    server: Option<Server>,
    /// OpenIM's version: v3.8.2 or later, such as v3.8.3-patch.16, or main
    #[arg(long, value_name = "VERSION")]
    openim_version: Option<NewEnough>,
    /// The URL that OpenIM calls: that of nginx next to it, or of the stack
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The app of Tencent Chat
    #[arg(long, value_name = "ID")]
    sdk_app_id: Option<AppId>,
    /// Decide what users may do, with two rules to begin with; otherwise only listen
    #[arg(long, value_enum)]
    decide: Option<YesNo>,
    /// What is stored of the contents of messages
    #[arg(long, value_enum)]
    contents: Option<Contents>,
    /// Put events on a bus of EventBridge
    #[arg(long, value_enum)]
    bus: Option<YesNo>,
    /// Ask nothing: take the defaults
    #[arg(long)]
    yes: bool,
    /// Folder for the files
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// Overwrite files
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Server {
    Openim,
    Tencent,
    Both,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum YesNo {
    Yes,
    No,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Contents {
    Keep,
    Drop,
}

/// A version that needs no corrections but those of switches.
#[derive(Clone, Copy)]
struct NewEnough(Version);

impl FromStr for NewEnough {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let version = text.parse::<Version>()?;
        match version >= "v3.8.2".parse()? {
            true => Ok(Self(version)),
            false => Err(
                "older than v3.8.2: begin with docs/webhooks.yml and `imhook doctor --fix`"
                    .to_owned(),
            ),
        }
    }
}

/// The number of an app.
#[derive(Clone)]
struct AppId(String);

impl FromStr for AppId {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        match (1..=20).contains(&text.len()) && is_number {
            true => Ok(Self(text.to_owned())),
            false => Err("not the number of an app".to_owned()),
        }
    }
}

/// An answer on one line: one of the values of an option.
struct Choice<T>(T);

impl<T: ValueEnum> FromStr for Choice<T> {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        T::from_str(text, true).map(Self).map_err(|_| {
            let all = T::value_variants().iter().filter_map(T::to_possible_value);
            let names: Vec<String> = all.map(|it| it.get_name().to_owned()).collect();
            format!("the answers are {}", names.join(", "))
        })
    }
}

const SAMCONFIG: &str = include_str!("../../samconfig.toml");
const WEBHOOKS: &str = include_str!("../../docs/webhooks.yml");
/// The URL in the file, which is that of nginx next to OpenIM.
const NGINX: &str = "http://127.0.0.1:9080";

pub(crate) fn init(options: &Options) -> Result<()> {
    let given = options.server;
    let server = options.choice(
        given,
        "Which chat server: openim, tencent or both?",
        "openim",
    )?;
    let (has_openim, has_tencent) = (server != Server::Tencent, server != Server::Openim);
    let version = match has_openim {
        true => options.ask(
            options.openim_version,
            "OpenIM's version?",
            "v3.8.3-patch.16",
        )?,
        false => NewEnough(Version::MAIN),
    };
    let url = match has_openim {
        true => options.ask(
            options.url.clone(),
            "The URL that OpenIM calls (nginx next to it, see docs/reverse-proxy.md)?",
            NGINX,
        )?,
        false => String::new(),
    };
    let app = match has_tencent {
        true => options.ask(
            options.sdk_app_id.clone(),
            "Tencent Chat's SDKAppID?",
            "1400000001",
        )?,
        false => AppId(String::new()),
    };
    let question = "Shall rules decide what users may do (yes), or do you only listen (no)?";
    let decide = options.choice(options.decide, question, "no")?;
    let question = "Shall the contents of messages be stored: keep or drop?";
    let contents = options.choice(options.contents, question, "keep")?;
    let question = "Shall events go to a bus of EventBridge: yes or no?";
    let bus = options.choice(options.bus, question, "no")?;

    let policies = policies(decide, has_openim, has_tencent)?;
    let mut files = vec![
        ("samconfig.toml", samconfig(&app.0, contents, bus)),
        ("policies.json", policies.clone()),
    ];
    let mut left = Vec::new();
    if has_openim {
        let url = in_yaml(&url);
        let text = WEBHOOKS.replacen(&format!("\nurl: {NGINX}\n"), &format!("\nurl: {url}\n"), 1);
        let (text, not_corrected) = doctor::corrected(&text, version.0, &policies)?;
        files.push(("webhooks.yml", text));
        left = not_corrected;
    }
    options.write(&files)?;
    next(&files, has_tencent)?;
    for finding in &left {
        out::line(&format!("the doctor says: {finding}"))?;
    }
    exit::found(!left.is_empty())
}

/// A text in YAML. Only unusual ones need quotes.
fn in_yaml(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ":/._~%@-".contains(c);
    match text.chars().all(is_plain) {
        true => text.to_owned(),
        false => Value::from(text).to_string(),
    }
}

impl Options {
    /// The option, or else the answer to a question.
    fn ask<T: FromStr>(&self, given: Option<T>, question: &str, default: &str) -> Result<T>
    where
        T::Err: Display,
    {
        if let Some(given) = given {
            return Ok(given);
        }
        loop {
            let mut answer = default.to_owned();
            if !self.yes {
                let mut stderr = io::stderr();
                write!(stderr, "{question} [{default}] ")?;
                stderr.flush()?;
                let mut line = String::new();
                if io::stdin().lock().read_line(&mut line)? == 0 {
                    return Err("there is no answer: --yes takes the defaults".into());
                }
                if !line.trim().is_empty() {
                    line.trim().clone_into(&mut answer);
                }
            }
            match answer.parse() {
                Ok(value) => return Ok(value),
                Err(wrong) => out::complain(&format!("{answer}: {wrong}")),
            }
        }
    }

    fn choice<T: ValueEnum>(&self, given: Option<T>, question: &str, default: &str) -> Result<T> {
        let Choice(chosen) = self.ask(given.map(Choice), question, default)?;
        Ok(chosen)
    }

    /// Writes all files, or none if one is there already.
    fn write(&self, files: &[(&str, String)]) -> Result<()> {
        for (name, _) in files {
            let file = self.folder.join(name);
            if !self.force && file.exists() {
                let file = file.display();
                return Err(format!(
                    "{file} is there already: --folder names another folder, --force overwrites it. Nothing was written"
                )
                .into());
            }
        }
        fs::create_dir_all(&self.folder)
            .map_err(|error| format!("{} cannot be made: {error}", self.folder.display()))?;
        for (name, text) in files {
            let file = self.folder.join(name);
            fs::write(&file, text)
                .map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
            out::line(&format!("written: {}", file.display()))?;
        }
        Ok(())
    }
}

/// The parameters of the first deployment. A later one keeps what it does not name.
fn samconfig(app: &str, contents: Contents, bus: YesNo) -> String {
    let mut parameters = vec![
        match contents {
            Contents::Keep => "MessageContent=keep".to_owned(),
            Contents::Drop => "MessageContent=drop".to_owned(),
        },
        match bus {
            YesNo::Yes => "EventBus=yes".to_owned(),
            YesNo::No => "EventBus=no".to_owned(),
        },
    ];
    if !app.is_empty() {
        parameters.push(format!("TencentSdkAppId={app}"));
    }
    let parameters = parameters.join(" ");
    format!("{SAMCONFIG}parameter_overrides = \"{parameters}\"\n")
}

/// Rules to begin with: how many friend requests a user sends, and how long a greeting is.
fn policies(decide: YesNo, has_openim: bool, has_tencent: bool) -> Result<String> {
    let mut document = Map::new();
    document.insert("$schema".to_owned(), json!("./policies.schema.json"));
    let mut rules = |command: &str, greeting: &str| {
        let rules = json!({
            "requestLimit": {"limit": 20, "windowSeconds": 3600},
            greeting: {"maxChars": {"limit": 200}},
        });
        document.insert(command.to_owned(), rules);
    };
    if decide == YesNo::Yes && has_openim {
        rules("callbackBeforeAddFriendCommand", "reqMsg");
    }
    if decide == YesNo::Yes && has_tencent {
        rules("Sns.CallbackPrevFriendAdd", "AddWording");
    }
    Ok(serde_json::to_string_pretty(&Value::Object(document))? + "\n")
}

/// Says what to do with the files.
fn next(files: &[(&str, String)], has_tencent: bool) -> Result<()> {
    out::line("next: `make build` and `sam deploy`, with these files in the project's folder")?;
    if files.iter().any(|(name, _)| *name == "webhooks.yml") {
        out::line(
            "then: put webhooks.yml over OpenIM's config/webhooks.yml, ask `imhook doctor`, and restart OpenIM",
        )?;
    }
    if has_tencent {
        out::line("then: `imhook tencent-check` says what to set in Tencent Chat's console")?;
    }
    Ok(())
}
