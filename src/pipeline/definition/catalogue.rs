//! The words of the language, for "did you mean".

use crate::pipeline::failure::RESERVED;

/// Every field of the language.
const FIELDS: [&str; 62] = [
    "StartAt",
    "States",
    "Comment",
    "Version",
    "TimeoutSeconds",
    "QueryLanguage",
    "Type",
    "Next",
    "End",
    "InputPath",
    "OutputPath",
    "ResultPath",
    "Parameters",
    "ResultSelector",
    "Arguments",
    "Output",
    "Assign",
    "Retry",
    "Catch",
    "Resource",
    "Credentials",
    "HeartbeatSeconds",
    "HeartbeatSecondsPath",
    "TimeoutSecondsPath",
    "Result",
    "Choices",
    "Default",
    "Condition",
    "Variable",
    "Seconds",
    "SecondsPath",
    "Timestamp",
    "TimestampPath",
    "Error",
    "ErrorPath",
    "Cause",
    "CausePath",
    "Branches",
    "ItemProcessor",
    "Iterator",
    "ItemsPath",
    "Items",
    "ItemSelector",
    "ItemReader",
    "ItemBatcher",
    "ResultWriter",
    "MaxConcurrency",
    "MaxConcurrencyPath",
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
    "Label",
    "ProcessorConfig",
    "ErrorEquals",
    "IntervalSeconds",
    "MaxAttempts",
    "BackoffRate",
    "MaxDelaySeconds",
    "JitterStrategy",
    "MaxItems",
    "ReaderConfig",
];

/// The field that `name` is probably meant to be.
pub(super) fn nearest_field(name: &str) -> Option<&'static str> {
    nearest(name, FIELDS.iter().copied())
}

/// The reserved error name that `name` is probably meant to be: another one than itself.
pub(super) fn nearest_error(name: &str) -> Option<&'static str> {
    nearest(name, RESERVED.iter().copied())
}

/// The candidate with the fewest edits, if those are few.
pub(super) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let scored = candidates.map(|candidate| (distance(&lower, &candidate.to_lowercase()), candidate));
    scored.filter(|(edits, _)| *edits <= 1 + lower.len() / 5).min_by_key(|(edits, _)| *edits).map(|(_, found)| found)
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
