"""Fill in the places of a text."""

from __future__ import annotations

import html
from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import ChainableUndefined, TemplateSyntaxError, pass_context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from revops.kit.clock import to_reader
from revops.kit.texts.filters import FILTERS
from revops.kit.texts.reading import TextError, places_in

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.environment import TemplateExpression
    from jinja2.runtime import Context

MOST_VALUE = 2_000
"""Characters of one value that is filled in; the rest is cut off."""
MOST_FILLED = 50_000
"""Characters of a filled text; the rest is cut off."""
CUT = " …"
"""Stands where something was cut off."""
_ZONE = "_zone"


class Form(StrEnum):
    """What a filled text is for."""

    PLAIN = "plain"
    """An e-mail, a task: as people read it."""
    LINE = "line"
    """A subject: the same on one line, so that it cannot add a header."""
    SLACK = "slack"
    """A message in Slack: a value cannot mention anybody or be a link."""
    VALUE = "value"
    """The value of a field: times in ISO 8601 and UTC."""


def render(
    text: str, values: Mapping[str, Any], *, form: Form = Form.PLAIN, zone: tzinfo = UTC
) -> str:
    """Fill in a text.

    Args:
        text: The text, such as `Hello {{ contact.first_name | default('there') }}`.
        values: Mappings by name, which may hold mappings and lists of mappings; what is missing
            or None is empty, or what `default` says.
        form: What the filled text is for.
        zone: The time zone in which times are shown.

    Raises:
        TextError: The text is not one; a missing value is no error.
    """
    filled, length = [], 0
    for part in _template(text, form).generate({**values, _ZONE: zone}):
        filled.append(part)
        length += len(part)
        if length > MOST_FILLED:
            break
    result = _cut("".join(filled), MOST_FILLED).strip()
    return " ".join(result.split()) if form is Form.LINE else result


def value_of(text: str, values: Mapping[str, Any]) -> str | float | bool | None:
    """What a text says to a machine: a place that stands alone keeps its kind.

    A number stays a number, yes and no stay so, and what is missing is None; of all other texts
    the places are filled in, as for the value of a field.

    Args:
        text: The text, such as `{{ score.total }}`.
        values: As of `render`.

    Raises:
        TextError: The text is not one.
    """
    alone = _alone(text)
    value = alone(values) if alone else ""
    if value is None or isinstance(value, bool | int | float):
        return value
    return render(text, values, form=Form.VALUE)


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Values by dotted name as mappings in mappings: `account.name` is the `name` of `account`."""
    result: dict[str, Any] = {}
    for name, value in flat.items():
        *above, last = name.split(".")
        at = result
        for part in above:
            below = at.get(part)
            at[part] = at = below if isinstance(below, dict) else {}
        at[last] = value
    return result


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - len(CUT)] + CUT


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja without anything that is not said to be allowed."""

    def __init__(self, form: Form) -> None:
        # Who makes HTML of a filled text escapes all of it, so that nothing is escaped here.
        super().__init__(
            undefined=ChainableUndefined,
            finalize=_finalize(form),
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,
        )
        self.globals.clear()
        self.tests.clear()
        self.filters = dict(FILTERS)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What a mapping holds; an object has nothing."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return self.undefined(obj=obj, name=attribute)


def _finalize(form: Form) -> Any:
    @pass_context
    def finalize(context: Context, value: Any) -> str:
        shown = _cut(_shown(value, context.get(_ZONE) or UTC, form), MOST_VALUE)
        return html.escape(shown, quote=False) if form is Form.SLACK else shown

    return finalize


def _shown(value: Any, zone: tzinfo, form: Form) -> str:
    """A value as people read it; what is none, such as a mapping, is empty."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str() | int():
            return str(value)
        case float():
            return f"{value:.2f}".rstrip("0").rstrip(".")
        case datetime():
            is_value = form is Form.VALUE
            return value.astimezone(UTC).isoformat() if is_value else to_reader(value, zone)
        case date():
            return value.isoformat()
    return ""


_ENVIRONMENTS = {form: _Environment(form) for form in Form}


@lru_cache(maxsize=2000)
def _template(text: str, form: Form) -> Template:
    places_in(text)
    try:
        return _ENVIRONMENTS[form].from_string(text)
    except RecursionError:
        raise TextError("the text is nested too deeply", "simplify it") from None


@lru_cache(maxsize=2000)
def _alone(text: str) -> TemplateExpression | None:
    """What a text's only place asks for; None for a text of anything else."""
    if len(places_in(text)) != 1:
        return None
    try:
        return _ENVIRONMENTS[Form.VALUE].compile_expression(
            text.strip().removeprefix("{{").removesuffix("}}")
        )
    except TemplateSyntaxError:  # there is something around it
        return None
