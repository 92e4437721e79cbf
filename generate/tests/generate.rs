//! The generated files match the catalogue, and the generator works with invented catalogues, too.

// A test prints a count.
#![allow(clippy::print_stdout)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process,
};

use domain::{
    Conversation, Family, GroupId, Source, Timestamp, TopicId, UserId, decision,
    message::{Kind, MessageRef},
    moderation,
};
use protocol::{Command, NEVER_SENT, Rules, When, catalogue};
use serde_yaml_ng::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn commands() -> Vec<&'static Command> {
    catalogue().collect()
}

/// A copy of the files that `generate` reads, which a test can change.
fn copy(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    let files = generate::files(&root(), &commands());
    let payloads = ["openim", "tencent"].into_iter().flat_map(|server| {
        let folder = format!("tests/payloads/{server}");
        let entries = fs::read_dir(root().join(&folder)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .map(move |name| format!("{folder}/{name}"))
            .collect::<Vec<_>>()
    });
    let pairs = fs::read_dir(root().join("tests/pairs")).unwrap();
    let pairs = pairs.map(|it| it.unwrap().file_name().into_string().unwrap());
    let pairs = pairs.map(|name| format!("tests/pairs/{name}"));
    let events = Family::ALL.iter().copied().flat_map(|family| {
        let paths =
            ["/event.rs", ".rs"].map(|end| format!("shared/domain/src/{}{end}", family.as_str()));
        paths.into_iter().filter(|path| root().join(path).exists())
    });
    let events = events.chain(["shared/domain/src/message/content.rs".to_owned()]);
    let files = files.into_iter().chain(payloads).chain(pairs);
    for file in files.chain(events) {
        let copied = folder.join(&file);
        fs::create_dir_all(copied.parent().unwrap()).unwrap();
        fs::copy(root().join(&file), copied).unwrap();
    }
    folder
}

/// All events in the recorded callbacks, and those that no callback reports: a decision, and a refused message.
fn recorded_events() -> Vec<serde_json::Value> {
    let user = |id: &str| UserId::new(id).unwrap();
    let decided = decision::Event::Decided {
        decision: decision::Verdict::Refused,
        by: decision::By::Policies,
        code: Some(5001),
        rule: Some("actingUser.deny".to_owned()),
        actor: Some(user("ana")),
        others: vec![user("leo")],
        group: Some(GroupId::new("g").unwrap()),
        conversation: Some(Conversation::between(user("ana"), user("leo"))),
    };
    let refused = moderation::Event::MessageRefused {
        conversation: Conversation::between(user("ana"), user("leo")),
        topic: Some(TopicId::new("t").unwrap()),
        from: user("ana"),
        message: MessageRef::default(),
        kind: Kind::Picture,
        code: 20005,
        withdrawal: moderation::Withdrawal::Failed,
        error: Some(10031),
        refused_at: Timestamp::from_unix_millis(1_700_000_000_123).unwrap(),
    };
    let mut events = vec![
        serde_json::to_value(decided).unwrap(),
        serde_json::to_value(refused).unwrap(),
    ];
    for folder in ["tests/payloads/openim", "tests/payloads/tencent"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.to_str().unwrap().ends_with(".events.json") {
                let text = fs::read(path).unwrap();
                events.extend(serde_json::from_slice::<Vec<serde_json::Value>>(&text).unwrap());
            }
        }
    }
    events
}

#[test]
fn every_recorded_event_fits_its_schema_and_without_what_it_needs_it_does_not() {
    let file = root().join("docs/events.schema.json");
    let schema: serde_json::Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    let place = "https://example.com/events.schema.json";
    compiler.add_resource(place, schema.clone()).unwrap();
    let mut compiled = |place: &str| compiler.compile(place, &mut schemas).unwrap();
    let any = compiled(place);
    let types = schema["anyOf"].as_array().unwrap();
    let types: BTreeMap<&str, boon::SchemaIndex> = types
        .iter()
        .map(|one| {
            one["$ref"]
                .as_str()
                .unwrap()
                .strip_prefix("#/$defs/")
                .unwrap()
        })
        .map(|name| (name, compiled(&format!("{place}#/$defs/{name}"))))
        .collect();
    let fits = |event: &serde_json::Value, index| schemas.validate(event, index).is_ok();
    let (mut seen, mut broken) = (BTreeSet::new(), 0);
    for event in recorded_events() {
        let name = event["type"].as_str().unwrap();
        let own = types[name];
        assert!(fits(&event, own) && fits(&event, any), "{event}");
        seen.insert(name.to_owned());
        let required = schema["$defs"][name]["required"].as_array().unwrap();
        for member in event.as_object().unwrap().keys() {
            let mut odd = event.clone();
            // No field of an event has this value.
            odd[member] = serde_json::json!([[[1.5]]]);
            assert!(!fits(&odd, own) && !fits(&odd, any), "{odd}");
            let mut without = event.clone();
            without.as_object_mut().unwrap().remove(member);
            let is_required = required.contains(&serde_json::json!(member));
            assert_eq!(fits(&without, own), !is_required, "{without}");
            broken += 1;
        }
    }
    let unseen: Vec<_> = types.keys().filter(|name| !seen.contains(**name)).collect();
    assert!(unseen.is_empty(), "{unseen:?}");
    assert!(broken > 300, "{broken}");
}

#[test]
fn the_generated_files_match_the_catalogue() {
    let wrong = generate::check(&root(), &commands());
    assert!(wrong.is_empty(), "run make generate\n{}", wrong.join("\n"));
}

#[test]
fn a_renamed_command_makes_every_file_that_names_it_wrong() {
    let old = commands()
        .into_iter()
        .find(|it| it.source == Source::OpenIm && it.is_before())
        .unwrap();
    let new = Command {
        name: "callbackBeforeSomethingElseCommand",
        switch: Some("beforeSomethingElse"),
        ..*old
    };
    let renamed: Vec<&Command> = commands()
        .into_iter()
        .map(|it| if it.name == old.name { &new } else { it })
        .collect();
    let wrong = generate::check(&root(), &renamed);
    let family = old.family.as_str();
    let (before, after) = (old.function(), new.function());
    let modules = [before.replace('-', "_"), after.replace('-', "_")];
    let mut expected = vec![
        "template.yaml".to_owned(),
        "Cargo.toml".to_owned(),
        "Makefile".to_owned(),
        "policies.schema.json".to_owned(),
        "docs/policies.md".to_owned(),
        "docs/callbacks.md".to_owned(),
        "docs/events.md".to_owned(),
        "docs/webhooks.yml".to_owned(),
        "cli/src/samples.rs".to_owned(),
        "tests/support/src/functions.rs".to_owned(),
        format!("tests/payloads/openim/{}.server.json", new.name),
        format!("tests/payloads/openim/{}.server.events.json", new.name),
        format!("functions/{family}/src/bin/{before}.rs"),
        format!("functions/{family}/src/bin/{after}.rs"),
    ];
    for module in modules {
        expected.push(format!("functions/{family}/src/{module}.rs"));
        expected.push(format!("shared/protocol/src/openim/{family}/{module}.rs"));
    }
    for file in expected {
        let named = wrong
            .iter()
            .any(|line| line.starts_with(&format!("{file}:")));
        assert!(named, "{file} is not reported, only\n{}", wrong.join("\n"));
    }
    // The report shows the first line that differs.
    let routes = wrong.iter().find(|line| line.starts_with("Cargo.toml:"));
    assert!(routes.unwrap().contains(new.name), "{routes:?}");
}

#[test]
fn the_page_of_events_has_every_family_and_every_stored_event() {
    let page = fs::read_to_string(root().join("docs/events.md")).unwrap();
    for family in Family::ALL.iter().copied() {
        let heading = format!("\n## {}\n", family.as_str());
        assert_eq!(
            page.contains(&heading),
            family != Family::Unknown,
            "{heading}"
        );
    }
    let mut events = 0;
    for entry in fs::read_dir(root().join("tests/payloads/openim"))
        .unwrap()
        .chain(fs::read_dir(root().join("tests/payloads/tencent")).unwrap())
    {
        let path = entry.unwrap().path();
        if !path.to_str().unwrap().ends_with(".events.json") {
            continue;
        }
        let listed: Vec<Value> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        for event in listed {
            let name = event["type"].as_str().unwrap();
            assert!(page.contains(&format!("\n### `{name}`\n")), "{name}");
            events += 1;
        }
    }
    assert!(events > 0);
}

#[test]
fn deleted_parts_are_written_again_unchanged() {
    let folder = copy("deleted");
    let files = generate::files(&folder, &commands());
    let read = || -> Vec<String> {
        let text = |file| fs::read_to_string(folder.join(file)).unwrap();
        files.iter().map(text).collect()
    };
    let before = read();
    for file in &files {
        let path = folder.join(file);
        let text = fs::read_to_string(&path).unwrap();
        match without_generated_part(file, &text) {
            Some(rest) => {
                assert!(rest.len() < text.len(), "{file}");
                fs::write(path, rest).unwrap();
            }
            None => fs::remove_file(path).unwrap(),
        }
    }
    let written = generate::write(&folder, &commands()).unwrap();
    assert_eq!(written, files);
    assert_eq!(read(), before);
    assert!(generate::write(&folder, &commands()).unwrap().is_empty());
}

/// The text without its generated part; `None` for a file that is generated entirely.
fn without_generated_part(file: &str, text: &str) -> Option<String> {
    let (begin, end) = match file {
        "policies.schema.json" => (",\n    \"callback", "\n  },\n  \"additional"),
        _ if file.starts_with("functions/") && file.ends_with("/Cargo.toml") => {
            ("generated by make generate", "end of generated")
        }
        "template.yaml"
        | "Cargo.toml"
        | "Makefile"
        | "docs/decisions-in-your-language.md"
        | "docs/policies.md"
        | "docs/policies-subjects.md" => ("generated by make generate", "end of generated"),
        _ => return None,
    };
    let first = text.find(begin).unwrap();
    let last = first + text[first..].find(end).unwrap();
    if file.ends_with(".json") {
        return Some(format!("{}{}", &text[..first], &text[last..]));
    }
    // The lines of the marks stay.
    let first = first + text[first..].find('\n').unwrap();
    let last = text[..last].rfind('\n').unwrap();
    Some(format!("{}{}", &text[..first], &text[last..]))
}

#[test]
fn a_file_that_belongs_to_no_command_is_reported() {
    let folder = copy("strays");
    let family = commands()[0].family.as_str();
    for (file, text) in [
        (
            format!("functions/{family}/src/stray.rs"),
            "pub async fn handle() {}",
        ),
        (
            format!("functions/{family}/src/bin/stray.rs"),
            "fn main() {}",
        ),
        (
            format!("shared/protocol/src/openim/{family}/stray.rs"),
            "impl Callback for Stray {}",
        ),
    ] {
        let path = folder.join(&file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        let wrong = generate::check(&folder, &commands());
        assert!(
            wrong.contains(&format!("{file}: belongs to no command of the catalogue")),
            "{wrong:#?}"
        );
    }
}

fn template(commands: &[&Command]) -> String {
    let written = fs::read_to_string(root().join("template.yaml")).unwrap();
    generate::template(commands, &written).unwrap()
}

#[test]
fn webhooks_yml_switches_on_every_command_with_events_and_waits_longer_than_a_function_runs() {
    let read = |file: &str| -> Value {
        let text = fs::read_to_string(root().join(file)).unwrap();
        serde_yaml_ng::from_str(&text).unwrap()
    };
    let (webhooks, template) = (read("docs/webhooks.yml"), read("template.yaml"));
    let longest = &template["Globals"]["Function"]["Timeout"];
    let openim = commands()
        .into_iter()
        .filter(|it| it.source == Source::OpenIm);
    let openim: Vec<&Command> = openim.collect();
    assert_eq!(
        webhooks.as_mapping().unwrap().len(),
        openim.len() + NEVER_SENT.len() + 1,
        "every command and the url"
    );
    for dead in NEVER_SENT {
        assert_eq!(webhooks[dead.switch.unwrap()]["enable"], false);
    }
    for command in openim {
        let switch = &webhooks[command.switch.unwrap()];
        let timeout = switch["timeout"].as_u64().unwrap();
        // OpenIM's clients wait for ten seconds.
        assert!(
            longest.as_u64().unwrap() < timeout && timeout < 10,
            "{}",
            command.name
        );
        let enabled = switch["enable"].as_bool().unwrap();
        let events = format!("tests/payloads/openim/{}.server.events.json", command.name);
        let events = fs::read_to_string(root().join(events)).unwrap();
        let has_events = !command.is_before() || events.trim() != "[]";
        let is_safe = command.caution().is_none();
        assert_eq!(enabled, has_events && is_safe, "{}", command.name);
    }
}

#[test]
fn webhooks_yml_says_why_a_switch_is_better_left_off() {
    let text = fs::read_to_string(root().join("docs/webhooks.yml")).unwrap();
    let cautions = catalogue().filter_map(|command| Some((command, command.caution()?)));
    let mut count = 0;
    for (command, caution) in cautions {
        count += 1;
        let (_, entry) = text
            .split_once(&format!("\n{}:", command.switch.unwrap()))
            .unwrap();
        let reason = entry.lines().nth(1).unwrap();
        assert_eq!(reason, format!("  # {caution}"));
        assert!(
            caution.ends_with('.') && !caution.contains('\n'),
            "{caution}"
        );
    }
    assert!(count > 0);
}

#[test]
fn a_command_that_is_never_sent_is_documented_and_has_no_function() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    for dead in NEVER_SENT {
        assert!(read("docs/callbacks.md").contains(&format!("| `{}` | `", dead.name)));
        for listed in ["template.yaml", "Cargo.toml", "cli/src/samples.rs"] {
            assert!(!read(listed).contains(dead.name), "{listed}");
        }
        let function = dead.function();
        let family = dead.family.as_str();
        let binary = format!("functions/{family}/src/bin/{function}.rs");
        assert!(!root().join(binary).exists());
    }
}

/// The catalogue with invented commands, so many that OpenIM has this number of functions.
fn with_invented(functions: usize) -> Vec<&'static Command> {
    let mut all = commands();
    let served = all.iter().filter(|it| it.source == Source::OpenIm).count();
    for number in served..functions {
        let (word, when) = match number % 2 {
            0 => ("After", When::After),
            _ => ("Before", When::Before(Rules::USERS)),
        };
        // Only letters, as in a real name. Its last two letters are the number.
        let letters = [b'a' + (number / 26) as u8, b'a' + (number % 26) as u8].map(char::from);
        let letters: String = letters.iter().collect();
        let leak = |text: String| -> &'static str { text.leak() };
        all.push(Box::leak(Box::new(Command {
            source: Source::OpenIm,
            name: leak(format!("callback{word}Invented{letters}Command")),
            earlier: &[],
            switch: Some(leak(format!("{}Invented{letters}", word.to_lowercase()))),
            family: Family::User,
            when,
            since: None,
            sentence: "An invented command, of which only the name exists.",
        })));
    }
    all
}

#[test]
fn sixty_commands_need_eight_lines_each_and_fewer_than_300_resources() {
    let (few, many) = (template(&commands()), template(&with_invented(60)));
    let served = commands()
        .iter()
        .filter(|it| it.source == Source::OpenIm)
        .count();
    let lines = many.lines().count() - few.lines().count();
    assert!(
        lines <= 8 * (60 - served),
        "{lines} lines for {} commands",
        60 - served
    );
    let count = resources(&many);
    println!("{count} resources with 60 commands of OpenIM");
    assert!(count < 300, "{count} resources");
    assert!(
        many.len() < 1_000_000,
        "CloudFormation accepts at most 1,000,000 bytes"
    );
}

#[test]
fn this_count_of_resources_is_the_same_as_that_of_sam() {
    let python = root().join(".local/tools/bin/python");
    assert!(python.exists(), "SAM is not installed: run `make test`");
    for (name, commands) in [("served", commands()), ("sixty", with_invented(60))] {
        let text = template(&commands);
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.yaml"));
        fs::write(&file, &text).unwrap();
        let transform = process::Command::new(&python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/count_resources.py"))
            .arg(file)
            .output()
            .unwrap();
        let counted = String::from_utf8_lossy(&transform.stdout);
        let errors = String::from_utf8_lossy(&transform.stderr);
        assert_eq!(counted.trim(), resources(&text).to_string(), "{errors}");
    }
}

/// The number of resources that SAM makes of a template, with those whose conditions are false.
fn resources(template: &str) -> usize {
    let template: Value = serde_yaml_ng::from_str(template).unwrap();
    let resources = template["Resources"].as_mapping().unwrap().values();
    resources
        .map(|resource| match resource["Type"].as_str().unwrap() {
            // A permission for each route, and an event source mapping for each source.
            "AWS::Serverless::Function" => {
                let properties = &resource["Properties"];
                assert!(!properties["Role"].is_null(), "SAM would make a role");
                1 + properties["Events"].as_mapping().unwrap().len()
            }
            // An API, a stage and a deployment.
            "AWS::Serverless::Api" => 3,
            _ => 1,
        })
        .sum()
}
