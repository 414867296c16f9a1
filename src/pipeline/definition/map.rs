//! Map states: the processor, and what distributed ones add.

use serde_json::Value;

use super::fields::Fields;
use super::flow;
use super::model::Flow;
use super::notes::Notes;
use super::values::{self, COUNT, PERCENT};
use crate::pipeline::task::Resource;
use crate::pipeline::template::{Expression, Language, Template};

/// What a Map state does.
#[derive(Debug, Clone)]
pub(crate) struct MapState {
    /// `ItemsPath` or `Items`; the input itself when None.
    pub(crate) items: Option<Template>,
    /// `ItemSelector`, or `Parameters` of old.
    pub(crate) selector: Option<Template>,
    pub(crate) processor: Flow,
    pub(crate) is_distributed: bool,
    pub(crate) max_concurrency: Option<Template>,
    pub(crate) tolerated_count: Option<Template>,
    pub(crate) tolerated_percentage: Option<Template>,
    pub(crate) reader: Option<Reader>,
    pub(crate) batcher: Option<Batcher>,
    pub(crate) writer: Option<Writer>,
}

/// `ItemReader`.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(crate) resource: Resource,
    pub(crate) arguments: Option<Template>,
    pub(crate) input_type: InputType,
    pub(crate) max_items: Option<Template>,
    /// JSON pointer to the array in a JSON file.
    pub(crate) items_pointer: Option<String>,
}

/// What the reader's object holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InputType {
    Csv { header: CsvHeader, delimiter: char },
    Json,
    JsonLines,
    Parquet,
}

/// Where the names of CSV columns come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CsvHeader {
    FirstRow,
    Given(Vec<String>),
}

/// `ItemBatcher`.
#[derive(Debug, Clone)]
pub(crate) struct Batcher {
    pub(crate) max_items: Option<Template>,
    pub(crate) max_bytes: Option<Template>,
    pub(crate) batch_input: Option<Template>,
}

/// `ResultWriter`.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    pub(crate) resource: Resource,
    pub(crate) arguments: Option<Template>,
}

/// The fields of a Map state.
pub(super) fn map(fields: &mut Fields<'_>, language: Language, notes: &mut Notes) -> Option<MapState> {
    let (processor_name, processor_value) = processor(fields, notes)?;
    let pointer = fields.at(processor_name);
    let is_distributed = is_distributed(processor_value, &pointer, notes);
    let items = items(fields, language, notes);
    let selector = selector(fields, language, notes);
    fields.text("Label", notes);
    Some(MapState {
        items,
        selector,
        processor: flow::flow(processor_value, &pointer, language, &["ProcessorConfig"], notes)?,
        is_distributed,
        max_concurrency: values::scalar(fields, "MaxConcurrency", COUNT, language, notes),
        tolerated_count: values::scalar(fields, "ToleratedFailureCount", COUNT, language, notes),
        tolerated_percentage: values::scalar(fields, "ToleratedFailurePercentage", PERCENT, language, notes),
        reader: reader(fields, language, notes),
        batcher: batcher(fields, language, notes),
        writer: writer(fields, language, notes),
    })
}

fn processor<'a>(fields: &mut Fields<'a>, notes: &mut Notes) -> Option<(&'static str, &'a Value)> {
    let old = fields.take("Iterator").map(|value| ("Iterator", value));
    let new = fields.take("ItemProcessor").map(|value| ("ItemProcessor", value));
    if old.is_some() && new.is_some() {
        notes.problem(&fields.pointer, "`Iterator` and `ItemProcessor` exclude each other");
    }
    if new.is_none() && old.is_none() {
        fields.require("ItemProcessor", notes);
    }
    new.or(old)
}

fn is_distributed(processor: &Value, pointer: &str, notes: &mut Notes) -> bool {
    let Some(config) = processor.get("ProcessorConfig") else { return false };
    let pointer = format!("{pointer}/ProcessorConfig");
    let Some(mut fields) = Fields::of(config, &pointer, notes) else { return false };
    let mode = fields.text("Mode", notes).unwrap_or("INLINE");
    let execution_type = fields.text("ExecutionType", notes);
    if !matches!(execution_type, None | Some("STANDARD" | "EXPRESS")) {
        notes.problem(&fields.at("ExecutionType"), "`ExecutionType` is `STANDARD` or `EXPRESS`");
    }
    if !matches!(mode, "INLINE" | "DISTRIBUTED") {
        notes.problem(&fields.at("Mode"), format!("`Mode` is `INLINE` or `DISTRIBUTED`, not `{mode}`"));
    }
    fields.finish(notes);
    mode == "DISTRIBUTED"
}

fn items(fields: &mut Fields<'_>, language: Language, notes: &mut Notes) -> Option<Template> {
    match language {
        Language::JsonPath => {
            fields.refuse(&["Items"], "belongs to JSONata, and this state uses JSONPath", notes);
            let text = fields.text("ItemsPath", notes)?;
            let expression = values::expression(text, &fields.at("ItemsPath"), notes)?;
            if matches!(expression, Expression::Intrinsic(_)) {
                notes.problem(&fields.at("ItemsPath"), "`ItemsPath` takes a path, not a call");
            }
            Some(Template::Expression { field: "ItemsPath".to_owned(), expression })
        }
        Language::Jsonata => {
            fields.refuse(&["ItemsPath"], "belongs to JSONPath, and this state uses JSONata", notes);
            values::field(fields, "Items", language, notes)
        }
    }
}

fn selector(fields: &mut Fields<'_>, language: Language, notes: &mut Notes) -> Option<Template> {
    let new = values::field(fields, "ItemSelector", language, notes);
    if language == Language::Jsonata {
        return new;
    }
    let old = values::field(fields, "Parameters", language, notes);
    if new.is_some() && old.is_some() {
        notes.problem(&fields.pointer, "`Parameters` and `ItemSelector` exclude each other");
    }
    new.or(old)
}

/// `Parameters` of JSONPath, `Arguments` of JSONata.
fn arguments(fields: &mut Fields<'_>, language: Language, notes: &mut Notes) -> Option<Template> {
    match language {
        Language::JsonPath => values::field(fields, "Parameters", language, notes),
        Language::Jsonata => values::field(fields, "Arguments", language, notes),
    }
}

fn reader(fields: &mut Fields<'_>, language: Language, notes: &mut Notes) -> Option<Reader> {
    let value = fields.take("ItemReader")?;
    let mut fields = Fields::of(value, &fields.at("ItemReader"), notes)?;
    let resource = Resource::parse(fields.required_text("Resource", notes)?);
    let arguments = arguments(&mut fields, language, notes);
    let (mut input_type, mut max_items, mut items_pointer) = (InputType::Json, None, None);
    if let Some(config) = fields.take("ReaderConfig") {
        let mut config = Fields::of(config, &fields.at("ReaderConfig"), notes)?;
        input_type = self::input_type(&mut config, notes).unwrap_or(InputType::Json);
        max_items = values::scalar(&mut config, "MaxItems", COUNT, language, notes);
        items_pointer = config.text("ItemsPointer", notes).map(str::to_owned);
        config.finish(notes);
    }
    fields.finish(notes);
    Some(Reader { resource, arguments, input_type, max_items, items_pointer })
}

fn input_type(config: &mut Fields<'_>, notes: &mut Notes) -> Option<InputType> {
    let delimiter = match config.text("CSVDelimiter", notes) {
        None | Some("COMMA") => ',',
        Some("PIPE") => '|',
        Some("SEMICOLON") => ';',
        Some("SPACE") => ' ',
        Some("TAB") => '\t',
        Some(other) => {
            let message = format!("`CSVDelimiter` is COMMA, PIPE, SEMICOLON, SPACE or TAB, not `{other}`");
            notes.problem(&config.at("CSVDelimiter"), message);
            ','
        }
    };
    let location = config.text("CSVHeaderLocation", notes);
    let headers = config.list("CSVHeaders", notes);
    match config.text("InputType", notes)? {
        "CSV" => {
            let header = match (location, headers) {
                (Some("GIVEN"), Some(headers)) => {
                    CsvHeader::Given(headers.iter().filter_map(Value::as_str).map(str::to_owned).collect())
                }
                (Some("FIRST_ROW"), None) => CsvHeader::FirstRow,
                _ => {
                    let message = "CSV needs `CSVHeaderLocation`: `FIRST_ROW`, or `GIVEN` with `CSVHeaders`";
                    notes.problem(&config.pointer, message);
                    return None;
                }
            };
            Some(InputType::Csv { header, delimiter })
        }
        "JSON" => Some(InputType::Json),
        "JSONL" => Some(InputType::JsonLines),
        "PARQUET" => Some(InputType::Parquet),
        other => {
            let message = format!("`InputType` is CSV, JSON, JSONL or PARQUET, not `{other}`");
            notes.problem(&config.at("InputType"), message);
            None
        }
    }
}

fn batcher(fields: &mut Fields<'_>, language: Language, notes: &mut Notes) -> Option<Batcher> {
    let value = fields.take("ItemBatcher")?;
    let mut fields = Fields::of(value, &fields.at("ItemBatcher"), notes)?;
    let max_items = values::scalar(&mut fields, "MaxItemsPerBatch", COUNT, language, notes);
    let max_bytes = values::scalar(&mut fields, "MaxInputBytesPerBatch", COUNT, language, notes);
    if max_items.is_none() && max_bytes.is_none() {
        notes.problem(&fields.pointer, "`MaxItemsPerBatch` or `MaxInputBytesPerBatch` is missing");
    }
    let batch_input = values::field(&mut fields, "BatchInput", language, notes);
    fields.finish(notes);
    Some(Batcher { max_items, max_bytes, batch_input })
}

fn writer(fields: &mut Fields<'_>, language: Language, notes: &mut Notes) -> Option<Writer> {
    let value = fields.take("ResultWriter")?;
    let mut fields = Fields::of(value, &fields.at("ResultWriter"), notes)?;
    let resource = Resource::parse(fields.required_text("Resource", notes)?);
    let arguments = arguments(&mut fields, language, notes);
    fields.finish(notes);
    Some(Writer { resource, arguments })
}
