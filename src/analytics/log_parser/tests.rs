use arrow::array::{Array, AsArray};
use arrow::datatypes::{Int32Type, Int64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::*;

fn text(value: &str) -> Argument {
    Argument::Text(value.to_owned())
}

fn made(name: &str, arguments: &[Argument]) -> LogParser {
    create(name, arguments).unwrap().unwrap_or_else(|error| panic!("{error}"))
}

/// The row value of a line, or why there is none.
fn row(name: &str, line: &str, arguments: &[Argument]) -> String {
    let parser = made(name, arguments);
    let parsed = parser.parse(&StringArray::from(vec![line]), 1_566_345_600_000).unwrap();
    if let Some((_, message)) = parsed.failed.first() {
        return format!("<FAILED> {message}");
    }
    if !parsed.matched.value(0) {
        return (if parser.drops_unmatched() { "<NO ROW>" } else { "<NULL>" }).into();
    }
    let options = FormatOptions::default().with_null("<NULL>");
    let values =
        parsed.columns.iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap().value(0).to_string());
    values.collect::<Vec<_>>().join("|")
}

fn refused(name: &str, arguments: &[Argument]) -> String {
    create(name, arguments).unwrap().unwrap_err().message
}

#[test]
fn fast_regex_groups_end_where_what_follows_first_appears() {
    let fast = |line: &str, pattern: &str| row("FAST_REGEX_LOG_PARSE", line, &[text(pattern)]);
    assert_eq!(fast("Mary_had_a_little_lamb", "(.*)_(._.*)_.*"), "Mary_had|a_little");
    assert_eq!(fast("Mary_had_a_little_lamb", "(.*)_+(._.*)"), "<NO ROW>");
    assert_eq!(fast("Mary____had_a_little_lamb", "(.*)_+(._.*)"), "Mary|___had_a_little_lamb");
    assert_eq!(fast("Mary____had_a_little_lamb", "(.*)_+(<Alpha>.*)"), "Mary|had_a_little_lamb");
}

#[test]
fn fast_regex_consumes_the_whole_line() {
    let fast = |line: &str, pattern: &str| row("FAST_REGEX_LOG_PARSER", line, &[text(pattern)]);
    assert_eq!(fast("key=value", "(<Alpha>+)=(<Alpha>+)"), "key|value");
    assert_eq!(fast("key=value!", "(<Alpha>+)=(<Alpha>+)"), "<NO ROW>");
    assert_eq!(fast("é1x", "(.)(<0-9>)(x|y)"), "é|1|x");
    assert_eq!(fast("2019-08-21", "(<0000-9999>)-(<1-12>)-(<01-31>)"), "2019|08|21");
    assert_eq!(fast("2019-13-21", "(<0000-9999>)-(<1-12>)-(<01-31>)"), "<NO ROW>");
    assert_eq!(fast("abc", "([a-c]{3}&@b@)"), "abc");
    assert_eq!(fast("aac", "([a-c]{3}&@b@)"), "<NO ROW>");
    assert_eq!(fast("a.b", "(\"a.\")(\\b)"), "a.|b");
    assert_eq!(fast("abc", "(a)#?(bc)"), "a|bc");
    assert_eq!(fast("a-z", "([^b-z]*)-([^a]{1,2})"), "a|z");
    assert_eq!(fast("", "(x*)"), "");
}

#[test]
fn regex_groups_become_columns() {
    let columns = r"a INTEGER, b";
    let regex = |line: &str| row("REGEX_LOG_PARSE", line, &[text(r"(\d+)-(\w+)?"), text(columns)]);
    assert_eq!(regex("12-ab"), "12|ab");
    assert_eq!(regex("12-"), "12|<NULL>");
    assert_eq!(regex("x12-ab"), "<NULL>");
    assert!(regex("99999999999-ab").starts_with("<FAILED>"));
    let names: Vec<_> =
        made("REGEX_LOG_PARSE", &[text("(a)(b)")]).columns().into_iter().map(|column| column.0).collect();
    assert_eq!(names, ["COLUMN1", "COLUMN2"]);
    assert!(refused("REGEX_LOG_PARSE", &[text("(a")]).contains("not valid"));
    assert!(refused("REGEX_LOG_PARSE", &[text("a")]).contains("no group"));
    assert!(refused("REGEX_LOG_PARSE", &[text("(a)"), text("x, y")]).contains("2 columns for 1 groups"));
}

#[test]
fn delimited_fields_may_be_escaped_and_quoted() {
    let fields = |line: &str, more: &[Argument]| {
        row("VARIABLE_COLUMN_LOG_PARSE", line, &[&[Argument::Integer(3)], more].concat())
    };
    assert_eq!(fields("a,b", &[text(",")]), "a|b|<NULL>");
    assert_eq!(fields("a,b,c,d", &[text(",")]), "a|b|c");
    assert_eq!(fields("a::b::c", &[text("::")]), "a|b|c");
    assert_eq!(fields(r"a\,b,c", &[text(","), text("\\")]), "a,b|c|<NULL>");
    assert_eq!(fields("[a,b],\"c,[d]", &[text(","), text("\\"), text("[]")]), "a,b|\"c|d");
    assert_eq!(fields("\"a\"\"b\",,c", &[text(","), Argument::Null, text("\"")]), "a\"b||c");
    assert!(refused("VARIABLE_COLUMN_LOG_PARSE", &[Argument::Integer(0), text(",")]).contains("1 to"));
    assert!(refused("VARIABLE_COLUMN_LOG_PARSE", &[Argument::Integer(1), text("")]).contains("empty"));
}

#[test]
fn typed_columns_fail_where_they_must_have_a_value() {
    let declared = r#"a TYPE INTEGER NOT NULL, "at" TYPE TIMESTAMP 'dd/MMM/yyyy:HH:mm:ss'"#;
    let fields = |line: &str| row("VARIABLE_COLUMN_LOG_PARSE", line, &[text(declared), text(" ")]);
    assert_eq!(fields("7 24/May/2004:22:01:02"), "7|2004-05-24T22:01:02");
    assert!(fields("x").contains("`A`"));
    let fixed = "a TYPE VARCHAR(3) START 0 FOR 4, b TYPE INTEGER NOT NULL START 6";
    assert_eq!(row("FIXED_COLUMN_LOG_PARSE", "abcdef 12 ", &[text(fixed)]), "abc|12");
    assert!(row("FIXED_COLUMN_LOG_PARSE", "abc", &[text(fixed)]).contains("NOT NULL"));
}

#[test]
fn syslog_times_take_the_year_of_the_clock() {
    let syslog = |line: &str| row("SYS_LOG_PARSE", line, &[]);
    assert_eq!(syslog("Mar  7 01:02:03 host app[1]: text"), "2019-03-07T01:02:03|host app[1]: text");
    assert_eq!(syslog("2019-03-07 01:02:03"), "<NULL>");
    assert_eq!(syslog("Mar 32 01:02:03 x"), "<NULL>");
}

#[test]
fn web_logs_are_read_by_name_or_by_format() {
    let common = r#"192.168.254.30 - John [24/May/2004:22:01:02 -0700] "GET /icons/apache_pb.gif HTTP/1.1" 304 -"#;
    let w3c = |line: &str, format: &str| row("W3C_LOG_PARSE", line, &[text(format)]);
    let values = "192.168.254.30|-|John|[24/May/2004:22:01:02 -0700]|GET /icons/apache_pb.gif HTTP/1.1|304|<NULL>";
    assert_eq!(w3c(common, "COMMON"), values);
    assert_eq!(w3c(&format!("www.example.com {common}"), "common with vhost"), format!("www.example.com|{values}"));
    let extended = format!(r#"{common} "http://a.example/x y" "Mozilla \"5\" (X11)""#);
    assert_eq!(w3c(&extended, "NCSA EXTENDED"), format!(r#"{values}|http://a.example/x y|Mozilla \"5\" (X11)"#));
    assert_eq!(w3c("http://a/ ---> /b", "REFERER"), "http://a/|/b");
    assert_eq!(w3c("Mozilla/5.0 (X11)", "AGENT"), "Mozilla/5.0 (X11)");
    assert_eq!(w3c("1.2.3.4 200 <agent>", "%a %>s <%!200,304[User-agent]i>"), "1.2.3.4|200|agent");
    assert_eq!(w3c("nothing of the kind", "COMMON"), "<NULL>");
    let iis =
        "192.168.114.201, -, 03/20/01, 7:55:20, W3SVC2, SALES1, 172.21.13.45, 4502, 163, 3223, 200, 0, GET, /x.gif, -,";
    assert!(w3c(iis, "IIS").starts_with("192.168.114.201|-|03/20/01|7:55:20|W3SVC2|"));
    let parser = made("W3C_LOG_PARSE", &[text("%h %b %T")]);
    let parsed = parser.parse(&StringArray::from(vec![Some("a 12 3"), None]), 0).unwrap();
    assert_eq!(parsed.columns[1].as_primitive::<Int64Type>().value(0), 12);
    assert_eq!(parsed.columns[2].as_primitive::<Int32Type>().value(0), 3);
    assert!(parsed.columns[1].is_null(1) && !parsed.matched.value(1) && parsed.failed.is_empty());
    assert!(refused("W3C_LOG_PARSE", &[text("NO SUCH")]).contains("hint"));
    assert!(refused("W3C_LOG_PARSE", &[text("%y")]).contains("%y"));
}
