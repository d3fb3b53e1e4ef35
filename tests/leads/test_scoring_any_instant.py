from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from revops.definitions.catalog import load_catalog
from revops.engine.questions import Questions
from revops.leads.scoring import AnyInstant, Past, Role, compile_scoring, creations
from revops.services.init import init_workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIRST = datetime(2026, 3, 2, 14, tzinfo=UTC)
PAST = Past({"contacts": ["title", "lifecycle_stage"], "accounts": ["employees"]})


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[datetime], list[str]]:
    """The statements by which the engine asks, of the largest definitions there are."""
    folder: Path = tmp_path_factory.mktemp("any") / "full"
    init_workspace(folder, "full", "Acme")
    catalog, _ = load_catalog(folder, {})
    questions = Questions(catalog, catalog.vocabulary)

    def make(now: datetime) -> list[str]:
        steps = compile_scoring(
            catalog.scoring, catalog.vocabulary, now, past=PAST, only_some=True,
            asked=questions.asked,
        )  # fmt: skip
        return [text for step, text in creations(steps) if step.role is not Role.PART]

    return make


@pytest.fixture(scope="module")
def any_instant(compiled: Callable[[datetime], list[str]]) -> AnyInstant:
    return AnyInstant(compiled(FIRST), FIRST, compiled)


@settings(max_examples=6, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.integers(-(10**14), 10**15))
def test_told_another_instant_it_is_what_is_compiled_for_that(
    compiled: Callable[[datetime], list[str]], any_instant: AnyInstant, microseconds: int
) -> None:
    now = FIRST + timedelta(microseconds=microseconds)
    assert any_instant.at(now) == compiled(now)


def test_numbers_before_which_a_minus_stands_move_the_other_way() -> None:
    def make(now: datetime) -> list[str]:
        moment = round((now - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
        return [f"SELECT {moment}, -{10**16 - moment}, 7"]

    later = FIRST + timedelta(days=3)
    assert AnyInstant(make(FIRST), FIRST, make).at(later) == make(later)


@pytest.mark.parametrize("text", ["{now:%Y}", "{now:%Y-%m-%d %H:00:00}", "day {now:%j}"])
def test_what_depends_on_the_instant_in_another_way_is_refused(text: str) -> None:
    def make(now: datetime) -> list[str]:
        return [text.format(now=now)]

    with pytest.raises(ValueError):  # noqa: PT011 - the caller compiles anew, whatever it says
        AnyInstant(make(FIRST), FIRST, make)
