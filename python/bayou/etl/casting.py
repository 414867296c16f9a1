"""Casts as Glue and Spark do them: what does not fit becomes NULL, and is counted."""

from __future__ import annotations

_WHOLE = ["tinyint", "smallint", "integer", "bigint"]
_NUMBERS = [*_WHOLE, "real", "double"]


def is_safe(source: str, target: str) -> bool:
    """Whether every value of a type is one of the other."""
    if source == target or target == "varchar" or source == "unknown":
        return True
    if source in _NUMBERS and target in _NUMBERS:
        return _NUMBERS.index(source) <= _NUMBERS.index(target)
    return (source, target) in {("date", "timestamp(3)"), ("timestamp(3)", "date")}


def cast(expression: str, source: str, target: str) -> str:
    """`expression`, of the type `source`, as `target`; NULL where it does not fit.

    Source: Spark SQL, CAST without ANSI mode; Glue Developer Guide, ApplyMapping.
    """
    if source == target:
        return expression
    if target == "varchar":
        return _to_text(expression, source)
    if source.startswith("varchar"):
        return _from_text(expression, target)
    if source == "boolean" and target in _NUMBERS:
        return f"CAST(IF({expression}, 1, 0) AS {target})"
    if source in ("double", "real") and target in _WHOLE:
        return f"TRY_CAST(truncate({expression}) AS {target})"
    if (source == "date" and target in _NUMBERS) or (source in _NUMBERS and target == "date"):
        return f"CAST(NULL AS {target})"
    if source.startswith("timestamp") and target in _NUMBERS:
        return f"TRY_CAST(to_unixtime({expression}) AS {target})"
    if source in _NUMBERS and target.startswith("timestamp"):
        return f"CAST(from_unixtime({expression}) AS {target})"
    return f"TRY_CAST({expression} AS {target})"


def _to_text(expression: str, source: str) -> str:
    if source.startswith("timestamp("):
        # Spark writes no fraction that is zero, and none of its zeros at the end.
        return f"regexp_replace(CAST({expression} AS varchar), '\\.0+$|(\\.\\d*[1-9])0+$', '$1')"
    if source.startswith(("row(", "array(", "map(")):
        return f"json_format(CAST({expression} AS json))"
    if source == "varbinary":
        return f"from_utf8({expression})"
    return f"CAST({expression} AS varchar)"


def _from_text(expression: str, target: str) -> str:
    if target.startswith("timestamp"):
        iso = f"CAST(TRY(from_iso8601_timestamp({expression})) AS {target})"
        return f"COALESCE(TRY_CAST({expression} AS {target}), {iso})"
    if target == "date":
        return f"COALESCE(TRY_CAST({expression} AS date), CAST(TRY_CAST({expression} AS timestamp(3)) AS date))"
    if target == "varbinary":
        return f"to_utf8({expression})"
    if target.startswith(("row(", "array(", "map(")):
        return f"TRY(CAST(json_parse({expression}) AS {target}))"
    return f"TRY_CAST(trim({expression}) AS {target})"
