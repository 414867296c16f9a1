//! The text of ANOMALY_EXPLANATION: by numeric column, how much of the score it made, and in which direction.

use std::fmt::Write;

use super::forest::Attribution;

/// The explanation of a row; of one that the forest still learns from, without `parts`.
///
/// A column's parts are those of all of its places in a shingle.
pub(super) fn explain(names: &[String], parts: Option<&Attribution>, directions: bool) -> String {
    let mut text = String::from("{");
    for (place, name) in names.iter().enumerate() {
        let sum = |values: &[f64]| values.iter().skip(place).step_by(names.len()).sum::<f64>();
        let (high, low) = parts.map_or((0.0, 0.0), |parts| (sum(&parts.high), sum(&parts.low)));
        let score = high + low;
        let comma = if place > 0 { "," } else { "" };
        let _ = write!(text, "{comma}{}:{{", serde_json::Value::from(name.as_str()));
        if directions {
            let direction = if high > low { "HIGH" } else { "LOW" };
            let strength = if score > 0.0 { (high - low).abs() / score } else { 0.0 };
            let _ = write!(text, "\"DIRECTION\":\"{direction}\",\"STRENGTH\":\"{strength:.4}\",");
        }
        let _ = write!(text, "\"ATTRIBUTION_SCORE\":\"{score:.4}\"}}");
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn explanations_hold_strings_of_four_decimals() {
        let names = ["Systolic".to_owned(), "Dia\"stolic".to_owned()];
        let parts = Attribution { high: vec![1.5, 0.0, 0.25, 0.0], low: vec![0.25, 0.25, 0.0, 0.25] };
        assert_eq!(
            explain(&names, Some(&parts), true),
            r#"{"Systolic":{"DIRECTION":"HIGH","STRENGTH":"0.7500","ATTRIBUTION_SCORE":"2.0000"},"Dia\"stolic":{"DIRECTION":"LOW","STRENGTH":"1.0000","ATTRIBUTION_SCORE":"0.5000"}}"#
        );
        assert_eq!(
            explain(&names[..1], None, true),
            r#"{"Systolic":{"DIRECTION":"LOW","STRENGTH":"0.0000","ATTRIBUTION_SCORE":"0.0000"}}"#
        );
        assert_eq!(explain(&names[..1], Some(&parts), false), r#"{"Systolic":{"ATTRIBUTION_SCORE":"2.5000"}}"#);
    }
}
