use fake::locales::{Data, EN};

use super::*;

#[test]
fn no_word_breaks_a_json_string() {
    let lists: &[&[&str]] = &[
        COLOURS,
        DEPARTMENTS,
        PRODUCT_ADJECTIVES,
        MATERIALS,
        PRODUCTS,
        COUNTIES,
        COMPASS_POINTS,
        ACCOUNT_TYPES,
        TRANSACTION_TYPES,
        ABBREVIATIONS,
        HACKER_ADJECTIVES,
        HACKER_NOUNS,
        HACKER_VERBS,
        HACKER_INGVERBS,
        HACKER_PHRASES,
        MONTHS,
        MONTH_ABBREVIATIONS,
        WEEKDAYS,
        WEEKDAY_ABBREVIATIONS,
        PHONE_FORMATS,
        LOCALES,
        HANDLE_HEADS,
        HANDLE_TAILS,
        COMMON_EXTENSIONS,
        COMMON_TYPES,
        DIRECTORIES,
        EN::NAME_FIRST_NAME,
        EN::NAME_LAST_NAME,
        EN::NAME_TITLE,
        EN::NAME_SUFFIX,
        EN::JOB_SENIORITY,
        EN::JOB_FIELD,
        EN::JOB_POSITION,
        EN::ADDRESS_CITY_PREFIX,
        EN::ADDRESS_CITY_SUFFIX,
        EN::ADDRESS_STREET_SUFFIX,
        EN::ADDRESS_COUNTRY,
        EN::ADDRESS_COUNTRY_CODE,
        EN::ADDRESS_STATE,
        EN::ADDRESS_STATE_ABBR,
        EN::COMPANY_SUFFIX,
        EN::COMPANY_BUZZWORD_HEAD,
        EN::COMPANY_BUZZWORD_MIDDLE,
        EN::COMPANY_BUZZWORD_TAIL,
        EN::COMPANY_BS_VERBS,
        EN::COMPANY_BS_ADJ,
        EN::COMPANY_BS_NOUNS,
        EN::LOREM_WORD,
        EN::CURRENCY_CODE,
        EN::CURRENCY_NAME,
        EN::CURRENCY_SYMBOL,
        EN::INTERNET_USER_AGENT,
        EN::INTERNET_DOMAIN_SUFFIX,
        EN::INTERNET_FREE_EMAIL_PROVIDER,
    ];
    for word in lists.iter().copied().flatten() {
        assert!(!word.is_empty() && !word.contains(['"', '\\']) && !word.contains(char::is_control), "{word}");
    }
    assert!(MIME_TYPES.iter().all(|(mime, extension)| mime.contains('/') && !extension.is_empty()));
}
