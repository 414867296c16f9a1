//! What a template may break: JSON by its texts, CSV by its commas.

use super::{Generator, Op};
use crate::generate::shape::{Source, Unit};

impl Generator {
    /// Say what may break a JSON template, or escape it.
    pub(super) fn check_json(&mut self, columns: &[(String, Source)], escape: bool) {
        let mut quoted = Vec::new();
        for (name, source) in columns {
            source.walk(name, &mut |name, source| match source {
                Source::Tag(tag) if !self.samplers[*tag].is_json() => self
                    .warnings
                    .push(format!("The value of `{name}` is text without quotes: the records will not be JSON")),
                Source::Text { units, escaped: true } => quoted.extend(units.iter().filter_map(Unit::tag)),
                _ => {}
            });
        }
        quoted.retain(|tag| self.samplers[*tag].breaks_strings());
        if escape {
            for op in &mut self.ops {
                if let Op::Tag(tag) = op
                    && quoted.contains(tag)
                {
                    *op = Op::Escaped(*tag);
                }
            }
            self.escaped = quoted;
        } else if !quoted.is_empty() {
            self.warnings.push(
                "A value may hold a quote, a backslash or a line break, which breaks the JSON around it; json_escape=True \
                 escapes it"
                    .into(),
            );
        }
    }

    /// A value with a comma makes one column more.
    pub(super) fn warn_of_commas(&mut self, columns: &[(String, Source)]) {
        for (name, source) in columns {
            let comma = |record: u64| match source {
                Source::Tag(tag) => {
                    let mut text = Vec::new();
                    self.render_tag(&self.slot(record), *tag, &mut text);
                    text.contains(&b',')
                }
                _ => false,
            };
            if (0..500).any(comma) {
                self.warnings.push(format!("A value of `{name}` may hold a comma, which makes one column more"));
            }
        }
    }
}
