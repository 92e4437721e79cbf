//! What the file and the environment set, in the form that the rules read.

use std::collections::BTreeMap;

use policies::Policies;
use protocol::Command;
use serde_yaml_ng::Value;

use super::{
    Finding,
    address::{Address, Host},
    file::{Edit, File, as_bool, as_number, member},
    kinds::{self, Kind},
    names::{Name, distance},
    version::Version,
};
use crate::text::cut;

/// What the operator says about the server.
#[derive(Default)]
pub(super) struct Given {
    pub(super) version: Option<Version>,
    pub(super) policies: Option<Policies>,
    /// The variables of OpenIM's process whose names begin with `IMENV_`.
    pub(super) environment: BTreeMap<String, String>,
}

/// All variables that replace values of this file begin like this.
const PREFIX: &str = "IMENV_WEBHOOKS_";

/// Where something is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: Option<usize>,
    /// A key such as `beforeAddFriend.timeout`, or a variable.
    pub(super) at: String,
}

/// A value, where it is, and how it can be changed there.
pub(super) struct Setting<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

/// A switch of the file.
pub(super) struct Switch {
    pub(super) command: &'static Command,
    /// Its key as the file writes it.
    pub(super) key: String,
    pub(super) on: Setting<bool>,
    /// Seconds, and whether a fraction was cut off.
    pub(super) timeout: Setting<(i64, bool)>,
    pub(super) failed_continue: Option<Setting<bool>>,
    /// Lists that are not empty: `attentionIds`, `allowedTypes`, `deniedTypes`.
    pub(super) filters: BTreeMap<&'static str, Setting<Vec<String>>>,
}

impl Switch {
    pub(super) fn name(&self) -> &'static str {
        self.command.switch.unwrap_or_default()
    }
}

/// Everything that the rules read.
pub(super) struct Facts<'a> {
    pub(super) file: &'a File,
    /// The outer key, if this file has one.
    pub(super) outer: Option<&'static str>,
    pub(super) given: &'a Given,
    pub(super) url: Option<Setting<String>>,
    pub(super) switches: Vec<Switch>,
}

/// The outer key of the settings up to v3.6.
const OUTER: &str = "callback";
const OPTIONS: [&str; 3] = ["enable", "timeout", "failedContinue"];
const FILTERS: [&str; 3] = ["attentionIds", "allowedTypes", "deniedTypes"];

impl<'a> Facts<'a> {
    /// Reads a file. `None` if nothing more can be said about it.
    pub(super) fn read(file: &'a File, given: &'a Given, found: &mut Vec<Finding>) -> Option<Self> {
        let text = file.lines.join("\n");
        for (line, key) in file.twice() {
            let reason = format!("{} is there twice", cut(&key, 80));
            found.push(Finding::new(
                kinds::KEY_TWICE,
                place(Some(line), &key),
                reason,
            ));
        }
        let root: Value = match serde_yaml_ng::from_str(&text) {
            Ok(root) => root,
            // The parser's reason is the same then.
            Err(_) if !found.is_empty() => return None,
            Err(error) => {
                let line = error.location().map(|it| it.line());
                // The reason can quote the file.
                let reason = match line {
                    Some(line) => format!("line {line} is not YAML"),
                    None => "it is not YAML".to_owned(),
                };
                found.push(Finding::new(kinds::FILE_NOT_YAML, place(line, ""), reason));
                return None;
            }
        };
        if root
            .as_mapping()
            .is_none_or(serde_yaml_ng::Mapping::is_empty)
        {
            let reason = "the file has no keys".to_owned();
            found.push(Finding::new(kinds::FILE_EMPTY, place(None, ""), reason));
            return None;
        }
        let mut facts = Self {
            file,
            outer: None,
            given,
            url: None,
            switches: Vec::new(),
        };
        let section = facts.section(&root, found)?;
        let variables = facts.variables(section, found);
        facts.url = facts.text(section, "url", &variables, found);
        for (key, value) in section.as_mapping().into_iter().flatten() {
            let key = key.as_str().unwrap_or_default();
            if key.eq_ignore_ascii_case("url") {
                continue;
            }
            if matches!(Name::of(key, given.version), Name::Dead) {
                facts.dead(key, value, found);
            } else if let Some(command) = facts.named(key, found) {
                facts.switch(key, command, value, &variables, found);
            }
        }
        Some(facts)
    }

    pub(super) fn is_before_v3_7(&self) -> bool {
        self.given
            .version
            .is_some_and(|it| it < Version::new(3, 7, 0))
    }

    pub(super) fn is_main(&self) -> bool {
        self.given.version == Some(Version::MAIN)
    }

    /// The switch of this name, if the file has it.
    pub(super) fn of(&self, name: &str) -> Option<&Switch> {
        self.switches.iter().find(|it| it.name() == name)
    }

    pub(super) fn is_on(&self, name: &str) -> bool {
        self.of(name).is_some_and(|it| it.on.value)
    }

    /// Whether this version of the server sends the command. Unknown versions count as new.
    pub(super) fn is_sent(&self, command: &Command) -> bool {
        let since = command.since.and_then(|it| it.parse::<Version>().ok());
        match (self.given.version, since) {
            (Some(version), Some(since)) => self.is_before_v3_7() || since <= version,
            (None, Some(since)) => since < Version::MAIN,
            (_, None) => true,
        }
    }

    pub(super) fn switches_on(&self) -> impl Iterator<Item = &Switch> {
        self.switches.iter().filter(|it| it.on.value)
    }

    /// The url, if it can be read.
    pub(super) fn address(&self) -> Option<(Address<'_>, Host)> {
        let address = Address::of(&self.url.as_ref()?.value)?;
        let host = address.host();
        Some((address, host))
    }

    /// The whole path of a key.
    pub(super) fn path<'k>(&self, keys: &[&'k str]) -> Vec<&'k str> {
        self.outer.into_iter().chain(keys.iter().copied()).collect()
    }

    pub(super) fn place(&self, keys: &[&str]) -> Place {
        place(self.file.line(&self.path(keys)), &keys.join("."))
    }

    /// A change of a value, if it is in the file.
    pub(super) fn set(&self, keys: &[&str], value: &str) -> Vec<Edit> {
        self.file.set(&self.path(keys), value).into_iter().collect()
    }

    /// The part of the file with the settings.
    fn section<'v>(&mut self, root: &'v Value, found: &mut Vec<Finding>) -> Option<&'v Value> {
        let inner = member(root, OUTER);
        match (inner, self.is_before_v3_7()) {
            (None, false) => return Some(root),
            (None, true) => {
                let reason = "v3.6 and earlier read these settings under `callback`".to_owned();
                found.push(Finding::new(
                    kinds::OUTER_MISSING,
                    place(Some(1), ""),
                    reason,
                ));
                return Some(root);
            }
            (Some(_), true) => self.outer = Some(OUTER),
            (Some(_), false) => {
                let reason = "everything under `callback` is ignored".to_owned();
                let place = place(self.file.line(&[OUTER]), OUTER);
                let edit = self.file.unwrap(&[OUTER]).into_iter().collect();
                found.push(Finding::new(kinds::OUTER_CALLBACK, place, reason).with(edit));
                self.outer = Some(OUTER);
            }
        }
        let inner = inner.filter(|it| it.as_mapping().is_some());
        if inner.is_none() {
            let reason = "nothing is under `callback`".to_owned();
            found.push(Finding::new(kinds::FILE_EMPTY, self.place(&[]), reason));
        }
        inner
    }

    /// The variables that replace values, by key in small letters.
    fn variables(
        &self,
        section: &Value,
        found: &mut Vec<Finding>,
    ) -> BTreeMap<String, (String, String)> {
        let mut variables = BTreeMap::new();
        for (name, value) in &self.given.environment {
            let mut add = |kind: &'static Kind, reason: String| {
                found.push(Finding::new(kind, place(None, name), reason));
            };
            let Some(key) = name.strip_prefix(PREFIX) else {
                if name.contains("WEBHOOK") || name.contains("CALLBACK") {
                    add(
                        kinds::ENV_UNKNOWN,
                        format!("{} does not begin with {PREFIX}", cut(name, 80)),
                    );
                }
                continue;
            };
            let key = key.to_lowercase();
            let (switch, option) = key.split_once('_').unwrap_or((&key, ""));
            let is_option = OPTIONS
                .iter()
                .chain(&FILTERS)
                .any(|it| it.eq_ignore_ascii_case(option));
            let is_known = key == "url"
                || is_option
                    && !matches!(
                        Name::of(switch, self.given.version),
                        Name::Unknown(_) | Name::Wire(_) | Name::Elsewhere(_)
                    );
            if !is_known {
                add(
                    kinds::ENV_UNKNOWN,
                    format!("{} names no key", cut(name, 80)),
                );
                continue;
            }
            let in_file = member(section, switch)
                .is_some_and(|it| key == "url" || member(it, option).is_some());
            if value.is_empty() {
                add(
                    kinds::ENV_EMPTY,
                    format!("{name} is empty, and OpenIM takes the file's value"),
                );
            } else if in_file {
                let keys: Vec<&str> = key.split('_').collect();
                let at = place(self.file.line(&self.path(&keys)), name);
                let reason = format!("{name} replaces the file's value");
                found.push(Finding::new(kinds::ENV_OVERRIDES, at, reason));
                variables.insert(key.replacen('_', ".", 1), (name.clone(), value.clone()));
            } else {
                add(
                    kinds::ENV_NOT_IN_FILE,
                    format!("the file does not have what {name} would replace"),
                );
            }
        }
        variables
    }

    /// A key that turns nothing on.
    fn dead(&self, key: &str, value: &Value, found: &mut Vec<Finding>) {
        let on = member(value, "enable").and_then(as_bool);
        if on == Some(true) {
            let keys = [key, "enable"];
            let reason = format!("no version of OpenIM sends what {key} names");
            let finding = Finding::new(kinds::KEY_DEAD, self.place(&keys), reason);
            found.push(finding.with(self.set(&keys, "false")));
        }
    }

    /// What a key of the file turns on.
    fn named(&self, key: &str, found: &mut Vec<Finding>) -> Option<&'static Command> {
        let shown = cut(key, 80);
        let place = self.place(&[key]);
        let renamed = |name: &str| {
            self.file
                .rename(&self.path(&[key]), name)
                .into_iter()
                .collect()
        };
        let finding = match Name::of(key, self.given.version) {
            Name::Switch(command) => return Some(command),
            Name::Dead => return None,
            Name::Elsewhere(name) if self.is_before_v3_7() => {
                let reason = format!("v3.6 and earlier call {shown} {name}");
                Finding::new(kinds::KEY_UNKNOWN, place, reason)
            }
            Name::Elsewhere(name) => {
                let reason = format!("since v3.7, {shown} is {name}");
                Finding::new(kinds::KEY_OLD, place, reason).with(renamed(name))
            }
            Name::Wire(switch) => {
                let reason = format!("the switch of {shown} is {switch}");
                Finding::new(kinds::KEY_WIRE, place, reason).with(renamed(switch))
            }
            Name::Unknown(Some(near)) => {
                let reason = format!("OpenIM has no key {shown}. {near} is meant?");
                Finding::new(kinds::KEY_UNKNOWN, place, reason).with(renamed(near))
            }
            Name::Unknown(None) => {
                let reason = format!("OpenIM has no key {shown}");
                Finding::new(kinds::KEY_UNKNOWN, place, reason)
            }
        };
        found.push(finding);
        None
    }

    fn switch(
        &mut self,
        key: &str,
        command: &'static Command,
        value: &Value,
        variables: &BTreeMap<String, (String, String)>,
        found: &mut Vec<Finding>,
    ) {
        if !value.is_null() && value.as_mapping().is_none() {
            let reason = format!("{key} has no options under it");
            found.push(Finding::new(
                kinds::SWITCH_SHAPE,
                self.place(&[key]),
                reason,
            ));
            return;
        }
        self.options(key, value, found);
        let on = self.option(key, value, "enable", variables, as_bool, found);
        let timeout = self.option(key, value, "timeout", variables, as_number, found);
        let failed_continue = member(value, "failedContinue")
            .map(|_| self.option(key, value, "failedContinue", variables, as_bool, found))
            .map(|setting| Setting {
                value: setting.value.unwrap_or_default(),
                place: setting.place,
            });
        let mut filters = BTreeMap::new();
        for name in FILTERS {
            let Some(value) = member(value, name) else {
                continue;
            };
            let place = self.place(&[key, name]);
            match list(value) {
                Some(list) if list.is_empty() => {}
                Some(value) => drop(filters.insert(name, Setting { value, place })),
                None => found.push(Finding::new(
                    kinds::VALUE_TYPE,
                    place,
                    format!("{key}.{name} is not a list"),
                )),
            }
        }
        self.switches.push(Switch {
            command,
            key: key.to_owned(),
            on: Setting {
                value: on.value.unwrap_or_default(),
                place: on.place,
            },
            timeout: Setting {
                value: timeout.value.unwrap_or((5, false)),
                place: timeout.place,
            },
            failed_continue,
            filters,
        });
    }

    /// Finds what is not an option of a switch.
    fn options(&self, key: &str, value: &Value, found: &mut Vec<Finding>) {
        for (option, _) in value.as_mapping().into_iter().flatten() {
            let option = option.as_str().unwrap_or_default();
            let mut known = OPTIONS.iter().chain(&FILTERS);
            if known.any(|it| it.eq_ignore_ascii_case(option)) {
                continue;
            }
            let place = self.place(&[key, option]);
            let shown = cut(option, 80);
            if matches!(Name::of(option, self.given.version), Name::Switch(_)) {
                let reason = format!("{shown} is indented under {key}");
                found.push(Finding::new(kinds::OPTION_NESTED, place, reason));
                continue;
            }
            let near = OPTIONS.iter().chain(&FILTERS).find(|it| {
                distance(&it.to_lowercase(), &option.to_lowercase()) <= 2
                    && member(value, it).is_none()
            });
            let reason = match near {
                Some(near) => format!("OpenIM does not read {key}.{shown}. {near} is meant?"),
                None => format!("OpenIM does not read {key}.{shown}"),
            };
            let edit = near.and_then(|near| self.file.rename(&self.path(&[key, option]), near));
            let finding = Finding::new(kinds::OPTION_UNKNOWN, place, reason);
            found.push(finding.with(edit.into_iter().collect()));
        }
    }

    /// The value of an option after the environment. `None` if OpenIM cannot read it.
    fn option<T>(
        &self,
        key: &str,
        value: &Value,
        name: &str,
        variables: &BTreeMap<String, (String, String)>,
        convert: impl Fn(&Value) -> Option<T>,
        found: &mut Vec<Finding>,
    ) -> Setting<Option<T>> {
        let (value, place, edit) = self.effective(key, value, name, variables);
        let converted = convert(&value);
        if converted.is_none() {
            let repaired = repaired(&value);
            let edit = repaired
                .filter(|_| edit)
                .map(|it| self.set(&[key, name], it));
            let reason = match &value {
                Value::String(text) => format!("{key}.{name} is the text {:?}", cut(text, 20)),
                _ => format!("{key}.{name} is not one value"),
            };
            let finding = Finding::new(kinds::VALUE_TYPE, place.clone(), reason);
            found.push(finding.with(edit.unwrap_or_default()));
        }
        Setting {
            value: converted,
            place,
        }
    }

    /// The value that counts, where it is, and whether the file has it.
    fn effective(
        &self,
        key: &str,
        value: &Value,
        name: &str,
        variables: &BTreeMap<String, (String, String)>,
    ) -> (Value, Place, bool) {
        let path = format!("{key}.{name}").to_lowercase();
        match variables.get(&path) {
            Some((variable, text)) => (Value::String(text.clone()), place(None, variable), false),
            None => (
                member(value, name).cloned().unwrap_or_default(),
                self.place(&[key, name]),
                true,
            ),
        }
    }

    fn text(
        &self,
        section: &Value,
        name: &str,
        variables: &BTreeMap<String, (String, String)>,
        found: &mut Vec<Finding>,
    ) -> Option<Setting<String>> {
        if let Some((variable, text)) = variables.get(name) {
            return Some(Setting {
                value: text.clone(),
                place: place(None, variable),
            });
        }
        let value = member(section, name).unwrap_or(&Value::Null);
        let place = self.place(&[name]);
        match value {
            Value::String(text) if !text.is_empty() => Some(Setting {
                value: text.clone(),
                place,
            }),
            Value::Null | Value::String(_) => None,
            _ => {
                let reason = format!("{name} is not a text");
                found.push(Finding::new(kinds::VALUE_TYPE, place, reason));
                None
            }
        }
    }
}

/// What a person meant with a value that OpenIM cannot read.
fn repaired(value: &Value) -> Option<&'static str> {
    match value.as_str()?.to_lowercase().as_str() {
        "yes" | "on" | "y" => Some("true"),
        "no" | "off" | "n" => Some("false"),
        text if text.trim_end_matches(['s', ' ']).parse::<u32>().is_ok() => Some("5"),
        _ => None,
    }
}

fn list(value: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match value {
        Value::Null => Some(Vec::new()),
        Value::Sequence(values) => values.iter().map(text).collect(),
        // OpenIM splits a text at commas.
        Value::String(values) => Some(values.split(',').map(ToOwned::to_owned).collect()),
        _ => None,
    }
}

fn place(line: Option<usize>, at: &str) -> Place {
    Place {
        line,
        at: at.to_owned(),
    }
}
