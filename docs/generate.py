"""Write docs/reference/ from the code: `make docs`. A test says when the pages are stale."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer.main import get_command

from revops.definitions.json_schema import json_schemas
from revops.definitions.scope import Vocabulary
from revops.interfaces.cli.app import app
from revops.kit.condition import parse_condition
from revops.records import DERIVED, RECORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from revops.records import Field, RecordType

FOLDER = Path(__file__).parent / "reference"
MADE = "<!-- Made by `make docs` from the code; changes belong there. -->\n"
EXAMPLES = (
    ("account.employees BETWEEN 50 AND 500", "between two numbers, both included"),
    ("title ILIKE '%vp%' OR seniority IN ('vp', 'c_suite')", "text, whatever its case; one of"),
    ("NOT in_list(email_domain, 'competitors')", "not on a list of `lists.yaml`"),
    ("COALESCE(account.annual_revenue, 0) >= 1e7", "a number that may be missing"),
    ("opted_in IS TRUE AND phone IS NOT NULL", "what is known to be so"),
    ("created_at >= '2026-01-01'", "a time, in the company's zone"),
    ("happened('demo_request', '30 days')", "an activity, or a signal that was completed"),
)


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """The text of each page by file name."""
    made = {
        "records.md": records_page(),
        "definitions.md": definitions_page(),
        "conditions.md": conditions_page(),
        "commands.md": commands_page(),
    }
    return {name: MADE + "\n".join(lines).rstrip() + "\n" for name, lines in made.items()}


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table; no lines for no rows."""
    lines = ["| " + " | ".join(map(cell, row)) + " |" for row in rows]
    head = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    return [*head, *lines, ""] if lines else []


def cell(text: str) -> str:
    """Text that a Markdown table can hold."""
    return " ".join(text.split()).replace("|", "\\|")


# Records


def records_page() -> list[str]:
    """Every kind of record with its fields."""
    lines = [
        "# Records",
        "",
        "What revops knows of, and the header of each canonical file. Files are named after the",
        "plural; columns that are not named here are kept as custom fields. Times are ISO 8601",
        "(in the company's zone when they name none), money is a decimal with `currency`, a list",
        "is text with `;` between its items.",
        "",
    ]
    for record in RECORDS.values():
        lines += record_section(record)
    return lines


def record_section(record: RecordType) -> list[str]:
    """One kind of record."""
    derived = DERIVED.get(record.plural, ())
    rows = [(f"`{each.name}`", str(each.type), field_meaning(each)) for each in record.fields]
    made = [(f"`{each.name}`", str(each.type), each.meaning) for each in derived]
    history = "" if record.is_log else f" Changes: `{record.history_name}`."
    return [
        f"## {record.plural}",
        "",
        f"{record.meaning}.{history}",
        "",
        *table(("field", "type", "meaning"), rows),
        *(["In conditions also:", ""] if made else []),
        *table(("field", "type", "meaning"), made),
    ]


def field_meaning(field: Field) -> str:
    """What a field means, and what else is to be known of it."""
    parts = [field.meaning or "Identifies what it names"]
    if field.values:
        parts.append("usually " + ", ".join(f"`{value}`" for value in field.values))
    if field.refers_to:
        parts.append(f"id of a {field.refers_to}")
    if field.wanted_from:
        parts.append(f"wanted from stage {field.wanted_from}")
    return "; ".join(parts) + ("; **required**" if field.required else "")


# Definitions


def definitions_page() -> list[str]:
    """Every kind of definition file with its keys."""
    lines = [
        "# Definitions",
        "",
        "The keys of each YAML file. `revops init` writes JSON Schemas of the same into",
        "`.revops/schemas/`, by which an editor completes and checks what is typed.",
        "",
    ]
    for stem, schema in json_schemas().items():
        file = "revops.yaml" if stem == "revops" else f"definitions/{stem}.yaml"
        lines += [f"## {file}", "", *schema_lines(schema)]
        for name, part in schema.get("$defs", {}).items():
            lines += [f"### {name} ({stem})", "", *schema_lines(part)]
    return lines


def schema_lines(schema: dict[str, Any]) -> list[str]:
    """What an object of a schema is, and its keys."""
    required = set(schema.get("required", ()))
    rows = [
        (
            f"`{name}`" + (" **(required)**" if name in required else ""),
            schema_type(part),
            f"`{part['default']}`" if part.get("default") not in (None, [], {}) else "",
            part.get("description", ""),
        )
        for name, part in schema.get("properties", {}).items()
    ]
    about = schema.get("description", "").strip()
    kind = [] if rows else [f"It is {schema_type(schema)}.", ""]
    return [about, "", *kind, *table(("key", "value", "default", "meaning"), rows)]


def schema_type(part: dict[str, Any]) -> str:
    """The type of a schema in words."""
    kind = part.get("type", "anything")
    if "$ref" in part:
        kind = part["$ref"].rsplit("/", 1)[-1]
    elif "anyOf" in part:
        kinds = [schema_type(each) for each in part["anyOf"] if each != {"type": "null"}]
        kind = " or ".join(dict.fromkeys(kinds))
    elif "enum" in part or "const" in part:
        kind = " or ".join(f"`{value}`" for value in part.get("enum", [part.get("const")]))
    elif kind == "array":
        kind = f"list of {schema_type(part.get('items', {}))}"
    elif kind == "object" and part.get("additionalProperties"):
        kind = f"mapping of name to {schema_type(part['additionalProperties'])}"
    elif "7 days" in part.get("examples", ()):
        kind = "duration"
    return str(kind)


# Conditions


def conditions_page() -> list[str]:
    """What a condition may say."""
    words = Vocabulary({"competitors": ("example.com",)})
    contact, activity, threshold = words.contact(), words.activity(), words.threshold()
    for text, _meaning in EXAMPLES:
        parse_condition(text, contact)
    only = sorted(set(threshold.fields) - set(contact.fields))
    return [
        "# Conditions",
        "",
        "A condition is a SQL expression that is true or not; NULL, the unknown, is not true.",
        "Comparisons, `AND`, `OR`, `NOT`, `IN`, `BETWEEN`, `LIKE`, `ILIKE`, `IS NULL`, arithmetic,",
        "`LOWER`, `UPPER`, `COALESCE`, `in_list(field, 'list')` and `happened(name, 'duration')`",
        "are all there is; anything else is refused by name. Custom fields have their own name.",
        "",
        *table(("condition", "meaning"), [(f"`{text}`", meaning) for text, meaning in EXAMPLES]),
        "## About a contact: `when`, `applies_to`",
        "",
        *field_table(contact.fields),
        "## About an activity: `where`",
        "",
        *field_table(activity.fields),
        "## About scores: `thresholds`",
        "",
        f"The fields of a contact, and {', '.join(f'`{name}`' for name in only)}.",
    ]


def field_table(fields: dict[str, str]) -> list[str]:
    """Fields and their types."""
    return table(("field", "type"), [(f"`{name}`", kind) for name, kind in fields.items()])


# Commands


def commands_page() -> list[str]:
    """Every command with its options."""
    lines = [
        "# Commands",
        "",
        "Exit codes: 0 done; 1 the answer is no (a check found errors); 2 wrong use or bad input,",
        "with a message that names the file, the line and the mend; 70 a bug; 130 interrupted.",
        "",
    ]
    for name, command in walk("revops", get_command(app)):
        lines += command_section(name, command)
    return lines


def walk(name: str, command: Any) -> Iterable[tuple[str, Any]]:
    """Each command that does something, by its full name."""
    if not hasattr(command, "commands"):
        yield name, command
    for child_name, child in getattr(command, "commands", {}).items():
        yield from walk(f"{name} {child_name}", child)


def command_section(name: str, command: Any) -> list[str]:
    """One command: what it does, an example, its arguments and options."""
    shown = [each for each in command.params if each.name != "help" and not each.hidden]
    epilog = re.sub(r"\[/?bold\]|Examples?\b", "", command.epilog or "").replace(r"\[", "[")
    lines = [line.strip() for line in epilog.splitlines() if line.strip()]
    return [
        f"## {name}",
        "",
        " ".join((command.help or "").split()),
        "",
        *(["```", *lines, "```", ""] if lines else []),
        *table(("", "meaning"), map(parameter_row, shown)),
    ]


def parameter_row(parameter: Any) -> tuple[str, str]:
    """How an argument or option is written, and what it means."""
    is_argument = parameter.param_type_name == "argument"
    choices = "|".join(parameter.type_descriptor.choices or ())
    value = parameter.metavar or choices or (parameter.name.upper() if is_argument else "VALUE")
    name = ", ".join(parameter.opts)
    written = value if is_argument else name if parameter.is_flag else f"{name} {value}"
    default = "" if parameter.default in (None, False) else f" Default: `{parameter.default}`."
    return f"`{written}`", (parameter.help or "") + default


if __name__ == "__main__":
    main()
