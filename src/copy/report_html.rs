//! A report as text, and as HTML with a plot of the throughput.

use std::fmt;
use std::fmt::Write as _;

use super::report::{CopyReport, Sample};

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 120.0;
/// Points of a curve.
const POINTS: usize = 60;
/// Failures that are shown.
const SHOWN: usize = 10;

impl fmt::Display for CopyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.is_dry_run { "Would copy" } else { "Copied" };
        writeln!(
            f,
            "{verb} {} {} ({}) from {} to {} in {:.2} s: {} objects/s, {}/s",
            grouped(self.objects),
            if self.objects == 1 { "object" } else { "objects" },
            bytes(self.bytes as f64),
            self.source,
            self.destination,
            self.seconds,
            grouped(self.objects_per_second().round() as u64),
            bytes(self.bytes_per_second()),
        )?;
        for (name, value) in self.rows().into_iter().skip(4) {
            writeln!(f, "  {name}: {value}")?;
        }
        for failure in self.failed.iter().take(SHOWN) {
            writeln!(f, "  failed `{}`: {}", failure.key, failure.error)?;
        }
        if self.failed_count > SHOWN as u64 {
            writeln!(f, "  … and {} more", grouped(self.failed_count - SHOWN as u64))?;
        }
        Ok(())
    }
}

impl CopyReport {
    /// Names and values that are worth telling.
    fn rows(&self) -> Vec<(String, String)> {
        let mut rows = vec![
            ("from".to_owned(), self.source.clone()),
            ("to".to_owned(), self.destination.clone()),
            (
                "objects".to_owned(),
                format!("{} ({}/s)", grouped(self.objects), grouped(self.objects_per_second().round() as u64)),
            ),
            ("bytes".to_owned(), format!("{} ({}/s)", bytes(self.bytes as f64), bytes(self.bytes_per_second()))),
            ("started".to_owned(), self.started.to_string()),
            ("seconds".to_owned(), format!("{:.2}", self.seconds)),
            ("verified".to_owned(), grouped(self.verified)),
        ];
        if let Some((oldest, newest)) = self.modified {
            rows.push(("last modified".to_owned(), format!("{oldest} to {newest}")));
        }
        for (reason, count) in &self.skipped {
            rows.push((format!("skipped, {reason}"), grouped(*count)));
        }
        let counts = [
            ("failed", self.failed_count),
            ("retried requests", self.retried),
            ("hedged requests", self.hedged),
            (if self.is_dry_run { "extra" } else { "deleted at the destination" }, self.deleted),
            ("deleted at the source", self.moved),
        ];
        rows.extend(
            counts.into_iter().filter(|(_, count)| *count > 0).map(|(name, count)| (name.to_owned(), grouped(count))),
        );
        rows
    }

    /// The report as HTML, with the throughput over time.
    #[must_use]
    pub fn to_html(&self) -> String {
        let title = if self.is_dry_run { "Copy (dry run)" } else { "Copy" };
        let mut html = format!("<div class=\"bayou-copy\"><b>{title}</b><table>");
        for (name, value) in self.rows() {
            let _ = write!(
                html,
                "<tr><th style=\"text-align:left\">{}</th><td>{}</td></tr>",
                escape(&name),
                escape(&value)
            );
        }
        html.push_str("</table>");
        if self.failed_count > 0 {
            html.push_str("<details><summary>failed</summary><table>");
            for failure in self.failed.iter().take(SHOWN) {
                let _ = write!(
                    html,
                    "<tr><td><code>{}</code></td><td>{}</td></tr>",
                    escape(&failure.key),
                    escape(&failure.error)
                );
            }
            html.push_str("</table></details>");
        }
        html.push_str(&self.plot());
        html.push_str("</div>");
        html
    }

    /// Objects and bytes a second over time, as SVG; nothing for copies that were over at once.
    fn plot(&self) -> String {
        let rates = rates(&self.samples);
        if rates.len() < 2 {
            return String::new();
        }
        let end = rates.last().map_or(1.0, |rate| rate.0);
        let curve = |of: fn(&(f64, f64, f64)) -> f64, color: &str| {
            let most = rates.iter().map(of).fold(1e-9, f64::max);
            let points: Vec<String> = rates
                .iter()
                .map(|rate| format!("{:.1},{:.1}", rate.0 / end * WIDTH, HEIGHT - of(rate) / most * (HEIGHT - 4.0)))
                .collect();
            format!("<polyline fill=\"none\" stroke=\"{color}\" stroke-width=\"1.5\" points=\"{}\"/>", points.join(" "))
        };
        let most = |of: fn(&(f64, f64, f64)) -> f64| rates.iter().map(of).fold(0.0, f64::max);
        format!(
            "<svg width=\"{WIDTH}\" height=\"{}\" role=\"img\" aria-label=\"throughput over time\">\
             <line x1=\"0\" y1=\"{HEIGHT}\" x2=\"{WIDTH}\" y2=\"{HEIGHT}\" stroke=\"#999\"/>{}{}\
             <text x=\"0\" y=\"{}\" font-size=\"11\" fill=\"#1f77b4\">objects/s, at most {}</text>\
             <text x=\"180\" y=\"{}\" font-size=\"11\" fill=\"#ff7f0e\">bytes/s, at most {}</text>\
             <text x=\"{WIDTH}\" y=\"{}\" font-size=\"11\" fill=\"#666\" text-anchor=\"end\">{end:.1} s</text></svg>",
            HEIGHT + 18.0,
            curve(|rate| rate.1, "#1f77b4"),
            curve(|rate| rate.2, "#ff7f0e"),
            HEIGHT + 14.0,
            grouped(most(|rate| rate.1).round() as u64),
            HEIGHT + 14.0,
            bytes(most(|rate| rate.2)),
            HEIGHT + 14.0,
        )
    }
}

/// Seconds, objects a second and bytes a second, at some dozens of moments.
fn rates(samples: &[Sample]) -> Vec<(f64, f64, f64)> {
    let stride = samples.len().div_ceil(POINTS).max(1);
    let mut before = Sample { seconds: 0.0, objects: 0, bytes: 0 };
    let mut rates = Vec::new();
    for sample in samples.chunks(stride).filter_map(|chunk| chunk.last()) {
        let elapsed = sample.seconds - before.seconds;
        if elapsed > 1e-3 {
            let objects = (sample.objects - before.objects.min(sample.objects)) as f64 / elapsed;
            let bytes = (sample.bytes - before.bytes.min(sample.bytes)) as f64 / elapsed;
            rates.push((sample.seconds, objects, bytes));
            before = *sample;
        }
    }
    rates
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && index % 3 == first {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes in the unit in which they are short.
fn bytes(count: f64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut unit) = (count, 0);
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let name = UNITS.get(unit).unwrap_or(&"B");
    if unit == 0 { format!("{value:.0} {name}") } else { format!("{value:.1} {name}") }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(
            [grouped(0), grouped(999), grouped(1_000), grouped(12_345_678)],
            ["0", "999", "1,000", "12,345,678"]
        );
        assert_eq!(
            [bytes(0.0), bytes(1023.0), bytes(1536.0), bytes(5.0 * 1024.0_f64.powi(4))],
            ["0 B", "1023 B", "1.5 KiB", "5.0 TiB"]
        );
    }

    #[test]
    fn rates_come_from_neighbouring_samples() {
        let samples = [
            Sample { seconds: 1.0, objects: 10, bytes: 100 },
            Sample { seconds: 2.0, objects: 30, bytes: 100 },
            Sample { seconds: 2.0, objects: 30, bytes: 100 },
        ];
        assert_eq!(rates(&samples), [(1.0, 10.0, 100.0), (2.0, 20.0, 0.0)]);
        assert!(rates(&[]).is_empty());
    }
}
