//! Dynamic partitioning: the keys of a record, found in its content.
//!
//! Keys come from a jq query that makes an object, from plain fields, or from what the transformation says of a record.
//! They are values of `!{partitionKeyFromQuery:…}` and `!{partitionKeyFromLambda:…}` in the prefix.
//!
//! Source: Firehose Developer Guide, "Dynamic partitioning".

use std::cell::RefCell;
use std::collections::HashMap;

use jaq_core::data::JustLut;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, unwrap_valr};
use jaq_json::{Val, read};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::record::Fault;

/// Partitions that are open at once, unless said otherwise; the service's limit.
pub(super) const MOST_ACTIVE: u32 = 500;

/// How records are partitioned by what is in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partitioning {
    /// A jq query that makes an object of keys and values.
    pub query: Option<String>,
    /// Keys, and the dotted paths of the fields that have their values.
    pub fields: Vec<(String, String)>,
    /// Most partitions that are open at once.
    pub most_active: u32,
    /// Whether records of a partition too many are errors, as they are in the service. Otherwise the object that was
    /// idle for longest is finished early.
    pub is_strict: bool,
}

impl Default for Partitioning {
    fn default() -> Self {
        Self { query: None, fields: Vec::new(), most_active: MOST_ACTIVE, is_strict: false }
    }
}

/// Where a key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum KeyOrigin {
    /// The record's content.
    Query,
    /// The transformation.
    Function,
}

/// The keys of an object's records.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub(super) struct PartitionValues(Vec<(KeyOrigin, String, String)>);

impl PartitionValues {
    pub(super) fn get(&self, origin: KeyOrigin, key: &str) -> Option<&str> {
        let found = self.0.iter().find(|(from, name, _)| *from == origin && name == key);
        found.map(|(_, _, value)| value.as_str())
    }
}

/// The keys that a prefix names, and how they are found.
#[derive(Debug)]
pub(super) struct Partitioner {
    /// What the prefix names, in its order.
    wanted: Vec<(KeyOrigin, String)>,
    fields: Vec<(String, Vec<String>)>,
    query: Option<String>,
}

impl Partitioner {
    /// # Errors
    /// A query that is no jq, and keys of the prefix that nothing defines.
    pub(super) fn new(partitioning: &Partitioning, wanted: Vec<(KeyOrigin, String)>) -> Result<Self, String> {
        let path = |path: &String| path.split('.').map(str::to_owned).collect();
        let fields = partitioning.fields.iter().map(|(key, field)| (key.clone(), path(field))).collect();
        let this = Self { wanted, fields, query: partitioning.query.clone() };
        if this.wanted.is_empty() {
            return Err("the prefix must have a `!{partitionKeyFromQuery:…}` or `!{partitionKeyFromLambda:…}`".into());
        }
        let mut known: Vec<String> = this.fields.iter().map(|(key, _)| key.clone()).collect();
        let mut is_complete = true;
        if let Some(query) = &this.query {
            check(query)?;
            // What keys a query makes shows when it is given an empty object, unless that is an error to it.
            match run(query, b"{}") {
                Ok(Value::Object(made)) => known.extend(made.into_iter().map(|(key, _)| key)),
                _ => is_complete = false,
            }
        }
        let unknown = this.wanted.iter().find(|(origin, key)| *origin == KeyOrigin::Query && !known.contains(key));
        match unknown {
            Some((_, key)) if is_complete => {
                let known = if known.is_empty() { "nothing".to_owned() } else { format!("`{}`", known.join("`, `")) };
                Err(format!("the prefix names the key `{key}`, and there is {known}"))
            }
            _ => Ok(this),
        }
    }

    /// Keys with values that stand for any.
    pub(super) fn sample(&self) -> PartitionValues {
        PartitionValues(self.wanted.iter().map(|(origin, key)| (*origin, key.clone(), key.clone())).collect())
    }

    /// The keys of a record; `told` are those of the transformation.
    ///
    /// # Errors
    /// A record that is no JSON, a query that fails, and a key without a value.
    pub(super) fn values(&self, data: &[u8], told: &[(String, String)]) -> Result<PartitionValues, Fault> {
        let is_read = self.wanted.iter().any(|(origin, _)| *origin == KeyOrigin::Query);
        let made = if is_read { self.read(data)? } else { HashMap::new() };
        let value = |(origin, key): &(KeyOrigin, String)| {
            let found = match origin {
                KeyOrigin::Query => made.get(key).map(String::as_str),
                KeyOrigin::Function => told.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str()),
            };
            match found.filter(|value| !value.is_empty()) {
                Some(value) => Ok((*origin, key.clone(), value.to_owned())),
                None => Err(Fault::new(
                    "DynamicPartitioning.MetadataExtractionFailed",
                    format!("the key `{key}` has no value"),
                )),
            }
        };
        self.wanted.iter().map(value).collect::<Result<_, _>>().map(PartitionValues)
    }

    fn read(&self, data: &[u8]) -> Result<HashMap<String, String>, Fault> {
        let failed = |message: String| Fault::new("DynamicPartitioning.MetadataExtractionFailed", message);
        let mut made = HashMap::new();
        if !self.fields.is_empty() {
            let record: Value =
                serde_json::from_slice(data).map_err(|error| failed(format!("the record is no JSON: {error}")))?;
            for (key, path) in &self.fields {
                let field = path.iter().try_fold(&record, |value, name| value.get(name));
                made.extend(field.and_then(text).map(|value| (key.clone(), value)));
            }
        }
        if let Some(query) = &self.query {
            let Value::Object(values) = run(query, data).map_err(failed)? else {
                return Err(failed("the query made no object".to_owned()));
            };
            made.extend(values.into_iter().filter_map(|(key, value)| Some((key, text(&value)?))));
        }
        Ok(made)
    }
}

/// A value as it stands in a key; None for what cannot stand there.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is_true) => Some(is_true.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

type Filter = jaq_core::Filter<JustLut<Val>>;

thread_local! {
    /// Compiled queries are bound to their thread.
    static COMPILED: RefCell<HashMap<String, std::rc::Rc<Filter>>> = RefCell::default();
}

fn check(query: &str) -> Result<(), String> {
    compiled(query).map(|_| ())
}

fn compiled(query: &str) -> Result<std::rc::Rc<Filter>, String> {
    let known = COMPILED.with_borrow(|compiled| compiled.get(query).cloned());
    match known {
        Some(filter) => Ok(filter),
        None => {
            let filter = std::rc::Rc::new(compile(query)?);
            COMPILED.with_borrow_mut(|compiled| compiled.insert(query.to_owned(), std::rc::Rc::clone(&filter)));
            Ok(filter)
        }
    }
}

fn compile(query: &str) -> Result<Filter, String> {
    let arena = Arena::default();
    let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let loaded = Loader::new(defs).load(&arena, File { code: query, path: () });
    let modules = loaded.map_err(|errors| format!("the query `{query}` is no jq: {}", load_error(&errors)))?;
    let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    Compiler::default().with_funs(funs).compile(modules).map_err(|errors| {
        let unknown = errors.iter().flat_map(|(_, errors)| errors).map(|(name, _)| format!("`{name}`"));
        let unknown: Vec<String> = unknown.collect();
        format!("the query `{query}` names {}, which jq does not have", unknown.join(", "))
    })
}

fn load_error(errors: &jaq_core::load::Errors<&str, ()>) -> String {
    use jaq_core::load::Error;
    match errors.first().map(|(_, error)| error) {
        Some(Error::Lex(errors)) => errors
            .first()
            .map_or_else(String::new, |(expected, rest)| format!("{} is missing at `{rest}`", expected.as_str())),
        Some(Error::Parse(errors)) => errors
            .first()
            .map_or_else(String::new, |(expected, rest)| format!("{} is missing at `{rest}`", expected.as_str())),
        _ => "it imports a module".to_owned(),
    }
}

/// The first value that a query makes of JSON.
fn run(query: &str, data: &[u8]) -> Result<Value, String> {
    let filter = compiled(query)?;
    let input = read::parse_single(data).map_err(|error| format!("the record is no JSON: {error}"))?;
    let context = Ctx::<JustLut<Val>>::new(&filter.lut, Vars::new([]));
    let made = filter.id.run((context, input)).map(unwrap_valr).next();
    let made = made.ok_or("the query made nothing")?.map_err(|error| format!("the query failed: {error}"))?;
    serde_json::from_str(&made.to_string()).map_err(|error| format!("the query made no JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(keys: &[&str]) -> Vec<(KeyOrigin, String)> {
        keys.iter().map(|key| (KeyOrigin::Query, (*key).to_owned())).collect()
    }

    fn query(text: &str, keys: &[&str]) -> Result<Partitioner, String> {
        Partitioner::new(&Partitioning { query: Some(text.to_owned()), ..Partitioning::default() }, wanted(keys))
    }

    fn one(partitioner: &Partitioner, data: &str) -> Result<Vec<String>, String> {
        let values = partitioner.values(data.as_bytes(), &[]).map_err(|fault| fault.message)?;
        Ok(values.0.into_iter().map(|(_, _, value)| value).collect())
    }

    #[test]
    fn a_query_makes_keys() {
        let by = query(r#"{customer_id: .customer_id, year: .ts | strftime("%Y")}"#, &["year", "customer_id"]).unwrap();
        assert_eq!(one(&by, r#"{"customer_id": 17, "ts": 1535365800}"#).unwrap(), ["2018", "17"]);
        assert!(one(&by, r#"{"customer_id": 17}"#).unwrap_err().contains("failed"));
        assert!(one(&by, "no json").unwrap_err().contains("no JSON"));
        let nested = query("{c: .a.b[0].c, t: (.a.t | ascii_downcase)}", &["c", "t"]).unwrap();
        assert_eq!(one(&nested, r#"{"a": {"b": [{"c": true}], "t": "Ä B"}}"#).unwrap(), ["true", "Ä b"]);
    }

    #[test]
    fn a_key_without_a_value_is_an_error() {
        let by = query("{c: .c}", &["c"]).unwrap();
        for record in [r#"{"c": null}"#, r#"{"c": ""}"#, "{}", r#"{"c": {"d": 1}}"#] {
            assert!(one(&by, record).unwrap_err().contains("`c` has no value"), "{record}");
        }
        assert!(one(&query(".a", &["c"]).unwrap(), r#"{"a": 1}"#).unwrap_err().contains("no object"));
    }

    #[test]
    fn mistakes_show_at_construction() {
        assert!(query("{c: .c", &["c"]).unwrap_err().contains("no jq"));
        assert!(query("{c: (.c | shout)}", &["c"]).unwrap_err().contains("`shout`"));
        assert!(query("{c: .c}", &["d"]).unwrap_err().contains("names the key `d`, and there is `c`"));
        assert!(query("{c: .c}", &[]).unwrap_err().contains("partitionKeyFromQuery"));
        let nothing = Partitioner::new(&Partitioning::default(), wanted(&["c"]));
        assert!(nothing.unwrap_err().contains("there is nothing"));
    }

    #[test]
    fn fields_are_keys_too() {
        let fields = vec![("c".to_owned(), "customer.id".to_owned())];
        let by = Partitioner::new(&Partitioning { fields, ..Partitioning::default() }, wanted(&["c"])).unwrap();
        assert_eq!(one(&by, r#"{"customer": {"id": 1.50}}"#).unwrap(), ["1.5"]);
        assert!(one(&by, r#"{"customer": 1}"#).is_err());
    }

    #[test]
    fn the_transformation_tells_keys() {
        let wanted = vec![(KeyOrigin::Function, "k".to_owned())];
        let by = Partitioner::new(&Partitioning::default(), wanted).unwrap();
        let values = by.values(b"not even JSON", &[("k".to_owned(), "v".to_owned())]).unwrap();
        assert_eq!(values.get(KeyOrigin::Function, "k"), Some("v"));
        assert!(by.values(b"", &[]).is_err());
    }
}
