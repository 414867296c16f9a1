//! The type that two values have in common: in CASE, COALESCE, comparison, VALUES and UNION.

use super::ExprType;
use crate::analytics::sql_type::SqlType;

/// The type that both can become without a loss, if there is one.
pub(crate) fn common_type(left: &ExprType, right: &ExprType) -> Option<ExprType> {
    if left == right {
        return Some(left.clone());
    }
    match (left, right) {
        (ExprType::Null, other) | (other, ExprType::Null) => Some(other.clone()),
        (ExprType::Interval(one), ExprType::Interval(other)) => {
            (one.is_year_month() == other.is_year_month()).then(|| ExprType::Interval(one.union(*other)))
        }
        (ExprType::Row(one), ExprType::Row(other)) => {
            if one.len() != other.len() {
                return None;
            }
            let fields = one
                .iter()
                .zip(other)
                .map(|((name, left), (_, right))| common_type(left, right).map(|common| (name.clone(), common)));
            fields.collect::<Option<_>>().map(ExprType::Row)
        }
        (ExprType::Sql(one), ExprType::Sql(other)) => common_column_type(*one, *other).map(ExprType::Sql),
        (ExprType::Interval(_) | ExprType::Row(_), _) | (_, ExprType::Interval(_) | ExprType::Row(_)) => None,
    }
}

fn common_column_type(left: SqlType, right: SqlType) -> Option<SqlType> {
    let (one, other) = (ExprType::Sql(left), ExprType::Sql(right));
    if one.is_numeric() && other.is_numeric() {
        return Some(common_number(&one, &other));
    }
    Some(match (left, right) {
        (SqlType::Char(one) | SqlType::Varchar(one), SqlType::Char(other) | SqlType::Varchar(other)) => {
            SqlType::Varchar(one.max(other))
        }
        (SqlType::Binary(one) | SqlType::Varbinary(one), SqlType::Binary(other) | SqlType::Varbinary(other)) => {
            SqlType::Varbinary(one.max(other))
        }
        (SqlType::Date, SqlType::Timestamp) | (SqlType::Timestamp, SqlType::Date) => SqlType::Timestamp,
        _ => return None,
    })
}

fn common_number(left: &ExprType, right: &ExprType) -> SqlType {
    let (Some((p1, s1)), Some((p2, s2))) = (left.decimal(), right.decimal()) else {
        return SqlType::Double;
    };
    if let (true, true) = (left.is_integer(), right.is_integer()) {
        let wider = if p1 >= p2 { left } else { right };
        return wider.sql_type().unwrap_or(SqlType::BigInt);
    }
    let scale = s1.max(s2);
    let whole = (i16::from(p1) - i16::from(s1)).max(i16::from(p2) - i16::from(s2));
    let precision = (whole + i16::from(scale)).min(18);
    SqlType::Decimal(u8::try_from(precision).unwrap_or(18), scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_precise_number_wins() {
        let common = |left, right| common_column_type(left, right);
        assert_eq!(common(SqlType::TinyInt, SqlType::BigInt), Some(SqlType::BigInt));
        assert_eq!(common(SqlType::Integer, SqlType::Decimal(4, 2)), Some(SqlType::Decimal(12, 2)));
        assert_eq!(common(SqlType::Decimal(4, 2), SqlType::Real), Some(SqlType::Double));
        assert_eq!(common(SqlType::Char(3), SqlType::Varchar(2)), Some(SqlType::Varchar(3)));
        assert_eq!(common(SqlType::Date, SqlType::Timestamp), Some(SqlType::Timestamp));
        assert_eq!(common(SqlType::Integer, SqlType::Varchar(2)), None);
    }
}
