//! How many writes the busiest keys of the events table get, and how far the readers of its stream are behind.
//! `docs/scale.md` says the same.

use std::process::Command;

use models::root;
use serde_json::Value;
use support::binary;

/// What one key takes in a second.
const KEY_TAKES: f64 = 1000.0;
/// What a key should get at most, so that there is room for a busy second.
const GOAL: f64 = 800.0;

/// What a program says of these arguments.
fn told(program: &str, arguments: &[&str]) -> Value {
    let mut program = Command::new(binary(&format!("examples/{program}")));
    let output = program.args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The numbers in the rows of a table of the page, without the separators of thousands.
fn rows(first_heading: &str) -> Vec<Vec<String>> {
    let page = std::fs::read_to_string(root().join("docs/scale.md")).unwrap();
    let table = page.split(first_heading).nth(1).unwrap();
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let cells = |row: &str| {
        let cells = row.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().replace(',', "")).collect()
    };
    rows.map(cells).collect()
}

#[test]
fn the_page_has_the_figures_of_the_simulation() {
    let keys = [
        "unitsOfAMessage",
        "busiestGroup",
        "busiestKey",
        "busiestSecond",
        "refused",
    ];
    let readers = [
        "eventsOfABatch",
        "runAtOnce",
        "mostAtOnce",
        "delayMedian",
        "delayMost",
    ];
    for (heading, program, names) in [
        ("| Messages a second |", "partitions", keys),
        ("| Events a second |", "readers", readers),
    ] {
        let rows = rows(heading);
        assert!(rows.len() >= 4, "{rows:?}");
        for row in rows {
            let (arguments, figures) = row.split_at(row.len() - names.len());
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let told = told(program, &arguments);
            let found = names.map(|name| told[name].as_f64().unwrap().to_string());
            assert_eq!(figures, found, "{arguments:?}");
        }
    }
}

/// The rows of the page are what the programs say: see the test above.
#[test]
fn a_reader_that_is_too_slow_falls_behind_for_as_long_as_the_rate_stays() {
    let rows = rows("| Events a second |");
    let behind = |batch_ms: &str| {
        let mut rows = rows.iter();
        let row = rows.find(|row| row[0] == "10000" && row[4] == batch_ms && row[5] == "1");
        row.unwrap()[10].parse::<f64>().unwrap()
    };
    let (keeps_up, too_slow) = (behind("200"), behind("1500"));
    assert!(too_slow > 10.0 * keeps_up, "{keeps_up} {too_slow}");
}

#[test]
fn ten_thousand_messages_a_second_leave_room_in_every_key() {
    let rows = rows("| Messages a second |");
    for exponent in ["1.0", "1.2"] {
        let mut rows = rows.iter();
        let row = rows.find(|row| row[..4] == ["10000", "100000", exponent, "120"]);
        let row = row.unwrap();
        assert!(row[6].parse::<f64>().unwrap() <= GOAL, "{row:?}");
        assert_eq!(row[8], "0", "{row:?}");
    }
    // One room with everything is more than its keys take, and the simulation says so.
    let figures = told("partitions", &["20000", "1", "1.0", "120", "1"]);
    assert!(
        figures["busiestSecond"].as_f64().unwrap() > KEY_TAKES,
        "{figures}"
    );
    assert!(figures["refused"].as_f64().unwrap() > 0.0, "{figures}");
}
