use std::sync::Arc;

use arrow::array::{Array, RecordBatch};

use super::{Catalog, Sources, StreamColumn, plan_application, run_table_query};
use crate::analytics::error::Error;
use crate::analytics::expr::render;
use crate::analytics::sql_type::SqlType;
use crate::analytics::syntax::parse_query;
use crate::time::Timestamp;

fn sources() -> Sources {
    let column = |name: &str, sql_type| StreamColumn { name: name.into(), sql_type, not_null: false };
    let columns =
        vec![column("K", SqlType::Varchar(4)), column("N", SqlType::Integer), column("TS", SqlType::Timestamp)];
    Sources { inputs: vec![("S".into(), columns.clone()), ("R".into(), columns)], tables: Vec::new() }
}

/// What planning a query into a stream of one BIGINT column says; nothing when it is taken.
fn refusal(query: &str) -> String {
    let text = format!("CREATE STREAM o (v BIGINT);\nCREATE PUMP p AS INSERT INTO o\n{query};");
    match plan_application(&text, &sources(), Timestamp(0)) {
        Ok(_) => String::new(),
        Err(Error::Sql { message, line, hint, .. }) if line >= 3 => format!("{message}; {}", hint.unwrap_or_default()),
        Err(other) => format!("outside of the query: {other}"),
    }
}

#[test]
fn what_a_stream_cannot_do_is_refused_where_it_stands() {
    let cases = [
        ("SELECT STREAM COUNT(*) FROM s", "needs GROUP BY or OVER"),
        ("SELECT STREAM COUNT(*) FROM s GROUP BY k", "needs a monotonic term"),
        ("SELECT STREAM COUNT(*) FROM s GROUP BY FLOOR(ts TO MINUTE)", "needs a monotonic term"),
        ("SELECT STREAM n FROM s GROUP BY FLOOR(s.ROWTIME TO MINUTE)", "neither a key of the groups nor"),
        ("SELECT STREAM * FROM s GROUP BY FLOOR(s.ROWTIME TO MINUTE)", "cannot be selected from groups"),
        ("SELECT STREAM COUNT(DISTINCT n) FROM s GROUP BY FLOOR(s.ROWTIME TO MINUTE)", "COUNT(DISTINCT …)"),
        ("SELECT STREAM SUM(n) FILTER (WHERE n > 1) FROM s GROUP BY FLOOR(s.ROWTIME TO MINUTE)", "FILTER"),
        ("SELECT STREAM SUM(SUM(n)) FROM s GROUP BY FLOOR(s.ROWTIME TO MINUTE)", "inside of another aggregate"),
        ("SELECT STREAM SUM(k) FROM s GROUP BY FLOOR(s.ROWTIME TO MINUTE)", "takes a number"),
        ("SELECT STREAM n FROM s HAVING n > 1", "HAVING on a stream needs GROUP BY"),
        ("SELECT STREAM n FROM s WHERE COUNT(*) > 1", "cannot stand in WHERE"),
        ("SELECT STREAM COUNT(*) OVER (PARTITION BY k) FROM s", "how far it reaches back"),
        ("SELECT STREAM COUNT(*) OVER (ROWS UNBOUNDED PRECEDING) FROM s", "UNBOUNDED"),
        ("SELECT STREAM COUNT(*) OVER (ORDER BY n ROWS 1 PRECEDING) FROM s", "no ORDER BY"),
        (
            "SELECT STREAM COUNT(*) OVER (RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND INTERVAL '0' DAY PRECEDING) FROM s",
            "ends at the current row",
        ),
        ("SELECT STREAM COUNT(*) OVER (RANGE INTERVAL '-1' DAY PRECEDING) FROM s", "negative"),
        ("SELECT STREAM COUNT(*) OVER (RANGE 5 PRECEDING) FROM s", "must be an interval"),
        ("SELECT STREAM COUNT(*) OVER (ROWS 1 FOLLOWING) FROM s", "forward"),
        ("SELECT STREAM COUNT(*) OVER w FROM s", "There is no window `W`"),
        (
            "SELECT STREAM s.n FROM s OVER (PARTITION BY k RANGE INTERVAL '1' DAY PRECEDING) JOIN r ON s.n = r.n",
            "no PARTITION BY",
        ),
        ("SELECT STREAM n FROM s OVER (RANGE INTERVAL '1' DAY PRECEDING)", "belongs to a join"),
        ("SELECT STREAM s.n FROM s LEFT JOIN r", "Expected ON or USING"),
        ("SELECT DISTINCT n FROM s", "needs a monotonic item"),
        ("SELECT STREAM n FROM s ORDER BY n", "rises with time"),
        ("SELECT STREAM n FROM s ORDER BY s.ROWTIME DESC", "backwards"),
        ("SELECT STREAM n FROM s ORDER BY ts WITHIN INTERVAL '1' MINUTE DESC", "DESC"),
        ("SELECT STREAM n FROM s ORDER BY s.ROWTIME WITHIN INTERVAL '1' MINUTE", "WITHIN cannot sort by ROWTIME"),
        ("SELECT STREAM n FROM s UNION SELECT STREAM n FROM r", "UNION ALL only"),
        ("SELECT STREAM n FROM s EXCEPT SELECT STREAM n FROM r", "UNION ALL only"),
        ("SELECT STREAM n FROM s UNION ALL VALUES (1)", "two streams or two tables"),
        ("SELECT STREAM n, n FROM s UNION ALL SELECT STREAM n FROM r", "2 and 1 columns"),
        ("SELECT STREAM n AS ROWTIME, n FROM s", "ROWTIME is a TIMESTAMP"),
        ("SELECT STREAM x FROM (SELECT STREAM n FROM s) AS t (x, y)", "2 names are given to 1 columns"),
        ("SELECT STREAM x FROM (SELECT STREAM n FROM s) AS t (ROWTIME)", "ROWTIME cannot be the name"),
        ("SELECT STREAM n FROM error_stream", "error stream cannot be read"),
        ("SELECT STREAM LAG(n) FROM s GROUP BY FLOOR(s.ROWTIME TO MINUTE)", "LAG needs a window"),
        (
            "SELECT STREAM COUNT(*) FROM s WINDOWED BY STAGGER (PARTITION BY k RANGE INTERVAL '0' MINUTE)",
            "longer than nothing",
        ),
        ("SELECT STREAM * FROM TABLE(NO_SUCH(CURSOR(SELECT STREAM n FROM s)))", "There is no table function"),
    ];
    let said = cases.map(|(query, expected)| (query, expected, refusal(query)));
    let wrong: Vec<_> = said.iter().filter(|(_, expected, message)| !message.contains(expected)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn statements_that_contradict_each_other_are_refused() {
    let refused = |text: &str| match plan_application(text, &sources(), Timestamp(0)) {
        Ok(_) => panic!("taken: {text}"),
        Err(error) => error.to_string(),
    };
    let message = refused("CREATE STREAM error_stream (v INT)");
    assert!(message.contains("error_stream") || message.contains("ERROR_STREAM"), "{message}");
    assert!(refused("CREATE STREAM a (v INT); CREATE STREAM a (v INT)").contains("declared twice"));
    assert!(refused("CREATE STREAM s (v INT)").contains("application's input"));
    assert!(refused("ALTER PUMP p START").contains("There is no pump `P`"));
    assert!(refused("DROP VIEW v").contains("There is no view `V`"));
    assert!(refused("CREATE VIEW v AS SELECT STREAM * FROM v").contains("reads itself"));
    let used = "CREATE STREAM a (v INT); CREATE PUMP p AS INSERT INTO a SELECT STREAM n FROM s;";
    assert!(refused(&format!("{used} CREATE OR REPLACE STREAM a (w INT)")).contains("used by a pump"));
    assert!(refused(&format!("{used} DROP STREAM a")).contains("used by the pump"));
    assert!(plan_application(&format!("{used} DROP PUMP p; DROP STREAM a"), &sources(), Timestamp(0)).is_ok());
}

fn table(text: &str) -> String {
    let (rows, columns): (RecordBatch, _) =
        run_table_query(&parse_query(text).unwrap(), text, &Catalog::default()).unwrap();
    let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
    let row = |row: usize| {
        let cells = rows.columns().iter().zip(&columns);
        let cells: Vec<String> =
            cells.map(|(column, (_, sql_type))| render(&Arc::clone(column) as &dyn Array, row, sql_type)).collect();
        format!("({})", cells.join(","))
    };
    format!("{}: {}", names.join(","), (0..rows.num_rows()).map(row).collect::<Vec<_>>().join(","))
}

#[test]
fn tables_are_queried_as_a_whole() {
    assert_eq!(table("SELECT AVG(x) FROM (VALUES (1), (2), (3)) AS t (x)"), "EXPR$0: (2)");
    assert_eq!(
        table("SELECT COUNT(x), SUM(x) FROM (VALUES (1), (NULL)) AS t (x) WHERE x > 5"),
        "EXPR$0,EXPR$1: (0,<NULL>)"
    );
    let grouped =
        "SELECT k, COUNT(*) AS c FROM (VALUES ('a', 1), ('b', 2), ('a', 3)) AS t (k, n) GROUP BY k HAVING COUNT(*) > 1";
    assert_eq!(table(grouped), "K,C: (a,2)");
    assert_eq!(table("SELECT DISTINCT x FROM (VALUES (2), (1), (2)) AS t (x) ORDER BY x DESC"), "X: (2),(1)");
    assert_eq!(table("VALUES (1), (2) EXCEPT VALUES (2)"), "EXPR$0: (1)");
    assert_eq!(
        table("SELECT x FROM (VALUES (1), (2)) AS t (x) WHERE x IN (SELECT y FROM (VALUES (2)) AS u (y))"),
        "X: (2)"
    );
    let joined =
        "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS l (id, n) LEFT JOIN (VALUES (2, 'x')) AS r (id, m) USING (id)";
    assert_eq!(table(joined), "ID,N,M: (1,a,<NULL>),(2,b,x)");
}
