//! Partition keys of generated records.

use std::ops::Range;

use super::column;
use super::draw::Draw;
use super::generator::{Generator, PartitionKey, Rendered};
use super::sampler::json_text;
use super::shape::Source;

impl Generator {
    /// The partition keys of some records.
    ///
    /// # Errors
    /// The column's name and those that there are, when `key` names none.
    pub fn partition_keys(&self, key: &PartitionKey, range: Range<u64>) -> Result<Rendered, String> {
        let rows = (range.end - range.start) as usize;
        let mut keys = Rendered { offsets: Vec::with_capacity(rows + 1), bytes: Vec::with_capacity(rows * 10) };
        keys.offsets.push(0);
        if let (Some(mixture), PartitionKey::Field(name)) = (self.mixture(), key) {
            mixture.push_keys(self.seed(), name, range, &mut keys)?;
            return Ok(keys);
        }
        let source = match key {
            PartitionKey::Field(name) => Some(self.field(name)?),
            PartitionKey::Random | PartitionKey::Constant(_) => None,
        };
        for record in range {
            match (key, source) {
                (PartitionKey::Constant(text), _) => keys.bytes.extend_from_slice(text.as_bytes()),
                (_, Some(source)) => self.push_key(source, record, &mut keys.bytes),
                (_, None) => {
                    // A seed of its own: a tag's numbers must not repeat in the keys.
                    let mut draw = Draw::new(!self.seed(), record, 1, 0);
                    keys.bytes.extend_from_slice(itoa::Buffer::new().format(draw.below(10_000_000_000)).as_bytes());
                }
            }
            keys.offsets.push(keys.bytes.len() as i32);
        }
        Ok(keys)
    }

    /// The value of a column as a partition key.
    pub(super) fn push_key(&self, source: &Source, record: u64, out: &mut Vec<u8>) {
        match source {
            Source::Tag(tag) => self.render_tag(&self.slot(record), *tag, out),
            Source::Text { units, escaped } => {
                out.extend_from_slice(column::text(units, *escaped, self, &self.slot(record)).as_bytes())
            }
            Source::List { units, .. } => {
                out.extend_from_slice(column::text(units, false, self, &self.slot(record)).as_bytes())
            }
            Source::Constant(value) => out.extend_from_slice(&json_text(value)),
            Source::Object(_) => {}
        }
    }

    /// The column at a path such as `device.id`.
    pub(super) fn field(&self, path: &str) -> Result<&Source, String> {
        let unknown = || {
            let known: Vec<String> = self.columns().iter().map(|(name, _)| format!("`{name}`")).collect();
            format!("The template has no field `{path}` for the partition key\nhint: it has {}", known.join(", "))
        };
        let mut columns = self.columns();
        let mut rest = path;
        loop {
            if let Some((_, source)) = columns.iter().find(|(name, _)| name == rest) {
                return if matches!(source, Source::Object(_)) { Err(unknown()) } else { Ok(source) };
            }
            let (first, inner) = rest.split_once('.').ok_or_else(unknown)?;
            match columns.iter().find(|(name, _)| name == first) {
                Some((_, Source::Object(members))) => columns = members,
                _ => return Err(unknown()),
            }
            rest = inner;
        }
    }
}
