//! A chart of the results: one bar for each function, as SVG. It has its own background, so it can be read on white and on
//! black.

use std::fmt::Write as _;

use crate::table::figure;

/// The sizes of the picture in pixels.
const WIDTH: f64 = 860.0;
const ROW: f64 = 22.0;
const HEAD: f64 = 46.0;
const NAMES: f64 = 330.0;
/// Room for the number behind the longest bar.
const NUMBER: f64 = 70.0;

/// One bar.
pub(crate) struct Bar<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: f64,
    /// Whether it is ours.
    pub(crate) ours: bool,
}

/// Several charts below each other. Each bar is as long as the logarithm of its value, because values differ by a hundred
/// times: a gap is a factor, wherever it is.
pub(crate) fn svg(charts: &[(&str, Vec<Bar<'_>>)]) -> String {
    let rows: usize = charts.iter().map(|(_, bars)| bars.len()).sum();
    let height = HEAD * charts.len() as f64 + ROW * rows as f64 + 16.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"13\" role=\"img\">\n<rect width=\"{WIDTH}\" height=\"{height}\" rx=\"8\" fill=\"#ffffff\"/>\n"
    );
    let mut top = 0.0;
    for (title, bars) in charts {
        let values = || bars.iter().map(|bar| bar.value);
        let (least, most) = (
            values().fold(f64::INFINITY, f64::min) / 2.0,
            values().fold(0.0, f64::max),
        );
        // Writing into a string cannot fail.
        let _ = writeln!(
            svg,
            "<text x=\"16\" y=\"{}\" font-weight=\"bold\" fill=\"#1f2328\">{}</text>",
            top + 30.0,
            escaped(title)
        );
        top += HEAD;
        for bar in bars {
            let length = (bar.value / least).ln() / (most / least).ln();
            let length = length * (WIDTH - NAMES - NUMBER - 16.0);
            let color = if bar.ours { "#0969da" } else { "#8c959f" };
            let middle = top + ROW / 2.0 + 4.0;
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\" fill=\"#1f2328\">{}</text>\n\
                 <rect x=\"{NAMES}\" y=\"{}\" width=\"{length:.0}\" height=\"{}\" rx=\"2\" fill=\"{color}\"/>\n\
                 <text x=\"{:.0}\" y=\"{middle}\" fill=\"#1f2328\">{}</text>",
                NAMES - 8.0,
                escaped(bar.name),
                top + 3.0,
                ROW - 6.0,
                NAMES + length + 6.0,
                figure(bar.value)
            );
            top += ROW;
        }
    }
    svg + "</svg>\n"
}

fn escaped(text: &str) -> String {
    let text = text.replace(['*', '`'], "");
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_time_has_a_longer_bar_with_its_number() {
        let bar = |name, value, ours| Bar { name, value, ours };
        let svg = svg(&[(
            "Start, ms",
            vec![
                bar("**ours**", 2.0, true),
                bar("`other` & more", 200.0, false),
            ],
        )]);
        let lengths: Vec<f64> = svg
            .lines()
            .filter(|line| line.starts_with("<rect x="))
            .map(|line| {
                let (_, rest) = line.split_once("width=\"").unwrap();
                rest.split('"').next().unwrap().parse().unwrap()
            })
            .collect();
        let [ours, other] = lengths[..] else {
            panic!("{svg}")
        };
        assert!(0.0 < ours && ours < other && other < WIDTH, "{svg}");
        assert!(svg.contains(">ours</text>") && svg.contains(">other &amp; more</text>"));
        assert!(svg.contains(">200</text>"), "{svg}");
    }
}
