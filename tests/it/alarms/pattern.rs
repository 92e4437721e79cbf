//! Matches log lines with a filter pattern, as CloudWatch Logs does. It knows the part of the grammar that
//! `template.yaml` uses.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html>

use std::iter::Peekable;

use serde_json::Value;

/// A pattern for lines of JSON: `{ ($.a = "x*") && ($.b NOT EXISTS) }`.
pub(super) struct Pattern(Any);

/// One of these holds.
struct Any(Vec<All>);

/// All of these hold.
struct All(Vec<One>);

enum One {
    Inner(Any),
    Compare(String, Test),
}

enum Test {
    /// Texts, in which `*` stands for any characters.
    Equals(String),
    Number(fn(f64, f64) -> bool, f64),
    IsTrue,
    NotExists,
}

impl Pattern {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let inner = text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'))
            .ok_or("no braces")?;
        let tokens = tokens(inner)?;
        let mut tokens = tokens.iter().map(String::as_str).peekable();
        let pattern = any(&mut tokens)?;
        match tokens.next() {
            None => Ok(Self(pattern)),
            Some(token) => Err(format!("{token} is too much")),
        }
    }

    /// A line that is not JSON matches no such pattern.
    pub(super) fn matches(&self, line: &str) -> bool {
        serde_json::from_str(line).is_ok_and(|line| self.0.holds(&line))
    }

    /// The names of the fields that it looks at.
    pub(super) fn fields(&self) -> Vec<&str> {
        let mut fields = Vec::new();
        self.0.fields(&mut fields);
        fields
    }
}

impl Any {
    fn holds(&self, line: &Value) -> bool {
        self.0
            .iter()
            .any(|all| all.0.iter().all(|one| one.holds(line)))
    }

    fn fields<'a>(&'a self, fields: &mut Vec<&'a str>) {
        for one in self.0.iter().flat_map(|all| &all.0) {
            match one {
                One::Inner(inner) => inner.fields(fields),
                One::Compare(field, _) => fields.push(field),
            }
        }
    }
}

impl One {
    fn holds(&self, line: &Value) -> bool {
        let (field, test) = match self {
            Self::Inner(inner) => return inner.holds(line),
            Self::Compare(field, test) => (line.get(field), test),
        };
        match (test, field) {
            (Test::NotExists, field) => field.is_none(),
            (Test::IsTrue, field) => field == Some(&Value::Bool(true)),
            (Test::Equals(text), Some(Value::String(found))) => equals(text, found),
            (Test::Number(compare, number), Some(Value::Number(found))) => {
                compare(found.as_f64().unwrap(), *number)
            }
            _ => false,
        }
    }
}

fn equals(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(start) else {
        return false;
    };
    (0..=text.len()).any(|at| text.is_char_boundary(at) && equals(rest, &text[at..]))
}

fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' | ')' => 1,
            '"' => 2 + rest[1..].find('"').ok_or("an open quote")?,
            '&' | '|' | '=' | '!' | '>' | '<' => rest
                .find(|c: char| !"&|=!<>".contains(c))
                .unwrap_or(rest.len()),
            _ => rest
                .find(|c: char| c.is_whitespace() || "()&|=!<>\"".contains(c))
                .unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token.to_owned());
        rest = after.trim_start();
    }
    Ok(tokens)
}

type Tokens<I> = Peekable<I>;

fn any<'a>(tokens: &mut Tokens<impl Iterator<Item = &'a str>>) -> Result<Any, String> {
    let mut alternatives = vec![all(tokens)?];
    while tokens.next_if_eq(&"||").is_some() {
        alternatives.push(all(tokens)?);
    }
    Ok(Any(alternatives))
}

fn all<'a>(tokens: &mut Tokens<impl Iterator<Item = &'a str>>) -> Result<All, String> {
    let mut parts = vec![one(tokens)?];
    while tokens.next_if_eq(&"&&").is_some() {
        parts.push(one(tokens)?);
    }
    Ok(All(parts))
}

fn one<'a>(tokens: &mut Tokens<impl Iterator<Item = &'a str>>) -> Result<One, String> {
    const SHORT: &str = "it ends too early";
    let first = tokens.next().ok_or(SHORT)?;
    if first == "(" {
        let inner = Box::new(any(tokens)?);
        return match tokens.next() {
            Some(")") => Ok(One::Inner(*inner)),
            other => Err(format!("{other:?} instead of )")),
        };
    }
    let field = first
        .strip_prefix("$.")
        .ok_or_else(|| format!("{first} is not a field"))?;
    let operator = tokens.next().ok_or(SHORT)?;
    let operand = tokens.next().ok_or(SHORT)?;
    let test = match (operator, operand) {
        ("NOT", "EXISTS") => Test::NotExists,
        ("IS", "TRUE") => Test::IsTrue,
        ("=", text) if text.starts_with('"') => Test::Equals(text.trim_matches('"').to_owned()),
        (operator, number) => {
            let compare: fn(f64, f64) -> bool = match operator {
                "=" => |a, b| a.total_cmp(&b).is_eq(),
                "!=" => |a, b| a.total_cmp(&b).is_ne(),
                ">=" => |a, b| a >= b,
                other => return Err(format!("{other} is not known here")),
            };
            let number = number
                .parse()
                .map_err(|_| format!("{number} is no number"))?;
            Test::Number(compare, number)
        }
    };
    Ok(One::Compare(field.to_owned(), test))
}

#[test]
fn patterns_match_as_the_documentation_of_cloudwatch_says() {
    let line =
        r#"{"eventType":"UpdateTrail","arn":"arn:aws:x","count":3,"open":true,"nothing":null}"#;
    for (pattern, expected) in [
        (r#"{ $.eventType = "UpdateTrail" }"#, true),
        (r#"{ $.eventType = "Update" }"#, false),
        (r#"{ $.eventType = "Update*" }"#, true),
        (r#"{ $.eventType = "*Trail" }"#, true),
        (r#"{ $.eventType = "*" }"#, true),
        (r#"{ $.missing = "*" }"#, false),
        ("{ $.count = 3 }", true),
        ("{ $.count != 3 }", false),
        ("{ $.count >= 4 }", false),
        ("{ $.open IS TRUE }", true),
        ("{ $.count IS TRUE }", false),
        ("{ $.missing NOT EXISTS }", true),
        ("{ $.nothing NOT EXISTS }", false),
        (r#"{ ($.count = 3) && ($.eventType = "x") }"#, false),
        (r#"{ ($.count = 3) || ($.eventType = "x") }"#, true),
        (
            r#"{ ($.count = 4) && (($.open IS TRUE) || ($.count = 3)) }"#,
            false,
        ),
        (
            r#"{ ($.count = 3) && (($.open IS TRUE) || ($.count = 4)) }"#,
            true,
        ),
    ] {
        let parsed = Pattern::parse(pattern).unwrap_or_else(|wrong| panic!("{pattern}: {wrong}"));
        assert_eq!(parsed.matches(line), expected, "{pattern}");
        assert!(!parsed.matches("no JSON"), "{pattern}");
    }
    for wrong in [
        "$.a = 1",
        "{ a = 1 }",
        "{ $.a = }",
        "{ ($.a = 1 }",
        "{ $.a = 1 $.b = 2 }",
        "{ $.a ~ 1 }",
    ] {
        assert!(Pattern::parse(wrong).is_err(), "{wrong}");
    }
}
