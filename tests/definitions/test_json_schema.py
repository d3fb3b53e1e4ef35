from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from revops.definitions.json_schema import json_schemas, schema_line, write_schemas
from revops.definitions.kinds import KINDS
from revops.definitions.source import read_source
from revops.definitions.templates import MOTIONS, template_files
from revops.definitions.validation import _strict, _without_empty
from revops.definitions.workspace import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

SCHEMAS = json_schemas()
MODELS: dict[str, type[BaseModel]] = {
    "revops": Settings,
    **{kind.stem: kind.model for kind in KINDS},
}
PAGES = Path(__file__).parents[2] / "docs"
STEM_OF_PAGE = {
    "going-live": "alignment",
    "monitoring": "automations",
    "deliveries": "automations",
    "matching": "lists",
}
BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


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
        ("slas", "slas: [{name: a, promise: b, starts: {stage: A}, within: 0 days}]"),
        ("slas", "slas: [{name: a, promise: b, starts: {stage: A}}]"),
        (
            "slas",
            "slas: [{name: a, promise: b, starts: {stage: A, assigned: true}, within: 1 day}]",
        ),
        ("lifecycle", "stages: [{name: A, on_enter: [reroute]}]"),
        ("lifecycle", "stages: [{name: A, on_enter: [{tag: a, untag: b}]}]"),
        ("lifecycle", "stages: [{name: A, on_enter: [{set: {no field: 1}}]}]"),
        ("routing", "rules: [{name: a, to: {pool: a, queue: b}}]"),
        ("automations", "recipes: [{name: a, trigger: {}, steps: [{wait: 1 day}]}]"),
        ("automations", "destinations: {a: {slack: {webhook_env: https://hooks.slack.com/x}}}"),
    ],
)
def test_refuses(stem: str, text: str, tmp_path: Path) -> None:
    assert wrong_text(stem, text, tmp_path)


@pytest.mark.parametrize(
    ("stem", "text"),
    [
        ("lifecycle", "stages: [{name: A, entry: [x], exit: {criteria: [y], when: fit > 5}}]"),
        ("lists", "a: []\nb:\nc: [x]"),
        ("calendars", "a: {hours: {mon: '09:00-12:00, 13:00-17:00'}, holidays: }"),
        (
            "lifecycle",
            "stages: [{name: A, on_enter: [route, enrich, {task: Call}, {approve: May I}]}]",
        ),
        ("lifecycle", "stages: [{name: A, entry: , exit: , on_enter: [{task: , tag: x}]}]"),
        ("slas", "slas: [{name: a, promise: b, starts: {stage: A}, within: 2 Hours, target: }]"),
        ("routing", "pools: {a: {members: [ann, {user: bob, skills: [x]}]}}"),
        (
            "automations",
            "recipes: [{name: a, trigger: created, steps: [{do: route}, {do: {tag: x}}]}]",
        ),
    ],
)
def test_accepts(stem: str, text: str, tmp_path: Path) -> None:
    assert wrong_text(stem, text, tmp_path) == []
    source, _issues = read_source(tmp_path / f"{stem}.yaml", stem)
    assert source is not None
    assert refusals(stem, source.value) == set()


@pytest.mark.parametrize("page", sorted(PAGES.rglob("*.md")), ids=lambda page: page.stem)
def test_what_the_pages_show_is_valid(page: Path, tmp_path: Path) -> None:
    stem = STEM_OF_PAGE.get(page.stem, page.stem)
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        assert wrong_text(stem, block, tmp_path) == []


def parts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of everything that stands in a definition."""
    yield path
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in items:
            yield from parts(each, (*path, key))


def pieces(motion: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The definitions of a template, cut into small files of one thing each."""
    for stem, value in templates(motion).items():
        for key, each in value.items():
            if isinstance(each, list) and stem != "lists":
                yield from ((stem, {key: [item]}) for item in each)
            elif isinstance(each, dict) and stem not in {"calendars", "revops"}:
                yield from ((stem, {key: {name: item}}) for name, item in each.items())
            elif stem != "revops":
                yield stem, {key: each}


def templates(motion: str) -> dict[str, dict[str, Any]]:
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    found = {path.rpartition("/")[2]: text for path, text in template_files(motion).items()}
    return {
        stem: json.loads(json.dumps(yaml.load(found[f"{stem}.yaml"]), default=str))
        for stem in SCHEMAS
        if f"{stem}.yaml" in found
    }


def refusals(stem: str, value: dict[str, Any]) -> set[str]:
    """Why the reader refuses a definition, as pydantic calls it; nothing if it does not."""
    try:
        _strict(MODELS[stem], value)
    except ValidationError as error:
        return {detail["type"] for detail in error.errors()}
    return set()


def test_keys_with_nothing_after_them_are_no_steps() -> None:
    stem, value = next(piece for piece in PIECES if piece[0] == "rollout")
    empty = changed(value, ("phases", 0, "steps"), dict.fromkeys)
    assert refusals(stem, empty) == {"too_short"}
    assert not is_valid(stem, empty)
    some = changed(value, ("phases", 0, "steps"), lambda old: {**old, "x": None})
    assert is_valid(stem, some) == (not refusals(stem, some))


def changed(value: Any, path: tuple[str | int, ...], put: Any) -> Any:
    value = copy.deepcopy(value)
    if not path:
        return put if isinstance(put, dict) else value
    *above, last = path
    at = value
    for key in above:
        at = at[key]
    at[last] = put(at[last]) if callable(put) else put
    return value


PUT = st.sampled_from(
    [
        None, "", "route", "x", "owner", "1 day", "-1 day", True, 0, 7, -1, 1.5, 10**9, [], {},
        ["x"], {"x": 1}, {"until": "working_hours"}, "qualified", "Y" * 30_000,
        lambda old: [old],
        lambda old: next(iter(old.values()), None) if isinstance(old, dict) else old,
        lambda old: old[0] if isinstance(old, list) and old else old,
        lambda old: {**old, "nonsense": 1} if isinstance(old, dict) else old,
        lambda old: dict(list(old.items())[1:]) if isinstance(old, dict) else old,
        lambda old: dict.fromkeys(old) if isinstance(old, dict) else old,
    ]
)  # fmt: skip
PIECES = [piece for motion in MOTIONS for piece in pieces(motion)]


@settings(max_examples=300, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.sampled_from(PIECES), st.data())
def test_is_as_strict_as_the_reader(piece: tuple[str, dict[str, Any]], data: st.DataObject) -> None:
    """What it cannot say is a rule between keys, or what a text must name."""
    stem, value = piece
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(list(parts(value))))
        value = changed(value, path, data.draw(PUT))
    refused = refusals(stem, value)
    if not refused:
        # Only the schema minds an unknown key with nothing after it.
        assert is_valid(stem, value) or is_valid(stem, _without_empty(value))
    elif not refused <= {"value_error"}:
        assert not is_valid(stem, value)


@settings(max_examples=100, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.sampled_from(PIECES), st.data())
def test_a_key_with_nothing_after_it_is_absent(
    piece: tuple[str, dict[str, Any]], data: st.DataObject
) -> None:
    stem, value = piece
    path = data.draw(st.sampled_from(list(parts(value))))
    value = changed(value, path, None)
    if not refusals(stem, value):
        assert is_valid(stem, value)


def is_valid(stem: str, value: Any) -> bool:
    return Draft202012Validator(SCHEMAS[stem]).is_valid(value)
