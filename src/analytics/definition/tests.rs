use serde_json::{Value, json};

use super::*;

fn schema() -> Value {
    json!({
        "RecordFormat": {"RecordFormatType": "JSON", "MappingParameters": {"JSONMappingParameters": {"RecordRowPath": "$"}}},
        "RecordEncoding": "UTF-8",
        "RecordColumns": [{"Name": "sensor_id", "SqlType": "INTEGER", "Mapping": "$.sensor_id"}],
    })
}

fn created() -> Value {
    json!({
        "ApplicationName": "temperature",
        "ApplicationDescription": "two pumps",
        "ApplicationCode": "CREATE STREAM s (a INTEGER);",
        "Inputs": [{
            "NamePrefix": "SOURCE_SQL_STREAM",
            "KinesisStreamsInput": {"ResourceARN": "arn:aws:kinesis:eu-west-1:1:stream/sensors", "RoleARN": "arn:aws:iam::1:role/r"},
            "InputParallelism": {"Count": 2},
            "InputSchema": schema(),
            "InputProcessingConfiguration":
                {"InputLambdaProcessor": {"ResourceARN": "arn:aws:lambda:eu-west-1:1:function:clean:3", "RoleARN": "r"}},
        }],
        "Outputs": [
            {"Name": "anomaly", "KinesisFirehoseOutput": {"ResourceARN": "arn:aws:firehose:eu-west-1:1:deliverystream/anomalies", "RoleARN": "r"},
             "DestinationSchema": {"RecordFormatType": "CSV"}},
            {"Name": "error_stream", "LambdaOutput": {"ResourceARN": "arn:aws:lambda:eu-west-1:1:function:alarm"},
             "DestinationSchema": {"RecordFormatType": "JSON"}},
        ],
        "ReferenceDataSources": [{
            "TableName": "CompanyName",
            "S3ReferenceDataSource": {"BucketARN": "arn:aws:s3:::my-bucket", "FileKey": "ref/names.csv", "ReferenceRoleARN": "r"},
            "ReferenceSchema": schema(),
        }],
        "Tags": [{"Key": "k", "Value": "v"}],
    })
}

fn parse(document: &Value) -> ApplicationDefinition {
    ApplicationDefinition::parse(&document.to_string()).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(document: &Value) -> String {
    ApplicationDefinition::parse(&document.to_string()).unwrap_err().to_string()
}

#[test]
fn create_application_is_read_whole() {
    let definition = parse(&created());
    assert_eq!(definition.inputs[0].streams, ["SOURCE_SQL_STREAM_001", "SOURCE_SQL_STREAM_002"]);
    assert_eq!(definition.inputs[0].source.name(), "sensors");
    assert_eq!(definition.inputs[0].processor.as_ref().unwrap().name(), "clean");
    assert_eq!(definition.outputs[0].destination.name(), "anomalies");
    assert_eq!(definition.outputs[0].format, OutputFormat::Csv);
    assert_eq!(definition.outputs[1].destination.kind, ResourceKind::Function);
    let reference = &definition.references[0];
    assert_eq!((reference.bucket.as_str(), reference.key.as_str()), ("my-bucket", "ref/names.csv"));
}

#[test]
fn describe_application_says_the_same() {
    let described = json!({"ApplicationDetail": {
        "ApplicationName": "temperature",
        "ApplicationARN": "arn:aws:kinesisanalytics:eu-west-1:1:application/temperature",
        "ApplicationStatus": "RUNNING",
        "CreateTimestamp": 1566345600.0,
        "LastUpdateTimestamp": 1566345600.0,
        "ApplicationVersionId": 4,
        "ApplicationCode": "CREATE STREAM s (a INTEGER);",
        "InputDescriptions": [{
            "InputId": "1.1",
            "NamePrefix": "SOURCE_SQL_STREAM",
            "InAppStreamNames": ["SOURCE_SQL_STREAM_001", "SOURCE_SQL_STREAM_002"],
            "KinesisStreamsInputDescription": {"ResourceARN": "arn:aws:kinesis:eu-west-1:1:stream/sensors", "RoleARN": "r"},
            "InputParallelism": {"Count": 2},
            "InputSchema": schema(),
            "InputStartingPositionConfiguration": {"InputStartingPosition": "TRIM_HORIZON"},
            "InputProcessingConfigurationDescription":
                {"InputLambdaProcessorDescription": {"ResourceARN": "arn:aws:lambda:eu-west-1:1:function:clean:3"}},
        }],
        "OutputDescriptions": [
            {"OutputId": "1.1", "Name": "anomaly", "DestinationSchema": {"RecordFormatType": "CSV"},
             "KinesisFirehoseOutputDescription": {"ResourceARN": "arn:aws:firehose:eu-west-1:1:deliverystream/anomalies"}},
            {"OutputId": "2.1", "Name": "error_stream",
             "LambdaOutputDescription": {"ResourceARN": "arn:aws:lambda:eu-west-1:1:function:alarm"}},
        ],
        "ReferenceDataSourceDescriptions": [{
            "ReferenceId": "1.1",
            "TableName": "CompanyName",
            "S3ReferenceDataSourceDescription": {"BucketARN": "arn:aws:s3:::my-bucket", "FileKey": "ref/names.csv"},
            "ReferenceSchema": schema(),
        }],
    }});
    let mut expected = parse(&created());
    expected.inputs[0].start = Some("TRIM_HORIZON".into());
    assert_eq!(parse(&described), expected);
}

#[test]
fn version_2_says_the_same() {
    let Value::Object(mut parts) = created() else { unreachable!() };
    let mut take = |name: &str| parts.remove(name).unwrap();
    let version_2 = json!({
        "ApplicationName": take("ApplicationName"),
        "RuntimeEnvironment": "SQL-1_0",
        "ServiceExecutionRole": "r",
        "ApplicationConfiguration": {
            "SqlApplicationConfiguration": {
                "Inputs": take("Inputs"), "Outputs": take("Outputs"), "ReferenceDataSources": take("ReferenceDataSources"),
            },
            "ApplicationCodeConfiguration":
                {"CodeContent": {"TextContent": take("ApplicationCode")}, "CodeContentType": "PLAINTEXT"},
        },
    });
    assert_eq!(parse(&version_2), parse(&created()));
    let resource = json!({"Type": "AWS::KinesisAnalytics::Application", "Properties": created()});
    assert_eq!(parse(&resource), parse(&created()));
}

#[test]
fn placeholders_are_named() {
    let mut document = created();
    document["Inputs"][0]["KinesisStreamsInput"]["ResourceARN"] =
        json!("arn:aws:kinesis:${AWS::Region}:${Account}:stream/x");
    document["ApplicationName"] = json!("a-${Account}");
    let message = refused(&document);
    assert!(message.contains("${Account}, ${AWS::Region}"), "{message}");
}

#[test]
fn what_is_wrong_is_named() {
    let changed = |pointer: &str, value: Value| {
        let mut document = created();
        *document.pointer_mut(pointer).unwrap() = value;
        refused(&document)
    };
    assert!(changed("/ApplicationName", Value::Null).contains("ApplicationName"));
    assert!(changed("/Inputs/0/KinesisStreamsInput", Value::Null).contains("KinesisFirehoseInput"));
    assert!(changed("/Inputs/0/InputParallelism/Count", json!(65)).contains("1 to 64"));
    assert!(changed("/Outputs/0/KinesisFirehoseOutput", Value::Null).contains("`anomaly`"));
    assert!(changed("/Outputs/0/DestinationSchema/RecordFormatType", json!("AVRO")).contains("AVRO"));
    assert!(changed("/Inputs/0/InputSchema/RecordColumns/0/SqlType", json!("BLOB")).contains("BLOB"));
    let mut document = created();
    document["Inputz"] = json!([]);
    assert!(refused(&document).contains("Inputz"));
    document = json!({"ApplicationName": "a", "RuntimeEnvironment": "FLINK-1_15"});
    assert!(refused(&document).contains("FLINK-1_15"));
    assert!(ApplicationDefinition::parse("{").unwrap_err().to_string().contains("not a JSON document"));
}
