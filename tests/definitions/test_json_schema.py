from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from revops.definitions.json_schema import json_schemas, schema_line, write_schemas
from revops.definitions.kinds import KINDS
from revops.definitions.source import read_source
from revops.definitions.templates import MOTIONS, template_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMAS = json_schemas()


def wrong(stem: str, path: Path) -> list[str]:
    source, issues = read_source(path, path.name)
    assert issues == []
    assert source is not None
    return [each.message for each in Draft202012Validator(SCHEMAS[stem]).iter_errors(source.value)]


def wrong_text(stem: str, text: str, tmp_path: Path) -> list[str]:
    file = tmp_path / f"{stem}.yaml"
    file.write_text(text, encoding="utf-8")
    return wrong(stem, file)


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" in schema:
            yield schema
        for each in schema.values():
            yield from objects(each)


def test_one_for_each_kind_and_for_the_settings() -> None:
    assert set(SCHEMAS) == {"revops", *(kind.stem for kind in KINDS)}


@pytest.mark.parametrize("stem", SCHEMAS)
def test_is_a_schema_that_refuses_unknown_keys_and_explains_itself(stem: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[stem])
    for each in objects(SCHEMAS[stem]):
        assert each["additionalProperties"] is False
        assert each.get("description")


def test_writes_them_where_the_files_look(tmp_path: Path) -> None:
    files = write_schemas(tmp_path)
    assert {file.name for file in files} == {f"{stem}.json" for stem in SCHEMAS}
    for stem, schema in SCHEMAS.items():
        folder = tmp_path if stem == "revops" else tmp_path / "definitions"
        folder.mkdir(exist_ok=True)
        named = folder / schema_line(stem).partition("$schema=")[2]
        assert json.loads(named.read_text(encoding="utf-8")) == schema


@pytest.mark.parametrize("motion", MOTIONS)
def test_the_templates_are_valid_and_name_their_schema(motion: str, tmp_path: Path) -> None:
    for path, text in template_files(motion).items():
        stem = path.rpartition("/")[2].removesuffix(".yaml")
        if path.endswith(".yaml") and stem in SCHEMAS:
            assert wrong_text(stem, text, tmp_path) == [], path
            assert text.startswith(schema_line(stem)), path


@pytest.mark.parametrize(
    ("stem", "text"),
    [
        ("revops", "compny: A"),
        ("revops", "company: A\nfiscal_year_start: 13"),
        ("scoring", "models: [{nam: x}]"),
        ("scoring", "models: [{name: x, engagement: {signals: [{name: a, points: many}]}}]"),
        ("scoring", "models: [{name: x, engagement: {inactivity: {percent: 5, every: 7 dayz}}}]"),
        ("lists", "a: [1]"),
        ("lists", "a: b"),
        ("lifecycle", "stages: [{name: A, entry: {criterion: x}}]"),
        ("calendars", "a: {hours: {monday: 09:00-17:00}}"),
        ("people", "users: [{name: x}]"),
    ],
)
def test_refuses(stem: str, text: str, tmp_path: Path) -> None:
    assert wrong_text(stem, text, tmp_path)


@pytest.mark.parametrize(
    ("stem", "text"),
    [
        ("lifecycle", "stages: [{name: A, entry: [x], exit: {criteria: [y], when: fit > 5}}]"),
        ("lists", "a: []\nb:\nc: [x]"),
        ("calendars", "a: {hours: {mon: '09:00-12:00, 13:00-17:00'}}"),
    ],
)
def test_accepts(stem: str, text: str, tmp_path: Path) -> None:
    assert wrong_text(stem, text, tmp_path) == []
