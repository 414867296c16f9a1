"""Conditions over partition keys, as Spark reads them.

Partition values are text in folders' names, and people compare them with numbers and with text alike: `year == 2019`,
`month = '08'`. The engine converts no text by itself, so comparisons of a key with literals of another type are
written out here; `==` and back-ticks become SQL's. Everything else is left as it is.

Source: Spark SQL, type coercion of comparisons; Glue Developer Guide, push_down_predicate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<string>'(?:[^']|'')*')|(?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`)
    |(?P<number>\d+(?:\.\d+)?)|(?P<word>[A-Za-z_]\w*)|(?P<operator><=>|==|!=|<>|<=|>=|=|<|>)|(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_NUMBERS = ("tinyint", "smallint", "int", "integer", "bigint", "float", "real", "double", "decimal")


@dataclass
class _Token:
    kind: str
    text: str

    @property
    def is_literal(self) -> bool:
        return self.kind in ("string", "number")

    @property
    def word(self) -> str:
        return self.text.upper() if self.kind == "word" else ""

    @property
    def name(self) -> str:
        return self.text.strip('`"').lower() if self.kind in ("word", "quoted") else ""


def engine_condition(condition: str, keys: Mapping[str, str]) -> str:
    """The condition with comparisons of keys and literals in the keys' types.

    Args:
        condition: SQL, in Spark's or in Athena's words.
        keys: Types of the partition keys by lower-case name.
    """
    tokens = [_Token(match.lastgroup or "other", match.group()) for match in _TOKEN.finditer(condition)]
    for token in tokens:
        if token.text in ("==", "<=>"):
            token.text = "="
        elif token.kind == "quoted" and token.text[0] == "`":
            token.text = '"' + token.text[1:-1].replace("``", "`").replace('"', '""') + '"'
    places = [place for place, token in enumerate(tokens) if token.kind != "space"]
    for at, place in enumerate(places):
        key = tokens[place]
        if key.name not in keys or _is_part_of_path(tokens, places, at):
            continue
        _fit(key, keys[key.name].lower(), _partners(tokens, places, at))
    return "".join(token.text for token in tokens)


def _is_part_of_path(tokens: list[_Token], places: list[int], at: int) -> bool:
    following = tokens[places[at + 1]].text if at + 1 < len(places) else ""
    return following in (".", "(")


def _partners(tokens: list[_Token], places: list[int], at: int) -> list[_Token]:
    """The literals that a key is compared with."""

    def token(offset: int) -> _Token | None:
        place = at + offset
        return tokens[places[place]] if 0 <= place < len(places) else None

    following, next_one = token(1), token(2)
    if following and following.kind == "operator" and next_one and next_one.is_literal:
        return [next_one]
    before, first = token(-1), token(-2)
    if before and before.kind == "operator" and first and first.is_literal:
        return [first]
    start = 1
    if following and following.word == "NOT":
        start = 2
    keyword = token(start)
    if keyword and keyword.word == "BETWEEN":
        low, high = token(start + 1), token(start + 3)
        return [one for one in (low, high) if one and one.is_literal]
    if keyword and keyword.word == "IN":
        found, offset = [], start + 2
        while (one := token(offset)) and one.text != ")":
            if one.is_literal:
                found.append(one)
            offset += 1
        return found
    return []


def _fit(key: _Token, kind: str, literals: list[_Token]) -> None:
    """Bring a key and its literals to one type."""
    if not literals:
        return
    if kind.startswith(_NUMBERS):
        for literal in literals:
            plain = literal.text[1:-1].strip()
            if literal.kind == "string" and re.fullmatch(r"-?\d+(\.\d+)?", plain):
                literal.text = plain
    elif kind == "date":
        for literal in literals:
            if literal.kind == "string":
                literal.text = f"DATE {literal.text}"
    elif kind.startswith(("string", "varchar", "char")) and any(one.kind == "number" for one in literals):
        key.text = f"TRY_CAST({key.text} AS double)"
        for literal in literals:
            plain = literal.text.strip("'").strip()
            literal.text = plain if re.fullmatch(r"-?\d+(\.\d+)?", plain) else "NULL"
