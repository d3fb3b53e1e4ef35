"""JSON Schema (2020-12) of each definition file, so that an editor completes and checks it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import RootModel

from revops.definitions.kinds import KINDS
from revops.definitions.workspace import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NOTHING = {"type": "null"}
_ABOUT = {"title", "description", "default"}
"""Keys of a schema that allow and refuse nothing."""
FOLDER = ".revops/schemas"
"""Where a workspace keeps its schemas."""


def json_schemas() -> dict[str, dict[str, Any]]:
    """The schema of `revops` (for `revops.yaml`) and of each kind of definition, by file stem."""
    models: dict[str, type[BaseModel]] = {
        "revops": Settings,
        **{kind.stem: kind.model for kind in KINDS},
    }
    return {stem: _schema(stem, model) for stem, model in models.items()}


def write_schemas(workspace: Path) -> list[Path]:
    """Write the schemas into `.revops/schemas/` of a workspace; returns the files."""
    folder = workspace / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for stem, schema in json_schemas().items():
        file = folder / f"{stem}.json"
        file.write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8")
        files.append(file)
    return files


def schema_line(stem: str) -> str:
    """The first line of a definition file, by which an editor finds its schema."""
    way = "" if stem == "revops" else "../"
    return f"# yaml-language-server: $schema={way}{FOLDER}/{stem}.json"


def _schema(stem: str, model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema()
    parts = schema.get("$defs", {}).values()
    for part in parts if issubclass(model, RootModel) else (schema, *parts):
        _as_read(part)
    return {"$schema": DIALECT, "$id": f"{stem}.json", **schema}


def _as_read(schema: dict[str, Any]) -> None:
    """Let an object be as the reader takes it: a key with nothing after it is absent."""
    needed = schema.get("required", ())
    for key, part in schema.get("properties", {}).items():
        _as_read_inside(part)
        if key not in needed:
            _let_be_empty(part)


def _as_read_inside(part: dict[str, Any]) -> None:
    """The same for the mappings with names of one's own that a value may be."""
    for each in part.get("anyOf", ()):
        _as_read_inside(each)
    if "patternProperties" in part:
        part["additionalProperties"] = False
    if part.get("minProperties") == 1:
        part["not"] = {"additionalProperties": dict(_NOTHING)}
    values = [*part.get("patternProperties", {}).values(), part.get("additionalProperties")]
    for each in values:
        if isinstance(each, dict):
            _as_read_inside(each)
            _let_be_empty(each)


def _let_be_empty(part: dict[str, Any]) -> None:
    if "anyOf" not in part:
        says = {key: part.pop(key) for key in list(part) if key not in _ABOUT}
        part["anyOf"] = [says]
    if _NOTHING not in part["anyOf"]:
        part["anyOf"].append(dict(_NOTHING))
