//! Several records in one: taken apart before anything else looks at them.
//!
//! Source: Firehose Developer Guide, "Perform dynamic partitioning of aggregated data".

use bytes::Bytes;
use serde::de::IgnoredAny;

use super::record::Fault;

/// Records that one record may hold.
const MOST: usize = 500;

/// How a record is taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Split {
    /// JSON values one behind the other, with or without white space between them.
    Json,
    /// Text between these bytes.
    Delimiter(Vec<u8>),
}

impl Split {
    /// The records in `data`, without what stood between them.
    ///
    /// # Errors
    /// Text that is no JSON, and more than 500 records.
    pub(super) fn split(&self, data: &Bytes) -> Result<Vec<Bytes>, Fault> {
        let parts = match self {
            Self::Json => split_json(data)?,
            Self::Delimiter(delimiter) => split_text(data, delimiter),
        };
        if parts.len() > MOST {
            let message = format!("the record holds {} records, {MOST} are allowed", parts.len());
            return Err(Fault::new("MultiRecordDeaggregation.TooManyRecords", message));
        }
        Ok(parts)
    }
}

fn split_json(data: &Bytes) -> Result<Vec<Bytes>, Fault> {
    let mut values = serde_json::Deserializer::from_slice(data).into_iter::<IgnoredAny>();
    let mut parts = Vec::new();
    loop {
        let behind = values.byte_offset();
        let blanks =
            data.get(behind..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        match values.next() {
            None => return Ok(parts),
            Some(Ok(IgnoredAny)) => parts.push(data.slice(behind + blanks..values.byte_offset())),
            Some(Err(error)) => {
                let message = format!("record {} in it is no JSON: {error}", parts.len() + 1);
                return Err(Fault::new("MultiRecordDeaggregation.JsonParseException", message));
            }
        }
    }
}

fn split_text(data: &Bytes, delimiter: &[u8]) -> Vec<Bytes> {
    let mut parts = Vec::new();
    let mut from = 0;
    for at in memchr::memmem::find_iter(data, delimiter) {
        parts.push(data.slice(from..at));
        from = at + delimiter.len();
    }
    parts.push(data.slice(from..));
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(split: &Split, data: &'static str) -> Vec<String> {
        let parts = split.split(&Bytes::from_static(data.as_bytes())).unwrap();
        parts.into_iter().map(|part| String::from_utf8(part.to_vec()).unwrap()).collect()
    }

    #[test]
    fn json_values_stand_behind_each_other() {
        assert_eq!(parts(&Split::Json, "{\"a\":\"}{\"}{\"b\":2}"), ["{\"a\":\"}{\"}", "{\"b\":2}"]);
        assert_eq!(parts(&Split::Json, " {\"a\":1}\n\n{\"b\":[1]}\n"), ["{\"a\":1}", "{\"b\":[1]}"]);
        assert!(parts(&Split::Json, "").is_empty());
        let fault = Split::Json.split(&Bytes::from_static(b"{\"a\":1}{\"b\"")).unwrap_err();
        assert!(fault.message.starts_with("record 2 in it is no JSON"), "{fault:?}");
    }

    #[test]
    fn text_is_cut_at_its_delimiter() {
        let split = Split::Delimiter(b"||".to_vec());
        assert_eq!(parts(&split, "a||b|c||"), ["a", "b|c"]);
        let many = "x\n".repeat(501);
        let fault = Split::Delimiter(b"\n".to_vec()).split(&Bytes::from(many)).unwrap_err();
        assert!(fault.message.contains("501"), "{fault:?}");
    }
}
