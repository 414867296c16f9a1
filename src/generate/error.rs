//! What can be wrong with a template.

use crate::sql::caret;

/// A template that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at line {line}, column {column} of the template\n{snippet}{}", hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default())]
pub struct TemplateError {
    /// What is wrong; names the tag.
    pub message: String,
    /// Line in the template, from 1.
    pub line: u64,
    /// Column in characters, from 1.
    pub column: u64,
    /// The line of the template with carets under the tag.
    pub snippet: String,
    /// What to do.
    pub hint: Option<String>,
}

impl TemplateError {
    /// An error about the `length` bytes of `template` from byte `at`.
    pub(crate) fn new(
        template: &str,
        at: usize,
        length: usize,
        message: impl Into<String>,
        hint: Option<String>,
    ) -> Self {
        let before = &template[..at];
        let line = before.matches('\n').count() as u64 + 1;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before[line_start..].chars().count() as u64 + 1;
        let shown = template[at..at + length].lines().next().unwrap_or_default().chars().count();
        Self { message: message.into(), line, column, snippet: caret(template, line, column, shown), hint }
    }
}
