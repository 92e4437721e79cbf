//! `docs/events.md`: every event, with its fields, the commands that give it, and an example.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use domain::Family;
use protocol::Command;
use syn::{Attribute, Expr, Field, File, Item, ItemEnum, ItemStruct, Lit, Meta, Type, Variant};

use crate::{
    Stored, both,
    names::{self, snake_case},
    policies::cell,
};

/// The whole text of the page.
pub(crate) fn events(root: &Path, commands: &[&Command], stored: &Stored) -> String {
    let mut page = String::from(
        "<!-- Written by make generate, from shared/domain, tests/payloads and tests/pairs. -->

# Events

An event says what happened, in words of neither server. Both servers' callbacks give the same events, so a program that
reads them need not know the server. Each item of the [events table](storage.md) has a list of them in `events`. `type` tells
them apart. A program must accept types and fields that it does not know, because later versions add some.

[`events.schema.json`](events.schema.json) has a JSON Schema for each type of event.

Outside the table, an event is a [CloudEvent](event-bus.md#the-form). Its `type` has the family before it, such as
`relation.friend_requested`, and its `data` is the event without `type`.

*From* lists the commands that give the event. The last section shows
[what both servers tell](#the-same-event-from-both-servers).
",
    );
    // Events of other families name messages, too.
    let messages = source(root, Family::Message);
    for family in Family::ALL.iter().copied() {
        let Some(source) = source(root, family) else {
            continue;
        };
        let _ = write!(page, "\n## {}\n", family.as_str());
        let structs: BTreeMap<String, &ItemStruct> = messages
            .iter()
            .chain([&source])
            .flat_map(|source| &source.items)
            .filter_map(|item| match item {
                Item::Struct(item) => Some((item.ident.to_string(), item)),
                _ => None,
            })
            .collect();
        let variants = source.items.iter().filter_map(event_enum);
        for variant in variants.flat_map(|it| &it.variants) {
            event(&mut page, variant, &structs, commands, stored);
        }
        if family == Family::Message {
            contents(&mut page, root);
        }
    }
    page.push_str(&both::section(root, commands, stored));
    page
}

/// Adds the section of what messages say.
fn contents(page: &mut String, root: &Path) {
    let file = root.join("shared/domain/src/message/content.rs");
    let source = syn::parse_file(&fs::read_to_string(file).unwrap_or_default());
    let items = source.map_or_else(|_| Vec::new(), |source| source.items);
    let contents = items.iter().find_map(|item| match item {
        Item::Enum(item) if item.ident == "Content" => Some(item),
        _ => None,
    });
    page.push_str(
        "\n### What messages say\n\n`content` has a `kind`, and fields that depend on it. A text that is empty may be missing.\n
| `kind` | Other fields | Meaning |\n|---|---|---|\n",
    );
    for variant in contents.iter().flat_map(|it| &it.variants) {
        let fields = variant.fields.iter().filter_map(|it| it.ident.as_ref());
        let fields: Vec<String> = fields.map(|field| format!("`{field}`")).collect();
        let _ = writeln!(
            page,
            "| `{}` | {} | {} |",
            snake_case(&variant.ident.to_string()),
            fields.join(", "),
            cell(&documentation(&variant.attrs).replace('\n', " "))
        );
    }
}

/// Adds the section of an event.
fn event(
    page: &mut String,
    variant: &Variant,
    structs: &BTreeMap<String, &ItemStruct>,
    commands: &[&Command],
    stored: &Stored,
) {
    let name = snake_case(&variant.ident.to_string());
    let meaning = documentation(&variant.attrs);
    let _ = write!(page, "\n### `{name}`\n\n{meaning}\n");
    page.push_str("\n| Field | Type | Meaning |\n|---|---|---|\n");
    fields(page, "", variant.fields.iter(), structs);
    let from: Vec<String> = commands
        .iter()
        .filter(|command| stored.of(command).contains(&name))
        .map(|command| format!("{} `{}`", names::server(command.source), command.name))
        .collect();
    let from = if from.is_empty() {
        "no callback. A function of the stack records it".to_owned()
    } else {
        from.join(", ")
    };
    let _ = write!(page, "\nFrom: {from}.\n");
    if let Some(example) = stored.example(&name) {
        // The order of the fields is that of the type. A field that is empty may be missing.
        let fields = variant.fields.iter().filter_map(|it| it.ident.as_ref());
        let keys = ["type".to_owned()]
            .into_iter()
            .chain(fields.map(ToString::to_string));
        let members: Vec<String> = keys
            .filter_map(|key| Some(format!("\"{key}\": {}", example.get(&key)?)))
            .collect();
        let _ = write!(page, "\n```json\n{{{}}}\n```\n", members.join(", "));
    }
}

/// The file that has the family's events. The family `unknown` has none.
fn source(root: &Path, family: Family) -> Option<File> {
    let folder = root.join("shared/domain/src").join(family.as_str());
    let text = fs::read_to_string(folder.join("event.rs"))
        .or_else(|_| fs::read_to_string(folder.with_extension("rs")));
    syn::parse_file(&text.ok()?).ok()
}

fn event_enum(item: &Item) -> Option<&ItemEnum> {
    match item {
        Item::Enum(item) if item.ident == "Event" => Some(item),
        _ => None,
    }
}

/// Adds a row for each field. An object, or a list of objects, has a row for each of their fields, too.
fn fields<'a>(
    page: &mut String,
    prefix: &str,
    fields: impl Iterator<Item = &'a Field>,
    structs: &BTreeMap<String, &'a ItemStruct>,
) {
    for field in fields {
        let name = field.ident.as_ref().map(ToString::to_string);
        let name = format!("{prefix}{}", name.unwrap_or_default());
        let (kind, object) = kind(&field.ty, structs);
        let meaning = cell(&documentation(&field.attrs).replace('\n', " "));
        let _ = writeln!(page, "| `{name}` | {kind} | {meaning} |");
        if let Some(object) = object {
            let inside = if kind.starts_with("list") { "[]." } else { "." };
            let prefix = format!("{name}{inside}");
            self::fields(page, &prefix, object.fields.iter(), structs);
        }
    }
}

/// What the type of a field is in JSON, and the objects that it lists.
fn kind<'a>(
    ty: &Type,
    structs: &BTreeMap<String, &'a ItemStruct>,
) -> (String, Option<&'a ItemStruct>) {
    let Type::Path(path) = ty else {
        return (String::new(), None);
    };
    let Some(last) = path.path.segments.last() else {
        return (String::new(), None);
    };
    let name = last.ident.to_string();
    if let syn::PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(syn::GenericArgument::Type(member)) = arguments.args.first()
    {
        let (of, object) = kind(member, structs);
        return match name.as_str() {
            "Vec" => (format!("list of {of}s"), object),
            _ => (of, object),
        };
    }
    match (name.as_str(), structs.get(&name)) {
        ("UserId", _) => ("user id".to_owned(), None),
        ("GroupId", _) => ("group id".to_owned(), None),
        ("TopicId", _) => ("topic id".to_owned(), None),
        // Its only field has no name, and is written without the object.
        (_, Some(object)) if object.fields.iter().all(|it| it.ident.is_none()) => object
            .fields
            .iter()
            .next()
            .map_or_else(Default::default, |field| kind(&field.ty, structs)),
        (_, Some(object)) => ("object".to_owned(), Some(*object)),
        ("String", None) => ("text".to_owned(), None),
        ("i32" | "i64", None) => ("number".to_owned(), None),
        ("bool", None) => ("boolean".to_owned(), None),
        ("Timestamp", None) => ("time".to_owned(), None),
        (other, None) => (other.to_lowercase(), None),
    }
}

/// The doc comment, without links.
fn documentation(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| {
        let Meta::NameValue(meta) = &attribute.meta else {
            return None;
        };
        let Expr::Lit(value) = &meta.value else {
            return None;
        };
        match &value.lit {
            Lit::Str(text) if meta.path.is_ident("doc") => Some(text.value().trim().to_owned()),
            _ => None,
        }
    });
    without_links(&lines.collect::<Vec<_>>().join("\n"))
}

/// A doc comment in which links to other events are their names in the stored form.
pub(crate) fn without_links(documentation: &str) -> String {
    let mut text = documentation.to_owned();
    while let Some((before, rest)) = text.split_once("[`")
        && let Some((name, rest)) = rest.split_once("`](")
        && let Some((_, after)) = rest.split_once(')')
    {
        text = format!("{before}`{}`{after}", snake_case(name));
    }
    text
}
