"""Conditions put to copies of records: what a copy has of its own keeps a second, stated value.

A copy of a contact has an id and times of its own (see `instants`). A condition that names one
of these means the value the record states, so it asks for the field that holds that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from sqlglot import tokenize
from sqlglot.tokenizer_core import TokenType

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlglot.tokenizer_core import Token

    from revops.definitions.scope import Vocabulary
    from revops.definitions.scoring import Scoring

STATED = "stated_"
"""Before the name of a field: its value on the record that was copied."""
OF_CONTACT = ("id", "account_id", "created_at", "recycled_at")
OF_ACCOUNT = ("id",)
OF_ACTIVITY = ("contact_id", "occurred_at", "occurred_on")
_CONTACT_FIELDS = {*OF_CONTACT, *(f"account.{name}" for name in OF_ACCOUNT)}
_ACTIVITY_CONDITIONS = {"where", "distinct"}
_CONTACT_CONDITIONS = {"when", "applies_to", "thresholds"}
_NAMES = {TokenType.VAR, TokenType.IDENTIFIER}


def restated(scoring: Scoring) -> Scoring:
    """The same definition, to be put to copies."""
    return _of_value("", scoring)  # type: ignore[no-any-return]


def restated_vocabulary(vocabulary: Vocabulary) -> Vocabulary:
    """What conditions on copies may name."""
    fields = {"contacts": OF_CONTACT, "accounts": OF_ACCOUNT, "activities": OF_ACTIVITY}
    custom = {plural: dict(kinds) for plural, kinds in vocabulary.custom_fields.items()}
    for plural, names in fields.items():
        types = vocabulary.fields(plural)
        stated = {STATED + name: types[name] for name in names}
        custom[plural] = {**custom.get(plural, {}), **stated}
    return replace(vocabulary, custom_fields=custom)


def on_contact(condition: str) -> str:
    """A condition about a contact, to be put to copies."""
    return _with_stated(condition, _CONTACT_FIELDS)


def on_activity(condition: str) -> str:
    """A condition about an activity, or the name of a field of one, to be put to copies."""
    return _with_stated(condition, OF_ACTIVITY)


def _of_value(name: str, value: Any) -> Any:
    match value:
        case BaseModel():
            parts = {each: getattr(value, each) for each in type(value).model_fields}
            return value.model_copy(update={k: _of_value(k, each) for k, each in parts.items()})
        case tuple():
            return tuple(_of_value(name, each) for each in value)
        case dict():
            return {key: _of_value(name, each) for key, each in value.items()}
        case str() if name in _CONTACT_CONDITIONS:
            return on_contact(value)
        case str() if name in _ACTIVITY_CONDITIONS:
            return on_activity(value)
    return value


def _with_stated(text: str, names: Collection[str]) -> str:
    tokens = tokenize(text, read="duckdb")
    for place in reversed(range(len(tokens))):
        token = tokens[place]
        if token.token_type in _NAMES and _full_name(tokens, place) in names:
            start = text.index(token.text.rpartition(".")[2], token.start)
            text = f"{text[:start]}{STATED}{text[start:]}"
    return text


def _full_name(tokens: list[Token], place: int) -> str:
    if place > 1 and tokens[place - 1].token_type is TokenType.DOT:
        return f"{tokens[place - 2].text}.{tokens[place].text}"
    return tokens[place].text
