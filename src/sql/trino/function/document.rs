//! The page of the documentation that lists every function: written from the registry, so that it cannot lie.

use std::fmt::Write;

use super::{AGGREGATES, CHAPTERS, out_of_scope::OUT_OF_SCOPE};

/// What the analyzer knows without an entry.
const SYNTAX: &[(&str, &str)] = &[
    ("Conditions", "`CASE`, `if`, `coalesce`, `nullif`, `try`"),
    ("Conversion", "`CAST`, `TRY_CAST`, `typeof`, `date(x)`"),
    (
        "Dates",
        "`EXTRACT`, `AT TIME ZONE`, `now`, `current_date`, `current_time`, `current_timestamp(p)`, `localtime`, `localtimestamp`, `current_timezone`",
    ),
    ("Session", "`current_user`, `current_catalog`, `current_schema`"),
    (
        "Window functions",
        "`row_number`, `rank`, `dense_rank`, `percent_rank`, `cume_dist`, `ntile`, `lag`, `lead`, `first_value`, `last_value`, `nth_value`, and every aggregate",
    ),
];

/// `docs/functions.md`.
pub(crate) fn page() -> String {
    let mut page = String::from(
        "# Functions of Athena SQL\n\nWritten from the registry by `make functions-page`; a test fails when it is stale, and every example runs as a test.\n\
         Single capitals are any type, `x...` any number of arguments. Values are shown as JSON.\n",
    );
    // Writing to a text cannot fail; nor below.
    let mut chapter = |title: &str, rows: &mut dyn Iterator<Item = (&'static str, (&'static str, &'static str))>| {
        let mut rows: Vec<_> = rows.filter(|(signature, _)| !signature.starts_with('$')).collect();
        rows.sort();
        let _ = write!(page, "\n## {title}\n\n| function | example | value |\n|---|---|---|\n");
        for (signature, (sql, value)) in rows {
            let _ = writeln!(page, "| {} | {} | {} |", code(signature), code(sql), code(value));
        }
    };
    for (title, families) in CHAPTERS {
        chapter(title, &mut families.iter().copied().flatten().map(|entry| (entry.signature, entry.example)));
    }
    chapter("Aggregates", &mut AGGREGATES.iter().copied().flatten().map(|entry| (entry.signature, entry.example)));
    page.push_str("\n## Syntax and windows\n\nThese are part of the language and have no signature of their own.\n\n| what | names |\n|---|---|\n");
    for (what, names) in SYNTAX {
        let _ = writeln!(page, "| {what} | {names} |");
    }
    page.push_str("\nThe SQL/JSON functions `json_exists`, `json_value`, `json_query`, `json_object` and `json_array` take their clauses in full, but no `like_regex` and no `datetime()` in paths.\n");
    page.push_str("\n## Not here\n\nCalling one of these is an error that gives the reason.\n\n| reason | functions |\n|---|---|\n");
    for (reason, names) in OUT_OF_SCOPE {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(page, "| {reason} | {} |", names.join(" "));
    }
    page
}

/// Text in a cell of a table, as code.
fn code(text: &str) -> String {
    let text = text.replace('|', "\\|").replace('\n', " ");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}
