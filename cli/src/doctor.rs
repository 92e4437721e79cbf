//! `imhook doctor`: reads the configuration of OpenIM, calls the receiver as OpenIM would, and says what is wrong.
//!
//! It changes nothing: `--fix` writes another file beside the one that it reads.

mod address;
mod calls;
mod facts;
mod file;
mod kinds;
mod names;
mod rules;
#[cfg(test)]
mod tests;
mod version;

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use clap::{ArgGroup, Args};
use serde_json::json;

pub(crate) use self::version::Version;
use self::{
    facts::{Facts, Given, Place},
    file::{Edit, File},
    kinds::{Kind, Severity},
};
use crate::{
    Result, exit,
    out::{self, Colour},
    policies, tencent_check,
};

#[derive(Args)]
#[command(group(
    ArgGroup::new("what")
        .required(true)
        .multiple(true)
        .args(["webhooks_yml", "url", "tencent_url", "list"])
))]
pub(crate) struct Options {
    /// OpenIM's `config/webhooks.yml`; up to v3.6, its `config.yaml`
    #[arg(long, value_name = "FILE")]
    webhooks_yml: Option<PathBuf>,
    /// OpenIM's version, such as v3.8.3-patch.16 or main; without it, nothing is said about single versions
    #[arg(long, value_name = "VERSION")]
    openim_version: Option<Version>,
    /// The receiver's policies.json, whose rules need switches
    #[arg(long, value_name = "FILE", requires = "webhooks_yml")]
    policies: Option<PathBuf>,
    /// A file with variables of OpenIM's process, one `IMENV_WEBHOOKS_…=value` a line; they count more than this environment
    #[arg(long, value_name = "FILE", requires = "webhooks_yml")]
    env_file: Option<PathBuf>,
    /// Call the receiver at this URL, as OpenIM would. The password is that of the URL, of the file, or `OPENIM_BASIC_PASSWORD`
    #[arg(long)]
    url: Option<String>,
    /// The URL in Tencent Chat's console
    #[arg(long, value_name = "URL")]
    tencent_url: Option<String>,
    /// Write a corrected file beside FILE, with `.fixed` at the end of its name
    #[arg(long, requires = "webhooks_yml")]
    fix: bool,
    /// Print JSON lines
    #[arg(long)]
    json: bool,
    /// Print all codes that a finding can have, and do nothing else
    #[arg(long)]
    list: bool,
}

/// Something that the operator should know.
#[derive(Debug)]
pub(crate) struct Finding {
    kind: &'static Kind,
    place: Place,
    /// What was seen here. Never a password.
    reason: String,
    /// Changes of the file with which it goes away.
    edits: Vec<Edit>,
}

impl Finding {
    fn new(kind: &'static Kind, place: Place, reason: String) -> Self {
        Self {
            kind,
            place,
            reason,
            edits: Vec::new(),
        }
    }

    fn with(self, edits: Vec<Edit>) -> Self {
        Self { edits, ..self }
    }

    /// `--fix` leaves it alone.
    fn unless_asked(self) -> Self {
        self.with(Vec::new())
    }
}

pub(crate) async fn doctor(options: Options) -> Result<()> {
    if options.list {
        return list(options.json);
    }
    let mut found = Vec::new();
    let mut calls = calls::Configured::default();
    let mut fixed = None;
    if let Some(path) = &options.webhooks_yml {
        let text = read(path)?;
        let given = Given {
            version: options.openim_version,
            policies: options
                .policies
                .as_deref()
                .map(policies::read)
                .transpose()?,
            environment: environment(options.env_file.as_deref())?,
        };
        let file = File::read(&text);
        if let Some(facts) = Facts::read(&file, &given, &mut found) {
            rules::apply(&facts, &mut found);
            calls = calls::Configured::of(&facts);
        }
        let edits: Vec<Edit> = found.iter().flat_map(|it| it.edits.clone()).collect();
        if options.fix && !edits.is_empty() {
            fixed = Some(write(path, &file.edited(&edits))?);
        }
    }
    if let Some(url) = &options.url {
        found.extend(calls::call(url, &calls).await?);
    }
    if let Some(url) = &options.tencent_url {
        found.extend(tencent(url));
    }
    found.sort_by_key(|it| it.kind.severity);
    let name = options.webhooks_yml.as_deref().map(Path::display);
    let name = name.map(|it| it.to_string()).unwrap_or_default();
    report(&options, &name, &found, fixed.as_deref())?;
    exit::found(found.iter().any(|it| it.kind.severity < Severity::Note))
}

/// The file with all corrections that `--fix` would make, and what it cannot correct, for a new file of `imhook init`. A
/// correction can need another one.
pub(crate) fn corrected(
    text: &str,
    version: Version,
    policies: &str,
) -> Result<(String, Vec<String>)> {
    let given = Given {
        version: Some(version),
        policies: Some(policies::of_text(policies)?),
        environment: BTreeMap::new(),
    };
    let mut text = text.to_owned();
    let mut tries = 4;
    loop {
        let file = File::read(&text);
        let mut found = Vec::new();
        if let Some(facts) = Facts::read(&file, &given, &mut found) {
            rules::apply(&facts, &mut found);
        }
        let edits: Vec<Edit> = found.iter().flat_map(|it| it.edits.clone()).collect();
        tries -= 1;
        if edits.is_empty() || tries == 0 {
            found.retain(|it| it.kind.severity < Severity::Note);
            let left = found.iter().map(|it| {
                let Kind { code, fix, .. } = it.kind;
                format!("{code}: {}. Do: {fix}", it.reason)
            });
            return Ok((text, left.collect()));
        }
        text = file.edited(&edits);
    }
}

/// What can be said about the URL of Tencent Chat.
fn tencent(url: &str) -> Vec<Finding> {
    let place = || Place {
        line: None,
        at: "--tencent-url".to_owned(),
    };
    let faults = tencent_check::url_faults(url).into_iter();
    let faults = faults.map(|it| Finding::new(kinds::TENCENT_URL, place(), it));
    let pointer = "it lists the switches of the console, and checks the token".to_owned();
    let pointer = Finding::new(kinds::TENCENT_CHECK, place(), pointer);
    faults.chain([pointer]).collect()
}

fn read(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path);
    text.map_err(|error| format!("{} cannot be read: {error}", path.display()).into())
}

/// Writes the corrected file, and gives its name.
fn write(path: &Path, text: &str) -> Result<String> {
    let mut name = path.as_os_str().to_owned();
    name.push(".fixed");
    let name = PathBuf::from(name);
    let shown = name.display().to_string();
    fs::write(&name, text).map_err(|error| format!("{shown} cannot be written: {error}"))?;
    Ok(shown)
}

/// The variables that OpenIM reads: of this process, and of a file.
fn environment(file: Option<&Path>) -> Result<BTreeMap<String, String>> {
    let mut variables: BTreeMap<String, String> = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with("IMENV_WEBHOOKS_"))
        .collect();
    let text = file.map(read).transpose()?.unwrap_or_default();
    let lines = text.lines().map(|line| {
        let line = line.trim();
        line.strip_prefix("export ").unwrap_or(line)
    });
    for line in lines.filter(|line| line.starts_with("IMENV_")) {
        if let Some((name, value)) = line.split_once('=') {
            let value = value.trim().trim_matches(['"', '\'']);
            variables.insert(name.trim().to_owned(), value.to_owned());
        }
    }
    Ok(variables)
}

/// Prints all kinds of findings.
fn list(as_json: bool) -> Result<()> {
    for kind in kinds::ALL {
        let Kind {
            code,
            severity,
            meaning,
            fix,
        } = kind;
        let severity = severity.to_string();
        out::line(&match as_json {
            true => json!({"code": code, "severity": severity, "meaning": meaning, "fix": fix})
                .to_string(),
            false => format!("{severity:7}  {code}: {meaning} {fix}"),
        })?;
    }
    Ok(())
}

fn report(options: &Options, file: &str, found: &[Finding], fixed: Option<&str>) -> Result<()> {
    if options.json {
        for finding in found {
            out::json(&as_json(finding, file))?;
        }
        return Ok(());
    }
    for finding in found {
        let Finding {
            kind,
            place,
            reason,
            ..
        } = finding;
        let at = match place.line {
            Some(line) => format!("{file}:{line}"),
            None if place.at.is_empty() => file.to_owned(),
            None => place.at.clone(),
        };
        let colour = match kind.severity {
            Severity::Error => Colour::Bad,
            Severity::Warning => Colour::Doubtful,
            Severity::Note => Colour::None,
        };
        let severity = format!("{:7}", kind.severity);
        out::coloured(colour, ["", &severity, &format!("  {at}  {}", kind.code)])?;
        out::line(&format!("         {reason}."))?;
        out::line(&format!("         {}", kind.meaning))?;
        if kind.severity < Severity::Note {
            out::line(&format!("         Do: {}", kind.fix))?;
        }
    }
    let count = |severity| {
        found
            .iter()
            .filter(|it| it.kind.severity == severity)
            .count()
    };
    let counts = Severity::ALL.map(|it| format!("{} {it}s", count(it)));
    out::line(&counts.join(", "))?;
    if let Some(fixed) = fixed {
        let edited = found.iter().filter(|it| !it.edits.is_empty()).count();
        out::line(&format!("{fixed} is written, without {edited} of them"))?;
    }
    Ok(())
}

fn as_json(finding: &Finding, file: &str) -> serde_json::Value {
    let Finding {
        kind,
        place,
        reason,
        edits,
    } = finding;
    json!({
        "code": kind.code,
        "severity": kind.severity.to_string(),
        "file": place.line.map(|_| file),
        "line": place.line,
        "at": place.at,
        "reason": reason,
        "meaning": kind.meaning,
        "fix": kind.fix,
        "canFix": !edits.is_empty(),
    })
}
