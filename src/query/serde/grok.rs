//! Grok patterns: `%{PATTERN:name}` expanded to one regular expression.
//!
//! Source: Logstash's `grok-patterns`, as the AWS Glue documentation lists them.

use crate::query::error::{Error, Result};

/// Patterns within patterns end here; deeper they are a circle.
const MAX_DEPTH: usize = 32;

const PATTERNS: &[(&str, &str)] = &[
    ("USERNAME", "[a-zA-Z0-9._-]+"),
    ("USER", "%{USERNAME:UNWANTED}"),
    ("INT", "(?:[+-]?(?:[0-9]+))"),
    ("BASE10NUM", r"(?<![0-9.+-])(?>[+-]?(?:(?:[0-9]+(?:\.[0-9]+)?)|(?:\.[0-9]+)))"),
    ("NUMBER", "(?:%{BASE10NUM:UNWANTED})"),
    ("BASE16NUM", "(?<![0-9A-Fa-f])(?:[+-]?(?:0x)?(?:[0-9A-Fa-f]+))"),
    ("BOOLEAN", "(?i)(true|false)"),
    ("POSINT", r"\b(?:[1-9][0-9]*)\b"),
    ("NONNEGINT", r"\b(?:[0-9]+)\b"),
    ("WORD", r"\b\w+\b"),
    ("NOTSPACE", r"\S+"),
    ("SPACE", r"\s*"),
    ("DATA", ".*?"),
    ("GREEDYDATA", ".*"),
    ("QUOTEDSTRING", r#"(?:"(?:\\.|[^\\"])*"|'(?:\\.|[^\\'])*'|`(?:\\.|[^\\`])*`)"#),
    ("QS", "%{QUOTEDSTRING:UNWANTED}"),
    ("UUID", "[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}"),
    ("MAC", "(?:(?:[A-Fa-f0-9]{2}[:-]){5}[A-Fa-f0-9]{2}|(?:[A-Fa-f0-9]{4}\\.){2}[A-Fa-f0-9]{4})"),
    (
        "IPV6",
        r"(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{1,4}:){1,7}:|(?:[0-9A-Fa-f]{1,4}:){1,6}(?::[0-9A-Fa-f]{1,4}){1,6}|:(?::[0-9A-Fa-f]{1,4}){1,7}|::)(?:%.+)?",
    ),
    (
        "IPV4",
        r"(?<![0-9])(?:(?:25[0-5]|2[0-4][0-9]|[0-1]?[0-9]{1,2})[.](?:25[0-5]|2[0-4][0-9]|[0-1]?[0-9]{1,2})[.](?:25[0-5]|2[0-4][0-9]|[0-1]?[0-9]{1,2})[.](?:25[0-5]|2[0-4][0-9]|[0-1]?[0-9]{1,2}))(?![0-9])",
    ),
    ("IP", "(?:%{IPV6:UNWANTED}|%{IPV4:UNWANTED})"),
    ("HOSTNAME", r"\b(?:[0-9A-Za-z][0-9A-Za-z_-]{0,62})(?:\.(?:[0-9A-Za-z][0-9A-Za-z_-]{0,62}))*(?:\.?|\b)"),
    ("HOST", "%{HOSTNAME:UNWANTED}"),
    ("IPORHOST", "(?:%{HOSTNAME:UNWANTED}|%{IP:UNWANTED})"),
    ("HOSTPORT", "(?:%{IPORHOST}:%{POSINT:PORT})"),
    ("PATH", "(?:%{UNIXPATH}|%{WINPATH})"),
    ("UNIXPATH", r"(?>/(?>[\w_%!$@:.,~-]+|\\.)*)+"),
    ("WINPATH", r"(?>[A-Za-z]+:|\\)(?:\\[^\\?*]*)+"),
    ("TTY", r"(?:/dev/(pts|tty([pq])?)(\w+)?/?(?:[0-9]+))"),
    ("URIPROTO", r"[A-Za-z]+(?:\+[A-Za-z+]+)?"),
    ("URIHOST", "%{IPORHOST}(?::%{POSINT:port})?"),
    ("URIPATH", r"(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%_\-]*)+"),
    ("URIPARAM", r"\?[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\-\[\]]*"),
    ("URIPATHPARAM", "%{URIPATH}(?:%{URIPARAM})?"),
    ("URI", "%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?"),
    (
        "MONTH",
        r"\b(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|Jun(?:e)?|Jul(?:y)?|Aug(?:ust)?|Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b",
    ),
    ("MONTHNUM", "(?:0?[1-9]|1[0-2])"),
    ("MONTHNUM2", "(?:0[1-9]|1[0-2])"),
    ("MONTHDAY", "(?:(?:0[1-9])|(?:[12][0-9])|(?:3[01])|[1-9])"),
    ("DAY", "(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?)"),
    ("YEAR", r"(?>\d\d){1,2}"),
    ("HOUR", "(?:2[0123]|[01]?[0-9])"),
    ("MINUTE", "(?:[0-5][0-9])"),
    ("SECOND", "(?:(?:[0-5][0-9]|60)(?:[:.,][0-9]+)?)"),
    ("TIME", "(?<![0-9])%{HOUR}:%{MINUTE}(?::%{SECOND})(?![0-9])"),
    ("DATE_US", "%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}"),
    ("DATE_EU", "%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}"),
    ("DATESTAMP_US", "%{DATE_US}[- ]%{TIME}"),
    ("DATESTAMP_EU", "%{DATE_EU}[- ]%{TIME}"),
    ("ISO8601_TIMEZONE", "(?:Z|[+-]%{HOUR}(?::?%{MINUTE}))"),
    ("ISO8601_SECOND", "(?:%{SECOND}|60)"),
    ("TIMESTAMP_ISO8601", "%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?%{ISO8601_TIMEZONE}?"),
    ("DATE", "%{DATE_US}|%{DATE_EU}"),
    ("DATESTAMP", "%{DATE}[- ]%{TIME}"),
    ("TZ", "(?:[PMCE][SD]T|UTC)"),
    ("DATESTAMP_RFC822", "%{DAY} %{MONTH} %{MONTHDAY} %{YEAR} %{TIME} %{TZ}"),
    ("DATESTAMP_RFC2822", "%{DAY}, %{MONTHDAY} %{MONTH} %{YEAR} %{TIME} %{ISO8601_TIMEZONE}"),
    ("DATESTAMP_OTHER", "%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{TZ} %{YEAR}"),
    ("SYSLOGTIMESTAMP", "%{MONTH} +%{MONTHDAY} %{TIME}"),
    ("PROG", r"(?:[\w._/%-]+)"),
    ("SYSLOGPROG", r"%{PROG:program}(?:\[%{POSINT:pid}\])?"),
    ("SYSLOGHOST", "%{IPORHOST}"),
    ("SYSLOGFACILITY", "<%{NONNEGINT:facility}.%{NONNEGINT:priority}>"),
    ("HTTPDATE", "%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}"),
    (
        "COMMONAPACHELOG",
        r#"%{IPORHOST:clientip} %{USER:ident} %{USER:auth} \[%{HTTPDATE:timestamp}\] "(?:%{WORD:verb} %{NOTSPACE:request}(?: HTTP/%{NUMBER:httpversion})?|%{DATA:rawrequest})" %{NUMBER:response} (?:%{NUMBER:bytes}|-)"#,
    ),
    ("COMBINEDAPACHELOG", "%{COMMONAPACHELOG} %{QS:referrer} %{QS:agent}"),
    (
        "LOGLEVEL",
        "(?:[Aa]lert|ALERT|[Tt]race|TRACE|[Dd]ebug|DEBUG|[Nn]otice|NOTICE|[Ii]nfo|INFO|[Ww]arn?(?:ing)?|WARN?(?:ING)?|[Ee]rr?(?:or)?|ERR?(?:OR)?|[Cc]rit?(?:ical)?|CRIT?(?:ICAL)?|[Ff]atal|FATAL|[Ss]evere|SEVERE|EMERG(?:ENCY)?|[Ee]merg(?:ency)?)",
    ),
];

/// A pattern with the names of its groups, in order.
pub(super) struct Expanded {
    pub(super) pattern: String,
    pub(super) names: Vec<String>,
}

/// Expand `format`, with `custom` patterns one a line: `NAME regex`.
pub(super) fn expand(format: &str, custom: &str) -> Result<Expanded> {
    let custom: Vec<(&str, &str)> = custom
        .lines()
        .filter_map(|line| line.trim().split_once(char::is_whitespace))
        .map(|(name, pattern)| (name, pattern.trim()))
        .collect();
    let mut names = Vec::new();
    let pattern = expand_nested(format, &custom, &mut names, true, 0)?;
    Ok(Expanded { pattern: format!("^(?:{pattern})$"), names })
}

fn expand_nested(
    text: &str,
    custom: &[(&str, &str)],
    names: &mut Vec<String>,
    captures: bool,
    depth: usize,
) -> Result<String> {
    let wrong = |message: String| Err(Error::failed("HIVE_CURSOR_ERROR", message));
    if depth > MAX_DEPTH {
        return wrong(format!("The Grok pattern `{text}` refers to itself"));
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("%{") {
        let (before, behind) = rest.split_at(start);
        out.push_str(&without_groups(before));
        let Some(end) = behind.find('}') else { return wrong(format!("`{behind}` is not closed in the Grok pattern")) };
        let inside = behind.get(2..end).unwrap_or_default();
        rest = behind.get(end + 1..).unwrap_or_default();
        let mut parts = inside.split(':');
        let (name, field) = (parts.next().unwrap_or_default(), parts.next());
        let found = custom.iter().chain(PATTERNS).find(|(known, _)| *known == name);
        let Some((_, pattern)) = found else {
            return wrong(format!(
                "The Grok pattern `{name}` is not known\nhint: define it in `input.grokCustomPatterns`"
            ));
        };
        let captured = field.filter(|field| captures && *field != "UNWANTED");
        out.push_str(if captured.is_some() { "(" } else { "(?:" });
        names.extend(captured.map(str::to_owned));
        out.push_str(&expand_nested(pattern, custom, names, captures, depth + 1)?);
        out.push(')');
    }
    out.push_str(&without_groups(rest));
    Ok(out)
}

/// The text with its own groups not captured, so that only named ones count.
fn without_groups(text: &str) -> String {
    let mut out = String::new();
    let mut characters = text.chars().peekable();
    let mut in_class = false;
    while let Some(c) = characters.next() {
        out.push(c);
        match c {
            '\\' => out.extend(characters.next()),
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class && characters.peek() != Some(&'?') => out.push_str("?:"),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_groups_and_nothing_else_is() {
        let expanded = expand("%{IP:client} (%{WORD:verb}|-) %{CODE:code}", "CODE [A-Z]{3}\n").unwrap();
        assert_eq!(expanded.names, ["client", "verb", "code"]);
        let pattern = fancy_regex::Regex::new(&expanded.pattern).unwrap();
        let found = pattern.captures("10.0.0.1 GET ABC").unwrap().unwrap();
        let groups: Vec<&str> = (1..=3).map(|group| found.get(group).unwrap().as_str()).collect();
        assert_eq!(groups, ["10.0.0.1", "GET", "ABC"]);
    }

    #[test]
    fn every_known_pattern_compiles() {
        for (name, _) in PATTERNS {
            let expanded = expand(&format!("%{{{name}:x}}"), "").unwrap();
            fancy_regex::Regex::new(&expanded.pattern).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }

    #[test]
    fn unknown_patterns_are_named() {
        let message = expand("%{NOPE:x}", "").err().unwrap().to_string();
        assert!(message.contains("NOPE") && message.contains("grokCustomPatterns"), "{message}");
    }
}
