//! Start and answer of the functions as an SVG.

use crate::{
    functions::{Functions, Measured},
    table::figure,
};

/// Who is shown, and how he is called there.
const SHOWN: &[(&str, &str)] = &[
    ("bare-http", "lambda_http, fixed answer"),
    ("ours-no-table", "this project, no table"),
    ("sdk-floor", "one tuned PutItem"),
    ("ours", "this project"),
    ("node", "Node 20, AWS SDK v3"),
    ("python", "Python, boto3"),
];

const WIDTH: f64 = 760.0;
/// Where the scale begins and ends.
const LEFT: f64 = 250.0;
const RIGHT: f64 = WIDTH - 70.0;
const TOP: f64 = 58.0;
const ROW: f64 = 34.0;

/// For light and for dark pages: the reader's system says which.
const STYLE: &str = "
  text { font: 14px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328 }
  .small { font-size: 12px; fill: #59636e }
  .ours { font-weight: 600 }
  .grid { stroke: #d1d9e0 }
  .span { stroke: #8c959f; stroke-width: 2 }
  .warm { fill: #bc4c00 }
  .cold { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .small { fill: #9198a1 }
    .grid { stroke: #3d444d }
    .span { stroke: #656c76 }
    .warm { fill: #f0883e }
    .cold { fill: #58a6ff }
  }
";

/// A line for each function, with a point for an answer and one for a start with the first answer. Each step of the
/// scale is ten times the one before.
pub(crate) fn picture(functions: &Functions) -> String {
    let shown: Vec<(&str, &Measured)> = SHOWN
        .iter()
        .filter_map(|&(name, title)| {
            let mut all = functions.contestants.iter();
            all.find(|it| it.name == name).map(|it| (title, it))
        })
        .collect();
    let values = |of: fn(&Measured) -> f64| shown.iter().map(move |(_, it)| of(it));
    let least = values(|it| it.warm_ms.p50).fold(f64::MAX, f64::min);
    let most = values(|it| it.cold_ms).fold(least, f64::max);
    // Whole steps would leave much of it empty; a label fits beside the first and the last point.
    let (low, high) = ((least / 2.0).log10(), (most * 1.2).log10());
    let x = |value: f64| LEFT + (value.log10() - low) / (high - low) * (RIGHT - LEFT);
    let bottom = TOP + ROW * shown.len() as f64;

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\">\n<title>Milliseconds for an answer, and for a start with the first answer\
         </title>\n<style>{STYLE}</style>\n",
        height = bottom + 34.0
    );
    let mut add = |line: String| {
        svg.push_str(&line);
        svg.push('\n');
    };
    let legend = [
        (LEFT, "warm", "warm answer"),
        (LEFT + 130.0, "cold", "cold start and first answer"),
    ];
    for (at, class, text) in legend {
        let (dot, label) = (at + 6.0, at + 18.0);
        add(format!(
            "<circle class=\"{class}\" cx=\"{dot}\" cy=\"20\" r=\"6\"/>"
        ));
        add(format!("<text x=\"{label}\" y=\"25\">{text}</text>"));
    }
    let steps = [0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0, 10_000.0];
    for step in steps
        .into_iter()
        .filter(|it: &f64| (low..high).contains(&it.log10()))
    {
        let (at, label) = (x(step), bottom + 20.0);
        let name = match step {
            1000.0.. => format!("{} s", step / 1000.0),
            _ => format!("{step} ms"),
        };
        add(format!(
            "<line class=\"grid\" x1=\"{at:.1}\" y1=\"{TOP}\" x2=\"{at:.1}\" y2=\"{bottom}\"/>"
        ));
        add(format!(
            "<text class=\"small\" x=\"{at:.1}\" y=\"{label}\" text-anchor=\"middle\">{name}</text>"
        ));
    }
    for (row, (title, it)) in shown.iter().enumerate() {
        let middle = TOP + ROW * (row as f64 + 0.5);
        let (warm, cold) = (x(it.warm_ms.p50), x(it.cold_ms));
        let class = if it.name.starts_with("ours") {
            " class=\"ours\""
        } else {
            ""
        };
        let base = middle + 5.0;
        add(format!("<text{class} x=\"12\" y=\"{base}\">{title}</text>"));
        add(format!(
            "<line class=\"span\" x1=\"{warm:.1}\" y1=\"{middle}\" x2=\"{cold:.1}\" y2=\"{middle}\"/>"
        ));
        for (class, at, anchor, label, value) in [
            ("warm", warm, "end", warm - 10.0, it.warm_ms.p50),
            ("cold", cold, "start", cold + 10.0, it.cold_ms),
        ] {
            add(format!(
                "<circle class=\"{class}\" cx=\"{at:.1}\" cy=\"{middle}\" r=\"6\"/>"
            ));
            let value = figure(value);
            add(format!(
                "<text class=\"small\" x=\"{label:.1}\" y=\"{base}\" text-anchor=\"{anchor}\">{value}</text>"
            ));
        }
    }
    add("</svg>".to_owned());
    svg
}
