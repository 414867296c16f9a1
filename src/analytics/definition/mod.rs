//! Applications in the service's JSON: what create-application takes and describe-application gives, in both versions.
//!
//! The forms differ in where members stand and in the word `Description` behind their names; what they say is the same.
//!
//! Source: Kinesis Data Analytics API reference, "CreateApplication", "DescribeApplication", of versions 1 and 2; AWS
//! CloudFormation reference, AWS::KinesisAnalytics::Application.

mod input;
mod output;
mod placeholder;
mod resource;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub use input::{InputDefinition, ReferenceDefinition};
pub use output::{OutputDefinition, OutputFormat};
pub use resource::{Resource, ResourceKind};

use super::error::{Error, Result};
use super::input::SchemaFields;

/// An application as its JSON defines it.
#[derive(Clone, Debug, PartialEq)]
pub struct ApplicationDefinition {
    /// Its name.
    pub name: String,
    /// Its SQL text.
    pub code: String,
    /// What feeds its in-application input streams.
    pub inputs: Vec<InputDefinition>,
    /// Where rows of its in-application streams go.
    pub outputs: Vec<OutputDefinition>,
    /// Its reference tables.
    pub references: Vec<ReferenceDefinition>,
}

type Read<T> = std::result::Result<T, String>;

impl ApplicationDefinition {
    /// Read the JSON text of an application.
    ///
    /// # Errors
    /// [`Error::Definition`], naming the member, or the placeholders that CloudFormation should have replaced.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = |message: String| Error::Definition { message };
        let document: Value =
            serde_json::from_str(text).map_err(|error| invalid(format!("it is not a JSON document: {error}")))?;
        let placeholders = placeholder::find(&document);
        if !placeholders.is_empty() {
            return Err(invalid(format!(
                "it has placeholders that CloudFormation has not replaced: {}\nhint: put their values in before the \
                 application is made",
                placeholders.join(", ")
            )));
        }
        read(&document).map_err(invalid)
    }
}

fn read(document: &Value) -> Read<ApplicationDefinition> {
    let mut fields = SchemaFields::of("the application", document)?;
    if let Some(detail) = fields.take("ApplicationDetail") {
        return read(&detail);
    }
    if let Some(properties) = fields.take("Properties") {
        let kind = fields.take_text("Type")?.unwrap_or_default();
        if !kind.starts_with("AWS::KinesisAnalytics") {
            return Err(format!("a resource of type `{kind}` is no application"));
        }
        return read(&properties);
    }
    let name = fields.require_text("ApplicationName")?;
    fields.ignore(&[
        "ApplicationARN",
        "ApplicationDescription",
        "ApplicationMaintenanceConfigurationDescription",
        "ApplicationMode",
        "ApplicationStatus",
        "ApplicationVersionCreateTimestamp",
        "ApplicationVersionId",
        "ApplicationVersionRolledBackFrom",
        "ApplicationVersionRolledBackTo",
        "ApplicationVersionUpdatedFrom",
        "CloudWatchLoggingOptionDescriptions",
        "CloudWatchLoggingOptions",
        "ConditionalToken",
        "CreateTimestamp",
        "LastUpdateTimestamp",
        "ServiceExecutionRole",
        "Tags",
    ]);
    if let Some(runtime) = fields.take_text("RuntimeEnvironment")?
        && !runtime.starts_with("SQL")
    {
        return Err(format!("the RuntimeEnvironment is `{runtime}`, and only SQL applications can run here"));
    }
    match take_either(&mut fields, "ApplicationConfiguration") {
        Some(configuration) => {
            let definition = read_configuration(name, &configuration)?;
            fields.end()?;
            Ok(definition)
        }
        None => {
            let code = fields.require_text("ApplicationCode")?;
            let definition = read_parts(name, code, &mut fields)?;
            fields.end()?;
            Ok(definition)
        }
    }
}

/// The configuration of version 2.
fn read_configuration(name: String, configuration: &Value) -> Read<ApplicationDefinition> {
    let mut fields = SchemaFields::of("ApplicationConfiguration", configuration)?;
    fields.ignore(&[
        "ApplicationSnapshotConfiguration",
        "ApplicationSnapshotConfigurationDescription",
        "RunConfigurationDescription",
        "VpcConfigurationDescriptions",
        "VpcConfigurations",
    ]);
    let code = take_either(&mut fields, "ApplicationCodeConfiguration")
        .ok_or("ApplicationConfiguration needs the member `ApplicationCodeConfiguration`")?;
    let code = read_code(&code)?;
    let sql = take_either(&mut fields, "SqlApplicationConfiguration");
    fields.end()?;
    let mut parts = SchemaFields::of("SqlApplicationConfiguration", &sql.unwrap_or_else(empty))?;
    let definition = read_parts(name, code, &mut parts)?;
    parts.end()?;
    Ok(definition)
}

fn read_code(value: &Value) -> Read<String> {
    let mut fields = SchemaFields::of("ApplicationCodeConfiguration", value)?;
    let kind = fields.take_text("CodeContentType")?;
    if kind.as_ref().is_some_and(|kind| kind != "PLAINTEXT") {
        return Err(format!("CodeContentType must be PLAINTEXT, not `{}`", kind.unwrap_or_default()));
    }
    let content =
        take_either(&mut fields, "CodeContent").ok_or("ApplicationCodeConfiguration needs the member `CodeContent`")?;
    fields.end()?;
    let mut content = SchemaFields::of("CodeContent", &content)?;
    content.ignore(&["CodeMD5", "CodeSize"]);
    let text = content.require_text("TextContent")?;
    content.end()?;
    Ok(text)
}

/// Inputs, outputs and reference tables, which all forms have.
fn read_parts(name: String, code: String, fields: &mut SchemaFields<'_>) -> Read<ApplicationDefinition> {
    Ok(ApplicationDefinition {
        name,
        code,
        inputs: take_parts(fields, "Inputs", "InputDescriptions", input::read_input)?,
        outputs: take_parts(fields, "Outputs", "OutputDescriptions", output::read_output)?,
        references: take_parts(
            fields,
            "ReferenceDataSources",
            "ReferenceDataSourceDescriptions",
            input::read_reference,
        )?,
    })
}

fn take_parts<T>(
    fields: &mut SchemaFields<'_>,
    name: &str,
    described: &str,
    read: impl Fn(&Value) -> Read<T>,
) -> Read<Vec<T>> {
    let mut parts = fields.take_list(name)?;
    parts.extend(fields.take_list(described)?);
    parts.iter().map(read).collect()
}

/// The member `name`, or what describe-application calls it.
fn take_either(fields: &mut SchemaFields<'_>, name: &str) -> Option<Value> {
    fields.take(name).or_else(|| fields.take(&format!("{name}Description")))
}

fn empty() -> Value {
    Value::Object(serde_json::Map::new())
}
