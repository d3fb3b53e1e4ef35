"""What a stage means between marketing and sales: sales is asked, has accepted, or neither."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from revops.definitions.lifecycle import Lifecycle

StageKind = Literal["mql", "accepted", "out"]


def stage_kind(lifecycle: Lifecycle, recorded: str | None) -> StageKind:
    """What a recorded stage is: one where sales is asked, a later one, or outside of both.

    Sales is asked from the first stage that qualifies on, such as those of PQLs and of MQLs, up to
    the first one that an acceptance leads to.
    """
    rank = lifecycle.ranks.get(lifecycle.place(recorded) or "")
    if rank is None or rank < lifecycle.floor or not lifecycle.stages[lifecycle.floor].qualifies:
        return "out"
    return "accepted" if rank >= _accepted_from(lifecycle) else "mql"


def _accepted_from(lifecycle: Lifecycle) -> int:
    """The rank of the first stage that an acceptance leads to, or the one after the MQLs'."""
    handed = [stage.acceptance.stage for stage in lifecycle.stages if stage.acceptance]
    return min((lifecycle.ranks[name] for name in handed), default=lifecycle.floor + 1)
