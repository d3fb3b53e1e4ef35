"""The examples that stand beside each shipped recipe: what it does is what they say."""

from __future__ import annotations

import heapq
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from sqlglot import exp

from revops.definitions.automations import Automations
from revops.definitions.catalog import Catalog, load_catalog
from revops.definitions.record_figures import record_scope
from revops.kit.condition import bind, parse_condition
from revops.leads.lead import Lead
from revops.leads.recipes import Happening, advance, compile_recipes, enrol
from revops.services.init import init_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from revops.definitions.automations import Recipe
    from revops.definitions.recipe_examples import Example, GivenActivity
    from revops.kit.condition import Scope

START = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
SECOND = timedelta(seconds=1)
LAYERS = ("enterprise", "plg", "universal")  # shared, product-led and a model of its own


@cache
def catalog_of(motion: str) -> Catalog:
    with tempfile.TemporaryDirectory() as folder:
        init_workspace(Path(folder, "workspace"), motion)
        return load_catalog(Path(folder, "workspace"))[0]


def holds(
    text: str, scope: Scope, fields: dict[str, Any], happened: Callable[[str, timedelta], bool]
) -> bool:
    types = {"integer": "bigint", "decimal": "double", "boolean": "boolean", "date": "date"}

    def value(name: str) -> exp.Expr:
        kind = types.get(scope.type_of(name) or "", "varchar")
        return exp.cast(exp.convert(fields.get(name)), kind)

    bound = bind(
        parse_condition(text, scope),
        value,
        lambda name, length: exp.convert(happened(name, length)),
    )
    ((answer,),) = duckdb.execute(f"SELECT {bound.sql(dialect='duckdb')}").fetchall()
    return answer is True


class Story:
    """One recipe, one lead, and what happens to it."""

    def __init__(self, catalog: Catalog, recipe: Recipe, example: Example) -> None:
        self.words = catalog.vocabulary
        self.automations = Automations(recipes=(recipe.model_copy(update={"active": True}),))
        self.trigger = recipe.trigger
        self.given = example.given
        self.fields = {"account_id": None, **self.given.fields}
        if self.given.stage:
            self.fields["lifecycle_stage"] = self.given.stage
        self.tags = set(self.given.tags)
        self.acts = sorted(self._acts(), key=lambda each: each[0])

    def _acts(self) -> Iterator[tuple[datetime, GivenActivity]]:
        for each in self.given.activities:
            first = START + (each.after or timedelta())
            yield from ((first + n * SECOND, each) for n in range(each.times))

    def lead(self, now: datetime) -> Lead:
        def happened(name: str, length: timedelta) -> bool:
            return any(each.type == name and now - length < at <= now for at, each in self.acts)

        scope = self.words.threshold()
        held = frozenset(
            f"automations.{path}"
            for path, text in self.automations.conditions()
            if holds(text, scope, self.fields, happened)
        )
        return Lead("7", self.fields, holds=held)

    def where(self, fields: dict[str, Any]) -> frozenset[str]:
        return frozenset(
            f"automations.{path}"
            for record, path, text in self.automations.record_conditions()
            if holds(text, record_scope(self.words, record), fields, lambda *_: False)
        )

    def happenings(self) -> Iterator[Happening]:
        if self.trigger.activity:
            yield from self.activities()
            return
        record, stage = self.trigger.record, self.given.stage
        field = (self.trigger.changed or ("",))[0]
        now_is = self.given.record.get(field.rpartition(".")[2]) if record else stage
        details = {
            "change": {"field": field, "to": now_is},
            "stage": {"name": stage},
            "schedule": {"recipe": self.automations.recipes[0].name},
            str(record): dict(self.given.record),
        }
        yield Happening(
            kind=self.trigger.kind,
            contact_id="7",
            at=START,
            details=details,
            record=f"{record}:1" if record else "",
            holds=self.where(self.given.record) if record else frozenset(),
        )

    def activities(self) -> Iterator[Happening]:
        place = "automations.recipes[0].trigger"
        matching: list[datetime] = []
        before: list[datetime] = []
        for at, each in self.acts:
            fields = {"type": each.type, "path": each.path}
            properties = {f"properties.{name}": value for name, value in each.properties.items()}
            held = set(self.where({**fields, **properties}))
            is_one = each.type in (self.trigger.activity or ()) and (
                self.trigger.where is None or f"{place}.where" in held
            )
            matching += [at] if is_one else []
            near = [
                one for one in matching if at - one < (self.trigger.within or at - START + SECOND)
            ]
            held |= {f"{place}.count"} if len(near) >= self.trigger.count else set()
            silence = self.trigger.after_silence
            if silence and before and at - before[-1] > silence:
                held.add(f"{place}.after_silence")
            before.append(at)
            details = {"activity": {**fields, "properties": each.properties}}
            yield Happening("activity", "7", at, details, holds=frozenset(held))

    def told(self) -> list[str]:
        """The kinds of all actions, in the order of time."""
        programs = compile_recipes(self.automations)
        (program,) = programs.by_name.values()
        order = count()
        queue: list[tuple[datetime, int, Any]] = []
        for each in self.happenings():
            heapq.heappush(queue, (each.at, next(order), each))
        enrolled: dict[str, Any] = {}
        kinds: list[str] = []
        while queue:
            now, _, what = heapq.heappop(queue)
            if isinstance(what, Happening):
                entries = enrol(programs, [what], self.lead(now), enrolled.values(), now)
                todo = list(entries.enrolments)
            else:
                todo = [what]
            for enrolment in todo:
                done = advance(program, enrolment, self.lead(now), now, tags=frozenset(self.tags))
                enrolled[enrolment.id] = done.enrolment
                kinds += [planned.action.kind for planned in done.actions]
                self.tags |= {each.action.tag for each in done.actions if each.action.tag}
                if done.enrolment.resume_at is not None:
                    heapq.heappush(queue, (done.enrolment.resume_at, next(order), done.enrolment))
        return kinds


SHIPPED = [
    pytest.param(motion, recipe, example, id=f"{motion}-{recipe.name}-{n}")
    for motion in LAYERS
    for recipe in catalog_of(motion).automations.recipes
    for n, example in enumerate(recipe.examples)
]


@pytest.mark.parametrize(("motion", "recipe", "example"), SHIPPED)
def test_it_does_what_its_example_says(motion: str, recipe: Recipe, example: Example) -> None:
    assert Story(catalog_of(motion), recipe, example).told() == list(example.then)


def test_an_example_that_is_wrong_is_found() -> None:
    recipe = next(each for each in catalog_of("plg").automations.recipes if each.name == "No-show")
    met = recipe.examples[2].model_copy(update={"then": ("email",)})
    assert Story(catalog_of("plg"), recipe, met).told() != list(met.then)
