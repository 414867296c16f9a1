//! Frames around queries.

use super::*;

fn query_of(text: &str) -> (TrinoStatement, String) {
    let statement = parse(text).unwrap();
    let range = match &statement {
        TrinoStatement::Query { query }
        | TrinoStatement::Insert { query, .. }
        | TrinoStatement::Unload { query, .. }
        | TrinoStatement::CreateView { query, .. } => query.clone(),
        TrinoStatement::CreateTableAs(create) => create.query.clone(),
        TrinoStatement::Prepare { statement, .. } | TrinoStatement::Explain { statement, .. } => statement.clone(),
        other => panic!("{other:?}"),
    };
    (statement, text[range].to_owned())
}

#[test]
fn the_query_inside_is_found() {
    for (text, query) in [
        ("SELECT 1;", "SELECT 1"),
        ("CREATE TABLE t AS SELECT ';' AS a WITH NO DATA", "SELECT ';' AS a"),
        ("CREATE TABLE t WITH (format='ORC', partitioned_by = ARRAY['a','b']) AS (SELECT 1) WITH DATA", "(SELECT 1)"),
        ("INSERT INTO d.t (a, b) VALUES (1, 2)", "VALUES (1, 2)"),
        ("INSERT INTO t (SELECT 1)", "(SELECT 1)"),
        ("INSERT INTO t ((SELECT 1))", "((SELECT 1))"),
        ("UNLOAD (SELECT (1)) TO 's3://b/x/' WITH (format = 'JSON')", "SELECT (1)"),
        ("CREATE OR REPLACE VIEW v AS WITH a AS (SELECT 1) SELECT * FROM a", "WITH a AS (SELECT 1) SELECT * FROM a"),
        ("PREPARE p FROM SELECT ?", "SELECT ?"),
        ("EXPLAIN (SELECT 1)", "(SELECT 1)"),
        ("EXPLAIN (FORMAT JSON, TYPE LOGICAL) SELECT 1", "SELECT 1"),
    ] {
        assert_eq!(query_of(text).1, query, "{text}");
    }
}

#[test]
fn arguments_of_execute_are_expressions() {
    let text = "EXECUTE p USING 'a,b', f(1, 2), ARRAY[1,2]";
    let TrinoStatement::Execute { arguments, .. } = parse(text).unwrap() else { panic!() };
    let arguments: Vec<&str> = arguments.into_iter().map(|range| &text[range]).collect();
    assert_eq!(arguments, ["'a,b'", "f(1, 2)", "ARRAY[1,2]"]);
    assert!(parse("EXECUTE p USING 1,").is_err());
}

#[test]
fn what_is_not_run_is_named() {
    for (text, what) in [
        ("MERGE INTO t USING s ON true", "MERGE"),
        ("VACUUM t", "VACUUM"),
        ("CREATE ROLE x", "CREATE ROLE"),
        ("DROP FUNCTION f", "DROP FUNCTION"),
        ("SELECT 1; SELECT 2", "One statement"),
    ] {
        let message = parse(text).unwrap_err().to_string();
        assert!(message.contains(what), "{message}");
    }
}

#[test]
fn create_table_as_keeps_its_properties() {
    let (statement, _) =
        query_of("CREATE TABLE IF NOT EXISTS t WITH (bucket_count = 4, is_external = true) AS TABLE s");
    let TrinoStatement::CreateTableAs(create) = statement else { panic!() };
    assert!(create.if_not_exists && create.with_data);
    let values: Vec<_> = create.properties.into_iter().map(|(name, value, _)| (name, value)).collect();
    let number = ("bucket_count".to_owned(), PropertyValue::Number("4".into()));
    assert_eq!(values, [number, ("is_external".to_owned(), PropertyValue::Boolean(true))]);
}
