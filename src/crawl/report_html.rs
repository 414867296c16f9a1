//! A report as HTML, for notebooks.

use std::fmt::Write as _;

use super::report::{CrawlReport, LeftOut, TableOutcome, count};

/// Tables that are shown; `explain` has all of them.
const SHOWN_TABLES: usize = 100;
/// Files that are shown of a kind.
const SHOWN_FILES: usize = 20;

impl CrawlReport {
    /// The tables with what became of them, and below them what was left out.
    #[must_use]
    pub fn to_html(&self) -> String {
        let mut html = format!(
            "<div><b>Crawl of {}/ into {}</b>: {}, {} listed, {} read, {:.2} s{}",
            escaped(&self.target),
            escaped(&self.database),
            count(self.tables.len() as u64, "table"),
            count(self.files_listed, "file"),
            self.files_read,
            self.seconds,
            self.change_id.map_or_else(|| ", nothing written".to_owned(), |id| format!(", change {id}")),
        );
        rows(
            &mut html,
            &["table", "outcome", "format", "columns", "partition keys", "files", "why"],
            self.tables.iter().take(SHOWN_TABLES).map(cells),
        );
        if self.tables.len() > SHOWN_TABLES {
            let _ = write!(html, "<p>… and {} more tables</p>", self.tables.len() - SHOWN_TABLES);
        }
        left_out(&mut html, "Unclassified", &self.unclassified);
        left_out(&mut html, "Misplaced", &self.misplaced);
        html.push_str("</div>");
        html
    }
}

fn cells(table: &TableOutcome) -> Vec<String> {
    let why = std::iter::once(&table.reason).chain(&table.notes).cloned().collect::<Vec<_>>().join("\n");
    let keys: Vec<String> =
        table.partition_keys.iter().map(|column| format!("{} {}", column.name, column.data_type)).collect();
    vec![
        table.name.clone(),
        table.outcome.as_str().to_owned(),
        table.format.clone(),
        table.columns.len().to_string(),
        keys.join(", "),
        table.files.to_string(),
        why,
    ]
}

fn left_out(html: &mut String, title: &str, files: &[LeftOut]) {
    if files.is_empty() {
        return;
    }
    let _ = write!(html, "<p><b>{title}</b>: {}</p>", count(files.len() as u64, "file"));
    let shown = files.iter().take(SHOWN_FILES);
    rows(
        html,
        &["file", "bytes", "why"],
        shown.map(|file| vec![file.path.clone(), file.bytes.to_string(), file.reason.clone()]),
    );
    if files.len() > SHOWN_FILES {
        let _ = write!(html, "<p>… and {} more</p>", files.len() - SHOWN_FILES);
    }
}

fn rows(html: &mut String, titles: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    html.push_str("<table><tr>");
    for title in titles {
        let _ = write!(html, "<th>{title}</th>");
    }
    html.push_str("</tr>");
    for row in rows {
        html.push_str("<tr>");
        for cell in row {
            let _ = write!(html, "<td style=\"text-align:left\">{}</td>", escaped(&cell).replace('\n', "<br>"));
        }
        html.push_str("</tr>");
    }
    html.push_str("</table>");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
