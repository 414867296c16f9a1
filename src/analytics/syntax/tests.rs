use super::*;

fn error(text: &str) -> String {
    parse_statements(text).unwrap_err().to_string()
}

fn expr(text: &str) -> ExprKind {
    parse_expression(text).unwrap_or_else(|error| panic!("{text}: {error}")).kind
}

fn same(left: &str, right: &str) {
    assert_eq!(expr(left), expr(right), "{left} | {right}");
}

#[test]
fn streams_and_pumps_are_read() {
    let statements = parse_statements(
        "CREATE OR REPLACE STREAM \"out\" (\"id\" INTEGER NOT NULL, name CHARACTER VARYING(16)) DESCRIPTION 'x';\n\
         CREATE OR REPLACE PUMP p STOPPED AS INSERT INTO \"out\" (\"id\") SELECT STREAM \"id\" FROM s;",
    )
    .unwrap();
    let [Statement::Stream(stream), Statement::Pump(pump)] = &statements[..] else { panic!("{statements:?}") };
    assert_eq!((stream.name.value.as_str(), stream.columns.len(), stream.columns[0].not_null), ("out", 2, true));
    assert_eq!(stream.columns[1].name.value, "NAME");
    assert!(!pump.started && pump.or_replace);
    assert_eq!(pump.insert.columns.as_ref().map(Vec::len), Some(1));
}

#[test]
fn every_statement_of_the_reference_is_read() {
    let text = "CREATE VIEW v DESCRIPTION 'd' AS SELECT * FROM t;
        CREATE OR REPLACE FUNCTION f (a INTEGER, b VARCHAR(3)) RETURNS INTEGER LANGUAGE SQL SPECIFIC f1 NOT DETERMINISTIC
          CONTAINS SQL READS SQL DATA MODIFIES SQL DATA RETURNS NULL ON NULL INPUT RETURN a + 1;
        ALTER PUMP p START; ALTER PUMP p STOP; DROP STREAM s; DROP PUMP p; DROP VIEW v; DROP FUNCTION f;
        INSERT INTO s (a, ROWTIME) VALUES (1, TIMESTAMP '2020-01-01 00:00:00');
        CREATE PUMP p AS INSERT EXPEDITED INTO a.b.s (SELECT STREAM x FROM t)";
    assert_eq!(parse_statements(text).unwrap().len(), 10);
    assert_eq!(parse_statements(";;CREATE STREAM a (b INT)").unwrap().len(), 1);
    assert_eq!(parse_statements("").unwrap().len(), 0);
}

#[test]
fn every_clause_of_a_query_is_read() {
    for text in [
        "SELECT STREAM DISTINCT a, b AS c, d e, t.*, * FROM s AS t WHERE a > 1 GROUP BY a, FLOOR(t.ROWTIME TO MINUTE) HAVING COUNT(*) > 1",
        "SELECT STREAM x, COUNT(*) FROM s WINDOWED BY STAGGER (PARTITION BY x, STEP(y BY INTERVAL '1' MINUTE) RANGE INTERVAL '1' MINUTE) HAVING x > 1",
        "SELECT SUM(x) OVER w, LAG(y, 2, 0) IGNORE NULLS OVER (PARTITION BY a ROWS 2 PRECEDING) FROM s WINDOW w AS (RANGE INTERVAL '1' HOUR PRECEDING), v AS (ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)",
        "SELECT NTH_VALUE(x, 2 IGNORE NULLS) OVER w, NTH_VALUE(x, 2) FROM LAST RESPECT NULLS OVER w FROM s",
        "SELECT ts AS ROWTIME, a FROM s ORDER BY ts WITHIN INTERVAL '5' SECOND, a DESC",
        "SELECT * FROM a OVER (RANGE INTERVAL '1' MINUTE FOLLOWING) AS l LEFT OUTER JOIN b OVER w AS r ON l.x = r.x NATURAL JOIN c JOIN d USING (x) CROSS JOIN e, f",
        "SELECT STREAM * FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM * FROM s), 100, 256)) AS t",
        "SELECT l.r.COLUMN1, \"T\".REC.\"COL_1\" FROM (SELECT f(x) FROM s) AS l(r)",
        "VALUES 1 + 2 > 3, ROW(1), (2)",
        "SELECT a FROM t UNION ALL SELECT b FROM u INTERSECT (VALUES (1)) ORDER BY 1",
    ] {
        parse_query(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
}

#[test]
fn intersect_binds_tighter_than_union() {
    let query = parse_query("VALUES 1 UNION VALUES 2 INTERSECT VALUES 3 EXCEPT VALUES 4").unwrap();
    let QueryBody::Set { op: SetOp::Except, left, .. } = query.body else { panic!() };
    let QueryBody::Set { op: SetOp::Union, right, .. } = left.body else { panic!() };
    assert!(matches!(right.body, QueryBody::Set { op: SetOp::Intersect, .. }));
}

#[test]
fn not_binds_tighter_than_truth_tests_and_looser_than_null_tests() {
    same("NOT UNKNOWN IS TRUE", "(NOT UNKNOWN) IS TRUE");
    same("NOT a IS NULL", "NOT (a IS NULL)");
    same("NOT a = b", "NOT (a = b)");
    same("NOT a AND b", "(NOT a) AND b");
    same("a = b IS NOT FALSE", "(a = b) IS NOT FALSE");
    same("a OR b AND c", "a OR (b AND c)");
}

#[test]
fn arithmetic_binds_as_usual() {
    same("1 + 2 * 3 - 4", "(1 + (2 * 3)) - 4");
    same("a - b - c", "(a - b) - c");
    same("-a * b", "(-a) * b");
    same("a + 1 BETWEEN b AND c + 1", "(a + 1) BETWEEN b AND (c + 1)");
    same("a || b LIKE 'x%'", "(a || b) LIKE 'x%'");
}

#[test]
fn literals_have_their_values() {
    let literal = |text: &str| match expr(text) {
        ExprKind::Literal(literal) => literal,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(literal("'it''s'"), Literal::Text("it's".into()));
    assert_eq!(literal(r"u&'\0009a\\'"), Literal::Text("\ta\\".into()));
    assert_eq!(literal("U&'!0041!!\\' UESCAPE '!'"), Literal::Text("A!\\".into()));
    assert_eq!(literal("X'3F67'"), Literal::Binary(vec![0x3f, 0x67]));
    assert_eq!(literal("-1.50"), Literal::Number { digits: -150, scale: Some(2) });
    assert_eq!(literal("9223372036854775807"), Literal::Number { digits: i64::MAX.into(), scale: None });
    assert_eq!(literal("1e2"), Literal::Double(100.0));
    assert_eq!(literal("{d '1970-01-02'}"), Literal::Date(1));
    assert_eq!(literal("{t '00:00:01'}"), Literal::Time(1000));
    assert_eq!(literal("{ts '1970-01-01 00:00:01.5'}"), Literal::Timestamp(1500));
    let day_to_second = IntervalQualifier::new(Unit::Day, Unit::Second);
    assert_eq!(literal("INTERVAL -'2 3:4:5.678' DAY TO SECOND"), Literal::Interval(-183_845_678, day_to_second));
    assert_eq!(
        literal("INTERVAL '120' SECOND"),
        Literal::Interval(120_000, IntervalQualifier::new(Unit::Second, Unit::Second))
    );
}

#[test]
fn literals_that_are_not_exact_are_refused() {
    for text in [
        "DATE '2007-02'",
        "TIMESTAMP '2007-02-19 21:25'",
        "TIME '21:25:00 '",
        "INTERVAL '3:45:04.0' DAY TO HOUR",
        "INTERVAL '1.1' YEAR(1)",
        "INTERVAL '120' MINUTE(2)",
        "INTERVAL '1 24' DAY TO HOUR",
        "INTERVAL '1-12' YEAR TO MONTH",
        "INTERVAL '1:60' MINUTE TO SECOND",
        "INTERVAL '1' YEAR TO DAY",
        "X'3F6'",
        "u&'\\00'",
        "'open",
        "1a",
    ] {
        assert!(parse_expression(text).is_err(), "{text}");
    }
}

#[test]
fn interval_text_has_a_sign_and_no_empty_fraction() {
    let show = |text: &str| match expr(text) {
        ExprKind::Literal(Literal::Interval(value, qualifier)) => qualifier.render(value),
        other => panic!("{other:?}"),
    };
    assert_eq!(show("INTERVAL '3-4' YEAR TO MONTH"), "+3-04");
    assert_eq!(show("INTERVAL '-3 4:20' DAY TO MINUTE"), "-3 04:20");
    assert_eq!(show("INTERVAL '1:2.5' MINUTE TO SECOND"), "+1:02.500");
    assert_eq!(show("INTERVAL '371' SECOND"), "+371");
}

#[test]
fn all_comment_forms_are_skipped() {
    same("a -- b\n + c // d\n/* e // f */ * g –- h\n–i\n-– j\n", "a + c * g");
    same("'a // b' || \"c -- d\"", "'a // b' || \"c -- d\"");
}

#[test]
fn periods_chain_with_and() {
    same("(a, b) PRECEDES (c, d) PRECEDES PERIOD(e, f)", "(a, b) PRECEDES (c, d) AND (c, d) PRECEDES (e, f)");
    assert!(matches!(expr("(a, b) STRICTLY CONTAINS c"), ExprKind::Period { .. }));
    assert!(matches!(expr("(a, b) IMMEDIATELY LEADS (c, d)"), ExprKind::Period { .. }));
}

#[test]
fn errors_point_at_the_word() {
    let message = error("CREATE STREAM a (\n  b INTEGR)");
    assert!(message.contains("`INTEGR` is not a type") && message.contains("line 2, column 5"), "{message}");
    let message = error("CREATE STREAM a (b INT");
    assert!(message.contains("found the end of the text"), "{message}");
    let message = error("CREATE STREAM user (b INT)");
    assert!(message.contains("reserved word") && message.contains("hint: quote it"), "{message}");
    let message = error("CREATE STREAM a (b INT, b INT)");
    assert!(message.contains("two columns `B`"), "{message}");
    assert!(error("CREATE STREAM error_stream (b INT)").contains("service's own stream"));
    assert!(error("SELECT * FROM a").contains("CREATE PUMP name AS INSERT"));
    assert!(error("EXPLODE a").contains("Expected CREATE"));
    assert!(error("CREATE STREAM a (b INT) CREATE STREAM c (d INT)").contains("Expected `;`"));
}

#[test]
fn deep_nesting_is_an_error_not_a_crash() {
    let deep = format!("{}1{}", "(".repeat(20_000), ")".repeat(20_000));
    assert!(parse_expression(&deep).unwrap_err().to_string().contains("nests deeper"));
    let signs = "- ".repeat(20_000) + "a";
    assert!(parse_expression(&signs).is_err());
    let long = vec!["a"; 20_000].join(" + ");
    assert!(parse_expression(&long).is_err());
    let wide = vec!["a = 1"; 20_000].join(" OR ");
    assert!(parse_expression(&wide).is_ok());
}

#[test]
fn parts_can_be_replaced_and_found() {
    let sum = parse_expression("SUM(x)").unwrap();
    let all = parse_expression("CASE WHEN SUM(x) > 1 THEN -sum(X) END").unwrap();
    let replaced = all.replaced(&mut |part| (*part == sum).then_some(Expr { kind: ExprKind::Place(7), at: part.at }));
    assert!(!replaced.any(&|part| matches!(part.kind, ExprKind::Call(_))));
    assert!(replaced.any(&|part| part.kind == ExprKind::Place(7)));
}
