//! What the grammar takes and refuses, and where it points.

use super::ast::{ExprKind, QueryBody, Relation, SelectItem};
use super::*;

fn expression(text: &str) -> ExprKind {
    Parser::parse_expression(text).unwrap().kind
}

fn error(text: &str) -> (String, u32, u32) {
    let error = Parser::parse_query(text).unwrap_err();
    (error.to_string(), error.place.line, error.place.column)
}

#[test]
fn operators_bind_as_in_trino() {
    assert!(matches!(expression("1 || 2 + 3"), ExprKind::Concat { .. }));
    assert!(matches!(expression("NOT a = b AND c"), ExprKind::And(terms) if terms.len() == 2));
    assert!(matches!(expression("a OR b OR c"), ExprKind::Or(terms) if terms.len() == 3));
    assert!(matches!(expression("-x[1].y AT TIME ZONE 'UTC'"), ExprKind::Negative(_)));
    assert!(matches!(expression("a NOT BETWEEN 1 AND 2 AND b"), ExprKind::And(_)));
}

#[test]
fn parentheses_are_rows_lambdas_queries_or_nothing() {
    assert!(matches!(expression("(1)"), ExprKind::Number(_)));
    assert!(matches!(expression("(1, 2)"), ExprKind::Row(_)));
    assert!(matches!(expression("(a, b) -> a + b"), ExprKind::Lambda { .. }));
    assert!(matches!(expression("x -> y -> x"), ExprKind::Lambda { .. }));
    assert!(matches!(expression("((SELECT 1) UNION (SELECT 2))"), ExprKind::Subquery(_)));
    assert!(matches!(expression("((SELECT 1) + 1)"), ExprKind::Arithmetic { .. }));
}

#[test]
fn literals_are_read_with_their_escapes() {
    assert_eq!(expression("'a''b\\n'"), ExprKind::Text("a'b\\n".into()));
    assert_eq!(expression("U&'winter \\2603'"), ExprKind::Text("winter \u{2603}".into()));
    assert_eq!(expression("U&'!2603' UESCAPE '!'"), ExprKind::Text("\u{2603}".into()));
    assert_eq!(expression("X'fF 00'"), ExprKind::Binary(vec![255, 0]));
    assert_eq!(expression("1.5e-3"), ExprKind::Number("1.5E-3".into()));
    assert!(matches!(expression("DATE '2020-01-01'"), ExprKind::Typed { .. }));
    assert!(matches!(expression("INTERVAL -'1:30' HOUR TO MINUTE"), ExprKind::Interval { is_negative: true, .. }));
}

#[test]
fn queries_have_all_of_their_clauses() {
    let query = Parser::parse_query(
        "WITH t(a) AS (VALUES 1, (2)) SELECT DISTINCT a x, t.* FROM t CROSS JOIN UNNEST(ARRAY[1]) WITH ORDINALITY AS u(b, c), \
         (SELECT 1) v WHERE a > 1 GROUP BY ROLLUP (a, (b, c)), () HAVING count(*) > 1 WINDOW w AS (PARTITION BY a) \
         ORDER BY 1 DESC NULLS FIRST OFFSET 2 ROWS FETCH FIRST 3 ROWS WITH TIES;",
    )
    .unwrap();
    assert!(query.limit.unwrap().with_ties && query.offset.is_some() && query.order_by[0].nulls_first);
    let QueryBody::Select(select) = query.body else { panic!("a select") };
    assert!(matches!(&select.items[0], SelectItem::Expression { alias: Some(alias), .. } if alias.text == "x"));
    assert!(matches!(select.from.as_slice(), [Relation::Join { .. }, Relation::Aliased { .. }]));
    assert_eq!(select.windows.len(), 1);
}

#[test]
fn errors_stand_at_their_token() {
    assert_eq!((error("SELECT a\nFROM t WHERE").1, error("SELECT a\nFROM t WHERE").2), (2, 13));
    assert!(error("SELECT `a`").0.contains("double quotes") || error("SELECT `a`").0.contains("Backquoted"));
    assert_eq!(error("SELECT 1 FROM t QUALIFY x > 1").2, 17);
    assert!(error("SELECT 1 LIMIT 1 OFFSET 2").0.contains("mismatched input 'OFFSET'"));
    assert!(error("SELECT a = b = c").0.contains("mismatched input '='"));
    assert!(error("SELECT a FROM t; SELECT b").0.contains("end of the statement"));
    assert!(error("SELECT CAST(1 AS string)").0.starts_with("TYPE_NOT_FOUND"));
    assert!(error("SELECT 1 FROM t MATCH_RECOGNIZE (PATTERN (A))").0.starts_with("NOT_SUPPORTED"));
}

#[test]
fn types_are_read_as_they_print() {
    for text in [
        "array(row(a integer, varchar(3)))",
        "map(varchar, decimal(10,2))",
        "timestamp(6) with time zone",
        "row(x double, y interval day to second)",
        "char(5)",
    ] {
        let ExprKind::Cast { target, .. } = expression(&format!("CAST(NULL AS {text})")) else { panic!("a cast") };
        assert_eq!(target.to_string(), text);
    }
    let ExprKind::Cast { target, .. } = expression("CAST(x AS ROW(double precision, time with time zone))") else {
        panic!("a cast")
    };
    assert_eq!(target.to_string(), "row(double, time(3) with time zone)");
}
